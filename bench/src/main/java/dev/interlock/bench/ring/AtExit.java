package dev.interlock.bench.ring;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What must be stopped and removed even when the bench is interrupted: closed when its user closes it, or else by the JVM's
 * end. One thread registers; after the end has begun nothing new is let in.
 */
final class AtExit {
    private static final Deque<Runnable> OPEN = new ArrayDeque<>();
    private static boolean hooked;
    private static boolean ending;

    private AtExit() {}

    /** @throws IllegalStateException when the JVM is ending */
    static synchronized void register(Runnable close) {
        requireRunning();
        if (!hooked) {
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(AtExit::closeAll));
            hooked = true;
        }
        OPEN.push(close);
    }

    /** Whoever closed it itself. */
    static synchronized void forget(Runnable close) {
        OPEN.remove(close);
    }

    /** To be asked before a process is started. */
    static synchronized void requireRunning() {
        if (ending) {
            throw new IllegalStateException("the bench was interrupted");
        }
    }

    private static void closeAll() {
        while (true) {
            Runnable next;
            synchronized (AtExit.class) {
                ending = true;
                next = OPEN.poll();
            }
            if (next == null) {
                return;
            }
            try {
                next.run();
            } catch (RuntimeException e) {
                // The others must be closed, too.
                System.err.println("bench: not all was cleaned up: " + e.getMessage());
            }
        }
    }
}
