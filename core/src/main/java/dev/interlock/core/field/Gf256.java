package dev.interlock.core.field;

/**
 * One element of GF(2^8) at a time, modulo x^8 + x^4 + x^3 + x + 1 (0x11B, FIPS 197 §4).
 *
 * <p>Elements are ints in 0..255; addition is XOR. No tables and no branches on values: constant-time in both operands,
 * except that {@link #invert} refuses zero.
 */
public final class Gf256 {

    /** What x^8 reduces to: the polynomial 0x11B without its leading term. */
    static final int REDUCTION = 0x1B;

    private Gf256() {}

    /**
     * The product of two elements.
     *
     * @param a 0..255
     * @param b 0..255
     * @return 0..255
     * @throws IllegalArgumentException if an operand is outside 0..255
     */
    public static int multiply(int a, int b) {
        return product(element(a), element(b));
    }

    /**
     * The multiplicative inverse, as a^254 (a^255 = 1 for every a but zero).
     *
     * @param a 1..255
     * @return 1..255
     * @throws ArithmeticException if a is zero, which has no inverse
     * @throws IllegalArgumentException if a is outside 0..255
     */
    public static int invert(int a) {
        if (element(a) == 0) {
            throw new ArithmeticException("zero has no inverse in GF(2^8)");
        }
        // 254 = 2 + 4 + 8 + 16 + 32 + 64 + 128
        int square = a;
        int inverse = 1;
        for (int i = 0; i < 7; i++) {
            square = product(square, square);
            inverse = product(inverse, square);
        }
        return inverse;
    }

    private static int product(int a, int b) {
        int product = 0;
        int shifted = a;
        for (int bit = 0; bit < 8; bit++) {
            product ^= shifted & -(b >>> bit & 1);
            shifted = (shifted << 1 & 0xFF) ^ (REDUCTION & -(shifted >>> 7));
        }
        return product;
    }

    /** Checks the range without naming the value: it may be secret. */
    private static int element(int value) {
        if ((value & ~0xFF) != 0) {
            throw new IllegalArgumentException("not an element of GF(2^8): must be in 0..255");
        }
        return value;
    }
}
