package dev.interlock.audit;

/**
 * Who may be in a coalition: a provider during the life of one generation, or whoever got hold of the user's key. What passes
 * between two generations is seen by whoever is in a provider in both.
 *
 * @param mask its bits in the sets of parties here: providers by generation, then the user's key
 */
record Party(String name, int mask) {
    boolean isIn(int coalition) {
        return (mask & coalition) == mask;
    }
}
