package dev.interlock.core.token;

import java.security.SecureRandom;

/** Names one object in its ring: 128 bits, written as 32 lower-case hex digits. */
public record ObjectId(long high, long low) {
    public static final int BYTES = Id128.BYTES;

    /** @throws dev.interlock.core.encoding.MalformedException unless there are 16 bytes */
    public static ObjectId of(byte[] bytes) {
        Id128.requireLength("object id", bytes);
        return new ObjectId(Id128.high(bytes), Id128.low(bytes));
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless the text is 32 digits of 0-9a-f */
    public static ObjectId parse(String text) {
        return of(Id128.parse("object id", text));
    }

    public static ObjectId random(SecureRandom random) {
        return new ObjectId(random.nextLong(), random.nextLong());
    }

    public byte[] bytes() {
        return Id128.bytes(high, low);
    }

    @Override
    public String toString() {
        return Id128.hex(high, low);
    }
}
