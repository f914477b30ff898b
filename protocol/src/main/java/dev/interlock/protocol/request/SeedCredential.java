package dev.interlock.protocol.request;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.names.NameKeys;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A credential grown from 32 secret bytes, in one or more versions: every key is HKDF-SHA256 (RFC 5869) of them. The newest asks; what
 * was made under an earlier one is still the user's.
 */
public final class SeedCredential implements Credential {
    public static final int SEED_BYTES = 32;
    private static final byte[] SALT = "interlock/v1/credential".getBytes(StandardCharsets.US_ASCII);

    /** The first version first. */
    private final List<SecretBytes> seeds;

    private final ConcurrentMap<String, SigningKey> keys = new ConcurrentHashMap<>();

    /** Of one version; takes over the seed and closes it with this credential. */
    public SeedCredential(SecretBytes seed) {
        this(List.of(seed));
    }

    /** @param seeds of all versions, the first one first; taken over, and closed with this credential */
    public SeedCredential(List<SecretBytes> seeds) {
        if (seeds.isEmpty()) {
            throw new IllegalArgumentException("a credential has a version");
        }
        for (SecretBytes seed : seeds) {
            if (seed.size() != SEED_BYTES) {
                throw new IllegalArgumentException("a credential has 32 secret bytes, not " + seed.size());
            }
        }
        this.seeds = List.copyOf(seeds);
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
    public byte[] signCommand(RingId ring, String node, byte[] message) {
        return key(ring, node).sign(Purpose.COMMAND, message);
    }

    @Override
    public byte[] signClaim(RingId ring, String node, byte[] message) {
        return key(ring, node).sign(Purpose.CLAIM, message);
    }

    @Override
    public byte[] signAcceptance(RingId ring, String node, byte[] message) {
        return key(ring, node).sign(Purpose.ACCEPTANCE, message);
    }

    /** The same for the purpose {@code LOGIN_SUCCESSION}: that another key comes in this one's place. */
    public byte[] signSuccession(RingId ring, String node, byte[] message) {
        return key(ring, node).sign(Purpose.LOGIN_SUCCESSION, message);
    }

    @Override
    public int rootVersion() {
        return seeds.size();
    }

    @Override
    public SigningKey ownerKey(int rootVersion, byte[] nonce) {
        requireVersion(rootVersion, "the object is");
        // No ring in it: an object keeps its owner and its id where it moves.
        byte[] info = new ByteWriter()
                .text("owner key")
                .u32(rootVersion)
                .fixed(nonce, OwnerKey.NONCE_BYTES)
                .toBytes();
        return new SigningKey(SecretBytes.taking(derive(rootVersion, info, SigningKey.SEED_BYTES)));
    }

    @Override
    public SecretBytes nameSecret(RingId ring, int rootVersion) {
        requireVersion(rootVersion, "the names are");
        byte[] info = new ByteWriter()
                .text("name keys")
                .u32(rootVersion)
                .fixed(ring.bytes(), RingId.BYTES)
                .toBytes();
        return SecretBytes.taking(derive(rootVersion, info, NameKeys.SECRET_BYTES));
    }

    private void requireVersion(int rootVersion, String what) {
        if (rootVersion < 1 || rootVersion > rootVersion()) {
            throw new RefusedException("this credential has " + (rootVersion() == 1 ? "version " : "versions 1 to ")
                    + rootVersion() + " of its user's root secret, and " + what + " of version " + rootVersion);
        }
    }

    private SigningKey key(RingId ring, String node) {
        return keys.computeIfAbsent(
                ring + "/" + node,
                _ -> new SigningKey(SecretBytes.taking(derive(
                        rootVersion(),
                        new ByteWriter()
                                .text("request key")
                                .fixed(ring.bytes(), RingId.BYTES)
                                .text(node)
                                .toBytes(),
                        SigningKey.SEED_BYTES))));
    }

    private byte[] derive(int rootVersion, byte[] info, int length) {
        byte[] secret = seeds.get(rootVersion - 1).copyToHeap();
        try {
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
        seeds.forEach(SecretBytes::close);
    }
}
