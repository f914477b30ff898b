package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides what was left undecided: where any provider knows a generation's certificate, all that took part are shown it; where all
 * n say that they know none and confirm none, the generation is given up, and whoever prepared it forgets it.
 */
final class Settling {
    private final RingClient client;
    private final RingDescriptor ring;

    Settling(RingClient client) {
        this.client = client;
        this.ring = client.ring();
    }

    /** All that is undecided of an object, as far as the providers that answer say. */
    List<Settled> settle(ObjectId object) throws InterruptedException {
        Lookup lookup = Lookup.complete(client, object, ring.everyProvider());
        List<Settled> settled = new ArrayList<>();
        Optional<Certified> newest = lookup.newest();
        if (newest.isPresent() && lookup.destroyed() == 0 && !isEverywhere(lookup, newest.get())) {
            settled.add(commit(newest.get()));
        }
        for (Statement w : lookup.undecided().keySet()) {
            settled.add(settle(lookup, w));
        }
        if (settled.isEmpty() && newest.isEmpty()) {
            throw lookup.unreadable("a settlement");
        }
        return settled;
    }

    /** Whether all that took part showed that they committed it. */
    private static boolean isEverywhere(Lookup lookup, Certified newest) {
        return newest.token().present().stream().map(lookup::name).allMatch(name -> {
            Held there = lookup.held().get(name);
            return there != null && there.has(newest);
        });
    }

    private Settled settle(Lookup lookup, Statement statement) throws InterruptedException {
        StatementHash w = statement.hash();
        byte[] encoded = statement.encode();
        Command.Signed command =
                client.command(lookup.shownTitle().orElse(statement.title()), 0, new Command.Settle(w));
        List<NodeCard> nodes = statement.making().map(Work.Making::providers).orElseThrow().stream()
                .map(x -> ring.everProvider(x).card())
                .toList();
        List<Abandonment.Word> words = new ArrayList<>();
        Map<String, String> failures = new LinkedHashMap<>();
        for (RingClient.Answer<Answer> answer : client.askAll(nodes, node -> ask(lookup, node, w, encoded, command))) {
            switch (answer) {
                case RingClient.Value<Answer>(NodeCard _, Known(Certified certified)) -> {
                    return commit(certified);
                }
                case RingClient.Value<Answer>(NodeCard _, None(Abandonment.Word word)) -> words.add(word);
                case RingClient.Failure<Answer>(NodeCard node, InterlockException error) ->
                    failures.put(node.name(), error.explanation());
            }
        }
        return failures.isEmpty()
                ? abandon(statement, w, nodes, words)
                : new Settled.Open(statement.object(), w, failures);
    }

    /** What a provider answers. */
    private sealed interface Answer {}

    private record Known(Certified certified) implements Answer {}

    private record None(Abandonment.Word word) implements Answer {}

    private Answer ask(Lookup lookup, NodeCard node, StatementHash w, byte[] statement, Command.Signed command) {
        ByteReader in = new ByteReader(
                "the answer of " + node.name(),
                client.call(
                        node,
                        HttpMethod.POST,
                        "/v1/objects/" + w + "/settle",
                        Operation.SETTLE,
                        w.toString(),
                        new ByteWriter()
                                .bytes(client.authorised(command, node.name()).encode())
                                .bytes(statement)
                                .toBytes(),
                        client.deadlines().settle()));
        try {
            int kind = in.u8();
            byte[] proof = in.bytes();
            in.end();
            if (kind == 1) {
                Certified certified = lookup.witnesses().certified(proof, node.name(), lookup.handover());
                if (!certified.id().equals(w)) {
                    throw new MalformedException("it shows the certificate of another generation");
                }
                return new Known(certified);
            }
            Abandonment.Word word = Abandonment.Word.decode(proof);
            Provider provider = ring.everProvider(node.name()).orElseThrow();
            word.verify(node.key());
            if (!word.w().equals(w) || !word.x().equals(provider.x())) {
                throw new MalformedException("its word is about another generation");
            }
            return new None(word);
        } catch (MalformedException | BadSignatureException e) {
            throw new IntegrityException(
                    "the answer of " + node.name() + " doesn't hold: " + e.getMessage(), List.of(node.name()));
        }
    }

    private Settled commit(Certified certified) throws InterruptedException {
        Committing.Outcome outcome = Committing.spread(client, certified.token(), certified.certificate());
        Map<String, String> failures = new LinkedHashMap<>();
        outcome.failures().forEach((name, error) -> failures.put(name, error.explanation()));
        return new Settled.Committed(
                certified.token().object(),
                certified.id(),
                outcome.confirmed(),
                failures,
                outcome.acknowledged(certified.token().threshold().t()));
    }

    private Settled abandon(Statement statement, StatementHash w, List<NodeCard> nodes, List<Abandonment.Word> words)
            throws InterruptedException {
        byte[] abandonment = Abandonment.of(w, words).encode();
        List<String> forgotten = new ArrayList<>();
        for (RingClient.Answer<byte[]> answer : client.askAll(
                nodes,
                node -> client.call(
                        node,
                        HttpMethod.POST,
                        "/v1/objects/" + w + "/abandon",
                        Operation.ABANDON,
                        w.toString(),
                        abandonment))) {
            if (answer instanceof RingClient.Value<byte[]>(NodeCard node, byte[] _)) {
                forgotten.add(node.name());
            }
        }
        return new Settled.Abandoned(statement.object(), w, forgotten);
    }
}
