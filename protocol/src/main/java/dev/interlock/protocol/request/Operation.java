package dev.interlock.protocol.request;

/** What a client may ask of one node; signed into every request, so that no request serves another end. */
public enum Operation {
    /** Opens a session: the order of one pass. */
    ORDER,
    /** Sends the first input of a pass, or fetches its last output. */
    STREAM,
    /** Asks what became of a session's stations at this provider. */
    REPORT,
    /** Gives up a session. */
    ABANDON,
    /** Asks a dealer to deal. */
    DEAL,
    /** Sends u_m into the chain. */
    TOKEN,
    COMMIT,
    INFO,
    MANIFEST,
    LIST,
    DESTROY
}
