package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.Listed;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.names.NameVersion;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Objects as people type them: an id, whole or as much of one as tells it from the others of its owner, or a name. 4 to 32 of the
 * digits 0-9a-f are an id, and no name is made of these alone.
 */
final class Ids {
    /** Fewer digits would soon be another object's as well. */
    private static final int SHORTEST = 4;

    private static final Pattern WHOLE = Pattern.compile("[0-9a-f]{32}");
    private static final Pattern BEGINNING = Pattern.compile("[0-9a-f]{" + SHORTEST + ",31}");

    private Ids() {}

    /** Checks what was typed before anybody is asked: an id, or a name. */
    static String check(String typed) {
        if (!isId(typed)) {
            var _ = NameVersion.of(typed);
        }
        return typed;
    }

    /** Checks that an id was typed, and no name. */
    static String checkId(String typed) {
        if (!isId(typed)) {
            var _ = ObjectId.parse(typed);
        }
        return typed;
    }

    static boolean isId(String typed) {
        return WHOLE.matcher(typed).matches() || BEGINNING.matcher(typed).matches();
    }

    /**
     * The object that was meant.
     *
     * @throws BadInputException where more than one of the user's objects begins so
     * @throws NoSuchObjectException where none does, or has that name
     */
    static ObjectId resolve(Interlock interlock, String typed) throws InterruptedException {
        return resolve(interlock, List.of(check(typed))).getFirst();
    }

    /** All of them, for one list of the user's objects. */
    static List<ObjectId> resolve(Interlock interlock, List<String> typed) throws InterruptedException {
        boolean whole = typed.stream().noneMatch(each -> BEGINNING.matcher(each).matches());
        List<ObjectId> own = whole
                ? List.of()
                : interlock.list().stream().map(Listed::object).toList();
        Set<ObjectId> found = new LinkedHashSet<>();
        for (String each : typed) {
            found.add(
                    isId(each)
                            ? find(own, each)
                            : interlock.names().resolve(NameVersion.of(each)).object());
        }
        return List.copyOf(found);
    }

    private static ObjectId find(List<ObjectId> own, String typed) {
        if (!BEGINNING.matcher(typed).matches()) {
            return ObjectId.parse(typed);
        }
        List<ObjectId> found =
                own.stream().filter(id -> id.toString().startsWith(typed)).toList();
        if (found.isEmpty()) {
            throw new NoSuchObjectException("none of your objects has an id that begins with " + typed);
        }
        if (found.size() > 1) {
            throw new BadInputException(found.size() + " of your objects have ids that begin with " + typed + ": "
                    + String.join(", ", found.stream().map(ObjectId::toString).toList()));
        }
        return found.getFirst();
    }
}
