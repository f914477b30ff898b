package dev.interlock.core.secret;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM (NIST SP 800-38D) by the JDK, one way, one message at a time; sealed is the ciphertext and a tag of 16
 * bytes. A key must never meet the same nonce twice when sealing: that is the caller's to see to. One thread.
 */
public final class AesGcm implements AutoCloseable {
    public static final int TAG_BYTES = 16;
    public static final int NONCE_BYTES = 12;

    // The JDK refuses to start sealing with a key and nonce twice in a row, the zero key that wipes included.
    private static final byte[] UNUSED_NONCE = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

    private final Cipher cipher;
    private final int mode;
    private final CipherKey key;
    private boolean used;

    private AesGcm(int mode, CipherKey key) {
        this.mode = mode;
        this.key = key;
        try {
            this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no AES-GCM", e);
        }
    }

    /** The caller keeps the key. */
    public static AesGcm sealing(CipherKey key) {
        return new AesGcm(Cipher.ENCRYPT_MODE, key);
    }

    /** The caller keeps the key. */
    public static AesGcm opening(CipherKey key) {
        return new AesGcm(Cipher.DECRYPT_MODE, key);
    }

    /** Puts the sealed message into the buffer, which has room for it and the tag. */
    public void seal(byte[] nonce, byte[] associatedData, MemorySegment message, ByteBuffer sealed) {
        try {
            // With direct buffers the JDK passes the message through 768 bytes of heap, at 3.3 GB/s; heap arrays are
            // twice as fast, but would leave whole messages where the collector copies them.
            start(nonce, associatedData).doFinal(message.asByteBuffer(), sealed);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM seals nothing: " + e.getMessage(), e);
        }
    }

    /**
     * Opens into the segment, which has the message's length: what the buffer holds less the tag.
     *
     * @throws AEADBadTagException when this isn't what was sealed with this key, nonce and associated data; the segment
     *     is zero then
     */
    public void open(byte[] nonce, byte[] associatedData, ByteBuffer sealed, MemorySegment message)
            throws AEADBadTagException {
        try {
            start(nonce, associatedData).doFinal(sealed, message.asByteBuffer());
        } catch (AEADBadTagException e) {
            message.fill((byte) 0);
            throw e;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM opens nothing: " + e.getMessage(), e);
        }
    }

    /** Wipes the key schedule, as far as the JDK lets us; not the key. */
    @Override
    public void close() {
        if (!used) {
            return;
        }
        used = false;
        try {
            // The JDK wipes the old key, which it keeps to find a nonce used twice, when another comes.
            cipher.init(
                    mode,
                    new SecretKeySpec(new byte[CipherKey.BYTES], "AES"),
                    new GCMParameterSpec(8 * TAG_BYTES, UNUSED_NONCE.clone()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM takes no other key: " + e.getMessage(), e);
        }
    }

    private Cipher start(byte[] nonce, byte[] associatedData) throws GeneralSecurityException {
        used = true;
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        cipher.updateAAD(associatedData);
        return cipher;
    }
}
