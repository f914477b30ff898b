package dev.interlock.protocol.vectors;

import dev.interlock.core.commitment.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The user key file of protocol 2. */
final class UserKeyFile {
    private static final int CHECK_BYTES = 16;
    private static final Pattern HEAD = Pattern.compile("""
            interlock user key 1
            ring ([0-9a-f]{32})
            object ([0-9a-f]{32})
            kind (expanded|full|share)

            """);

    private UserKeyFile() {}

    static byte[] write(Value in) {
        HexFormat hex = HexFormat.of();
        String head = "interlock user key 1\nring " + hex.formatHex(in.hex("ring")) + "\nobject "
                + hex.formatHex(in.hex("object")) + "\nkind " + in.text("key_kind") + "\n\n";
        return checked(Product.joined(head.getBytes(StandardCharsets.US_ASCII), in.hex("bytes")));
    }

    /** With the check behind it. */
    static byte[] checked(byte[] content) {
        return Product.joined(content, check(content));
    }

    private static byte[] check(byte[] content) {
        return Arrays.copyOf(
                Sha256.labelled("interlock/v1/user-key").update(content).digest(), CHECK_BYTES);
    }

    static String classOf(Value in) {
        byte[] file = in.hex("file");
        // A byte a character.
        Matcher head = HEAD.matcher(new String(file, StandardCharsets.ISO_8859_1));
        if (!head.lookingAt() || file.length < head.end() + CHECK_BYTES) {
            return Rejection.MALFORMED;
        }
        byte[] content = Arrays.copyOf(file, file.length - CHECK_BYTES);
        if (!Arrays.equals(check(content), Arrays.copyOfRange(file, content.length, file.length))) {
            return Rejection.INTEGRITY;
        }
        if (head.group(3).equals("expanded") && content.length - head.end() != 32) {
            return Rejection.MALFORMED;
        }
        List<String> meant = List.of(in.text("ring"), in.text("object"));
        return meant.equals(List.of(head.group(1), head.group(2))) ? Rejection.ACCEPTED : Rejection.WRONG_KEY;
    }
}
