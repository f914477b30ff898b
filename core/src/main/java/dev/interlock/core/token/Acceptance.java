package dev.interlock.core.token;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Arrays;

/**
 * The next owner's word for one provider: by which key it knows the one whose the object becomes. The next O signs it, so that
 * nobody else's key can take its place, and the key itself, so that nobody is given what they didn't ask for.
 *
 * @param node which provider
 * @param key of the next user there
 * @param ownerSignature the next O's over {@link #message}, 64 bytes
 * @param keySignature that key's over the same
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record Acceptance(String node, VerifyingKey key, byte[] ownerSignature, byte[] keySignature) {
    /** What both sign. */
    public static byte[] message(RingId ring, ObjectId object, OwnerKey to, String node, VerifyingKey key) {
        ByteWriter out = new ByteWriter().fixed(ring.bytes(), RingId.BYTES).fixed(object.bytes(), ObjectId.BYTES);
        to.write(out);
        return out.text(node).fixed(key.bytes(), VerifyingKey.BYTES).toBytes();
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless both signed it, for this ring, object and owner */
    public void verify(RingId ring, ObjectId object, OwnerKey to) {
        byte[] message = message(ring, object, to, node, key);
        to.key().verify(Purpose.ACCEPTANCE, message, ownerSignature);
        key.verify(Purpose.ACCEPTANCE, message, keySignature);
    }

    void write(ByteWriter out) {
        out.text(node)
                .fixed(key.bytes(), VerifyingKey.BYTES)
                .fixed(ownerSignature, SigningKey.SIGNATURE_BYTES)
                .fixed(keySignature, SigningKey.SIGNATURE_BYTES);
    }

    static Acceptance read(ByteReader in) {
        return new Acceptance(
                in.text(),
                VerifyingKey.of(in.fixed(VerifyingKey.BYTES)),
                in.fixed(SigningKey.SIGNATURE_BYTES),
                in.fixed(SigningKey.SIGNATURE_BYTES));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Acceptance that
                && node.equals(that.node)
                && key.equals(that.key)
                && Arrays.equals(ownerSignature, that.ownerSignature)
                && Arrays.equals(keySignature, that.keySignature);
    }

    @Override
    public int hashCode() {
        return 31 * node.hashCode() + Arrays.hashCode(keySignature);
    }
}
