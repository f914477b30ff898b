package dev.interlock.client;

import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Peer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** What U asked of every dealer for one write, under way: all of them deal, or the write fails with the first that doesn't. */
final class Dealings {
    private final Map<NodeCard, Peer.Call> calls = new LinkedHashMap<>();
    private Optional<InterlockException> standing = Optional.empty();
    /** Why the others fail, too. */
    private final CompletableFuture<InterlockException> failure = new CompletableFuture<>();

    Dealings(Iterable<NodeCard> dealers, Function<NodeCard, Peer.Call> ask) {
        for (NodeCard dealer : dealers) {
            Peer.Call call = ask.apply(dealer);
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

    void cancel() {
        calls.values().forEach(Peer.Call::cancel);
    }
}
