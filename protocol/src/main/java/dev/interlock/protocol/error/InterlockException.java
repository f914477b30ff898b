package dev.interlock.protocol.error;

import dev.interlock.core.encoding.ForeignText;

/**
 * Something went wrong that a caller can act on; the subclass says how. Messages never hold a secret, and are one printable
 * line, whatever others said that they quote.
 */
public abstract sealed class InterlockException extends RuntimeException
        permits BadInputException,
                TooFewProvidersException,
                IntegrityException,
                NoSuchObjectException,
                DestroyedException,
                RefusedException,
                NodeException {
    private static final long serialVersionUID = 1L;

    InterlockException(String message) {
        super(ForeignText.line(message));
    }

    /** The message is what a person needs. */
    public String explanation() {
        return String.valueOf(getMessage());
    }
}
