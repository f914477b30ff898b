package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.oprf.Resharing;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.SharedKey;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Makes locks and records: at an enrolment, and at each change of a password. */
public final class Enrolment {
    private Enrolment() {}

    /**
     * A lock and each provider's share of its OPRF key, which is told to that provider alone. Closing wipes the shares.
     *
     * @param shares 32 bytes each
     */
    public record Made(Lock lock, Map<ShareIndex, SecretBytes> shares) implements AutoCloseable {
        @Override
        public void close() {
            shares.values().forEach(SecretBytes::close);
        }
    }

    /**
     * Seals the root secret under a secret of the user's, with an OPRF key that is drawn here and forgotten.
     *
     * @param secret the caller wipes it
     * @param next the version of the root that is to follow
     */
    public static Made lock(
            RingDescriptor ring,
            UserName name,
            Lock.Kind kind,
            byte[] secret,
            Stretching stretching,
            RootSecret root,
            SecretBytes next,
            SecureRandom random) {
        List<ShareIndex> xs = ring.providers().stream().map(Provider::x).toList();
        byte[] input = input(ring.id(), name, kind, secret);
        try (Scalar key = Scalar.random(random);
                Scalar blind = Scalar.random(random)) {
            byte[] output = Voprf.output(key, input, blind);
            try (LoginSecrets secrets = LoginSecrets.of(ring.id(), name, stretching, output)) {
                Map<ShareIndex, Scalar> scalars = SharedKey.deal(key, ring.threshold(), xs, random);
                try {
                    return made(ring, name, kind, stretching, root, next, secrets, scalars, random);
                } finally {
                    scalars.values().forEach(Scalar::close);
                }
            }
        } finally {
            Arrays.fill(input, (byte) 0);
        }
    }

    private static Made made(
            RingDescriptor ring,
            UserName name,
            Lock.Kind kind,
            Stretching stretching,
            RootSecret root,
            SecretBytes next,
            LoginSecrets secrets,
            Map<ShareIndex, Scalar> scalars,
            SecureRandom random) {
        Map<ShareIndex, Lock.Keys> keys = new LinkedHashMap<>();
        Map<ShareIndex, SecretBytes> shares = new LinkedHashMap<>();
        for (Provider provider : ring.providers()) {
            Scalar share = Objects.requireNonNull(scalars.get(provider.x()));
            keys.put(
                    provider.x(),
                    new Lock.Keys(Voprf.publicKey(share), Optional.of(secrets.loginPublicKey(provider.name()))));
            shares.put(provider.x(), SecretBytes.taking(share.encode()));
        }
        int t = ring.threshold().t();
        Lock unsealed = new Lock(kind, t, stretching, keys, new byte[Lock.SEALED_BYTES]);
        try (SigningKey identity = root.identity(ring.id())) {
            byte[] bound = bound(ring.id(), name, identity.verifyingKey(), root.version(), unsealed);
            return new Made(
                    new Lock(kind, t, stretching, keys, secrets.seal(root.newest(), next, bound, random)), shares);
        }
    }

    /**
     * A lock as it was, its OPRF key shared anew among the ring's providers as they are now.
     *
     * @param dealt by t that have a share of it, each {@link DealtShare#require required}
     * @param secrets what opens this lock, where that is at hand; else a provider that is new has no login key of it
     */
    public static Lock reshared(
            RingDescriptor ring, Lock before, Map<ShareIndex, DealtShare> dealt, Optional<LoginSecrets> secrets) {
        Map<ShareIndex, Lock.Keys> keys = new LinkedHashMap<>();
        for (Provider provider : ring.providers()) {
            Map<ShareIndex, Element> committed = new LinkedHashMap<>();
            dealt.forEach(
                    (dealer, each) -> committed.put(dealer, Resharing.committed(each.commitments(), provider.x())));
            Optional<VerifyingKey> login = before.loginKey(provider.x());
            if (!before.keys().containsKey(provider.x())) {
                login = secrets.map(each -> each.loginPublicKey(provider.name()));
            }
            keys.put(provider.x(), new Lock.Keys(Resharing.commitment(committed), login));
        }
        return new Lock(before.kind(), ring.threshold().t(), before.stretching(), keys, before.sealed());
    }

    /** A record of these locks, signed by the identity that derives from the root. */
    public static LoginRecord.Signed record(
            RingDescriptor ring, UserName name, RootSecret root, RootLine line, long version, List<Lock> locks) {
        try (SigningKey identity = root.identity(ring.id())) {
            return new LoginRecord(ring.id(), ring.epoch(), name, identity.verifyingKey(), version, line, locks)
                    .sign(identity);
        }
    }

    /**
     * A record of the next version of the root, of the same user, with locks that seal it.
     *
     * @param root with that version as its newest
     * @param next the version after it
     */
    public static LoginRecord.Signed succession(
            RingDescriptor ring,
            LoginRecord before,
            RootSecret root,
            SecretBytes next,
            long version,
            List<Lock> locks,
            SecureRandom random) {
        RootLine line = before.line().followed(ring.id(), before.name(), root, next, random);
        return record(ring, before.name(), root, line, version, locks);
    }

    /** What is hashed to the curve. The caller wipes it. */
    static byte[] input(RingId ring, UserName name, Lock.Kind kind, byte[] secret) {
        return new ByteWriter()
                .text("interlock/v1/login")
                .fixed(ring.bytes(), RingId.BYTES)
                .text(name.text())
                .u8(kind.code())
                .bytes(secret)
                .toBytes();
    }

    /**
     * To what a sealing is bound: whose it is, how it is opened, and the OPRF's key. Not to how that is shared, nor to the record's
     * version, so that a lock goes on into the next one as it is, or shared anew.
     */
    static byte[] bound(RingId ring, UserName name, VerifyingKey identity, int rootVersion, Lock lock) {
        ByteWriter out = new ByteWriter()
                .text("interlock/v1/login-root")
                .fixed(ring.bytes(), RingId.BYTES)
                .text(name.text())
                .fixed(identity.bytes(), VerifyingKey.BYTES)
                .u32(rootVersion)
                .u8(lock.kind().code());
        lock.stretching().write(out);
        return out.fixed(lock.publicKey().encode(), Element.BYTES).toBytes();
    }
}
