package dev.interlock.core.sharing;

import dev.interlock.core.field.LinearSpace;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A one-time mask over a flow, as it is used up: each call takes the next symbols of it, never the same twice. A hop blind
 * B_i, the user's pad b_U, the K of the published protocol 3.
 */
@FunctionalInterface
public interface Blind<V> extends AutoCloseable {
    /** Adds the next |flow| symbols to the flow, in place. */
    void addTo(V flow);

    /** Wipes what it grows from, where it holds it. */
    @Override
    default void close() {}

    /** B_i = 0: the published profile. */
    static <V> Blind<V> none() {
        return _ -> {};
    }

    /** The sum of several; closes them all. */
    static <V> Blind<V> sum(List<? extends Blind<V>> blinds) {
        return new Blind<>() {
            @Override
            public void addTo(V flow) {
                blinds.forEach(blind -> blind.addTo(flow));
            }

            @Override
            public void close() {
                blinds.forEach(Blind::close);
            }
        };
    }

    /** One that is there whole, as long as the flow; good for one hop. */
    static <V> Blind<V> of(LinearSpace<V> space, V whole) {
        return flow -> space.add(flow, whole);
    }

    /**
     * One that grows from a seed by {@link Keystream}.
     *
     * @param seed 32 bytes, copied
     */
    static Blind<MemorySegment> expanded(SecretBytes seed) {
        Keystream stream = new Keystream(seed.segment());
        return new Blind<>() {
            @Override
            public void addTo(MemorySegment flow) {
                stream.addTo(flow);
            }

            @Override
            public void close() {
                stream.close();
            }
        };
    }
}
