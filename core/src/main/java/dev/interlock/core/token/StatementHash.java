package dev.interlock.core.token;

import dev.interlock.core.encoding.MalformedException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * H(w): names a session by what it is about, and so the generation of an object that it makes. 256 bits, written as 64
 * lower-case hex digits; compared as unsigned bytes.
 */
public record StatementHash(long a, long b, long c, long d) implements Comparable<StatementHash> {
    public static final int BYTES = 32;
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    /** @throws MalformedException unless there are 32 bytes */
    public static StatementHash of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new MalformedException("a statement's hash has 32 bytes, not " + bytes.length);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return new StatementHash(in.getLong(), in.getLong(), in.getLong(), in.getLong());
    }

    /** @throws MalformedException unless the text is 64 digits of 0-9a-f */
    public static StatementHash parse(String text) {
        if (!HEX.matcher(text).matches()) {
            throw new MalformedException("a statement's hash is written as 64 digits of 0-9 and a-f");
        }
        return of(HexFormat.of().parseHex(text));
    }

    public byte[] bytes() {
        return ByteBuffer.allocate(BYTES)
                .putLong(a)
                .putLong(b)
                .putLong(c)
                .putLong(d)
                .array();
    }

    @Override
    public int compareTo(StatementHash other) {
        int order = Long.compareUnsigned(a, other.a);
        order = order != 0 ? order : Long.compareUnsigned(b, other.b);
        order = order != 0 ? order : Long.compareUnsigned(c, other.c);
        return order != 0 ? order : Long.compareUnsigned(d, other.d);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes());
    }
}
