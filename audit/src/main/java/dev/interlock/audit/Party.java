package dev.interlock.audit;

/**
 * Who may be in a coalition: a provider, or whoever got hold of the user's key.
 *
 * @param bit its place in the sets of parties here: providers from 0, then the user's key
 */
record Party(String name, int bit) {
    int mask() {
        return 1 << bit;
    }
}
