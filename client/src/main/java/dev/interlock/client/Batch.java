package dev.interlock.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Many puts or gets side by side. Nodes make the records of objects that come together durable together, and a round trip
 * is waited for once: together they take far less time than one after the other.
 */
final class Batch {
    /** Enough to keep a ring busy, too few to crowd others out. */
    static final int AT_ONCE = 64;

    private Batch() {}

    /** Runs all, at most {@value #AT_ONCE} at a time; in the order of the tasks. An interrupt ends them all. */
    static <T> List<Attempt<T>> run(List<Callable<T>> tasks) throws InterruptedException {
        return run(tasks, AT_ONCE);
    }

    /** The same with at most so many at a time. */
    static <T> List<Attempt<T>> run(List<Callable<T>> tasks, int atOnce) throws InterruptedException {
        Semaphore room = new Semaphore(atOnce);
        List<Future<T>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                for (Callable<T> task : tasks) {
                    room.acquire();
                    running.add(threads.submit(() -> {
                        try {
                            return task.call();
                        } finally {
                            room.release();
                        }
                    }));
                }
                List<Attempt<T>> attempts = new ArrayList<>();
                for (Future<T> each : running) {
                    attempts.add(attempt(each));
                }
                return attempts;
            } catch (InterruptedException e) {
                threads.shutdownNow();
                throw e;
            }
        }
    }

    private static <T> Attempt<T> attempt(Future<T> running) throws InterruptedException {
        try {
            return new Attempt.Done<>(running.get());
        } catch (ExecutionException e) {
            return switch (e.getCause()) {
                case Exception failure -> new Attempt.Failed<>(failure);
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException("a task failed", e);
            };
        }
    }

    /** Its value, for whom one failure ends all: thrown as it was, or wrapped where it can't be. */
    static <T> T result(Attempt<T> attempt) throws InterruptedException {
        return switch (attempt) {
            case Attempt.Done<T>(T value) -> value;
            case Attempt.Failed<T>(InterruptedException interrupted) -> throw interrupted;
            case Attempt.Failed<T>(RuntimeException fault) -> throw fault;
            case Attempt.Failed<T>(Exception other) -> throw new IllegalStateException(other);
        };
    }
}
