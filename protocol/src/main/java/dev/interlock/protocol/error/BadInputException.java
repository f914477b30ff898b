package dev.interlock.protocol.error;

/** The caller's own input is wrong: mend it and ask again. */
public final class BadInputException extends InterlockException {
    private static final long serialVersionUID = 1L;

    public BadInputException(String message) {
        super(message);
    }

    /** @param advice what the caller can do about it */
    public BadInputException(String message, Advice advice) {
        super(message, advice);
    }
}
