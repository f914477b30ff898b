package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Listed;
import dev.interlock.core.random.DealerRandom;
import dev.interlock.core.random.NoiseSource;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.wire.Peers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A dealer whose noise fails deals nothing, says so, and leaves nothing behind. */
@Timeout(240)
final class FailingNoiseTest {
    /** Takes far longer to deal than a source takes to fail. */
    private static final int LARGE = 48 << 20;

    @TempDir
    private Path dir;

    private TestRing ring;
    private final Noisy noisy = new Noisy();

    @BeforeEach
    void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        ring.stop("dealer1");
    }

    @AfterEach
    void stop() {
        ring.close();
    }

    @Test
    void atStartUp() throws Exception {
        noisy.stuck = true;
        ring.startDealer("dealer1", noisy.random());
        refuses(1000);
        says("failing", "1.0");
        ring.restart("dealer1");
        worksAgain();
    }

    @Test
    void atADealing() throws Exception {
        ring.startDealer("dealer1", noisy.random());
        says("up", "0.0");
        Token before = ring.put(new byte[] {1, 2, 3});
        noisy.stuck = true;
        refuses(1000);
        says("failing", "1.0");
        assertThat(ring.get(before.object())).as("reads need no dealer").containsExactly(1, 2, 3);
        ring.restart("dealer1");
        worksAgain(before);
    }

    @Test
    void inTheMiddleOfADealing() throws Exception {
        DealerRandom random = noisy.random();
        ring.startDealer("dealer1", random);
        noisy.onRead = () -> {
            noisy.onRead = () -> {};
            // Waits for the dealing to have its generator, and then has the next test fail.
            Thread.ofVirtual().start(() -> {
                noisy.stuck = true;
                try {
                    random.reseed();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        };
        refuses(LARGE);
        says("failing", "1.0");
        ring.restart("dealer1");
        worksAgain();
    }

    private void refuses(int length) throws Exception {
        assertThatThrownBy(() -> ring.put(new byte[length]))
                .isInstanceOfSatisfying(
                        NodeException.class, e -> assertThat(e.node()).isEqualTo("dealer1"))
                .hasMessageContaining("dealer1 deals nothing")
                .hasMessageContaining("noise source fake failed the repetition count test")
                .hasMessageContaining("restart");
        Await.until(
                "nothing is left of the put",
                () -> ring.providers().stream()
                        .allMatch(name -> ring.dataFiles(name).isEmpty()));
    }

    private void worksAgain(Token... stored) throws InterruptedException {
        assertThat(ring.owner().list())
                .extracting(Listed::object)
                .containsExactly(Arrays.stream(stored).map(Token::object).toArray(ObjectId[]::new));
        assertThat(ring.get(ring.put(new byte[] {4, 5}).object())).containsExactly(4, 5);
    }

    private void says(String status, String gauge) {
        try (Peers peers = new Peers(Optional.empty(), ring.deadlines())) {
            String health = ask(peers, "/health");
            assertThat(health).contains("\"status\" : \"" + status + "\"");
            if (status.equals("failing")) {
                assertThat(health).contains("noise source fake failed the repetition count test");
            }
            assertThat(ask(peers, "/metrics")).contains("interlock_noise_failing{source=\"fake\"} " + gauge);
        }
    }

    private String ask(Peers peers, String path) {
        byte[] answer = peers.to(ring.descriptor().dealers().getFirst())
                .call(HttpMethod.GET, path, Optional.empty(), new byte[0]);
        return new String(answer, StandardCharsets.UTF_8);
    }

    /** Good noise until it is stuck. */
    private static final class Noisy implements NoiseSource {
        private final Random random = new Random(1);
        private volatile boolean stuck;
        private volatile Runnable onRead = () -> {};

        DealerRandom random() throws InterruptedException {
            return DealerRandom.start(List.of(this), Duration.ofSeconds(10));
        }

        @Override
        public String name() {
            return "fake";
        }

        @Override
        public double bitsPerSample() {
            return 6;
        }

        @Override
        public boolean quick() {
            return true;
        }

        @Override
        public void read(byte[] samples) {
            onRead.run();
            if (stuck) {
                Arrays.fill(samples, (byte) 1);
            } else {
                random.nextBytes(samples);
            }
        }
    }
}
