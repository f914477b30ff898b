package dev.interlock.core.sharing;

import dev.interlock.core.field.FieldKernel;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** {@link Dealing#combine} for bytes, tile by tile, so that the sum stays in the first-level cache. */
public final class PadCombiner {

    /** Of the sum, which stays in the first-level cache; with shorter tiles a call's fixed cost shows. */
    private static final int TILE_BYTES = 16 * 1024;

    private PadCombiner() {}

    /**
     * Adds f(z) = Σ_{i∈S} λ_{S,z}(i) · f(x_i) to the accumulator: with a ciphertext in it and z = 0 this opens it.
     *
     * @param target z: 0 for the pad, or the index of a share to rebuild; 0..254
     * @param points the x_i of S, distinct, each in 1..254
     * @param shares f(x_i) in the order of the points, each as long as the accumulator; unchanged
     * @throws IllegalArgumentException if an index is out of range or stands twice, or numbers or lengths don't match
     */
    public static void combine(
            FieldKernel kernel, int target, int[] points, List<MemorySegment> shares, MemorySegment accumulator) {
        Dealing.checkCount("shares", shares.size(), points.length);
        int[] lambdas = Lagrange.coefficients(target, points);
        long length = accumulator.byteSize();
        for (MemorySegment share : shares) {
            if (share.byteSize() != length) {
                throw new IllegalArgumentException("a share has " + share.byteSize() + " bytes, expected " + length);
            }
        }
        long part;
        for (long offset = 0; offset < length; offset += part) {
            part = Math.min(TILE_BYTES, length - offset);
            MemorySegment sum = accumulator.asSlice(offset, part);
            int i = 0;
            for (; i + 1 < lambdas.length; i += 2) {
                MemorySegment first = shares.get(i).asSlice(offset, part);
                MemorySegment second = shares.get(i + 1).asSlice(offset, part);
                kernel.addScaledPair(sum, sum, lambdas[i], first, lambdas[i + 1], second);
            }
            if (i < lambdas.length) {
                kernel.addScaled(sum, sum, lambdas[i], shares.get(i).asSlice(offset, part));
            }
        }
    }
}
