package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.field.ReferenceKernel;
import dev.interlock.core.field.SwarKernel;
import dev.interlock.core.secret.SecretBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PadDealerTest {

    private static final int TILE = PadDealer.TILE_BYTES;
    private static final FieldKernel KERNEL = FieldKernels.chosen();

    /** The draw is the documented one: tile by tile, a_0 to a_{t−1} one after the other. */
    @ParameterizedTest
    @CsvSource({"2,2,100", "2,3,1", "3,5,0", "3,5,9000", "3,5,8192", "4,4,4097", "5,7,300", "6,6,130"})
    void sharesAreTheSeedsPolynomials(int t, int n, int length) {
        int[] xs = IntStream.rangeClosed(1, n).map(i -> 255 - i * 3).toArray();
        List<MemorySegment> shares = segments(n, length);
        try (SecretBytes seed = seed(1);
                PadDealer dealer = new PadDealer(new Threshold(t, n), xs, KERNEL, seed)) {
            dealer.next(length, shares);
        }
        try (SecretBytes seed = seed(1);
                PadRandom random = new PadRandom(seed)) {
            ByteSpace space = new ByteSpace(new ReferenceKernel());
            for (int offset = 0; offset < length; offset += TILE) {
                int part = Math.min(TILE, length - offset);
                List<MemorySegment> coefficients = segments(t, part);
                coefficients.forEach(random::fill);
                List<MemorySegment> expected = segments(n, part);
                Dealing.shares(space, coefficients, xs, expected);
                for (int j = 0; j < n; j++) {
                    assertThat(bytes(shares.get(j).asSlice(offset, part))).isEqualTo(bytes(expected.get(j)));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2,3", "3,5", "4,5", "5,5"})
    void everyQuorumFindsTheSamePadAndOneLessDoesNot(int t, int n) {
        int length = 5000;
        int[] xs = IntStream.rangeClosed(1, n).toArray();
        List<MemorySegment> shares = segments(n, length);
        deal(new Threshold(t, n), xs, length, shares);
        byte[] pad = combine(xs, shares);
        for (int size = t; size <= n; size++) {
            for (int[] subset : Polynomials.subsets(n, size)) {
                assertThat(combine(Polynomials.pick(xs, subset), Polynomials.pick(shares, subset)))
                        .isEqualTo(pad);
            }
        }
        for (int[] subset : Polynomials.subsets(n, t - 1)) {
            assertThat(combine(Polynomials.pick(xs, subset), Polynomials.pick(shares, subset)))
                    .isNotEqualTo(pad);
        }
    }

    /** χ² with 255 degrees of freedom over 2^20 bytes; more than 420 has a chance below 10^−9. */
    @Test
    void padCoefficientsAndSharesAreUniformZeroIncluded() {
        int length = 1 << 20;
        int t = 3;
        int[] xs = {1, 2, 3};
        List<MemorySegment> shares = segments(t, length);
        deal(new Threshold(t, t), xs, length, shares);
        List<byte[]> columns =
                new ArrayList<>(shares.stream().map(PadDealerTest::bytes).toList());
        columns.addAll(coefficients(xs, columns));
        for (byte[] column : columns) {
            int[] counts = new int[256];
            for (byte b : column) {
                counts[b & 0xFF]++;
            }
            double expected = length / 256.0;
            double chi2 = 0;
            for (int count : counts) {
                chi2 += (count - expected) * (count - expected) / expected;
            }
            assertThat(chi2).isBetween(120.0, 420.0);
            assertThat(counts[0]).as("zero bytes").isBetween(3600, 4600);
        }
    }

    @Test
    void noTileOfAnyCoefficientComesTwice() {
        int length = 8 * TILE;
        int[] xs = {1, 2, 3};
        Set<List<Byte>> seen = new HashSet<>();
        try (PadRandom random = new PadRandom(new SecureRandom());
                PadDealer dealer = new PadDealer(new Threshold(3, 3), xs, KERNEL, random)) {
            for (int round = 0; round < 3; round++) {
                List<MemorySegment> shares = segments(3, length);
                dealer.next(length, shares);
                for (byte[] coefficient : coefficients(
                        xs, shares.stream().map(PadDealerTest::bytes).toList())) {
                    for (int offset = 0; offset < length; offset += 32) {
                        List<Byte> piece = new ArrayList<>();
                        for (int i = 0; i < 32; i++) {
                            piece.add(coefficient[offset + i]);
                        }
                        assertThat(seen.add(piece)).as("32 bytes that are new").isTrue();
                    }
                }
            }
        }
        assertThat(seen).hasSize(3 * 3 * length / 32);
    }

    @Test
    void twoDealersWithOneRandomnessShareNothing() {
        List<MemorySegment> first = segments(2, 64);
        List<MemorySegment> second = segments(2, 64);
        try (PadRandom random = new PadRandom(new SecureRandom())) {
            for (List<MemorySegment> shares : List.of(first, second)) {
                try (PadDealer dealer = new PadDealer(new Threshold(2, 2), new int[] {1, 2}, KERNEL, random)) {
                    dealer.next(64, shares);
                }
            }
        }
        assertThat(combine(new int[] {1, 2}, first)).isNotEqualTo(combine(new int[] {1, 2}, second));
    }

    @Test
    void nothingOfThePolynomialsStaysAfterEachPiece() {
        var spy = new Spy();
        List<MemorySegment> shares = segments(4, 10_000);
        try (PadRandom random = new PadRandom(new SecureRandom());
                PadDealer dealer = new PadDealer(new Threshold(3, 4), new int[] {1, 2, 3, 4}, spy, random)) {
            dealer.next(10_000, shares);
            assertThat(spy.sources).isNotEmpty();
            assertThat(spy.sawNonzero).isTrue();
            for (MemorySegment source : spy.sources) {
                assertThat(bytes(source)).containsOnly(0);
            }
        }
    }

    @Test
    void closingForgetsTheRandomnessThatWasDrawn() {
        byte[] afterDealer = new byte[32];
        byte[] afterForget = new byte[32];
        try (SecretBytes seed = seed(5);
                PadRandom a = new PadRandom(seed);
                PadRandom b = new PadRandom(seed)) {
            try (PadDealer dealer = new PadDealer(new Threshold(2, 2), new int[] {1, 2}, KERNEL, a)) {
                dealer.next(50, segments(2, 50));
            }
            a.fill(MemorySegment.ofArray(afterDealer));
            b.fill(MemorySegment.ofArray(new byte[100]));
            b.forget();
            b.fill(MemorySegment.ofArray(afterForget));
        }
        assertThat(afterDealer).isEqualTo(afterForget);
    }

    @Test
    void piecesGrowAndShrink() {
        int[] xs = {9, 8, 7};
        try (PadRandom random = new PadRandom(new SecureRandom());
                PadDealer dealer = new PadDealer(new Threshold(2, 3), xs, new SwarKernel(), random)) {
            for (int length : new int[] {1, 100, 0, 4096, 7, 20_000, 64}) {
                List<MemorySegment> shares = segments(3, length);
                dealer.next(length, shares);
                assertThat(combine(new int[] {9, 8}, shares.subList(0, 2)))
                        .isEqualTo(combine(new int[] {8, 7}, shares.subList(1, 3)));
            }
        }
    }

    @Test
    void theLargestRing() {
        int[] xs = IntStream.rangeClosed(1, 254).toArray();
        List<MemorySegment> shares = segments(254, 300);
        deal(new Threshold(254, 254), xs, 300, shares);
        assertThat(bytes(shares.getLast())).isNotEqualTo(new byte[300]);
    }

    @Test
    void overwritesWhateverTheSegmentsHeldEvenOnTheHeap() {
        int[] xs = {1, 2};
        List<MemorySegment> dirty = List.of(MemorySegment.ofArray(new byte[99]), MemorySegment.ofArray(new byte[99]));
        dirty.forEach(s -> s.fill((byte) 0x77));
        List<MemorySegment> clean = segments(2, 99);
        for (List<MemorySegment> shares : List.of(dirty, clean)) {
            try (SecretBytes seed = seed(3);
                    PadDealer dealer = new PadDealer(new Threshold(2, 2), xs, KERNEL, seed)) {
                dealer.next(99, shares);
            }
        }
        assertThat(bytes(dirty.getFirst())).isEqualTo(bytes(clean.getFirst()));
        assertThat(bytes(dirty.getLast())).isEqualTo(bytes(clean.getLast()));
    }

    @Test
    void refusesBadInput() {
        Threshold threshold = new Threshold(2, 3);
        try (PadRandom random = new PadRandom(new SecureRandom())) {
            for (int[] xs : new int[][] {{1, 2}, {1, 2, 3, 4}, {1, 2, 0}, {1, 2, 255}, {1, 2, 1}}) {
                assertThatThrownBy(() -> new PadDealer(threshold, xs, KERNEL, random))
                        .as(Arrays.toString(xs))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            PadDealer dealer = new PadDealer(threshold, new int[] {1, 2, 3}, KERNEL, random);
            assertThatThrownBy(() -> dealer.next(-1, segments(3, 0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("-1");
            assertThatThrownBy(() -> dealer.next(10, segments(2, 10)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("got 2")
                    .hasMessageContaining("expected 3");
            assertThatThrownBy(() -> dealer.next(10, segments(3, 11)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("11 bytes")
                    .hasMessageContaining("expected 10");
            dealer.close();
            dealer.close();
            assertThatThrownBy(() -> dealer.next(10, segments(3, 10))).isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 4096, 4097, 70_001})
    void combiningByTilesIsCombining(int length) {
        int[] xs = {5, 250, 33, 2, 1};
        List<MemorySegment> shares = segments(5, length);
        try (PadRandom random = new PadRandom(new SecureRandom())) {
            shares.forEach(random::fill);
            for (int count = 1; count <= 5; count++) {
                for (int target : new int[] {0, 77, 250}) {
                    MemorySegment expected = segments(1, length).getFirst();
                    random.fill(expected);
                    MemorySegment actual = MemorySegment.ofArray(bytes(expected));
                    int[] points = Arrays.copyOf(xs, count);
                    Dealing.combine(
                            new ByteSpace(new ReferenceKernel()), target, points, shares.subList(0, count), expected);
                    PadCombiner.combine(KERNEL, target, points, shares.subList(0, count), actual);
                    assertThat(bytes(actual)).isEqualTo(bytes(expected));
                }
            }
        }
    }

    @Test
    void combinerRefusesBadInput() {
        List<MemorySegment> shares = segments(2, 10);
        MemorySegment ten = MemorySegment.ofArray(new byte[10]);
        MemorySegment nine = MemorySegment.ofArray(new byte[9]);
        assertThatThrownBy(() -> PadCombiner.combine(KERNEL, 0, new int[] {1}, shares, ten))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PadCombiner.combine(KERNEL, 0, new int[] {1, 1}, shares, ten))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PadCombiner.combine(KERNEL, 0, new int[] {1, 2}, shares, nine))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("10 bytes, expected 9");
    }

    private static void deal(Threshold threshold, int[] xs, int length, List<MemorySegment> shares) {
        try (PadRandom random = new PadRandom(new SecureRandom());
                PadDealer dealer = new PadDealer(threshold, xs, KERNEL, random)) {
            dealer.next(length, shares);
        }
    }

    private static byte[] combine(int[] points, List<MemorySegment> shares) {
        MemorySegment sum = Arena.ofAuto().allocate(shares.getFirst().byteSize());
        Dealing.combine(new ByteSpace(), 0, points, shares, sum);
        return bytes(sum);
    }

    /** a_0..a_{t−1} from t shares: interpolation is linear, so one elimination for each unit vector gives the matrix. */
    private static List<byte[]> coefficients(int[] xs, List<byte[]> shares) {
        int t = xs.length;
        int length = shares.getFirst().length;
        byte[][][] terms = new byte[t][t][256];
        for (int j = 0; j < t; j++) {
            for (int value = 0; value < 256; value++) {
                int[] ys = new int[t];
                ys[j] = value;
                int[] solution = Polynomials.through(xs, ys);
                for (int k = 0; k < t; k++) {
                    terms[j][k][value] = (byte) solution[k];
                }
            }
        }
        List<byte[]> coefficients = new ArrayList<>();
        for (int k = 0; k < t; k++) {
            byte[] coefficient = new byte[length];
            for (int j = 0; j < t; j++) {
                for (int i = 0; i < length; i++) {
                    coefficient[i] ^= terms[j][k][shares.get(j)[i] & 0xFF];
                }
            }
            coefficients.add(coefficient);
        }
        return coefficients;
    }

    private static List<MemorySegment> segments(int count, int length) {
        List<MemorySegment> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            segments.add(Arena.ofAuto().allocate(length));
        }
        return segments;
    }

    private static SecretBytes seed(int first) {
        SecretBytes seed = SecretBytes.allocate(32);
        seed.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) first);
        return seed;
    }

    private static byte[] bytes(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    /** Keeps what it was handed, to look at it afterwards. */
    private static final class Spy implements FieldKernel {
        private final FieldKernel kernel = new ReferenceKernel();
        private final List<MemorySegment> sources = new ArrayList<>();
        private boolean sawNonzero;

        @Override
        public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
            sources.add(src);
            sawNonzero |= src.mismatch(Arena.ofAuto().allocate(src.byteSize())) != -1;
            kernel.addScaled(out, in, coefficient, src);
        }

        @Override
        public String name() {
            return "spy";
        }
    }
}
