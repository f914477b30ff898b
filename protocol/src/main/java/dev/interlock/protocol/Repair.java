package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.SessionId;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.CommitMessage;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.ring.RingDescriptor;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The repair of DESIGN §9: CC_k, which lost its share of an object, gets it back from any t others by hops whose target is
 * z = x_k instead of 0. U only orders: no byte of the share comes near it.
 *
 * <p>U takes no blinds off, so they must add up to zero: every pair of the hops and CC_k shares a seed that U gave to these
 * two alone, and both add its expansion. CC_k is one of them, or the last hop would see f(x_k) leave. What passes is masked
 * towards every coalition that leaves out a hop or CC_k; only all of them together give f(x_k), and that to CC_k.
 */
public final class Repair {
    private Repair() {}

    /** U's plan of one repair, with the seeds of all pairs until closed. */
    public static final class Plan implements AutoCloseable {
        private final RingDescriptor ring;
        private final Token token;
        private final SessionId session;
        private final List<ShareIndex> path;
        private final ShareIndex repaired;
        private final Optional<ShareIndex> home;
        private final Map<ShareIndex, SecretBytes> seeds;

        private Plan(
                RingDescriptor ring,
                Token token,
                List<ShareIndex> path,
                ShareIndex repaired,
                Optional<ShareIndex> home,
                SecureRandom random) {
            this.ring = ring;
            this.token = token;
            this.session = SessionId.random(random);
            this.path = List.copyOf(path);
            this.repaired = repaired;
            this.home = home;
            this.seeds = PairedBlinds.seeds(paired(path, repaired), random);
        }

        public RingDescriptor ring() {
            return ring;
        }

        public Token token() {
            return token;
        }

        public ObjectId object() {
            return token.object();
        }

        public SessionId session() {
            return session;
        }

        /** S, in the order of the pass. */
        public List<ShareIndex> path() {
            return path;
        }

        /** x_k. */
        public ShareIndex repaired() {
            return repaired;
        }

        /** Everyone who gets an order, CC_k first. */
        public List<ShareIndex> parties() {
            return Stream.concat(Stream.concat(Stream.of(repaired), path.stream()), home.stream())
                    .distinct()
                    .toList();
        }

        /** Wipes the seeds. */
        @Override
        public void close() {
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
            List<ShareIndex> s,
            ShareIndex repaired,
            Optional<ShareIndex> home,
            SecureRandom random) {
        if (s.contains(repaired)) {
            throw new MalformedException("the provider that is repaired can't help");
        }
        boolean isHome = token.homes().contains(repaired);
        if (home.isPresent() != isHome
                || home.filter(x -> x.equals(repaired) || !token.homes().contains(x))
                        .isPresent()) {
            throw new MalformedException("a home gets its ciphertext back from another home, and nobody else gets one");
        }
        return new Plan(ring, token, s, repaired, home, random);
    }

    /** The order for CC_i, CC_k or home; {@link Session#accept} is its other end, and wipes it. */
    public static Order order(Plan plan, ShareIndex i) {
        boolean paired = paired(plan.path, plan.repaired).contains(i);
        return new Order(
                Order.Kind.REPAIR,
                plan.token.scheme().protocol(),
                plan.token.scheme().profile().text(),
                plan.object().toString(),
                plan.session.toString(),
                Write.xs(plan.path),
                Write.xs(Stream.concat(Stream.of(plan.repaired), plan.home.stream())
                        .toList()),
                plan.token.length(),
                List.of(),
                null,
                (paired ? Blinding.PAIRED : Blinding.NONE).text(),
                Write.seed(plan.seeds, i),
                plan.token.generation() == 1
                        ? null
                        : new Order.Continues(plan.token.origin().toString(), plan.token.generation(), null));
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
        ShareIndex repaired = session.homes().getFirst();
        boolean fits = token.origin().equals(session.origin())
                && token.generation() == session.generation()
                && token.scheme().equals(session.scheme())
                && token.length() == session.layout().length()
                && token.providers().containsAll(session.path())
                && token.providers().contains(repaired)
                && token.homes()
                        .containsAll(session.homes().subList(1, session.homes().size()));
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
        CommitMessage commit = message.commit();
        commit.chain().verifyCommitted(ring.keys());
        Token u = Token.decode(commit.chain().token());
        if (!u.object().equals(session.object()) || !u.ring().equals(ring.id()) || u.epoch() != ring.epoch()) {
            throw new MalformedException("the token is that of another object, ring or epoch");
        }
        checkOrder(session, u);
        Write.checkManifest(u, message.manifest());
        checkHoldings(ring, u, commit.holdings());
        ShareIndex self = session.self();
        ShareRoot root = Write.verifyRoot(ring, u, self);
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
            ShareIndex home = session.homes().getLast();
            boolean same = commit.holdings().stream()
                    .filter(holding -> holding.x().equals(self))
                    .anyMatch(holding -> Arrays.equals(holding.hash(), found));
            if (!same) {
                String name = ring.provider(home).name();
                throw new IntegrityException(
                        "the ciphertext of " + u.object() + " that came from " + name
                                + " isn't the one that its homes signed for. Nothing of it was kept",
                        List.of(name));
            }
        });
    }

    /** All homes, and nobody else, said which ciphertext they hold. */
    static void checkHoldings(RingDescriptor ring, Token u, List<Holding> holdings) {
        List<ShareIndex> signers = new ArrayList<>();
        for (Holding holding : holdings) {
            if (!holding.isAbout(u.ring(), u.object(), Part.CIPHERTEXT, holding.x(), Holding.WHOLE)) {
                throw new MalformedException("a home's word is about something else");
            }
            try {
                holding.verify(ring.provider(holding.x()).card().key());
            } catch (BadSignatureException e) {
                throw new MalformedException("a home's word isn't signed by it");
            }
            signers.add(holding.x());
        }
        if (!signers.equals(u.homes())) {
            throw new MalformedException("the commit lacks the words of the object's homes");
        }
    }
}
