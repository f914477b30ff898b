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
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SessionId;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.ChainMessage;
import dev.interlock.protocol.message.DealRequest;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The write of all three protocols, in both profiles: the six steps of DESIGN §6, after §4 of the paper. P is m cut into
 * chunks, each behind 64 fresh random bytes r_k (protocol 1: m sealed to the user's public key); S is all n providers,
 * home first; "→p" is a private channel. Where the schemes differ, {@link Scheme} is asked.
 *
 * <p>Nothing here does I/O: the streaming steps work on one piece of a stream at a time, in place.
 */
public final class Write {
    private Write() {}

    // Step 1.  U →p every CC_i: signed request for this session: object, S, place in S, next hop, operation, seed of
    // B_i.

    /**
     * U's plan of one write, with the seeds of all blinds until closed.
     *
     * @param path S: all n providers, or those of them that are there; home first
     * @param homes those of S, from its start, that will hold the ciphertext
     * @param recipient k_U, in protocol 1
     * @param blindSeeds of every provider, where blinds are expanded
     * @param kind a write; an attested one, whose stations sign for what they hand on ({@link Passage}); or what makes a new
     *     generation of an object of this ring ({@link Renewal})
     * @param before the token of the generation before, of this ring or of another one
     */
    public record Plan(
            RingDescriptor ring,
            Scheme scheme,
            ObjectId object,
            SessionId session,
            byte[] owner,
            ChunkLayout layout,
            List<ShareIndex> path,
            List<ShareIndex> homes,
            Optional<RecipientKey> recipient,
            Blinding blinding,
            Map<ShareIndex, SecretBytes> blindSeeds,
            Order.Kind kind,
            Optional<Token> before)
            implements AutoCloseable {
        /** The same, which takes the seeds over, with every station signing for what it hands on. */
        public Plan withAttestation() {
            return new Plan(
                    ring,
                    scheme,
                    object,
                    session,
                    owner,
                    layout,
                    path,
                    homes,
                    recipient,
                    blinding,
                    blindSeeds,
                    Order.Kind.ATTESTED,
                    before);
        }

        /** The same, which takes the seeds over, as the next generation of an object of another ring. */
        public Plan continuing(Token generation) {
            return new Plan(
                    ring,
                    scheme,
                    object,
                    session,
                    owner,
                    layout,
                    path,
                    homes,
                    recipient,
                    blinding,
                    blindSeeds,
                    kind,
                    Optional.of(generation));
        }

        public boolean attested() {
            return kind == Order.Kind.ATTESTED;
        }

        /** Whether there's a new generation of an object of this ring in the end. */
        public boolean renews() {
            return kind == Order.Kind.REPLACE || kind == Order.Kind.REFRESH;
        }

        /** All dealers of the ring: each deals to every write, and the shares are summed. */
        public List<String> dealers() {
            return ring.dealers().stream().map(NodeCard::name).toList();
        }

        /** Whether no dealer knows the shares, so that each provider signs for its own. */
        public boolean summed() {
            return Write.summed(kind, ring);
        }

        /** The id that the object's owner knows. */
        public ObjectId origin() {
            return before.map(Token::origin).orElse(object);
        }

        public int generation() {
            return before.map(Token::generation).orElse(0) + 1;
        }

        /** λ(x_U), where the user has a point in the dealing. */
        public int userLambda() {
            List<ShareIndex> points = scheme.writePoints(path);
            return scheme.user(path)
                    .map(x -> Lagrange.coefficient(0, x, points))
                    .orElseThrow(() -> new IllegalStateException(scheme + " deals the user no share"));
        }

        /** Wipes the seeds: "B_i are gone". */
        @Override
        public void close() {
            blindSeeds.values().forEach(SecretBytes::close);
        }
    }

    /**
     * @param object fresh, never used before
     * @param length of what passes the ring, in bytes: m, or in protocol 1 m as sealed
     * @param path all n providers, or as many as {@link Scheme#writers} says; home first
     * @param blinding none in the published profile, and only there
     */
    public static Plan plan(
            RingDescriptor ring,
            Scheme scheme,
            ObjectId object,
            byte[] owner,
            long length,
            List<ShareIndex> path,
            Optional<RecipientKey> recipient,
            Blinding blinding,
            SecureRandom random) {
        return new Plan(
                ring,
                scheme,
                object,
                SessionId.random(random),
                owner,
                new ChunkLayout(length),
                List.copyOf(path),
                homes(scheme, ring.threshold(), path),
                recipient,
                blinding,
                blindSeeds(path, blinding, random),
                Order.Kind.WRITE,
                Optional.empty());
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
    static boolean summed(Order.Kind kind, RingDescriptor ring) {
        return kind == Order.Kind.REFRESH || ring.dealers().size() > 1;
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
    static Map<ShareIndex, SecretBytes> blindSeeds(List<ShareIndex> path, Blinding blinding, SecureRandom random) {
        Map<ShareIndex, SecretBytes> seeds = new LinkedHashMap<>();
        if (blinding == Blinding.EXPANDED) {
            path.forEach(x -> seeds.put(x, SecretBytes.random(Session.BLIND_SEED_BYTES, random)));
        }
        return seeds;
    }

    /** The order for CC_i; {@link Session#accept} is its other end. */
    public static Order order(Plan plan, ShareIndex i) {
        return new Order(
                plan.kind(),
                plan.scheme().protocol(),
                plan.scheme().profile().text(),
                plan.object().toString(),
                plan.session().toString(),
                xs(plan.path()),
                xs(plan.homes()),
                plan.layout().length(),
                plan.dealers(),
                plan.recipient().map(RecipientKey::toString).orElse(null),
                plan.blinding().text(),
                seed(plan.blindSeeds(), i),
                plan.before()
                        .map(before -> new Order.Continues(
                                plan.origin().toString(),
                                plan.generation(),
                                plan.renews() ? before.object().toString() : null))
                        .orElse(null));
    }

    /** For an order, which wipes it. */
    static byte[] seed(Map<ShareIndex, SecretBytes> blindSeeds, ShareIndex i) {
        SecretBytes seed = blindSeeds.get(i);
        return seed == null ? new byte[0] : seed.copyToHeap();
    }

    // Step 2.  U →p dealer: deal for this object.  dealer →p CC_i: f(x_i), salt, signed share root, for all i.

    public static DealRequest dealRequest(Plan plan) {
        return new DealRequest(
                plan.scheme().protocol(),
                plan.scheme().profile().text(),
                plan.object().toString(),
                plan.session().toString(),
                xs(plan.path()),
                plan.layout().length(),
                plan.kind() == Order.Kind.REFRESH);
    }

    /**
     * The dealer's checked view of one dealing: to whom, and how much.
     *
     * @param missing those whose shares are sealed for them, and wait at {@link Custody#custodians}
     * @param user the user's point x_U, where it gets a share itself: published 2 and 3
     * @param ofZero whether the shares are of zero
     */
    public record Deal(
            ObjectId object,
            SessionId session,
            List<ShareIndex> path,
            List<ShareIndex> missing,
            Optional<ShareIndex> user,
            ChunkLayout layout,
            boolean ofZero) {
        /** All points of the dealing, the user's last. */
        public List<ShareIndex> points() {
            return Stream.of(path.stream(), missing.stream(), user.stream())
                    .flatMap(points -> points)
                    .toList();
        }
    }

    /** @throws MalformedException that says which rule the request breaks */
    public static Deal acceptDeal(RingDescriptor ring, DealRequest request) {
        Scheme scheme = new Scheme(request.protocol(), Profile.parse(request.profile()));
        if (!ring.allows(scheme.profile())) {
            throw new MalformedException("the ring " + ring.name() + " doesn't allow the profile "
                    + scheme.profile().text());
        }
        List<ShareIndex> path =
                request.path().stream().map(x -> ring.provider(x).x()).toList();
        int writers = scheme.writers(ring.threshold());
        if (path.stream().distinct().count() != path.size() || path.size() < writers) {
            throw new MalformedException("a dealing is for "
                    + (writers == ring.threshold().n() ? "all " : "at least ") + writers + " providers, each once");
        }
        requireOneDealer(ring, scheme, path);
        return new Deal(
                ObjectId.parse(request.object()),
                SessionId.parse(request.session()),
                path,
                missing(ring, path),
                scheme.user(path),
                Session.layout(request.length()),
                request.ofZero());
    }

    /** The leaf over chunk k of a share: computed by the dealer before it sends, by CC_i when it receives. */
    public static byte[] shareLeaf(ObjectId object, ShareIndex x, int k, MemorySegment salt, MemorySegment share) {
        return Leaves.ofShare(object, x.x(), k).update(salt).update(share).leaf();
    }

    /** CC_i: is what arrived what the dealer committed to? */
    public static void checkShare(
            RingDescriptor ring, Session session, MerkleRoot received, String dealer, ShareRoot claimed) {
        try {
            claimed.verify(
                    ring.dealer(dealer).key(),
                    ring.id(),
                    ring.epoch(),
                    session.object(),
                    session.layout().length());
        } catch (BadSignatureException e) {
            throw new IntegrityException(
                    "the share of " + session.object() + " from " + dealer + " has a root that " + dealer
                            + " didn't sign for this object",
                    List.of(dealer));
        }
        if (!claimed.x().equals(session.self())
                || received.count() != session.layout().count()
                || !Arrays.equals(received.root(), claimed.root())) {
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

    /** CC_i signs for a share that it summed up itself. */
    public static ShareRoot signSum(RingDescriptor ring, Session session, MerkleRoot sum, SigningKey key) {
        return ShareRoot.sign(
                key,
                ring.id(),
                ring.epoch(),
                session.object(),
                session.self(),
                session.layout().length(),
                sum.root());
    }

    /** U: is the root of a summed share signed by the provider that has it, so that it's bound to it? */
    public static void checkSum(Plan plan, ShareRoot root) {
        Provider provider = plan.ring().provider(root.x());
        try {
            root.verify(
                    provider.card().key(),
                    plan.ring().id(),
                    plan.ring().epoch(),
                    plan.object(),
                    plan.layout().length());
        } catch (BadSignatureException e) {
            throw new IntegrityException(
                    provider.name() + " didn't sign for its share of " + plan.object(), List.of(provider.name()));
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

    // Step 5.  u_m and the signature chain travel behind the data.

    /**
     * U makes u_m.
     *
     * @param claims U's word for everyone who isn't on the path, in the order of {@link #missing}
     */
    public static Token token(Plan plan, byte[] commitment, Dealt dealt, List<Claim> claims, long nowMillis) {
        RingDescriptor ring = plan.ring();
        return new Token(
                plan.object(),
                plan.origin(),
                plan.generation(),
                ring.id(),
                ring.epoch(),
                plan.scheme(),
                plan.owner(),
                ring.threshold(),
                Stream.concat(plan.path().stream(), missing(ring, plan.path()).stream())
                        .toList(),
                plan.homes(),
                claims,
                plan.layout().length(),
                commitment,
                dealt,
                nowMillis);
    }

    /**
     * CC_i, whose share is durable and matches its root, signs u_m, its root and CC_{i−1}'s signature.
     *
     * @param own the root of the share that it stored
     * @throws MalformedException or BadSignatureException unless u_m is the token of this session and everyone before
     *     signed
     */
    public static SignatureChain sign(
            RingDescriptor ring, Session session, ShareRoot own, ChainMessage message, SigningKey key) {
        checkToken(ring, session, own, message);
        message.chain().verify(ring.keys());
        return message.chain().sign(session.self(), key);
    }

    /**
     * CC_i keeps u_m only where it is about this session, the share that CC_i stored, and this manifest.
     *
     * @param own the root of the share that it stored
     * @throws MalformedException that says which of these it isn't
     */
    public static void checkToken(RingDescriptor ring, Session session, ShareRoot own, ChainMessage message) {
        Token u = Token.decode(message.chain().token());
        boolean ofThisSession = u.object().equals(session.object())
                && u.origin().equals(session.origin())
                && u.generation() == session.generation()
                && u.ring().equals(ring.id())
                && u.epoch() == ring.epoch()
                && u.scheme().equals(session.scheme())
                && u.threshold().equals(ring.threshold())
                && u.present().equals(session.path())
                && u.missing().equals(session.missing())
                && u.homes().equals(session.homes())
                && u.length() == session.layout().length()
                && u.dealt().summed() == session.summed()
                && u.dealt().dealers().equals(session.dealers());
        if (!ofThisSession) {
            throw new MalformedException("the token isn't that of this session's object");
        }
        // Or an object would be stored that never comes to be complete.
        u.claims().forEach(claim -> claim.verify(u.ring(), u.epoch(), u.object()));
        ShareRoot said = u.dealt().rootOf(session.self());
        if (!Arrays.equals(said.root(), own.root()) || !Arrays.equals(said.signature(), own.signature())) {
            throw new MalformedException("the token names another share root than that of the share that arrived");
        }
        checkManifest(u, message.manifest());
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

    // Step 6.  U checks the n signatures, or those of all that were there, then tells every provider to commit.  B_i
    // are gone.

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
                    "the signature chain of " + plan.object() + " doesn't hold: " + e.getMessage(), List.of());
        }
    }

    /**
     * Whether a root of u_m is signed by whom it must be: the dealer, or, where the share is a sum, its own provider.
     *
     * @throws BadSignatureException otherwise
     */
    public static ShareRoot verifyRoot(RingDescriptor ring, Token u, ShareIndex x) {
        Dealt dealt = u.dealt();
        ShareRoot root = dealt.rootOf(x);
        VerifyingKey signer = dealt.summed()
                ? ring.provider(x).card().key()
                : ring.dealer(dealt.dealers().getFirst()).key();
        root.verify(signer, ring.id(), u.epoch(), u.object(), u.length());
        return root;
    }

    /** CC_i: the object becomes visible here only under everyone's signatures over the token that it signed itself. */
    public static void checkCommit(RingDescriptor ring, SignatureChain signedHere, SignatureChain chain) {
        if (!Arrays.equals(chain.token(), signedHere.token())) {
            throw new MalformedException("the commit is for another token than the one signed here");
        }
        chain.verifyCommitted(ring.keys(), signedHere);
    }

    static List<Integer> xs(List<ShareIndex> path) {
        return path.stream().map(ShareIndex::x).toList();
    }
}
