package dev.interlock.protocol.message;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.token.Certificate;

/** Step 3 of a repair: what the provider that gets its share back must keep beside it, as every other provider does. */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record RestoreMessage(Certificate certificate, byte[] manifest) {
    public byte[] encode() {
        return new ByteWriter().bytes(certificate.encode()).bytes(manifest).toBytes();
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless these are exactly the bytes of one */
    public static RestoreMessage decode(byte[] bytes) {
        ByteReader in = new ByteReader("the restore message", bytes);
        RestoreMessage message = new RestoreMessage(Certificate.decode(in.bytes()), in.bytes());
        in.end();
        return message;
    }
}
