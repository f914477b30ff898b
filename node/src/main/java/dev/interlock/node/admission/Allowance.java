package dev.interlock.node.admission;

import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One allowance: so much of something for each holder at once, and so much for all of them. Taken before it is used, given
 * back when its {@link Lease} closes.
 */
public final class Allowance {
    private final String node;
    private final String what;
    private final Limit limit;
    private final int parts;
    private final Duration again;
    private final Map<String, Long> held = new HashMap<>();
    private volatile Standing standing = _ -> 0;
    private long heldInAll;
    private long refused;

    /**
     * How much there is.
     *
     * @param each for one holder, at least 1
     * @param inAll for all holders together, at least {@code each}
     */
    public record Limit(long each, long inAll) {
        public Limit {
            if (each < 1 || inAll < each) {
                throw new IllegalArgumentException(
                        "1 <= each <= in all must hold, these are " + each + " and " + inAll);
            }
        }

        /** One of so many parts; at least 1. */
        Limit dividedBy(int parts) {
            return new Limit(Math.max(1, each / parts), Math.max(1, inAll / parts));
        }
    }

    /**
     * @param what in messages and metrics, plural: "sessions"
     * @param parts of what isn't in use for all, so much is given here: one part
     * @param again when it is worth asking again; zero where time alone frees nothing
     */
    Allowance(String node, String what, Limit limit, int parts, Duration again) {
        this.parts = parts;
        this.node = node;
        this.what = what;
        this.limit = limit;
        this.again = again;
    }

    /** What is in use beside what is held here, such as what was stored long ago. */
    public interface Standing {
        /** @param holder empty for all together */
        long of(Optional<String> holder);
    }

    public void standing(Standing other) {
        standing = other;
    }

    public String what() {
        return what;
    }

    /** What there is of it here, were nothing in use. */
    public Limit limit() {
        return limit.dividedBy(parts);
    }

    /** How much is in use by all. */
    public long held() {
        return standing.of(Optional.empty()) + promised();
    }

    private synchronized long promised() {
        return heldInAll;
    }

    /** How often something was refused. */
    public synchronized long refused() {
        return refused;
    }

    /** Whether someone could be refused at once: nothing is left for all together. */
    public boolean isUsedUp() {
        return parts * promised() + standing.of(Optional.empty()) >= limit.inAll();
    }

    /**
     * Takes some of it.
     *
     * @param holder a user's key, or a node's name
     * @throws RefusedException when the holder has used up its own
     * @throws NodeException when all together have
     */
    public Lease take(String holder, long amount) {
        reserve(holder, amount);
        return new Lease(holder, amount);
    }

    /** As {@link #take}, for who gives it back without a lease. */
    void reserve(String holder, long amount) {
        reserve(holder, amount, standing.of(Optional.of(holder)), standing.of(Optional.empty()));
    }

    private synchronized void reserve(String holder, long amount, long ownStanding, long allStanding) {
        long held = this.held.getOrDefault(holder, 0L);
        long own = held + ownStanding;
        if (held + amount > (limit.each() - ownStanding) / parts) {
            refused++;
            throw new RefusedException(
                    RefusedException.Rule.ALLOWANCE,
                    node + " refuses the request: it allows one " + kind(holder) + " " + limit.each() + " " + what
                            + ", and " + own + " are in use" + ofParts() + "; " + way());
        }
        if (heldInAll + amount > (limit.inAll() - allStanding) / parts) {
            refused++;
            throw new NodeException(
                    node,
                    node + " has no room: it allows all users together " + limit.inAll() + " " + what + ", and "
                            + (heldInAll + allStanding) + " are in use" + ofParts() + "; " + way());
        }
        this.held.put(holder, held + amount);
        heldInAll += amount;
    }

    synchronized void giveBack(String holder, long amount) {
        held.computeIfPresent(holder, (_, own) -> own == amount ? null : Long.valueOf(own - amount));
        heldInAll -= amount;
    }

    /** Who holds the most here; empty where nobody holds anything. */
    synchronized Optional<String> largestHolder() {
        return held.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
    }

    private String ofParts() {
        return parts == 1 ? "" : " at this one of its " + parts + " processes, which has one part in " + parts;
    }

    private String way() {
        return again.isZero()
                ? "destroy what isn't needed any more, or ask its operator for more"
                : "ask again in " + seconds(again);
    }

    private static String kind(String holder) {
        return holder.indexOf(':') >= 0 ? "user" : "node";
    }

    static String seconds(Duration time) {
        long seconds = Math.max(1, (time.toMillis() + 999) / 1000);
        return seconds + " s";
    }

    /** What was taken, until it is closed; closing it again does nothing. */
    public final class Lease implements AutoCloseable {
        private final String holder;
        private final AtomicLong amount;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Lease(String holder, long amount) {
            this.holder = holder;
            this.amount = new AtomicLong(amount);
        }

        /** Takes more on top of it. @throws RefusedException, NodeException as {@link Allowance#take} does */
        public void more(long further) {
            reserve(holder, further);
            amount.addAndGet(further);
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                giveBack(holder, amount.get());
            }
        }
    }
}
