package dev.interlock.protocol.error;

import java.util.List;

/** Bytes aren't what was committed to; nothing of them was released. */
public final class IntegrityException extends InterlockException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> culprits;

    /** @param culprits the nodes that are shown to be at fault; empty where this can't be told */
    public IntegrityException(String message, List<String> culprits) {
        super(message);
        this.culprits = List.copyOf(culprits);
    }

    /** @param advice what the caller can do about it */
    public IntegrityException(String message, List<String> culprits, Advice advice) {
        super(message, advice);
        this.culprits = List.copyOf(culprits);
    }

    public List<String> culprits() {
        return culprits;
    }
}
