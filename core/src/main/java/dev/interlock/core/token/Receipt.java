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
 * One provider's signed word that it erased what it held of an object, on its owner's command.
 *
 * @param epoch of the generation that it erased last
 * @param number that generation's
 * @param generation its H(w)
 * @param everywhere whether the command was for all generations and epochs in this ring, for ever
 * @param shareRoot the root of the share that was erased: 32 bytes
 * @param destroyedMillis by the provider's clock, since 1970
 * @param signature 64 bytes, the provider's
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record Receipt(
        RingId ring,
        int epoch,
        ObjectId object,
        long number,
        StatementHash generation,
        boolean everywhere,
        ShareIndex x,
        byte[] shareRoot,
        long destroyedMillis,
        byte[] signature) {

    /** @param u of the generation that was erased */
    public static Receipt sign(SigningKey provider, Token u, boolean everywhere, ShareIndex x, long destroyedMillis) {
        Receipt unsigned = new Receipt(
                u.ring(),
                u.epoch(),
                u.object(),
                u.number(),
                u.id(),
                everywhere,
                x,
                u.dealt().rootOf(x).root(),
                destroyedMillis,
                new byte[SigningKey.SIGNATURE_BYTES]);
        return unsigned.with(provider.sign(Purpose.RECEIPT, unsigned.signed()));
    }

    private Receipt with(byte[] bytes) {
        return new Receipt(ring, epoch, object, number, generation, everywhere, x, shareRoot, destroyedMillis, bytes);
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless this provider signed it */
    public void verify(VerifyingKey provider) {
        provider.verify(Purpose.RECEIPT, signed(), signature);
    }

    public byte[] encode() {
        return new ByteWriter()
                .bytes(signed())
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
                in.u32(),
                ObjectId.of(in.fixed(ObjectId.BYTES)),
                in.u64(),
                StatementHash.of(in.fixed(StatementHash.BYTES)),
                Encodings.flag(in),
                Encodings.x(in),
                in.fixed(Sha256.BYTES),
                in.u64(),
                signature);
        in.end();
        return receipt;
    }

    private byte[] signed() {
        return new ByteWriter()
                .fixed(ring.bytes(), RingId.BYTES)
                .u32(epoch)
                .fixed(object.bytes(), ObjectId.BYTES)
                .u64(number)
                .fixed(generation.bytes(), StatementHash.BYTES)
                .u8(everywhere ? 1 : 0)
                .u8(x.x())
                .fixed(shareRoot, Sha256.BYTES)
                .u64(destroyedMillis)
                .toBytes();
    }
}
