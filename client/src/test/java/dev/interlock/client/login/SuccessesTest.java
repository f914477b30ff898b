package dev.interlock.client.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Role;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** Who is told of a success: whoever answered, once, whenever it did; and who waits for that. */
final class SuccessesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final NodeCard one = card("one");
    private final NodeCard two = card("two");
    private final NodeCard three = card("three");
    private final Map<String, byte[]> bodies =
            Map.of("one", new byte[] {1}, "two", new byte[] {2}, "three", new byte[] {3});
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    private static NodeCard card(String name) {
        try (SigningKey key = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, new SecureRandom()))) {
            return NodeCard.of(
                    Role.DEALER, name, name + ".example:443", "0".repeat(64), key.verifyingKey(), Optional.empty());
        }
    }

    private Successes successes(ExecutorService threads, Successes.Teller teller) {
        return new Successes(new UserName("alice"), List.of(one, two, three), threads, teller);
    }

    @Test
    void whoAnswersIsToldOnceAndWaitedFor() throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Successes successes = successes(threads, (node, body) -> {
                assertThat(body).isEqualTo(bodies.get(node.name()));
                if (node.equals(one)) {
                    await(held);
                }
                told.add(node.name());
            });
            successes.answered(one);
            successes.succeeded(bodies, Duration.ZERO);
            // On its own thread, where it answers late.
            successes.answered(two);
            assertThat(told.take()).isEqualTo("two");
            successes.failed(three);
            // The grace is over at once, and nobody has patience.
            successes.await();
            assertThat(successes.await(Duration.ZERO)).isFalse();
            assertThat(successes.isThrough()).isFalse();
            held.countDown();
            assertThat(successes.await(PATIENCE)).isTrue();
            assertThat(successes.isThrough()).isTrue();
            assertThat(told).containsExactly("one");
        }
    }

    @Test
    void whoCantBeToldIsWaitedForNoLonger() throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Successes successes = successes(threads, (node, _) -> {
                throw node.equals(one) ? new NodeException("one", "it broke off") : new IllegalStateException("a bug");
            });
            List.of(one, two).forEach(successes::answered);
            successes.succeeded(bodies, PATIENCE);
            successes.answered(three);
            assertThat(successes.await(PATIENCE)).isTrue();
        }
        // Nor where nobody is left to tell them.
        ExecutorService ended = Executors.newVirtualThreadPerTaskExecutor();
        ended.shutdownNow();
        Successes successes = successes(ended, (node, _) -> told.add(node.name()));
        List.of(one, two, three).forEach(successes::answered);
        successes.succeeded(bodies, PATIENCE);
        successes.await();
        assertThat(told).isEmpty();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
