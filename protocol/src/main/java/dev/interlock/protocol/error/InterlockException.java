package dev.interlock.protocol.error;

import dev.interlock.core.encoding.ForeignText;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
                NodeException,
                UnsettledException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable Advice advice;

    InterlockException(String message) {
        this(message, null);
    }

    InterlockException(String message, @Nullable Advice advice) {
        super(ForeignText.line(message));
        this.advice = advice;
    }

    /** What the caller can do about it, where it is one thing. It doesn't travel from node to client. */
    public Optional<Advice> advice() {
        return Optional.ofNullable(advice);
    }

    /** The message is what a person needs. */
    public String explanation() {
        return String.valueOf(getMessage());
    }
}
