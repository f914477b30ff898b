package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.SlowField;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DealingTest {

    private static final int LENGTH = 100;
    private static final ByteSpace SPACE = new ByteSpace();

    private final Random random = new Random(42);

    @Test
    void sharesAreTheValuesOfThePolynomials() {
        int[] xs = {1, 7, 254};
        List<MemorySegment> coefficients = randomVectors(4);
        List<MemorySegment> shares = deal(coefficients, xs);
        for (int j = 0; j < xs.length; j++) {
            for (int i = 0; i < LENGTH; i++) {
                assertThat(byteAt(shares.get(j), i)).isEqualTo(Polynomials.at(bytesAt(coefficients, i), xs[j]));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2,2", "2,3", "3,3", "2,5", "3,5", "4,5", "5,5", "4,7", "7,7", "2,8", "5,8"})
    void everySubsetOfTOrMoreOpens(int t, int n) {
        int[] xs = random.ints(1, 255).distinct().limit(n).toArray();
        List<MemorySegment> coefficients = randomVectors(t);
        byte[] pad = bytes(coefficients.getFirst());
        List<MemorySegment> shares = deal(coefficients, xs);
        for (int size = t; size <= n; size++) {
            for (int[] subset : Polynomials.subsets(n, size)) {
                assertThat(combine(0, Polynomials.pick(xs, subset), Polynomials.pick(shares, subset)))
                        .as("providers %s", (Object) subset)
                        .isEqualTo(pad);
            }
        }
        for (int[] subset : Polynomials.subsets(n, t - 1)) {
            assertThat(combine(0, Polynomials.pick(xs, subset), Polynomials.pick(shares, subset)))
                    .isNotEqualTo(pad);
        }
    }

    @ParameterizedTest
    @CsvSource({"2,3", "3,5", "4,5"})
    void everySubsetOfTRebuildsEveryOtherShare(int t, int n) {
        int[] xs = random.ints(1, 255).distinct().limit(n).toArray();
        List<MemorySegment> shares = deal(randomVectors(t), xs);
        for (int[] subset : Polynomials.subsets(n, t)) {
            for (int lost = 0; lost < n; lost++) {
                assertThat(combine(xs[lost], Polynomials.pick(xs, subset), Polynomials.pick(shares, subset)))
                        .isEqualTo(bytes(shares.get(lost)));
            }
        }
    }

    /** Exhaustive: of all 2^24 polynomials, each pad has exactly one that gives what t − 1 providers hold. */
    @Test
    void twoOfThreeNeededSharesLeaveEveryPadExactlyOnce() {
        int[] xs = {1, 2, 3, 77, 254};
        int[] dealt = {0x00, 0xA7, 0x3C};
        int[][] linear = new int[xs.length][256];
        int[][] square = new int[xs.length][256];
        int[] held = new int[xs.length];
        for (int j = 0; j < xs.length; j++) {
            for (int a = 0; a < 256; a++) {
                linear[j][a] = SlowField.multiply(a, xs[j]);
                square[j][a] = SlowField.multiply(a, SlowField.multiply(xs[j], xs[j]));
            }
            held[j] = byteAt(deal(constants(dealt), xs).get(j), 0);
        }
        for (int[] pair : Polynomials.subsets(xs.length, 2)) {
            int p = pair[0];
            int q = pair[1];
            int[] completions = new int[256];
            for (int a0 = 0; a0 < 256; a0++) {
                for (int a1 = 0; a1 < 256; a1++) {
                    int atP = a0 ^ linear[p][a1] ^ held[p];
                    int atQ = a0 ^ linear[q][a1] ^ held[q];
                    for (int a2 = 0; a2 < 256; a2++) {
                        if (square[p][a2] == atP && square[q][a2] == atQ) {
                            completions[a0]++;
                        }
                    }
                }
            }
            assertThat(completions).as("providers %d and %d", xs[p], xs[q]).containsOnly(1);
        }
    }

    /** For larger t by construction: t − 1 shares and any pad lie on a polynomial, and dealing it gives those shares. */
    @ParameterizedTest
    @CsvSource({"2,3", "2,5", "3,5", "4,5", "5,5", "4,7"})
    void everySubsetOfOneLessIsConsistentWithEveryPad(int t, int n) {
        int[] xs = random.ints(1, 255).distinct().limit(n).toArray();
        List<MemorySegment> shares = deal(randomVectors(t), xs);
        for (int[] subset : Polynomials.subsets(n, t - 1)) {
            int[] points = new int[t];
            int[] values = new int[t];
            for (int i = 0; i < t - 1; i++) {
                points[i] = xs[subset[i]];
                values[i] = byteAt(shares.get(subset[i]), 0);
            }
            for (int pad = 0; pad < 256; pad++) {
                values[t - 1] = pad;
                List<MemorySegment> other =
                        deal(constants(Polynomials.through(points, values)), Polynomials.pick(xs, subset));
                for (int i = 0; i < t - 1; i++) {
                    assertThat(byteAt(other.get(i), 0)).isEqualTo(values[i]);
                }
            }
        }
    }

    @Test
    void addsToWhatItIsGiven() {
        int[] xs = {1, 2, 3};
        List<MemorySegment> first = randomVectors(2);
        List<MemorySegment> second = randomVectors(2);
        List<MemorySegment> shares = deal(first, xs);
        Dealing.shares(SPACE, second, xs, shares);

        byte[] pads = xor(bytes(first.getFirst()), bytes(second.getFirst()));
        assertThat(combine(0, new int[] {1, 3}, List.of(shares.get(0), shares.get(2))))
                .isEqualTo(pads);

        byte[] message = bytes(randomVectors(1).getFirst());
        MemorySegment ciphertext = MemorySegment.ofArray(xor(message, pads));
        Dealing.combine(SPACE, 0, new int[] {3, 2}, List.of(shares.get(2), shares.get(1)), ciphertext);
        assertThat(bytes(ciphertext)).isEqualTo(message);
    }

    @Test
    void leavesItsInputs() {
        List<MemorySegment> coefficients = randomVectors(3);
        List<byte[]> before = coefficients.stream().map(DealingTest::bytes).toList();
        List<MemorySegment> shares = deal(coefficients, new int[] {4, 5, 6});
        assertThat(coefficients.stream().map(DealingTest::bytes).toList())
                .usingRecursiveComparison()
                .isEqualTo(before);
        List<byte[]> dealt = shares.stream().map(DealingTest::bytes).toList();
        combine(0, new int[] {4, 5, 6}, shares);
        assertThat(shares.stream().map(DealingTest::bytes).toList())
                .usingRecursiveComparison()
                .isEqualTo(dealt);
    }

    @Test
    void refusesBadInput() {
        List<MemorySegment> two = randomVectors(2);
        assertThatThrownBy(() -> deal(two, new int[] {1, 0})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> deal(two, new int[] {1, 1})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Dealing.shares(SPACE, two, new int[] {1, 2, 3}, randomVectors(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got 2")
                .hasMessageContaining("expected 3");
        assertThatThrownBy(() -> Dealing.shares(SPACE, two, new int[] {1, 2}, constants(new int[] {0, 0})))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> combine(0, new int[] {1, 2, 3}, two))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got 2");
        assertThatThrownBy(() -> combine(0, new int[] {9, 9}, two)).isInstanceOf(IllegalArgumentException.class);
    }

    private static List<MemorySegment> deal(List<MemorySegment> coefficients, int[] xs) {
        List<MemorySegment> shares = new ArrayList<>();
        for (int i = 0; i < xs.length; i++) {
            shares.add(SPACE.zero(coefficients.getFirst()));
        }
        Dealing.shares(SPACE, coefficients, xs, shares);
        return shares;
    }

    private static byte[] combine(int target, int[] points, List<MemorySegment> shares) {
        MemorySegment sum = SPACE.zero(shares.getFirst());
        Dealing.combine(SPACE, target, points, shares, sum);
        return bytes(sum);
    }

    private List<MemorySegment> randomVectors(int count) {
        List<MemorySegment> vectors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] bytes = new byte[LENGTH];
            random.nextBytes(bytes);
            vectors.add(MemorySegment.ofArray(bytes));
        }
        return vectors;
    }

    private static List<MemorySegment> constants(int[] values) {
        List<MemorySegment> vectors = new ArrayList<>();
        for (int value : values) {
            vectors.add(MemorySegment.ofArray(new byte[] {(byte) value}));
        }
        return vectors;
    }

    private static int[] bytesAt(List<MemorySegment> vectors, int i) {
        return vectors.stream().mapToInt(v -> byteAt(v, i)).toArray();
    }

    private static int byteAt(MemorySegment vector, int i) {
        return Byte.toUnsignedInt(vector.get(ValueLayout.JAVA_BYTE, i));
    }

    private static byte[] bytes(MemorySegment vector) {
        return vector.toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] xor(byte[] a, byte[] b) {
        byte[] sum = new byte[a.length];
        for (int i = 0; i < a.length; i++) {
            sum[i] = (byte) (a[i] ^ b[i]);
        }
        return sum;
    }
}
