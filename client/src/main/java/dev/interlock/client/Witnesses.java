package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Hears one provider after the other about one object, and believes nothing that isn't signed by whom it must be: a certificate by
 * O, the session key and all that took part, a command by O, a receipt by its provider; and O is this user's own.
 */
final class Witnesses {
    /** No honest provider has more undecided generations. */
    private static final int MAX_PREPARED = 16;

    private final RingClient client;
    private final RingDescriptor ring;
    private final ObjectId object;
    /** Certificates that were checked: the providers of an object all have the same, and checking is dear. */
    private final ConcurrentMap<ByteBuffer, Certified> believed = new ConcurrentHashMap<>();

    Witnesses(RingClient client, ObjectId object) {
        this.client = client;
        this.ring = client.ring();
        this.object = object;
    }

    /**
     * What this provider says.
     *
     * @throws IntegrityException naming it, where something that it shows doesn't hold
     */
    Held ask(NodeCard node) {
        Provider provider = ring.everProvider(node.name()).orElseThrow();
        ObjectInfo info = Json.read(
                "the answer of " + node.name(),
                client.watched(
                        node,
                        () -> client.call(
                                node,
                                HttpMethod.GET,
                                "/v1/objects/" + object,
                                Operation.INFO,
                                object.toString(),
                                new byte[0])),
                ObjectInfo.class);
        try {
            byte[] certificate = info.certificate();
            Optional<Certified> certified =
                    certificate == null ? Optional.empty() : Optional.of(certified(certificate, node.name()));
            if (certified.isEmpty() && info.state() == ObjectState.COMMITTED) {
                throw new MalformedException("it shows no certificate");
            }
            byte[] receipt = info.receipt();
            return new Held(
                    provider,
                    info.state(),
                    certified,
                    prepared(info.prepared()),
                    command(info.schedule())
                            .filter(signed -> signed.command().deed() instanceof Command.Schedule
                                    || signed.command().deed() instanceof Command.Cancel),
                    command(info.destroyed()),
                    receipt == null
                            ? Optional.empty()
                            : Optional.of(receipt(Receipt.decode(receipt), provider, certified.map(Certified::token))));
        } catch (MalformedException | BadSignatureException e) {
            throw new IntegrityException(
                    "what " + node.name() + " says of " + object + " doesn't hold: " + e.getMessage(),
                    List.of(node.name()));
        }
    }

    /**
     * A generation counts only under its certificate, and only where its owner's key is the one that derives from this user's
     * own secret.
     *
     * @param from who shows it
     */
    Certified certified(byte[] encoded, String from) {
        return believed.computeIfAbsent(ByteBuffer.wrap(encoded), _ -> {
            Certificate certificate = Certificate.decode(encoded);
            Token token = Read.checkCertificate(ring, object, certificate, from);
            if (!client.owns(token.statement().owner())) {
                throw new RefusedException(from + " has an object " + object
                        + " of another owner: its key isn't the one that derives from this credential");
            }
            return new Certified(certificate, token);
        });
    }

    /** Statements of this object's owner; a provider may make up others, which say nothing. */
    private List<Statement> prepared(List<byte[]> encoded) {
        List<Statement> statements = new ArrayList<>();
        for (byte[] w : encoded.subList(0, Math.min(encoded.size(), MAX_PREPARED))) {
            Statement statement = Statement.decode(w);
            if (statement.ring().equals(ring.id())
                    && statement.object().equals(object)
                    && statement.making().isPresent()
                    && client.owns(statement.owner())) {
                statements.add(statement);
            }
        }
        return statements;
    }

    private Optional<Command.Signed> command(byte @Nullable [] encoded) {
        if (encoded == null) {
            return Optional.empty();
        }
        Command.Signed signed = Command.Signed.decode(encoded);
        signed.verify();
        Command command = signed.command();
        if (!command.ring().equals(ring.id()) || !command.object().equals(object) || !client.owns(command.owner())) {
            throw new MalformedException("the command is about another object or ring, or another owner's");
        }
        return Optional.of(signed);
    }

    /**
     * A receipt that is this provider's, for this object and for the share that it had.
     *
     * @param token of the generation that it had as far as is known
     */
    Receipt receipt(Receipt receipt, Provider provider, Optional<Token> token) {
        receipt.verify(provider.card().key());
        boolean fits = receipt.ring().equals(ring.id())
                && receipt.object().equals(object)
                && receipt.x().equals(provider.x())
                && token.filter(u -> u.id().equals(receipt.generation()))
                        .filter(u -> u.epoch() != receipt.epoch()
                                || u.number() != receipt.number()
                                || !Arrays.equals(u.dealt().rootOf(provider.x()).root(), receipt.shareRoot()))
                        .isEmpty();
        if (!fits) {
            throw new MalformedException("the receipt is for something else");
        }
        return receipt;
    }
}
