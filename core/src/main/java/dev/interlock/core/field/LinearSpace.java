package dev.interlock.core.field;

/**
 * A vector space over GF(2^8): whatever can flow through a hop.
 *
 * <p>The protocols are written over this, so that the same code moves bytes in production and symbolic linear forms in
 * the auditor, which computes what a coalition can know.
 *
 * @param <V> a mutable vector
 */
public interface LinearSpace<V> {

    /**
     * Adds coefficient · v to the accumulator in place; v stays as it is.
     *
     * @param coefficient 0..255
     * @throws IllegalArgumentException if the vectors differ in length or the coefficient is outside 0..255
     */
    void addScaled(V accumulator, int coefficient, V v);

    /** Adds v to the accumulator in place. Taking it away again is the same. */
    default void add(V accumulator, V v) {
        addScaled(accumulator, 1, v);
    }

    /** A new zero vector as long as {@code like}. */
    V zero(V like);
}
