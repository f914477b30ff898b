package dev.interlock.node;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does again and again. Each task has a thread of its own, so that one that waits delays no other; a task never
 * runs twice at once. How late each is, is a metric, and an alarm once it is more than {@value #ALARM_SECONDS} s.
 */
final class Timers implements AutoCloseable {
    static final int ALARM_SECONDS = 10;

    private static final Logger log = LoggerFactory.getLogger(Timers.class);

    private final MeterRegistry meters;
    private final ExecutorService threads;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("timers").factory());
    private final List<Timer> timers = new CopyOnWriteArrayList<>();

    /** @param threads for the tasks; closed by its owner */
    Timers(MeterRegistry meters, ExecutorService threads) {
        this.meters = meters;
        this.threads = threads;
    }

    /**
     * Runs a task again and again until this closes.
     *
     * @param pause between the end of one run and the beginning of the next
     * @param name of its lag in the metrics
     */
    void every(Duration pause, String name, Runnable task) {
        Timer timer = new Timer(pause, name, task);
        timers.add(timer);
        Gauge.builder("interlock.timer.lag.seconds", timer, Timer::lagSeconds)
                .description("how late this task is now")
                .tag("timer", name)
                .register(meters);
        var _ = clock.scheduleWithFixedDelay(
                timer::tick, pause.toMillis(), Math.max(1, pause.toMillis() / 4), TimeUnit.MILLISECONDS);
    }

    /** That a task is late, if one is. */
    Optional<String> alarm() {
        return timers.stream()
                .filter(timer -> timer.lagSeconds() > ALARM_SECONDS)
                .map(timer -> "its task \"" + timer.name + "\" is " + (long) timer.lagSeconds() + " s late")
                .findFirst();
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    private final class Timer {
        private final Duration pause;
        private final String name;
        private final Runnable task;
        private final AtomicBoolean running = new AtomicBoolean();
        private volatile long dueNanos;

        Timer(Duration pause, String name, Runnable task) {
            this.pause = pause;
            this.name = name;
            this.task = task;
            this.dueNanos = System.nanoTime() + pause.toNanos();
        }

        double lagSeconds() {
            return Math.max(0, System.nanoTime() - dueNanos) / 1e9;
        }

        void tick() {
            if (System.nanoTime() - dueNanos < 0 || !running.compareAndSet(false, true)) {
                return;
            }
            try {
                var _ = threads.submit(this::run);
            } catch (RejectedExecutionException e) {
                // The node ends.
                running.set(false);
            }
        }

        private void run() {
            try {
                task.run();
            } catch (RuntimeException e) {
                // The end of the node breaks off what it is at.
                if (!clock.isShutdown()) {
                    log.error("the task \"{}\" failed", name, e);
                }
            } finally {
                dueNanos = System.nanoTime() + pause.toNanos();
                running.set(false);
            }
        }
    }
}
