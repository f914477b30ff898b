package dev.interlock.core.oprf;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Arithmetic modulo an odd number of 256 bits, in Montgomery form (R = 2^256): four limbs of 64 bits, the least first.
 *
 * <p>Every operation takes and gives values below the modulus, and is constant-time: no branch and no address depends on a value.
 * Results may overwrite operands. Exponents of {@link #pow} are public.
 */
final class Modulus {
    static final int LIMBS = 4;
    static final int BYTES = 32;
    /** What {@link #reduce} takes: 48 bytes leave a bias of 2^−128 (RFC 9380 §5). */
    static final int WIDE_BYTES = 48;

    private static final BigInteger R = BigInteger.ONE.shiftLeft(256);

    private final long[] m;
    /** −m^−1 mod 2^64. */
    private final long inverse;

    private final long[] squareOfR;
    private final long[] one;
    private final long[] twoTo192;
    private final BigInteger value;

    /** @param value odd, of 256 bits; public */
    Modulus(BigInteger value) {
        this.value = value;
        this.m = limbs(value);
        long x = 1;
        for (int i = 0; i < 6; i++) {
            // Newton: each step doubles the bits that are right.
            x *= 2 - m[0] * x;
        }
        this.inverse = -x;
        this.squareOfR = limbs(R.multiply(R).mod(value));
        this.one = limbs(R.mod(value));
        this.twoTo192 = limbs(BigInteger.ONE.shiftLeft(192).multiply(R).mod(value));
    }

    /** A public constant. */
    long[] constant(BigInteger known) {
        return limbs(known.mod(value).multiply(R).mod(value));
    }

    BigInteger value() {
        return value;
    }

    /** A copy of the unit. */
    long[] one() {
        return one.clone();
    }

    /** z = a·b. */
    void multiply(long[] z, long[] a, long[] b) {
        long t0 = 0;
        long t1 = 0;
        long t2 = 0;
        long t3 = 0;
        long t4 = 0;
        for (int i = 0; i < LIMBS; i++) {
            long y = b[i];
            // t += a·y
            long low = a[0] * y;
            long s = t0 + low;
            long carry = Math.unsignedMultiplyHigh(a[0], y) + carry(t0, low, s);
            t0 = s;
            low = a[1] * y;
            s = t1 + low;
            long next = Math.unsignedMultiplyHigh(a[1], y) + carry(t1, low, s);
            t1 = s + carry;
            carry = next + carry(s, carry, t1);
            low = a[2] * y;
            s = t2 + low;
            next = Math.unsignedMultiplyHigh(a[2], y) + carry(t2, low, s);
            t2 = s + carry;
            carry = next + carry(s, carry, t2);
            low = a[3] * y;
            s = t3 + low;
            next = Math.unsignedMultiplyHigh(a[3], y) + carry(t3, low, s);
            t3 = s + carry;
            carry = next + carry(s, carry, t3);
            s = t4 + carry;
            long t5 = carry(t4, carry, s);
            t4 = s;
            // t = (t + q·m) / 2^64, q such that it divides
            long q = t0 * inverse;
            low = q * m[0];
            s = t0 + low;
            carry = Math.unsignedMultiplyHigh(q, m[0]) + carry(t0, low, s);
            low = q * m[1];
            s = t1 + low;
            next = Math.unsignedMultiplyHigh(q, m[1]) + carry(t1, low, s);
            t0 = s + carry;
            carry = next + carry(s, carry, t0);
            low = q * m[2];
            s = t2 + low;
            next = Math.unsignedMultiplyHigh(q, m[2]) + carry(t2, low, s);
            t1 = s + carry;
            carry = next + carry(s, carry, t1);
            low = q * m[3];
            s = t3 + low;
            next = Math.unsignedMultiplyHigh(q, m[3]) + carry(t3, low, s);
            t2 = s + carry;
            carry = next + carry(s, carry, t2);
            t3 = t4 + carry;
            t4 = t5 + carry(t4, carry, t3);
        }
        z[0] = t0;
        z[1] = t1;
        z[2] = t2;
        z[3] = t3;
        subtractOnce(z, t4);
    }

    void square(long[] z, long[] a) {
        multiply(z, a, a);
    }

    /** z = a + b. */
    void add(long[] z, long[] a, long[] b) {
        long carry = 0;
        for (int i = 0; i < LIMBS; i++) {
            long x = a[i];
            long y = b[i];
            long s = x + y;
            long c = carry(x, y, s);
            long sum = s + carry;
            carry = c + carry(s, carry, sum);
            z[i] = sum;
        }
        subtractOnce(z, carry);
    }

    /** z = a − b. */
    void subtract(long[] z, long[] a, long[] b) {
        long borrow = 0;
        for (int i = 0; i < LIMBS; i++) {
            long x = a[i];
            long y = b[i];
            long d = x - y;
            long c = borrow(x, y, d);
            long difference = d - borrow;
            borrow = c + borrow(d, borrow, difference);
            z[i] = difference;
        }
        long mask = -borrow;
        long carry = 0;
        for (int i = 0; i < LIMBS; i++) {
            long x = z[i];
            long y = m[i] & mask;
            long s = x + y;
            long c = carry(x, y, s);
            long sum = s + carry;
            carry = c + carry(s, carry, sum);
            z[i] = sum;
        }
    }

    /** z = −a. */
    void negate(long[] z, long[] a) {
        subtract(z, new long[LIMBS], a);
    }

    /** z = a^e. The exponent is public; the base needn't be. */
    void pow(long[] z, long[] a, BigInteger e) {
        long[] base = a.clone();
        long[] result = one.clone();
        for (int i = e.bitLength() - 1; i >= 0; i--) {
            multiply(result, result, result);
            if (e.testBit(i)) {
                multiply(result, result, base);
            }
        }
        System.arraycopy(result, 0, z, 0, LIMBS);
        wipe(base);
        wipe(result);
    }

    /** z = a^−1 for a prime modulus (Fermat), 0 for 0. */
    void invert(long[] z, long[] a) {
        pow(z, a, value.subtract(BigInteger.TWO));
    }

    /** The inverses of several, none of them 0, with one inversion for all: that of their product (Montgomery). */
    List<long[]> invertAll(List<long[]> all) {
        if (all.isEmpty()) {
            return List.of();
        }
        // inverses[i] is the product of those before it, until it is what it is called.
        List<long[]> inverses = new ArrayList<>();
        long[] product = one();
        for (long[] each : all) {
            inverses.add(product.clone());
            multiply(product, product, each);
        }
        invert(product, product);
        for (int i = all.size() - 1; i >= 0; i--) {
            multiply(inverses.get(i), inverses.get(i), product);
            multiply(product, product, all.get(i));
        }
        wipe(product);
        return inverses;
    }

    /** z = mask ? a : b; the mask is all ones or all zeros. */
    static void select(long[] z, long mask, long[] a, long[] b) {
        for (int i = 0; i < LIMBS; i++) {
            z[i] = (a[i] & mask) | (b[i] & ~mask);
        }
    }

    /** All ones where both are the same, else zero. */
    static long equal(long[] a, long[] b) {
        long different = 0;
        for (int i = 0; i < LIMBS; i++) {
            different |= a[i] ^ b[i];
        }
        return ((different | -different) >>> 63) - 1;
    }

    static long isZero(long[] a) {
        return equal(a, new long[LIMBS]);
    }

    /**
     * From 32 bytes, the most significant first.
     *
     * @return all ones where they are below the modulus, else zero, and then z is worth nothing
     */
    long decode(long[] z, byte[] bytes, int offset) {
        long[] raw = new long[LIMBS];
        for (int i = 0; i < LIMBS; i++) {
            long limb = 0;
            for (int j = 0; j < 8; j++) {
                limb = limb << 8 | (bytes[offset + 8 * (LIMBS - 1 - i) + j] & 0xFF);
            }
            raw[i] = limb;
        }
        long borrow = 0;
        for (int i = 0; i < LIMBS; i++) {
            long d = raw[i] - m[i];
            long c = borrow(raw[i], m[i], d);
            borrow = c + borrow(d, borrow, d - borrow);
        }
        multiply(z, raw, squareOfR);
        wipe(raw);
        return -borrow;
    }

    /** 32 bytes, the most significant first. */
    void encode(byte[] bytes, int offset, long[] a) {
        long[] plain = new long[LIMBS];
        multiply(plain, a, new long[] {1, 0, 0, 0});
        for (int i = 0; i < LIMBS; i++) {
            for (int j = 0; j < 8; j++) {
                bytes[offset + 8 * (LIMBS - 1 - i) + j] = (byte) (plain[i] >>> (56 - 8 * j));
            }
        }
        wipe(plain);
    }

    /** z = 48 bytes modulo m: two halves of 192 bits. */
    void reduce(long[] z, byte[] wide, int offset) {
        byte[] half = new byte[BYTES];
        long[] low = new long[LIMBS];
        System.arraycopy(wide, offset, half, 8, 24);
        long _ = decode(z, half, 0);
        System.arraycopy(wide, offset + 24, half, 8, 24);
        long _ = decode(low, half, 0);
        multiply(z, z, twoTo192);
        add(z, z, low);
        Arrays.fill(half, (byte) 0);
        wipe(low);
    }

    static void wipe(long[] limbs) {
        Arrays.fill(limbs, 0);
    }

    /** z + top·2^256, which is below 2·m, less m where it isn't below m. */
    private void subtractOnce(long[] z, long top) {
        long d0 = z[0] - m[0];
        long borrow = borrow(z[0], m[0], d0);
        long d = z[1] - m[1];
        long c = borrow(z[1], m[1], d);
        long d1 = d - borrow;
        borrow = c + borrow(d, borrow, d1);
        d = z[2] - m[2];
        c = borrow(z[2], m[2], d);
        long d2 = d - borrow;
        borrow = c + borrow(d, borrow, d2);
        d = z[3] - m[3];
        c = borrow(z[3], m[3], d);
        long d3 = d - borrow;
        borrow = c + borrow(d, borrow, d3);
        // Kept where there's no top limb to borrow from.
        long keep = -(borrow & ~top & 1);
        z[0] = (z[0] & keep) | (d0 & ~keep);
        z[1] = (z[1] & keep) | (d1 & ~keep);
        z[2] = (z[2] & keep) | (d2 & ~keep);
        z[3] = (z[3] & keep) | (d3 & ~keep);
    }

    /** Of the sum s = a + b, 0 or 1. Without a comparison, which could become a branch. */
    private static long carry(long a, long b, long s) {
        return ((a & b) | ((a | b) & ~s)) >>> 63;
    }

    /** Of the difference d = a − b, 0 or 1. */
    private static long borrow(long a, long b, long d) {
        return ((~a & b) | ((~a | b) & d)) >>> 63;
    }

    private static long[] limbs(BigInteger number) {
        long[] limbs = new long[LIMBS];
        for (int i = 0; i < LIMBS; i++) {
            limbs[i] = number.shiftRight(64 * i).longValue();
        }
        return limbs;
    }
}
