package dev.interlock.core.token;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;

/**
 * The commitment to one provider's share of one object: the Merkle root over the salted share leaves, signed by the dealer
 * (DESIGN §8) or, where the share is a sum that no dealer knows, by that provider. Whoever holds it can tell a right share chunk from a wrong one.
 *
 * @param x the share index, which is the provider's x-coordinate
 * @param root 32 bytes
 * @param signature 64 bytes, its signer's
 */
public record ShareRoot(ShareIndex x, byte[] root, byte[] signature) {
    public ShareRoot {
        if (root.length != Sha256.BYTES || signature.length != SigningKey.SIGNATURE_BYTES) {
            throw new IllegalArgumentException(
                    "a share root has 32 bytes and a signature of 64, not " + root.length + " and " + signature.length);
        }
    }

    public static ShareRoot sign(
            SigningKey signer, RingId ring, int epoch, ObjectId object, ShareIndex x, long length, byte[] root) {
        return new ShareRoot(x, root, signer.sign(Purpose.SHARE_ROOT, signed(ring, epoch, object, x, length, root)));
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless this signer committed to this root */
    public void verify(VerifyingKey signer, RingId ring, int epoch, ObjectId object, long length) {
        signer.verify(Purpose.SHARE_ROOT, signed(ring, epoch, object, x, length, root), signature);
    }

    private static byte[] signed(RingId ring, int epoch, ObjectId object, ShareIndex x, long length, byte[] root) {
        return new ByteWriter()
                .fixed(ring.bytes(), RingId.BYTES)
                .u32(epoch)
                .fixed(object.bytes(), ObjectId.BYTES)
                .u8(x.x())
                .u64(length)
                .fixed(root, Sha256.BYTES)
                .toBytes();
    }
}
