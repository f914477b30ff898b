package dev.interlock.core.field;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A vector register at a time, up to 64 bytes, by the incubating Vector API.
 *
 * <p>c · s = c · (s's low nibble) ⊕ c · (s's high nibble), each looked up in a 16-entry table that lies in a register: a
 * shuffle inside registers takes the same time for every index, so this is constant-time in the data, which a lookup in
 * memory isn't (Plank, Greenan, Miller: "Screaming Fast Galois Field Arithmetic Using Intel SIMD Instructions", FAST
 * 2013). At most three multiplications a loop: larger fused loops fell off inlining cliffs of up to 40 ×.
 *
 * <p>This class needs the module {@code jdk.incubator.vector}: get it from {@link FieldKernels#chosen} only.
 */
final class VectorKernel implements FieldKernel {

    private static final VectorSpecies<Byte> SPECIES = ByteVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int TWO_VECTORS = 2 * LANES;
    private static final int NIBBLES = 16;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /**
     * LOW[c][i] = c · i and HIGH[c][i] = c · (i << 4) for i in 0..15, repeated over all lanes: {@code selectFrom} takes an
     * index modulo the number of lanes, a multiple of 16, so that whatever stands above a nibble needs no masking.
     */
    private static final byte[][] LOW = table(0);

    private static final byte[][] HIGH = table(4);

    /**
     * The class of native segments; only those go through the vector loops. Comparing with it also tells the compiler
     * that there is no array behind the segment. Without that it can't lift the checks of bounds and lifetime out of a
     * loop, which is then three to five times as slow, as soon as this JVM has stored a vector into a heap segment
     * anywhere, and the Vector API itself does so while it warms up.
     */
    private static final Class<?> NATIVE = MemorySegment.NULL.getClass();

    /** @throws IllegalStateException if this JVM has no vectors that hold a table of 16 bytes */
    VectorKernel() {
        if (LANES < NIBBLES) {
            throw new IllegalStateException("vectors have " + LANES + " bytes, need at least " + NIBBLES);
        }
    }

    @Override
    public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
        long length = Operands.check(out, in, coefficient, src);
        // The tail isn't masked: without AVX-512 a masked load leaves copies of the data on the heap, and is slow.
        long bound = length - length % TWO_VECTORS;
        switch (coefficient) {
            case 0 -> MemorySegment.copy(in, 0, out, 0, length);
            case 1 -> {
                add(out, in, src, bound);
                SwarKernel.add(out, in, src, bound, length);
            }
            default -> {
                addScaled(out, in, coefficient, src, bound);
                SwarKernel.addScaled(out, in, coefficient, src, bound, length);
            }
        }
    }

    @Override
    public void addCombination(MemorySegment out, MemorySegment in, int[] coefficients, List<MemorySegment> sources) {
        long length = Operands.check(out, in, coefficients, sources);
        MemorySegment sum = in;
        int at = 0;
        for (; coefficients.length - at >= 3; at += 3) {
            addThree(out, sum, coefficients, sources, at, length);
            sum = out;
        }
        switch (coefficients.length - at) {
            case 2 -> addTwo(out, sum, coefficients, sources, at, length);
            case 1 -> addScaled(out, sum, coefficients[at], sources.get(at));
            default -> {
                if (at == 0) {
                    MemorySegment.copy(in, 0, out, 0, length);
                }
            }
        }
    }

    @Override
    public String name() {
        return "vector";
    }

    // No helper takes or returns a vector in these loops: where one isn't inlined, every vector becomes an object.

    private static void add(MemorySegment out, MemorySegment in, MemorySegment src, long bound) {
        if (out.getClass() != NATIVE || in.getClass() != NATIVE || src.getClass() != NATIVE) {
            SwarKernel.add(out, in, src, 0, bound);
            return;
        }
        for (long i = 0; i < bound; i += LANES) {
            ByteVector s = ByteVector.fromMemorySegment(SPECIES, src, i, ORDER);
            ByteVector.fromMemorySegment(SPECIES, in, i, ORDER)
                    .lanewise(VectorOperators.XOR, s)
                    .intoMemorySegment(out, i, ORDER);
        }
    }

    private static void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src, long bound) {
        if (out.getClass() != NATIVE || in.getClass() != NATIVE || src.getClass() != NATIVE) {
            SwarKernel.addScaled(out, in, coefficient, src, 0, bound);
            return;
        }
        ByteVector low = ByteVector.fromArray(SPECIES, LOW[coefficient], 0);
        ByteVector high = ByteVector.fromArray(SPECIES, HIGH[coefficient], 0);
        // Two vectors a round: with one, the loop's own checks cost a third of the time.
        for (long i = 0; i < bound; i += TWO_VECTORS) {
            long next = i + LANES;
            ByteVector s1 = ByteVector.fromMemorySegment(SPECIES, src, i, ORDER);
            ByteVector s2 = ByteVector.fromMemorySegment(SPECIES, src, next, ORDER);
            // Shifted as ints: processors have no shift of bytes, and emulating it costs more than all the rest.
            ByteVector shifted1 =
                    s1.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            ByteVector shifted2 =
                    s2.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            ByteVector.fromMemorySegment(SPECIES, in, i, ORDER)
                    .lanewise(VectorOperators.XOR, s1.selectFrom(low))
                    .lanewise(VectorOperators.XOR, shifted1.selectFrom(high))
                    .intoMemorySegment(out, i, ORDER);
            ByteVector.fromMemorySegment(SPECIES, in, next, ORDER)
                    .lanewise(VectorOperators.XOR, s2.selectFrom(low))
                    .lanewise(VectorOperators.XOR, shifted2.selectFrom(high))
                    .intoMemorySegment(out, next, ORDER);
        }
    }

    private static void addTwo(
            MemorySegment out, MemorySegment in, int[] coefficients, List<MemorySegment> sources, int at, long length) {
        int c1 = coefficients[at];
        int c2 = coefficients[at + 1];
        MemorySegment src1 = sources.get(at);
        MemorySegment src2 = sources.get(at + 1);
        long bound = addTwoVectors(out, in, c1, src1, c2, src2, length);
        SwarKernel.addScaled(out, in, c1, src1, bound, length);
        SwarKernel.addScaled(out, out, c2, src2, bound, length);
    }

    /** Returns how many bytes it has done: none unless all segments are native, and whole vectors only. */
    private static long addTwoVectors(
            MemorySegment out, MemorySegment in, int c1, MemorySegment src1, int c2, MemorySegment src2, long length) {
        if (out.getClass() != NATIVE
                || in.getClass() != NATIVE
                || src1.getClass() != NATIVE
                || src2.getClass() != NATIVE) {
            return 0;
        }
        ByteVector low1 = ByteVector.fromArray(SPECIES, LOW[c1], 0);
        ByteVector high1 = ByteVector.fromArray(SPECIES, HIGH[c1], 0);
        ByteVector low2 = ByteVector.fromArray(SPECIES, LOW[c2], 0);
        ByteVector high2 = ByteVector.fromArray(SPECIES, HIGH[c2], 0);
        long bound = length - length % LANES;
        for (long i = 0; i < bound; i += LANES) {
            ByteVector s1 = ByteVector.fromMemorySegment(SPECIES, src1, i, ORDER);
            ByteVector s2 = ByteVector.fromMemorySegment(SPECIES, src2, i, ORDER);
            ByteVector shifted1 =
                    s1.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            ByteVector shifted2 =
                    s2.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            ByteVector.fromMemorySegment(SPECIES, in, i, ORDER)
                    .lanewise(VectorOperators.XOR, s1.selectFrom(low1))
                    .lanewise(VectorOperators.XOR, shifted1.selectFrom(high1))
                    .lanewise(VectorOperators.XOR, s2.selectFrom(low2))
                    .lanewise(VectorOperators.XOR, shifted2.selectFrom(high2))
                    .intoMemorySegment(out, i, ORDER);
        }
        return bound;
    }

    private static void addThree(
            MemorySegment out, MemorySegment in, int[] coefficients, List<MemorySegment> sources, int at, long length) {
        int c1 = coefficients[at];
        int c2 = coefficients[at + 1];
        int c3 = coefficients[at + 2];
        MemorySegment src1 = sources.get(at);
        MemorySegment src2 = sources.get(at + 1);
        MemorySegment src3 = sources.get(at + 2);
        long bound = addThreeVectors(out, in, c1, src1, c2, src2, c3, src3, length);
        SwarKernel.addScaled(out, in, c1, src1, bound, length);
        SwarKernel.addScaled(out, out, c2, src2, bound, length);
        SwarKernel.addScaled(out, out, c3, src3, bound, length);
    }

    /** As {@link #addTwoVectors}. */
    private static long addThreeVectors(
            MemorySegment out,
            MemorySegment in,
            int c1,
            MemorySegment src1,
            int c2,
            MemorySegment src2,
            int c3,
            MemorySegment src3,
            long length) {
        if (out.getClass() != NATIVE
                || in.getClass() != NATIVE
                || src1.getClass() != NATIVE
                || src2.getClass() != NATIVE
                || src3.getClass() != NATIVE) {
            return 0;
        }
        ByteVector low1 = ByteVector.fromArray(SPECIES, LOW[c1], 0);
        ByteVector high1 = ByteVector.fromArray(SPECIES, HIGH[c1], 0);
        ByteVector low2 = ByteVector.fromArray(SPECIES, LOW[c2], 0);
        ByteVector high2 = ByteVector.fromArray(SPECIES, HIGH[c2], 0);
        ByteVector low3 = ByteVector.fromArray(SPECIES, LOW[c3], 0);
        ByteVector high3 = ByteVector.fromArray(SPECIES, HIGH[c3], 0);
        long bound = length - length % LANES;
        for (long i = 0; i < bound; i += LANES) {
            ByteVector s1 = ByteVector.fromMemorySegment(SPECIES, src1, i, ORDER);
            ByteVector s2 = ByteVector.fromMemorySegment(SPECIES, src2, i, ORDER);
            ByteVector s3 = ByteVector.fromMemorySegment(SPECIES, src3, i, ORDER);
            ByteVector shifted1 =
                    s1.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            ByteVector shifted2 =
                    s2.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            ByteVector shifted3 =
                    s3.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
            ByteVector.fromMemorySegment(SPECIES, in, i, ORDER)
                    .lanewise(VectorOperators.XOR, s1.selectFrom(low1))
                    .lanewise(VectorOperators.XOR, shifted1.selectFrom(high1))
                    .lanewise(VectorOperators.XOR, s2.selectFrom(low2))
                    .lanewise(VectorOperators.XOR, shifted2.selectFrom(high2))
                    .lanewise(VectorOperators.XOR, s3.selectFrom(low3))
                    .lanewise(VectorOperators.XOR, shifted3.selectFrom(high3))
                    .intoMemorySegment(out, i, ORDER);
        }
        return bound;
    }

    private static byte[][] table(int shift) {
        byte[][] table = new byte[256][LANES];
        for (int coefficient = 0; coefficient < table.length; coefficient++) {
            for (int lane = 0; lane < LANES; lane++) {
                table[coefficient][lane] = (byte) Gf256.multiply(coefficient, lane % NIBBLES << shift);
            }
        }
        return table;
    }
}
