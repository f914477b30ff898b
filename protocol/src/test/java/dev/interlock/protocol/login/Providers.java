package dev.interlock.protocol.login;

import dev.interlock.core.oprf.Element;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Profile;
import dev.interlock.protocol.SeededRandom;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A ring's providers as far as logins go: what each stores, and what it answers. */
final class Providers {
    static final UserName ALICE = new UserName("alice");

    final SeededRandom random;
    final RingDescriptor ring;
    /** What each provider stores: its shares, by record and lock. */
    final Map<String, Map<RecordHash, Map<Lock.Kind, byte[]>>> stored = new LinkedHashMap<>();

    /** The version of everybody's root that is to follow. */
    final SecretBytes next;

    Providers(int t, int n, long seed) {
        random = new SeededRandom(seed);
        next = SecretBytes.random(RootSecret.BYTES, random);
        List<NodeCard> cards = new ArrayList<>();
        for (int i = 1; i <= n; i++) {
            String pin = "%064x".formatted(i);
            cards.add(NodeCard.of(
                    Role.PROVIDER,
                    "cc" + i,
                    "127.0.0.1:" + (7000 + i),
                    pin,
                    key(i).verifyingKey(),
                    Optional.of("x25519:" + pin)));
            stored.put("cc" + i, new LinkedHashMap<>());
        }
        cards.add(NodeCard.of(
                Role.DEALER,
                "dealer1",
                "127.0.0.1:7999",
                "%064x".formatted(999),
                key(999).verifyingKey(),
                Optional.empty()));
        ring = RingDescriptor.open(RingDescriptor.assemble(key(10_000), "test", t, EnumSet.of(Profile.BLINDED), cards));
    }

    static SigningKey key(int number) {
        byte[] seed = new byte[SigningKey.SEED_BYTES];
        Arrays.fill(seed, (byte) number);
        seed[0] = (byte) (number >>> 8);
        return new SigningKey(SecretBytes.taking(seed));
    }

    Stretching quick() {
        return Stretching.with(8, 1, random);
    }

    /** A lock whose shares the providers have under this record, once {@link #hold} was called. */
    Enrolment.Made lock(RootSecret root, byte[] password) {
        return Enrolment.lock(ring, ALICE, Lock.Kind.PASSWORD, password, quick(), root, next, random);
    }

    LoginRecord.Signed record(RootSecret root, long version, Lock... locks) {
        return Enrolment.record(ring, ALICE, root, RootLine.first(ring.id(), next), version, List.of(locks));
    }

    /** All providers hold it, and sign so. */
    CertifiedRecord hold(LoginRecord.Signed signed, Enrolment.Made... locks) {
        Map<ShareIndex, byte[]> held = new LinkedHashMap<>();
        for (Provider provider : ring.providers()) {
            Map<Lock.Kind, byte[]> shares = new LinkedHashMap<>();
            for (Enrolment.Made lock : locks) {
                shares.put(lock.lock().kind(), lock.shares().get(provider.x()).copyToHeap());
            }
            stored.get(provider.name()).put(signed.record().hash(), shares);
            held.put(provider.x(), signHeld(provider, signed.record().hash()));
        }
        return new CertifiedRecord(signed, held);
    }

    byte[] signHeld(Provider provider, RecordHash hash) {
        int number = Integer.parseInt(provider.name().substring(2));
        return key(number).sign(Purpose.LOGIN_HELD, CertifiedRecord.heldMessage(ring.id(), provider.name(), hash));
    }

    byte[] answer(String name, CertifiedRecord record, Lock.Kind kind, byte[] blinded) {
        byte[] share = stored.get(name).get(record.record().hash()).get(kind);
        Lock lock = record.record().lock(kind).orElseThrow();
        ShareIndex x = ring.provider(name).orElseThrow().x();
        return LoginAttempt.answer(
                Scalar.decode(share), lock.keys().get(x).share(), Element.decode(blinded), Scalar.random(random));
    }

    /** With the answers of these providers. */
    Optional<LoginAttempt.Opened> login(CertifiedRecord record, byte[] password, String... names) {
        Lock lock = record.record().lock(Lock.Kind.PASSWORD).orElseThrow();
        try (LoginAttempt attempt = LoginAttempt.begin(record.record(), lock, password, random)) {
            for (String name : names) {
                attempt.accept(
                        ring.provider(name).orElseThrow().x(),
                        answer(name, record, Lock.Kind.PASSWORD, attempt.blinded()));
            }
            return attempt.open();
        }
    }

    /** An output under a key that somebody knows whole. */
    static byte[] output(Scalar key, byte[] input) {
        return Voprf.output(key, input, Scalar.random(new SeededRandom(1)));
    }
}
