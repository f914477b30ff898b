package dev.interlock.core.field;

/** GF(2^8) from its definition, sharing no code with the field under test: multiply polynomials, divide by 0x11B. */
public final class SlowField {

    private static final int POLYNOMIAL = 0x11B;

    private SlowField() {}

    public static int multiply(int a, int b) {
        int product = 0;
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                if ((a >> i & 1) == 1 && (b >> j & 1) == 1) {
                    product ^= 1 << (i + j);
                }
            }
        }
        for (int degree = 14; degree >= 8; degree--) {
            if ((product >> degree & 1) == 1) {
                product ^= POLYNOMIAL << (degree - 8);
            }
        }
        return product;
    }

    /** By search. */
    public static int invert(int a) {
        for (int b = 1; b < 256; b++) {
            if (multiply(a, b) == 1) {
                return b;
            }
        }
        throw new ArithmeticException("no inverse of " + a);
    }
}
