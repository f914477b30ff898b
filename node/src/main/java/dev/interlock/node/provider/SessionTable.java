package dev.interlock.node.provider;

import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.admission.Leases;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The sessions that live at this provider. A session's order, shares and streams come from different parties at once:
 * whatever comes before the order waits for it here, so that nobody has to wait for anybody's answer before sending.
 */
final class SessionTable {
    private static final int ENDED_KNOWN = 4096;

    private final String node;
    private final ConcurrentMap<StatementHash, LiveSession> sessions = new ConcurrentHashMap<>();
    /** What each of them counts as. */
    private final ConcurrentMap<LiveSession, Leases> leases = new ConcurrentHashMap<>();

    private final ConcurrentMap<StatementHash, Expected> expected = new ConcurrentHashMap<>();
    /** The last that ended: what comes for them comes too late, not too early. */
    private final Set<StatementHash> ended =
            Collections.synchronizedSet(Collections.newSetFromMap(new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<StatementHash, Boolean> eldest) {
                    return size() > ENDED_KNOWN;
                }
            }));

    /** The last orders that were refused, and to whom. */
    private final Map<StatementHash, VerifyingKey> refused = Collections.synchronizedMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<StatementHash, VerifyingKey> eldest) {
            return size() > ENDED_KNOWN;
        }
    });

    /** An order that others wait for. */
    private record Expected(CompletableFuture<LiveSession> order, int waiting) {
        Expected waiting(int change) {
            return new Expected(order, waiting + change);
        }
    }

    SessionTable(String node) {
        this.node = node;
    }

    /**
     * Lets in those who wait for this session.
     *
     * @param taken given back once the session leaves this table
     */
    void add(LiveSession live, Leases taken) {
        StatementHash id = live.session().id();
        if (sessions.putIfAbsent(id, live) != null) {
            throw new RefusedException(node + ": the session " + id + " was used before");
        }
        leases.put(live, taken);
        Expected waiting = expected.get(id);
        if (waiting != null) {
            waiting.order().complete(live);
        }
    }

    /** Whether it was here, and isn't any more. */
    boolean hasEnded(StatementHash id) {
        return ended.contains(id);
    }

    /** The session, or an error at once. */
    LiveSession get(StatementHash id) {
        return find(id).orElseThrow(() -> none(id));
    }

    /** The session, as soon as its order is here. */
    LiveSession await(StatementHash id, Duration deadline) throws InterruptedException {
        LiveSession live = sessions.get(id);
        if (live != null) {
            return live;
        }
        if (ended.contains(id)) {
            throw none(id);
        }
        Expected order = expected.compute(
                id, (_, known) -> (known == null ? new Expected(new CompletableFuture<>(), 0) : known).waiting(1));
        try {
            // It may have come between the look and the wait.
            live = sessions.get(id);
            return live != null ? live : order.order().get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new RefusedException(node + " has no session " + id + ": its order hasn't come within "
                    + deadline.toMillis() / 1000.0 + " s");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof InterlockException known ? known : none(id);
        } finally {
            var _ = expected.computeIfPresent(id, (_, known) -> known.waiting() == 1 ? null : known.waiting(-1));
        }
    }

    /** Its order was refused to the user who may ask for it. */
    void refused(StatementHash id, VerifyingKey asks) {
        refused.put(id, asks);
    }

    /** Nobody needs to wait any more for a session whose order was refused to this very user. */
    void giveUp(StatementHash id, VerifyingKey asks, InterlockException why) {
        Expected waiting = expected.get(id);
        if (waiting != null && Optional.ofNullable(refused.get(id)).equals(Optional.of(asks))) {
            waiting.order().completeExceptionally(why);
        }
    }

    Optional<LiveSession> find(StatementHash id) {
        return Optional.ofNullable(sessions.get(id));
    }

    void remove(LiveSession live) {
        if (sessions.remove(live.session().id(), live)) {
            Leases taken = leases.remove(live);
            if (taken != null) {
                taken.close();
            }
            var _ = ended.add(live.session().id());
        }
    }

    /** Those that work on a generation, make it, or renew it. */
    List<LiveSession> of(StatementHash generation) {
        return sessions.values().stream()
                .filter(live -> live.session().generation().equals(generation)
                        || live.session().renewed().equals(Optional.of(generation)))
                .toList();
    }

    Collection<LiveSession> all() {
        return List.copyOf(sessions.values());
    }

    int size() {
        return sessions.size();
    }

    private RefusedException none(StatementHash id) {
        return new RefusedException(node + " has no session " + id
                + (ended.contains(id) ? ": it has ended" : " that it has taken an order of"));
    }
}
