package dev.interlock.audit;

/**
 * Whom a coalition has in its hands beside the providers that are counted.
 *
 * @param dealers how many of those that do nothing else, in each generation
 * @param before how many providers of the ring that the object left, in each generation that it had there
 */
public record Corrupt(int dealers, int before) {
    static final Corrupt NOBODY = new Corrupt(0, 0);
}
