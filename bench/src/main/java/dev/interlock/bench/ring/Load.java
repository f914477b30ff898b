package dev.interlock.bench.ring;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many clients at once, each doing one thing after the other. */
final class Load {
    private static final int PATIENCE = 3;
    /** By how much a rate must be higher to be rising still. */
    private static final double RISING = 1.04;

    private Load() {}

    /** One thing that a client does. */
    @FunctionalInterface
    interface Task {
        void run() throws Exception;
    }

    /**
     * What the clients reached.
     *
     * @param count of tasks
     * @param seconds from the first's begin to the last's end
     * @param latencies of each, in seconds
     */
    @SuppressWarnings("ArrayRecordComponent") // figures on their way to a table
    record Result(int count, double seconds, double[] latencies) {
        double perSecond() {
            return count / seconds;
        }
    }

    /**
     * A load that ran to have its code compiled.
     *
     * @param steady whether the rate had stopped rising
     */
    record Warmed(int count, boolean steady) {}

    /** Runs window after window, until {@link #PATIENCE} in a row brought no more than {@link #RISING} of the best one, or for so long at most. */
    static Warmed untilSteady(int clients, Duration window, Duration most, Task task) throws Exception {
        long end = System.nanoTime() + most.toNanos();
        double best = 0;
        int count = 0;
        int without = 0;
        while (without < PATIENCE && System.nanoTime() - end < 0) {
            Result result = run(clients, window, task);
            count += result.count();
            without = result.perSecond() > best * RISING ? 0 : without + 1;
            best = Math.max(best, result.perSecond());
        }
        return new Warmed(count, without == PATIENCE);
    }

    /** Has so many clients run the task again and again, until the time is over and the last ones have ended. */
    static Result run(int clients, Duration duration, Task task) throws Exception {
        long begun = System.nanoTime();
        long end = begun + duration.toNanos();
        List<Future<List<Double>>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < clients; i++) {
                running.add(threads.submit(() -> {
                    List<Double> latencies = new ArrayList<>();
                    do {
                        long start = System.nanoTime();
                        task.run();
                        latencies.add((System.nanoTime() - start) / 1e9);
                    } while (System.nanoTime() - end < 0);
                    return latencies;
                }));
            }
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        List<Double> all = new ArrayList<>();
        for (Future<List<Double>> client : running) {
            try {
                all.addAll(client.get());
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }
        return new Result(all.size(), seconds, Statistics.array(all));
    }
}
