package dev.interlock.node.provider;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.SessionId;
import dev.interlock.node.admission.Allowance;
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
    private final ConcurrentMap<SessionId, LiveSession> sessions = new ConcurrentHashMap<>();
    /** What each of them counts as. */
    private final ConcurrentMap<LiveSession, Allowance.Lease> leases = new ConcurrentHashMap<>();

    private final ConcurrentMap<SessionId, Expected> expected = new ConcurrentHashMap<>();
    /** The last that ended: what comes for them comes too late, not too early. */
    private final Set<SessionId> ended = Collections.synchronizedSet(Collections.newSetFromMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<SessionId, Boolean> eldest) {
            return size() > ENDED_KNOWN;
        }
    }));

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
     * @param lease given back once the session leaves this table
     */
    void add(LiveSession live, Allowance.Lease lease) {
        SessionId id = live.session().id();
        if (sessions.putIfAbsent(id, live) != null) {
            throw new RefusedException(node + ": the session " + id + " was used before");
        }
        leases.put(live, lease);
        Expected waiting = expected.get(id);
        if (waiting != null) {
            waiting.order().complete(live);
        }
    }

    /** The session, or an error at once. */
    LiveSession get(SessionId id) {
        return find(id).orElseThrow(() -> none(id));
    }

    /** The session, as soon as its order is here. */
    LiveSession await(SessionId id, Duration deadline) throws InterruptedException {
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
            throw none(id);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof InterlockException known ? known : none(id);
        } finally {
            var _ = expected.computeIfPresent(id, (_, known) -> known.waiting() == 1 ? null : known.waiting(-1));
        }
    }

    /** Nobody needs to wait for this session any more. */
    void giveUp(SessionId id, InterlockException why) {
        Expected waiting = expected.get(id);
        if (waiting != null) {
            waiting.order().completeExceptionally(why);
        }
    }

    Optional<LiveSession> find(SessionId id) {
        return Optional.ofNullable(sessions.get(id));
    }

    void remove(LiveSession live) {
        if (sessions.remove(live.session().id(), live)) {
            Allowance.Lease lease = leases.remove(live);
            if (lease != null) {
                lease.close();
            }
            var _ = ended.add(live.session().id());
        }
    }

    /** Those that work on an object, or make a new generation of it. */
    List<LiveSession> of(ObjectId object) {
        return sessions.values().stream()
                .filter(live -> live.session().object().equals(object)
                        || live.session().before().equals(Optional.of(object)))
                .toList();
    }

    Collection<LiveSession> all() {
        return List.copyOf(sessions.values());
    }

    int size() {
        return sessions.size();
    }

    private RefusedException none(SessionId id) {
        return new RefusedException(node + " has no session " + id + ", or has ended it");
    }
}
