package dev.interlock.core.token;

import java.security.SecureRandom;

/** Names one session, which is one pass round the ring: 128 bits, written as 32 lower-case hex digits. */
public record SessionId(long high, long low) {
    public static final int BYTES = Id128.BYTES;

    /** @throws dev.interlock.core.encoding.MalformedException unless there are 16 bytes */
    public static SessionId of(byte[] bytes) {
        Id128.requireLength("session id", bytes);
        return new SessionId(Id128.high(bytes), Id128.low(bytes));
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless the text is 32 digits of 0-9a-f */
    public static SessionId parse(String text) {
        return of(Id128.parse("session id", text));
    }

    public static SessionId random(SecureRandom random) {
        return new SessionId(random.nextLong(), random.nextLong());
    }

    public byte[] bytes() {
        return Id128.bytes(high, low);
    }

    @Override
    public String toString() {
        return Id128.hex(high, low);
    }
}
