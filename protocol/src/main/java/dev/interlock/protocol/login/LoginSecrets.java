package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.crypto.AEADBadTagException;

/**
 * What an OPRF's output is made into (SPEC §17): the key that seals the root, and a signing key for each provider, which tells none
 * of them anything about another's. None of it leaves the client before the root has opened.
 */
public final class LoginSecrets implements AutoCloseable {
    private static final String SALT = "interlock/v1/login";

    private final RingId ring;
    private final UserName name;
    private final SecretBytes stretched;

    LoginSecrets(RingId ring, UserName name, SecretBytes stretched) {
        this.ring = ring;
        this.name = name;
        this.stretched = stretched;
    }

    /** @param output the OPRF's; wiped */
    static LoginSecrets of(RingId ring, UserName name, Stretching stretching, byte[] output) {
        try {
            return new LoginSecrets(ring, name, stretching.apply(output));
        } finally {
            Arrays.fill(output, (byte) 0);
        }
    }

    /** The key for one provider; the caller closes it. */
    public SigningKey loginKey(String node) {
        return new SigningKey(
                Hkdf.derive(stretched, SALT, info("login key").text(node).toBytes()));
    }

    VerifyingKey loginPublicKey(String node) {
        try (SigningKey key = loginKey(node)) {
            return key.verifyingKey();
        }
    }

    /** nonce ‖ the newest root and the next, sealed. */
    byte[] seal(SecretBytes root, SecretBytes next, byte[] bound, SecureRandom random) {
        byte[] nonce = new byte[AesGcm.NONCE_BYTES];
        random.nextBytes(nonce);
        ByteBuffer sealed = ByteBuffer.allocate(Lock.SEALED_BYTES).put(nonce);
        try (SecretBytes both = SecretBytes.allocate(2L * RootSecret.BYTES);
                CipherKey key = sealingKey();
                AesGcm cipher = AesGcm.sealing(key)) {
            both.segment().asSlice(0, RootSecret.BYTES).copyFrom(root.segment());
            both.segment().asSlice(RootSecret.BYTES).copyFrom(next.segment());
            cipher.seal(nonce, bound, both.segment(), sealed);
        }
        return sealed.array();
    }

    /** The root and the next, which the caller closes; empty where they weren't sealed under this. */
    Optional<List<SecretBytes>> open(byte[] sealed, byte[] bound) {
        try (SecretBytes both = SecretBytes.allocate(2L * RootSecret.BYTES);
                CipherKey key = sealingKey();
                AesGcm cipher = AesGcm.opening(key)) {
            cipher.open(
                    Arrays.copyOf(sealed, AesGcm.NONCE_BYTES),
                    bound,
                    ByteBuffer.wrap(sealed, AesGcm.NONCE_BYTES, sealed.length - AesGcm.NONCE_BYTES),
                    both.segment());
            return Optional.of(List.of(
                    SecretBytes.copyOf(both.segment().asSlice(0, RootSecret.BYTES)),
                    SecretBytes.copyOf(both.segment().asSlice(RootSecret.BYTES))));
        } catch (AEADBadTagException e) {
            return Optional.empty();
        }
    }

    private CipherKey sealingKey() {
        try (SecretBytes key = Hkdf.derive(stretched, SALT, info("sealing key").toBytes())) {
            return CipherKey.copyOf(key.segment());
        }
    }

    private ByteWriter info(String what) {
        return new ByteWriter().text(what).fixed(ring.bytes(), RingId.BYTES).text(name.text());
    }

    @Override
    public void close() {
        stretched.close();
    }
}
