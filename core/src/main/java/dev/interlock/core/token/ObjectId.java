package dev.interlock.core.token;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Arrays;

/**
 * Names one object through all its generations, in every ring: the first 128 bits of H(`object-id`, O, nonce), written as 32
 * lower-case hex digits. Nobody but the owner of O can make an object, a generation or a move under it.
 */
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

    /** The id that hangs on the owner's key and the object's nonce. */
    static ObjectId of(VerifyingKey owner, byte[] nonce) {
        return of(Arrays.copyOf(
                Sha256.labelled("interlock/v1/object-id")
                        .update(owner.bytes())
                        .update(nonce)
                        .digest(),
                BYTES));
    }

    public byte[] bytes() {
        return Id128.bytes(high, low);
    }

    @Override
    public String toString() {
        return Id128.hex(high, low);
    }
}
