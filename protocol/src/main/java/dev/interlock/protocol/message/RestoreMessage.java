package dev.interlock.protocol.message;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;

/** Step 3 of a repair: what the provider that gets its share back must keep beside it, as every other provider does. */
public record RestoreMessage(CommitMessage commit, byte[] manifest) {
    public byte[] encode() {
        return new ByteWriter().bytes(commit.encode()).bytes(manifest).toBytes();
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless these are exactly the bytes of one */
    public static RestoreMessage decode(byte[] bytes) {
        ByteReader in = new ByteReader("the restore message", bytes);
        RestoreMessage message = new RestoreMessage(CommitMessage.decode(in.bytes()), in.bytes());
        in.end();
        return message;
    }
}
