package dev.interlock.core.sharing;

import dev.interlock.core.field.Gf256;
import java.util.List;

/**
 * Lagrange coefficients over GF(2^8), SPEC §4; at target 0 they are the paper's g(i).
 *
 * <p>For f of degree below |S|: f(z) = Σ_{i∈S} λ_{S,z}(i) · f(x_i). Points and coefficients are public.
 */
public final class Lagrange {

    private Lagrange() {}

    /**
     * λ_{S,z}(i) = Π_{j∈S∖i} (z − x_j) / (x_i − x_j).
     *
     * @param target z: 0 for the pad, or the index of a share to rebuild; 0..254, may be one of the points
     * @param at x_i, one of the points
     * @param points the x_j of S, distinct, each in 1..254, in any order
     * @return 0..255; zero only if the target is another one of the points
     * @throws IllegalArgumentException if the target or a point is out of range, a point stands twice, or {@code at} isn't
     *     one of them
     */
    public static int coefficient(int target, int at, int[] points) {
        check(target, points);
        return coefficientUnchecked(target, at, points);
    }

    /** The same, over validated points. */
    public static int coefficient(int target, ShareIndex at, List<ShareIndex> points) {
        return coefficient(
                target, at.x(), points.stream().mapToInt(ShareIndex::x).toArray());
    }

    /**
     * All coefficients of a set, in the order of its points.
     *
     * @throws IllegalArgumentException if the target or a point is out of range, or a point stands twice
     */
    public static int[] coefficients(int target, int[] points) {
        check(target, points);
        int[] coefficients = new int[points.length];
        for (int i = 0; i < points.length; i++) {
            coefficients[i] = coefficientUnchecked(target, points[i], points);
        }
        return coefficients;
    }

    private static int coefficientUnchecked(int target, int at, int[] points) {
        boolean member = false;
        int numerator = 1;
        int denominator = 1;
        for (int x : points) {
            if (x == at) {
                member = true;
            } else {
                // Subtraction is XOR.
                numerator = Gf256.multiply(numerator, target ^ x);
                denominator = Gf256.multiply(denominator, at ^ x);
            }
        }
        if (!member) {
            throw new IllegalArgumentException("share index " + at + " is none of the " + points.length + " points");
        }
        return Gf256.multiply(numerator, Gf256.invert(denominator));
    }

    private static void check(int target, int[] points) {
        if (target < 0 || target > ShareIndex.MAX) {
            throw new IllegalArgumentException("target is " + target + ", must be in 0.." + ShareIndex.MAX);
        }
        ShareIndex.checkDistinct(points);
    }
}
