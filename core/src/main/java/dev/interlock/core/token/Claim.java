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
    public static byte[] message(StatementHash w, ShareIndex x) {
        return new ByteWriter().fixed(w.bytes(), StatementHash.BYTES).u8(x.x()).toBytes();
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless the key in it signed it for this write */
    public void verify(StatementHash w) {
        key.verify(Purpose.CLAIM, message(w, x), signature);
    }
}
