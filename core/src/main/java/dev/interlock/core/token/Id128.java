package dev.interlock.core.token;

import dev.interlock.core.encoding.MalformedException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** What all 128-bit ids share. */
final class Id128 {
    static final int BYTES = 16;
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{32}");

    private Id128() {}

    static void requireLength(String what, byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new MalformedException("an " + what + " has 16 bytes, not " + bytes.length);
        }
    }

    static byte[] parse(String what, String text) {
        if (!HEX.matcher(text).matches()) {
            throw new MalformedException(
                    "\"" + printable(text) + "\" is no " + what + ": it must be 32 digits of 0-9 and a-f");
        }
        return HexFormat.of().parseHex(text);
    }

    static long high(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getLong(0);
    }

    static long low(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getLong(8);
    }

    static byte[] bytes(long high, long low) {
        return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
    }

    static String hex(long high, long low) {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }

    /** At most 40 characters, none that moves a terminal's cursor: the text comes from outside. */
    private static String printable(String text) {
        String shown = text.substring(0, Math.min(text.length(), 40)).replaceAll("[^\\p{Graph} ]", "?");
        return text.length() > 40 ? shown + "…" : shown;
    }
}
