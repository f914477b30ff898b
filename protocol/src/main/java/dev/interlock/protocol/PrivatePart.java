package dev.interlock.protocol;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.VerifyingKey;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * What one party alone is told of a session. The statement w has its hash, so that nobody can pass another one on with the same
 * w; the salt before it keeps that hash from telling anything.
 *
 * @param salt 64 random bytes
 * @param asks the key that may ask in this session at this party
 * @param blinding where this provider's B_i comes from
 * @param seeds the 32-byte seed of an expanded B_i; of paired blinds the seeds that this provider shares with every other one of
 *     the path, in its order, and with the repaired one; empty otherwise
 */
@SuppressWarnings("ArrayRecordComponent") // wiped, never compared
public record PrivatePart(byte[] salt, VerifyingKey asks, Blinding blinding, byte[] seeds) {
    private static final int SALT_BYTES = 64;
    private static final int VERSION = 2;

    /** @throws MalformedException when the salt has another length */
    public PrivatePart {
        if (salt.length != SALT_BYTES) {
            throw new MalformedException("a private part has a salt of " + SALT_BYTES + " bytes, not " + salt.length);
        }
    }

    /** @param seeds taken over */
    static PrivatePart of(VerifyingKey asks, Blinding blinding, byte[] seeds, SecureRandom random) {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return new PrivatePart(salt, asks, blinding, seeds);
    }

    /** The hash that stands in w for this party; 32 bytes. */
    public static byte[] hash(byte[] encoded) {
        return Sha256.labelled("interlock/v1/private-part").update(encoded).digest();
    }

    public byte[] encode() {
        return new ByteWriter()
                .u8(VERSION)
                .fixed(salt, SALT_BYTES)
                .fixed(asks.bytes(), VerifyingKey.BYTES)
                .u8(blinding.code())
                .bytes(seeds)
                .toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one */
    public static PrivatePart decode(byte[] bytes) {
        ByteReader in = new ByteReader("the private part of the order", bytes);
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException("the private part has version " + version + ", not " + VERSION);
        }
        PrivatePart part = new PrivatePart(
                in.fixed(SALT_BYTES),
                VerifyingKey.of(in.fixed(VerifyingKey.BYTES)),
                Blinding.ofCode(in.u8()),
                in.bytes());
        in.end();
        return part;
    }

    void wipe() {
        Arrays.fill(seeds, (byte) 0);
    }
}
