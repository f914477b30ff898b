package dev.interlock.protocol.ring;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A JSON text and, on a last line of its own, the signature over exactly the bytes above it:
 * {@code -- ed25519:<key> <signature>}. A person reads it, a pager shows it, nothing encodes it again before a check.
 */
record SignedDocument(byte[] json, VerifyingKey signer) {
    private static final String MARK = "-- ";

    static byte[] sign(Purpose purpose, byte[] json, SigningKey key) {
        String body = new String(json, StandardCharsets.UTF_8) + "\n";
        byte[] signature = key.sign(purpose, body.getBytes(StandardCharsets.UTF_8));
        return (body + MARK + key.verifyingKey() + " " + HexFormat.of().formatHex(signature) + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * @throws MalformedException when there's no signature line
     * @throws dev.interlock.core.signature.BadSignatureException when it isn't the named key's over these bytes
     */
    static SignedDocument open(String what, Purpose purpose, byte[] document) {
        // A byte a character, so that places in the text are places in the document.
        String text = new String(document, StandardCharsets.ISO_8859_1);
        int mark = text.lastIndexOf("\n" + MARK) + 1;
        if (mark == 0 || !text.endsWith("\n") || text.indexOf('\n', mark) != text.length() - 1) {
            throw new MalformedException(
                    what + " has no signature line (\"-- ed25519:…\") at its end: is the file whole?");
        }
        String[] line = text.substring(mark + MARK.length(), text.length() - 1).split(" ", -1);
        if (line.length != 2 || !line[1].matches("[0-9a-f]{128}")) {
            throw new MalformedException(what + " has a malformed signature line");
        }
        VerifyingKey signer = VerifyingKey.parse(line[0]);
        byte[] body = Arrays.copyOf(document, mark);
        signer.verify(purpose, body, HexFormat.of().parseHex(line[1]));
        return new SignedDocument(body, signer);
    }
}
