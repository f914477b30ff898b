package dev.interlock.protocol.error;

import java.util.List;

/**
 * Too few providers confirmed what was certified: whether it counts isn't settled yet. None of it may be undone, and what stays
 * with the user (a user key) must be kept; once the others can be reached, settling the object decides.
 */
public final class UnsettledException extends InterlockException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> confirmed;

    /**
     * @param confirmed the providers that confirmed it, by name
     * @param advice what the caller can do about it
     */
    public UnsettledException(String message, List<String> confirmed, Advice advice) {
        super(message, advice);
        this.confirmed = List.copyOf(confirmed);
    }

    public List<String> confirmed() {
        return confirmed;
    }
}
