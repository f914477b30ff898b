package dev.interlock.protocol;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.PadDealer;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.SessionId;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.message.ChainMessage;
import dev.interlock.protocol.message.DealReply;
import dev.interlock.protocol.message.DealRequest;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A whole ring in memory: n providers, a dealer and a user as plain objects, and DESIGN §6 step by step between them.
 * Every message goes through its bytes; {@link Tap} stands on every line.
 */
final class MemoryRing {
    static final long NOW_MILLIS = 1_767_225_600_000L;

    private static final ByteSpace BYTES = new ByteSpace();

    final RingDescriptor ring;
    final Dealer dealer;
    final SeededRandom random;
    final byte[] owner;

    private final Map<ShareIndex, CloudProvider> providers = new LinkedHashMap<>();
    private Tap tap = new Tap() {};

    /** Sees everything that one party sends another, and may change it. A stream is changed in place. */
    interface Tap {
        default void arrives(Station at, MemorySegment stream) {}

        default void leaves(Station from, MemorySegment stream) {}

        default DealtShare dealt(ShareIndex to, DealtShare share) {
            return share;
        }

        default ChainMessage signed(ShareIndex by, ChainMessage message) {
            return message;
        }

        default ChainMessage told(ShareIndex by, ChainMessage proof) {
            return proof;
        }
    }

    /**
     * What the dealer sends one provider.
     *
     * @param salts 64 bytes for each chunk
     */
    record DealtShare(MemorySegment share, List<MemorySegment> salts, ShareRoot root) {}

    MemoryRing(int n, int t, long seed) {
        random = new SeededRandom(seed);
        owner = random.bytes(Token.OWNER_BYTES);
        List<SigningKey> keys = new ArrayList<>();
        List<NodeCard> cards = new ArrayList<>();
        for (int i = 1; i <= n + 1; i++) {
            keys.add(newKey());
            String name = i <= n ? "cc" + i : "dealer1";
            cards.add(NodeCard.of(
                    i <= n ? Role.PROVIDER : Role.DEALER,
                    name,
                    name + ".example:443",
                    "%064x".formatted(i),
                    keys.getLast().verifyingKey()));
        }
        ring = RingDescriptor.open(RingDescriptor.assemble(newKey(), "memory", t, Set.of(Profile.BLINDED), cards));
        ring.providers().forEach(p -> providers.put(p.x(), new CloudProvider(p.x(), keys.get(p.x().x() - 1))));
        dealer = new Dealer("dealer1", keys.getLast());
    }

