package dev.interlock.audit;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.PlannedSession;
import dev.interlock.protocol.PrivatePart;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.RingDescriptor;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A session of an attacker's making, about whatever it likes: with private parts that fit the statement, under its own keys, signed
 * as well as it can.
 *
 * @param parts what each party is told
 * @param session the session's key
 */
public record Composed(Statement w, byte[] ownerSignature, Map<String, byte[]> parts, SigningKey session) {
    private static final int SEED_BYTES = 32;
    private static final int SALT_BYTES = 64;

    /** @param signature somebody else's, where it isn't signed by this user's key for such an owner */
    public static Composed of(
            RingDescriptor ring,
            Credential by,
            Scheme scheme,
            Title title,
            long number,
            long expiryMillis,
            Work work,
            Optional<byte[]> signature,
            SecureRandom random) {
        SigningKey session = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, random));
        Map<String, byte[]> parts = parts(ring, by, scheme, work, random);
        Statement w = new Statement(
                ring.id(),
                ring.epoch(),
                ring.threshold(),
                scheme,
                title,
                number,
                expiryMillis,
                work,
                parts.entrySet().stream()
                        .map(each -> new Statement.Party(each.getKey(), PrivatePart.hash(each.getValue())))
                        .toList(),
                session.verifyingKey());
        byte[] signed = new byte[0];
        if (w.making().isPresent()) {
            try (SigningKey o =
                    by.ownerKey(title.owner().rootVersion(), title.owner().nonce())) {
                signed = signature.orElseGet(() -> w.sign(o));
            }
        }
        return new Composed(w, signed, parts, session);
    }

    public Order order(String name) {
        return new Order(w.encode(), ownerSignature, Cast.present(parts.get(name)));
    }

    private static Map<String, byte[]> parts(
            RingDescriptor ring, Credential by, Scheme scheme, Work work, SecureRandom random) {
        Map<String, byte[]> parts = new LinkedHashMap<>();
        List<ShareIndex> paired = Stream.concat(
                        work.path().stream(),
                        work instanceof Work.Repair repair ? Stream.of(repair.repaired()) : Stream.of())
                .toList();
        Map<String, byte[]> pairs = new HashMap<>();
        for (String name : PlannedSession.parties(ring, work)) {
            Blinding blinding = blinds(ring, scheme, work, name);
            byte[] seeds = switch (blinding) {
                case EXPANDED -> seed(random);
                case PAIRED ->
                    pairs(pairs, paired, ring.provider(name).orElseThrow().x(), random);
                case NONE, FULL -> new byte[0];
            };
            parts.put(name, part(ring, by, name, blinding, seeds, random));
        }
        return parts;
    }

    /** As whoever plans a session has to have it. */
    private static Blinding blinds(RingDescriptor ring, Scheme scheme, Work work, String name) {
        boolean blinds = ring.provider(name)
                .filter(provider -> PlannedSession.blinds(scheme, work, provider.x()))
                .isPresent();
        boolean paired = work instanceof Work.Renewal || work instanceof Work.Repair;
        return blinds ? paired ? Blinding.PAIRED : Blinding.EXPANDED : Blinding.NONE;
    }

    private static byte[] seed(SecureRandom random) {
        byte[] seed = new byte[SEED_BYTES];
        random.nextBytes(seed);
        return seed;
    }

    private static byte[] pairs(
            Map<String, byte[]> known, List<ShareIndex> members, ShareIndex x, SecureRandom random) {
        byte[] seeds = new byte[SEED_BYTES * (members.size() - 1)];
        int at = 0;
        for (ShareIndex other : members) {
            if (!other.equals(x)) {
                String pair = Math.min(x.x(), other.x()) + "," + Math.max(x.x(), other.x());
                System.arraycopy(known.computeIfAbsent(pair, _ -> seed(random)), 0, seeds, at, SEED_BYTES);
                at += SEED_BYTES;
            }
        }
        return seeds;
    }

    /** A private part for somebody else's statement: blinds of the kind that it has, under this user's key. */
    public static byte[] part(RingDescriptor ring, Credential by, Statement w, String name, SecureRandom random) {
        Blinding blinding = blinds(ring, w.scheme(), w.work(), name);
        byte[] seeds = switch (blinding) {
            case EXPANDED -> seed(random);
            case PAIRED -> {
                byte[] all = new byte[SEED_BYTES * (ring.providers().size() - 1)];
                random.nextBytes(all);
                yield all;
            }
            case NONE, FULL -> new byte[0];
        };
        return part(ring, by, name, blinding, seeds, random);
    }

    private static byte[] part(
            RingDescriptor ring, Credential by, String name, Blinding blinding, byte[] seeds, SecureRandom random) {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return new PrivatePart(salt, by.publicKey(ring.id(), name), blinding, seeds).encode();
    }
}
