package dev.interlock.core.signature;

import java.util.Locale;

/** A signature isn't that of this key over these bytes for this purpose. */
public final class BadSignatureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadSignatureException(Purpose purpose, VerifyingKey key) {
        super("the " + purpose.name().toLowerCase(Locale.ROOT).replace('_', ' ')
                + " signature wasn't made with the key " + key + " over these bytes");
    }
}
