package dev.interlock.core.commitment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.StatementHash;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The leaf functions against plain SHA-256, field by field. */
final class LeavesTest {
    private static final StatementHash OBJECT =
            StatementHash.parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 255, 256, 1_048_575})
    void aChunkLeafHashesLabelPlaceRandomizerAndData(int k) throws Exception {
        byte[] r = random(64, 1);
        byte[] m = random(1000, 2);
        MessageDigest plain = MessageDigest.getInstance("SHA-256");
        plain.update((byte) 23);
        plain.update("interlock/v1/chunk-leaf".getBytes(StandardCharsets.US_ASCII));
        plain.update(new byte[] {0, 0, 0, 0, (byte) (k >> 24), (byte) (k >> 16), (byte) (k >> 8), (byte) k});
        plain.update(r);
        plain.update(m);

        byte[] leaf = Leaves.ofChunk(k)
                .update(MemorySegment.ofArray(r))
                .update(MemorySegment.ofArray(m))
                .leaf();

        assertThat(leaf).isEqualTo(plain.digest());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 127, 128, 254})
    void aShareLeafHashesLabelObjectProviderPlaceSaltAndShare(int x) throws Exception {
        byte[] salt = random(Leaves.SALT_BYTES, 3);
        byte[] share = random(1000, 4);
        MessageDigest plain = MessageDigest.getInstance("SHA-256");
        plain.update((byte) 23);
        plain.update("interlock/v1/share-leaf".getBytes(StandardCharsets.US_ASCII));
        plain.update(HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
        plain.update((byte) x);
        plain.update(new byte[] {0, 0, 0, 0, 0, 0, 1, 2});
        plain.update(salt);
        plain.update(share);

        byte[] leaf = Leaves.ofShare(OBJECT, x, 0x0102)
                .update(MemorySegment.ofArray(salt))
                .update(MemorySegment.ofArray(share))
                .leaf();

        assertThat(leaf).isEqualTo(plain.digest());
    }

    @Test
    void thePiecesDontMatterNorWhereTheyLie() {
        byte[] bytes = random(777, 5);
        byte[] whole = Leaves.ofChunk(3).update(MemorySegment.ofArray(bytes)).leaf();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment offHeap = arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
            for (int cut : new int[] {0, 1, 64, 700, 777}) {
                byte[] pieces = Leaves.ofChunk(3)
                        .update(offHeap.asSlice(0, cut))
                        .update(MemorySegment.ofArray(bytes).asSlice(cut))
                        .leaf();
                assertThat(pieces).as("cut at %d", cut).isEqualTo(whole);
            }
        }
    }

    @Test
    void noTwoLeavesOverTheSameBytesAreEqual() {
        MemorySegment same = MemorySegment.ofArray(random(128, 6));
        StatementHash other = StatementHash.parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e20");
        Set<String> leaves = Stream.of(
                        Leaves.ofChunk(0),
                        Leaves.ofChunk(1),
                        Leaves.ofShare(OBJECT, 1, 0),
                        Leaves.ofShare(OBJECT, 1, 1),
                        Leaves.ofShare(OBJECT, 2, 0),
                        Leaves.ofShare(other, 1, 0))
                .map(leaf -> HexFormat.of().formatHex(leaf.update(same).leaf()))
                .collect(Collectors.toSet());
        assertThat(leaves).hasSize(6);
    }

    @Test
    void aLabelledHashIsNeverAPlainOneOfTheSameBytes() {
        byte[] bytes = random(32, 7);
        assertThat(List.of(HexFormat.of().formatHex(Sha256.plain(bytes))))
                .doesNotContain(
                        HexFormat.of()
                                .formatHex(Sha256.labelled("").update(bytes).digest()),
                        HexFormat.of()
                                .formatHex(Sha256.labelled("x").update(bytes).digest()));
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
