package dev.interlock.core.field;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Eight bytes at a time in a {@code long}, with plain Java only: what nodes and commands run by default.
 *
 * <p>c · s = Σ over the bits j of s of (c · x^j): bit j of all eight bytes is shifted into their lowest bits, and a
 * multiplication by the byte c · x^j puts that byte wherever the bit was set. No byte carries into the next one.
 * Constant-time where the processor's integer multiplication is (every x86-64 and AArch64 server).
 */
public final class SwarKernel implements FieldKernel {

    private static final long LOWEST_BITS = 0x0101010101010101L;

    /** Comparing with it makes the loop fast, see {@link VectorKernel}. */
    private static final Class<?> NATIVE = MemorySegment.NULL.getClass();

    @Override
    public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
        long length = Operands.check(out, in, coefficient, src);
        switch (coefficient) {
            case 0 -> MemorySegment.copy(in, 0, out, 0, length);
            case 1 -> add(out, in, src, 0, length);
            default -> addScaled(out, in, coefficient, src, 0, length);
        }
    }

    @Override
    public String name() {
        return "swar";
    }

    /** The bytes from..to−1 of out = in ⊕ src, without checks. */
    static void add(MemorySegment out, MemorySegment in, MemorySegment src, long from, long to) {
        long bound = to - (to - from) % Long.BYTES;
        if (out.getClass() == NATIVE && in.getClass() == NATIVE && src.getClass() == NATIVE) {
            for (long i = from; i < bound; i += Long.BYTES) {
                out.set(JAVA_LONG_UNALIGNED, i, in.get(JAVA_LONG_UNALIGNED, i) ^ src.get(JAVA_LONG_UNALIGNED, i));
            }
        } else {
            for (long i = from; i < bound; i += Long.BYTES) {
                out.set(JAVA_LONG_UNALIGNED, i, in.get(JAVA_LONG_UNALIGNED, i) ^ src.get(JAVA_LONG_UNALIGNED, i));
            }
        }
        for (long i = bound; i < to; i++) {
            out.set(JAVA_BYTE, i, (byte) (in.get(JAVA_BYTE, i) ^ src.get(JAVA_BYTE, i)));
        }
    }

    /** The bytes from..to−1 of out = in ⊕ coefficient · src, without checks; also the tail of the vector kernel. */
    static void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src, long from, long to) {
        long c0 = coefficient;
        long c1 = timesX(c0);
        long c2 = timesX(c1);
        long c3 = timesX(c2);
        long c4 = timesX(c3);
        long c5 = timesX(c4);
        long c6 = timesX(c5);
        long c7 = timesX(c6);
        long bound = to - (to - from) % Long.BYTES;
        if (out.getClass() == NATIVE && in.getClass() == NATIVE && src.getClass() == NATIVE) {
            for (long i = from; i < bound; i += Long.BYTES) {
                long product = product(src.get(JAVA_LONG_UNALIGNED, i), c0, c1, c2, c3, c4, c5, c6, c7);
                out.set(JAVA_LONG_UNALIGNED, i, in.get(JAVA_LONG_UNALIGNED, i) ^ product);
            }
        } else {
            for (long i = from; i < bound; i += Long.BYTES) {
                long product = product(src.get(JAVA_LONG_UNALIGNED, i), c0, c1, c2, c3, c4, c5, c6, c7);
                out.set(JAVA_LONG_UNALIGNED, i, in.get(JAVA_LONG_UNALIGNED, i) ^ product);
            }
        }
        for (long i = bound; i < to; i++) {
            long product = product(Byte.toUnsignedLong(src.get(JAVA_BYTE, i)), c0, c1, c2, c3, c4, c5, c6, c7);
            out.set(JAVA_BYTE, i, (byte) (in.get(JAVA_BYTE, i) ^ product));
        }
    }

    /** The products of eight bytes at once; cj = c · x^j. */
    private static long product(long s, long c0, long c1, long c2, long c3, long c4, long c5, long c6, long c7) {
        return (s & LOWEST_BITS) * c0
                ^ (s >>> 1 & LOWEST_BITS) * c1
                ^ (s >>> 2 & LOWEST_BITS) * c2
                ^ (s >>> 3 & LOWEST_BITS) * c3
                ^ (s >>> 4 & LOWEST_BITS) * c4
                ^ (s >>> 5 & LOWEST_BITS) * c5
                ^ (s >>> 6 & LOWEST_BITS) * c6
                ^ (s >>> 7 & LOWEST_BITS) * c7;
    }

    private static long timesX(long c) {
        return (c << 1 & 0xFF) ^ (Gf256.REDUCTION & -(c >>> 7));
    }
}
