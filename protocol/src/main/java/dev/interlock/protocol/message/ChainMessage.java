package dev.interlock.protocol.message;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.token.SignatureChain;

/**
 * Step 5 of a write: u_m with the signatures so far, and the manifest, which is all chunk leaves one after the other
 * (32 bytes each): readers check every chunk against it, and it against h of u_m.
 */
public record ChainMessage(SignatureChain chain, byte[] manifest) {
    public byte[] encode() {
        return new ByteWriter().bytes(chain.encode()).bytes(manifest).toBytes();
    }

    public static ChainMessage decode(byte[] bytes) {
        ByteReader in = new ByteReader("the chain message", bytes);
        ChainMessage message = new ChainMessage(SignatureChain.decode(in.bytes()), in.bytes());
        in.end();
        return message;
    }
}
