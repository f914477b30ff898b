package dev.interlock.protocol.error;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** A node declined the request: not this user's object, not a member of the session, a stale or replayed request. */
public final class RefusedException extends InterlockException {
    private static final long serialVersionUID = 1L;

    private final Rule rule;
    private final long waitMillis;

    /** Which rule lets the request not in; for the audit log, which has no room for messages. */
    public enum Rule {
        UNSIGNED,
        /** The request or its signature isn't well-formed, or the signature doesn't hold. */
        SIGNATURE,
        OTHER_NODE,
        OTHER_RING,
        OTHER_EPOCH,
        OTHER_OPERATION,
        OTHER_SUBJECT,
        OTHER_BODY,
        /** The statement names another key that may ask, or tells this party something else. */
        OTHER_ASKER,
        /** O didn't sign the statement, or the command. */
        OWNER,
        EXPIRED,
        TOO_FAR_AHEAD,
        UNKNOWN_USER,
        /** The key derives from a version of the user's root secret that was changed for a new one. */
        SUCCEEDED,
        REPLAYED,
        /** Its MAC is of a channel that this process doesn't have, or not any more: a signed request opens another. */
        UNKNOWN_CHANNEL,
        NOT_OF_THE_RING,
        /** More than this node allows one user; the message says of what, and when to ask again. */
        ALLOWANCE,
        /** Too many guesses of a login's password; it has a wait. */
        LOCKED_OUT,
        /** Let in, and refused all the same. */
        REFUSED;

        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public RefusedException(String message) {
        this(Rule.REFUSED, message);
    }

    /** @param advice what the caller can do about it */
    public RefusedException(String message, Advice advice) {
        super(message, advice);
        this.rule = Rule.REFUSED;
        this.waitMillis = -1;
    }

    public RefusedException(Rule rule, String message) {
        this(rule, message, Optional.empty());
    }

    /**
     * No guess is answered now.
     *
     * @param wait until one may be
     */
    public static RefusedException lockedOut(String message, Duration wait) {
        return new RefusedException(Rule.LOCKED_OUT, message, Optional.of(wait));
    }

    private RefusedException(Rule rule, String message, Optional<Duration> wait) {
        super(message);
        this.rule = rule;
        this.waitMillis = wait.map(Duration::toMillis).orElse(-1L);
    }

    public Rule rule() {
        return rule;
    }

    /** After which time the same may be allowed; where that is known. */
    public Optional<Duration> untilAllowed() {
        return waitMillis < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(waitMillis));
    }
}
