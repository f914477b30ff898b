package dev.interlock.protocol.names;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One state of what a provider keeps for a name (SPEC §16): what is sealed in it is for its owner alone; the signature shows
 * everybody else that the owner made it, for this ring, this place and this number.
 *
 * @param rootVersion of the owner's root secret, from which the keys derive
 * @param key the owner's, for names in this ring
 * @param number from 1; the highest counts
 * @param before H(e) of the state that it continues, 32 bytes; zeros where there was none
 * @param sealed what {@link NameKeys} opens
 * @param signature by {@code key}, 64 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record NameEntry(
        RingId ring,
        int rootVersion,
        VerifyingKey key,
        NameTag tag,
        long number,
        byte[] before,
        byte[] sealed,
        byte[] signature) {
    /** Of an encoded entry, at most. */
    public static final int MAX_BYTES = 64 << 10;

    static final int VERSION = 1;
    private static final int FIXED_BYTES = 1
            + RingId.BYTES
            + Integer.BYTES
            + VerifyingKey.BYTES
            + NameTag.BYTES
            + Long.BYTES
            + Sha256.BYTES
            + Integer.BYTES;
    private static final int MAX_SEALED_BYTES = MAX_BYTES - 256;

    /** @throws MalformedException when a field is out of its range */
    public NameEntry {
        if (rootVersion < 1 || number < 1 || sealed.length > MAX_SEALED_BYTES) {
            throw new MalformedException("a name's entry has a root version and a number from 1, and at most "
                    + MAX_SEALED_BYTES + " sealed bytes, not " + rootVersion + ", " + number + " and " + sealed.length);
        }
        if (before.length != Sha256.BYTES) {
            throw new MalformedException(
                    "a name's entry continues a state whose hash has 32 bytes, not " + before.length);
        }
        if (signature.length != SigningKey.SIGNATURE_BYTES) {
            throw new MalformedException("a name's entry has a signature of 64 bytes, not " + signature.length);
        }
    }

    /** What a first state continues. */
    public static byte[] nothing() {
        return new byte[Sha256.BYTES];
    }

    /** What is signed, and hashed. */
    static byte[] signed(
            RingId ring, int rootVersion, VerifyingKey key, NameTag tag, long number, byte[] before, byte[] sealed) {
        // At its length at once: a listing does this a hundred thousand times.
        return ByteBuffer.allocate(FIXED_BYTES + sealed.length)
                .put((byte) VERSION)
                .put(ring.bytes())
                .putInt(rootVersion)
                .put(key.bytes())
                .put(tag.bytes())
                .putLong(number)
                .put(before)
                .putInt(sealed.length)
                .put(sealed)
                .array();
    }

    private byte[] signed() {
        return signed(ring, rootVersion, key, tag, number, before, sealed);
    }

    public byte[] encode() {
        byte[] signed = signed();
        byte[] all = Arrays.copyOf(signed, signed.length + SigningKey.SIGNATURE_BYTES);
        System.arraycopy(signature, 0, all, signed.length, SigningKey.SIGNATURE_BYTES);
        return all;
    }

    /** @throws MalformedException unless these are exactly the bytes of one */
    public static NameEntry decode(byte[] bytes) {
        ByteReader in = new ByteReader("the name's entry", bytes);
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException("the name's entry is of version " + version + ", not " + VERSION);
        }
        NameEntry entry = new NameEntry(
                RingId.of(in.fixed(RingId.BYTES)),
                in.u32(),
                VerifyingKey.of(in.fixed(VerifyingKey.BYTES)),
                new NameTag(in.fixed(NameTag.BYTES)),
                in.u64(),
                in.fixed(Sha256.BYTES),
                in.bytes(),
                in.fixed(SigningKey.SIGNATURE_BYTES));
        in.end();
        return entry;
    }

    public NameHead head() {
        return new NameHead(
                tag,
                number,
                Sha256.labelled("interlock/v1/name-state").update(signed()).digest());
    }

    /** @throws BadSignatureException unless the owner of {@link #key} signed this */
    public void verify() {
        key.verify(Purpose.NAME_ENTRY, signed(), signature);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NameEntry that && Arrays.equals(encode(), that.encode());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(signature);
    }
}
