package dev.interlock.core.commitment;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 over a label and fields of fixed size, so that no hash of one purpose is a hash of another. */
public final class Sha256 {
    public static final int BYTES = 32;
    private final MessageDigest digest;

    private Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Starts with the label behind its one-byte length. */
    public static Sha256 labelled(String label) {
        byte[] ascii = label.getBytes(StandardCharsets.US_ASCII);
        Sha256 hash = new Sha256();
        hash.digest.update((byte) ascii.length);
        hash.digest.update(ascii);
        return hash;
    }

    /** A hash without a label, for what others must be able to compute with any tool: bodies, certificates. */
    public static byte[] plain(byte[] bytes) {
        return new Sha256().update(bytes).digest();
    }

    public Sha256 u8(int value) {
        digest.update((byte) value);
        return this;
    }

    public Sha256 u64(long value) {
        digest.update(ByteBuffer.allocate(8).putLong(0, value));
        return this;
    }

    public Sha256 update(byte[] bytes) {
        digest.update(bytes);
        return this;
    }

    public Sha256 update(MemorySegment bytes) {
        digest.update(bytes.asByteBuffer());
        return this;
    }

    public byte[] digest() {
        return digest.digest();
    }
}
