package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import java.util.Locale;

/** How the hop blinds B_i of one pass come to be. */
public enum Blinding {
    /** B_i = 0: the published profile, and a station that puts no layer on. */
    NONE(0),
    /** Grown from a seed of 32 bytes on both sides: computational, and safe from quantum computers. */
    EXPANDED(1),
    /** As long as the message and sent whole: nothing but the channels rests on an assumption then. */
    FULL(2),
    /**
     * Every pair of those who take part in the pass shares a seed, and both add its expansion: for a pass from which the user
     * takes no blinds off, since they add up to zero without anyone knowing another's (SPEC §10).
     */
    PAIRED(3);

    private final int code;

    Blinding(int code) {
        this.code = code;
    }

    /** As an option writes it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws MalformedException when no kind of blinds is called so */
    public static Blinding parse(String text) {
        for (Blinding blinding : values()) {
            if (blinding.text().equals(text)) {
                return blinding;
            }
        }
        throw new MalformedException("blinds must be \"none\", \"expanded\", \"full\" or \"paired\"");
    }

    int code() {
        return code;
    }

    static Blinding ofCode(int code) {
        for (Blinding blinding : values()) {
            if (blinding.code == code) {
                return blinding;
            }
        }
        throw new MalformedException("blinds of the kind " + code + " aren't known");
    }
}
