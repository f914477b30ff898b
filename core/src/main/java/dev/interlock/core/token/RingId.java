package dev.interlock.core.token;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Arrays;

/** Names a ring for all its epochs: it hangs on the ring's signing key alone: 128 bits, written as 32 lower-case hex digits. */
public record RingId(long high, long low) {
    public static final int BYTES = Id128.BYTES;

    /** @throws dev.interlock.core.encoding.MalformedException unless there are 16 bytes */
    public static RingId of(byte[] bytes) {
        Id128.requireLength("ring id", bytes);
        return new RingId(Id128.high(bytes), Id128.low(bytes));
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless the text is 32 digits of 0-9a-f */
    public static RingId parse(String text) {
        return of(Id128.parse("ring id", text));
    }

    public static RingId of(VerifyingKey ringKey) {
        return of(Arrays.copyOf(
                Sha256.labelled("interlock/v1/ring-id").update(ringKey.bytes()).digest(), BYTES));
    }

    public byte[] bytes() {
        return Id128.bytes(high, low);
    }

    @Override
    public String toString() {
        return Id128.hex(high, low);
    }
}
