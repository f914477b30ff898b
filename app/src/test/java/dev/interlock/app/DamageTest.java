package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.store.BlobKind;
import dev.interlock.protocol.error.IntegrityException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stored bytes that aren't what was put: nothing of a chunk that they touch comes out. */
@Timeout(240)
final class DamageTest {
    private static final int CHUNK = ChunkLayout.CHUNK_BYTES;

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @Test
    void aFlippedBitInAShare() throws Exception {
        byte[] bytes = TestRing.random(2 * CHUNK + 100);
        Token token = ring.put(bytes);
        List<String> route = ring.route(token);
        flip(token, route.get(1), "share", CHUNK + CHUNK / 2);

        namesTheCulprit(token, bytes, route.get(1), route.get(0));
        namesTheCulprit(token, bytes, route.get(1), route.get(2));
        assertThat(ring.get(token.object(), route.get(0), route.get(2))).isEqualTo(bytes);
    }

    @Test
    void aFlippedBitBeforeTheFirstByteLeft() throws Exception {
        byte[] bytes = TestRing.random(100_000);
        for (int place : new int[] {0, 1}) {
            Token token = ring.put(bytes);
            List<String> route = ring.route(token);
            flip(token, route.get(place), "share", 1000);
            // Its neighbour got nothing, and may not be blamed for that.
            namesTheCulprit(token, bytes, route.get(place), route.get(1 - place));
            namesTheCulprit(token, bytes, route.get(place), route.get(2));
        }
    }

    @Test
    void aFlippedBitInACiphertext() throws Exception {
        byte[] bytes = TestRing.random(2 * CHUNK + 100);
        Token token = ring.put(bytes);
        List<String> route = ring.route(token);
        // Only homes have a ciphertext: the first of a get's providers that is one sends its own.
        String damaged = route.get(0);
        String without = route.get(2);
        assertThat(ring.homes(token)).contains(damaged).doesNotContain(without);
        flip(token, damaged, "ciphertext", CHUNK + CHUNK / 2);

        namesTheCulprit(token, bytes, damaged, without);
        assertThat(ring.get(token.object(), route.get(1), without)).isEqualTo(bytes);
    }

    /** The first chunk, which is whole, may come out; of the second nothing does. */
    private static void namesTheCulprit(Token token, byte[] bytes, String culprit, String with) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThatThrownBy(() -> TestRing.get(ring.owner(), token.object(), out, culprit, with))
                .asInstanceOf(InstanceOfAssertFactories.type(IntegrityException.class))
                .satisfies(e -> assertThat(e.culprits()).containsExactly(culprit))
                .satisfies(e -> assertThat(e).hasMessageContaining("damaged"));
        assertThat(out.size()).isIn(0, CHUNK);
        assertThat(out.toByteArray()).isEqualTo(Arrays.copyOf(bytes, out.size()));
    }

    private static void flip(Token token, String node, String kind, long at) {
        ring.stop(node);
        ring.flip(node, token.id() + "." + kind, at);
        ring.start(node);
    }

    @Test
    void aShareThatWasReplaced() throws Exception {
        byte[] bytes = TestRing.random(2 * CHUNK + 100);
        Token token = ring.put(bytes);
        List<String> route = ring.route(token);
        replace(token.object(), route.get(1), BlobKind.SHARE);

        foundOut(token.object(), route.get(1), route.get(0), route.get(1));
        assertThat(ring.get(token.object(), route.get(0), route.get(2))).isEqualTo(bytes);
    }

    @Test
    void aSmallShareThatWasReplaced() throws Exception {
        byte[] bytes = TestRing.random(32);
        Token token = ring.put(bytes);
        List<String> route = ring.route(token);
        replace(token.object(), route.get(2), BlobKind.SHARE);

        foundOut(token.object(), route.get(2), route.get(0), route.get(2));
        assertThat(ring.get(token.object(), route.get(0), route.get(1))).isEqualTo(bytes);
    }

    @Test
    void aCiphertextThatWasReplaced() throws Exception {
        byte[] bytes = TestRing.random(100_000);
        Token token = ring.put(bytes);
        List<String> route = ring.route(token);
        replace(token.object(), route.get(0), BlobKind.CIPHERTEXT);

        foundOut(token.object(), route.get(0), route.get(0), route.get(2));
        assertThat(ring.get(token.object(), route.get(1), route.get(2))).isEqualTo(bytes);
    }

    /** Here the client's check finds it, before the first byte. */
    private static void foundOut(ObjectId object, String liar, String... from) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThatThrownBy(() -> TestRing.get(ring.owner(), object, out, from))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly(liar));
        assertThat(out.size()).isZero();
    }

    /** A provider that lies: the same object in its store, properly sealed, with one bit of the first chunk changed. */
    private static void replace(ObjectId object, String node, BlobKind changed) throws IOException {
        LyingStore.replace(
                ring,
                node,
                Map.of(
                        object,
                        (kind, bytes) -> kind.equals(changed)
                                ? LyingStore.flipped(bytes, Math.min(CHUNK, bytes.length) - 1)
                                : bytes));
    }
}
