package dev.interlock.core.field;

import java.lang.foreign.MemorySegment;

/**
 * The one operation on vectors over GF(2^8) that everything else is made of: add a multiple of one to another.
 *
 * <p>Implementations are stateless and safe for any number of threads.
 */
public interface FieldKernel {

    /**
     * Sets out = in ⊕ coefficient · src, byte by byte.
     *
     * <p>Segments may be native or backed by a {@code byte[]}, at any alignment. {@code out} may be the very segment that
     * {@code in} or {@code src} is; where they overlap in any other way the result is undefined. Constant-time in the
     * bytes; the coefficient and the length are public.
     *
     * @param out receives the result; n bytes
     * @param in n bytes
     * @param coefficient 0..255
     * @param src n bytes
     * @throws IllegalArgumentException if the lengths differ or the coefficient is outside 0..255
     */
    void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src);

    /**
     * Sets out = in ⊕ c1 · src1 ⊕ c2 · src2: two sums for one pass over in and out.
     *
     * <p>As {@link #addScaled}, but {@code out} may be the very segment that {@code in} is only, none of the others.
     *
     * @throws IllegalArgumentException if the lengths differ or a coefficient is outside 0..255
     */
    default void addScaledPair(
            MemorySegment out, MemorySegment in, int c1, MemorySegment src1, int c2, MemorySegment src2) {
        addScaled(out, in, c1, src1);
        addScaled(out, out, c2, src2);
    }

    /** A short name for logs: {@code reference}, {@code swar} or {@code vector}. */
    String name();
}
