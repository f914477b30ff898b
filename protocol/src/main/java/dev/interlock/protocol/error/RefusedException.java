package dev.interlock.protocol.error;

import java.util.Locale;

/** A node declined the request: not this user's object, not a member of the session, a stale or replayed request. */
public final class RefusedException extends InterlockException {
    private static final long serialVersionUID = 1L;

    private final Rule rule;

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
        REPLAYED,
        /** Its MAC is of a channel that this process doesn't have, or not any more: a signed request opens another. */
        UNKNOWN_CHANNEL,
        NOT_OF_THE_RING,
        /** More than this node allows one user; the message says of what, and when to ask again. */
        ALLOWANCE,
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
    }

    public RefusedException(Rule rule, String message) {
        super(message);
        this.rule = rule;
    }

    public Rule rule() {
        return rule;
    }
}
