package dev.interlock.core.token;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;

/**
 * One provider's signed word that it erased its share of an object.
 *
 * @param shareRoot the root of the share that was erased: 32 bytes
 * @param destroyedMillis by the provider's clock, since 1970
 * @param signature 64 bytes, the provider's
 */
public record Receipt(
        RingId ring, ObjectId object, ShareIndex x, byte[] shareRoot, long destroyedMillis, byte[] signature) {

    public static Receipt sign(
            SigningKey provider, RingId ring, ObjectId object, ShareIndex x, byte[] shareRoot, long destroyedMillis) {
        byte[] message = signed(ring, object, x, shareRoot, destroyedMillis);
        return new Receipt(ring, object, x, shareRoot, destroyedMillis, provider.sign(Purpose.RECEIPT, message));
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless this provider signed it */
    public void verify(VerifyingKey provider) {
        provider.verify(Purpose.RECEIPT, signed(ring, object, x, shareRoot, destroyedMillis), signature);
    }

    public byte[] encode() {
        return new ByteWriter()
                .bytes(signed(ring, object, x, shareRoot, destroyedMillis))
                .fixed(signature, SigningKey.SIGNATURE_BYTES)
                .toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one receipt */
    public static Receipt decode(byte[] bytes) {
        ByteReader outer = new ByteReader("the receipt", bytes);
        ByteReader in = new ByteReader("the receipt", outer.bytes());
        byte[] signature = outer.fixed(SigningKey.SIGNATURE_BYTES);
        outer.end();
        Receipt receipt = new Receipt(
                RingId.of(in.fixed(RingId.BYTES)),
                ObjectId.of(in.fixed(ObjectId.BYTES)),
                provider(in.u8()),
                in.fixed(Sha256.BYTES),
                in.u64(),
                signature);
        in.end();
        return receipt;
    }

    private static ShareIndex provider(int x) {
        try {
            return new ShareIndex(x);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("the receipt names no provider: " + e.getMessage());
        }
    }

    private static byte[] signed(RingId ring, ObjectId object, ShareIndex x, byte[] shareRoot, long destroyedMillis) {
        return new ByteWriter()
                .fixed(ring.bytes(), RingId.BYTES)
                .fixed(object.bytes(), ObjectId.BYTES)
                .u8(x.x())
                .fixed(shareRoot, Sha256.BYTES)
                .u64(destroyedMillis)
                .toBytes();
    }
}
