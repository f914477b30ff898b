package dev.interlock.protocol.names;

import dev.interlock.core.encoding.ForeignText;
import dev.interlock.protocol.error.BadInputException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Pattern;

/**
 * A user's name for an object, as {@code backups/db.key} (SPEC §16): parts between slashes, 1 to 255 bytes of UTF-8 in all,
 * in normalisation form C. Two names are the same if their bytes are.
 */
public record Name(String text) implements Comparable<Name> {
    public static final int MAX_BYTES = 255;

    /** What is taken for an object's id, or the beginning of one, is no name. */
    private static final Pattern ID = Pattern.compile("[0-9a-f]{4,32}");

    private static final Pattern VERSIONED = Pattern.compile(".*@[0-9]+", Pattern.DOTALL);

    /** @throws BadInputException unless it is a name in the one form that names have; {@link #of} brings it there */
    public Name {
        if (!Normalizer.isNormalized(text, Normalizer.Form.NFC)) {
            throw refused(text, "it isn't in normalisation form C");
        }
        if (text.isEmpty()) {
            throw new BadInputException("a name is empty");
        }
        for (String part : text.split("/", -1)) {
            check(text, part);
        }
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw refused(text, "it has " + bytes + " bytes in UTF-8, and at most " + MAX_BYTES + " are allowed");
        }
        if (ID.matcher(text).matches()) {
            throw refused(
                    text, "4 to 32 of the digits 0-9a-f are taken for the id of an object: add a folder or an ending");
        }
        if (VERSIONED.matcher(text).matches()) {
            throw refused(text, "a name can't end in @ and digits: that names a version");
        }
    }

    /** What was typed, brought into normalisation form C. @throws BadInputException that says why it can't be a name */
    public static Name of(String typed) {
        return new Name(Normalizer.normalize(typed, Normalizer.Form.NFC));
    }

    /** The last part. */
    public String last() {
        return text.substring(text.lastIndexOf('/') + 1);
    }

    private static void check(String text, String part) {
        if (part.isEmpty()) {
            throw refused(text, "a part of it is empty: no slash at its beginning or end, nor two in a row");
        }
        if (part.equals(".") || part.equals("..")) {
            throw refused(text, "a part of it is \"" + part + "\", which names no place here");
        }
        if (part.startsWith(" ") || part.endsWith(" ")) {
            throw refused(text, "a part of it begins or ends with a space, which nobody would see");
        }
        part.codePoints().forEach(point -> {
            String why = forbidden(point);
            if (!why.isEmpty()) {
                throw refused(text, String.format("it has the character U+%04X, ", point) + why);
            }
        });
    }

    /** Why a character can't be in a name; empty where it can. */
    private static String forbidden(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL -> "a control character";
            case Character.FORMAT ->
                isDirection(point) ? "which changes the direction of writing" : "which can't be seen";
            case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> "which ends a line";
            case Character.SPACE_SEPARATOR -> point == ' ' ? "" : "a space that isn't the usual one";
            case Character.SURROGATE -> "half of a character";
            case Character.PRIVATE_USE -> "which has no common meaning";
            // What isn't assigned today may be normalised otherwise tomorrow.
            case Character.UNASSIGNED -> "which isn't assigned";
            default -> isInvisible(point) ? "which can't be seen" : "";
        };
    }

    private static boolean isDirection(int point) {
        return point == 0x061C
                || point == 0x200E
                || point == 0x200F
                || (point >= 0x202A && point <= 0x202E)
                || (point >= 0x2066 && point <= 0x2069);
    }

    /** Letters and marks without a shape: fillers, joiners and variation selectors. */
    private static boolean isInvisible(int point) {
        return point == 0x034F
                || point == 0x115F
                || point == 0x1160
                || point == 0x17B4
                || point == 0x17B5
                || point == 0x3164
                || point == 0xFFA0
                || point == 0x2800
                || (point >= 0x180B && point <= 0x180F)
                || (point >= 0xFE00 && point <= 0xFE0F)
                || (point >= 0xE0100 && point <= 0xE01EF);
    }

    private static BadInputException refused(String text, String why) {
        return new BadInputException("\"" + ForeignText.line(text) + "\" can't be a name: " + why);
    }

    @Override
    public int compareTo(Name other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
