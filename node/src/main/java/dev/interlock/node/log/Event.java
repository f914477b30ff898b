package dev.interlock.node.log;

/** What an entry tells. */
public enum Event {
    /** The first entry: whose log this is. */
    CREATED,
    STARTED,
    STOPPED,
    /** At a start: the end of the log wasn't a whole line, and was set aside. */
    RECOVERED,
    /** The node signs all entries before this one: a head. */
    SIGNED,
    /** How far the log of another process of this node was. */
    BOUND,
    /** A user's or a node's request was let in. */
    AUTHORISED,
    /** A request was refused, or so many more were. */
    REFUSED,
    /** A provider took the order of a session. */
    ORDERED,
    /** A provider holds its part of an object durably, before it signs for it. */
    STORED,
    COMMITTED,
    /** A share waits here for a provider that is missing, durably, before this provider signs for it. */
    CUSTODY,
    /** That provider has its share and signed for it; what waited is gone. */
    DELIVERED,
    /** Everyone's signature is there, also of those who were missing at the write. */
    COMPLETED,
    /** What was stored, but never committed, is gone. */
    FORGOTTEN,
    /** A later generation took an object's place, and what it was is erased. */
    REPLACED,
    /** The object is another owner's, and another user's here. */
    HANDED_OVER,
    /** The object is to be erased later, and closed until then. */
    SCHEDULED,
    /** That was taken back. */
    CANCELLED,
    /** The object is erased, and its receipt is given out. */
    DESTROYED,
    /** A user's login counts here, or another record of it. */
    ENROLLED,
    /** A user goes by another key, of a new root secret, from now on. */
    SUCCEEDED,
    /** One attempt at a login was counted, before it was answered. */
    GUESSED,
    /** It succeeded, and was given back. */
    LOGGED_IN,
    /** A dealer dealt. */
    DEALT
}
