package dev.interlock.node.store;

import java.util.Locale;

/** What a blob is to its object. */
public enum BlobKind {
    /** This provider's share of the pad. */
    SHARE(1),
    /** P ⊕ a0, where this provider is the object's home. */
    CIPHERTEXT(2),
    /** Written by {@link PendingObject#prepare} and read by {@link Store#manifest}; kept and sealed like the others. */
    MANIFEST(3);

    private final int code;

    BlobKind(int code) {
        this.code = code;
    }

    /** 1..3; stands in nonces, associated data and row numbers, so it never changes. */
    int code() {
        return code;
    }

    /** How messages and file names write it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
