package dev.interlock.core.encoding;

/** Bytes from outside don't have the form that they must have; the message says which rule failed. */
public final class MalformedException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public MalformedException(String message) {
        super(message);
    }
}
