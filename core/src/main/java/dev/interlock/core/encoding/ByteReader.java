package dev.interlock.core.encoding;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads what {@link ByteWriter} wrote, strictly: every byte accounted for, one encoding for one value. */
public final class ByteReader {
    private final ByteBuffer in;
    private final String what;

    /** @param what names the thing being read, for errors */
    public ByteReader(String what, byte[] bytes) {
        this.what = what;
        this.in = ByteBuffer.wrap(bytes);
    }

    public int u8() {
        need(1);
        return in.get() & 0xFF;
    }

    public int u16() {
        need(2);
        return in.getShort() & 0xFFFF;
    }

    public int u32() {
        need(4);
        int value = in.getInt();
        if (value < 0) {
            throw new MalformedException(what + " has a 32-bit field beyond 2^31−1");
        }
        return value;
    }

    public long u64() {
        need(8);
        long value = in.getLong();
        if (value < 0) {
            throw new MalformedException(what + " has a 64-bit field beyond 2^63−1");
        }
        return value;
    }

    public byte[] fixed(int length) {
        need(length);
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    public byte[] bytes() {
        return fixed(u32());
    }

    public String text() {
        byte[] utf8 = fixed(u8());
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException(what + " has text that isn't UTF-8");
        }
    }

    /** Every byte must have been read. */
    public void end() {
        if (in.hasRemaining()) {
            throw new MalformedException(what + " has " + in.remaining() + " bytes after its end");
        }
    }

    private void need(int length) {
        if (in.remaining() < length) {
            throw new MalformedException(
                    what + " ends early: " + length + " more bytes expected, " + in.remaining() + " left");
        }
    }
}
