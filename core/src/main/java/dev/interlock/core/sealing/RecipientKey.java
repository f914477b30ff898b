package dev.interlock.core.sealing;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.MalformedException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.bouncycastle.math.ec.rfc7748.X25519;

/** A public key to seal to, written {@code x25519:} and 64, or {@code xwing:} and 2432 hex digits. */
public final class RecipientKey {
    public static final int ID_BYTES = 16;
    private static final Pattern HEX = Pattern.compile("[0-9a-f]*");

    private final Kem kem;
    private final byte[] key;

    private RecipientKey(Kem kem, byte[] key) {
        this.kem = kem;
        this.key = key;
    }

    /** @throws MalformedException unless these are a public key of this kind that agrees on secrets */
    public static RecipientKey of(Kem kem, byte[] bytes) {
        if (bytes.length != kem.publicKeyBytes()) {
            throw new MalformedException(
                    "a public key " + kem.label() + " has " + kem.publicKeyBytes() + " bytes, not " + bytes.length);
        }
        // With a point of low order everybody knows what is agreed on. X-Wing ends with its point.
        int point = bytes.length - X25519.POINT_SIZE;
        if (!X25519.calculateAgreement(new byte[X25519.SCALAR_SIZE], 0, bytes, point, new byte[X25519.POINT_SIZE], 0)) {
            throw new MalformedException("this public key " + kem.label() + " has an X25519 point of low order");
        }
        try {
            var _ = kem.suite().deserializePublicKey(bytes);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("these bytes are no public key " + kem.label() + ": " + e.getMessage());
        }
        return new RecipientKey(kem, bytes.clone());
    }

    /** @throws MalformedException unless the text is a public key */
    public static RecipientKey parse(String text) {
        for (Kem kem : Kem.values()) {
            String prefix = kem.label() + ":";
            if (text.startsWith(prefix)) {
                String digits = text.substring(prefix.length());
                if (digits.length() != 2 * kem.publicKeyBytes()
                        || !HEX.matcher(digits).matches()) {
                    throw new MalformedException("a public key " + kem.label() + " is written " + prefix + " and "
                            + 2 * kem.publicKeyBytes() + " digits of 0-9a-f");
                }
                return of(kem, HexFormat.of().parseHex(digits));
            }
        }
        throw new MalformedException("a public key to seal to begins with x25519: or xwing:");
    }

    public Kem kem() {
        return kem;
    }

    public byte[] bytes() {
        return key.clone();
    }

    /** 16 bytes that name this key in what is sealed to it. */
    public byte[] recipientId() {
        return Arrays.copyOf(
                Sha256.labelled("interlock/v1/recipient")
                        .u8(kem.code())
                        .update(key)
                        .digest(),
                ID_BYTES);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RecipientKey that && kem == that.kem && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key);
    }

    @Override
    public String toString() {
        return kem.label() + ":" + HexFormat.of().formatHex(key);
    }
}
