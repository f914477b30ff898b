package dev.interlock.core.random;

import java.io.IOException;

/**
 * A noise source in the sense of SP 800-90B: gives raw samples, a byte each, unconditioned as far as it can.
 *
 * <p>What it gives is secret: nobody logs or keeps it.
 */
public interface NoiseSource {

    /** A name for logs and alarms, as {@code kernel}. */
    String name();

    /**
     * The min-entropy that is claimed for each sample, in bits, more than 0 and at most 8. Claim little: a lower claim
     * takes more samples for the same seed, and makes false alarms rarer.
     */
    double bitsPerSample();

    /** Whether a hundred samples take less than about a millisecond, so that every dealing may ask for some. */
    boolean quick();

    /**
     * Overwrites the array with samples that are drawn now, none from a buffer.
     *
     * @throws IOException if it can't
     */
    void read(byte[] samples) throws IOException;
}
