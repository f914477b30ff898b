package dev.interlock.protocol.request;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.Token;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** A credential grown from 32 secret bytes: every key is HKDF-SHA256 (RFC 5869) of them under the ring and the node. */
public final class SeedCredential implements Credential {
    public static final int SEED_BYTES = 32;
    private static final byte[] SALT = "interlock/v1/credential".getBytes(StandardCharsets.US_ASCII);

    private final SecretBytes seed;
    private final ConcurrentMap<String, SigningKey> keys = new ConcurrentHashMap<>();

    /** Takes over the seed and closes it with this credential. */
    public SeedCredential(SecretBytes seed) {
        if (seed.size() != SEED_BYTES) {
            throw new IllegalArgumentException("a credential has 32 secret bytes, not " + seed.size());
        }
        this.seed = seed;
    }

    @Override
    public byte[] owner(RingId ring) {
        return derive("owner", ring, "", Token.OWNER_BYTES);
    }

    @Override
    public VerifyingKey publicKey(RingId ring, String node) {
        return key(ring, node).verifyingKey();
    }

    @Override
    public byte[] sign(RingId ring, String node, byte[] message) {
        return key(ring, node).sign(Purpose.CLIENT_REQUEST, message);
    }

    @Override
    public byte[] signNotice(RingId ring, String node, byte[] message) {
        return key(ring, node).sign(Purpose.DESTROY_NOTICE, message);
    }

    @Override
    public byte[] signClaim(RingId ring, String node, byte[] message) {
        return key(ring, node).sign(Purpose.CLAIM, message);
    }

    private SigningKey key(RingId ring, String node) {
        return keys.computeIfAbsent(
                ring + "/" + node,
                _ -> new SigningKey(SecretBytes.taking(derive("request key", ring, node, SigningKey.SEED_BYTES))));
    }

    private byte[] derive(String use, RingId ring, String node, int length) {
        byte[] secret = seed.copyToHeap();
        try {
            byte[] info = new ByteWriter()
                    .text(use)
                    .fixed(ring.bytes(), RingId.BYTES)
                    .text(node)
                    .toBytes();
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(new SecretKeySpec(secret, "HKDF"))
                            .addSalt(SALT)
                            .thenExpand(info, length));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the Java platform lacks HKDF-SHA256", e);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    @Override
    public void close() {
        keys.values().forEach(SigningKey::close);
        keys.clear();
        seed.close();
    }
}
