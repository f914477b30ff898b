package dev.interlock.core.field;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kernel against products that share no code with it. Never names VectorKernel: it may not be loadable here. */
class FieldKernelTest {

    private static final int[] SHORT_LENGTHS =
            IntStream.concat(IntStream.rangeClosed(0, 130), IntStream.of(207)).toArray();
    private static final int[] LENGTHS = IntStream.concat(
                    IntStream.of(SHORT_LENGTHS), IntStream.of(4095, 4096, 4097, 4098, 65537))
            .toArray();
    private static final int[] SOME_COEFFICIENTS = {0, 1, 2, 3, 0x53, 0x80, 0xFF};
    private static final int LONGEST = 65537;
    private static final byte[][] PRODUCTS = products();
    private static final byte[] IN = randomBytes(1);
    private static final byte[] SRC = randomBytes(2);
    private static final byte[][] SOURCES =
            IntStream.range(0, 7).mapToObj(k -> randomBytes(3 + k)).toArray(byte[][]::new);

    /** Bytes before and after each vector: an odd place to start, and a check that nothing is written outside. */
    private static final int MARGIN = 67;

    private static final LongFunction<MemorySegment> NATIVE = FieldKernelTest::nativeMemory;
    private static final LongFunction<MemorySegment> HEAP = FieldKernelTest::heapMemory;

    static Stream<FieldKernel> kernels() {
        return Stream.of(new ReferenceKernel(), new SwarKernel(), FieldKernels.chosen());
    }