    private SigningKey newKey() {
        return new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, random));
    }

    MemoryRing with(Tap onEveryLine) {
        tap = onEveryLine;
        return this;
    }

    CloudProvider cc(ShareIndex x) {
        return providers.get(x);
    }

    Collection<CloudProvider> providers() {
        return providers.values();
    }

    /** x = 1..n. */
    List<ShareIndex> all() {
        return List.copyOf(providers.keySet());
    }

    static List<ShareIndex> xs(int... xs) {
        return IntStream.of(xs).mapToObj(ShareIndex::new).toList();
    }

    // ---------------------------------------------------------------------------------------------------- the write

    /** The write of m through all providers with home first, as many homes as copies; the object that it became. */
    ObjectId write(byte[] m, List<ShareIndex> s, int copies) {
        try (Write.Plan plan = Write.plan(ring, owner, m.length, s, copies, dealer.name, random)) {
            // 1. U →p every CC_i: signed request for this session: object, S, place in S, next hop, operation, seed.
            s.forEach(x -> cc(x).accept(Json.write(Write.order(plan, x))));

            // 2. U →p dealer: deal for this object.  dealer →p CC_i: f(x_i), salt, signed share root, for all i.
            byte[] reply = dealer.deal(Json.write(Write.dealRequest(plan)));
            Dealt dealt = Json.read("the reply", reply, DealReply.class).checked(dealer.name);

            // 3. U →p CC_1: P ⊕ ΣB_i.
            MemorySegment flow = chunks(m);
            byte[] manifest = manifest(plan.layout(), flow);
            Write.blind(flow, blinds(plan.blindSeeds()));

            // 4. Each hop → next; CC_n →p CC_1: P ⊕ a0, which CC_1 stores.
            pass(Route.write(plan.path(), plan.homes()), plan.session(), flow);

            // 5. u_m and the signature chain travel behind the data.
            byte[] u = Write.token(plan, root(manifest), dealt, NOW_MILLIS).encode();
            ChainMessage message = new ChainMessage(SignatureChain.start(u), manifest);
            for (ShareIndex x : s) {
                message = tap.signed(x, ChainMessage.decode(cc(x).sign(plan.session(), message.encode())));
            }

            // 6. U checks the n signatures, then tells every provider to commit.  B_i are gone.
            Write.checkChain(plan, u, message.chain());
            for (ShareIndex x : s) {
                cc(x).commit(plan.object(), message.chain().encode());
            }
            return plan.object();
        }
    }

    /** P: m cut into chunks, each behind 64 fresh random bytes r_k. */
    private MemorySegment chunks(byte[] m) {
        ChunkLayout layout = new ChunkLayout(m.length);
        ByteArrayOutputStream p = new ByteArrayOutputStream();
        for (int k = 0; k < layout.count(); k++) {
            p.writeBytes(random.bytes(ChunkLayout.RANDOMIZER_BYTES));
            p.write(m, k * ChunkLayout.CHUNK_BYTES, layout.dataLength(k));
        }
        return MemorySegment.ofArray(p.toByteArray());
    }

    private static byte[] manifest(ChunkLayout layout, MemorySegment p) {
        ByteArrayOutputStream manifest = new ByteArrayOutputStream();
        for (int k = 0; k < layout.count(); k++) {
            manifest.writeBytes(Write.chunkLeaf(k, chunk(layout, p, k)));
        }
        return manifest.toByteArray();
    }

    private static byte[] root(byte[] manifest) {
        MerkleRoot root = new MerkleRoot();
        for (int k = 0; k < manifest.length / 32; k++) {
            root.add(Write.leaf(manifest, k));
        }
        return root.root();
    }

    // ----------------------------------------------------------------------------------------------------- the read

    /** What the providers of S return: m, or an exception before any byte of it. */
    byte[] read(ObjectId object, List<ShareIndex> s, ShareIndex home) {
        // U believes a token only under the signatures of all its providers, and a manifest only under its token.
        ChainMessage proof = tap.told(home, ChainMessage.decode(cc(home).proof(object)));
        Token u = Read.checkToken(ring, object, proof.chain(), name(home));
        Write.checkManifest(u, proof.manifest());

        try (Read.Plan plan = Read.plan(ring, u, s, home, random)) {
            // 1. U →p each CC_i in S: signed request as in the write, with fresh B_i.
            Set<ShareIndex> asked = new LinkedHashSet<>(plan.path());
            asked.add(home);
            asked.forEach(x -> cc(x).accept(Json.write(Read.order(plan, x))));

            // 2. home → first of S: c = P ⊕ a0, and each hop → next.
            MemorySegment flow = pass(plan.route(), plan.session(), MemorySegment.ofArray(new byte[0]));

            // 3. last →p U: P ⊕ ΣB_i.  U removes the blinds, checks every chunk before releasing it.
            Read.unblind(flow, blinds(plan.blindSeeds()));
            ByteArrayOutputStream m = new ByteArrayOutputStream();
            for (int k = 0; k < plan.layout().count(); k++) {
                MemorySegment chunk = chunk(plan.layout(), flow, k);
                Read.checkChunk(plan, proof.manifest(), k, chunk);
                m.writeBytes(bytes(chunk.asSlice(ChunkLayout.RANDOMIZER_BYTES)));
            }
            return m.toByteArray();
        }
    }

    // ------------------------------------------------------------------------------------------- one pass, both ways

    private MemorySegment pass(Route route, SessionId session, MemorySegment first) {
        MemorySegment flow = first;
        for (Station station : route.stations()) {
            tap.arrives(station, flow);
            flow = cc(station.provider()).take(session, station, flow);
            tap.leaves(station, flow);
        }
        return flow;
    }

    private static List<Blind<MemorySegment>> blinds(Map<ShareIndex, SecretBytes> seeds) {
        return seeds.values().stream().map(MemoryRing::blind).toList();
    }

    private static Blind<MemorySegment> blind(SecretBytes seed) {
        return new Keystream(seed)::addTo;
    }

    private static MemorySegment chunk(ChunkLayout layout, MemorySegment p, int k) {
        return p.asSlice(layout.padOffset(k), layout.padLength(k));
    }

    private String name(ShareIndex x) {
        return ring.provider(x).name();
    }

    private static MemorySegment copy(MemorySegment bytes) {
        return MemorySegment.ofArray(bytes(bytes));
    }

    static byte[] bytes(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    /** The RNG of the paper: deals, signs, forgets. */
    final class Dealer {
        final String name;
        final SigningKey key;

        Dealer(String name, SigningKey key) {
            this.name = name;
            this.key = key;
        }

        byte[] deal(byte[] request) {
            Write.Deal deal = Write.acceptDeal(ring, Json.read("the request", request, DealRequest.class));
            ChunkLayout layout = deal.layout();
            List<MemorySegment> shares = deal.path().stream()
                    .map(x -> MemorySegment.ofArray(new byte[(int) layout.padTotal()]))
                    .toList();
            int[] xs = deal.path().stream().mapToInt(ShareIndex::x).toArray();
            try (PadRandom source = new PadRandom(random);
                    PadDealer pads = new PadDealer(ring.threshold(), xs, FieldKernels.chosen(), source)) {
                for (int k = 0; k < layout.count(); k++) {
                    int chunk = k;
                    pads.next(
                            layout.padLength(k),
                            shares.stream()
                                    .map(share -> chunk(layout, share, chunk))
                                    .toList());
                }
            }
            List<ShareRoot> roots = new ArrayList<>();
            for (int i = 0; i < deal.path().size(); i++) {
                roots.add(send(deal, deal.path().get(i), shares.get(i)));
            }
            return Json.write(DealReply.of(new Dealt(name, roots)));
        }

        private ShareRoot send(Write.Deal deal, ShareIndex x, MemorySegment share) {
            List<MemorySegment> salts = new ArrayList<>();
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < deal.layout().count(); k++) {
                salts.add(MemorySegment.ofArray(random.bytes(Leaves.SALT_BYTES)));
                root.add(Write.shareLeaf(deal.object(), x, k, salts.getLast(), chunk(deal.layout(), share, k)));
            }
            ShareRoot signed = ShareRoot.sign(
                    key,
                    ring.id(),
                    ring.epoch(),
                    deal.object(),
                    x,
                    deal.layout().length(),
                    root.root());
            cc(x).keep(deal.session(), tap.dealt(x, new DealtShare(share, salts, signed)));
            return signed;
        }
    }

    /** CC_i: its share of every object, the ciphertext where it is home, and all that it ever saw. */
    final class CloudProvider {
        final ShareIndex x;
        final SigningKey key;
        final Map<ObjectId, DealtShare> shares = new HashMap<>();
        final Map<ObjectId, MemorySegment> ciphertexts = new HashMap<>();
        /** Every stream and share that came here or left, and every blind: what a coalition computes with. */
        final List<byte[]> seen = new ArrayList<>();

        private final Map<SessionId, Session> sessions = new HashMap<>();
        private final Map<ObjectId, ChainMessage> prepared = new HashMap<>();
        private final Map<ObjectId, ChainMessage> committed = new HashMap<>();

        CloudProvider(ShareIndex x, SigningKey key) {
            this.x = x;
            this.key = key;
        }

        Session accept(byte[] order) {
            Session session = Session.accept(ring, x, Json.read("the order", order, Order.class));
            sessions.put(session.id(), session);
            session.blindSeed().ifPresent(seed -> {
                MemorySegment zeros =
                        MemorySegment.ofArray(new byte[(int) session.layout().padTotal()]);
                blind(seed).addTo(zeros);
                seen.add(bytes(zeros));
            });
            return session;
        }

        void keep(SessionId id, DealtShare arrived) {
            Session session = sessions.get(id);
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < arrived.salts().size(); k++) {
                MemorySegment chunk = chunk(session.layout(), arrived.share(), k);
                root.add(Write.shareLeaf(session.object(), x, k, arrived.salts().get(k), chunk));
            }
            Write.checkShare(ring, session, root, dealer.name, arrived.root());
            shares.put(session.object(), arrived);
            seen.add(bytes(arrived.share()));
        }

        MemorySegment take(SessionId id, Station station, MemorySegment in) {
            Session session = sessions.get(id);
            boolean begins = station.source() instanceof Station.Ciphertext;
            MemorySegment flow = copy(begins ? ciphertexts.get(session.object()) : in);
            seen.add(bytes(flow));
            if (station.layered()) {
                MemorySegment share = shares.get(session.object()).share();
                Write.hop(BYTES, flow, session, share, blind(session.blindSeed().orElseThrow()));
                seen.add(bytes(flow));
            }
            if (station.stored()) {
                ciphertexts.put(session.object(), copy(flow));
            }
            return flow;
        }

        byte[] sign(SessionId id, byte[] message) {
            Session session = sessions.get(id);
            ChainMessage behind = ChainMessage.decode(message);
            ShareRoot own = shares.get(session.object()).root();
            SignatureChain longer = Write.sign(ring, session, own, behind, key);
            prepared.put(session.object(), new ChainMessage(longer, behind.manifest()));
            return prepared.get(session.object()).encode();
        }

        void commit(ObjectId object, byte[] chain) {
            ChainMessage mine = prepared.get(object);
            SignatureChain complete = SignatureChain.decode(chain);
            Write.checkCommit(ring, mine.chain().token(), complete);
            committed.put(object, new ChainMessage(complete, mine.manifest()));
        }

        /** The committed chain and the manifest, for a reader. */
        byte[] proof(ObjectId object) {
            return committed.get(object).encode();
        }
    }
}
