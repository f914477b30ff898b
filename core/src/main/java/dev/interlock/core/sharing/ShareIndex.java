package dev.interlock.core.sharing;

/**
 * The x-coordinate of one provider's shares, never reused in a ring.
 *
 * @param x 1..254; never 0, where the polynomial has the pad itself
 */
public record ShareIndex(int x) {

    /** The least index. */
    public static final int MIN = 1;

    /** The greatest index; 255 stays free. */
    public static final int MAX = 254;

    /** @throws IllegalArgumentException if x is outside 1..254 */
    public ShareIndex {
        check(x);
    }

    /**
     * Checks a whole set: every one in 1..254 and none twice.
     *
     * @throws IllegalArgumentException naming the first that is wrong
     */
    static void checkDistinct(int[] xs) {
        boolean[] seen = new boolean[MAX + 1];
        for (int x : xs) {
            check(x);
            if (seen[x]) {
                throw new IllegalArgumentException("share index " + x + " stands twice, must be distinct");
            }
            seen[x] = true;
        }
    }

    private static void check(int x) {
        if (x < MIN || x > MAX) {
            throw new IllegalArgumentException("share index is " + x + ", must be in " + MIN + ".." + MAX);
        }
    }
}
