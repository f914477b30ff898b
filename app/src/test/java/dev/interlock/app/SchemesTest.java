package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.TooFewProvidersException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All three protocols in both profiles, with all kinds of blinds and keys: what was put comes back. */
@Timeout(240)
@Tag("long")
final class SchemesTest {
    private static final int CHUNK = ChunkLayout.CHUNK_BYTES;
    private static final int[] LENGTHS = {0, 1, 32, (64 << 10) + 1, CHUNK - 1, CHUNK, 3 * CHUNK + 5};

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @AfterEach
    void allUp() {
        ring.startAll();
    }

    static List<Way> ways() {
        return Way.all().toList();
    }

    /** Sets of providers that a read is possible with, none of them that of another. */
    private static List<String[]> sets(Way way, Token token) {
        List<String> r = ring.route(token);
        boolean manyHomes = ring.homes(token).size() > 1;
        if (way.scheme().sealed()) {
            return manyHomes
                    ? List.of(new String[] {r.get(2)}, new String[] {r.get(4), r.get(1)})
                    : List.of(new String[] {r.get(0)}, new String[] {r.get(3), r.get(0)});
        }
        return manyHomes
                ? List.of(new String[] {r.get(4), r.get(3), r.get(2)}, new String[] {r.get(1), r.get(0), r.get(4)})
                : List.of(new String[] {r.get(4), r.get(0), r.get(2)}, new String[] {r.get(0), r.get(1), r.get(3)});
    }

    @ParameterizedTest
    @MethodSource("ways")
    void everyLengthComesBack(Way way, @TempDir Path keys) {
        for (int length : LENGTHS) {
            byte[] bytes = TestRing.random(length);
            Way.Kept kept = way.put(ring.owner(), keys, bytes);
            assertThat(kept.token().scheme()).isEqualTo(way.scheme());
            assertThat(kept.get()).as("%d bytes", length).isEqualTo(bytes);
            for (String[] set : sets(way, kept.token())) {
                assertThat(kept.get(set)).as("%d bytes from %s", length, set).isEqualTo(bytes);
            }
        }
    }

    /** The route is drawn: puts until it is as wanted. */
    private static Way.Kept put(Way way, Path keys, byte[] bytes, Predicate<List<String>> homes) {
        while (true) {
            Way.Kept kept = way.put(ring.owner(), keys, bytes);
            if (homes.test(ring.homes(kept.token()))) {
                return kept;
            }
        }
    }

    @Test
    void whileAsManyAsMayBeAreAway(@TempDir Path keys) {
        byte[] bytes = TestRing.random(100_000);
        Map<Way, Way.Kept> byThree = new LinkedHashMap<>();
        Map<Way, Way.Kept> byOne = new LinkedHashMap<>();
        for (Way way : ways()) {
            Map<Way, Way.Kept> fewest = way.scheme().sealed() ? byOne : byThree;
            fewest.put(way, put(way, keys, bytes, homes -> homes.contains("cc2")));
        }

        // n−t: the blinded profile has a home among any t that are left, the published one has cc2.
        ring.stop("cc1", "cc4");
        for (Map<Way, Way.Kept> objects : List.of(byThree, byOne)) {
            objects.forEach(
                    (way, kept) -> assertThat(kept.get()).as(way.toString()).isEqualTo(bytes));
        }

        // t−1: not enough, whatever the user keeps.
        ring.stop("cc5");
        byThree.forEach((way, kept) -> assertThatThrownBy(kept::get)
                .as(way.toString())
                .isInstanceOf(TooFewProvidersException.class)
                .hasMessageContainingAll("needs 3", "2 can be used", "cc1", "cc4", "cc5"));

        // One home: enough in protocol 1.
        ring.stop("cc3");
        byOne.forEach((way, kept) -> assertThat(kept.get()).as(way.toString()).isEqualTo(bytes));
    }

    @Test
    void withoutAHome(@TempDir Path keys) {
        byte[] bytes = TestRing.random(32);
        for (Way way : List.of(Way.ONE.published(), Way.TWO.published(), Way.THREE.published())) {
            Way.Kept kept = way.put(ring.owner(), keys, bytes);
            List<String> route = ring.route(kept.token());
            assertThatThrownBy(() -> kept.get(route.subList(1, 5).toArray(String[]::new)))
                    .as(way.toString())
                    .isInstanceOf(TooFewProvidersException.class);
        }
    }

    @Test
    void fewerThanARead(@TempDir Path keys) {
        byte[] bytes = TestRing.random(32);
        for (Way way : List.of(Way.TWO, Way.TWO.published(), Way.THREE, Way.THREE.published())) {
            Way.Kept kept = way.put(ring.owner(), keys, bytes);
            assertThatThrownBy(() -> kept.get("cc1", "cc2"))
                    .as(way.toString())
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContainingAll("t = 3", "2 were named");
        }
    }

    /** What is compiled and busy hands tiles on, and wipes them, in another order than what has just started. */
    @Test
    @Timeout(300)
    void ofSeveralChunksInARingThatHasServedFiftyPuts(@TempDir Path keys) {
        for (int i = 0; i < 50; i++) {
            ring.put(TestRing.random(CHUNK + 5));
        }
        byte[] bytes = TestRing.random(3 * CHUNK + 5);
        for (Way way : ways()) {
            for (int i = 0; i < 3; i++) {
                assertThat(way.put(ring.owner(), keys, bytes).get())
                        .as(way.toString())
                        .isEqualTo(bytes);
            }
        }
    }

    /** The smallest ring. */
    @Test
    void twoOfTwo(@TempDir Path own) {
        byte[] bytes = TestRing.random(CHUNK + 1);
        try (TestRing pair = TestRing.start(own, 2, 2, TestRing.PATIENT)) {
            for (Way way : ways()) {
                assertThat(way.put(pair.owner(), own, bytes).get())
                        .as(way.toString())
                        .isEqualTo(bytes);
            }
        }
    }
}
