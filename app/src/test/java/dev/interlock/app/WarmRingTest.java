package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ChunkLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every way to put, over a ring that has served long enough to be quick: who is quick gets ahead of the others, and what a cold
 * ring does one after the other, it does at once.
 */
@Timeout(240)
@Tag("long")
final class WarmRingTest {
    private static final int SERVED = 50;
    private static final int TIMES = 3;
    /** Of several chunks, and a last one that isn't full. */
    private static final int LENGTH = 3 * ChunkLayout.CHUNK_BYTES + 5;

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void serve() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT);
        byte[] small = TestRing.random(32);
        byte[] large = TestRing.random(LENGTH);
        for (int i = 0; i < SERVED; i++) {
            var _ = ring.put(i % 10 == 0 ? large : small);
        }
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    static List<Way> ways() {
        return Way.all().toList();
    }

    @ParameterizedTest
    @MethodSource("ways")
    void severalChunksComeBack(Way way, @TempDir Path keys) {
        byte[] bytes = TestRing.random(LENGTH);
        // Only U's own share comes without an answer, in the published profile.
        for (int i = 0; i < (way.scheme().dealtToUser() ? TIMES : 1); i++) {
            assertThat(way.put(ring.owner(), keys, bytes).get())
                    .as("%s, after %d more", way, i)
                    .isEqualTo(bytes);
        }
    }
}
