package dev.interlock.protocol.error;

/** A node declined the request: not this user's object, not a member of the session, a stale or replayed request. */
public final class RefusedException extends InterlockException {
    private static final long serialVersionUID = 1L;

    public RefusedException(String message) {
        super(message);
    }
}
