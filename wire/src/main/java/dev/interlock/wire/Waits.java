package dev.interlock.wire;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits with a deadline, of many threads, by one timer. A virtual thread that parks for a time has another thread set a timer and drop
 * it again, for each piece of a stream, though hardly any wait here comes to its deadline. So these park without a time, and one
 * thread of the process looks for those that are over theirs: every {@link #LOOK}, and when one that it saw comes to its end. A wait
 * never ends early, and late by no more than it takes until that thread and the waiting one run.
 *
 * <p>A process that was stopped (a debugger, a machine that slept) finds every deadline over, though what it waits for may lie in its
 * sockets. So what the watch was late by, from {@link #STOPPED} on, counts for no wait, and only the watch says that one is over.
 */
final class Waits {
    static final Duration LOOK = Duration.ofMillis(100);
    /** From here on it wasn't load that kept the watch from looking. */
    static final Duration STOPPED = Duration.ofSeconds(1);

    /** Of this process. */
    static final Waits PROCESS = watched();

    private final Set<Waiter> waiting = ConcurrentHashMap.newKeySet();
    private final LongSupplier nanos;
    private volatile @Nullable Thread watch;
    /** Whether the watch is parked: nobody waits. */
    private volatile boolean idle;

    /** @param nanos as {@link System#nanoTime} */
    Waits(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Who waits; each wait is another one. */
    private static final class Waiter {
        private final Thread thread = Thread.currentThread();
        private final long begun;
        /** The watch's. */
        private long end;

        private volatile boolean over;

        Waiter(long begun, Duration deadline) {
            this.begun = begun;
            this.end = begun + deadline.toNanos();
        }
    }

    private static Waits watched() {
        Waits waits = new Waits(System::nanoTime);
        // It serves all, and must keep nothing of whoever happens to wait first.
        waits.watch = Thread.ofPlatform()
                .daemon()
                .inheritInheritableThreadLocals(false)
                .name("interlock-waits")
                .start(waits::run);
        return waits;
    }

    /**
     * Waits until something is done. Whoever does it unparks this thread then.
     *
     * @param done cheap; asked again whenever this thread wakes up
     * @return whether it was done within the deadline
     */
    boolean await(BooleanSupplier done, Duration deadline) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (done.getAsBoolean()) {
            return true;
        }
        if (!deadline.isPositive()) {
            return false;
        }
        Waiter waiter = new Waiter(nanos.getAsLong(), deadline);
        waiting.add(waiter);
        try {
            if (idle || deadline.compareTo(LOOK) < 0) {
                idle = false;
                LockSupport.unpark(watch);
            }
            while (!done.getAsBoolean()) {
                if (waiter.over) {
                    return done.getAsBoolean();
                }
                LockSupport.park(this);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            return true;
        } finally {
            waiting.remove(waiter);
        }
    }

    /**
     * As {@link CompletableFuture#get(long, java.util.concurrent.TimeUnit)}.
     *
     * @throws CancellationException where it was cancelled
     */
    <T> T get(CompletableFuture<T> future, Duration deadline)
            throws ExecutionException, InterruptedException, TimeoutException {
        if (!future.isDone()) {
            Thread self = Thread.currentThread();
            var _ = future.whenComplete((_, _) -> LockSupport.unpark(self));
            if (!await(future::isDone, deadline)) {
                throw new TimeoutException();
            }
        }
        return future.get();
    }

    /**
     * Wakes up those that are over their deadline; they look themselves at what they wait for.
     *
     * @param late by how much this is later than it was meant to be, in nanoseconds
     * @return after how long to look again, in nanoseconds
     */
    long look(long late) {
        long now = nanos.getAsLong();
        long again = LOOK.toNanos();
        for (Waiter waiter : waiting) {
            if (late >= STOPPED.toNanos()) {
                waiter.end += Math.clamp(now - waiter.begun, 0, late);
            }
            long left = waiter.end - now;
            if (left <= 0) {
                waiter.over = true;
                LockSupport.unpark(waiter.thread);
            } else {
                again = Math.min(again, left);
            }
        }
        return again;
    }

    /** How many wait. */
    int count() {
        return waiting.size();
    }

    private void run() {
        long meant = nanos.getAsLong();
        while (true) {
            if (waiting.isEmpty()) {
                idle = true;
                while (idle && waiting.isEmpty()) {
                    LockSupport.park(this);
                }
                idle = false;
                meant = nanos.getAsLong();
            }
            long again = look(nanos.getAsLong() - meant);
            meant = nanos.getAsLong() + again;
            LockSupport.parkNanos(this, again);
        }
    }
}
