package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.request.SeedCredential;
import java.security.SecureRandom;

/** What all of a user's keys derive from, version 1: 32 random bytes. A credential file holds the same. */
public final class RootSecret implements AutoCloseable {
    public static final int BYTES = SeedCredential.SEED_BYTES;
    /** The only version that this program knows. */
    public static final int VERSION = 1;

    private final SecretBytes secret;

    /** Takes over the bytes and closes them with this. */
    public RootSecret(SecretBytes secret) {
        if (secret.size() != BYTES) {
            throw new IllegalArgumentException("a root secret has " + BYTES + " bytes, not " + secret.size());
        }
        this.secret = secret;
    }

    public static RootSecret random(SecureRandom random) {
        return new RootSecret(SecretBytes.random(BYTES, random));
    }

    /** What signs this user's login records in one ring (SPEC §17); the caller closes it. */
    public SigningKey identity(RingId ring) {
        byte[] info = new ByteWriter()
                .text("identity key")
                .u32(VERSION)
                .fixed(ring.bytes(), RingId.BYTES)
                .toBytes();
        return new SigningKey(Hkdf.derive(secret, "interlock/v1/credential", info));
    }

    /** Who this user is; the caller closes it. */
    public SeedCredential credential() {
        return new SeedCredential(copy());
    }

    /** The caller closes it. */
    public SecretBytes copy() {
        return SecretBytes.copyOf(secret.segment());
    }

    SecretBytes bytes() {
        return secret;
    }

    @Override
    public void close() {
        secret.close();
    }
}
