package dev.interlock.core.oprf;

import dev.interlock.core.encoding.MalformedException;
import java.util.Arrays;

/** A point of P-256, never the identity where it comes from outside: 33 bytes, compressed as in SEC 1 §2.3.3. */
public final class Element {
    public static final int BYTES = 1 + Modulus.BYTES;

    private static final Element GENERATOR = new Element(P256.Point.generator());

    private final P256.Point point;

    Element(P256.Point point) {
        this.point = point;
    }

    static Element generator() {
        return GENERATOR;
    }

    /**
     * The one encoding of a point that isn't the identity (RFC 9497 §4.3). Not constant-time in what it refuses.
     *
     * @throws MalformedException when it is too long or short, has another first byte than 2 or 3, an x that isn't below p, or one
     *     that no point of the curve has
     */
    public static Element decode(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new MalformedException("a point has " + BYTES + " bytes, not " + bytes.length);
        }
        if ((bytes[0] & ~1) != 2) {
            throw new MalformedException("a point begins with 2 or 3, not with " + (bytes[0] & 0xFF));
        }
        long[] x = new long[Modulus.LIMBS];
        if (P256.FIELD.decode(x, bytes, 1) == 0) {
            throw new MalformedException("a point's x isn't below p");
        }
        long[] square = new long[Modulus.LIMBS];
        long[] y = new long[Modulus.LIMBS];
        long[] check = new long[Modulus.LIMBS];
        P256.curve(square, x);
        P256.FIELD.pow(y, square, P256.SQUARE_ROOT);
        P256.FIELD.square(check, y);
        // No point has y = 0, since the order is odd.
        if (Modulus.equal(check, square) == 0) {
            throw new MalformedException("a point isn't on the curve");
        }
        byte[] plain = new byte[Modulus.BYTES];
        P256.FIELD.encode(plain, 0, y);
        if ((plain[Modulus.BYTES - 1] & 1) != (bytes[0] & 1)) {
            P256.FIELD.negate(y, y);
        }
        return new Element(new P256.Point(x, y, P256.FIELD.one()));
    }

    /** 33 bytes. @throws IllegalStateException for the identity, which has no such encoding */
    public byte[] encode() {
        if (isIdentity()) {
            throw new IllegalStateException("the identity isn't encoded");
        }
        long[] inverse = new long[Modulus.LIMBS];
        long[] x = new long[Modulus.LIMBS];
        long[] y = new long[Modulus.LIMBS];
        P256.FIELD.invert(inverse, point.z);
        P256.FIELD.multiply(x, point.x, inverse);
        P256.FIELD.multiply(y, point.y, inverse);
        byte[] plain = new byte[Modulus.BYTES];
        P256.FIELD.encode(plain, 0, y);
        byte[] bytes = new byte[BYTES];
        bytes[0] = (byte) (2 | (plain[Modulus.BYTES - 1] & 1));
        P256.FIELD.encode(bytes, 1, x);
        Arrays.fill(plain, (byte) 0);
        Modulus.wipe(inverse);
        Modulus.wipe(y);
        Modulus.wipe(x);
        return bytes;
    }

    boolean isIdentity() {
        return Modulus.isZero(point.z) != 0;
    }

    /** Constant-time in both. */
    Element times(Scalar scalar) {
        byte[] bytes = scalar.encode();
        try {
            return new Element(P256.multiply(point, bytes));
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    Element plus(Element other) {
        return new Element(P256.add(point, other.point));
    }

    boolean isSame(Element other) {
        return (isIdentity() || other.isIdentity())
                ? isIdentity() && other.isIdentity()
                : Arrays.equals(encode(), other.encode());
    }

    void wipe() {
        point.wipe();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Element that && isSame(that);
    }

    @Override
    public int hashCode() {
        return isIdentity() ? 0 : Arrays.hashCode(encode());
    }
}
