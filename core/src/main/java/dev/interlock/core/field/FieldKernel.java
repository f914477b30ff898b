package dev.interlock.core.field;

import java.lang.foreign.MemorySegment;
import java.util.List;

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
     * Sets out = in ⊕ Σ coefficient_i · source_i: many sums, and as few passes over in and out as the kernel can.
     *
     * <p>As {@link #addScaled}, but {@code out} may be the very segment that {@code in} is only, none of the sources.
     *
     * @param coefficients one for each source, 0..255
     * @param sources of n bytes each; none at all gives a copy of in
     * @throws IllegalArgumentException if numbers or lengths differ or a coefficient is outside 0..255
     */
    default void addCombination(MemorySegment out, MemorySegment in, int[] coefficients, List<MemorySegment> sources) {
        long length = Operands.check(out, in, coefficients, sources);
        if (sources.isEmpty()) {
            MemorySegment.copy(in, 0, out, 0, length);
        }
        MemorySegment sum = in;
        for (int i = 0; i < coefficients.length; i++) {
            addScaled(out, sum, coefficients[i], sources.get(i));
            sum = out;
        }
    }

    /** A short name for logs: {@code reference}, {@code swar} or {@code vector}. */
    String name();
}
