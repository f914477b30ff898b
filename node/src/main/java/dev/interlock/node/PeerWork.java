package dev.interlock.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * Work that waits for other nodes, on a few threads beside the timers: grouped by peer, one thread a peer, so that a silent
 * one holds up what is to be asked of it and nothing else. The first item that a peer doesn't answer ends its turn.
 *
 * @param <P> how a peer is known
 * @param <T> what is to be done at one
 */
public final class PeerWork<P, T> {
    private static final int AT_ONCE = 16;

    private final ExecutorService threads;
    private final Semaphore workers = new Semaphore(AT_ONCE);
    private final ConcurrentMap<P, AtomicBoolean> busy = new ConcurrentHashMap<>();

    /** @param threads closed by its owner */
    public PeerWork(ExecutorService threads) {
        this.threads = threads;
    }

    /**
     * Begins what can be begun now, and returns at once. What is for a peer that is still busy is left out: it is to be
     * given again next time.
     *
     * @param task false when the peer didn't answer
     */
    public void begin(Map<P, List<T>> work, Predicate<T> task) {
        work.forEach((peer, items) -> {
            AtomicBoolean running = busy.computeIfAbsent(peer, _ -> new AtomicBoolean());
            if (!running.compareAndSet(false, true)) {
                return;
            }
            List<T> mine = new ArrayList<>(items);
            try {
                var _ = threads.submit(() -> run(mine, task, running));
            } catch (RejectedExecutionException e) {
                // The node ends.
                running.set(false);
            }
        });
    }

    /** Whether this peer's turn isn't over. */
    boolean isBusy(P peer) {
        AtomicBoolean running = busy.get(peer);
        return running != null && running.get();
    }

    private void run(List<T> items, Predicate<T> task, AtomicBoolean running) {
        try {
            workers.acquire();
            try {
                for (T item : items) {
                    if (!task.test(item)) {
                        return;
                    }
                }
            } finally {
                workers.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            running.set(false);
        }
    }
}
