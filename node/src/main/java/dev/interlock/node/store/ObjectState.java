package dev.interlock.node.store;

/** How far an object has come; a pending one isn't stored, so it has no state here. */
public enum ObjectState {
    /** Durable, its write neither acknowledged nor given up: in doubt after a crash. */
    PREPARED(1),
    COMMITTED(2),
    /** A tombstone, for ever. */
    DESTROYED(3),
    /** Its content is gone, a later generation took its place; the row stays, so that the id never serves again. */
    REPLACED(4);

    private final int code;

    ObjectState(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static ObjectState of(int code) {
        for (ObjectState state : values()) {
            if (state.code == code) {
                return state;
            }
        }
        throw new StoreException.Failed("a row has object state " + code + ", known are 1 to 4", null);
    }
}
