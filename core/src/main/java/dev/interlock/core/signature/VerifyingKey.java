package dev.interlock.core.signature;

import dev.interlock.core.encoding.MalformedException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** An Ed25519 public key (RFC 8032), written {@code ed25519:} and 64 hex digits. */
public final class VerifyingKey {
    public static final int BYTES = Ed25519.PUBLIC_KEY_SIZE;
    private static final Pattern TEXT = Pattern.compile("ed25519:[0-9a-f]{64}");

    private final byte[] key;

    private VerifyingKey(byte[] key) {
        this.key = key;
    }

    /** @throws MalformedException unless these are 32 bytes of a canonically encoded point of full order */
    public static VerifyingKey of(byte[] bytes) {
        if (bytes.length != BYTES || !Ed25519.validatePublicKeyFull(bytes, 0)) {
            throw new MalformedException("these " + bytes.length + " bytes are no Ed25519 public key");
        }
        return new VerifyingKey(bytes.clone());
    }

    public static VerifyingKey parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new MalformedException("a public key is written ed25519: and 64 digits of 0-9a-f");
        }
        return of(HexFormat.of().parseHex(text, 8, text.length()));
    }

    /** @throws BadSignatureException unless the owner of this key signed these bytes for this purpose */
    public void verify(Purpose purpose, byte[] message, byte[] signature) {
        byte[] labelled = purpose.prefixed(message);
        if (signature.length != Ed25519.SIGNATURE_SIZE
                || !Ed25519.verify(signature, 0, key, 0, labelled, 0, labelled.length)) {
            throw new BadSignatureException(purpose, this);
        }
    }

    public byte[] bytes() {
        return key.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VerifyingKey that && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key);
    }

    @Override
    public String toString() {
        return "ed25519:" + HexFormat.of().formatHex(key);
    }
}
