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
