package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.protocol.PlannedSession;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A session's orders, under way. Whatever else the session needs goes out beside them: where it arrives first, it waits
 * for its order.
 */
final class Orders {
    private final Map<NodeCard, CompletableFuture<RingClient.Answer<byte[]>>> answers = new LinkedHashMap<>();

    private Orders() {}

    /** Sends all of them, side by side. */
    static Orders send(RingClient client, List<NodeCard> nodes, PlannedSession session) {
        Orders orders = new Orders();
        nodes.forEach(node -> orders.answers.put(node, client.ask(node, to -> send(client, to, session))));
        return orders;
    }

    // Step 1.  U →p CC_i: w, O's signature, and what CC_i alone is told; signed for this node.
    static byte[] send(RingClient client, NodeCard node, PlannedSession session) {
        Order order = session.order(node.name());
        byte[] body = order.encode();
        try {
            return client.call(
                    node,
                    HttpMethod.POST,
                    "/v1/sessions",
                    Operation.ORDER,
                    session.id().toString(),
                    body);
        } finally {
            order.wipe();
            Arrays.fill(body, (byte) 0);
        }
    }

    /**
     * The word by which a session is given up: what it would have made is never certified, so whoever prepared it forgets it.
     * Empty where it makes nothing.
     */
    static byte[] abandonment(PlannedSession session) {
        return session.statement().making().isPresent() ? session.abandon().encode() : new byte[0];
    }

    /** Tells one node that the session is given up. */
    static byte[] abandon(RingClient client, NodeCard node, PlannedSession session, byte[] abandonment) {
        String id = session.id().toString();
        return client.call(node, HttpMethod.DELETE, "/v1/sessions/" + id, Operation.ABANDON, id, abandonment);
    }

    /** Tells of the first that isn't taken, as soon as that is known. */
    void whenRefused(Consumer<InterlockException> task) {
        for (CompletableFuture<RingClient.Answer<byte[]>> answer : answers.values()) {
            var _ = answer.thenAccept(each -> {
                if (each instanceof RingClient.Failure<byte[]>(NodeCard node, InterlockException error)) {
                    task.accept(error);
                }
            });
        }
    }

    /** The names of those who haven't answered yet. */
    List<String> pending() {
        return answers.entrySet().stream()
                .filter(each -> !each.getValue().isDone())
                .map(each -> each.getKey().name())
                .toList();
    }

    /** Does something once this node has taken its order, or hasn't. */
    void whenAnswered(NodeCard node, Runnable task) {
        CompletableFuture<RingClient.Answer<byte[]>> answer = answers.get(node);
        if (answer != null) {
            var _ = answer.thenRun(task);
        }
    }

    /** Does something once every node has taken its order, or hasn't. */
    void whenAllAnswered(Runnable task) {
        var _ = CompletableFuture.allOf(answers.values().toArray(CompletableFuture[]::new))
                .thenRun(task);
    }

    /** Who didn't take its order, and why; waits until every node has answered or its deadline has passed. */
    Map<NodeCard, InterlockException> refusals() {
        Map<NodeCard, InterlockException> refusals = new LinkedHashMap<>();
        for (CompletableFuture<RingClient.Answer<byte[]>> answer : answers.values()) {
            if (answer.join() instanceof RingClient.Failure<byte[]>(NodeCard node, InterlockException error)) {
                refusals.put(node, error);
            }
        }
        return refusals;
    }
}
