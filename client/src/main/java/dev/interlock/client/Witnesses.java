package dev.interlock.client;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Title;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
    /** The last answer that was heard. */
    private volatile @Nullable Said last;

    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    private record Said(byte[] answer, ObjectInfo info) {}

    Witnesses(RingClient client, ObjectId object) {
        this.client = client;
        this.ring = client.ring();
        this.object = object;
    }

    ObjectId object() {
        return object;
    }

    /** The answer of this provider, encoded {@link ObjectInfo}. */
    byte[] ask(NodeCard node) {
        return client.watched(node, () -> client.get(node, "/v1/objects/" + object, Operation.INFO, object.toString()));
    }

    /**
     * What a provider says.
     *
     * @param answer encoded {@link ObjectInfo}
     * @throws IntegrityException naming it, where something that it shows doesn't hold
     */
    Held heard(NodeCard node, byte[] answer) {
        Provider provider = ring.everProvider(node.name()).orElseThrow();
        ObjectInfo info = read(node, answer);
        try {
            Optional<Command.Signed> handover = handover(info.handover());
            byte[] certificate = info.certificate();
            Optional<Certified> certified =
                    certificate == null ? Optional.empty() : Optional.of(certified(certificate, node.name(), handover));
            if (certified.isEmpty() && info.state() == ObjectState.COMMITTED) {
                throw new MalformedException("it shows no certificate");
            }
            byte[] receipt = info.receipt();
            return new Held(
                    provider,
                    info.state(),
                    certified,
                    prepared(info.prepared(), handover),
                    command(info.schedule())
                            .filter(signed -> isCurrent(signed, handover))
                            .filter(signed -> signed.command().deed() instanceof Command.Schedule
                                    || signed.command().deed() instanceof Command.Cancel),
                    handover,
                    command(info.destroyed()).filter(signed -> isCurrent(signed, handover)),
                    receipt == null
                            ? Optional.empty()
                            : Optional.of(receipt(Receipt.decode(receipt), provider, certified.map(Certified::token))));
        } catch (MalformedException | BadSignatureException e) {
            throw new IntegrityException(
                    "what " + node.name() + " says of " + object + " doesn't hold: " + e.getMessage(),
                    List.of(node.name()));
        }
    }

    /** Most say the same in the same bytes, which needn't be read anew; what it means is checked of each all the same. */
    private ObjectInfo read(NodeCard node, byte[] answer) {
        Said before = last;
        if (before != null && Arrays.equals(before.answer(), answer)) {
            return before.info();
        }
        ObjectInfo info = Json.read("the answer of " + node.name(), answer, ObjectInfo.class);
        last = new Said(answer, info);
        return info;
    }

    /**
     * A generation counts only under its certificate, and only where its owner's key is the one that derives from this user's
     * own secret, or was handed over to that one.
     *
     * @param from who shows it
     * @param handover the last that is known
     */
    Certified certified(byte[] encoded, String from, Optional<Command.Signed> handover) {
        Certified certified = client.certificates().checked(object, encoded, () -> {
            Certificate certificate = Certificate.decode(encoded);
            return new Certified(certificate, Read.checkCertificate(ring, object, certificate, from));
        });
        Token token = certified.token();
        Title title = handover.flatMap(Command.Signed::handedOver)
                .filter(last -> last.continues(token.statement().title()))
                .orElse(token.statement().title());
        if (!client.owns(title)) {
            throw new RefusedException(from + " has an object " + object
                    + " of another owner: its key isn't the one that derives from this credential");
        }
        if (handover.filter(signed -> signed.command().leavesOut(token)).isPresent()) {
            throw new MalformedException("it shows a generation that wasn't handed over with the object");
        }
        return certified;
    }

    /** Statements of this object's owner; a provider may make up others, which say nothing. */
    private List<Statement> prepared(List<byte[]> encoded, Optional<Command.Signed> handover) {
        List<Statement> statements = new ArrayList<>();
        for (byte[] w : encoded.subList(0, Math.min(encoded.size(), MAX_PREPARED))) {
            Statement statement = Statement.decode(w);
            if (statement.ring().equals(ring.id())
                    && statement.object().equals(object)
                    && statement.making().isPresent()
                    && (client.owns(statement.title())
                            || handover.flatMap(Command.Signed::handedOver)
                                    .filter(last -> last.continues(statement.title()))
                                    .isPresent())) {
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
        if (!command.ring().equals(ring.id()) || !command.object().equals(object)) {
            throw new MalformedException("the command is about another object or ring");
        }
        return Optional.of(signed);
    }

    /** By which it became this user's. */
    private Optional<Command.Signed> handover(byte @Nullable [] encoded) {
        Optional<Command.Signed> signed = command(encoded);
        if (signed.flatMap(Command.Signed::handedOver)
                .filter(title -> !client.owns(title))
                .isPresent()) {
            throw new RefusedException("the object " + object + " was handed over to another owner");
        }
        if (signed.filter(each -> each.handedOver().isEmpty()).isPresent()) {
            throw new MalformedException("it hands nothing over");
        }
        return signed;
    }

    /** Whether the present owner said it: what others said about its end ended with the handover. */
    private boolean isCurrent(Command.Signed signed, Optional<Command.Signed> handover) {
        return handover.flatMap(Command.Signed::handedOver)
                .map(title -> signed.command().title().equals(title))
                .orElseGet(() -> client.owns(signed.command().title()));
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
