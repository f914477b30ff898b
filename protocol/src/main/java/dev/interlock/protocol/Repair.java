package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The repair of SPEC §10: CC_k, which lost its share of an object, gets it back from any t others by hops whose target is
 * z = x_k instead of 0. U only orders: no byte of the share comes near it.
 *
 * <p>U takes no blinds off, so they must add up to zero: every pair of the hops and CC_k shares a seed that U gave to these
 * two alone, and both add its expansion. CC_k is one of them, or the last hop would see f(x_k) leave. What passes is masked
 * towards every coalition that leaves out a hop or CC_k; only all of them together give f(x_k), and that to CC_k.
 */
public final class Repair {
    private Repair() {}

    /**
     * U's plan of one repair, with the seeds of all pairs until closed.
     *
     * @param session w, which names the certified generation, and what each party alone is told
     */
    public record Plan(RingDescriptor ring, Token token, PlannedSession session, Map<ShareIndex, SecretBytes> seeds)
            implements AutoCloseable {
        private Work.Repair repair() {
            return (Work.Repair) session.statement().work();
        }

        /** H(w). */
        public StatementHash id() {
            return session.id();
        }

        /** S, in the order of the pass. */
        public List<ShareIndex> path() {
            return repair().path();
        }

        /** x_k. */
        public ShareIndex repaired() {
            return repair().repaired();
        }

        /** Everyone who gets an order, CC_k first. */
        public List<ShareIndex> parties() {
            return Stream.concat(Stream.concat(Stream.of(repaired()), path().stream()), repair().home().stream())
                    .distinct()
                    .toList();
        }

        /** Wipes the seeds. */
        @Override
        public void close() {
            session.close();
            seeds.values().forEach(SecretBytes::close);
        }
    }

    // Step 1.  U →p every CC_i in S, CC_k, and a home where CC_k is one: signed request for this session, with the
    //          seeds that each of S and CC_k shares with every other one.

    /**
     * @param s t providers or more that hold the object
     * @param repaired CC_k, none of them
     * @param home another home of the object, where CC_k is one itself; only then
     * @throws MalformedException where these don't fit the object
     */
    public static Plan plan(
            RingDescriptor ring,
            Token token,
            Write.Maker maker,
            List<ShareIndex> s,
            ShareIndex repaired,
            Optional<ShareIndex> home) {
        boolean isHome = token.homes().contains(repaired);
        if (home.isPresent() != isHome
                || home.filter(x -> !token.homes().contains(x)).isPresent()) {
            throw new MalformedException("a home gets its ciphertext back from another home, and nobody else gets one");
        }
        Work.Repair work = new Work.Repair(s, repaired, home, token.length(), token.id());
        Map<ShareIndex, SecretBytes> seeds = PairedBlinds.seeds(paired(s, repaired), maker.random());
        PlannedSession session = PlannedSession.of(
                ring,
                maker.credential(),
                token.scheme(),
                token.statement().title(),
                token.number(),
                work,
                Blinding.PAIRED,
                seeds,
                maker.random(),
                maker.now());
        return new Plan(ring, token, session, seeds);
    }

    /** Those of whom each pair shares a seed: S, and CC_k behind it. */
    static List<ShareIndex> paired(List<ShareIndex> path, ShareIndex repaired) {
        return Stream.concat(path.stream(), Stream.of(repaired)).toList();
    }

    /**
     * CC_i, or home: is the order about the object that it holds?
     *
     * @throws MalformedException otherwise
     */
    public static void checkOrder(Session session, Token token) {
        Work.Repair repair = (Work.Repair) session.statement().work();
        boolean fits = token.id().equals(session.generation())
                && token.object().equals(session.object())
                && token.number() == session.number()
                && token.epoch() == session.ring().epoch()
                && token.scheme().equals(session.scheme())
                && token.length() == repair.length()
                && token.providers().containsAll(repair.path())
                && token.providers().contains(repair.repaired())
                && token.homes().containsAll(repair.home().stream().toList());
        if (!fits) {
            throw new MalformedException("the order doesn't fit the token of " + session.object());
        }
    }

    // Step 2.  0 → first of S: every hop adds λ_{S,k}(i)·f(x_i) ⊕ B_i, over salts and chunks alike, as in step 4 of
    //          Write; last →p CC_k: f(x_k) ⊕ B_k, with its salts.  home →p CC_k: c.

    /** CC_k takes off what it shares with the hops, B_k = ΣB_i, from the next piece of what came, in place. */
    public static <V> void receive(V flow, Blind<V> blind) {
        blind.addTo(flow);
    }

    // Step 3.  U →p CC_k: what every provider keeps of the object: u_m, its chain, the homes' words, the manifest. CC_k
    //          believes none of it: the chain holds or it doesn't, and the share has the root that the dealer signed.

    /**
     * CC_k keeps what came if, and only if, it is what it lost.
     *
     * @param share the root over what came out of the pass
     * @param ciphertext the root over what came from home, where CC_k is a home
     * @throws MalformedException or BadSignatureException where U's message doesn't hold
     * @throws IntegrityException where the share or the ciphertext is another one; names home, but can't name one hop of many
     */
    public static void checkRestored(
            RingDescriptor ring, Session session, byte[] share, Optional<byte[]> ciphertext, RestoreMessage message) {
        Certificate certificate = message.certificate();
        certificate.verify(ring.keys());
        Token u = certificate.token();
        if (!u.id().equals(session.generation()) || !u.ring().equals(ring.id()) || u.epoch() != ring.epoch()) {
            throw new MalformedException("the certificate is that of another object, ring or epoch");
        }
        checkOrder(session, u);
        Write.checkManifest(u, message.manifest());
        Write.verifyRoots(ring, u);
        ShareIndex self = session.self();
        ShareRoot root = u.dealt().rootOf(self);
        if (!Arrays.equals(share, root.root())) {
            throw new IntegrityException(
                    "the share of " + u.object() + " that came out of the repair isn't the one that was dealt: one of "
                            + session.path().stream()
                                    .map(x -> ring.provider(x).name())
                                    .collect(Collectors.joining(", "))
                            + " sent wrong bytes. Nothing of it was kept",
                    List.of());
        }
        if (ciphertext.isPresent() != u.homes().contains(self)) {
            throw new MalformedException("a home gets its ciphertext back, and nobody else gets one");
        }
        ciphertext.ifPresent(found -> {
            if (!Arrays.equals(certificate.chain().ciphertextRoot(), found)) {
                String name = ((Work.Repair) session.statement().work())
                        .home()
                        .map(home -> ring.provider(home).name())
                        .orElseThrow();
                throw new IntegrityException(
                        "the ciphertext of " + u.object() + " that came from " + name
                                + " isn't the one that its homes signed for. Nothing of it was kept",
                        List.of(name));
            }
        });
    }
}
