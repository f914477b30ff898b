package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Peer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** What U asked of every dealer for one write, under way: all of them deal, or the write fails with the first that doesn't. */
final class Dealings implements AutoCloseable {
    private final Map<NodeCard, Peer.Call> calls = new LinkedHashMap<>();
    /** A provider that deals as well is told its seeds in it. */
    private final List<byte[]> orders = new ArrayList<>();

    private Optional<InterlockException> standing = Optional.empty();
    /** Why the others fail, too. */
    private final CompletableFuture<InterlockException> failure = new CompletableFuture<>();

    // Step 2.  U →p every dealer: deal to w.
    Dealings(RingClient client, Write.Plan plan) {
        String w = plan.id().toString();
        for (NodeCard dealer : client.ring().dealers()) {
            Order order = plan.session().order(dealer.name());
            byte[] body = order.encode();
            order.wipe();
            orders.add(body);
            Peer.Call call = client.peer(dealer)
                    .begin(HttpMethod.POST, "/v1/deals", client.authorization(dealer, Operation.DEAL, w, body), body);
            calls.put(dealer, call);
            call.whenFailed(why -> failure.complete(explained(dealer, why)));
        }
    }

    private static InterlockException explained(NodeCard dealer, InterlockException why) {
        return isOf(dealer, why)
                ? new NodeException(
                        dealer.name(),
                        why.explanation() + ". Nothing is written without " + dealer.name()
                                + ", a dealer of the ring; reads don't need it")
                : why;
    }

    private static boolean isOf(NodeCard dealer, InterlockException why) {
        return why instanceof NodeException failed && failed.node().equals(dealer.name());
    }

    /** Tells as soon as one of them has failed. */
    void whenFailed(Consumer<InterlockException> task) {
        var _ = failure.thenAccept(task);
    }

    /** Throws what went wrong first, if any has failed by now. */
    void check() {
        first().ifPresent(why -> {
            throw why;
        });
    }

    private Optional<InterlockException> first() {
        return Optional.ofNullable(failure.getNow(null));
    }

    /** Whether it is a dealer's own failure, not that of one it deals to. */
    boolean isOwn(InterlockException why) {
        return first().filter(why::equals).isPresent()
                && calls.keySet().stream().anyMatch(dealer -> isOf(dealer, why));
    }

    /**
     * Who doesn't answer though the session has ended: the others' dealings broke off with it. It may be why it ended, since
     * everyone waits for it and nobody knows who waited first.
     *
     * @param deadline for those that saw their dealings break off
     */
    Optional<InterlockException> standing(Duration deadline) {
        long end = System.nanoTime() + deadline.toNanos();
        for (Map.Entry<NodeCard, Peer.Call> each : calls.entrySet()) {
            if (!each.getValue().isDone(Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
                String name = each.getKey().name();
                standing = Optional.of(explained(
                        each.getKey(), new NodeException(name, name + " deals to nobody, and doesn't say why")));
                return standing;
            }
        }
        return Optional.empty();
    }

    /** The answers of all of them, in their order. */
    Map<NodeCard, byte[]> complete(Duration deadline) {
        Map<NodeCard, byte[]> answers = new LinkedHashMap<>();
        long end = System.nanoTime() + deadline.toNanos();
        calls.forEach((dealer, call) -> {
            try {
                Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
                answers.put(dealer, call.complete(left));
            } catch (InterlockException e) {
                failure.complete(explained(dealer, e));
                throw first().orElse(e);
            }
        });
        return answers;
    }

    /** Ends the wait for all answers. */
    void fail(InterlockException why) {
        calls.values().forEach(call -> call.fail(why));
    }

    /** Ends the wait, and wipes what was sent. */
    @Override
    public void close() {
        calls.values().forEach(Peer.Call::cancel);
        orders.forEach(order -> Arrays.fill(order, (byte) 0));
    }
}
