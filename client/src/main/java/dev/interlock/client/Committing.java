package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The end of step 6: the certificate goes to all that took part, and so many confirm it that no read can miss it. */
final class Committing {
    private Committing() {}

    /**
     * What came of it.
     *
     * @param confirmed who committed, by name
     * @param failures why the others didn't
     */
    record Outcome(List<String> confirmed, Map<String, InterlockException> failures) {
        /** Whether all confirmed it, or enough did and the rest can't be reached. */
        boolean acknowledged(int t) {
            return Committing.acknowledged(confirmed.size(), failures, t);
        }
    }

    /** Whether this many confirmations count, with these failures of the others. */
    static boolean acknowledged(int confirmed, Map<String, InterlockException> failures, int t) {
        return failures.isEmpty()
                || (confirmed >= Write.quorum(confirmed + failures.size(), t)
                        && failures.values().stream().allMatch(NodeException.class::isInstance));
    }

    /** Shows one provider a certificate; it confirms that it committed. Twice is once. */
    static void show(RingClient client, NodeCard node, Certified certified) {
        show(client, node, certified.token(), certified.certificate().encode());
    }

    private static void show(RingClient client, NodeCard node, Token u, byte[] certificate) {
        String w = u.id().toString();
        byte[] _ = client.call(
                node,
                HttpMethod.POST,
                "/v1/objects/" + w + "/commit",
                Operation.COMMIT,
                w,
                certificate,
                client.deadlines().settle());
    }

    /** Shows all that took part the certificate, and once more those that can't be reached where they are needed. */
    static Outcome spread(RingClient client, Token u, Certificate certificate) throws InterruptedException {
        byte[] encoded = certificate.encode();
        List<String> confirmed = new ArrayList<>();
        Map<String, InterlockException> failures = new LinkedHashMap<>();
        List<NodeCard> nodes = u.present().stream()
                .map(x -> client.ring().everProvider(x).card())
                .toList();
        Outcome outcome = new Outcome(confirmed, failures);
        for (int tries = 0; tries < 2 && !nodes.isEmpty(); tries++) {
            for (RingClient.Answer<Boolean> answer : client.askAll(nodes, node -> {
                show(client, node, u, encoded);
                return true;
            })) {
                switch (answer) {
                    case RingClient.Value<Boolean>(NodeCard node, Boolean _) -> {
                        confirmed.add(node.name());
                        failures.remove(node.name());
                    }
                    case RingClient.Failure<Boolean>(NodeCard node, InterlockException error) ->
                        failures.put(node.name(), error);
                }
            }
            nodes = outcome.acknowledged(u.threshold().t())
                    ? List.of()
                    : nodes.stream()
                            .filter(node -> failures.get(node.name()) instanceof NodeException)
                            .toList();
        }
        return outcome;
    }

    /**
     * The same, to the end.
     *
     * @param what was done, for the message: "the put"
     * @throws UnsettledException where too few confirm: none of it may be undone then
     */
    static void commit(RingClient client, Token u, Certificate certificate, String what) throws InterruptedException {
        Outcome outcome = spread(client, u, certificate);
        if (!outcome.acknowledged(u.threshold().t())) {
            throw new UnsettledException(
                    "whether " + what + " of " + u.object() + " counts isn't settled. "
                            + (outcome.confirmed().isEmpty()
                                    ? "None of its providers confirmed it"
                                    : String.join(", ", outcome.confirmed()) + " confirmed it")
                            + ", "
                            + outcome.failures().entrySet().stream()
                                    .map(each -> named(each.getKey(), each.getValue()))
                                    .reduce((a, b) -> a + "; " + b)
                                    .orElse("")
                            + ". Nothing was undone or lost",
                    outcome.confirmed(),
                    new Advice.Settle(u.object().toString()));
        }
    }

    private static String named(String node, InterlockException why) {
        String text = why.explanation();
        return text.startsWith(node + " ") ? text : node + " didn't: " + text;
    }
}
