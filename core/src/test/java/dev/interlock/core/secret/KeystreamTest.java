package dev.interlock.core.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.function.Consumer;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeystreamTest {

    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] SEED = HEX.parseHex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    private static final int LENGTH = 3 * Keystream.MAX_TILE_BYTES + 1001;
    private static final byte[] STREAM = ecbOfCounters(SEED, 0, LENGTH);

    /**
     * Published values of exactly this stream, for the zero seed: the encryptions of the counters 0, 1 and 2 are the hash
     * key, the tag and the ciphertext of test cases 13 and 14 in "The Galois/Counter Mode of Operation" (McGrew, Viega).
     */
    @Test
    void publishedBlocksOfTheZeroSeed() {
        try (Keystream keystream = new Keystream(MemorySegment.ofArray(new byte[32]))) {
            byte[] out = new byte[48];
            keystream.fill(MemorySegment.ofArray(out));
            assertThat(HEX.formatHex(out))
                    .isEqualTo("dc95c078a2408989ad48a21492842087"
                            + "530f8afbc74536b9a963b4f1c4cb738b"
                            + "cea7403d4d606b6e074ec5d3baf39d18");
        }
    }

    /** NIST SP 800-38A F.5.5 starts at another counter than ours, so it checks what we build on, not Keystream itself. */
    @Test
    void theJdkPassesTheNistVector() throws Exception {
        Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(SEED, "AES"),
                new IvParameterSpec(HEX.parseHex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")));
        byte[] plain = HEX.parseHex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        assertThat(HEX.formatHex(cipher.doFinal(plain)))
                .isEqualTo("601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
                        + "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6");
    }

    @Test
    void isTheEncryptionOfTheBlockNumbers() {
        assertThat(fill(new Keystream(MemorySegment.ofArray(SEED)), LENGTH)).isEqualTo(STREAM);
        try (SecretBytes seed = SecretBytes.copyOf(SEED)) {
            assertThat(fill(new Keystream(seed), LENGTH)).isEqualTo(STREAM);
        }
    }

    @Test
    void everySplitPointGivesTheSameStream() {
        int length = 200;
        byte[] expected = Arrays.copyOf(STREAM, length);
        for (int split = 0; split <= length; split++) {
            byte[] filled = new byte[length];
            byte[] added = new byte[length];
            try (Keystream a = new Keystream(MemorySegment.ofArray(SEED));
                    Keystream b = new Keystream(MemorySegment.ofArray(SEED))) {
                pieces(filled, a::fill, split, length - split);
                pieces(added, b::addTo, split, length - split);
            }
            assertThat(filled).as("fill split at %d", split).isEqualTo(expected);
            assertThat(added).as("addTo split at %d", split).isEqualTo(expected);
        }
    }

    @Test
    void oddPiecesAcrossTilesGiveTheSameStream() {
        Random random = new Random(11);
        for (int round = 0; round < 30; round++) {
            byte[] actual = new byte[LENGTH];
            try (Keystream keystream = new Keystream(MemorySegment.ofArray(SEED))) {
                int offset = 0;
                while (offset < LENGTH) {
                    int length = Math.min(LENGTH - offset, random.nextInt(round < 15 ? 40 : 20_000));
                    MemorySegment piece = MemorySegment.ofArray(actual).asSlice(offset, length);
                    if (random.nextBoolean()) {
                        keystream.fill(piece);
                    } else {
                        keystream.addTo(piece);
                    }
                    offset += length;
                }
            }
            assertThat(actual).isEqualTo(STREAM);
        }
    }

    @Test
    void addToXorsInPlaceNativeAndHeapAtAnyAlignment() {
        byte[] data = new byte[LENGTH];
        new Random(3).nextBytes(data);
        byte[] expected = new byte[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            expected[i] = (byte) (data[i] ^ STREAM[i]);
        }
        for (int offset : new int[] {0, 1, 7, 13}) {
            for (MemorySegment memory : new MemorySegment[] {
                Arena.ofAuto().allocate(LENGTH + 20), MemorySegment.ofArray(new byte[LENGTH + 20])
            }) {
                MemorySegment segment = memory.asSlice(offset, LENGTH);
                segment.copyFrom(MemorySegment.ofArray(data));
                try (Keystream keystream = new Keystream(MemorySegment.ofArray(SEED))) {
                    keystream.addTo(segment);
                }
                assertThat(segment.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
                assertThat(memory.asSlice(offset + (long) LENGTH).toArray(ValueLayout.JAVA_BYTE))
                        .containsOnly(0);
                try (Keystream keystream = new Keystream(MemorySegment.ofArray(SEED))) {
                    keystream.addTo(segment);
                }
                assertThat(segment.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(data);
            }
        }
    }

    @Test
    void atAndSkipLeadToTheSamePlace() {
        for (int offset = 0; offset < 100; offset++) {
            byte[] expected = Arrays.copyOfRange(STREAM, offset, offset + 50);
            assertThat(fill(Keystream.at(MemorySegment.ofArray(SEED), offset), 50))
                    .isEqualTo(expected);
            for (int before = 0; before <= offset; before++) {
                Keystream keystream = new Keystream(MemorySegment.ofArray(SEED));
                keystream.fill(MemorySegment.ofArray(new byte[before]));
                keystream.skip(offset - before);
                assertThat(fill(keystream, 50))
                        .as("%d, then skip to %d", before, offset)
                        .isEqualTo(expected);
            }
        }
    }

    /** Around the carries of the counter, and where a 32-bit block number would overflow. */
    @ParameterizedTest
    @ValueSource(
            longs = {
                16 * 255,
                16 * 65535 + 3,
                (1L << 31) - 5,
                (1L << 32) * 16 - 20,
                (1L << 32) * 16 + 7,
                (1L << 40) + 1,
                Long.MAX_VALUE - 100
            })
    void seeksFar(long offset) {
        byte[] expected = ecbOfCounters(SEED, offset / 16, 112);
        int start = (int) (offset % 16);
        assertThat(fill(Keystream.at(MemorySegment.ofArray(SEED), offset), 80))
                .isEqualTo(Arrays.copyOfRange(expected, start, start + 80));
    }

    @Test
    void longStreamsMatchWhereTheyAreJoined() {
        int size = 1 << 20;
        Keystream keystream = Keystream.at(MemorySegment.ofArray(SEED), 5);
        byte[] whole = fill(keystream, size);
        assertThat(whole).isEqualTo(Arrays.copyOfRange(ecbOfCounters(SEED, 0, size + 16), 5, size + 5));
    }

    @Test
    void refusesBadSeedsAndOffsets() {
        for (int size : new int[] {0, 16, 31, 33, 64}) {
            assertThatThrownBy(() -> new Keystream(MemorySegment.ofArray(new byte[size])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(String.valueOf(size))
                    .hasMessageContaining("32");
        }
        assertThatThrownBy(() -> Keystream.at(MemorySegment.ofArray(SEED), -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
        try (Keystream keystream = Keystream.at(MemorySegment.ofArray(SEED), 10)) {
            assertThatThrownBy(() -> keystream.skip(-3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("-3");
            assertThatThrownBy(() -> keystream.skip(Long.MAX_VALUE - 9)).isInstanceOf(IllegalArgumentException.class);
            keystream.skip(0);
            assertThat(fill(keystream, 20)).isEqualTo(Arrays.copyOfRange(STREAM, 10, 30));
        }
    }

    @Test
    void refusesUseAfterCloseAndClosesTwice() {
        Keystream keystream = new Keystream(MemorySegment.ofArray(SEED));
        MemorySegment data = MemorySegment.ofArray(new byte[10]);
        keystream.fill(data);
        keystream.close();
        keystream.close();
        assertThatThrownBy(() -> keystream.fill(data)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> keystream.addTo(data)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> keystream.skip(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void closeWipesTileAndSeed() {
        Keystream keystream = new Keystream(MemorySegment.ofArray(SEED));
        keystream.fill(MemorySegment.ofArray(new byte[1000]));
        byte[] tile = keystream.tile();
        SecretBytes key = keystream.key().bytes();
        MemorySegment seed = key.segment();
        assertThat(Arrays.copyOf(tile, 1000)).isEqualTo(Arrays.copyOf(STREAM, 1000));
        assertThat(key.copyToHeap()).isEqualTo(SEED);
        keystream.close();
        assertThat(tile).containsOnly(0);
        assertThat(seed.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
        assertThatThrownBy(key::copyToHeap).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theTileIsNoLargerThanNeededAndWipedWhenItGrows() {
        try (Keystream keystream = new Keystream(MemorySegment.ofArray(SEED))) {
            assertThat(keystream.tile()).isEmpty();
            keystream.fill(MemorySegment.ofArray(new byte[100]));
            byte[] first = keystream.tile();
            assertThat(first).hasSize(128);
            keystream.fill(MemorySegment.ofArray(new byte[129]));
            assertThat(first).containsOnly(0);
            assertThat(keystream.tile()).hasSize(256);
            keystream.fill(MemorySegment.ofArray(new byte[1 << 20]));
            assertThat(keystream.tile()).hasSize(Keystream.MAX_TILE_BYTES);
        }
    }

    @Test
    void theSeedIsCopied() {
        byte[] seed = SEED.clone();
        Keystream keystream = new Keystream(MemorySegment.ofArray(seed));
        Arrays.fill(seed, (byte) 0);
        keystream.skip(16);
        assertThat(fill(keystream, 16)).isEqualTo(Arrays.copyOfRange(STREAM, 16, 32));
    }

    private static byte[] fill(Keystream keystream, int length) {
        byte[] out = new byte[length];
        keystream.fill(MemorySegment.ofArray(out));
        keystream.close();
        return out;
    }

    private static void pieces(byte[] out, Consumer<MemorySegment> next, int... lengths) {
        int offset = 0;
        for (int length : lengths) {
            next.accept(MemorySegment.ofArray(out).asSlice(offset, length));
            offset += length;
        }
    }

    /** AES-256 block by block, without any counter mode. */
    private static byte[] ecbOfCounters(byte[] key, long firstBlock, int length) {
        try {
            Cipher ecb = Cipher.getInstance("AES/ECB/NoPadding");
            ecb.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
            byte[] out = new byte[(length + 15) / 16 * 16];
            for (int i = 0; i < out.length; i += 16) {
                byte[] number = BigInteger.valueOf(firstBlock)
                        .add(BigInteger.valueOf(i / 16))
                        .toByteArray();
                byte[] block = new byte[16];
                System.arraycopy(number, 0, block, 16 - number.length, number.length);
                ecb.doFinal(block, 0, 16, out, i);
            }
            return Arrays.copyOf(out, length);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
