package dev.interlock.core.sharing;

import dev.interlock.core.field.LinearSpace;

/**
 * A hop blind B_i, as it is used up: each call takes the next symbols of it, never the same twice. Expanded from a seed by
 * {@link dev.interlock.core.secret.Keystream#addTo}, or as long as the message and sent whole.
 */
@FunctionalInterface
public interface Blind<V> {
    /** Adds the next |flow| symbols of the blind to the flow, in place. */
    void addTo(V flow);

    /** A blind that is there whole, as long as the flow; good for one hop. */
    static <V> Blind<V> of(LinearSpace<V> space, V whole) {
        return flow -> space.add(flow, whole);
    }
}
