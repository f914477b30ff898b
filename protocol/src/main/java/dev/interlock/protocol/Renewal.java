package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.LinearSpace;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.SessionId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.RingDescriptor;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * The replacement of a pad and the refresh of shares of DESIGN §9. Either makes a new generation of an object, which is an
 * object of its own with a fresh id, and the same P: the steps are those of {@link Write}, but for these.
 *
 * <p><b>Replace.</b> Step 3: home's ciphertext c = P ⊕ a0 begins the pass instead of U's stream. Step 4: CC_i takes its old
 * layer off and puts its new one on, in one hop, for both have the same λ_{S,0}(i): in ⊕ λ·(f(x_i) ⊕ f'(x_i)) ⊕ B_i. U takes no
 * blinds off, so they are paired and ΣB_i = 0. P is never outside both pads.
 *
 * <p><b>Refresh.</b> No pass: every dealer deals δ with δ(0) = 0, CC_i adds each δ(x_i) to its share (the same hop, with λ = 1), and
 * the homes keep c. No dealer knows f + δ, so CC_i signs its root itself.
 *
 * <p>Before anyone commits, {@link WriteCheck} holds the new generation against the old one. A commit makes the new one visible and
 * ends the old one in the same instant.
 */
public final class Renewal {
    private Renewal() {}

    /**
     * U's plan.
     *
     * @param before the token of the object as it is
     * @param kind {@link Order.Kind#REPLACE} or {@link Order.Kind#REFRESH}
     * @param object fresh, the new generation's
     * @throws MalformedException where this object can't be renewed in this ring
     */
    public static Write.Plan plan(
            RingDescriptor ring, Token before, Order.Kind kind, ObjectId object, SecureRandom random) {
        if (!before.ring().equals(ring.id()) || before.epoch() != ring.epoch()) {
            throw new MalformedException(before.origin() + " is an object of another ring or epoch");
        }
        boolean replaces = kind == Order.Kind.REPLACE;
        return new Write.Plan(
                ring,
                before.scheme(),
                object,
                SessionId.random(random),
                before.owner(),
                before.layout(),
                before.providers(),
                before.homes(),
                Optional.empty(),
                replaces ? Blinding.PAIRED : Blinding.NONE,
                replaces ? PairedBlinds.seeds(before.providers(), random) : Map.of(),
                kind,
                Optional.of(before));
    }

    /**
     * CC_i: is the order about the object that it holds?
     *
     * @throws MalformedException otherwise
     */
    public static void checkOrder(Session session, Token before) {
        boolean fits = session.before().equals(Optional.of(before.object()))
                && before.origin().equals(session.origin())
                && before.generation() + 1 == session.generation()
                && before.scheme().equals(session.scheme())
                && before.length() == session.layout().length()
                && before.providers().equals(session.path())
                && before.homes().equals(session.homes());
        if (!fits) {
            throw new MalformedException("the order doesn't fit the token of " + session.origin()
                    + " as it is here, generation " + before.generation());
        }
    }

    /**
     * CC_i: does the new u_m speak of the same secret of the same owner?
     *
     * @throws MalformedException otherwise
     */
    public static void checkToken(Token before, Token u) {
        boolean same = Arrays.equals(u.owner(), before.owner())
                && Arrays.equals(u.commitment(), before.commitment())
                && u.createdMillis() == before.createdMillis();
        if (!same) {
            throw new MalformedException(
                    "the new token of " + u.origin() + " has another owner, commitment or time than the one before");
        }
    }

    /** Replace: CC_i takes its old layer off the next piece of the stream, in place, beside the hop that puts the new one on. */
    public static <V> void takeOff(LinearSpace<V> space, V flow, Session session, V before) {
        Hop.applyWithoutBlind(space, flow, session.lambda(), before);
    }

    /** Refresh: δ(x_i), in place, becomes f(x_i) ⊕ δ(x_i). */
    public static <V> void add(LinearSpace<V> space, V delta, V before) {
        Hop.applyWithoutBlind(space, delta, 1, before);
    }
}
