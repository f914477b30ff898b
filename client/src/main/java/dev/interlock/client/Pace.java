package dev.interlock.client;

import java.time.Duration;

/** Lets things begin one after the other, not sooner than so long after the one before. */
final class Pace {
    private final long gapNanos;
    private long nextNanos = System.nanoTime();

    Pace(Duration gap) {
        this.gapNanos = gap.toNanos();
    }

    void await() throws InterruptedException {
        long wait;
        synchronized (this) {
            long now = System.nanoTime();
            long mine = Math.max(now, nextNanos);
            nextNanos = mine + gapNanos;
            wait = mine - now;
        }
        if (wait > 0) {
            Thread.sleep(Duration.ofNanos(wait));
        }
    }
}
