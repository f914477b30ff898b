package dev.interlock.client;

/** What became of one object of a batch: it was done, or it failed and left the others alone. */
public sealed interface Attempt<T> {
    /** The value. @throws Exception what the same call for this object alone would have thrown */
    T get() throws Exception;

    record Done<T>(T value) implements Attempt<T> {
        @Override
        public T get() {
            return value;
        }
    }

    /** @param error an {@link dev.interlock.protocol.error.InterlockException}, or what the caller's own channel threw */
    record Failed<T>(Exception error) implements Attempt<T> {
        @Override
        public T get() throws Exception {
            throw error;
        }
    }
}
