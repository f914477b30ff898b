package dev.interlock.core.sharing;

import dev.interlock.core.field.FieldKernel;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** {@link Dealing#combine} for bytes. */
public final class PadCombiner {

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
        kernel.addCombination(accumulator, accumulator, lambdas, shares);
    }
}
