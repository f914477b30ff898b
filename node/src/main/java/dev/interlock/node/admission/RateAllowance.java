package dev.interlock.node.admission;

import dev.interlock.node.admission.Allowance.Limit;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** So many requests a second, for each holder and for all of them, and twice as many at once after a pause. */
public final class RateAllowance {
    private static final int BURST_SECONDS = 2;
    private static final long NANOS = 1_000_000_000L;

    private final String node;
    private final String what;
    private final Limit limit;
    private final LongSupplier nanoTime;
    private final Map<String, Bucket> holders = new HashMap<>();
    private final Bucket all;
    private long refused;

    /** @param what in messages and metrics: "requests a second" */
    RateAllowance(String node, String what, Limit limit, LongSupplier nanoTime) {
        this.node = node;
        this.what = what;
        this.limit = limit;
        this.nanoTime = nanoTime;
        this.all = new Bucket(limit.inAll());
    }

    public String what() {
        return what;
    }

    public Limit limit() {
        return limit;
    }

    public synchronized long refused() {
        return refused;
    }

    /**
     * Counts one request.
     *
     * @param holder a user's key, or a node's name: of these there are only so many
     * @throws RefusedException when the holder asks too often
     * @throws NodeException when all together do
     */
    public synchronized void take(String holder) {
        Bucket own = holders.computeIfAbsent(holder, _ -> new Bucket(limit.each()));
        if (!own.has()) {
            refused++;
            throw new RefusedException(
                    RefusedException.Rule.ALLOWANCE,
                    node + " refuses the request: it allows one user " + limit.each() + " " + what + "; ask again in "
                            + Allowance.seconds(Duration.ofSeconds(1)));
        }
        if (!all.has()) {
            refused++;
            throw new NodeException(
                    node,
                    node + " has no room: it allows all users together " + limit.inAll() + " " + what
                            + "; ask again in " + Allowance.seconds(Duration.ofSeconds(1)));
        }
        own.take();
        all.take();
    }

    /** Forgets who hasn't asked for a while. */
    synchronized void sweep() {
        holders.values().removeIf(Bucket::isFull);
    }

    private final class Bucket {
        private final long aSecond;
        private long creditNanos;
        private long lastNanos = nanoTime.getAsLong();

        Bucket(long aSecond) {
            this.aSecond = aSecond;
            this.creditNanos = BURST_SECONDS * NANOS;
        }

        private void fill() {
            long now = nanoTime.getAsLong();
            creditNanos = Math.min(BURST_SECONDS * NANOS, creditNanos + Math.max(0, now - lastNanos));
            lastNanos = now;
        }

        boolean has() {
            fill();
            return creditNanos >= NANOS / aSecond;
        }

        void take() {
            creditNanos -= NANOS / aSecond;
        }

        boolean isFull() {
            fill();
            return creditNanos == BURST_SECONDS * NANOS;
        }
    }
}
