package dev.interlock.core.signature;

import dev.interlock.core.secret.SecretBytes;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** An Ed25519 private key (RFC 8032): a 32-byte seed, off the heap but for the moment of signing. */
public final class SigningKey implements AutoCloseable {
    public static final int SEED_BYTES = Ed25519.SECRET_KEY_SIZE;
    public static final int SIGNATURE_BYTES = Ed25519.SIGNATURE_SIZE;

    private final SecretBytes seed;
    private final VerifyingKey verifyingKey;
    private final byte[] publicKey;

    /** Takes over the seed and closes it with this key. */
    public SigningKey(SecretBytes seed) {
        if (seed.size() != SEED_BYTES) {
            throw new IllegalArgumentException("an Ed25519 seed has 32 bytes, not " + seed.size());
        }
        this.seed = seed;
        byte[] secret = seed.copyToHeap();
        try {
            this.verifyingKey = VerifyingKey.of(Ed25519.generatePublicKey(secret, 0));
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
        this.publicKey = verifyingKey.bytes();
    }

    /** 64 bytes. */
    public byte[] sign(Purpose purpose, byte[] message) {
        byte[] labelled = purpose.prefixed(message);
        byte[] signature = new byte[SIGNATURE_BYTES];
        byte[] secret = seed.copyToHeap();
        try {
            // With the public key given, which else is computed anew: half of the work.
            Ed25519.sign(secret, 0, publicKey, 0, labelled, 0, labelled.length, signature, 0);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
        return signature;
    }

    public VerifyingKey verifyingKey() {
        return verifyingKey;
    }

    @Override
    public void close() {
        seed.close();
    }
}
