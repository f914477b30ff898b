package dev.interlock.core.sealing;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** What is sealed can't be opened; the subclass says whose fault it is. */
public abstract sealed class SealedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private SealedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** It is sealed to another key: use that. */
    public static final class WrongKey extends SealedException {
        private static final long serialVersionUID = 1L;

        WrongKey(Sealing what, byte[] actual, byte[] expected) {
            super(
                    what + " is sealed to the key " + HexFormat.of().formatHex(actual) + ", this is the key "
                            + HexFormat.of().formatHex(expected),
                    null);
        }
    }

    /** It isn't what was sealed to this key as this. */
    public static final class Broken extends SealedException {
        private static final long serialVersionUID = 1L;

        Broken(Sealing what, String why, @Nullable Throwable cause) {
            super(what + " doesn't open: " + why, cause);
        }
    }
}
