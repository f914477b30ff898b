package dev.interlock.bench.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.interlock.bench.WrongResultException;
import dev.interlock.core.field.Gf256;
import dev.interlock.core.sharing.Lagrange;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** The right results, a byte at a time and by {@link Gf256} alone. */
final class Truth {
    private static final byte[][] PRODUCTS = products();

    private Truth() {}

    /** Checks out = in ⊕ coefficient · src. */
    static void layer(String what, MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
        sum(what, out, in, new int[] {coefficient}, List.of(src));
    }

    /** Checks out = in ⊕ Σ coefficient_i · src_i. */
    static void sum(String what, MemorySegment out, MemorySegment in, int[] coefficients, List<MemorySegment> sources) {
        for (long i = 0; i < out.byteSize(); i++) {
            byte expected = in.get(JAVA_BYTE, i);
            for (int k = 0; k < coefficients.length; k++) {
                expected ^= PRODUCTS[coefficients[k]][
                        Byte.toUnsignedInt(sources.get(k).get(JAVA_BYTE, i))];
            }
            if (out.get(JAVA_BYTE, i) != expected) {
                throw new WrongResultException(what + ": byte " + i + " of " + out.byteSize() + " is "
                        + hex(out.get(JAVA_BYTE, i)) + ", expected " + hex(expected));
            }
        }
    }

    /** Checks that all shares lie on polynomials of degree t − 1, and, where chance can't make it so, of no lower one. */
    static void dealt(String what, int t, int[] xs, List<MemorySegment> shares) {
        MemorySegment zero =
                MemorySegment.ofArray(new byte[(int) shares.getFirst().byteSize()]);
        for (int j = t; j < xs.length; j++) {
            int[] points = Arrays.copyOf(xs, t);
            sum(
                    what + ", share " + (j + 1),
                    shares.get(j),
                    zero,
                    Lagrange.coefficients(xs[j], points),
                    shares.subList(0, t));
        }
        // With 16 bytes and more a lower degree everywhere would be a miracle.
        if (zero.byteSize() >= 16) {
            int[] points = Arrays.copyOf(xs, t - 1);
            int[] lower = Lagrange.coefficients(xs[t - 1], points);
            boolean degreeReached = false;
            for (long i = 0; i < zero.byteSize() && !degreeReached; i++) {
                byte below = 0;
                for (int k = 0; k < t - 1; k++) {
                    below ^= PRODUCTS[lower[k]][Byte.toUnsignedInt(shares.get(k).get(JAVA_BYTE, i))];
                }
                degreeReached = below != shares.get(t - 1).get(JAVA_BYTE, i);
            }
            if (!degreeReached) {
                throw new WrongResultException(what + ": fewer than " + t + " shares determine the others");
            }
        }
    }

    /** Checks that two results are the same. */
    static void same(String what, byte[] actual, byte[] expected) {
        int at = Arrays.mismatch(actual, expected);
        if (at >= 0) {
            throw new WrongResultException(what + ": " + actual.length + " bytes, of which byte " + at
                    + " is the first that isn't as in the " + expected.length + " expected");
        }
    }

    private static String hex(byte value) {
        return String.format("0x%02x", value);
    }

    private static byte[][] products() {
        byte[][] products = new byte[256][256];
        for (int a = 0; a < 256; a++) {
            for (int b = 0; b < 256; b++) {
                products[a][b] = (byte) Gf256.multiply(a, b);
            }
        }
        return products;
    }
}
