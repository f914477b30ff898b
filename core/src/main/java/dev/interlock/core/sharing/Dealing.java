package dev.interlock.core.sharing;

import dev.interlock.core.field.Gf256;
import dev.interlock.core.field.LinearSpace;
import java.util.List;

/**
 * Shares from polynomials and polynomials from shares, over any linear space (SPEC §4).
 *
 * <p>Both directions <em>add</em> to what they are given: hand in zeros for a new dealing or a bare value, earlier shares
 * to sum several dealers or to refresh, a ciphertext to open it.
 */
public final class Dealing {

    private Dealing() {}

    /**
     * Adds f(x_j) = Σ_k a_k · x_j^k to out_j, for every j.
     *
     * @param coefficients a_0..a_{t−1}, all of one length; unchanged
     * @param xs the share indices, distinct, each in 1..254
     * @param out one vector for each index, as long as the coefficients; zero for a new dealing
     * @throws IllegalArgumentException if an index is out of range or stands twice, or numbers or lengths don't match
     */
    public static <V> void shares(LinearSpace<V> space, List<V> coefficients, int[] xs, List<V> out) {
        ShareIndex.checkDistinct(xs);
        checkCount("shares", out.size(), xs.length);
        for (int j = 0; j < xs.length; j++) {
            int power = 1;
            for (V coefficient : coefficients) {
                space.addScaled(out.get(j), power, coefficient);
                power = Gf256.multiply(power, xs[j]);
            }
        }
    }

    /**
     * Adds f(z) = Σ_{i∈S} λ_{S,z}(i) · f(x_i) to the accumulator. Fewer than t shares give a wrong value, not an error:
     * that nobody can tell is the point.
     *
     * @param target z: 0 for the pad, or the index of a share to rebuild; 0..254
     * @param points the x_i of S, distinct, each in 1..254
     * @param shares f(x_i) in the order of the points; unchanged
     * @throws IllegalArgumentException if an index is out of range or stands twice, or numbers or lengths don't match
     */
    public static <V> void combine(LinearSpace<V> space, int target, int[] points, List<V> shares, V accumulator) {
        checkCount("shares", shares.size(), points.length);
        int[] lambdas = Lagrange.coefficients(target, points);
        for (int i = 0; i < lambdas.length; i++) {
            Hop.applyWithoutBlind(space, accumulator, lambdas[i], shares.get(i));
        }
    }

    static void checkCount(String what, int actual, int expected) {
        if (actual != expected) {
            throw new IllegalArgumentException(
                    "got " + actual + " " + what + ", expected " + expected + ", one for each share index");
        }
    }
}
