package dev.interlock.protocol.request;

/** What a client may ask of one node; signed into every request, so that no request serves another end. */
public enum Operation {
    /** Opens a channel, under whose MAC further requests come. */
    CHANNEL,
    /** Opens a session: the order of one pass. */
    ORDER,
    /** Sends a station's input, or fetches its output. */
    STREAM,
    /** Sends a hop's blind, whole. */
    BLIND,
    /** Asks what became of a session's stations at this provider. */
    REPORT,
    /** Gives up a session. */
    ABANDON,
    /** Has providers say that they confirm no certificate of a generation. */
    SETTLE,
    /** Asks for the root of a share that its provider summed up. */
    ROOT,
    /** Asks a dealer to deal. */
    DEAL,
    /** Fetches the user's own share of a dealing. */
    SHARE,
    /** Sends u_m into the chain. */
    TOKEN,
    /** Reveals ρ for the write check. */
    CHECK,
    /** Gives a provider that was repaired what it keeps beside its share. */
    RESTORE,
    COMMIT,
    INFO,
    /** Reads a small object: asks for all that a provider holds of it. */
    OPEN,
    /** The same of many at once. */
    OPEN_ALL,
    MANIFEST,
    /** Fetches the ciphertext, or a sealed share, from home. */
    FETCH,
    /** Fetches what a provider holds of an object, for a direct read. */
    PART,
    /** The same of a session whose object isn't committed. */
    SESSION_PART,
    LIST,
    DESTROY,
    /** Has an object destroyed at a later time, and closed until then; or takes that back. */
    SCHEDULE_DESTROY,
    /** Leaves commands for providers that can't be reached. */
    NOTIFY,
    /** Makes an object another owner's. */
    HAND_OVER,
    /** Asks how an object came to its owner. */
    TITLE,
    /** Sets entries of names. */
    SET_NAMES,
    /** Asks for entries of names by their tags. */
    FIND_NAMES,
    /** Lists the user's entries of names, or their states. */
    LIST_NAMES,
    /** Leaves a login's record and this provider's share of its OPRF key. */
    ENROL,
    /** Has a provider deal its shares of a login anew. */
    DEAL_LOGIN,
    /** Has a provider that left the ring erase its shares of a login. */
    LEAVE_LOGIN,
    /** Has a login's blinded password evaluated. */
    EVALUATE,
    /** Lists the devices that have logged in, or forgets one. */
    DEVICES
}
