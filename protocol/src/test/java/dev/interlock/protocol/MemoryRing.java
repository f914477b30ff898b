package dev.interlock.protocol;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedReader;
import dev.interlock.core.sealing.SealedWriter;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Dealing;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.PadDealer;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SessionId;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.message.ChainMessage;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.CommitMessage;
import dev.interlock.protocol.message.DealReply;
import dev.interlock.protocol.message.DealRequest;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A whole ring in memory: n providers, a dealer and a user as plain objects, and DESIGN §6 step by step between them, in
 * all protocols and both profiles. Every message goes through its bytes; {@link Tap} stands on every line.
 */
final class MemoryRing {
    static final long NOW_MILLIS = 1_767_225_600_000L;

    private static final ByteSpace BYTES = new ByteSpace();
    /** What enters a pass that begins with stored bytes. */
    private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);

    final RingDescriptor ring;
    final Dealer dealer;
    final List<Dealer> dealers;
    final SeededRandom random;
    final byte[] owner;

    /** How an object is written, and read again. */
    record Way(Scheme scheme, Blinding blinding) {
        /** Protocol 3, blinded by seeds. */
        static final Way DEFAULT = new Way(Scheme.DEFAULT, Blinding.EXPANDED);

        /** All that there are: the published profile has no blinds, the blinded one has two kinds. */
        static Stream<Way> all() {
            return IntStream.rangeClosed(1, 3)
                    .boxed()
                    .flatMap(protocol -> Stream.of(
                            new Way(new Scheme(protocol, Profile.BLINDED), Blinding.EXPANDED),
                            new Way(new Scheme(protocol, Profile.BLINDED), Blinding.FULL),
                            new Way(new Scheme(protocol, Profile.PUBLISHED), Blinding.NONE)));
        }

        @Override
        public String toString() {
            return scheme + ", blinds " + blinding.text();
        }
    }

    private final Map<ShareIndex, CloudProvider> providers = new LinkedHashMap<>();
    /** What the homes of an object said at its write. */
    private final Map<ObjectId, List<Holding>> holdings = new HashMap<>();

    /** The user's side: how it wrote an object, and in protocol 2 what it keeps of it; in protocol 1 one key for all. */
    private final Map<ObjectId, Way> ways = new HashMap<>();

    private final Map<ObjectId, byte[]> userKeys = new HashMap<>();
    private OpeningKey privateKey;
    private final SigningKey ownerKey;
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

        default CheckAnswer answered(ShareIndex by, CheckAnswer answer) {
            return answer;
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

    /** A ring that serves the blinded profile alone. */
    MemoryRing(int n, int t, long seed) {
        this(n, t, seed, Set.of(Profile.BLINDED));
    }

    MemoryRing(int n, int t, long seed, Set<Profile> profiles) {
        this(n, t, seed, profiles, 1, List.of());
    }

    /** @param dealing providers that deal as well */
    MemoryRing(int n, int t, long seed, Set<Profile> profiles, int ofDealers, List<String> dealing) {
        random = new SeededRandom(seed);
        owner = random.bytes(Token.OWNER_BYTES);
        List<SigningKey> keys = new ArrayList<>();
        List<NodeCard> cards = new ArrayList<>();
        List<OpeningKey> opening = new ArrayList<>();
        for (int i = 1; i <= n + ofDealers; i++) {
            keys.add(newKey());
            opening.add(OpeningKey.generate(Kem.X25519, random));
            String name = i <= n ? "cc" + i : "dealer" + (i - n);
            cards.add(NodeCard.of(
                    i <= n ? Role.PROVIDER : Role.DEALER,
                    name,
                    name + ".example:443",
                    "%064x".formatted(i),
                    keys.getLast().verifyingKey(),
                    i <= n ? Optional.of(opening.getLast().recipient().toString()) : Optional.empty()));
        }
        ring = RingDescriptor.open(RingDescriptor.assemble(newKey(), "memory", t, profiles, cards, dealing));
        ring.providers()
                .forEach(p -> providers.put(
                        p.x(), new CloudProvider(p.x(), keys.get(p.x().x() - 1), opening.get(p.x().x() - 1))));
        dealers = ring.dealers().stream()
                .map(card -> new Dealer(card.name(), keys.get(cards.indexOf(card))))
                .toList();
        dealer = dealers.getFirst();
        privateKey = OpeningKey.generate(Kem.X25519, random);
        ownerKey = newKey();
    }

    /** The private key of protocol 1, from now on. */
    MemoryRing with(Kem kem) {
        privateKey = OpeningKey.generate(kem, random);
        return this;
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

    /** The write of m through all providers with home first; the object that it became. */
    ObjectId write(byte[] m, List<ShareIndex> s) {
        return write(Way.DEFAULT, m, s);
    }

    /** The plan of such a write, in the default way. */
    Write.Plan plan(long length, List<ShareIndex> s) {
        return plan(Way.DEFAULT, ObjectId.random(random), length, s);
    }

    private Write.Plan plan(Way way, ObjectId object, long length, List<ShareIndex> s) {
        Optional<RecipientKey> recipient =
                way.scheme().sealed() ? Optional.of(privateKey.recipient()) : Optional.empty();
        return Write.plan(ring, way.scheme(), object, owner, length, s, recipient, way.blinding(), random);
    }

    ObjectId write(Way way, byte[] plain, List<ShareIndex> s) {
        ObjectId object = ObjectId.random(random);
        byte[] m = way.scheme().sealed() ? sealed(object, plain) : plain;
        try (Write.Plan plan = plan(way, object, m.length, s);
                WriteCheck check = new WriteCheck(random)) {
            // 1. U →p every CC_i: signed request for this session: object, S, place in S, next hop, operation, seed.
            s.forEach(x -> cc(x).accept(Json.write(Write.order(plan, x))));
            List<Blind<MemorySegment>> masks =
                    blinds(plan.session(), s, way.blinding(), plan.blindSeeds(), plan.layout());

            // 2. U →p dealer: deal for this object.  dealer →p CC_i: f(x_i), salt, signed share root, for all i.
            List<ShareRoot> roots = List.of();
            for (Dealer each : dealers) {
                byte[] reply = each.deal(Json.write(Write.dealRequest(plan)));
                roots = Json.read("the reply", reply, DealReply.class).checked(each.name);
            }
            if (plan.summed()) {
                roots = s.stream().map(x -> cc(x).sumRoot(plan.session())).toList();
                roots.forEach(root -> Write.checkSum(plan, root));
            }
            Dealt dealt = new Dealt(plan.dealers(), plan.summed(), roots);

            // 3. U →p CC_1: P ⊕ ΣB_i  (protocol 2: ⊕ b_U, the user's pad).  Published 2 and 3: P ⊕ λ(x_U)·f(x_U).
            MemorySegment flow = chunks(m);
            byte[] manifest = manifest(plan.layout(), flow);
            if (plan.scheme().paddedByUser()) {
                long bytes = way.blinding() == Blinding.FULL ? flow.byteSize() : Keystream.SEED_BYTES;
                userKeys.put(object, random.bytes((int) bytes));
                Write.enter(flow, List.of(userPad(object, way.blinding())));
            }
            check.sending(flow);
            if (plan.scheme().dealtToUser()) {
                byte[] share = dealer.shareOfUser(plan.session());
                masks.add(Hop.layer(BYTES, plan.userLambda(), _ -> MemorySegment.ofArray(share)));
                if (plan.scheme().readWithUser()) {
                    userKeys.put(object, share);
                }
            }
            Write.enter(flow, masks);

            // 4. Each hop → next; CC_n →p CC_1: P ⊕ a0 (⊕ b_U), which CC_1 stores.
            var _ = pass(Route.write(plan.path(), plan.homes()), plan.session(), flow, UnaryOperator.identity());
            // Protocol 1: each CC_i seals f(x_i) under k_U, sends it to home.
            if (plan.scheme().sealed()) {
                for (ShareIndex x : s) {
                    Route route = Route.sealed(plan.scheme(), plan.path(), plan.homes(), x);
                    var _ = pass(route, plan.session(), NOTHING, UnaryOperator.identity());
                }
            }

            // 5. u_m and the signature chain travel behind the data.
            List<Claim> claims =
                    Write.missing(ring, s).stream().map(x -> claim(object, x)).toList();
            byte[] u =
                    Write.token(plan, root(manifest), dealt, claims, NOW_MILLIS).encode();
            ChainMessage message = new ChainMessage(SignatureChain.start(u), manifest);
            for (ShareIndex x : s) {
                message = tap.signed(x, ChainMessage.decode(cc(x).sign(plan.session(), message.encode())));
            }

            // 6. U checks the n signatures, makes the write check, then tells every provider to commit.  B_i are gone.
            Write.checkChain(plan, u, message.chain());
            Map<ShareIndex, CheckAnswer> answers = new LinkedHashMap<>();
            for (ShareIndex x : s) {
                answers.put(x, tap.answered(x, cc(x).check(plan.session(), check.reveal())));
            }
            CommitMessage commit = new CommitMessage(message.chain(), check.verify(plan, answers));
            for (ShareIndex x : s) {
                cc(x).commit(plan.object(), commit.encode());
            }
            ways.put(object, way);
            holdings.put(object, commit.holdings());
            return object;
        }
    }

    /** The owner's word for CC_k, with one key for all of them. */
    private Claim claim(ObjectId object, ShareIndex k) {
        byte[] message = Claim.message(ring.id(), ring.epoch(), object, k);
        return new Claim(k, ownerKey.verifyingKey(), ownerKey.sign(Purpose.CLAIM, message));
    }

    /** A custodian brings CC_k what waited for it; what it keeps is its answer. */
    SignatureChain bring(ObjectId object, ShareIndex custodian, ShareIndex k) {
        ChainMessage kept = cc(custodian).committed.get(object);
        CommitMessage commit = new CommitMessage(kept.chain(), holdings.get(object));
        return cc(k).take(
                        new RestoreMessage(commit, kept.manifest()).encode(),
                        cc(custodian).waiting.get(object).get(k),
                        name(custodian));
    }

    /** CC_k, which lost the object, gets it back from S; nothing of it is kept where this throws. */
    void repair(ObjectId object, List<ShareIndex> s, ShareIndex k) {
        ChainMessage kept = cc(s.getFirst()).committed.get(object);
        Token u = Token.decode(kept.chain().token());
        Optional<ShareIndex> home = u.homes().stream()
                .filter(x -> u.homes().contains(k) && !x.equals(k))
                .findFirst();
        try (Repair.Plan plan = Repair.plan(ring, u, s, k, home, random)) {
            // 1. U →p every CC_i in S, CC_k, home: signed request, seeds of the pairs.
            plan.parties().forEach(x -> cc(x).accept(Json.write(Repair.order(plan, x))));
            // 2. 0 → first of S, each hop → next, last →p CC_k: f(x_k).  home →p CC_k: c.
            var _ = pass(Route.repair(s, k), plan.session(), NOTHING, UnaryOperator.identity());
            home.ifPresent(from -> pass(Route.copy(from, k), plan.session(), NOTHING, UnaryOperator.identity()));
            // 3. U →p CC_k: what every provider keeps.
            CommitMessage commit = new CommitMessage(kept.chain(), holdings.get(object));
            cc(k).restore(plan.session(), new RestoreMessage(commit, kept.manifest()).encode());
        }
    }

    /** m' of protocol 1. */
    private byte[] sealed(ObjectId object, byte[] m) {
        SealedLayout layout = new SealedLayout(privateKey.recipient().kem());
        ByteArrayOutputStream sealed = new ByteArrayOutputStream();
        try (SealedWriter writer =
                new SealedWriter(privateKey.recipient(), Sealing.ofMessage(ring.id(), object), random)) {
            sealed.writeBytes(writer.header());
            int pieces = SealedLayout.pieces(m.length);
            for (int k = 0; k < pieces; k++) {
                int from = k * SealedLayout.PIECE_BYTES;
                byte[] piece = Arrays.copyOfRange(m, from, from + SealedLayout.pieceBytes(m.length, k));
                sealed.writeBytes(sealed(writer, k, k == pieces - 1, piece));
            }
        }
        assert sealed.size() == layout.messageBytes(m.length);
        return sealed.toByteArray();
    }

    private static byte[] sealed(SealedWriter writer, int k, boolean last, byte[] piece) {
        byte[] sealed = new byte[piece.length + SealedLayout.TAG_BYTES];
        writer.seal(k, last, MemorySegment.ofArray(piece), MemorySegment.ofArray(sealed));
        return sealed;
    }

    private static byte[] opened(SealedReader reader, int k, boolean last, byte[] sealed) {
        byte[] piece = new byte[sealed.length - SealedLayout.TAG_BYTES];
        reader.open(k, last, MemorySegment.ofArray(sealed), MemorySegment.ofArray(piece));
        return piece;
    }

    /** b_U. */
    private Blind<MemorySegment> userPad(ObjectId object, Blinding kind) {
        return blind(kind, MemorySegment.ofArray(userKeys.get(object)));
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

        try (Read.Plan plan = Read.plan(ring, u, s, home, ways.get(object).blinding(), random)) {
            MemorySegment flow = u.scheme().sealed() ? withoutPad(plan) : passed(plan);
            ByteArrayOutputStream m = new ByteArrayOutputStream();
            for (int k = 0; k < plan.layout().count(); k++) {
                MemorySegment chunk = chunk(plan.layout(), flow, k);
                Read.checkChunk(plan, proof.manifest(), k, chunk);
                m.writeBytes(bytes(chunk.asSlice(ChunkLayout.RANDOMIZER_BYTES)));
            }
            return u.scheme().sealed() ? openedMessage(u, m.toByteArray()) : m.toByteArray();
        }
    }

    /** Protocols 2 and 3: P, by way of the ring. */
    private MemorySegment passed(Read.Plan plan) {
        ObjectId object = plan.token().object();
        Way way = ways.get(object);

        // 1. U →p each CC_i in S: signed request as in the write, with fresh B_i.
        Set<ShareIndex> asked = new LinkedHashSet<>(plan.path());
        asked.add(plan.home());
        asked.forEach(x -> cc(x).accept(Json.write(Read.order(plan, x))));
        List<Blind<MemorySegment>> masks =
                blinds(plan.session(), plan.path(), way.blinding(), plan.blindSeeds(), plan.layout());

        // 2. home → first of S: c = P ⊕ a0, and each hop → next.  Published 3: home →p U →p first of S, under K.
        byte[] seed = random.bytes(Keystream.SEED_BYTES);
        if (plan.scheme().readThroughUser()) {
            masks.add(blind(Blinding.EXPANDED, MemorySegment.ofArray(seed)));
        }
        MemorySegment flow = pass(plan.route(), plan.session(), NOTHING, c -> {
            MemorySegment underK = copy(c);
            Read.reenter(underK, blind(Blinding.EXPANDED, MemorySegment.ofArray(seed)));
            return underK;
        });

        // 3. last →p U: P ⊕ ΣB_i  (protocol 2: ⊕ b_U).  Published 2: P ⊕ λ(x_U)·f(x_U);  published 3: P ⊕ K.
        if (plan.scheme().paddedByUser()) {
            masks.add(userPad(object, way.blinding()));
        }
        if (plan.scheme().readWithUser()) {
            byte[] share = userKeys.get(object);
            masks.add(Hop.layer(BYTES, plan.userLambda(), _ -> MemorySegment.ofArray(share)));
        }
        Read.leave(flow, masks);
        return flow;
    }

    /** Protocol 1: P, from what home has. */
    private MemorySegment withoutPad(Read.Plan plan) {
        CloudProvider home = cc(plan.home());
        Token u = plan.token();
        MemorySegment c = copy(home.ciphertexts.get(u.object()));
        for (ShareIndex x : plan.path()) {
            MemorySegment share = openedShare(u, home, x);
            for (int k = 0; k < u.layout().count(); k++) {
                Read.removeLayer(BYTES, plan.path(), x, chunk(u.layout(), share, k), chunk(u.layout(), c, k));
            }
        }
        return c;
    }

    private MemorySegment openedShare(Token u, CloudProvider home, ShareIndex x) {
        byte[] sealed = home.sealedShares.get(u.object()).get(x);
        int header = new SealedLayout(privateKey.recipient().kem()).headerBytes();
        int at = header + SealedLayout.leavesBytes(u.layout());
        byte[] leaves = Arrays.copyOfRange(sealed, header, at);
        Read.checkShareLeaves(u, name(home.x), x, leaves);
        MemorySegment share = MemorySegment.ofArray(new byte[(int) u.layout().padTotal()]);
        int count = u.layout().count();
        try (SealedReader reader =
                new SealedReader(Arrays.copyOf(sealed, header), privateKey, Sealing.ofShare(u.ring(), u.object(), x))) {
            for (int k = 0; k < count; k++) {
                int length = SealedLayout.sharePieceBytes(u.layout(), k) + SealedLayout.TAG_BYTES;
                byte[] piece = opened(reader, k, k == count - 1, Arrays.copyOfRange(sealed, at, at + length));
                MemorySegment salt = MemorySegment.ofArray(piece).asSlice(0, Leaves.SALT_BYTES);
                MemorySegment chunk = MemorySegment.ofArray(piece).asSlice(Leaves.SALT_BYTES);
                Read.checkShareChunk(u, name(home.x), x, leaves, k, salt, chunk);
                chunk(u.layout(), share, k).copyFrom(chunk);
                at += length;
            }
        }
        return share;
    }

    private byte[] openedMessage(Token u, byte[] sealed) {
        SealedLayout layout = new SealedLayout(privateKey.recipient().kem());
        long length = layout.plainBytes(sealed.length);
        int at = layout.headerBytes();
        ByteArrayOutputStream m = new ByteArrayOutputStream();
        try (SealedReader reader =
                new SealedReader(Arrays.copyOf(sealed, at), privateKey, Sealing.ofMessage(u.ring(), u.object()))) {
            int pieces = SealedLayout.pieces(length);
            for (int k = 0; k < pieces; k++) {
                int next = at + SealedLayout.pieceBytes(length, k) + SealedLayout.TAG_BYTES;
                m.writeBytes(opened(reader, k, k == pieces - 1, Arrays.copyOfRange(sealed, at, next)));
                at = next;
            }
        }
        return m.toByteArray();
    }

    // ------------------------------------------------------------------------------------------- one pass, both ways

    /** @param byUser what the user makes of what it gets on the way, where it stands in the middle of the route */
    private MemorySegment pass(
            Route route, SessionId session, MemorySegment first, UnaryOperator<MemorySegment> byUser) {
        MemorySegment flow = first;
        for (Station station : route.stations()) {
            if (station.source() instanceof Station.User && !station.equals(route.first())) {
                flow = byUser.apply(flow);
            }
            tap.arrives(station, flow);
            flow = cc(station.provider()).take(session, station, flow);
            tap.leaves(station, flow);
        }
        return flow;
    }

    /** The user's copies of all blinds of a pass. Full ones are drawn here, and sent. */
    private List<Blind<MemorySegment>> blinds(
            SessionId session,
            List<ShareIndex> path,
            Blinding blinding,
            Map<ShareIndex, SecretBytes> seeds,
            ChunkLayout layout) {
        List<Blind<MemorySegment>> blinds = new ArrayList<>();
        if (blinding == Blinding.EXPANDED) {
            seeds.values().forEach(seed -> blinds.add(Blind.expanded(seed)));
        }
        if (blinding == Blinding.FULL) {
            for (ShareIndex x : path) {
                byte[] whole = random.bytes((int) layout.padTotal());
                cc(x).blind(session, whole);
                blinds.add(blind(Blinding.FULL, MemorySegment.ofArray(whole)));
            }
        }
        return blinds;
    }

    /** @param bytes the seed, or all of it */
    private static Blind<MemorySegment> blind(Blinding kind, MemorySegment bytes) {
        return switch (kind) {
            case NONE -> Blind.none();
            case EXPANDED -> {
                try (SecretBytes seed = SecretBytes.copyOf(bytes)) {
                    yield Blind.expanded(seed);
                }
            }
            case FULL -> Blind.of(BYTES, bytes);
            case PAIRED -> throw new IllegalArgumentException("paired blinds have several seeds");
        };
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
        private final Map<SessionId, byte[]> ofUsers = new HashMap<>();

        Dealer(String name, SigningKey key) {
            this.name = name;
            this.key = key;
        }

        byte[] deal(byte[] request) {
            Write.Deal deal = Write.acceptDeal(ring, Json.read("the request", request, DealRequest.class));
            ChunkLayout layout = deal.layout();
            List<MemorySegment> shares = deal.points().stream()
                    .map(x -> MemorySegment.ofArray(new byte[(int) layout.padTotal()]))
                    .toList();
            int[] xs = deal.points().stream().mapToInt(ShareIndex::x).toArray();
            Threshold threshold = new Threshold(ring.threshold().t(), xs.length);
            try (PadRandom source = new PadRandom(random);
                    PadDealer pads = new PadDealer(threshold, xs, FieldKernels.chosen(), source)) {
                for (int k = 0; k < layout.count(); k++) {
                    int chunk = k;
                    pads.next(
                            layout.padLength(k),
                            shares.stream()
                                    .map(share -> chunk(layout, share, chunk))
                                    .toList());
                }
            }
            List<List<MemorySegment>> salts =
                    IntStream.range(0, layout.count()).mapToObj(_ -> salts(xs)).toList();
            List<ShareRoot> roots = new ArrayList<>();
            for (int i = 0; i < deal.path().size(); i++) {
                int point = i;
                List<MemorySegment> own =
                        salts.stream().map(ofChunk -> ofChunk.get(point)).toList();
                roots.add(send(deal, deal.path().get(i), shares.get(i), own));
            }
            for (int i = 0; i < deal.missing().size(); i++) {
                int point = deal.path().size() + i;
                List<MemorySegment> own =
                        salts.stream().map(ofChunk -> ofChunk.get(point)).toList();
                roots.add(leave(deal, deal.missing().get(i), shares.get(point), own));
            }
            deal.user().ifPresent(_ -> ofUsers.put(deal.session(), bytes(shares.getLast())));
            return Json.write(DealReply.of(roots));
        }

        /** Published 2 and 3: f(x_U), once. */
        byte[] shareOfUser(SessionId session) {
            return ofUsers.remove(session);
        }

        /** One chunk's, for every point: shares like all others. */
        private List<MemorySegment> salts(int[] xs) {
            List<MemorySegment> coefficients = IntStream.range(
                            0, ring.threshold().t())
                    .mapToObj(_ -> MemorySegment.ofArray(random.bytes(Leaves.SALT_BYTES)))
                    .toList();
            List<MemorySegment> salts = IntStream.of(xs)
                    .mapToObj(_ -> MemorySegment.ofArray(new byte[Leaves.SALT_BYTES]))
                    .toList();
            Dealing.shares(BYTES, coefficients, xs, salts);
            return salts;
        }

        /** What is CC_k's, sealed to it, with its custodians. */
        private ShareRoot leave(Write.Deal deal, ShareIndex k, MemorySegment share, List<MemorySegment> salts) {
            ShareRoot signed = root(deal, k, share, salts);
            byte[] sealed = waitingShare(deal, k, tap.dealt(k, new DealtShare(share, salts, signed)));
            Custody.custodians(deal.path(), deal.missing(), k).forEach(custodian -> {
                assert Custody.of(custodian, deal.path(), deal.missing()).contains(k);
                cc(custodian).seen.add(sealed);
                cc(custodian)
                        .waiting
                        .computeIfAbsent(deal.object(), _ -> new HashMap<>())
                        .put(k, sealed.clone());
            });
            return signed;
        }

        private byte[] waitingShare(Write.Deal deal, ShareIndex k, DealtShare own) {
            RecipientKey to = ring.provider(k).card().recipient();
            ByteArrayOutputStream sealed = new ByteArrayOutputStream();
            int count = deal.layout().count();
            try (SealedWriter writer = new SealedWriter(to, Sealing.ofShare(ring.id(), deal.object(), k), random)) {
                sealed.writeBytes(writer.header());
                for (int j = 0; j < count; j++) {
                    ByteArrayOutputStream piece = new ByteArrayOutputStream();
                    piece.writeBytes(bytes(own.salts().get(j)));
                    piece.writeBytes(bytes(chunk(deal.layout(), own.share(), j)));
                    sealed.writeBytes(sealed(writer, j, j == count - 1, piece.toByteArray()));
                }
            }
            assert sealed.size() == new SealedLayout(to.kem()).waitingBytes(deal.layout());
            return sealed.toByteArray();
        }

        private ShareRoot send(Write.Deal deal, ShareIndex x, MemorySegment share, List<MemorySegment> salts) {
            ShareRoot signed = root(deal, x, share, salts);
            cc(x).keep(deal.session(), name, tap.dealt(x, new DealtShare(share, salts, signed)));
            return signed;
        }

        private ShareRoot root(Write.Deal deal, ShareIndex x, MemorySegment share, List<MemorySegment> salts) {
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < deal.layout().count(); k++) {
                root.add(Write.shareLeaf(deal.object(), x, k, salts.get(k), chunk(deal.layout(), share, k)));
            }
            return ShareRoot.sign(
                    key,
                    ring.id(),
                    ring.epoch(),
                    deal.object(),
                    x,
                    deal.layout().length(),
                    root.root());
        }
    }

    /** CC_i: its share of every object, the ciphertext where it is home, and all that it ever saw. */
    final class CloudProvider {
        final ShareIndex x;
        final SigningKey key;
        final OpeningKey opening;
        /** What waits here for those that were missing, sealed to them. */
        final Map<ObjectId, Map<ShareIndex, byte[]>> waiting = new HashMap<>();

        final Map<ObjectId, DealtShare> shares = new HashMap<>();
        final Map<ObjectId, MemorySegment> ciphertexts = new HashMap<>();
        /** Protocol 1, at a home: everyone's. */
        final Map<ObjectId, Map<ShareIndex, byte[]>> sealedShares = new HashMap<>();
        /** Every stream and share that came here or left, and every blind: what a coalition computes with. */
        final List<byte[]> seen = new ArrayList<>();

        /** What came out of repairs, before it was checked: each chunk of the share behind its salt. */
        private final Map<ObjectId, MemorySegment> restored = new HashMap<>();

        private final Map<SessionId, Session> sessions = new HashMap<>();
        private final Map<SessionId, Blind<MemorySegment>> blinds = new HashMap<>();
        private final Map<ObjectId, ChainMessage> prepared = new HashMap<>();
        private final Map<ObjectId, ChainMessage> committed = new HashMap<>();

        CloudProvider(ShareIndex x, SigningKey key, OpeningKey opening) {
            this.x = x;
            this.key = key;
            this.opening = opening;
        }

        Session accept(byte[] order) {
            Session session = Session.accept(ring, x, Json.read("the order", order, Order.class));
            sessions.put(session.id(), session);
            session.blindSeed().ifPresent(seed -> {
                MemorySegment zeros =
                        MemorySegment.ofArray(new byte[(int) session.layout().padTotal()]);
                MemoryRing.blind(Blinding.EXPANDED, seed.segment()).addTo(zeros);
                seen.add(bytes(zeros));
                blinds.put(session.id(), Blind.expanded(seed));
            });
            switch (session.blinding()) {
                case NONE -> blinds.put(session.id(), Blind.none());
                case PAIRED ->
                    blinds.put(
                            session.id(),
                            Blind.sum(session.blindSeeds().stream()
                                    .map(Blind::expanded)
                                    .toList()));
                case EXPANDED, FULL -> {}
            }
            return session;
        }

        /** A full B_i. */
        void blind(SessionId id, byte[] whole) {
            assert sessions.get(id).blinding() == Blinding.FULL;
            seen.add(whole);
            blinds.put(id, MemoryRing.blind(Blinding.FULL, MemorySegment.ofArray(whole)));
        }

        /** Of the share that it summed up. */
        ShareRoot sumRoot(SessionId id) {
            Session session = sessions.get(id);
            DealtShare sum = shares.get(session.object());
            ShareRoot root = Write.signSum(ring, session, tree(session, sum), key);
            shares.put(session.object(), new DealtShare(sum.share(), sum.salts(), root));
            return root;
        }

        private MerkleRoot tree(Session session, DealtShare of) {
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < of.salts().size(); k++) {
                MemorySegment chunk = chunk(session.layout(), of.share(), k);
                root.add(Write.shareLeaf(session.object(), x, k, of.salts().get(k), chunk));
            }
            return root;
        }

        void keep(SessionId id, String from, DealtShare arrived) {
            Session session = sessions.get(id);
            Write.checkShare(ring, session, tree(session, arrived), from, arrived.root());
            seen.add(bytes(arrived.share()));
            DealtShare sum = shares.putIfAbsent(session.object(), arrived);
            if (sum != null && session.summed()) {
                Write.add(BYTES, sum.share(), arrived.share());
                for (int k = 0; k < sum.salts().size(); k++) {
                    Write.add(BYTES, sum.salts().get(k), arrived.salts().get(k));
                }
            }
        }

        MemorySegment take(SessionId id, Station station, MemorySegment in) {
            Session session = sessions.get(id);
            assert session.stations().contains(station);
            MemorySegment flow = switch (station.source()) {
                case Station.Ciphertext _ -> copy(ciphertexts.get(session.object()));
                case Station.SealedShare _ -> MemorySegment.ofArray(sealedShare(session));
                case Station.Zeros _ -> MemorySegment.ofArray(new byte[(int) recordsBytes(session.layout())]);
                case Station.User _, Station.Neighbour _ -> copy(in);
            };
            seen.add(bytes(flow));
            if (station.layered()) {
                DealtShare own = shares.get(session.object());
                MemorySegment share =
                        station.cargo() instanceof Station.Share ? records(session.layout(), own) : own.share();
                Write.hop(BYTES, flow, session, share, blinds.remove(id));
                seen.add(bytes(flow));
            }
            if (station.stored()) {
                switch (station.cargo()) {
                    case Station.Sealed(ShareIndex of) ->
                        sealedShares
                                .computeIfAbsent(session.object(), _ -> new HashMap<>())
                                .put(of, bytes(flow));
                    case Station.Flow _ -> ciphertexts.put(session.object(), copy(flow));
                    case Station.Share _ -> {
                        Repair.receive(flow, blinds.remove(id));
                        restored.put(session.object(), copy(flow));
                    }
                }
            }
            return flow;
        }

        /** What it missed is brought to it. */
        SignatureChain take(byte[] message, byte[] sealed, String from) {
            RestoreMessage said = RestoreMessage.decode(message);
            VerifyingKey user = Custody.checkBrought(ring, x, said);
            assert user.equals(ownerKey.verifyingKey());
            Token u = Token.decode(said.commit().chain().token());
            int at = new SealedLayout(opening.recipient().kem()).headerBytes();
            MemorySegment share =
                    MemorySegment.ofArray(new byte[(int) u.layout().padTotal()]);
            List<MemorySegment> salts = new ArrayList<>();
            MerkleRoot root = new MerkleRoot();
            int count = u.layout().count();
            try (SealedReader reader =
                    new SealedReader(Arrays.copyOf(sealed, at), opening, Sealing.ofShare(ring.id(), u.object(), x))) {
                for (int k = 0; k < count; k++) {
                    int length = SealedLayout.sharePieceBytes(u.layout(), k) + SealedLayout.TAG_BYTES;
                    MemorySegment piece = MemorySegment.ofArray(
                            opened(reader, k, k == count - 1, Arrays.copyOfRange(sealed, at, at + length)));
                    salts.add(piece.asSlice(0, Leaves.SALT_BYTES));
                    chunk(u.layout(), share, k).copyFrom(piece.asSlice(Leaves.SALT_BYTES));
                    root.add(Write.shareLeaf(u.object(), x, k, salts.getLast(), piece.asSlice(Leaves.SALT_BYTES)));
                    at += length;
                }
            }
            Custody.checkShare(u, x, root.root(), from);
            shares.put(u.object(), new DealtShare(share, salts, u.dealt().rootOf(x)));
            committed.put(u.object(), new ChainMessage(said.commit().chain(), said.manifest()));
            return learn(u.object(), said.commit().chain());
        }

        /** Keeps the longer chain, and signs where it's its turn. */
        SignatureChain learn(ObjectId object, SignatureChain other) {
            ChainMessage kept = committed.get(object);
            SignatureChain longer = Custody.sign(Custody.longer(ring, kept.chain(), other), x, key);
            committed.put(object, new ChainMessage(longer, kept.manifest()));
            return longer;
        }

        SignatureChain chain(ObjectId object) {
            return committed.get(object).chain();
        }

        /** The provider's disk is new. */
        void lose(ObjectId object) {
            shares.remove(object);
            ciphertexts.remove(object);
            committed.remove(object);
        }

        /** Step 3 of a repair. */
        void restore(SessionId id, byte[] message) {
            Session session = sessions.get(id);
            ChunkLayout layout = session.layout();
            RestoreMessage said = RestoreMessage.decode(message);
            MemorySegment records = restored.remove(session.object());
            MerkleRoot root = new MerkleRoot();
            MemorySegment share = MemorySegment.ofArray(new byte[(int) layout.padTotal()]);
            List<MemorySegment> salts = new ArrayList<>();
            for (int k = 0; k < layout.count(); k++) {
                MemorySegment chunk = chunk(layout, share, k);
                long at = layout.padOffset(k) + (long) k * Leaves.SALT_BYTES;
                salts.add(copy(records.asSlice(at, Leaves.SALT_BYTES)));
                chunk.copyFrom(records.asSlice(at + Leaves.SALT_BYTES, chunk.byteSize()));
                root.add(Write.shareLeaf(session.object(), x, k, salts.getLast(), chunk));
            }
            Repair.checkRestored(ring, session, root.root(), ciphertextRoot(session), said);
            Token u = Token.decode(said.commit().chain().token());
            shares.put(session.object(), new DealtShare(share, salts, u.dealt().rootOf(x)));
            committed.put(session.object(), new ChainMessage(said.commit().chain(), said.manifest()));
        }

        private Optional<byte[]> ciphertextRoot(Session session) {
            if (session.homes().size() == 1) {
                return Optional.empty();
            }
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < session.layout().count(); k++) {
                MemorySegment c = chunk(session.layout(), ciphertexts.get(session.object()), k);
                root.add(Leaves.ofCiphertext(session.object(), k).update(c).leaf());
            }
            return Optional.of(root.root());
        }

        private static long recordsBytes(ChunkLayout layout) {
            return layout.padTotal() + (long) layout.count() * Leaves.SALT_BYTES;
        }

        /** Each chunk of the share behind its salt. */
        private static MemorySegment records(ChunkLayout layout, DealtShare own) {
            ByteArrayOutputStream records = new ByteArrayOutputStream();
            for (int k = 0; k < layout.count(); k++) {
                records.writeBytes(bytes(own.salts().get(k)));
                records.writeBytes(bytes(chunk(layout, own.share(), k)));
            }
            return MemorySegment.ofArray(records.toByteArray());
        }

        /** Protocol 1: f(x_i) with its leaves and salts, sealed under k_U. */
        private byte[] sealedShare(Session session) {
            DealtShare own = shares.get(session.object());
            ChunkLayout layout = session.layout();
            RecipientKey to = session.recipient().orElseThrow();
            ByteArrayOutputStream sealed = new ByteArrayOutputStream();
            try (SealedWriter writer = new SealedWriter(to, Sealing.ofShare(ring.id(), session.object(), x), random)) {
                sealed.writeBytes(writer.header());
                for (int k = 0; k < layout.count(); k++) {
                    MemorySegment share = chunk(layout, own.share(), k);
                    sealed.writeBytes(
                            Write.shareLeaf(session.object(), x, k, own.salts().get(k), share));
                }
                for (int k = 0; k < layout.count(); k++) {
                    ByteArrayOutputStream piece = new ByteArrayOutputStream();
                    piece.writeBytes(bytes(own.salts().get(k)));
                    piece.writeBytes(bytes(chunk(layout, own.share(), k)));
                    sealed.writeBytes(sealed(writer, k, k == layout.count() - 1, piece.toByteArray()));
                }
            }
            assert sealed.size() == new SealedLayout(to.kem()).shareBytes(layout);
            return sealed.toByteArray();
        }

        byte[] sign(SessionId id, byte[] message) {
            Session session = sessions.get(id);
            ChainMessage behind = ChainMessage.decode(message);
            ShareRoot own = shares.get(session.object()).root();
            SignatureChain longer = Write.sign(ring, session, own, behind, key);
            prepared.put(session.object(), new ChainMessage(longer, behind.manifest()));
            assert !session.scheme().sealed()
                    || !session.isHome()
                    || sealedShares.get(session.object()).size()
                            == session.path().size();
            return prepared.get(session.object()).encode();
        }

        CheckAnswer check(SessionId id, byte[] seed) {
            Session session = sessions.get(id);
            ShareHash.Digest stored = shareHash(seed, session.layout(), shares.get(session.object()));
            if (session.scheme().sealed()) {
                // Protocol 1: CC_i erases its own copy.
                shares.remove(session.object());
            }
            if (!session.isHome()) {
                return new CheckAnswer(stored.share(), stored.salts(), null, null, null);
            }
            MemorySegment c = ciphertexts.get(session.object());
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < session.layout().count(); k++) {
                root.add(Leaves.ofCiphertext(session.object(), k)
                        .update(chunk(session.layout(), c, k))
                        .leaf());
            }
            Holding holding = Holding.sign(
                    key, ring.id(), session.object(), Holding.Part.CIPHERTEXT, x, Holding.WHOLE, root.root());
            return new CheckAnswer(stored.share(), stored.salts(), hash(seed, c), holding.encode(), null);
        }

        private static ShareHash.Digest shareHash(byte[] seed, ChunkLayout layout, DealtShare own) {
            MemorySegment records = records(layout, own);
            try (ShareHash hash = new ShareHash(seed)) {
                long at = 0;
                for (int k = 0; k < layout.count(); k++) {
                    int length = Leaves.SALT_BYTES + layout.padLength(k);
                    hash.update(records.asSlice(at, length));
                    at += length;
                }
                return hash.digest();
            }
        }

        private static byte[] hash(byte[] seed, MemorySegment stored) {
            try (LinearHash hash = new LinearHash(seed)) {
                hash.update(stored);
                return hash.digest();
            }
        }

        void commit(ObjectId object, byte[] message) {
            ChainMessage mine = prepared.get(object);
            SignatureChain complete = CommitMessage.decode(message).chain();
            Write.checkCommit(ring, mine.chain(), complete);
            committed.put(object, new ChainMessage(complete, mine.manifest()));
        }

        /** The committed chain and the manifest, for a reader. */
        byte[] proof(ObjectId object) {
            return committed.get(object).encode();
        }
    }
}
