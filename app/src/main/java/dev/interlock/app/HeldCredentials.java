package dev.interlock.app;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Credential;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What logins unsealed, one credential a ring, held by the agent for the commands that it does: until nobody has asked for one
 * of them for its time, until the user takes it back, or until the agent ends. Then it is wiped.
 */
final class HeldCredentials implements AutoCloseable {
    private final LongSupplier nanoTime;
    private final Map<RingId, Held> held = new LinkedHashMap<>();
    private boolean closed;

    /**
     * Whose session is held.
     *
     * @param left until it is wiped, if nobody uses it before
     */
    record Whose(RingId ring, String ringName, String user, Duration left) {}

    private static final class Held {
        private final String ringName;
        private final String user;
        private final Credential credential;
        private final long idleNanos;
        private long usedNanos;
        private int borrowers;
        private boolean dropped;

        private Held(String ringName, String user, Credential credential, long idleNanos, long usedNanos) {
            this.ringName = ringName;
            this.user = user;
            this.credential = credential;
            this.idleNanos = idleNanos;
            this.usedNanos = usedNanos;
        }
    }

    /** @param nanoTime only differences count */
    HeldCredentials(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Takes a credential over, in the place of one that was held for this ring. */
    synchronized void hold(RingId ring, String ringName, String user, Credential credential, Duration idle) {
        drop(ring);
        if (closed) {
            credential.close();
            throw new RefusedException("the agent is ending");
        }
        held.put(ring, new Held(ringName, user, credential, idle.toNanos(), nanoTime.getAsLong()));
    }

    /** All that are held. */
    synchronized List<Whose> all() {
        expire();
        return held.entrySet().stream()
                .map(each -> whose(each.getKey(), each.getValue()))
                .toList();
    }

    private Whose whose(RingId ring, Held one) {
        long left = one.borrowers > 0 ? one.idleNanos : one.idleNanos - (nanoTime.getAsLong() - one.usedNanos);
        return new Whose(ring, one.ringName, one.user, Duration.ofNanos(left));
    }

    /** One that is held, for one command; closing it gives it back. */
    synchronized Optional<Credential> borrow(RingId ring) {
        expire();
        Held one = held.get(ring);
        if (one == null) {
            return Optional.empty();
        }
        one.borrowers++;
        return Optional.of(new Borrowed(one));
    }

    /** Wipes what was held for a ring, as soon as no command uses it. @return whether anything was */
    synchronized boolean drop(RingId ring) {
        Held one = held.remove(ring);
        if (one != null) {
            one.dropped = true;
            wipeUnused(one);
        }
        return one != null;
    }

    /** Wipes what nobody has used for its time; to be called now and then. */
    synchronized void expire() {
        long now = nanoTime.getAsLong();
        held.entrySet().stream()
                .filter(each ->
                        each.getValue().borrowers == 0 && now - each.getValue().usedNanos >= each.getValue().idleNanos)
                .map(Map.Entry::getKey)
                .toList()
                .forEach(this::drop);
    }

    private synchronized void giveBack(Held one) {
        one.borrowers--;
        one.usedNanos = nanoTime.getAsLong();
        wipeUnused(one);
    }

    private static void wipeUnused(Held one) {
        if (one.dropped && one.borrowers == 0) {
            one.credential.close();
        }
    }

    /** Wipes everything at once: commands that still use one fail. */
    @Override
    public synchronized void close() {
        closed = true;
        held.values().forEach(one -> one.credential.close());
        held.clear();
    }

    private final class Borrowed implements Credential {
        private final Held from;
        private boolean back;

        private Borrowed(Held from) {
            this.from = from;
        }

        private Credential credential() {
            if (back) {
                throw new IllegalStateException("the credential was given back");
            }
            return from.credential;
        }

        @Override
        public VerifyingKey publicKey(RingId ring, String node) {
            return credential().publicKey(ring, node);
        }

        @Override
        public byte[] sign(RingId ring, String node, byte[] message) {
            return credential().sign(ring, node, message);
        }

        @Override
        public byte[] signCommand(RingId ring, String node, byte[] message) {
            return credential().signCommand(ring, node, message);
        }

        @Override
        public byte[] signClaim(RingId ring, String node, byte[] message) {
            return credential().signClaim(ring, node, message);
        }

        @Override
        public byte[] signAcceptance(RingId ring, String node, byte[] message) {
            return credential().signAcceptance(ring, node, message);
        }

        @Override
        public int rootVersion() {
            return credential().rootVersion();
        }

        @Override
        public SigningKey ownerKey(int rootVersion, byte[] nonce) {
            return credential().ownerKey(rootVersion, nonce);
        }

        @Override
        public SecretBytes nameSecret(RingId ring, int rootVersion) {
            return credential().nameSecret(ring, rootVersion);
        }

        @Override
        public void close() {
            if (!back) {
                back = true;
                giveBack(from);
            }
        }
    }
}
