package dev.interlock.client.login;

import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/** One question to many nodes at once, each answer as it comes. */
final class Everyone<T> {
    private final Map<String, T> answers = new LinkedHashMap<>();
    private final Map<String, InterlockException> failures = new LinkedHashMap<>();
    private final List<NodeCard> asked;
    private final BlockingQueue<Runnable> coming = new LinkedBlockingQueue<>();
    private int outstanding;

    private Everyone(List<NodeCard> asked) {
        this.asked = asked;
    }

    static <T> Everyone<T> ask(ExecutorService threads, List<NodeCard> nodes, Function<NodeCard, T> question) {
        Everyone<T> everyone = new Everyone<>(nodes);
        everyone.outstanding = nodes.size();
        for (NodeCard node : nodes) {
            try {
                threads.execute(() -> everyone.put(node, question));
            } catch (RejectedExecutionException e) {
                everyone.coming.add(() -> everyone.failures.put(
                        node.name(), new NodeException(node.name(), node.name() + " isn't asked any more")));
            }
        }
        return everyone;
    }

    private void put(NodeCard node, Function<NodeCard, T> question) {
        Runnable outcome;
        try {
            T answer = question.apply(node);
            outcome = () -> answers.put(node.name(), answer);
        } catch (InterlockException e) {
            outcome = () -> failures.put(node.name(), e);
        } catch (RuntimeException | Error e) {
            NodeException failed = new NodeException(node.name(), "asking " + node.name() + " failed: " + e);
            outcome = () -> failures.put(node.name(), failed);
        }
        coming.add(outcome);
    }

    /** Waits for all; each question has a deadline of its own. */
    Everyone<T> all() throws InterruptedException {
        while (outstanding > 0) {
            coming.take().run();
            outstanding--;
        }
        return this;
    }

    /** Waits for all, but once enough is known only so much longer. */
    Everyone<T> until(Predicate<Map<String, T>> enough, Duration grace) throws InterruptedException {
        while (outstanding > 0) {
            Runnable next = enough.test(answers) ? coming.poll(grace.toMillis(), TimeUnit.MILLISECONDS) : coming.take();
            if (next == null) {
                return this;
            }
            next.run();
            outstanding--;
        }
        return this;
    }

    /** By node, in the order in which they came. */
    Map<String, T> answers() {
        return answers;
    }

    Map<String, InterlockException> failures() {
        return failures;
    }

    /** Why each of the others has given none. */
    Map<String, String> absent() {
        Map<String, String> absent = new LinkedHashMap<>();
        for (NodeCard node : asked) {
            InterlockException failure = failures.get(node.name());
            if (failure != null) {
                absent.put(node.name(), failure.explanation());
            } else if (!answers.containsKey(node.name())) {
                absent.put(node.name(), "hasn't answered yet");
            }
        }
        return absent;
    }
}
