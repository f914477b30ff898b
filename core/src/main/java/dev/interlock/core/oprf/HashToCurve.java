package dev.interlock.core.oprf;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** RFC 9380: P256_XMD:SHA-256_SSWU_RO_ and the hash to scalars of RFC 9497 §4.3. Constant-time in the message but for its length. */
final class HashToCurve {
    private static final int HASH_BYTES = 32;
    private static final int BLOCK_BYTES = 64;

    private static final Modulus F = P256.FIELD;
    private static final long[] A = F.constant(BigInteger.valueOf(-3));
    private static final long[] Z = F.constant(BigInteger.valueOf(-10));
    /** √−Z. */
    private static final long[] ROOT = root();

    private static final BigInteger C1 =
            F.value().subtract(BigInteger.valueOf(3)).shiftRight(2);

    private HashToCurve() {}

    private static long[] root() {
        long[] ten = F.constant(BigInteger.TEN);
        F.pow(ten, ten, P256.SQUARE_ROOT);
        return ten;
    }

    /** RFC 9380 §3, hash_to_curve; the cofactor of P-256 is 1. The identity for one in 2^256 messages. */
    static Element element(byte[] message, byte[] dst) {
        byte[] uniform = expand(message, dst, 2 * Modulus.WIDE_BYTES);
        long[] u = new long[Modulus.LIMBS];
        F.reduce(u, uniform, 0);
        P256.Point q0 = map(u);
        F.reduce(u, uniform, Modulus.WIDE_BYTES);
        P256.Point q1 = map(u);
        Element sum = new Element(P256.add(q0, q1));
        Arrays.fill(uniform, (byte) 0);
        Modulus.wipe(u);
        q0.wipe();
        q1.wipe();
        return sum;
    }

    /** RFC 9380 §5.2, hash_to_field, modulo the order, one element. */
    static Scalar scalar(byte[] message, byte[] dst) {
        byte[] uniform = expand(message, dst, Modulus.WIDE_BYTES);
        try {
            return Scalar.reduce(uniform);
        } finally {
            Arrays.fill(uniform, (byte) 0);
        }
    }

    /** RFC 9380 §5.3.1, expand_message_xmd with SHA-256; tags of at most 255 bytes. */
    static byte[] expand(byte[] message, byte[] dst, int length) {
        int blocks = (length + HASH_BYTES - 1) / HASH_BYTES;
        if (blocks > 255 || dst.length > 255) {
            throw new IllegalArgumentException("at most 255 blocks, and tags of at most 255 bytes");
        }
        MessageDigest hash = sha256();
        hash.update(new byte[BLOCK_BYTES]);
        hash.update(message);
        hash.update(new byte[] {(byte) (length >>> 8), (byte) length, 0});
        hash.update(dst);
        hash.update((byte) dst.length);
        byte[] b0 = hash.digest();
        byte[] bi = new byte[HASH_BYTES];
        byte[] uniform = new byte[length];
        for (int i = 1; i <= blocks; i++) {
            for (int j = 0; j < HASH_BYTES; j++) {
                bi[j] ^= b0[j];
            }
            hash.update(bi);
            hash.update((byte) i);
            hash.update(dst);
            hash.update((byte) dst.length);
            bi = hash.digest();
            int from = (i - 1) * HASH_BYTES;
            System.arraycopy(bi, 0, uniform, from, Math.min(HASH_BYTES, length - from));
        }
        Arrays.fill(b0, (byte) 0);
        Arrays.fill(bi, (byte) 0);
        return uniform;
    }

    /** RFC 9380 appendix F.2, the simplified SWU map, its steps' numbers beside them; x is left over tv4. */
    static P256.Point map(long[] u) {
        long[] tv1 = new long[Modulus.LIMBS];
        long[] tv2 = new long[Modulus.LIMBS];
        long[] tv3 = new long[Modulus.LIMBS];
        long[] tv4 = new long[Modulus.LIMBS];
        long[] tv5 = new long[Modulus.LIMBS];
        long[] tv6 = new long[Modulus.LIMBS];
        long[] x = new long[Modulus.LIMBS];
        long[] y = new long[Modulus.LIMBS];
        long[] y1 = new long[Modulus.LIMBS];
        F.square(tv1, u); // 1
        F.multiply(tv1, Z, tv1);
        F.square(tv2, tv1);
        F.add(tv2, tv2, tv1);
        F.add(tv3, tv2, F.one()); // 5
        F.multiply(tv3, P256.B, tv3);
        F.negate(tv4, tv2);
        Modulus.select(tv4, Modulus.isZero(tv2), Z, tv4);
        F.multiply(tv4, A, tv4);
        F.square(tv2, tv3);
        F.square(tv6, tv4); // 10
        F.multiply(tv5, A, tv6);
        F.add(tv2, tv2, tv5);
        F.multiply(tv2, tv2, tv3);
        F.multiply(tv6, tv6, tv4);
        F.multiply(tv5, P256.B, tv6); // 15
        F.add(tv2, tv2, tv5);
        F.multiply(x, tv1, tv3);
        long isSquare = rootOfRatio(y1, tv2, tv6);
        F.multiply(y, tv1, u);
        F.multiply(y, y, y1); // 20
        Modulus.select(x, isSquare, tv3, x);
        Modulus.select(y, isSquare, y1, y);
        long same = (sign(u) ^ sign(y)) - 1;
        F.negate(tv5, y);
        Modulus.select(y, same, y, tv5);
        // 25: x / tv4, which the projective form has for nothing.
        F.multiply(y, y, tv4);
        P256.Point point = new P256.Point(x, y, tv4);
        for (long[] each : new long[][] {tv1, tv2, tv3, tv5, tv6, y1}) {
            Modulus.wipe(each);
        }
        return point;
    }

    /** RFC 9380 appendix F.2.1.2, for p ≡ 3 mod 4: y = √(u/v), or √(Z·u/v) where there is none. */
    private static long rootOfRatio(long[] y, long[] u, long[] v) {
        long[] tv1 = new long[Modulus.LIMBS];
        long[] tv2 = new long[Modulus.LIMBS];
        long[] y2 = new long[Modulus.LIMBS];
        F.square(tv1, v);
        F.multiply(tv2, u, v);
        F.multiply(tv1, tv1, tv2);
        F.pow(y, tv1, C1);
        F.multiply(y, y, tv2);
        F.multiply(y2, y, ROOT);
        F.square(tv1, y);
        F.multiply(tv1, tv1, v);
        long isSquare = Modulus.equal(tv1, u);
        Modulus.select(y, isSquare, y, y2);
        Modulus.wipe(tv1);
        Modulus.wipe(tv2);
        Modulus.wipe(y2);
        return isSquare;
    }

    /** RFC 9380 §4.1, sgn0: 0 or 1. */
    private static long sign(long[] a) {
        byte[] plain = new byte[Modulus.BYTES];
        F.encode(plain, 0, a);
        long sign = plain[Modulus.BYTES - 1] & 1;
        Arrays.fill(plain, (byte) 0);
        return sign;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
