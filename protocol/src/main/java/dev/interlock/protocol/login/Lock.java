package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.oprf.SharedKey;
import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The root secret sealed under what one secret of the user's, with t providers, yields: a password or a recovery code. Each has an
 * OPRF key of its own, and is changed without the other (SPEC §17).
 *
 * @param t how many providers' answers open it
 * @param keys of each provider, in the order of the ring
 * @param sealed nonce ‖ AES-256-GCM of the root secret
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record Lock(Kind kind, int t, Stretching stretching, Map<ShareIndex, Keys> keys, byte[] sealed) {
    private static final byte[] NO_KEY = new byte[VerifyingKey.BYTES];

    static final int SEALED_BYTES = AesGcm.NONCE_BYTES + 2 * RootSecret.BYTES + AesGcm.TAG_BYTES;

    /** What opens it. */
    public enum Kind {
        PASSWORD(1),
        RECOVERY(2);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        /** @throws MalformedException when there is none */
        public static Kind of(int code) {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            throw new MalformedException("a lock's kind is 1 or 2, not " + code);
        }
    }

    /**
     * What is known of a provider's part.
     *
     * @param share commits to its share of the OPRF key
     * @param login verifies what is signed for it by whoever opened the lock; empty at a provider that came into the ring while
     *     nobody had opened it
     */
    public record Keys(Element share, Optional<VerifyingKey> login) {}

    /** @throws MalformedException unless the commitments are those of one OPRF key, shared t of n */
    public Lock {
        keys = Collections.unmodifiableMap(new LinkedHashMap<>(keys));
        if (sealed.length != SEALED_BYTES) {
            throw new MalformedException("a sealed root has " + SEALED_BYTES + " bytes, not " + sealed.length);
        }
        try {
            Threshold _ = new Threshold(t, keys.size());
        } catch (IllegalArgumentException e) {
            throw new MalformedException("a lock's " + e.getMessage());
        }
    }

    /** @throws MalformedException unless any t of the providers give the same key */
    public void requireConsistent() {
        if (!SharedKey.isConsistent(t, commitments())) {
            throw new MalformedException("the providers' parts of a login's OPRF key don't fit together");
        }
    }

    /** The OPRF's own public key, which a resharing leaves as it is. */
    Element publicKey() {
        return SharedKey.publicKey(t, commitments());
    }

    /**
     * Whether this is the same lock, shared anew: all that opens it is as it was.
     *
     * @param before consistent, as this one
     */
    public boolean isResharingOf(Lock before) {
        return kind == before.kind
                && stretching.equals(before.stretching)
                && Arrays.equals(sealed, before.sealed)
                && publicKey().equals(before.publicKey())
                && keys.entrySet().stream()
                        .allMatch(each -> !before.keys.containsKey(each.getKey())
                                || before.loginKey(each.getKey())
                                        .equals(each.getValue().login()));
    }

    /** What verifies what is signed for this provider by whoever opened the lock. */
    public Optional<VerifyingKey> loginKey(ShareIndex x) {
        return Optional.ofNullable(keys.get(x)).flatMap(Keys::login);
    }

    /** By provider. */
    public Map<ShareIndex, Element> commitments() {
        Map<ShareIndex, Element> commitments = new LinkedHashMap<>();
        keys.forEach((x, each) -> commitments.put(x, each.share()));
        return commitments;
    }

    void write(ByteWriter out) {
        out.u8(kind.code()).u8(t);
        stretching.write(out);
        out.u8(keys.size());
        keys.forEach((x, each) -> out.u8(x.x())
                .fixed(each.share().encode(), Element.BYTES)
                .fixed(each.login().map(VerifyingKey::bytes).orElse(NO_KEY), VerifyingKey.BYTES));
        out.fixed(sealed, SEALED_BYTES);
    }

    static Lock read(ByteReader in) {
        Kind kind = Kind.of(in.u8());
        int t = in.u8();
        Stretching stretching = Stretching.read(in);
        Map<ShareIndex, Keys> keys = new LinkedHashMap<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            ShareIndex x = index(in.u8());
            Element share = Element.decode(in.fixed(Element.BYTES));
            byte[] login = in.fixed(VerifyingKey.BYTES);
            Keys each = new Keys(
                    share, Arrays.equals(login, NO_KEY) ? Optional.empty() : Optional.of(VerifyingKey.of(login)));
            if (keys.put(x, each) != null) {
                throw new MalformedException("a provider stands twice in a lock");
            }
        }
        return new Lock(kind, t, stretching, keys, in.fixed(SEALED_BYTES));
    }

    static ShareIndex index(int x) {
        try {
            return new ShareIndex(x);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("a provider's place: " + e.getMessage());
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Lock that
                && kind == that.kind
                && t == that.t
                && stretching.equals(that.stretching)
                && keys.equals(that.keys)
                && Arrays.equals(sealed, that.sealed);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sealed);
    }
}
