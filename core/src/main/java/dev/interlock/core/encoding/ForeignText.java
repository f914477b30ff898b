package dev.interlock.core.encoding;

/**
 * Makes text of others fit for a log, a terminal or JSON: one line, no control or escape codes, nothing that reorders or
 * hides what stands beside it. What isn't printable is written {@code \}{@code uXXXX}, so text that is JSON stays the same
 * JSON.
 */
public final class ForeignText {
    /** The longest message of a node that is shown, in UTF-16 units. */
    public static final int MAX_MESSAGE_CHARS = 2000;

    /** More than any name of a node has, in UTF-16 units. */
    public static final int MAX_NAME_CHARS = 128;

    private static final String CUT = " … (cut)";

    private ForeignText() {}

    /** The text on one line; itself, where all of it is printable. */
    public static String line(String text) {
        int length = text.length();
        int plain = 0;
        while (plain < length && isPlain(text.charAt(plain))) {
            plain++;
        }
        return plain == length ? text : escaped(text, plain);
    }

    /**
     * The same, cut where it is long.
     *
     * @param maxChars of the text before it is escaped
     */
    public static String line(String text, int maxChars) {
        return text.length() <= maxChars ? line(text) : line(text.substring(0, maxChars)) + CUT;
    }

    private static boolean isPlain(char c) {
        return c >= ' ' && c < 0x7f;
    }

    private static String escaped(String text, int plain) {
        StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, plain);
        int width;
        for (int at = plain; at < text.length(); at += width) {
            int point = text.codePointAt(at);
            width = Character.charCount(point);
            if (isPrintable(point)) {
                out.appendCodePoint(point);
            } else {
                for (int i = at; i < at + width; i++) {
                    out.append(String.format("\\u%04x", (int) text.charAt(i)));
                }
            }
        }
        return out.toString();
    }

    private static boolean isPrintable(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    // Among them what reverses the writing direction and what has no width.
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
