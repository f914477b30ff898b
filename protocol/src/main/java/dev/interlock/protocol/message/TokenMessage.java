package dev.interlock.protocol.message;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;

/**
 * Step 5 of a write: u_m and the manifest, which is all chunk leaves one after the other (32 bytes each): readers check every
 * chunk against it, and it against h of u_m.
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record TokenMessage(byte[] token, byte[] manifest) {
    public byte[] encode() {
        return new ByteWriter().bytes(token).bytes(manifest).toBytes();
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless these are exactly the bytes of one */
    public static TokenMessage decode(byte[] bytes) {
        ByteReader in = new ByteReader("the token message", bytes);
        TokenMessage message = new TokenMessage(in.bytes(), in.bytes());
        in.end();
        return message;
    }
}
