package dev.interlock.core.secret;

import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import javax.crypto.SecretKey;

/**
 * An AES-256 key for the JDK's ciphers, off the heap until one asks for it; the JDK wipes the copy that it gets. A
 * SecretKeySpec would hold one on the heap for as long as it is in use.
 *
 * <p>No {@code equals}, {@code hashCode} or {@code toString} looks at the content. After close, ciphers refuse it.
 */
public final class CipherKey implements SecretKey, AutoCloseable {
    public static final int BYTES = 32;
    private static final long serialVersionUID = 1L;

    private final transient SecretBytes bytes;

    private CipherKey(SecretBytes bytes) {
        if (bytes.size() != BYTES) {
            long actual = bytes.size();
            bytes.close();
            throw new IllegalArgumentException("an AES-256 key has " + BYTES + " bytes, not " + actual);
        }
        this.bytes = bytes;
    }

    public static CipherKey random(SecureRandom random) {
        return new CipherKey(SecretBytes.random(BYTES, random));
    }

    /** A copy; the caller's segment stays as it is. */
    public static CipherKey copyOf(MemorySegment key) {
        return new CipherKey(SecretBytes.copyOf(key));
    }

    /** A copy that leaves the caller's array zeroed. */
    public static CipherKey taking(byte[] key) {
        return new CipherKey(SecretBytes.taking(key));
    }

    @Override
    public String getAlgorithm() {
        return "AES";
    }

    @Override
    public String getFormat() {
        return "RAW";
    }

    /** A copy on the heap. The caller wipes it. */
    @Override
    public byte[] getEncoded() {
        return bytes.copyToHeap();
    }

    /** Wipes the key; closing again does nothing. */
    @Override
    public void close() {
        bytes.close();
    }

    @Override
    public void destroy() {
        close();
    }

    /** For tests: the bytes themselves. */
    SecretBytes bytes() {
        return bytes;
    }

    private void writeObject(ObjectOutputStream out) throws NotSerializableException {
        throw new NotSerializableException("a secret key");
    }
}
