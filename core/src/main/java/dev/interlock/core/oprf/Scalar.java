package dev.interlock.core.oprf;

import dev.interlock.core.encoding.MalformedException;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * An integer modulo the order of P-256. Constant-time; secret ones are wiped by {@link #close}. On the heap: make it for the moment
 * from {@link dev.interlock.core.secret.SecretBytes}.
 */
public final class Scalar implements AutoCloseable {
    public static final int BYTES = Modulus.BYTES;

    private final long[] limbs;

    private Scalar(long[] limbs) {
        this.limbs = limbs;
    }

    /** Uniform but for a bias of 2^−128, and never zero. */
    public static Scalar random(SecureRandom random) {
        byte[] wide = new byte[Modulus.WIDE_BYTES];
        try {
            while (true) {
                random.nextBytes(wide);
                Scalar scalar = reduce(wide);
                if (!scalar.isZero()) {
                    return scalar;
                }
            }
        } finally {
            Arrays.fill(wide, (byte) 0);
        }
    }

    /** 48 bytes, the most significant first, modulo the order. */
    static Scalar reduce(byte[] wide) {
        long[] limbs = new long[Modulus.LIMBS];
        P256.ORDER.reduce(limbs, wide, 0);
        return new Scalar(limbs);
    }

    /** A small public number. */
    static Scalar of(int value) {
        byte[] bytes = new byte[BYTES];
        bytes[BYTES - 1] = (byte) value;
        bytes[BYTES - 2] = (byte) (value >>> 8);
        return decode(bytes);
    }

    /** @throws MalformedException unless these are 32 bytes below the order (RFC 9497 §4.3) */
    public static Scalar decode(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new MalformedException("a scalar has " + BYTES + " bytes, not " + bytes.length);
        }
        long[] limbs = new long[Modulus.LIMBS];
        if (P256.ORDER.decode(limbs, bytes, 0) == 0) {
            throw new MalformedException("a scalar isn't below the order of the group");
        }
        return new Scalar(limbs);
    }

    /** 32 bytes, the most significant first. The caller wipes them where they are secret. */
    public byte[] encode() {
        byte[] bytes = new byte[BYTES];
        P256.ORDER.encode(bytes, 0, limbs);
        return bytes;
    }

    boolean isZero() {
        return Modulus.isZero(limbs) != 0;
    }

    Scalar plus(Scalar other) {
        long[] sum = new long[Modulus.LIMBS];
        P256.ORDER.add(sum, limbs, other.limbs);
        return new Scalar(sum);
    }

    Scalar minus(Scalar other) {
        long[] difference = new long[Modulus.LIMBS];
        P256.ORDER.subtract(difference, limbs, other.limbs);
        return new Scalar(difference);
    }

    Scalar times(Scalar other) {
        long[] product = new long[Modulus.LIMBS];
        P256.ORDER.multiply(product, limbs, other.limbs);
        return new Scalar(product);
    }

    /** Zero for zero. */
    Scalar inverse() {
        long[] inverse = new long[Modulus.LIMBS];
        P256.ORDER.invert(inverse, limbs);
        return new Scalar(inverse);
    }

    boolean isSame(Scalar other) {
        return Modulus.equal(limbs, other.limbs) != 0;
    }

    /** Wipes it. */
    @Override
    public void close() {
        Modulus.wipe(limbs);
    }
}
