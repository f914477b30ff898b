package dev.interlock.protocol.error;

/** Something went wrong that a caller can act on; the subclass says how. Messages never hold a secret. */
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
        super(message);
    }

    /** The message is what a person needs. */
    public String explanation() {
        return String.valueOf(getMessage());
    }
}
