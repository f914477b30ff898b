package dev.interlock.protocol;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.LinearSpace;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The write of all three protocols, in both profiles: the six steps of SPEC §8, after §4 of the paper. P is m cut into
 * chunks, each behind 64 fresh random bytes r_k (protocol 1: m sealed to the user's public key); S is all n providers,
 * home first; "→p" is a private channel. Where the schemes differ, {@link Scheme} is asked.
 *
 * <p>Nothing here does I/O: the streaming steps work on one piece of a stream at a time, in place.
 */
public final class Write {
    private Write() {}

    // Step 1.  U →p every CC_i: signed request for this session: w, and the seed of B_i.

    /**
     * U's plan of one write, with the session key and the seeds of all blinds until closed.
     *
     * @param session w and what each party alone is told
     * @param blindSeeds of every provider, where blinds are expanded or paired
     * @param before the token of the generation that this one continues, of this ring or of another one
     */
    public record Plan(
            RingDescriptor ring,
            PlannedSession session,
            Blinding blinding,
            Map<ShareIndex, SecretBytes> blindSeeds,
            Optional<Token> before)
            implements AutoCloseable {
        public Statement statement() {
            return session.statement();
        }

        public Work.Making making() {
            return (Work.Making) statement().work();
        }

        /** H(w), which names the session and the generation. */
        public StatementHash id() {
            return session.id();
        }

        /** The id that the object's owner knows. */
        public ObjectId object() {
            return statement().object();
        }

        public Scheme scheme() {
            return statement().scheme();
        }

        public Work.Kind kind() {
            return making().kind();
        }

        /** S: all n providers, or those of them that are there; home first. */
        public List<ShareIndex> path() {
            return making().path();
        }

        /** Those of S, from its start, that will hold the ciphertext. */
        public List<ShareIndex> homes() {
            return making().homes();
        }

        public ChunkLayout layout() {
            return new ChunkLayout(making().length());
        }

        public boolean attested() {
            return kind() == Work.Kind.ATTESTED;
        }

        /** Whether there's a new generation of an object of this ring in the end. */
        public boolean renews() {
            return making() instanceof Work.Renewal;
        }

        /** Whether this is checked by value: {@link ValueCheck}. */
        public boolean checkedByValue() {
            return Write.checkedByValue(statement());
        }

        /** All dealers of the ring: each deals to every write, and the shares are summed. */
        public List<String> dealers() {
            return making().dealers();
        }

        /** Whether no dealer knows the shares, so that each provider signs for its own. */
        public boolean summed() {
            return Write.summed(making());
        }

        /** λ(x_U), where the user has a point in the dealing. */
        public int userLambda() {
            List<ShareIndex> points = scheme().writePoints(path());
            return scheme().user(path())
                    .map(x -> Lagrange.coefficient(0, x, points))
                    .orElseThrow(() -> new IllegalStateException(scheme() + " deals the user no share"));
        }

        /** Wipes the seeds: "B_i are gone". */
        @Override
        public void close() {
            session.close();
            blindSeeds.values().forEach(SecretBytes::close);
        }
    }

    /**
     * Who writes what, and how.
     *
     * @param credential whose object it is
     * @param random for nonces, seeds and the session key
     * @param now by U's clock
     */
    public record Maker(Credential credential, SecureRandom random, Instant now) {}

    /**
     * @param length of what passes the ring, in bytes: m, or in protocol 1 m as sealed
     * @param path all n providers, or as many as {@link Scheme#writers} says; home first
     * @param recipient k_U, in protocol 1
     * @param blinding none in the published profile, and only there
     * @param attested whether every station signs for what it hands on: {@link Passage}
     * @param before what is continued in a move: the certified generation in the ring or the epoch that the object comes from
     */
    public static Plan plan(
            RingDescriptor ring,
            Scheme scheme,
            Maker maker,
            long length,
            List<ShareIndex> path,
            Optional<RecipientKey> recipient,
            Blinding blinding,
            boolean attested,
            Optional<Token> before) {
        Map<ShareIndex, SecretBytes> seeds = blindSeeds(path, blinding, maker.random());
        return plan(ring, scheme, maker, length, path, recipient, blinding, seeds, attested, before);
    }

    /** The same with these seeds, which nobody used before; taken over. */
    public static Plan plan(
            RingDescriptor ring,
            Scheme scheme,
            Maker maker,
            long length,
            List<ShareIndex> path,
            Optional<RecipientKey> recipient,
            Blinding blinding,
            Map<ShareIndex, SecretBytes> seeds,
            boolean attested,
            Optional<Token> before) {
        Work.Write work = new Work.Write(
                attested,
                path,
                missing(ring, path),
                homes(scheme, ring.threshold(), path),
                ring.dealers().stream().map(NodeCard::name).toList(),
                recipient,
                length,
                before.map(Token::id));
        long number = before.map(u -> u.number() + 1).orElse(1L);
        Title title = before.map(u -> u.statement().title())
                .orElseGet(() -> Title.of(maker.credential().newOwner(maker.random())));
        return plan(ring, scheme, maker, title, number, work, blinding, seeds, before);
    }

    /**
     * The destination's side of a move.
     *
     * @param path all n providers; home first
     * @param before the certified generation in the ring or the epoch that the object comes from
     * @param title whose the object is by now
     * @param number above every number of a generation that U was shown, here or there
     */
    public static Plan continuing(
            RingDescriptor ring,
            Maker maker,
            List<ShareIndex> path,
            Blinding blinding,
            Token before,
            Title title,
            long number) {
        Work.Write work = new Work.Write(
                false,
                path,
                missing(ring, path),
                homes(before.scheme(), ring.threshold(), path),
                ring.dealers().stream().map(NodeCard::name).toList(),
                Optional.empty(),
                before.length(),
                Optional.of(before.id()));
        Map<ShareIndex, SecretBytes> seeds = blindSeeds(path, blinding, maker.random());
        return plan(ring, before.scheme(), maker, title, number, work, blinding, seeds, Optional.of(before));
    }

    private static Plan plan(
            RingDescriptor ring,
            Scheme scheme,
            Maker maker,
            Title title,
            long number,
            Work.Write work,
            Blinding blinding,
            Map<ShareIndex, SecretBytes> seeds,
            Optional<Token> before) {
        PlannedSession session = PlannedSession.of(
                ring, maker.credential(), scheme, title, number, work, blinding, seeds, maker.random(), maker.now());
        return new Plan(ring, session, blinding, seeds, before);
    }

    /** Those of a write's path that store the ciphertext. */
    static List<ShareIndex> homes(Scheme scheme, Threshold threshold, List<ShareIndex> path) {
        return List.copyOf(path.subList(0, Math.min(scheme.homes(threshold), path.size())));
    }

    /** Who isn't on a write's path: they get their shares later. */
    public static List<ShareIndex> missing(RingDescriptor ring, List<ShareIndex> path) {
        return ring.providers().stream()
                .map(Provider::x)
                .filter(x -> !path.contains(x))
                .toList();
    }

    /** Whether a share is a sum that no dealer knows: of several dealers', or of a dealer's and the share that was there before. */
    static boolean summed(Work.Making making) {
        return making.kind() == Work.Kind.REFRESH || making.dealers().size() > 1;
    }

    /**
     * Whether providers answer step 5 with what they stored, for {@link ValueCheck}: the put of a small object by who has it. Who
     * renews doesn't, and an attested write has hashes to find out who changed what.
     */
    public static boolean checkedByValue(Statement w) {
        return w.work() instanceof Work.Write write && !write.attested() && SmallRead.isFor(w.scheme(), write.length());
    }

    /** Who has to deal alone, since what several dealt is known to nobody. @throws MalformedException that says why */
    static void requireOneDealer(RingDescriptor ring, Scheme scheme, List<ShareIndex> path) {
        if (ring.dealers().size() == 1) {
            return;
        }
        if (!scheme.blinded()) {
            throw new MalformedException("the published profile is the paper's, with one dealer: the ring "
                    + ring.name() + " has " + ring.dealers().size());
        }
        if (path.size() < ring.threshold().n()) {
            throw new MalformedException("the shares of " + ring.dealers().size()
                    + " dealers are summed up by each provider, and one that's missing can't: a write without all providers"
                    + " needs a ring with one dealer");
        }
    }

    /** Fresh seeds for one pass; none where blinds don't grow from seeds. */
    public static Map<ShareIndex, SecretBytes> blindSeeds(
            List<ShareIndex> path, Blinding blinding, SecureRandom random) {
        Map<ShareIndex, SecretBytes> seeds = new LinkedHashMap<>();
        if (blinding == Blinding.EXPANDED) {
            path.forEach(x -> seeds.put(x, SecretBytes.random(Session.BLIND_SEED_BYTES, random)));
        }
        return seeds;
    }

    // Step 2.  U →p dealer: deal to w.  dealer →p CC_i: f(x_i), salt, signed share roots, for all i.

    /**
     * The dealer's checked view of one dealing: to whom, and how much.
     *
     * @param asks the key that may ask for the user's own share
     * @param missing those whose shares are sealed for them, and wait at {@link Custody#custodians}
     * @param user the user's point x_U, where it gets a share itself: published 2 and 3
     * @param ofZero whether the shares are of zero
     * @param expires until when this w may come again, so that it must be remembered
     */
    public record Deal(
            StatementHash id,
            ObjectId object,
            VerifyingKey asks,
            List<ShareIndex> path,
            List<ShareIndex> missing,
            Optional<ShareIndex> user,
            ChunkLayout layout,
            boolean ofZero,
            Instant expires) {
        /** All points of the dealing, the user's last. */
        public List<ShareIndex> points() {
            return Stream.of(path.stream(), missing.stream(), user.stream())
                    .flatMap(points -> points)
                    .toList();
        }
    }

    /**
     * Step 2 at a dealer. It deals to what O signed, so every provider deals with the same kind, path and length.
     *
     * @param dealer its name
     * @param asking the key that signed the request
     * @throws MalformedException or RefusedException that says which rule the request breaks
     */
    public static Deal acceptDeal(RingDescriptor ring, String dealer, Order order, VerifyingKey asking, Instant now) {
        try {
            Statement statement = Session.acceptStatement(ring, dealer, order, now);
            PrivatePart told = Session.acceptPrivatePart(dealer, statement, order, asking);
            told.wipe();
            Work.Making making = statement
                    .making()
                    .orElseThrow(() -> new MalformedException("nothing is dealt to a session that makes nothing"));
            // Throws for one that isn't of the ring.
            making.providers().forEach(x -> ring.provider(x.x()));
            if (!making.dealers().contains(dealer)) {
                throw new MalformedException(dealer + " is no dealer of this session");
            }
            requireOneDealer(ring, statement.scheme(), making.path());
            return new Deal(
                    Statement.hash(order.statement()),
                    statement.object(),
                    asking,
                    making.path(),
                    making.missing(),
                    statement.scheme().user(making.providers()),
                    new ChunkLayout(making.length()),
                    making.kind() == Work.Kind.REFRESH,
                    Instant.ofEpochMilli(statement.expiryMillis()));
        } finally {
            order.wipe();
        }
    }

    /** The leaf over chunk k of a share: computed by the dealer before it sends, by CC_i when it receives. */
    public static byte[] shareLeaf(StatementHash w, ShareIndex x, int k, MemorySegment salt, MemorySegment share) {
        return Leaves.ofShare(w, x.x(), k).update(salt).update(share).leaf();
    }

    /** CC_i: is what arrived what the dealer committed to, in this session? */
    public static void checkShare(Session session, MerkleRoot received, String dealer, Dealt claimed) {
        RingDescriptor ring = session.ring();
        List<ShareIndex> points =
                Token.points(session.scheme(), session.making().providers());
        try {
            if (claimed.summed()
                    || !claimed.roots().stream().map(ShareRoot::x).toList().equals(points)) {
                throw new MalformedException("it isn't about the points of this session");
            }
            claimed.verify(ring.dealer(dealer).key(), ring.keys(), session.id());
        } catch (BadSignatureException | MalformedException e) {
            throw new IntegrityException(
                    "the share of " + session.object() + " from " + dealer + " has roots that " + dealer
                            + " didn't sign for this session",
                    List.of(dealer));
        }
        if (received.count() != session.layout().count()
                || !Arrays.equals(
                        received.root(), claimed.rootOf(session.self()).root())) {
            throw new IntegrityException(
                    "the share of " + session.object() + " that arrived from " + dealer
                            + " isn't the one that its root commits to",
                    List.of(dealer));
        }
    }

    /**
     * CC_i: what one more dealer dealt, a chunk's salt before it, in place. Every dealing is of a pad of its own, so the sum is one
     * that no dealer knows while one of them keeps its own to itself.
     */
    public static <V> void add(LinearSpace<V> space, V sum, V dealt) {
        Hop.applyWithoutBlind(space, sum, 1, dealt);
    }

    /** CC_i signs for a share that it summed up itself: a sum of its own, with its one signature. */
    public static Dealt signSum(Session session, MerkleRoot sum, SigningKey key) {
        ShareRoot root = new ShareRoot(session.self(), sum.root());
        return new Dealt(true, List.of(root), List.of(Dealt.signSum(key, session.id(), root)));
    }

    /**
     * U: is the root of a summed share signed by the provider that has it, so that it's bound to it?
     *
     * @param from who answered
     */
    public static void checkSum(Plan plan, Provider from, Dealt sum) {
        try {
            if (!sum.summed()
                    || sum.roots().size() != 1
                    || !sum.roots().getFirst().x().equals(from.x())) {
                throw new MalformedException("it isn't the root of its own sum");
            }
            sum.verify(from.card().key(), plan.ring().keys(), plan.id());
        } catch (BadSignatureException | MalformedException e) {
            throw new IntegrityException(
                    from.name() + " didn't sign for its share of " + plan.object(), List.of(from.name()));
        }
    }

    /** U: did the one dealer sign for shares of all points of this session? */
    public static void checkDealt(Plan plan, String dealer, Dealt dealt) {
        List<ShareIndex> points = Token.points(plan.scheme(), plan.making().providers());
        try {
            if (dealt.summed()
                    || !dealt.roots().stream().map(ShareRoot::x).toList().equals(points)) {
                throw new MalformedException("it isn't about the points of this session");
            }
            dealt.verify(plan.ring().dealer(dealer).key(), plan.ring().keys(), plan.id());
        } catch (BadSignatureException | MalformedException e) {
            throw new IntegrityException(
                    dealer + " didn't sign for its shares of " + plan.object() + " in this session", List.of(dealer));
        }
    }

    // Step 3.  U →p CC_1: P ⊕ ΣB_i  (protocol 2: ⊕ b_U, the user's pad).  Published 2 and 3: P ⊕ λ(x_U)·f(x_U).

    /** leaf_k over P_k = r_k ‖ m_k, before the blinds go on. */
    public static byte[] chunkLeaf(int k, MemorySegment chunk) {
        return Leaves.ofChunk(k).update(chunk).leaf();
    }

    /**
     * What U sends, for the next piece of P, in place.
     *
     * @param masks every B_i; b_U in protocol 2; the layer of U's own point ({@link Hop#layer}) in the published 2 and 3
     */
    public static <V> void enter(V p, List<? extends Blind<V>> masks) {
        masks.forEach(mask -> mask.addTo(p));
    }

    // Step 4.  Each hop → next; CC_n →p CC_1: P ⊕ a0 (⊕ b_U), which CC_1 stores.

    /** CC_i's hop on the next piece of the stream, in place: in ⊕ λ_{S,0}(i)·f(x_i) ⊕ B_i; published: B_i = 0. */
    public static <V> void hop(LinearSpace<V> space, V flow, Session session, V share, Blind<V> blind) {
        if (session.scheme().blinded()) {
            Hop.apply(space, flow, session.lambda(), share, blind);
        } else {
            Hop.applyWithoutBlind(space, flow, session.lambda(), share);
        }
    }

    // Step 5.  u_m goes to all, and all sign it: in parallel; published: nested, on the ring.

    /**
     * U makes u_m.
     *
     * @param claims U's word for everyone who isn't on the path, in the order of {@link #missing}
     */
    public static Token token(Plan plan, byte[] commitment, Dealt dealt, List<Claim> claims, long createdMillis) {
        return new Token(plan.statement(), plan.id(), commitment, dealt, claims, createdMillis);
    }

    /**
     * CC_i takes part in u_m only where it is about this session, the share that CC_i stored, and this manifest.
     *
     * @param own what binds somebody to the share that it stored
     * @throws MalformedException or BadSignatureException that says which of these it isn't
     */
    public static Token checkToken(Session session, Dealt own, TokenMessage message) {
        Token u = Token.decode(message.token());
        if (!u.id().equals(session.id())) {
            throw new MalformedException("the token isn't that of this session");
        }
        // Or an object would be stored that never comes to be complete.
        u.claims().forEach(claim -> claim.verify(u.id()));
        ShareIndex self = session.self();
        if (u.dealt().summed() != own.summed()
                || !Arrays.equals(
                        u.dealt().rootOf(self).root(), own.rootOf(self).root())
                || !Arrays.equals(u.dealt().signatureOf(self), own.signatureOf(self))) {
            throw new MalformedException("the token names another share root than that of the share that arrived");
        }
        checkManifest(u, message.manifest());
        return u;
    }

    /** h of u_m is the root over the manifest's leaves. */
    public static void checkManifest(Token u, byte[] manifest) {
        if (manifest.length != (long) u.layout().count() * Sha256.BYTES) {
            throw new MalformedException("the manifest of " + u.object() + " has " + manifest.length + " bytes, "
                    + u.layout().count() + " leaves of 32 are expected");
        }
        if (!Arrays.equals(MerkleRoot.over(manifest), u.commitment())) {
            throw new MalformedException("the manifest of " + u.object() + " isn't the one that its token commits to");
        }
    }

    /** leaf_k of a manifest. */
    public static byte[] leaf(byte[] manifest, int k) {
        return Arrays.copyOfRange(manifest, k * Sha256.BYTES, (k + 1) * Sha256.BYTES);
    }

    // Step 6.  U checks the signatures of all that were there, runs the write check, and certifies; then every provider
    // commits.  B_i are gone.

    /** @throws IntegrityException unless all providers on the path signed the u_m that U sent */
    public static void checkChain(Plan plan, byte[] token, SignatureChain chain) {
        if (!Arrays.equals(chain.token(), token)) {
            throw new IntegrityException(
                    "the chain came back over another token than the one that was sent", List.of());
        }
        try {
            chain.verifyCommitted(plan.ring().keys());
        } catch (BadSignatureException | MalformedException e) {
            throw new IntegrityException(
                    "the signatures of " + plan.object() + " don't hold: " + e.getMessage(), List.of());
        }
    }

    /**
     * Whether the roots of u_m are signed by whom they must be: the dealer, or, where shares are sums, each one's provider.
     *
     * @throws BadSignatureException otherwise
     */
    public static void verifyRoots(RingDescriptor ring, Token u) {
        u.dealt().verify(ring.dealer(u.dealers().getFirst()).key(), ring.keys(), u.id());
    }

    /**
     * So many of p confirmations are enough while the rest can't be reached: any t providers have one among them that confirmed,
     * and t − 1 liars among those that did leave t who didn't lie.
     */
    public static int quorum(int p, int t) {
        return Math.min(p, Math.max(2 * t - 1, p - t + 1));
    }

    /**
     * CC_i commits only what the session key certified, over the very token that it took part in itself.
     *
     * @param token that it prepared
     * @throws MalformedException or BadSignatureException where it doesn't hold
     */
    public static void checkCertificate(RingDescriptor ring, byte[] token, Certificate certificate) {
        if (!Arrays.equals(certificate.chain().token(), token)) {
            throw new MalformedException("the certificate is for another token than the one signed here");
        }
        certificate.verify(ring.keys());
    }
}
