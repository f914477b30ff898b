package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Renewed;
import dev.interlock.client.Repaired;
import dev.interlock.core.random.DealerRandom;
import dev.interlock.core.random.NoiseSource;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.wire.Peers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A ring with no dealer but three of its five providers, any three of which open. */
@Timeout(240)
@Tag("long")
final class DealingProvidersTest {
    private static final List<String> DEALING = List.of("cc2", "cc3", "cc5");

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT, 0, DEALING);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @BeforeEach
    void allUp() {
        ring.startAll();
    }

    @Test
    void theyDealToThemselvesAsToTheOthers() throws Exception {
        assertThat(ring.descriptor().nodes()).hasSize(5);
        assertThat(ring.descriptor().dealtByProviders()).isTrue();
        for (int length : new int[] {0, 32, 2 * ChunkLayout.CHUNK_BYTES + 5}) {
            byte[] bytes = TestRing.random(length);
            Token token = ring.put(bytes);
            assertThat(token.dealers()).isEqualTo(DEALING);
            assertThat(ring.get(token.object(), "cc1", "cc2", "cc4")).isEqualTo(bytes);
            assertThat(ring.get(token.object(), "cc3", "cc4", "cc5")).isEqualTo(bytes);
            assertThat(ring.owner().refresh(List.of(token.object()), Duration.ZERO, _ -> {}))
                    .containsExactly(new Renewed.Done(token.object(), 2));
            assertThat(ring.owner().replace(List.of(token.object()), Duration.ZERO, _ -> {}))
                    .containsExactly(new Renewed.Done(token.object(), 3));
            assertThat(ring.get(token.object(), "cc3", "cc1", "cc5")).isEqualTo(bytes);
        }
        // One log tells of both.
        assertThat(Files.readString(ring.node("cc3").resolve("audit.log"))).contains("DEALT", "STORED");
        assertThat(Files.readString(ring.node("cc1").resolve("audit.log")))
                .doesNotContain("DEALT")
                .contains("STORED");
    }

    @Test
    void oneThatLostItsStoreIsRepairedAndDealsOn() throws Exception {
        byte[] bytes = TestRing.random(100_000);
        ObjectId object = ring.put(bytes).object();
        ring.loseStore("cc3");
        assertThat(ring.owner().repair("cc3", List.of(object), Duration.ZERO, _ -> {}))
                .allSatisfy(each -> assertThat(each).isInstanceOf(Repaired.Restored.class));
        assertThat(ring.get(object, "cc3", "cc4", "cc1")).isEqualTo(bytes);
        assertThat(ring.get(ring.put(bytes).object(), "cc3", "cc4", "cc1")).isEqualTo(bytes);
    }

    @Test
    void withoutOneOfThemReadsGoOn() {
        byte[] bytes = TestRing.random(1000);
        ObjectId object = ring.put(bytes).object();
        ring.stop("cc2");
        assertThat(ring.get(object)).isEqualTo(bytes);
        assertThat(catchThrowableOfType(TooFewProvidersException.class, () -> ring.put(bytes)))
                .hasMessageContaining("cc2");
        ring.start("cc2");
        assertThat(ring.get(ring.put(bytes).object())).isEqualTo(bytes);
    }

    @Test
    void oneWhoseNoiseFailsServesAsAProvider() throws Exception {
        byte[] bytes = TestRing.random(1000);
        AtomicBoolean stuck = new AtomicBoolean();
        ring.stop("cc5");
        ring.startDealingProvider("cc5", DealerRandom.start(List.of(noise(stuck)), Duration.ofSeconds(10)));
        ObjectId object = ring.put(bytes).object();
        assertThat(health("cc5")).contains("\"status\" : \"up\"", "\"role\" : \"provider\"");
        stuck.set(true);
        NodeException refused = catchThrowableOfType(NodeException.class, () -> ring.put(bytes));
        assertThat(refused).hasMessageContaining("cc5 deals nothing").hasMessageContaining("reads don't need it");
        assertThat(refused.node()).isEqualTo("cc5");
        assertThat(health("cc5")).contains("\"status\" : \"failing\"", "noise source fake failed");
        assertThat(ring.get(object, "cc5", "cc1", "cc4")).isEqualTo(bytes);
        ring.restart("cc5");
        assertThat(ring.get(ring.put(bytes).object())).isEqualTo(bytes);
    }

    private static NoiseSource noise(AtomicBoolean stuck) {
        Random random = new Random(5);
        return new NoiseSource() {
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
                if (stuck.get()) {
                    Arrays.fill(samples, (byte) 1);
                } else {
                    random.nextBytes(samples);
                }
            }
        };
    }

    private static String health(String name) {
        try (Peers peers = new Peers(Optional.empty(), ring.deadlines())) {
            byte[] answer = peers.to(ring.descriptor().node(name).orElseThrow())
                    .call(HttpMethod.GET, "/health", Optional.empty(), new byte[0]);
            return new String(answer, StandardCharsets.UTF_8);
        }
    }
}
