package dev.interlock.protocol;

import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.LinearSpace;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The read of all three protocols, in both profiles: the three steps of SPEC §9. S is any t providers, chosen by U; in
 * the published protocol 2 U's own point takes part beside them. Protocol 1 runs no ring: home has all that U needs, sealed.
 */
public final class Read {
    private Read() {}

    /**
     * Before step 1: U believes in a generation only under its certificate: O's word that it is the object's, the signatures of all
     * that took part in its write, and the session key's.
     *
     * @param from who showed it
     */
    public static Token checkCertificate(RingDescriptor ring, ObjectId object, Certificate certificate, String from) {
        try {
            Token u = certificate.token();
            if (!u.object().equals(object) || !u.ring().equals(ring.id())) {
                throw new MalformedException("it is the token of another object or ring");
            }
            if (!ring.knows(u.epoch())) {
                throw new BadInputException(
                        from + " has " + object + " in epoch " + u.epoch() + " of the ring " + ring.name()
                                + ", this descriptor is of epoch " + ring.epoch() + ": get the ring's new descriptor");
            }
            RingDescriptor then = ring.at(u.epoch());
            if (!u.threshold().equals(then.threshold())) {
                throw new MalformedException("it has another t or n than the ring had");
            }
            certificate.verify(then.keys());
            Write.verifyRoots(then, u);
            return u;
        } catch (BadSignatureException | MalformedException e) {
            throw new IntegrityException(
                    "what " + from + " says of " + object + " isn't certified: " + e.getMessage(), List.of(from));
        }
    }

    // Step 1.  U →p each CC_i in S: signed request as in the write, with fresh B_i.

    /**
     * U's plan of one read, with the seeds of all blinds until closed.
     *
     * @param session w, which names the certified generation, and what each party alone is told
     * @param blindSeeds of every provider in S, where blinds are expanded
     */
    public record Plan(
            RingDescriptor ring,
            Token token,
            PlannedSession session,
            Blinding blinding,
            Map<ShareIndex, SecretBytes> blindSeeds)
            implements AutoCloseable {
        private Work.Read read() {
            return (Work.Read) session.statement().work();
        }

        /** H(w). */
        public StatementHash id() {
            return session.id();
        }

        /** S, in the order of the pass; home first where it's in S. */
        public List<ShareIndex> path() {
            return read().path();
        }

        /** Who sends the ciphertext. */
        public ShareIndex home() {
            return read().home();
        }

        public Scheme scheme() {
            return token.scheme();
        }

        public Route route() {
            return Route.read(scheme(), path(), home());
        }

        public ChunkLayout layout() {
            return token.layout();
        }

        /** λ(x_U), where U is one of those who take the layers off. */
        public int userLambda() {
            List<ShareIndex> points = scheme().readPoints(path(), token.providers());
            return scheme().user(token.providers())
                    .map(x -> Lagrange.coefficient(0, x, points))
                    .orElseThrow(() -> new IllegalStateException(scheme() + " deals the user no share"));
        }

        /** Wipes the seeds. */
        @Override
        public void close() {
            session.close();
            blindSeeds.values().forEach(SecretBytes::close);
        }
    }

    /**
     * @param s t providers, or more, in any order
     * @param blinding none in the published profile, and only there
     */
    public static Plan plan(
            RingDescriptor ring,
            Token token,
            Write.Maker maker,
            List<ShareIndex> s,
            ShareIndex home,
            Blinding blinding) {
        return plan(ring, token, maker, s, home, blinding, Write.blindSeeds(s, blinding, maker.random()));
    }

    /** The same with these seeds, which nobody used before; taken over. */
    public static Plan plan(
            RingDescriptor ring,
            Token token,
            Write.Maker maker,
            List<ShareIndex> s,
            ShareIndex home,
            Blinding blinding,
            Map<ShareIndex, SecretBytes> seeds) {
        List<ShareIndex> path = path(token, s, home);
        PlannedSession session = PlannedSession.of(
                ring,
                maker.credential(),
                token.scheme(),
                token.statement().title(),
                token.number(),
                new Work.Read(path, home, token.length(), token.id()),
                blinding,
                seeds,
                maker.random(),
                maker.now());
        return new Plan(ring, token, session, blinding, seeds);
    }

    /** Home first, where it is in S. In the published protocol 2 as printed: CC_1, then CC_|t| back to CC_2. */
    private static List<ShareIndex> path(Token token, List<ShareIndex> s, ShareIndex home) {
        List<ShareIndex> path = new ArrayList<>(s);
        if (token.scheme().readWithUser()) {
            List<ShareIndex> written = token.providers();
            path.sort(Comparator.<ShareIndex>comparingInt(written::indexOf).reversed());
        }
        if (path.remove(home)) {
            path.addFirst(home);
        }
        return path;
    }

