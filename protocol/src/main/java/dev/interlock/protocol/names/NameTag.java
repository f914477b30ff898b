package dev.interlock.protocol.names;

import dev.interlock.core.encoding.MalformedException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** What an entry is found under: a keyed hash of its name, 32 bytes, which say nothing without the key. Ordered as bytes. */
public final class NameTag implements Comparable<NameTag> {
    public static final int BYTES = 32;
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    private final byte[] bytes;

    /** @throws MalformedException unless there are 32 */
    public NameTag(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new MalformedException("a name's tag has " + BYTES + " bytes, not " + bytes.length);
        }
        this.bytes = bytes.clone();
    }

    /** @throws MalformedException unless the text is 64 digits of 0-9a-f */
    public static NameTag parse(String text) {
        if (!HEX.matcher(text).matches()) {
            throw new MalformedException("a name's tag is written as 64 digits of 0-9a-f");
        }
        return new NameTag(HexFormat.of().parseHex(text));
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public int compareTo(NameTag other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NameTag that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
