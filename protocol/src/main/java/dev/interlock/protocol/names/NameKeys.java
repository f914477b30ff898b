package dev.interlock.protocol.names;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A user's three keys for names in one ring (SPEC §16), all from one secret: one hashes names into tags, one seals contents, one
 * signs entries. Safe for use by many threads.
 */
public final class NameKeys implements AutoCloseable {
    public static final int SECRET_BYTES = 32;
    /** Contents are filled up to a multiple of it, so that their lengths say little. */
    private static final int STEP_BYTES = 128;

    private final RingId ring;
    private final int rootVersion;
    private final CipherKey finding;
    private final CipherKey sealing;
    private final SigningKey signing;

    private NameKeys(RingId ring, int rootVersion, CipherKey finding, CipherKey sealing, SigningKey signing) {
        this.ring = ring;
        this.rootVersion = rootVersion;
        this.finding = finding;
        this.sealing = sealing;
        this.signing = signing;
    }

    /** @param secret 32 bytes of this user, ring and root version; stays the caller's to close */
    public static NameKeys of(RingId ring, int rootVersion, SecretBytes secret) {
        return new NameKeys(
                ring,
                rootVersion,
                CipherKey.taking(derive(secret, "find")),
                CipherKey.taking(derive(secret, "seal")),
                new SigningKey(SecretBytes.taking(derive(secret, "sign"))));
    }

    private static byte[] derive(SecretBytes secret, String purpose) {
        byte[] prk = secret.copyToHeap();
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.expandOnly(
                            new SecretKeySpec(prk, "HKDF"),
                            new ByteWriter().text(purpose).toBytes(),
                            SECRET_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the Java platform lacks HKDF-SHA256", e);
        } finally {
            Arrays.fill(prk, (byte) 0);
        }
    }

    /** What providers know the owner of the names by. */
    public VerifyingKey owner() {
        return signing.verifyingKey();
    }

    /** Where a name's entry is found. */
    public NameTag tag(Name name) {
        return hmac(new ByteWriter().u8(1).text(name.text()).toBytes());
    }

    /** Where the note is found that names were carried into an epoch. */
    public NameTag carriedTag() {
        return hmac(new byte[] {2});
    }

    /** Where the user's devices are found. */
    public NameTag devicesTag() {
        return hmac(new byte[] {3});
    }

    /** Where a content belongs. */
    public NameTag tag(NameContent content) {
        return switch (content) {
            case NameContent.Versions versions -> tag(versions.name());
            case NameContent.Carried _ -> carriedTag();
            case NameContent.Devices _ -> devicesTag();
        };
    }

    private NameTag hmac(byte[] message) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(finding);
            return new NameTag(mac.doFinal(message));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HMAC-SHA-256", e);
        }
    }

    /**
     * The entry with this content.
     *
     * @param number one above that of the state which it continues
     * @param before that state's hash
     */
    public NameEntry seal(NameContent content, long number, byte[] before, SecureRandom random) {
        NameTag tag = tag(content);
        byte[] plain = new ByteWriter().bytes(content.encode()).toBytes();
        byte[] padded = Arrays.copyOf(plain, (plain.length + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES);
        byte[] nonce = new byte[AesGcm.NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] sealed = new byte[nonce.length + padded.length + AesGcm.TAG_BYTES];
        System.arraycopy(nonce, 0, sealed, 0, nonce.length);
        try (AesGcm cipher = AesGcm.sealing(sealing)) {
            cipher.seal(
                    nonce,
                    associated(tag, number, before),
                    MemorySegment.ofArray(padded),
                    ByteBuffer.wrap(sealed, nonce.length, padded.length + AesGcm.TAG_BYTES));
        }
        return signed(tag, number, before, sealed);
    }

    /** The same entry under the owner's signature, whatever stands there: of one message it is always the same. */
    public NameEntry signed(NameEntry entry) {
        return signed(entry.tag(), entry.number(), entry.before(), entry.sealed());
    }

    private NameEntry signed(NameTag tag, long number, byte[] before, byte[] sealed) {
        byte[] signed = NameEntry.signed(ring, rootVersion, owner(), tag, number, before, sealed);
        return new NameEntry(
                ring, rootVersion, owner(), tag, number, before, sealed, signing.sign(Purpose.NAME_ENTRY, signed));
    }

    private byte[] associated(NameTag tag, long number, byte[] before) {
        return ByteBuffer.allocate(1 + RingId.BYTES + Integer.BYTES + NameTag.BYTES + Long.BYTES + before.length)
                .put((byte) NameEntry.VERSION)
                .put(ring.bytes())
                .putInt(rootVersion)
                .put(tag.bytes())
                .putLong(number)
                .put(before)
                .array();
    }

    /** Opens many entries, one after the other; one thread. */
    public Opener opener() {
        return new Opener();
    }

    /** As {@link Opener#open}, for one. */
    public Optional<NameContent> open(NameEntry entry) {
        try (Opener opener = opener()) {
            return opener.open(entry);
        }
    }

    /** Opens entries with the owner's key. */
    public final class Opener implements AutoCloseable {
        private final AesGcm cipher = AesGcm.opening(sealing);

        private Opener() {}

        /**
         * What is sealed in an entry; empty unless the owner sealed just this, for this ring, tag, number and state before. Its signature isn't
         * looked at: the seal says more, to whoever can open it.
         */
        public Optional<NameContent> open(NameEntry entry) {
            byte[] sealed = entry.sealed();
            int length = sealed.length - AesGcm.NONCE_BYTES - AesGcm.TAG_BYTES;
            if (!entry.ring().equals(ring)
                    || entry.rootVersion() != rootVersion
                    || !entry.key().equals(owner())
                    || length <= 0
                    || length % STEP_BYTES != 0) {
                return Optional.empty();
            }
            byte[] padded = new byte[length];
            try {
                cipher.open(
                        Arrays.copyOf(sealed, AesGcm.NONCE_BYTES),
                        associated(entry.tag(), entry.number(), entry.before()),
                        ByteBuffer.wrap(sealed, AesGcm.NONCE_BYTES, sealed.length - AesGcm.NONCE_BYTES),
                        MemorySegment.ofArray(padded));
                byte[] plain = new ByteReader("the name's content", padded).bytes();
                // The seal binds it to the tag: only its owner, who seals a content under no other tag, made it.
                return Optional.of(NameContent.decode(plain));
            } catch (AEADBadTagException | MalformedException e) {
                return Optional.empty();
            }
        }

        @Override
        public void close() {
            cipher.close();
        }
    }

    @Override
    public void close() {
        finding.close();
        sealing.close();
        signing.close();
    }
}
