package dev.interlock.core.token;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.VerifyingKey;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * O, an owner's key of one object for all its generations, and what it was derived from. {@link Title} says whether the object is
 * this one's.
 *
 * @param rootVersion of the user's root secret, from 1
 * @param nonce 32 bytes, this object's; of its maker random
 * @param key O itself
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record OwnerKey(int rootVersion, byte[] nonce, VerifyingKey key) {
    public static final int NONCE_BYTES = 32;

    /** @throws MalformedException when a field is out of its range */
    public OwnerKey {
        if (rootVersion < 1 || nonce.length != NONCE_BYTES) {
            throw new MalformedException("an owner's key has a root version from 1 and a nonce of 32 bytes, not "
                    + rootVersion + " and " + nonce.length);
        }
    }

    /** A fresh nonce: another object, another key. */
    public static byte[] nonce(SecureRandom random) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        return nonce;
    }

    /** The id of the object that was made with this key, and can be no other's. */
    public ObjectId object() {
        return ObjectId.of(key, nonce);
    }

    void write(ByteWriter out) {
        out.u32(rootVersion).fixed(nonce, NONCE_BYTES).fixed(key.bytes(), VerifyingKey.BYTES);
    }

    static OwnerKey read(ByteReader in) {
        return new OwnerKey(in.u32(), in.fixed(NONCE_BYTES), VerifyingKey.of(in.fixed(VerifyingKey.BYTES)));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OwnerKey that
                && rootVersion == that.rootVersion
                && Arrays.equals(nonce, that.nonce)
                && key.equals(that.key);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(nonce) + key.hashCode();
    }
}
