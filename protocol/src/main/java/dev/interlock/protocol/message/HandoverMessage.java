package dev.interlock.protocol.message;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.token.Certificate;

/**
 * What every provider is told at a handover (SPEC §10): what is handed over, and the word for it. Whoever was away when the
 * generation was committed commits it now, so that it hands over exactly this one.
 *
 * @param certificate of the generation that the commands name
 * @param commands one for each provider
 */
public record HandoverMessage(Certificate certificate, Commands commands) {
    public byte[] encode() {
        return new ByteWriter()
                .bytes(certificate.encode())
                .bytes(commands.encode())
                .toBytes();
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless these are exactly the bytes of one */
    public static HandoverMessage decode(byte[] bytes) {
        ByteReader in = new ByteReader("the handover", bytes);
        Certificate certificate = Certificate.decode(in.bytes());
        Commands commands = Commands.decode(in.bytes());
        in.end();
        return new HandoverMessage(certificate, commands);
    }
}
