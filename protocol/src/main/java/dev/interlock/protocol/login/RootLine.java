package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.crypto.AEADBadTagException;

/**
 * Which version of a user's root secret a login's record is of, what came before it, and who alone may come after (SPEC §17). The next
 * version is drawn with this one, lies sealed beside it, and leaves no login: so whoever took a root out of a device has nothing of
 * the one that follows, and of two devices that change to it at once both change to the same.
 *
 * @param earlier the identities of the versions before, the first one first
 * @param next the identity of the next version
 * @param sealed the versions before, sealed under this one; of no bytes where there is none
 * @param since the oldest version of which something may not have been brought over to this one yet
 */
@SuppressWarnings("ArrayRecordComponent") // compared as bytes below
public record RootLine(List<VerifyingKey> earlier, VerifyingKey next, byte[] sealed, int since) {

    /** @throws MalformedException when the versions don't fit together */
    public RootLine {
        earlier = List.copyOf(earlier);
        if (earlier.size() >= RootSecret.MOST_VERSIONS) {
            throw new MalformedException("a root secret has at most " + RootSecret.MOST_VERSIONS + " versions");
        }
        if (since < 1 || since > earlier.size() + 1) {
            throw new MalformedException("a root secret's versions before " + since + " can't have been brought over");
        }
        int bytes = earlier.isEmpty() ? 0 : AesGcm.NONCE_BYTES + earlier.size() * RootSecret.BYTES + AesGcm.TAG_BYTES;
        if (sealed.length != bytes) {
            throw new MalformedException(
                    "the earlier versions of a root secret have " + bytes + " sealed bytes, not " + sealed.length);
        }
    }

    /** Of a first version. */
    public static RootLine first(RingId ring, SecretBytes next) {
        return new RootLine(List.of(), RootSecret.identityKey(next, 2, ring), new byte[0], 1);
    }

    /**
     * That of the next version.
     *
     * @param root with that one as its newest
     * @param next the one after that
     */
    RootLine followed(RingId ring, UserName name, RootSecret root, SecretBytes next, SecureRandom random) {
        List<SecretBytes> all = root.copies();
        try (SecretBytes before = SecretBytes.allocate((long) (all.size() - 1) * RootSecret.BYTES);
                CipherKey key = key(root.newest(), ring);
                AesGcm cipher = AesGcm.sealing(key)) {
            List<VerifyingKey> identities = new ArrayList<>();
            for (int i = 0; i < all.size() - 1; i++) {
                before.segment()
                        .asSlice((long) i * RootSecret.BYTES, RootSecret.BYTES)
                        .copyFrom(all.get(i).segment());
                identities.add(RootSecret.identityKey(all.get(i), i + 1, ring));
            }
            byte[] nonce = new byte[AesGcm.NONCE_BYTES];
            random.nextBytes(nonce);
            ByteBuffer out = ByteBuffer.allocate(AesGcm.NONCE_BYTES + (int) before.size() + AesGcm.TAG_BYTES)
                    .put(nonce);
            cipher.seal(
                    nonce,
                    bound(ring, name, RootSecret.identityKey(root.newest(), all.size(), ring)),
                    before.segment(),
                    out);
            return new RootLine(identities, RootSecret.identityKey(next, all.size() + 1, ring), out.array(), since);
        } finally {
            all.forEach(SecretBytes::close);
        }
    }

    /** The same with everything brought over. */
    public RootLine settled() {
        return new RootLine(earlier, next, sealed, version());
    }

    /** Of the root secret, from 1. */
    public int version() {
        return earlier.size() + 1;
    }

    /** Whether everything of earlier versions was brought over to this one. */
    public boolean isSettled() {
        return since == version();
    }

    /**
     * All versions.
     *
     * @param newest that opened; taken over
     * @return empty where they aren't those of the identities
     */
    Optional<RootSecret> open(RingId ring, UserName name, VerifyingKey identity, SecretBytes newest) {
        List<SecretBytes> all = new ArrayList<>();
        if (!earlier.isEmpty()) {
            try (SecretBytes before = SecretBytes.allocate((long) earlier.size() * RootSecret.BYTES);
                    CipherKey key = key(newest, ring);
                    AesGcm cipher = AesGcm.opening(key)) {
                cipher.open(
                        Arrays.copyOf(sealed, AesGcm.NONCE_BYTES),
                        bound(ring, name, identity),
                        ByteBuffer.wrap(sealed, AesGcm.NONCE_BYTES, sealed.length - AesGcm.NONCE_BYTES),
                        before.segment());
                for (int i = 0; i < earlier.size(); i++) {
                    all.add(SecretBytes.copyOf(
                            before.segment().asSlice((long) i * RootSecret.BYTES, RootSecret.BYTES)));
                }
            } catch (AEADBadTagException e) {
                newest.close();
                return Optional.empty();
            }
        }
        all.add(newest);
        boolean right = RootSecret.identityKey(newest, version(), ring).equals(identity)
                && IntStream.range(0, earlier.size())
                        .allMatch(i ->
                                RootSecret.identityKey(all.get(i), i + 1, ring).equals(earlier.get(i)));
        if (!right) {
            all.forEach(SecretBytes::close);
            return Optional.empty();
        }
        return Optional.of(new RootSecret(all));
    }

    private static CipherKey key(SecretBytes root, RingId ring) {
        byte[] info = new ByteWriter()
                .text("earlier roots")
                .fixed(ring.bytes(), RingId.BYTES)
                .toBytes();
        try (SecretBytes key = Hkdf.derive(root, "interlock/v1/credential", info)) {
            return CipherKey.copyOf(key.segment());
        }
    }

    private static byte[] bound(RingId ring, UserName name, VerifyingKey identity) {
        return new ByteWriter()
                .text("interlock/v1/login-earlier-roots")
                .fixed(ring.bytes(), RingId.BYTES)
                .text(name.text())
                .fixed(identity.bytes(), VerifyingKey.BYTES)
                .toBytes();
    }

    void write(ByteWriter out) {
        out.u32(version()).u32(since).fixed(next.bytes(), VerifyingKey.BYTES);
        earlier.forEach(each -> out.fixed(each.bytes(), VerifyingKey.BYTES));
        out.bytes(sealed);
    }

    static RootLine read(ByteReader in) {
        int version = in.u32();
        int since = in.u32();
        if (version < 1 || version > RootSecret.MOST_VERSIONS) {
            throw new MalformedException("a root secret's version is 1 to " + RootSecret.MOST_VERSIONS);
        }
        VerifyingKey next = VerifyingKey.of(in.fixed(VerifyingKey.BYTES));
        List<VerifyingKey> earlier = new ArrayList<>();
        for (int i = 1; i < version; i++) {
            earlier.add(VerifyingKey.of(in.fixed(VerifyingKey.BYTES)));
        }
        return new RootLine(earlier, next, in.bytes(), since);
    }

    /** Whether it is the same but for what was brought over. */
    boolean isSameRoot(RootLine other) {
        return earlier.equals(other.earlier) && next.equals(other.next) && Arrays.equals(sealed, other.sealed);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RootLine that && isSameRoot(that) && since == that.since;
    }

    @Override
    public int hashCode() {
        return next.hashCode();
    }
}
