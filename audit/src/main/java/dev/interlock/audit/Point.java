package dev.interlock.audit;

import dev.interlock.protocol.error.BadInputException;
import java.util.Locale;

/**
 * Where the victim is: what it is about to send.
 *
 * @param run which of its operations
 * @param node to whom; empty where it goes to nobody, or to all
 */
public record Point(String run, Phase phase, String node) {
    /** In the order of one operation. */
    public enum Phase {
        LOOKUP,
        ORDER,
        DEAL,
        STREAM,
        HOP,
        ROOT,
        TOKEN,
        CHAIN,
        CHECK,
        CERTIFY,
        COMMIT,
        READ,
        COMMAND,
        /** Of a login: a record to hold, a question, what opens the root, what is told of it. */
        PREPARE,
        EVALUATE,
        OPEN,
        SUCCESS,
        END;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Phase parse(String text) {
            for (Phase phase : values()) {
                if (phase.text().equals(text)) {
                    return phase;
                }
            }
            throw new BadInputException("no part of an operation is called \"" + text + "\"");
        }
    }
}
