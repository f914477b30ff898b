package dev.interlock.protocol.error;

/** No provider knows the object, or its write was never committed. */
public final class NoSuchObjectException extends InterlockException {
    private static final long serialVersionUID = 1L;

    public NoSuchObjectException(String message) {
        super(message);
    }

    /** @param advice what the caller can do about it */
    public NoSuchObjectException(String message, Advice advice) {
        super(message, advice);
    }
}
