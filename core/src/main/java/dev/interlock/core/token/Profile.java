package dev.interlock.core.token;

import dev.interlock.core.encoding.MalformedException;
import java.util.Locale;

/** How a protocol is run (SPEC §3). */
public enum Profile {
    /** To the letter of the paper, which leaks; only rings that allow it serve it. */
    PUBLISHED(1),
    /** With hop blinds: fewer than t providers learn nothing. */
    BLINDED(2);

    private final int code;

    Profile(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static Profile ofCode(int code) {
        for (Profile profile : values()) {
            if (profile.code == code) {
                return profile;
            }
        }
        throw new MalformedException("profile " + code + " is unknown");
    }

    /** As a ring descriptor writes it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Profile parse(String text) {
        for (Profile profile : values()) {
            if (profile.text().equals(text)) {
                return profile;
            }
        }
        throw new MalformedException("the profile must be \"published\" or \"blinded\"");
    }
}
