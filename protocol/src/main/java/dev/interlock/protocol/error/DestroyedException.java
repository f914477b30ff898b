package dev.interlock.protocol.error;

/** The object was destroyed; nothing brings it back. */
public final class DestroyedException extends InterlockException {
    private static final long serialVersionUID = 1L;

    public DestroyedException(String message) {
        super(message);
    }

    /** @param advice what the caller can do about it */
    public DestroyedException(String message, Advice advice) {
        super(message, advice);
    }
}
