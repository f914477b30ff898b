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

    /** All that changes something goes through it. */
    WriteQueue writes();

    /** Returns when the operation is durable. */
    default <T> T write(String what, Operation<T> operation) {
        return writes().write(what, operation);
    }

    /** Like {@link #write}; also on a full disk, and with what was deleted gone as the engine says. */
    default <T> T erase(String what, Operation<T> operation) {
        return writes().erase(what, operation);
    }

    /**
     * Like {@link #erase} where it turns out that something was deleted, like {@link #write} otherwise.
     *
     * @param erased whether the operation that gave this result deleted something
     */
    default <T> T eraseIf(String what, Operation<T> operation, Predicate<T> erased) {
        return writes().eraseIf(what, operation, erased);
    }

    /** How many transactions were committed since the store was opened. */
    default long transactions() {
        return writes().transactions();
    }

    /** Finishes what is under way. */
    @Override
    void close();
}
