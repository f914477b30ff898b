package dev.interlock.app;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How far a put or a get is: a bar on standard error while a terminal looks on and there is something to wait for, nothing
 * otherwise. It leaves the terminal's settings and the process's signals alone.
 */
final class Progress implements AutoCloseable, LongConsumer {
    private static final long WORTH_A_BAR_BYTES = 8 << 20;
    private static final long PERIOD_MILLIS = 200;
    private static final int CELLS = 24;

    private final String task;
    private final String afterwards;
    private final AtomicLong done = new AtomicLong();
    private volatile long total;
    private long begunNanos;
    private @Nullable Thread drawing;

    /**
     * @param task "put"
     * @param afterwards what goes on once all bytes have passed; empty where nothing does
     */
    Progress(String task, String afterwards) {
        this.task = task;
        this.afterwards = afterwards;
    }

    /** @param totalBytes how much will be reported */
    synchronized void start(long totalBytes) {
        total = totalBytes;
        if (totalBytes > WORTH_A_BAR_BYTES && drawing == null && Screen.isTerminal()) {
            begunNanos = System.nanoTime();
            drawing = Thread.ofPlatform().daemon().name("progress").start(this::draw);
        }
    }

    @Override
    public void accept(long bytes) {
        done.addAndGet(bytes);
    }

    /** Whether all bytes have passed; false before it is known how many there are. */
    boolean allPassed() {
        return total > 0 && done.get() >= total;
    }

    @Override
    public void close() {
        end();
    }

    /** Takes the bar away, so that something else can be printed. Repeating it does nothing. */
    synchronized void end() {
        if (drawing == null) {
            return;
        }
        drawing.interrupt();
        drawing = null;
        Screen.clear();
        if (allPassed()) {
            long nanos = System.nanoTime() - begunNanos;
            System.err.println(
                    task + "  " + Output.size(total) + " in " + seconds(nanos) + ", " + Output.rate(total, nanos));
        }
    }

    private void draw() {
        try {
            while (drawn()) {
                Thread.sleep(PERIOD_MILLIS);
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    /** Unless the bar was taken away. */
    private synchronized boolean drawn() {
        if (drawing == null) {
            return false;
        }
        Screen.status(line(task, done.get(), total, System.nanoTime() - begunNanos, afterwards));
        return true;
    }

    /** One state of the line: at most 79 columns. */
    static String line(String task, long done, long total, long nanos, String afterwards) {
        if (done >= total && !afterwards.isEmpty()) {
            return task + "  " + Output.size(total) + " passed; " + afterwards + "  " + seconds(nanos);
        }
        double part = Math.min(1, (double) done / total);
        int cells = (int) (part * CELLS);
        return String.format(
                Locale.ROOT,
                "%s %3d%% [%s%s] %s of %s, %s, %s",
                task,
                (int) (part * 100),
                "=".repeat(cells),
                " ".repeat(CELLS - cells),
                Output.size(done),
                Output.size(total),
                Output.rate(done, Math.max(nanos, 1)),
                seconds(nanos));
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.0f s", nanos / 1e9);
    }
}
