package dev.interlock.core.encoding;

import java.util.Base64;

/** Base64url without padding (RFC 4648 §5), with one text for one value. */
public final class Base64Url {
    private Base64Url() {}

    public static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /**
     * Java's decoder alone would let padding and stray bits pass.
     *
     * @throws IllegalArgumentException unless it is what {@link #encode} makes of some bytes
     */
    public static byte[] decode(String text) {
        byte[] bytes = Base64.getUrlDecoder().decode(text);
        if (!encode(bytes).equals(text)) {
            throw new MalformedException("it isn't base64url without padding");
        }
        return bytes;
    }
}
