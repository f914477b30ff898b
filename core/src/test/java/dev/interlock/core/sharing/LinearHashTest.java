package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.field.Gf256;
import dev.interlock.core.secret.Keystream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LinearHashTest {
    private static final int ROW = LinearHash.ROW_BYTES;
    private static final int GROUP = LinearHash.GROUP_BYTES;

    /** From here on there are buckets. */
    private static final int FEW = LinearHash.FEW_GROUPS * GROUP;

    private final Random random = new Random(7);

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] hash(byte[] seed, byte[] input) {
        try (LinearHash hash = new LinearHash(seed)) {
            hash.update(MemorySegment.ofArray(input));
            return hash.digest();
        }
    }

    /** The definition, an element at a time. */
    private static byte[] defined(byte[] seed, byte[] input) {
        byte[] whole = Arrays.copyOf(input, (input.length + GROUP - 1) / GROUP * GROUP);
        byte[][] sums = new byte[16][ROW];
        for (int g = 0; g < whole.length / GROUP; g++) {
            byte[] c = stream(seed, 16L * g, 16);
            for (int w = 0; w < ROW; w++) {
                byte[] v = new byte[8];
                for (int i = 0; i < 4; i++) {
                    v[i] = whole[g * GROUP + i * ROW + w];
                    for (int j = 0; j < 4; j++) {
                        v[4 + j] ^= i == j ? 0 : v[i];
                    }
                }
                for (int a = 0; a < 16; a++) {
                    sums[a][w] ^= product(c[a], v[a / 2]);
                }
            }
        }
        byte[] hash = new byte[LinearHash.BYTES];
        for (int w = 0; w < ROW; w++) {
            byte[] matrix = stream(seed, (1L << 48) + 256L * w, 256);
            for (int a = 0; a < 16; a++) {
                for (int b = 0; b < 16; b++) {
                    hash[b] ^= product(matrix[16 * a + b], sums[a][w]);
                }
            }
        }
        return hash;
    }

    private static byte[] stream(byte[] seed, long at, int length) {
        byte[] bytes = new byte[length];
        try (Keystream keystream = Keystream.at(MemorySegment.ofArray(seed), at)) {
            keystream.addTo(MemorySegment.ofArray(bytes));
        }
        return bytes;
    }

    private static byte product(int a, int b) {
        return (byte) Gf256.multiply(a & 0xFF, b & 0xFF);
    }

    private static byte[] combination(byte[] u, int lambda, byte[] v) {
        byte[] sum = u.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] ^= product(lambda, v[i]);
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0,
                1,
                ROW - 1,
                ROW,
                ROW + 1,
                96,
                GROUP,
                GROUP + 1,
                FEW - 1,
                FEW,
                FEW + 1,
                4095,
                4096,
                4097,
                5 * 4096 + 333
            })
    void isItsDefinition(int length) {
        byte[] seed = bytes(32);
        byte[] input = bytes(length);

        assertThat(hash(seed, input)).isEqualTo(defined(seed, input));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 96, 5 * GROUP + 3, FEW + 3, 3 * 4096 + 77})
    void isLinearOverTheField(int length) {
        byte[] seed = bytes(32);
        byte[] u = bytes(length);
        byte[] v = bytes(length);
        for (int lambda : new int[] {0, 1, 2, 0x53, 255}) {
            assertThat(hash(seed, combination(u, lambda, v)))
                    .isEqualTo(combination(hash(seed, u), lambda, hash(seed, v)));
        }
    }

    @Test
    void piecesDontChangeIt() {
        byte[] seed = bytes(32);
        byte[] input = bytes(3 * 4096 + 5);
        byte[] whole = hash(seed, input);
        for (int piece : new int[] {1, 7, 1000, 4096, 4097, 9000}) {
            try (LinearHash hash = new LinearHash(seed)) {
                for (int at = 0; at < input.length; at += piece) {
                    hash.update(
                            MemorySegment.ofArray(Arrays.copyOfRange(input, at, Math.min(at + piece, input.length))));
                }
                assertThat(hash.digest()).isEqualTo(whole);
            }
        }
    }

    @Test
    void everyChangedByteChangesIt() {
        byte[] seed = bytes(32);
        byte[] input = bytes(FEW + 3 * GROUP + 9);
        Set<List<Byte>> seen = new HashSet<>();
        seen.add(boxed(hash(seed, input)));
        for (int at = 0; at < input.length; at += 13) {
            byte[] other = input.clone();
            other[at] ^= (byte) (1 + random.nextInt(255));
            assertThat(seen.add(boxed(hash(seed, other)))).isTrue();
        }
    }

    /** Two bytes in one column, of a group or of two, and two in one row, must not cancel out more often than chance allows. */
    @Test
    void differencesDontCancelOut() {
        int[] apart = {ROW, 3 * ROW, GROUP, FEW, FEW + GROUP, 1};
        for (int trial = 0; trial < 3000; trial++) {
            byte[] difference = new byte[FEW + 3 * GROUP];
            int at = random.nextInt(ROW - 1);
            difference[at] = 1;
            difference[at + apart[trial % apart.length]] = (byte) (1 + random.nextInt(255));
            assertThat(hash(bytes(32), difference)).isNotEqualTo(new byte[16]);
        }
    }

    @Test
    void sharesHashToSharesOfTheHash() {
        byte[] seed = bytes(32);
        int[] xs = {1, 2, 3, 77, 254};
        List<byte[]> coefficients =
                IntStream.range(0, 3).mapToObj(_ -> bytes(4096 + 40)).toList();
        List<byte[]> hashes = new ArrayList<>();
        for (int x : xs) {
            byte[] share = new byte[4096 + 40];
            int power = 1;
            for (byte[] coefficient : coefficients) {
                share = combination(share, power, coefficient);
                power = Gf256.multiply(power, x);
            }
            hashes.add(hash(seed, share));
        }
        byte[] opened = new byte[16];
        int[] three = {1, 77, 254};
        int[] lambdas = Lagrange.coefficients(0, three);
        opened = combination(opened, lambdas[0], hashes.get(0));
        opened = combination(opened, lambdas[1], hashes.get(3));
        opened = combination(opened, lambdas[2], hashes.get(4));

        assertThat(opened).isEqualTo(hash(seed, coefficients.getFirst()));
    }

    private static List<Byte> boxed(byte[] bytes) {
        List<Byte> all = new ArrayList<>();
        for (byte each : bytes) {
            all.add(each);
        }
        return all;
    }
}
