package dev.interlock.core.signature;

import dev.interlock.core.encoding.MalformedException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Pattern;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** An Ed25519 public key (RFC 8032), written {@code ed25519:} and 64 hex digits. */
public final class VerifyingKey {
    public static final int BYTES = Ed25519.PUBLIC_KEY_SIZE;
    private static final Pattern TEXT = Pattern.compile("ed25519:[0-9a-f]{64}");

    /** Decoding a key and checking its order costs a third of a verification, and the same few keys come again and again. */
    private static final int MAX_KNOWN = 1024;

    private static final ConcurrentMap<ByteBuffer, VerifyingKey> KNOWN = new ConcurrentHashMap<>();

    private final byte[] key;
    private final Ed25519.PublicPoint point;

    private VerifyingKey(byte[] key, Ed25519.PublicPoint point) {
        this.key = key;
        this.point = point;
    }

    /** @throws MalformedException unless these are 32 bytes of a canonically encoded point of full order */
    public static VerifyingKey of(byte[] bytes) {
        VerifyingKey known = KNOWN.get(ByteBuffer.wrap(bytes));
        if (known != null) {
            return known;
        }
        byte[] key = bytes.clone();
        Ed25519.PublicPoint point = key.length == BYTES ? Ed25519.validatePublicKeyFullExport(key, 0) : null;
        if (point == null) {
            throw new MalformedException("these " + bytes.length + " bytes are no Ed25519 public key");
        }
        return known(key, point);
    }

    /** @param point a multiple of the base point, so that nothing of it is to be checked */
    static VerifyingKey of(Ed25519.PublicPoint point) {
        byte[] key = new byte[BYTES];
        Ed25519.encodePublicPoint(point, key, 0);
        return known(key, point);
    }

    private static VerifyingKey known(byte[] key, Ed25519.PublicPoint point) {
        VerifyingKey decoded = new VerifyingKey(key, point);
        if (KNOWN.size() >= MAX_KNOWN) {
            KNOWN.clear();
        }
        KNOWN.put(ByteBuffer.wrap(key), decoded);
        return decoded;
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
                || !Ed25519.verify(signature, 0, point, labelled, 0, labelled.length)) {
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
