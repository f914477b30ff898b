package dev.interlock.bench.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What is left of the kernels without the field: the same streams, XORed. Native segments only; what is left over after
 * the last whole vector is done in the same simple way everywhere.
 */
final class PlainXor {
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final Class<?> NATIVE = MemorySegment.NULL.getClass();

    private PlainXor() {}

    /** By vectors; a class of its own, as the module may be absent. */
    static final class ByVectors {
        private static final VectorSpecies<Byte> SPECIES = ByteVector.SPECIES_PREFERRED;
        private static final int LANES = SPECIES.length();

        private ByVectors() {}

        /** out = a ⊕ b. */
        static void two(MemorySegment out, MemorySegment a, MemorySegment b) {
            requireNative(out, a, b);
            long bound = SPECIES.loopBound(out.byteSize());
            for (long i = 0; i < bound; i += LANES) {
                ByteVector.fromMemorySegment(SPECIES, a, i, ORDER)
                        .lanewise(VectorOperators.XOR, ByteVector.fromMemorySegment(SPECIES, b, i, ORDER))
                        .intoMemorySegment(out, i, ORDER);
            }
            tail(out, a, b, bound);
        }

        /** sum = sum ⊕ a ⊕ b ⊕ c. */
        static void intoSum(MemorySegment sum, MemorySegment a, MemorySegment b, MemorySegment c) {
            requireNative(sum, a, b);
            requireNative(c, a, b);
            long bound = SPECIES.loopBound(sum.byteSize());
            for (long i = 0; i < bound; i += LANES) {
                ByteVector.fromMemorySegment(SPECIES, sum, i, ORDER)
                        .lanewise(VectorOperators.XOR, ByteVector.fromMemorySegment(SPECIES, a, i, ORDER))
                        .lanewise(VectorOperators.XOR, ByteVector.fromMemorySegment(SPECIES, b, i, ORDER))
                        .lanewise(VectorOperators.XOR, ByteVector.fromMemorySegment(SPECIES, c, i, ORDER))
                        .intoMemorySegment(sum, i, ORDER);
            }
            tail(sum, sum, a, bound);
            tail(sum, sum, b, bound);
            tail(sum, sum, c, bound);
        }
    }

    /** out = a ⊕ b, eight bytes at a time. */
    static void byLongs(MemorySegment out, MemorySegment a, MemorySegment b) {
        requireNative(out, a, b);
        long bound = out.byteSize() - out.byteSize() % Long.BYTES;
        for (long i = 0; i < bound; i += Long.BYTES) {
            out.set(JAVA_LONG_UNALIGNED, i, a.get(JAVA_LONG_UNALIGNED, i) ^ b.get(JAVA_LONG_UNALIGNED, i));
        }
        tail(out, a, b, bound);
    }

    private static void tail(MemorySegment out, MemorySegment a, MemorySegment b, long from) {
        long i = from;
        for (; i + Long.BYTES <= out.byteSize(); i += Long.BYTES) {
            out.set(JAVA_LONG_UNALIGNED, i, a.get(JAVA_LONG_UNALIGNED, i) ^ b.get(JAVA_LONG_UNALIGNED, i));
        }
        for (; i < out.byteSize(); i++) {
            out.set(JAVA_BYTE, i, (byte) (a.get(JAVA_BYTE, i) ^ b.get(JAVA_BYTE, i)));
        }
    }

    /** Tells the compiler that no array is behind them, as the product's kernel does. */
    private static void requireNative(MemorySegment a, MemorySegment b, MemorySegment c) {
        if (a.getClass() != NATIVE || b.getClass() != NATIVE || c.getClass() != NATIVE) {
            throw new IllegalArgumentException("segments must be native");
        }
    }
}
