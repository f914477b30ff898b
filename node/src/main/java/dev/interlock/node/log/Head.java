package dev.interlock.node.log;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.HexFormat;

/**
 * The node's signature over a log as far as it goes. Its line is enough to hold the node to all entries before it.
 *
 * @param line the SIGNED line
 */
public record Head(Line line) {
    private static final String HASH = "head";
    private static final String SIGNATURE = "sig";

    /** @throws MalformedException unless this is the text of a SIGNED line */
    public static Head parse(String text) {
        Line line = Line.parse(text.strip());
        if (line.event() != Event.SIGNED) {
            throw new MalformedException("it is no head: that is a SIGNED line of a log, this is " + line.event());
        }
        return new Head(line);
    }

    /** The entry that signs all up to the one with this number and hash. */
    static Entry entry(SigningKey key, long sequence, byte[] hash, long millis) {
        return Entry.of(Event.SIGNED)
                .with(HASH, HexFormat.of().formatHex(hash))
                .with(SIGNATURE, HexFormat.of().formatHex(key.sign(Purpose.LOG_HEAD, signed(sequence, hash, millis))));
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless the node with this key signed it */
    public void verify(VerifyingKey key) {
        key.verify(
                Purpose.LOG_HEAD,
                signed(signedSequence(), signedHash(), line.time().toEpochMilli()),
                hex(SIGNATURE, SigningKey.SIGNATURE_BYTES));
    }

    /** The last entry that is signed. */
    public long signedSequence() {
        return line.sequence() - 1;
    }

    byte[] signedHash() {
        return hex(HASH, Sha256.BYTES);
    }

    private byte[] hex(String name, int bytes) {
        String text = line.field(name);
        if (text.length() != 2 * bytes || !text.matches("[0-9a-f]+")) {
            throw new MalformedException("its field " + name + " isn't " + 2 * bytes + " hex digits");
        }
        return HexFormat.of().parseHex(text);
    }

    private static byte[] signed(long sequence, byte[] hash, long millis) {
        return new ByteWriter()
                .u64(sequence)
                .fixed(hash, Sha256.BYTES)
                .u64(millis)
                .toBytes();
    }
}
