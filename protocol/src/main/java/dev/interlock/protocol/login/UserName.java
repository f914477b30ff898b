package dev.interlock.protocol.login;

import dev.interlock.core.encoding.MalformedException;
import java.util.regex.Pattern;

/**
 * By what a user's login is found: 1 to 64 of a to z, 0 to 9, dot, hyphen and underscore, a letter or a digit first. Nothing else, so
 * that no two names look the same.
 */
public record UserName(String text) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

    /** @throws MalformedException when it isn't one */
    public UserName {
        if (!NAME.matcher(text).matches()) {
            throw new MalformedException(
                    "a user's name has 1 to 64 of a-z, 0-9, \".\", \"-\" and \"_\", a letter or a" + " digit first");
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
