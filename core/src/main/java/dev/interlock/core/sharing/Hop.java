package dev.interlock.core.sharing;

import dev.interlock.core.field.LinearSpace;
import java.util.function.UnaryOperator;

/**
 * The one operation that a provider performs on a passing stream, SPEC §4:
 *
 * <pre>out = in ⊕ λ_{S,z}(i) · f(x_i) ⊕ B_i</pre>
 *
 * <p>λ_{S,z}(i) · f(x_i) is provider i's <em>layer</em>. Once every provider of S has had its hop, the layers add up to
 * f(z), by {@link Lagrange}; so with z = 0 a pass puts the pad f(0) = a_0 on, and another pass, through the same S or any
 * other one of t or more, takes it off: addition is XOR, and the order of hops makes no difference. Write, read,
 * replacement, repair and resharing differ only in S, in the target z, in what enters the first hop, and in who receives
 * from the last.
 *
 * <p>B_i is the <em>hop blind</em>: one-time bytes that the client gave to this provider alone. Without it two neighbours
 * of a hop would subtract what they saw and hold its share (SPEC §13). The client takes ΣB_i off; where nobody does, the
 * blinds of a pass must add up to zero.
 *
 * <p>Runs in constant time in flow, share and blind if the space does; λ is public.
 */
public final class Hop {

    private Hop() {}

    /**
     * Adds one provider's layer and blind to the flow, in place.
     *
     * @param space what the vectors live in; bytes in production, linear forms in the auditor
     * @param flow in and out: what came from the hop before, what goes to the next
     * @param lambda λ_{S,z}(i), 0..255
     * @param share f(x_i), as long as the flow; unchanged
     * @param blind B_i, of which the part for this flow was never used before
     * @throws IllegalArgumentException if the lengths differ or lambda is out of range; the flow may be half done then
     *     and must not be sent
     */
    public static <V> void apply(LinearSpace<V> space, V flow, int lambda, V share, Blind<V> blind) {
        // Blind first, so that what lies in memory is never layered but unblinded.
        blind.addTo(flow);
        applyWithoutBlind(space, flow, lambda, share);
    }

    /**
     * Adds one provider's layer alone: the whole hop of the published profile, where neighbours learn the share.
     *
     * @param space what the vectors live in
     * @param flow in and out
     * @param lambda λ_{S,z}(i), 0..255
     * @param share f(x_i), as long as the flow; unchanged
     * @throws IllegalArgumentException if the lengths differ or lambda is out of range
     */
    public static <V> void applyWithoutBlind(LinearSpace<V> space, V flow, int lambda, V share) {
        space.addScaled(flow, lambda, share);
    }

    /**
     * A layer as something that is added once: the user's own hop, whose share comes from wherever it keeps it.
     *
     * @param lambda λ_{S,z}(i), 0..255
     * @param share gives the next |flow| symbols of f(x_i) for a flow
     */
    public static <V> Blind<V> layer(LinearSpace<V> space, int lambda, UnaryOperator<V> share) {
        return flow -> applyWithoutBlind(space, flow, lambda, share.apply(flow));
    }
}
