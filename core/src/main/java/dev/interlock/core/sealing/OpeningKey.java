package dev.interlock.core.sealing;

import dev.interlock.core.secret.SecretBytes;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.Function;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.hpke.HPKE;

/** A private key that opens what is sealed to its {@link #recipient}: 32 bytes, off the heap but for the moment of use. */
public final class OpeningKey implements AutoCloseable {
    /** An X25519 scalar, or the seed of X-Wing. */
    public static final int BYTES = 32;

    private final SecretBytes secret;
    private final RecipientKey recipient;

    private OpeningKey(SecretBytes secret, RecipientKey recipient) {
        this.secret = secret;
        this.recipient = recipient;
    }

    public static OpeningKey generate(Kem kem, SecureRandom random) {
        return of(kem, SecretBytes.random(BYTES, random));
    }

    /**
     * Takes over the secret and closes it with this key.
     *
     * @throws IllegalArgumentException unless it has 32 bytes
     */
    public static OpeningKey of(Kem kem, SecretBytes secret) {
        if (secret.size() != BYTES) {
            throw new IllegalArgumentException(
                    "a private key " + kem.label() + " has " + BYTES + " bytes, not " + secret.size());
        }
        HPKE suite = kem.suite();
        byte[] point = withPair(suite, secret, pair -> suite.serializePublicKey(pair.getPublic()));
        return new OpeningKey(secret, RecipientKey.of(kem, point));
    }

    public RecipientKey recipient() {
        return recipient;
    }

    /** The 32 secret bytes, to be kept. The caller wipes them. */
    public byte[] copyToHeap() {
        return secret.copyToHeap();
    }

    @Override
    public void close() {
        secret.close();
    }

    /** Bouncy Castle keeps a copy on the heap as long as the pair is reachable, and doesn't wipe it. */
    <T> T withPair(HPKE suite, Function<AsymmetricCipherKeyPair, T> use) {
        return withPair(suite, secret, use);
    }

    private static <T> T withPair(HPKE suite, SecretBytes secret, Function<AsymmetricCipherKeyPair, T> use) {
        byte[] bytes = secret.copyToHeap();
        try {
            return use.apply(suite.deserializePrivateKey(bytes, null));
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