    @Test
    void theKernelsUnderTestAreTheOnesOfThisRun() {
        boolean present = "present".equals(System.getProperty("interlock.test.vector"));
        assertThat(kernels().map(FieldKernel::name)).containsExactly("reference", "swar", present ? "vector" : "swar");
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyCoefficientAtEveryLengthNativeAndAligned(FieldKernel kernel) {
        for (int coefficient = 0; coefficient < 256; coefficient++) {
            for (int length : lengths(coefficient)) {
                check(kernel, coefficient, length, 0, 0, 0, NATIVE, NATIVE, NATIVE);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyCoefficientAtEveryLengthOnTheHeap(FieldKernel kernel) {
        for (int coefficient = 0; coefficient < 256; coefficient++) {
            for (int length : lengths(coefficient)) {
                check(kernel, coefficient, length, 0, 0, 0, HEAP, HEAP, HEAP);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void mixedMemoryAtUnalignedOffsets(FieldKernel kernel) {
        for (int coefficient : SOME_COEFFICIENTS) {
            for (int length : LENGTHS) {
                check(kernel, coefficient, length, 1, 3, 7, NATIVE, NATIVE, NATIVE);
                check(kernel, coefficient, length, 5, 2, 63, HEAP, HEAP, HEAP);
                check(kernel, coefficient, length, 0, 1, 13, NATIVE, HEAP, NATIVE);
                check(kernel, coefficient, length, 1, 0, 0, HEAP, NATIVE, NATIVE);
                check(kernel, coefficient, length, 9, 11, 1, NATIVE, NATIVE, HEAP);
                check(kernel, coefficient, length, 2, 4, 6, HEAP, NATIVE, HEAP);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void inPlaceOverInAndOverSrc(FieldKernel kernel) {
        for (LongFunction<MemorySegment> memory : Stream.of(NATIVE, HEAP).toList()) {
            for (int coefficient = 0; coefficient < 256; coefficient++) {
                for (int length : lengths(coefficient)) {
                    byte[] expected = expected(IN, coefficient, SRC, length);

                    MemorySegment in = place(memory, IN, length, 3);
                    MemorySegment src = place(memory, SRC, length, 0);
                    kernel.addScaled(in, in, coefficient, src);
                    assertSame(in, expected, kernel, coefficient, length);
                    assertSame(src, Arrays.copyOf(SRC, length), kernel, coefficient, length);

                    in = place(memory, IN, length, 0);
                    kernel.addScaled(src, in, coefficient, src);
                    assertSame(src, expected, kernel, coefficient, length);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void combinationsOfZeroToSevenSources(FieldKernel kernel) {
        // The last memory mixes: whichever of the segments of a pass is on the heap, the pass is the slow one, and
        // right.
        List<IntFunction<LongFunction<MemorySegment>>> memories =
                List.of(_ -> NATIVE, _ -> HEAP, k -> k == 1 ? HEAP : NATIVE);
        for (IntFunction<LongFunction<MemorySegment>> memory : memories) {
            for (int n = 0; n <= 7; n++) {
                for (int length : n % 3 == 0 ? LENGTHS : SHORT_LENGTHS) {
                    combine(kernel, n, length, memory);
                }
            }
        }
    }

    private static void combine(
            FieldKernel kernel, int n, int length, IntFunction<LongFunction<MemorySegment>> memory) {
        int[] coefficients = new int[n];
        List<MemorySegment> sources = new ArrayList<>();
        byte[] expected = Arrays.copyOf(IN, length);
        for (int k = 0; k < n; k++) {
            // Over all lengths every source meets every coefficient, 0 and 1 included.
            coefficients[k] = 37 * k + length & 0xFF;
            sources.add(place(memory.apply(k), SOURCES[k], length, 5 * k % 64));
            expected = expected(expected, coefficients[k], SOURCES[k], length);
        }
        MemorySegment in = place(memory.apply(0), IN, length, 3);
        MemorySegment around = memory.apply(0).apply(length + 2L * MARGIN);
        around.fill((byte) 0x5A);
        MemorySegment out = around.asSlice(1, length);

        kernel.addCombination(out, in, coefficients, sources);

        assertSame(out, expected, kernel, n, length);
        assertSame(in, Arrays.copyOf(IN, length), kernel, n, length);
        for (int k = 0; k < n; k++) {
            assertSame(sources.get(k), Arrays.copyOf(SOURCES[k], length), kernel, n, length);
        }
        assertUntouched(around, 1, length, kernel);

        kernel.addCombination(in, in, coefficients, sources);
        assertSame(in, expected, kernel, n, length);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void refusesLengthsThatDiffer(FieldKernel kernel) {
        MemorySegment ten = NATIVE.apply(10);
        MemorySegment eleven = NATIVE.apply(11);
        assertThatThrownBy(() -> kernel.addScaled(ten, eleven, 2, ten))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("in has 11")
                .hasMessageContaining("expected 10");
        assertThatThrownBy(() -> kernel.addScaled(ten, ten, 2, eleven))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("src has 11")
                .hasMessageContaining("expected 10");
        assertThatThrownBy(() -> kernel.addScaled(eleven, ten, 0, ten)).isInstanceOf(IllegalArgumentException.class);
        for (List<MemorySegment> sources : List.of(List.of(ten, eleven), List.of(eleven, ten))) {
            assertThatThrownBy(() -> kernel.addCombination(ten, ten, new int[] {2, 3}, sources))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("src has 11")
                    .hasMessageContaining("expected 10");
        }
        assertThatThrownBy(() -> kernel.addCombination(ten, eleven, new int[0], List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("in has 11")
                .hasMessageContaining("expected 10");
        assertThatThrownBy(() -> kernel.addCombination(ten, ten, new int[] {2, 3}, List.of(eleven)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 coefficients for 1 sources");
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void refusesCoefficientsOutsideTheField(FieldKernel kernel) {
        MemorySegment v = NATIVE.apply(10);
        for (int bad : new int[] {-1, 256, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> kernel.addScaled(v, v, bad, v))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(String.valueOf(bad))
                    .hasMessageContaining("0..255");
            for (int[] coefficients : new int[][] {{bad, 1, 2}, {1, 2, bad}}) {
                MemorySegment src = NATIVE.apply(10);
                assertThatThrownBy(() -> kernel.addCombination(v, v, coefficients, List.of(src, src, src)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(String.valueOf(bad))
                        .hasMessageContaining("0..255");
            }
        }
    }

    /** The long ones go with a few coefficients: a long vector is a loop over short ones. */
    private static int[] lengths(int coefficient) {
        return IntStream.of(SOME_COEFFICIENTS).anyMatch(some -> some == coefficient) ? LENGTHS : SHORT_LENGTHS;
    }

    private static void check(
            FieldKernel kernel,
            int coefficient,
            int length,
            int outOffset,
            int inOffset,
            int srcOffset,
            LongFunction<MemorySegment> outMemory,
            LongFunction<MemorySegment> inMemory,
            LongFunction<MemorySegment> srcMemory) {
        MemorySegment in = place(inMemory, IN, length, inOffset);
        MemorySegment src = place(srcMemory, SRC, length, srcOffset);
        MemorySegment around = outMemory.apply(length + 2L * MARGIN);
        around.fill((byte) 0x5A);
        MemorySegment out = around.asSlice(outOffset, length);

        kernel.addScaled(out, in, coefficient, src);

        assertSame(out, expected(IN, coefficient, SRC, length), kernel, coefficient, length);
        assertThat(in.mismatch(MemorySegment.ofArray(IN).asSlice(0, length))).isEqualTo(-1);
        assertThat(src.mismatch(MemorySegment.ofArray(SRC).asSlice(0, length))).isEqualTo(-1);
        assertUntouched(around, outOffset, length, kernel);
    }

    /** Checks that nothing but the length bytes from the offset on isn't 0x5A. */
    private static void assertUntouched(MemorySegment around, int outOffset, int length, FieldKernel kernel) {
        around.asSlice(outOffset, length).fill((byte) 0x5A);
        for (long i = 0; i < around.byteSize(); i++) {
            if (around.get(ValueLayout.JAVA_BYTE, i) != 0x5A) {
                throw new AssertionError(
                        kernel.name() + " wrote outside: length " + length + ", at " + (i - outOffset));
            }
        }
    }

    private static MemorySegment nativeMemory(long size) {
        return Arena.ofAuto().allocate(size, 64);
    }

    private static MemorySegment heapMemory(long size) {
        return MemorySegment.ofArray(new byte[(int) size]);
    }

    private static MemorySegment place(LongFunction<MemorySegment> memory, byte[] bytes, int length, int offset) {
        MemorySegment segment = memory.apply(length + (long) MARGIN).asSlice(offset, length);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, length);
        return segment;
    }

    private static void assertSame(
            MemorySegment actual, byte[] expected, FieldKernel kernel, int coefficient, int length) {
        long mismatch = actual.mismatch(MemorySegment.ofArray(expected));
        if (mismatch != -1) {
            throw new AssertionError(kernel.name() + " differs at byte " + mismatch + ": length " + length
                    + ", coefficient " + coefficient);
        }
    }

    private static byte[] expected(byte[] in, int coefficient, byte[] src, int length) {
        byte[] expected = new byte[length];
        for (int i = 0; i < length; i++) {
            expected[i] = (byte) (in[i] ^ PRODUCTS[coefficient][src[i] & 0xFF]);
        }
        return expected;
    }

    private static byte[][] products() {
        byte[][] products = new byte[256][256];
        for (int a = 0; a < 256; a++) {
            for (int b = 0; b < 256; b++) {
                products[a][b] = (byte) SlowField.multiply(a, b);
            }
        }
        return products;
    }

    private static byte[] randomBytes(long seed) {
        byte[] bytes = new byte[LONGEST];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
