package dev.interlock.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Role;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever waits for answers is woken up once there are enough, and as soon as there can't be. */
@Timeout(240)
final class AnswersTest {
    private static final Duration PATIENT = Duration.ofMinutes(1);

    private final NodeCard node = node();
    private final RingClient.Answers<String> answers = new RingClient.Answers<>();

    private static NodeCard node() {
        try (SigningKey key = new SigningKey(SecretBytes.taking(new byte[SigningKey.SEED_BYTES]))) {
            return NodeCard.of(
                    Role.PROVIDER,
                    "cc1",
                    "127.0.0.1:1",
                    "0".repeat(64),
                    key.verifyingKey(),
                    Optional.of("x25519:" + "0".repeat(64)));
        }
    }

    private RingClient.Answer<String> value(String value) {
        return new RingClient.Value<>(node, value);
    }

    private RingClient.Answer<String> failure() {
        return new RingClient.Failure<>(node, new NodeException("cc1", "cc1 is gone"));
    }

    private FutureTask<List<RingClient.Answer<String>>> waiting(int many) throws InterruptedException {
        FutureTask<List<RingClient.Answer<String>>> waiting = new FutureTask<>(() -> answers.next(many, PATIENT));
        Thread thread = Thread.ofPlatform().daemon().start(waiting);
        while (thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.sleep(1);
        }
        return waiting;
    }

    @Test
    void asManyAsWereAwaitedComeTogether() throws Exception {
        answers.expect(5);
        FutureTask<List<RingClient.Answer<String>>> waiting = waiting(3);
        answers.add(value("a"));
        answers.add(value("b"));
        assertThat(waiting.isDone()).isFalse();
        answers.add(value("c"));
        assertThat(waiting.get(1, TimeUnit.MINUTES)).containsExactly(value("a"), value("b"), value("c"));
        assertThat(answers.outstanding()).isEqualTo(2);
    }

    @Test
    void aFailureIsHeardAtOnce() throws Exception {
        answers.expect(5);
        FutureTask<List<RingClient.Answer<String>>> waiting = waiting(3);
        RingClient.Answer<String> failure = failure();
        answers.add(value("a"));
        answers.add(failure);
        assertThat(waiting.get(1, TimeUnit.MINUTES)).containsExactly(value("a"), failure);
        // One that was heard isn't heard again.
        answers.add(value("b"));
        assertThat(answers.next(3, Duration.ofMillis(1))).containsExactly(value("b"));
        assertThat(answers.outstanding()).isEqualTo(2);
    }

    @Test
    void theLastOnesAreEnough() throws Exception {
        answers.expect(2);
        FutureTask<List<RingClient.Answer<String>>> waiting = waiting(3);
        answers.add(value("a"));
        answers.add(value("b"));
        assertThat(waiting.get(1, TimeUnit.MINUTES)).hasSize(2);
        assertThat(answers.next(3, PATIENT)).isEmpty();
        assertThat(answers.next(PATIENT)).isEmpty();
    }

    @Test
    void atTheDeadlineThereIsWhatHasCome() throws Exception {
        answers.expect(3);
        assertThat(answers.next(2, Duration.ZERO)).isEmpty();
        answers.add(value("a"));
        assertThat(answers.next(2, Duration.ofMillis(1))).containsExactly(value("a"));
        answers.add(value("b"));
        answers.add(value("c"));
        // One by one, for whoever wants them so.
        assertThat(answers.next(Duration.ZERO)).contains(value("b"));
        assertThat(answers.outstanding()).isEqualTo(1);
        assertThat(answers.next(Duration.ZERO)).contains(value("c"));
        assertThat(answers.next(Duration.ZERO)).isEmpty();
    }
}
