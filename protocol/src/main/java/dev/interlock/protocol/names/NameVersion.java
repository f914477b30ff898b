package dev.interlock.protocol.names;

import dev.interlock.protocol.error.BadInputException;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A name as one refers to what it names: {@code backups/db.key} is its newest version, {@code backups/db.key@2} the second.
 *
 * @param version from 1; empty for the newest
 */
public record NameVersion(Name name, OptionalInt version) {
    private static final Pattern TYPED = Pattern.compile("(.*)@([1-9][0-9]{0,8})", Pattern.DOTALL);

    /** @throws BadInputException that says why it can't be a name */
    public static NameVersion of(String typed) {
        Matcher versioned = TYPED.matcher(typed);
        return versioned.matches()
                ? new NameVersion(Name.of(versioned.group(1)), OptionalInt.of(Integer.parseInt(versioned.group(2))))
                : new NameVersion(Name.of(typed), OptionalInt.empty());
    }

    @Override
    public String toString() {
        return version.isPresent() ? name + "@" + version.getAsInt() : name.text();
    }
}
