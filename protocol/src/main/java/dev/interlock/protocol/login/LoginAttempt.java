package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.DleqProof;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.SharedKey;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A client's side of one login (SPEC §17): blinds the secret, takes the providers' answers, each checked against its commitment, and
 * opens the root with any t of them. Before that nothing leaves it but the blinded element, which says nothing of the secret.
 */
public final class LoginAttempt implements AutoCloseable {
    /** An answer of a provider: the evaluated element and its proof. */
    public static final int ANSWER_BYTES = Element.BYTES + DleqProof.BYTES;

    private final LoginRecord record;
    private final Lock lock;
    private final BlindedSecret secret;
    private final Map<ShareIndex, SharedKey.Answer> right = new LinkedHashMap<>();
    private boolean consistent;

    private LoginAttempt(LoginRecord record, Lock lock, BlindedSecret secret) {
        this.record = record;
        this.lock = lock;
        this.secret = secret;
    }

    /**
     * Begins.
     *
     * @param secret the caller wipes it
     * @throws MalformedException when the lock's commitments aren't those of one OPRF key
     */
    public static LoginAttempt begin(LoginRecord record, Lock lock, byte[] secret, SecureRandom random) {
        lock.requireConsistent();
        LoginAttempt attempt =
                begin(record, lock, BlindedSecret.of(record.ring(), record.name(), lock.kind(), secret, random));
        attempt.consistent = true;
        return attempt;
    }

    /**
     * Begins with what was blinded before the record was known. Whether the lock's commitments are those of one OPRF key is found when it
     * is opened, at the latest.
     *
     * @param secret this attempt's from now on
     */
    public static LoginAttempt begin(LoginRecord record, Lock lock, BlindedSecret secret) {
        if (!secret.isFor(record, lock)) {
            throw new IllegalArgumentException("a secret that was blinded for another login");
        }
        return new LoginAttempt(record, lock, secret);
    }

    /** For every provider the same; 33 bytes. */
    public byte[] blinded() {
        return secret.blinded().encode();
    }

    /** A provider's answer. */
    public static byte[] answer(Scalar share, Element publicKey, Element blinded, Scalar proofScalar) {
        Voprf.Evaluated evaluated = Voprf.evaluate(share, publicKey, List.of(blinded), proofScalar);
        return new ByteWriter()
                .fixed(evaluated.elements().getFirst().encode(), Element.BYTES)
                .fixed(evaluated.proof().encode(), DleqProof.BYTES)
                .toBytes();
    }

    /**
     * Takes a provider's answer. Several threads may bring some at once, also when it is opened or closed.
     *
     * @return whether it is right; what isn't is never used
     */
    public boolean accept(ShareIndex x, byte[] answer) {
        Lock.Keys keys = lock.keys().get(x);
        if (keys == null) {
            return false;
        }
        try {
            ByteReader in = new ByteReader("an evaluation", answer);
            SharedKey.Answer given = new SharedKey.Answer(
                    Element.decode(in.fixed(Element.BYTES)), DleqProof.decode(in.fixed(DleqProof.BYTES)));
            in.end();
            if (!SharedKey.isRight(keys.share(), secret.blinded(), given)) {
                return false;
            }
            synchronized (right) {
                right.put(x, given);
            }
            return true;
        } catch (MalformedException e) {
            return false;
        }
    }

    /**
     * Checks what {@link #open} needs, while the answers are under way.
     *
     * @throws MalformedException when the lock's commitments aren't those of one OPRF key
     */
    public void requireConsistent() {
        if (!consistent) {
            lock.requireConsistent();
            consistent = true;
        }
    }

    /** How many more right answers it takes. */
    public int missing() {
        synchronized (right) {
            return Math.max(0, lock.t() - right.size());
        }
    }

    /**
     * What a login unseals.
     *
     * @param next the version that follows, for a change of root alone: nothing that outlives the login holds it
     */
    public record Opened(RootSecret root, SecretBytes next, LoginSecrets secrets) implements AutoCloseable {
        @Override
        public void close() {
            root.close();
            next.close();
            secrets.close();
        }
    }

    /**
     * Opens the root with what t providers answered.
     *
     * <p>The identities that the record names must derive from what opens: so no record opens under two secrets (AES-GCM alone would
     * let somebody make one that does).
     *
     * @return empty for a wrong secret
     * @throws IllegalStateException before t answers are there
     * @throws MalformedException when the lock's commitments aren't those of one OPRF key
     */
    public Optional<Opened> open() {
        requireConsistent();
        Map<ShareIndex, SharedKey.Answer> taken;
        synchronized (right) {
            taken = Map.copyOf(right);
        }
        Element evaluated = SharedKey.combine(lock.t(), taken)
                .orElseThrow(() -> new IllegalStateException(missing() + " more answers are needed"));
        LoginSecrets secrets =
                LoginSecrets.of(record.ring(), record.name(), lock.stretching(), secret.finish(evaluated));
        RootLine line = record.line();
        Optional<List<SecretBytes>> opened = secrets.open(
                lock.sealed(), Enrolment.bound(record.ring(), record.name(), record.identity(), line.version(), lock));
        if (opened.isPresent()) {
            SecretBytes next = opened.get().getLast();
            Optional<RootSecret> root = line.open(
                    record.ring(),
                    record.name(),
                    record.identity(),
                    opened.get().getFirst());
            if (root.isPresent()
                    && RootSecret.identityKey(next, line.version() + 1, record.ring())
                            .equals(line.next())) {
                return Optional.of(new Opened(root.get(), next, secrets));
            }
            root.ifPresent(RootSecret::close);
            next.close();
        }
        secrets.close();
        return Optional.empty();
    }

    @Override
    public void close() {
        secret.close();
    }
}
