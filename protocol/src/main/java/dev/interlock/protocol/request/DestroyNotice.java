package dev.interlock.protocol.request;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;
import java.time.Instant;

/**
 * An owner's word that one provider is to destroy one object, for a provider that can't be reached now: others carry it there.
 * It allows nothing but that, so it may be carried by anyone, may come late, and may come twice; it has no epoch and never
 * expires, since destroyed is destroyed.
 *
 * @param key by which that provider knows the owner
 * @param node whom it is for
 * @param signedMillis by the owner's clock, since 1970
 * @param signature 64 bytes
 */
public record DestroyNotice(
        VerifyingKey key, RingId ring, String node, ObjectId object, long signedMillis, byte[] signature) {
    public static final int MAX_BYTES = 256;
    private static final int VERSION = 1;

    public static DestroyNotice sign(Credential credential, RingId ring, String node, ObjectId object, Instant now) {
        VerifyingKey key = credential.publicKey(ring, node);
        byte[] message = message(key, ring, node, object, now.toEpochMilli());
        return new DestroyNotice(
                key, ring, node, object, now.toEpochMilli(), credential.signNotice(ring, node, message));
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless the key in it signed it */
    public void verify() {
        key.verify(Purpose.DESTROY_NOTICE, message(key, ring, node, object, signedMillis), signature);
    }

    public byte[] encode() {
        return new ByteWriter()
                .bytes(message(key, ring, node, object, signedMillis))
                .fixed(signature, SigningKey.SIGNATURE_BYTES)
                .toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one */
    public static DestroyNotice decode(byte[] bytes) {
        ByteReader outer = new ByteReader("the destroy notice", bytes);
        ByteReader in = new ByteReader("the destroy notice", outer.bytes());
        byte[] signature = outer.fixed(SigningKey.SIGNATURE_BYTES);
        outer.end();
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException("the destroy notice is of version " + version + ", not " + VERSION);
        }
        DestroyNotice notice = new DestroyNotice(
                VerifyingKey.of(in.fixed(VerifyingKey.BYTES)),
                RingId.of(in.fixed(RingId.BYTES)),
                in.text(),
                ObjectId.of(in.fixed(ObjectId.BYTES)),
                in.u64(),
                signature);
        in.end();
        return notice;
    }

    private static byte[] message(VerifyingKey key, RingId ring, String node, ObjectId object, long signedMillis) {
        return new ByteWriter()
                .u8(VERSION)
                .fixed(key.bytes(), VerifyingKey.BYTES)
                .fixed(ring.bytes(), RingId.BYTES)
                .text(node)
                .fixed(object.bytes(), ObjectId.BYTES)
                .u64(signedMillis)
                .toBytes();
    }
}
