package dev.interlock.node.store;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;

/**
 * The one thread that writes to the database. What callers asked for while the last transaction was under way goes into
 * the next one together, so that they share its fsync; each gets its answer after the COMMIT that holds it. An operation
 * that fails takes nothing with it but itself.
 */
final class WriteQueue implements AutoCloseable {
    private static final int QUEUE = 1024;
    private static final int BATCH = 256;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int ATTEMPTS = 10;

    private final Writer writer;
    private final BlockingQueue<Task<?>> queue = new ArrayBlockingQueue<>(QUEUE);
    // Held shared while a task is put in, so that none comes after the last.
    private final ReentrantReadWriteLock closing = new ReentrantReadWriteLock();
    private final Task<Boolean> last = new Task<>("closing", any -> true, any -> false, false);
    private final AtomicLong transactions = new AtomicLong();
    private final Thread thread;
    private boolean committing;
    private boolean closed;

    /** Takes the writer over. */
    WriteQueue(Writer writer) {
        this.writer = writer;
        this.thread =
                Thread.ofPlatform().daemon().name("interlock-store-writer").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /**
     * Returns when the operation is durable, or throws what it threw.
     *
     * @param what is done, for error messages
     */
    <T> T write(String what, Operation<T> operation) {
        return await(put(new Task<>(what, operation, any -> false, false)));
    }

    /** Like {@link #write}, and what it deleted is gone as the engine says when this returns. */
    <T> T erase(String what, Operation<T> operation) {
        return await(put(new Task<>(what, operation, any -> true, true)));
    }

    /**
     * Like {@link #erase} where it turns out that something was deleted, like {@link #write} otherwise.
     *
     * @param erased whether the operation that gave this result deleted something
     */
    <T> T eraseIf(String what, Operation<T> operation, Predicate<T> erased) {
        return await(put(new Task<>(what, operation, erased, false)));
    }

    /** How many transactions were committed. */
    long transactions() {
        return transactions.get();
    }

    /** How many operations wait for the writer. */
    int queued() {
        return queue.size();
    }

    /** Finishes what is in the queue. */
    @Override
    public void close() {
        closing.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            closing.writeLock().unlock();
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    queue.put(last);
                    thread.join();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private <T> Task<T> put(Task<T> task) {
        closing.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the store is closed");
            }
            if (!queue.offer(task, PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new StoreException.Failed(
                        task.what + ": not written, " + QUEUE + " others have waited for " + PATIENCE.toSeconds()
                                + " s",
                        null);
            }
            return task;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Failed(task.what + ": interrupted, not written", e);
        } finally {
            closing.readLock().unlock();
        }
    }

    // Once the writer has the task, an interrupt no longer stops the wait: the caller must learn what happened.
    private static <T> T await(Task<T> task) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.done.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                    if (task.cancel()) {
                        throw new StoreException.Failed(task.what + ": interrupted, not written", e);
                    }
                } catch (TimeoutException e) {
                    if (task.cancel()) {
                        throw new StoreException.Failed(
                                task.what + ": not written, the writer has been busy for " + PATIENCE.toSeconds()
                                        + " s",
                                e);
                    }
                    throw new StoreException.OutcomeUnknown(
                            task.what + ": the disk hasn't answered for " + PATIENCE.toSeconds()
                                    + " s; it may still be written",
                            e);
                } catch (ExecutionException e) {
                    throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() {
        List<Task<?>> batch = new ArrayList<>(BATCH);
        boolean more = true;
        while (more) {
            try {
                batch.add(queue.take());
            } catch (InterruptedException e) {
                continue; // nobody has this thread to interrupt it
            }
            queue.drainTo(batch, BATCH - 1);
            more = !batch.remove(last);
            batch.removeIf(task -> !task.take());
            try {
                runBatch(batch);
            } catch (Throwable e) { // the writer must outlive whatever it is, and nobody wait in vain
                rollBack();
                batch.forEach(task -> task.done.completeExceptionally(
                        new StoreException.OutcomeUnknown(task.what + ": the writer failed: " + e, e)));
            }
            batch.clear();
        }
        writer.close();
    }

    private void runBatch(List<Task<?>> batch) {
        if (batch.isEmpty()) {
            return;
        }
        try {
            transact(batch);
        } catch (StoreException.Unusable other) { // in place of the engine that was there
            batch.forEach(task -> task.fail(new StoreException.Failed(task.what + ": " + other.getMessage(), other)));
        } catch (SQLException together) {
            rollBack();
            if (isInDoubt(together)) {
                batch.forEach(task -> task.fail(unknown(task, together)));
            } else {
                // One that fills the disk or breaks the transaction otherwise must not take the others with it.
                for (Task<?> task : batch) {
                    transactAlone(task);
                }
            }
        }
        List<Task<?>> erased = batch.stream().filter(Task::hasErased).toList();
        // First those that needn't wait for the WAL.
        batch.stream().filter(task -> !task.hasErased()).forEach(Task::answer);
        if (!erased.isEmpty()) {
            try {
                writer.erased();
            } catch (SQLException | IOException | StoreException e) {
                discardStatements();
                erased.forEach(task -> task.fail(new StoreException.Failed(
                        task.what + ": it is done, but old bytes are still there (repeat it): " + e.getMessage(), e)));
            }
            erased.forEach(Task::answer);
        }
    }

    private void transactAlone(Task<?> task) {
        for (int attempt = 1; ; attempt++) {
            try {
                transact(List.of(task));
                return;
            } catch (SQLException alone) {
                rollBack();
                if (isInDoubt(alone)) {
                    task.fail(unknown(task, alone));
                    return;
                }
                boolean room = task.makesRoom() && StoreException.isNoRoom(alone) && writer.makeRoom();
                if (!room && !(writer.mayRepeat(alone) && attempt < ATTEMPTS)) {
                    task.fail(StoreException.of(task.what, alone));
                    return;
                }
            } catch (StoreException.Unusable other) {
                task.fail(new StoreException.Failed(task.what + ": " + other.getMessage(), other));
                return;
            }
        }
    }

    private boolean isInDoubt(SQLException failure) {
        return committing && writer.isUnknown(failure);
    }

    private static StoreException unknown(Task<?> task, SQLException failure) {
        return new StoreException.OutcomeUnknown(
                task.what + ": the database went away before it said whether this is done: " + failure.getMessage(),
                failure);
    }

    private void transact(List<Task<?>> batch) throws SQLException {
        committing = false;
        Link link = writer.link();
        writer.begin(link);
        for (Task<?> task : batch) {
            run(link, "SAVEPOINT task");
            try {
                task.run(link);
            } catch (SQLException e) {
                link.discardStatements();
                if (writer.mayRepeat(e) || (task.makesRoom() && StoreException.isNoRoom(e))) {
                    throw e; // it is tried alone, with the room that is reserved
                }
                try {
                    run(link, "ROLLBACK TO task");
                } catch (SQLException gone) { // with the whole transaction, by the first failure
                    e.addSuppressed(gone);
                    throw e;
                }
                task.fail(StoreException.of(task.what, e));
            } catch (RuntimeException e) {
                run(link, "ROLLBACK TO task");
                task.fail(e);
            }
            run(link, "RELEASE task");
        }
        committing = true;
        run(link, "COMMIT");
        committing = false;
        transactions.incrementAndGet();
    }

    private static void run(Link link, String sql) throws SQLException {
        link.prepare(sql).execute();
    }

    private void rollBack() {
        try {
            Link link = writer.link();
            link.discardStatements();
            run(link, "ROLLBACK");
        } catch (SQLException | StoreException e) {
            // The engine had rolled back by itself, or it is gone, or another answers in its place that isn't the
            // store's.
        }
    }

    private void discardStatements() {
        try {
            writer.link().discardStatements();
        } catch (SQLException | StoreException e) {
            // There is no connection, and so no statement.
        }
    }

    private static final class Task<T> {
        private enum Phase {
            QUEUED,
            TAKEN,
            CANCELLED
        }

        private final String what;
        private final Operation<T> operation;
        private final Predicate<T> erases;
        private final boolean makesRoom;
        private final CompletableFuture<T> done = new CompletableFuture<>();
        private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.QUEUED);
        private Runnable answer = () -> {};
        private boolean erased;

        Task(String what, Operation<T> operation, Predicate<T> erases, boolean makesRoom) {
            this.what = what;
            this.operation = operation;
            this.erases = erases;
            this.makesRoom = makesRoom;
        }

        boolean makesRoom() {
            return makesRoom;
        }

        boolean take() {
            return phase.compareAndSet(Phase.QUEUED, Phase.TAKEN);
        }

        boolean cancel() {
            return phase.compareAndSet(Phase.QUEUED, Phase.CANCELLED);
        }

        void run(Link link) throws SQLException {
            T result = operation.run(link);
            answer = () -> done.complete(result);
            erased = erases.test(result);
        }

        void fail(RuntimeException e) {
            answer = () -> done.completeExceptionally(e);
            erased = false;
        }

        boolean hasErased() {
            return erased;
        }

        void answer() {
            answer.run();
        }
    }
}
