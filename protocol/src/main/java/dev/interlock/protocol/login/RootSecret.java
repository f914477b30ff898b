package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.request.SeedCredential;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/** What all of a user's keys derive from: 32 random bytes, in one or more versions, of which the newest signs and asks. */
public final class RootSecret implements AutoCloseable {
    public static final int BYTES = SeedCredential.SEED_BYTES;
    /** An object can be handed over 16 times, from each version to the next. */
    public static final int MOST_VERSIONS = 64;

    /** The first version first. */
    private final List<SecretBytes> versions;

    /** Of one version; takes over the bytes and closes them with this. A credential file holds the same. */
    public RootSecret(SecretBytes secret) {
        this(List.of(secret));
    }

    /** @param versions the first one first; taken over, and closed with this */
    public RootSecret(List<SecretBytes> versions) {
        if (versions.isEmpty() || versions.size() > MOST_VERSIONS) {
            throw new IllegalArgumentException("a root secret has 1 to " + MOST_VERSIONS + " versions");
        }
        for (SecretBytes secret : versions) {
            if (secret.size() != BYTES) {
                throw new IllegalArgumentException("a root secret has " + BYTES + " bytes, not " + secret.size());
            }
        }
        this.versions = List.copyOf(versions);
    }

    public static RootSecret random(SecureRandom random) {
        return new RootSecret(SecretBytes.random(BYTES, random));
    }

    /** The newest version's number, from 1. */
    public int version() {
        return versions.size();
    }

    /** What signs this user's login records in one ring (SPEC §17); the caller closes it. */
    public SigningKey identity(RingId ring) {
        return identity(newest(), version(), ring);
    }

    /** The same of one version, which the caller has. */
    static SigningKey identity(SecretBytes secret, int version, RingId ring) {
        byte[] info = new ByteWriter()
                .text("identity key")
                .u32(version)
                .fixed(ring.bytes(), RingId.BYTES)
                .toBytes();
        return new SigningKey(Hkdf.derive(secret, "interlock/v1/credential", info));
    }

    static VerifyingKey identityKey(SecretBytes secret, int version, RingId ring) {
        try (SigningKey key = identity(secret, version, ring)) {
            return key.verifyingKey();
        }
    }

    /** Who this user is; the caller closes it. */
    public SeedCredential credential() {
        return new SeedCredential(copies());
    }

    /**
     * Who this user was under an earlier version alone; the caller closes it.
     *
     * @param version from 1
     */
    public SeedCredential credential(int version) {
        return new SeedCredential(SecretBytes.copyOf(versions.get(version - 1).segment()));
    }

    /** These versions, and one more, which is copied; the caller closes it. */
    public RootSecret followedBy(SecretBytes next) {
        List<SecretBytes> all = new ArrayList<>(copies());
        all.add(SecretBytes.copyOf(next.segment()));
        return new RootSecret(all);
    }

    /** The newest version; the caller closes it. */
    public SecretBytes copy() {
        return SecretBytes.copyOf(newest().segment());
    }

    /** All versions, the first one first; the caller closes them. */
    public List<SecretBytes> copies() {
        return versions.stream().map(each -> SecretBytes.copyOf(each.segment())).toList();
    }

    SecretBytes newest() {
        return versions.getLast();
    }

    @Override
    public void close() {
        versions.forEach(SecretBytes::close);
    }
}
