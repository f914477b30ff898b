package dev.interlock.node.log;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.MalformedException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of a log, without its newline: {@code SEQUENCE TIME EVENT NAME=VALUE… HASH}.
 *
 * @param sequence the line's number, from 1
 * @param text the whole line
 * @param hash of the hash before and all that stands before this one's
 */
public record Line(long sequence, Instant time, Event event, Map<String, String> fields, String text, byte[] hash) {
    /** The longest line, its newline included. */
    public static final int MAX_BYTES = 1024;

    static final byte[] NOTHING_BEFORE = new byte[Sha256.BYTES];

    private static final String LABEL = "interlock/v1/log-entry";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Pattern FORM = Pattern.compile(
            "([1-9][0-9]{0,17}) ([0-9]{4}-[-0-9]{5}T[:0-9]{8}\\.[0-9]{3}Z) ([A-Z_]+)((?: [a-z]+=[!-<>-~]*)*) ([0-9a-f]{64})");

    static Line of(byte[] before, long sequence, long millis, Entry entry) {
        Instant time = Instant.ofEpochMilli(millis);
        String body = sequence + " " + time(millis) + " " + entry.event() + entry.fields();
        byte[] hash = hash(before, body);
        return new Line(
                sequence,
                time,
                entry.event(),
                fields(entry.fields()),
                body + " " + HexFormat.of().formatHex(hash),
                hash);
    }

    /** @throws MalformedException that says what is wrong with the line, without quoting it */
    static Line parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new MalformedException("it isn't written SEQUENCE TIME EVENT NAME=VALUE… HASH");
        }
        return new Line(
                Long.parseLong(form.group(1)),
                time(form.group(2)),
                event(form.group(3)),
                fields(form.group(4)),
                text,
                HexFormat.of().parseHex(form.group(5)));
    }

    /** Does it follow what has this hash? */
    boolean follows(byte[] before) {
        String body = text.substring(0, text.length() - 2 * Sha256.BYTES - 1);
        return Arrays.equals(hash, hash(before, body));
    }

    String hashHex() {
        return HexFormat.of().formatHex(hash);
    }

    /** A field's value. @throws MalformedException when the line has no such field */
    public String field(String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new MalformedException("its " + event + " has no field " + name);
        }
        return value;
    }

    byte[] bytes() {
        return (text + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] hash(byte[] before, String body) {
        return Sha256.labelled(LABEL)
                .update(before)
                .update(body.getBytes(StandardCharsets.US_ASCII))
                .digest();
    }

    /** As times are written in a log. */
    static String time(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis));
    }

    private static Instant time(String text) {
        try {
            Instant time = TIME.parse(text, Instant::from);
            if (TIME.format(time).equals(text)) {
                return time;
            }
        } catch (DateTimeException e) {
            // Said below.
        }
        throw new MalformedException("its time doesn't exist");
    }

    private static Event event(String name) {
        try {
            return Event.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("its event is unknown; a newer interlock may know it");
        }
    }

    private static Map<String, String> fields(String text) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String field : text.isEmpty() ? new String[0] : text.substring(1).split(" ", -1)) {
            int equals = field.indexOf('=');
            if (fields.put(field.substring(0, equals), field.substring(equals + 1)) != null) {
                throw new MalformedException("it has a field twice");
            }
        }
        return fields;
    }
}
