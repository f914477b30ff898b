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
    private final List<CompletableFuture<RingClient.Answer<byte[]>>> answers;

    private Orders(List<CompletableFuture<RingClient.Answer<byte[]>>> answers) {
        this.answers = answers;
    }

    static Orders send(RingClient client, List<NodeCard> nodes, Function<NodeCard, byte[]> order) {
        return new Orders(nodes.stream().map(node -> client.ask(node, order)).toList());
    }

    /** Tells of the first that isn't taken, as soon as that is known. */
    void whenRefused(Consumer<InterlockException> task) {
        for (CompletableFuture<RingClient.Answer<byte[]>> answer : answers) {
            var _ = answer.thenAccept(each -> {
                if (each instanceof RingClient.Failure<byte[]>(NodeCard node, InterlockException error)) {
                    task.accept(error);
                }
            });
        }
    }

    /** Who didn't take its order, and why; waits until every node has answered or its deadline has passed. */
    Map<NodeCard, InterlockException> refusals() {
        Map<NodeCard, InterlockException> refusals = new LinkedHashMap<>();
        for (CompletableFuture<RingClient.Answer<byte[]>> answer : answers) {
            if (answer.join() instanceof RingClient.Failure<byte[]>(NodeCard node, InterlockException error)) {
                refusals.put(node, error);
            }
        }
        return refusals;
    }
}
