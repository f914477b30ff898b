package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.LinearSpace;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * The replacement of a pad and the refresh of shares of SPEC §10. Either makes a new generation of an object with the same P: the steps are those of {@link Write}, but for these.
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
     * @param before the certified token of the object as it is
     * @param ofZero a refresh; else a replacement of the pad
     * @param number above every number of a generation that U was shown
     * @throws MalformedException where this object can't be renewed in this ring
     */
    public static Write.Plan plan(RingDescriptor ring, Token before, Write.Maker maker, boolean ofZero, long number) {
        return plan(ring, before, before.statement().title(), maker, ofZero, number);
    }

    /**
     * The same of an object that was handed over since.
     *
     * @param title whose it is by now
     */
    public static Write.Plan plan(
            RingDescriptor ring, Token before, Title title, Write.Maker maker, boolean ofZero, long number) {
        if (!before.ring().equals(ring.id()) || before.epoch() != ring.epoch()) {
            throw new MalformedException(before.object() + " is an object of another ring or epoch");
        }
        Blinding blinding = ofZero ? Blinding.NONE : Blinding.PAIRED;
        Map<ShareIndex, SecretBytes> seeds = ofZero ? Map.of() : PairedBlinds.seeds(before.providers(), maker.random());
        PlannedSession session = PlannedSession.of(
                ring,
                maker.credential(),
                before.scheme(),
                title,
                number,
                new Work.Renewal(
                        ofZero,
                        before.providers(),
                        before.homes(),
                        ring.dealers().stream().map(NodeCard::name).toList(),
                        before.length(),
                        before.id()),
                blinding,
                seeds,
                maker.random(),
                maker.now());
        return new Write.Plan(ring, session, blinding, seeds, Optional.of(before));
    }

    /**
     * CC_i: is the order about the object that it holds?
     *
     * @throws MalformedException otherwise
     */
    public static void checkOrder(Session session, Token before) {
        Work.Renewal renewal = (Work.Renewal) session.statement().work();
        boolean fits = renewal.from().equals(before.id())
                && session.statement().title().continues(before.statement().title())
                && before.epoch() == session.ring().epoch()
                && before.number() < session.number()
                && before.scheme().equals(session.scheme())
                && before.length() == renewal.length()
                && before.providers().equals(renewal.path())
                && before.homes().equals(renewal.homes());
        if (!fits) {
            throw new MalformedException("the order doesn't fit the token of " + session.object()
                    + " as it is here, number " + before.number());
        }
    }

    /**
     * CC_i: does the new u_m speak of the same secret?
     *
     * @throws MalformedException otherwise
     */
    public static void checkToken(Token before, Token u) {
        boolean same =
                Arrays.equals(u.commitment(), before.commitment()) && u.createdMillis() == before.createdMillis();
        if (!same) {
            throw new MalformedException(
                    "the new token of " + u.object() + " has another commitment or time than the one before");
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
