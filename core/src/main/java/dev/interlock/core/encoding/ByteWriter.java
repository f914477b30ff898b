package dev.interlock.core.encoding;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes the binary encoding: big-endian integers, fields in fixed order, variable fields behind their length. */
public final class ByteWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** One unsigned byte, 0..255. */
    public ByteWriter u8(int value) {
        require(value, 0xFF);
        out.write(value);
        return this;
    }

    /** Two bytes, 0..65535. */
    public ByteWriter u16(int value) {
        require(value, 0xFFFF);
        out.write(value >>> 8);
        out.write(value);
        return this;
    }

    /** Four bytes, 0..2^31−1. */
    public ByteWriter u32(int value) {
        require(value, Integer.MAX_VALUE);
        for (int shift = 24; shift >= 0; shift -= 8) {
            out.write(value >>> shift);
        }
        return this;
    }

    /** Eight bytes, 0..2^63−1. */
    public ByteWriter u64(long value) {
        require(value, Long.MAX_VALUE);
        for (int shift = 56; shift >= 0; shift -= 8) {
            out.write((int) (value >>> shift));
        }
        return this;
    }

    /** Bytes whose length both sides know. */
    public ByteWriter fixed(byte[] bytes, int length) {
        if (bytes.length != length) {
            throw new IllegalArgumentException("a field of " + length + " bytes was given " + bytes.length);
        }
        out.writeBytes(bytes);
        return this;
    }

    /** Bytes behind a four-byte length. */
    public ByteWriter bytes(byte[] bytes) {
        u32(bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    /** UTF-8 behind a one-byte length. */
    public ByteWriter text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        u8(utf8.length);
        out.writeBytes(utf8);
        return this;
    }

    public byte[] toBytes() {
        return out.toByteArray();
    }

    private static void require(long value, long max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException("value " + value + " is outside 0.." + max);
        }
    }
}
