package dev.interlock.core.oprf;

import dev.interlock.core.encoding.MalformedException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A point of P-256, never the identity where it comes from outside: 33 bytes, compressed as in SEC 1 §2.3.3. */
public final class Element {
    public static final int BYTES = 1 + Modulus.BYTES;

    private static final Element GENERATOR = new Element(P256.Point.generator());

    private final P256.Point point;
    /** Of what everybody may see, so that it isn't computed again and again; else null. */
    private final byte @Nullable [] encoded;

    Element(P256.Point point) {
        this(point, null);
    }

    private Element(P256.Point point, byte @Nullable [] encoded) {
        this.point = point;
        this.encoded = encoded;
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
        return new Element(new P256.Point(x, y, P256.FIELD.one()), bytes.clone());
    }

    /** The same, its encoding kept beside it: for one that isn't secret. @throws IllegalStateException for the identity */
    Element published() {
        return encoded == null ? new Element(point.copy(), encode()) : this;
    }

    /** 33 bytes. @throws IllegalStateException for the identity, which has no such encoding */
    public byte[] encode() {
        return encodeAll(List.of(this)).getFirst();
    }

    /** The encodings of several, with one inversion for all. @throws IllegalStateException when the identity is among them */
    static List<byte[]> encodeAll(List<Element> elements) {
        if (elements.stream().anyMatch(Element::isIdentity)) {
            throw new IllegalStateException("the identity isn't encoded");
        }
        List<Element> unknown =
                elements.stream().filter(each -> each.encoded == null).toList();
        Iterator<long[]> inverses = P256.FIELD
                .invertAll(unknown.stream().map(each -> each.point.z).toList())
                .iterator();
        return elements.stream()
                .map(each -> each.encoded == null ? each.encode(inverses.next()) : each.encoded.clone())
                .toList();
    }

    /** @param inverseOfZ wiped */
    private byte[] encode(long[] inverseOfZ) {
        byte[] bytes = new byte[BYTES];
        long[] x = new long[Modulus.LIMBS];
        long[] y = new long[Modulus.LIMBS];
        P256.FIELD.multiply(x, point.x, inverseOfZ);
        P256.FIELD.multiply(y, point.y, inverseOfZ);
        byte[] plain = new byte[Modulus.BYTES];
        P256.FIELD.encode(plain, 0, y);
        bytes[0] = (byte) (2 | (plain[Modulus.BYTES - 1] & 1));
        P256.FIELD.encode(bytes, 1, x);
        Arrays.fill(plain, (byte) 0);
        Modulus.wipe(y);
        Modulus.wipe(x);
        Modulus.wipe(inverseOfZ);
        return bytes;
    }

    boolean isIdentity() {
        return Modulus.isZero(point.z) != 0;
    }

    /** Constant-time in both. */
    Element times(Scalar scalar) {
        return sum(List.of(this), List.of(scalar));
    }

    /** Σ s_i·E_i. Constant-time in all of them, but for how many there are. */
    static Element sum(List<Element> elements, List<Scalar> scalars) {
        List<byte[]> bytes = scalars.stream().map(Scalar::encode).toList();
        try {
            return new Element(
                    P256.multiply(elements.stream().map(each -> each.point).toList(), bytes));
        } finally {
            bytes.forEach(each -> Arrays.fill(each, (byte) 0));
        }
    }

    Element plus(Element other) {
        return new Element(P256.add(point, other.point));
    }

    /** Whether x/z and y/z are the same, by x·z' and x'·z: nothing is inverted. The identity is (0, y, 0) for any y. */
    boolean isSame(Element other) {
        return isSame(point.x, point.z, other.point.x, other.point.z)
                && isSame(point.y, point.z, other.point.y, other.point.z)
                && isIdentity() == other.isIdentity();
    }

    private static boolean isSame(long[] a, long[] az, long[] b, long[] bz) {
        long[] left = new long[Modulus.LIMBS];
        long[] right = new long[Modulus.LIMBS];
        P256.FIELD.multiply(left, a, bz);
        P256.FIELD.multiply(right, b, az);
        return Modulus.equal(left, right) != 0;
    }

    void wipe() {
        point.wipe();
        if (encoded != null) {
            Arrays.fill(encoded, (byte) 0);
        }
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
