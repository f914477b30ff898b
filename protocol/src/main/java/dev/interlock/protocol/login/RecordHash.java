package dev.interlock.protocol.login;

import dev.interlock.core.encoding.MalformedException;
import java.util.Arrays;
import java.util.HexFormat;

/** Names one login record: 32 bytes. */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record RecordHash(byte[] bytes) implements Comparable<RecordHash> {
    public static final int BYTES = 32;

    public RecordHash {
        if (bytes.length != BYTES) {
            throw new MalformedException("a record's hash has " + BYTES + " bytes, not " + bytes.length);
        }
        bytes = bytes.clone();
    }

    @Override
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public int compareTo(RecordHash other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RecordHash that && Arrays.equals(bytes, that.bytes);
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
