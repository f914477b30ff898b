package dev.interlock.core.token;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.VerifyingKey;

/**
 * The owner's word for a provider that was missing at a write: what it is brought later is this key's. It stands in u_m, so
 * that whoever brings it can't say that it's another's.
 *
 * @param x the missing provider
 * @param key the owner's at that provider
 * @param signature 64 bytes, the owner's
 */
public record Claim(ShareIndex x, VerifyingKey key, byte[] signature) {
    /** What is signed. */
    public static byte[] message(RingId ring, int epoch, ObjectId object, ShareIndex x) {
        return new ByteWriter()
                .fixed(ring.bytes(), RingId.BYTES)
                .u32(epoch)
                .fixed(object.bytes(), ObjectId.BYTES)
                .u8(x.x())
                .toBytes();
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless the key in it signed it for this object */
    public void verify(RingId ring, int epoch, ObjectId object) {
        key.verify(Purpose.CLAIM, message(ring, epoch, object, x), signature);
    }
}
