package dev.interlock.core.sealing;

import dev.interlock.core.secret.CipherKey;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.hpke.HPKEContext;
import org.bouncycastle.crypto.hpke.HPKEContextWithEncapsulation;

/**
 * HPKE's contexts, mode base and export-only (RFC 9180 §§5.1.1, 5.3), with all randomness handed in. Bouncy Castle
 * leaves what it computes on the way, the shared secret too, to the garbage collector.
 */
final class Hpke {
    private static final byte[] EXPORTER_CONTEXT = Sealing.LABEL.getBytes(StandardCharsets.US_ASCII);
    /** The randomness of ML-KEM and of X25519. */
    private static final int XWING_SEED_BYTES = 64;

    private static final int X25519_SEED_BYTES = 32;

    private Hpke() {}

    static HPKEContextWithEncapsulation sender(RecipientKey to, byte[] info, SecureRandom random) {
        HPKE suite = to.kem().suite();
        byte[] seed = new byte[to.kem() == Kem.XWING ? XWING_SEED_BYTES : X25519_SEED_BYTES];
        try {
            random.nextBytes(seed);
            return switch (to.kem()) {
                case X25519 -> {
                    AsymmetricCipherKeyPair ephemeral = suite.deserializePrivateKey(seed, null);
                    yield suite.setupBaseS(suite.deserializePublicKey(to.bytes()), info, ephemeral);
                }
                case XWING -> suite.setupBaseS(suite.deserializePublicKey(to.bytes()), info, seed);
            };
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /** @throws IllegalStateException when enc is one on which no secret is agreed */
    static HPKEContext receiver(OpeningKey key, byte[] enc, byte[] info) {
        HPKE suite = key.recipient().kem().suite();
        return key.withPair(suite, pair -> suite.setupBaseR(enc, pair, info));
    }

    /** K of the specification. */
    static CipherKey exportKey(HPKEContext context) {
        return CipherKey.taking(context.export(EXPORTER_CONTEXT, CipherKey.BYTES));
    }
}
