package dev.interlock.core.sharing;

/**
 * How many providers a ring has and how many of them open an object.
 *
 * @param t any t providers open, t − 1 learn nothing; 2..n
 * @param n all providers; t..254
 */
public record Threshold(int t, int n) {

    /** The most providers of a ring: as many as there are share indices. */
    public static final int MAX_PROVIDERS = ShareIndex.MAX;

    /** The least threshold: with 1 every provider could open alone. */
    public static final int MIN_THRESHOLD = 2;

    /** @throws IllegalArgumentException unless 2 ≤ t ≤ n ≤ 254 */
    public Threshold {
        if (n < MIN_THRESHOLD || n > MAX_PROVIDERS) {
            throw new IllegalArgumentException(
                    "n is " + n + " providers, must be in " + MIN_THRESHOLD + ".." + MAX_PROVIDERS);
        }
        if (t < MIN_THRESHOLD || t > n) {
            throw new IllegalArgumentException(
                    "t is " + t + " of n = " + n + " providers, must be in " + MIN_THRESHOLD + ".." + n);
        }
    }
}
