package dev.interlock.core.random;

/**
 * The continuous health tests of SP 800-90B §4.4 over one source's samples: repetition count and adaptive proportion.
 *
 * <p>Their cut-offs follow from the claimed min-entropy H: a source that keeps to it fails a single decision with a chance
 * of at most 2^{@value #ALARM_EXPONENT}. They find a source that broke, not one that never was good. Not safe for
 * several threads.
 */
final class HealthTests {

    /** α, as a power of two: §4.3 recommends 2^−20 to 2^−40. */
    static final int ALARM_EXPONENT = -30;

    /** §4.4.2, for samples that aren't single bits. */
    static final int WINDOW = 512;

    private final String source;
    private final int repetitionCutoff;
    private final int proportionCutoff;

    /** How often the last sample has come in a row, 0 before the first. */
    private int repetitions;

    private int last = -1;

    /** The sample that the window began with, how many of the window were seen, and how many were equal to it. */
    private int counted;

    private int seen;
    private int equal;

    HealthTests(String source, double bitsPerSample) {
        if (!(bitsPerSample > 0 && bitsPerSample <= Byte.SIZE)) {
            throw new IllegalArgumentException(
                    source + " claims " + bitsPerSample + " bits a sample, must be in (0, " + Byte.SIZE + "]");
        }
        this.source = source;
        this.repetitionCutoff = repetitionCutoff(bitsPerSample, ALARM_EXPONENT);
        this.proportionCutoff = proportionCutoff(bitsPerSample, ALARM_EXPONENT, WINDOW);
    }

    /** @throws NoiseException at the first sample with which a test fails */
    void check(byte[] samples) {
        for (byte b : samples) {
            int sample = b & 0xFF;
            countRepetitions(sample);
            countProportion(sample);
        }
    }

    private void countRepetitions(int sample) {
        repetitions = sample == last ? repetitions + 1 : 1;
        last = sample;
        if (repetitions >= repetitionCutoff) {
            throw new NoiseException(
                    source, "failed the repetition count test: " + repetitions + " equal samples in a row");
        }
    }

    private void countProportion(int sample) {
        if (seen == 0) {
            counted = sample;
            equal = 0;
        }
        seen = (seen + 1) % WINDOW;
        if (sample == counted && ++equal >= proportionCutoff) {
            throw new NoiseException(
                    source,
                    "failed the adaptive proportion test: " + equal + " equal samples in a window of " + WINDOW);
        }
    }

    /**
     * C = 1 + ⌈−log2(α) / H⌉ (§4.4.1): C equal samples in a row have a chance of at most 2^(−H·(C−1)) ≤ α.
     *
     * @param alarmExponent log2(α)
     */
    static int repetitionCutoff(double bitsPerSample, int alarmExponent) {
        return 1 + (int) Math.ceil(-alarmExponent / bitsPerSample);
    }

    /**
     * C = 1 + the smallest c with P(X > c) ≤ α, X binomial with W trials of probability 2^(−H) (§4.4.2). Never above W,
     * with which even a source that claims very little can fail.
     *
     * @param alarmExponent log2(α)
     */
    static int proportionCutoff(double bitsPerSample, int alarmExponent, int window) {
        double p = Math.pow(2, -bitsPerSample);
        double alpha = Math.pow(2, alarmExponent);
        // From the top: P(X = W) = p^W, and P(X = c) follows from P(X = c+1). Small terms come first, so nothing is
        // lost.
        double log = window * Math.log(p);
        double tail = 0;
        for (int c = window; c > 0; c--) {
            tail += Math.exp(log);
            if (tail > alpha) {
                return Math.min(window, c + 1);
            }
            log += Math.log(c) - Math.log(window - c + 1.0) + Math.log1p(-p) - Math.log(p);
        }
        return 1;
    }
}
