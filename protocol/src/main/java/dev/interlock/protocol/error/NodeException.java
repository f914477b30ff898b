package dev.interlock.protocol.error;

/** A node couldn't do its part: it doesn't answer, stalled, broke off, or has no room. Others may still serve. */
public final class NodeException extends InterlockException {
    private static final long serialVersionUID = 1L;

    private final String node;

    /** @param node the node that failed, as named in the ring */
    public NodeException(String node, String message) {
        super(message);
        this.node = node;
    }

    /** @param advice what the caller can do about it */
    public NodeException(String node, String message, Advice advice) {
        super(message, advice);
        this.node = node;
    }

    public String node() {
        return node;
    }
}
