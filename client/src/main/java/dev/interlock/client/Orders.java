package dev.interlock.client;

import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.ring.NodeCard;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A session's orders, under way. Whatever else the session needs goes out beside them: where it arrives first, it waits
 * for its order.
 */
final class Orders {
    private final Map<NodeCard, CompletableFuture<RingClient.Answer<byte[]>>> answers = new LinkedHashMap<>();

    private Orders() {}

    static Orders send(RingClient client, List<NodeCard> nodes, Function<NodeCard, byte[]> order) {
        Orders orders = new Orders();
        nodes.forEach(node -> orders.answers.put(node, client.ask(node, order)));
        return orders;
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
