package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import java.util.Locale;

/** How the hop blinds B_i of one pass come to be. */
public enum Blinding {
    /** B_i = 0: the published profile, and a station that puts no layer on. */
    NONE,
    /** Grown from a seed of 32 bytes on both sides: computational, and safe from quantum computers. */
    EXPANDED,
    /** As long as the message and sent whole: nothing but the channels rests on an assumption then. */
    FULL,
    /**
     * Every pair of those who take part in the pass shares a seed, and both add its expansion: for a pass from which the user
     * takes no blinds off, since they add up to zero without anyone knowing another's (DESIGN §9).
     */
    PAIRED;

    /** As an order writes it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Blinding parse(String text) {
        for (Blinding blinding : values()) {
            if (blinding.text().equals(text)) {
                return blinding;
            }
        }
        throw new MalformedException("blinds must be \"none\", \"expanded\", \"full\" or \"paired\"");
    }
}
