package dev.interlock.core.sealing;

import dev.interlock.core.encoding.MalformedException;
import java.util.Arrays;
import org.bouncycastle.crypto.hpke.HPKE;

/** The key encapsulation of a public key. */
public enum Kem {
    /** DHKEM(X25519, HKDF-SHA256) of RFC 9180. */
    X25519(1, HPKE.kem_X25519_SHA256, "x25519", 32, 32),
    /** X25519 and ML-KEM-768 together (draft-connolly-cfrg-xwing-kem): safe while either is. */
    XWING(2, HPKE.kem_X_WING, "xwing", 1216, 1120);

    private final int code;
    private final short hpkeId;
    private final String label;
    private final int publicKeyBytes;
    private final int encBytes;

    Kem(int code, short hpkeId, String label, int publicKeyBytes, int encBytes) {
        this.code = code;
        this.hpkeId = hpkeId;
        this.label = label;
        this.publicKeyBytes = publicKeyBytes;
        this.encBytes = encBytes;
    }

    /** @throws MalformedException when there is none with this code */
    public static Kem of(int code) {
        return Arrays.stream(values())
                .filter(kem -> kem.code == code)
                .findAny()
                .orElseThrow(() -> new MalformedException("key encapsulation " + code + " is unknown, known are 1, 2"));
    }

    /** @throws MalformedException when there is none with this label */
    public static Kem parse(String label) {
        return Arrays.stream(values())
                .filter(kem -> kem.label.equals(label))
                .findAny()
                .orElseThrow(() -> new MalformedException("the kind of key must be x25519 or xwing"));
    }

    /** 1 or 2, as encodings write it. */
    public int code() {
        return code;
    }

    /** How the text of a public key begins. */
    public String label() {
        return label;
    }

    public int publicKeyBytes() {
        return publicKeyBytes;
    }

    /** The length of an encapsulated key. */
    public int encBytes() {
        return encBytes;
    }

    /** Mode base, this KEM, HKDF-SHA256, export-only. */
    HPKE suite() {
        return new HPKE(HPKE.mode_base, hpkeId, HPKE.kdf_HKDF_SHA256, HPKE.aead_EXPORT_ONLY);
    }
}
