package dev.interlock.node.log;

import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import java.util.regex.Pattern;

/** What one entry says: an event and its fields, in the order in which they were given. */
public final class Entry {
    private static final int MAX_VALUE_CHARS = 128;
    private static final int MAX_FIELDS = 6;
    /** Printable ASCII without the space and the equals sign: no value can end its field or its line. */
    private static final Pattern OTHER = Pattern.compile("[^!-<>-~]");

    private final Event event;
    private final String fields;
    private final int count;

    private Entry(Event event, String fields, int count) {
        this.event = event;
        this.fields = fields;
        this.count = count;
    }

    public static Entry of(Event event) {
        return new Entry(event, "", 0);
    }

    /** The same fields under another event. */
    public Entry as(Event other) {
        return new Entry(other, fields, count);
    }

    /**
     * One more field.
     *
     * @param value cut to 128 characters, with ? for each that isn't allowed
     */
    public Entry with(String name, Object value) {
        if (count == MAX_FIELDS) {
            throw new IllegalArgumentException("an entry has at most " + MAX_FIELDS + " fields");
        }
        String text = String.valueOf(value);
        String cut = text.substring(0, Math.min(text.length(), MAX_VALUE_CHARS));
        return new Entry(event, fields + " " + name + "=" + OTHER.matcher(cut).replaceAll("?"), count + 1);
    }

    public Entry session(StatementHash session) {
        return with("session", session);
    }

    public Entry generation(StatementHash generation) {
        return with("generation", generation);
    }

    public Entry object(ObjectId object) {
        return with("object", object);
    }

    public Entry user(VerifyingKey key) {
        return with("user", key);
    }

    /** @param millis since 1970 */
    public Entry time(String name, long millis) {
        return with(name, Line.time(millis));
    }

    Event event() {
        return event;
    }

    /** Each field behind a space. */
    String fields() {
        return fields;
    }
}
