package dev.interlock.node.store;

import dev.interlock.wire.file.Reserve;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
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

    private final Link link;
    private final Path wal;
    private final Reserve reserve;
    private final BlockingQueue<Task<?>> queue = new ArrayBlockingQueue<>(QUEUE);
    // Held shared while a task is put in, so that none comes after the last.
    private final ReentrantReadWriteLock closing = new ReentrantReadWriteLock();
    private final Task<Boolean> last = new Task<>("closing", any -> true, any -> false, false);
    private final AtomicLong transactions = new AtomicLong();
    private final Thread writer;
    private boolean closed;

    /**
     * Takes the connection over.
     *
     * @param reserve room for what erases on a full disk
     */
    WriteQueue(Link link, Path database, Reserve reserve) {
        this.link = link;
        this.reserve = reserve;
        this.wal = walOf(database);
        this.writer =
                Thread.ofPlatform().daemon().name("interlock-store-writer").unstarted(this::run);
    }

    void start() {
        writer.start();
    }

    /**
     * Returns when the operation is durable, or throws what it threw.
     *
     * @param what is done, for error messages
     */
    <T> T write(String what, Operation<T> operation) {
        return await(put(new Task<>(what, operation, any -> false, false)));
    }

    /** Like {@link #write}, and nothing that it deleted is left in the WAL when this returns. */
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
                    writer.join();
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

    static Path walOf(Path database) {
        return database.resolveSibling(database.getFileName() + "-wal");
    }

    /** Brings everything from the WAL into the database and empties it, waiting a while for readers. */
    static void truncateWal(Link link, Path wal) throws SQLException, IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos() / 2;
        while (isBusy(link)) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("another connection has kept the WAL from being emptied for "
                        + PATIENCE.toSeconds() / 2 + " s");
            }
        }
        if (Files.exists(wal)) { // SQLite doesn't make the new length durable
            try (FileChannel channel = FileChannel.open(wal, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        }
    }

    // Waits for readers as long as the connection's busy timeout.
    private static boolean isBusy(Link link) throws SQLException {
        PreparedStatement checkpoint = link.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
        try (ResultSet row = checkpoint.executeQuery()) {
            row.next();
            return row.getInt(1) != 0;
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
        link.close();
    }

    private void runBatch(List<Task<?>> batch) {
        if (batch.isEmpty()) {
            return;
        }
        try {
            transact(batch);
        } catch (SQLException together) {
            // One that fills the disk or breaks the transaction otherwise must not take the others with it.
            rollBack();
            for (Task<?> task : batch) {
                transactAlone(task);
            }
        }
        List<Task<?>> erased = batch.stream().filter(Task::hasErased).toList();
        // First those that needn't wait for the WAL.
        batch.stream().filter(task -> !task.hasErased()).forEach(Task::answer);
        if (!erased.isEmpty()) {
            try {
                truncateWal(link, wal);
                reserve.fill();
            } catch (SQLException | IOException e) {
                link.discardStatements();
                erased.forEach(task -> task.fail(new StoreException.Failed(
                        task.what + ": it is done, but old bytes are still in the WAL (repeat it): " + e.getMessage(),
                        e)));
            }
            erased.forEach(Task::answer);
        }
    }

    private void transactAlone(Task<?> task) {
        try {
            transact(List.of(task));
        } catch (SQLException alone) {
            rollBack();
            if (task.makesRoom() && StoreException.isNoRoom(alone) && reserve.release()) {
                transactAlone(task);
            } else {
                task.fail(StoreException.of(task.what, alone));
            }
        }
    }

    private void transact(List<Task<?>> batch) throws SQLException {
        run("BEGIN IMMEDIATE");
        for (Task<?> task : batch) {
            run("SAVEPOINT task");
            try {
                task.run(link);
            } catch (SQLException e) {
                link.discardStatements();
                if (task.makesRoom() && StoreException.isNoRoom(e)) {
                    throw e; // it is tried alone, with the room that is reserved
                }
                try {
                    run("ROLLBACK TO task");
                } catch (SQLException gone) { // with the whole transaction, by the first failure
                    e.addSuppressed(gone);
                    throw e;
                }
                task.fail(StoreException.of(task.what, e));
            } catch (RuntimeException e) {
                run("ROLLBACK TO task");
                task.fail(e);
            }
            run("RELEASE task");
        }
        run("COMMIT");
        transactions.incrementAndGet();
    }

    private void run(String sql) throws SQLException {
        link.prepare(sql).execute();
    }

    private void rollBack() {
        link.discardStatements();
        try {
            run("ROLLBACK");
        } catch (SQLException e) {
            // SQLite had rolled back by itself.
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