    /**
     * A provider of S, or home: is the order about the generation that it holds?
     *
     * @throws MalformedException otherwise
     */
    public static void checkOrder(Session session, Token token) {
        Work.Read read = (Work.Read) session.statement().work();
        boolean fits = token.id().equals(session.generation())
                && token.object().equals(session.object())
                && token.epoch() == session.ring().epoch()
                && token.scheme().equals(session.scheme())
                && token.length() == read.length()
                && token.providers().containsAll(read.path())
                && token.homes().contains(read.home());
        if (!fits) {
            throw new MalformedException("the order doesn't fit the token of " + session.object());
        }
    }

    // Step 2.  home → first of S: c = P ⊕ a0, and each hop → next: the hop of Write, step 4.
    //          Published 3: home →p U: c;  U →p first of S: c ⊕ K, with a fresh K.

    /** What U sends back into the ring, for the next piece of c, in place: c ⊕ K. */
    public static <V> void reenter(V c, Blind<V> k) {
        k.addTo(c);
    }

    // Step 3.  last →p U: P ⊕ ΣB_i  (protocol 2: ⊕ b_U).  Published 2: P ⊕ λ(x_U)·f(x_U);  published 3: P ⊕ K.
    //          U takes off what is its own, checks every chunk against u_m's commitment before releasing it.

    /**
     * P, for the next piece of what came out of the ring, in place.
     *
     * @param masks every B_i; b_U in protocol 2; the layer of U's own point in the published 2; K in the published 3
     */
    public static <V> void leave(V flow, List<? extends Blind<V>> masks) {
        masks.forEach(mask -> mask.addTo(flow));
    }

    // Protocol 1, instead of steps 1 to 3.  U fetches c and t of the sealed shares from home, opens them with its
    // private
    // key, removes the pad.

    /**
     * Takes one layer off the next piece of c, in place: c ⊕ λ_{S,0}(i)·f(x_i). After all of S, c is P.
     *
     * @param s t providers, i among them
     * @param share the same piece of f(x_i)
     */
    public static <V> void removeLayer(LinearSpace<V> space, List<ShareIndex> s, ShareIndex i, V share, V c) {
        Hop.applyWithoutBlind(space, c, Lagrange.coefficient(0, i, s), share);
    }

    /** @throws IntegrityException unless chunk k of a share is what its dealer committed to */
    public static void checkShareChunk(
            Token token, String home, ShareIndex x, byte[] leaves, int k, MemorySegment salt, MemorySegment share) {
        if (!MessageDigest.isEqual(Write.shareLeaf(token.id(), x, k, salt, share), Write.leaf(leaves, k))) {
            throw damagedShare(token, home, x, "chunk " + k + " isn't what was dealt");
        }
    }

    /** @throws IntegrityException unless these are the leaves of x's share, under the root in u_m */
    public static void checkShareLeaves(Token token, String home, ShareIndex x, byte[] leaves) {
        if (!Arrays.equals(MerkleRoot.over(leaves), token.dealt().rootOf(x).root())) {
            throw damagedShare(token, home, x, "its leaves aren't those that the token commits to");
        }
    }

    /** What home gave for the sealed share of x can't be used. */
    public static IntegrityException damagedShare(Token token, String home, ShareIndex x, String how) {
        return new IntegrityException(
                "the sealed share x = " + x.x() + " of " + token.object() + " at " + home + ": " + how, List.of(home));
    }

    /** @throws IntegrityException unless P_k is what its writer committed to; nothing of it may be released then */
    public static void checkChunk(Plan plan, byte[] manifest, int k, MemorySegment chunk) {
        List<String> senders = plan.route().stations().stream()
                .map(station -> plan.ring().provider(station.provider()).name())
                .distinct()
                .toList();
        checkChunk(plan.token(), manifest, k, chunk, senders);
    }

    /**
     * Whether P_k is what its writer committed to.
     *
     * @param manifest as below
     */
    public static boolean isChunk(Token token, byte[] manifest, int k, MemorySegment chunk) {
        byte[] leaf = Write.chunkLeaf(k, chunk);
        return token.layout().count() == 1
                ? MessageDigest.isEqual(new MerkleRoot().add(leaf).root(), token.commitment())
                : MessageDigest.isEqual(leaf, Write.leaf(manifest, k));
    }

    /**
     * The same for whoever sent what makes up P_k.
     *
     * @param manifest not looked at where the object has one chunk: its leaf makes h by itself
     * @param senders their names; one alone is the culprit
     */
    public static void checkChunk(Token token, byte[] manifest, int k, MemorySegment chunk, List<String> senders) {
        if (!isChunk(token, manifest, k, chunk)) {
            throw new IntegrityException(
                    "chunk " + k + " of " + token.object() + " isn't what was put: "
                            + (senders.size() == 1 ? "" : "one of ") + String.join(", ", senders)
                            + " sent wrong bytes. Nothing of it was released",
                    senders.size() == 1 ? senders : List.of());
        }
    }
}
