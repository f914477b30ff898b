package dev.interlock.protocol;

import java.security.SecureRandom;
import java.util.SplittableRandom;

/** The same bytes in every run. Secure in name only. */
public final class SeededRandom extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final transient SplittableRandom bytes;

    public SeededRandom(long seed) {
        this.bytes = new SplittableRandom(seed);
    }

    @Override
    public void nextBytes(byte[] out) {
        bytes.nextBytes(out);
    }

    /** So many of the next bytes. */
    public byte[] bytes(int length) {
        byte[] out = new byte[length];
        nextBytes(out);
        return out;
    }
}
