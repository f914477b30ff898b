package dev.interlock.node.store;

import java.util.function.Predicate;

/**
 * The rows of a store, in an engine that makes transactions durable. Safe for use by many threads. All methods throw
 * {@link StoreException} when the engine fails, and what the operation throws.
 */
interface Catalog extends AutoCloseable {
    /**
     * Reads, at some moment after all writes that have returned.
     *
     * @param what is done, for error messages
     */
    <T> T read(String what, Operation<T> operation);

    /** Returns when the operation is durable. */
    <T> T write(String what, Operation<T> operation);

    /** Like {@link #write}; also on a full disk, and with what was deleted gone as the engine says. */
    <T> T erase(String what, Operation<T> operation);

    /**
     * Like {@link #erase} where it turns out that something was deleted, like {@link #write} otherwise.
     *
     * @param erased whether the operation that gave this result deleted something
     */
    <T> T eraseIf(String what, Operation<T> operation, Predicate<T> erased);

    /** How many transactions were committed since the store was opened. */
    long transactions();

    /** Finishes what is under way. */
    @Override
    void close();
}
