package dev.interlock.protocol;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.field.ReferenceKernel;
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
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
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
 * A whole ring in memory: n providers, a dealer and a user as plain objects, and SPEC §§8 and 9 step by step between them, in
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
    final Write.Maker maker;

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
    /** What makes each generation count. */
    private final Map<StatementHash, Certificate> certificates = new HashMap<>();

    /** The user's side: how it wrote an object, and in protocol 2 what it keeps of it; in protocol 1 one key for all. */
    private final Map<StatementHash, Way> ways = new HashMap<>();

    private final Map<StatementHash, byte[]> userKeys = new HashMap<>();
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

        default Participation signed(ShareIndex by, Participation participation) {
            return participation;
        }

        default CheckAnswer answered(ShareIndex by, CheckAnswer answer) {
            return answer;
        }

        /** What a provider answers with in a put that is checked by value. */
        default ValueCheck.Stored stored(ShareIndex by, ValueCheck.Stored stored) {
            return stored;
        }

        default Claim claimed(Claim claim) {
            return claim;
        }

        default RestoreMessage told(ShareIndex by, RestoreMessage proof) {
            return proof;
        }
    }

    /**
     * What the dealer sends one provider.
     *
     * @param salts 64 bytes for each chunk
     */
    record DealtShare(MemorySegment share, List<MemorySegment> salts, Dealt root) {}

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
        maker = new Write.Maker(
                new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, random)),
                random,
                Instant.ofEpochMilli(NOW_MILLIS));
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
    StatementHash write(byte[] m, List<ShareIndex> s) {
        return write(Way.DEFAULT, m, s);
    }

    /** The plan of such a write, in the default way. */
    Write.Plan plan(long length, List<ShareIndex> s) {
        return plan(Way.DEFAULT, length, s);
    }

    private Write.Plan plan(Way way, long length, List<ShareIndex> s) {
        Optional<RecipientKey> recipient =
                way.scheme().sealed() ? Optional.of(privateKey.recipient()) : Optional.empty();
        return Write.plan(ring, way.scheme(), maker, length, s, recipient, way.blinding(), false, Optional.empty());
    }

    /** The order as it arrives at a party. */
    byte[] order(PlannedSession session, ShareIndex x) {
        return session.order(name(x)).encode();
    }

    /** The key that U asks with at a node. */
    VerifyingKey asking(String node) {
        return maker.credential().publicKey(ring.id(), node);
    }

    StatementHash write(Way way, byte[] plain, List<ShareIndex> s) {
        long length = way.scheme().sealed()
                ? new SealedLayout(privateKey.recipient().kem()).messageBytes(plain.length)
                : plain.length;
        try (Write.Plan plan = plan(way, length, s);
                WriteCheck check = new WriteCheck(random)) {
            StatementHash object = plan.id();
            byte[] m = way.scheme().sealed() ? sealed(object, plain) : plain;
            // 1. U →p every CC_i: signed request for this session: w, and the seed of B_i.
            s.forEach(x -> cc(x).accept(order(plan.session(), x)));
            List<Blind<MemorySegment>> masks = blinds(plan.id(), s, way.blinding(), plan.blindSeeds(), plan.layout());

            // 2. U →p dealer: deal to w.  dealer →p CC_i: f(x_i), salt, signed share roots, for all i.
            Dealt dealt = null;
            for (Dealer each : dealers) {
                dealt = Dealt.decode(
                        each.name, each.deal(plan.session().order(each.name).encode()));
                Write.checkDealt(plan, each.name, dealt);
            }
            if (plan.summed()) {
                List<Dealt> sums = s.stream().map(x -> cc(x).sumRoot(plan.id())).toList();
                for (int i = 0; i < s.size(); i++) {
                    Write.checkSum(plan, ring.provider(s.get(i)), sums.get(i));
                }
                dealt = new Dealt(
                        true,
                        sums.stream().map(sum -> sum.roots().getFirst()).toList(),
                        sums.stream().map(sum -> sum.signatures().getFirst()).toList());
            }

            // 3. U →p CC_1: P ⊕ ΣB_i  (protocol 2: ⊕ b_U, the user's pad).  Published 2 and 3: P ⊕ λ(x_U)·f(x_U).
            MemorySegment flow = chunks(m);
            byte[] manifest = manifest(plan.layout(), flow);
            if (plan.scheme().paddedByUser()) {
                long bytes = way.blinding() == Blinding.FULL ? flow.byteSize() : Keystream.SEED_BYTES;
                userKeys.put(object, random.bytes((int) bytes));
                Write.enter(flow, List.of(userPad(object, way.blinding())));
            }
            check.sending(flow);
            MemorySegment sent = MemorySegment.ofArray(flow.toArray(JAVA_BYTE));
            if (plan.scheme().dealtToUser()) {
                byte[] share = dealer.shareOfUser(plan.id());
                masks.add(Hop.layer(BYTES, plan.userLambda(), _ -> MemorySegment.ofArray(share)));
                if (plan.scheme().readWithUser()) {
                    userKeys.put(object, share);
                }
            }
            Write.enter(flow, masks);

            // 4. Each hop → next; CC_n →p CC_1: P ⊕ a0 (⊕ b_U), which CC_1 stores.
            var _ = pass(new Route(Passage.stations(plan)), plan.id(), flow, UnaryOperator.identity());
            // Protocol 1: each CC_i seals f(x_i) under k_U, sends it to home.
            if (plan.scheme().sealed()) {
                for (ShareIndex x : s) {
                    Route route = Route.sealed(plan.scheme(), plan.path(), plan.homes(), x);
                    var _ = pass(route, plan.id(), NOTHING, UnaryOperator.identity());
                }
            }

            // 5. u_m goes to all, and all sign it; published: each over the signature before.
            List<Claim> claims = Write.missing(ring, s).stream()
                    .map(x -> tap.claimed(claim(object, x)))
                    .toList();
            byte[] u =
                    Write.token(plan, root(manifest), dealt, claims, NOW_MILLIS).encode();
            SignatureChain chain = SignatureChain.start(u);
            for (ShareIndex x : s) {
                byte[] answer = cc(x).sign(object, new TokenMessage(u, manifest).encode(), chain.encode());
                chain = chain.with(tap.signed(x, Participation.decode(answer)));
            }

            // 6. U checks the n signatures, makes the write check and certifies; every provider commits.  B_i are gone.
            if (plan.checkedByValue() && isSigned(chain)) {
                // What homes signed for may differ: then this tells more.
                checkValues(plan, sent, chain);
            }
            Write.checkChain(plan, u, chain);
            Map<ShareIndex, CheckAnswer> answers = new LinkedHashMap<>();
            for (ShareIndex x : s) {
                answers.put(x, tap.answered(x, cc(x).check(object, check.reveal())));
            }
            check.verify(plan, answers);
            Certificate certificate = plan.session().certify(chain);
            for (ShareIndex x : s) {
                cc(x).commit(object, certificate.encode());
            }
            ways.put(object, way);
            certificates.put(object, certificate);
            return object;
        }
    }

    private boolean isSigned(SignatureChain chain) {
        try {
            chain.verify(ring.keys());
            return true;
        } catch (BadSignatureException | MalformedException e) {
            return false;
        }
    }

    private void checkValues(Write.Plan plan, MemorySegment sent, SignatureChain chain) {
        Map<ShareIndex, ValueCheck.Stored> stored = new LinkedHashMap<>();
        plan.path().forEach(x -> stored.put(x, tap.stored(x, cc(x).stored(plan.id()))));
        try (ValueCheck check = new ValueCheck(plan, new ReferenceKernel())) {
            check.sending(sent);
            List<ValueCheck.Unbound> unbound = check.unbound(chain, stored);
            if (!unbound.isEmpty()) {
                throw check.found(unbound);
            }
            check.verify(stored).ifPresent(changed -> {
                throw changed;
            });
        }
    }

    /** The owner's word for CC_k, with one key for all of them. */
    private Claim claim(StatementHash object, ShareIndex k) {
        return new Claim(k, ownerKey.verifyingKey(), ownerKey.sign(Purpose.CLAIM, Claim.message(object, k)));
    }

    /** A custodian brings CC_k what waited for it; what it keeps is its answer. */
    SignatureChain bring(StatementHash object, ShareIndex custodian, ShareIndex k) {
        return cc(k).take(
                        cc(custodian).committed.get(object).encode(),
                        cc(custodian).waiting.get(object).get(k),
                        name(custodian));
    }

    /** CC_k, which lost the object, gets it back from S; nothing of it is kept where this throws. */
    void repair(StatementHash object, List<ShareIndex> s, ShareIndex k) {
        RestoreMessage kept = cc(s.getFirst()).committed.get(object);
        Token u = kept.certificate().token();
        Optional<ShareIndex> home = u.homes().stream()
                .filter(x -> u.homes().contains(k) && !x.equals(k))
                .findFirst();
        try (Repair.Plan plan = Repair.plan(ring, u, maker, s, k, home)) {
            // 1. U →p every CC_i in S, CC_k, home: signed request, seeds of the pairs.
            plan.parties().forEach(x -> cc(x).accept(order(plan.session(), x)));
            // 2. 0 → first of S, each hop → next, last →p CC_k: f(x_k).  home →p CC_k: c.
            var _ = pass(Route.repair(s, k), plan.id(), NOTHING, UnaryOperator.identity());
            home.ifPresent(from -> pass(Route.copy(from, k), plan.id(), NOTHING, UnaryOperator.identity()));
            // 3. U →p CC_k: what every provider keeps.
            cc(k).restore(plan.id(), kept.encode());
        }
    }

    /** m' of protocol 1. */
    private byte[] sealed(StatementHash object, byte[] m) {
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
    private Blind<MemorySegment> userPad(StatementHash object, Blinding kind) {
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
    byte[] read(StatementHash object, List<ShareIndex> s, ShareIndex home) {
        // U believes a token only under its certificate, and a manifest only under its token.
        RestoreMessage proof = tap.told(home, RestoreMessage.decode(cc(home).proof(object)));
        Token u = Read.checkCertificate(ring, proof.certificate().token().object(), proof.certificate(), name(home));
        Write.checkManifest(u, proof.manifest());

        try (Read.Plan plan =
                Read.plan(ring, u, maker, s, home, ways.get(object).blinding())) {
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
        StatementHash object = plan.token().id();
        Way way = ways.get(object);

        // 1. U →p each CC_i in S: signed request as in the write, with fresh B_i.
        Set<ShareIndex> asked = new LinkedHashSet<>(plan.path());
        asked.add(plan.home());
        asked.forEach(x -> cc(x).accept(order(plan.session(), x)));
        List<Blind<MemorySegment>> masks =
                blinds(plan.id(), plan.path(), way.blinding(), plan.blindSeeds(), plan.layout());

        // 2. home → first of S: c = P ⊕ a0, and each hop → next.  Published 3: home →p U →p first of S, under K.
        byte[] seed = random.bytes(Keystream.SEED_BYTES);
        if (plan.scheme().readThroughUser()) {
            masks.add(blind(Blinding.EXPANDED, MemorySegment.ofArray(seed)));
        }
        MemorySegment flow = pass(plan.route(), plan.id(), NOTHING, c -> {
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
        MemorySegment c = copy(home.ciphertexts.get(u.id()));
        for (ShareIndex x : plan.path()) {
            MemorySegment share = openedShare(u, home, x);
            for (int k = 0; k < u.layout().count(); k++) {
                Read.removeLayer(BYTES, plan.path(), x, chunk(u.layout(), share, k), chunk(u.layout(), c, k));
            }
        }
        return c;
    }

    private MemorySegment openedShare(Token u, CloudProvider home, ShareIndex x) {
        byte[] sealed = home.sealedShares.get(u.id()).get(x);
        int header = new SealedLayout(privateKey.recipient().kem()).headerBytes();
        int at = header + SealedLayout.leavesBytes(u.layout());
        byte[] leaves = Arrays.copyOfRange(sealed, header, at);
        Read.checkShareLeaves(u, name(home.x), x, leaves);
        MemorySegment share = MemorySegment.ofArray(new byte[(int) u.layout().padTotal()]);
        int count = u.layout().count();
        try (SealedReader reader =
                new SealedReader(Arrays.copyOf(sealed, header), privateKey, Sealing.ofShare(u.ring(), u.id(), x))) {
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
                new SealedReader(Arrays.copyOf(sealed, at), privateKey, Sealing.ofMessage(u.ring(), u.id()))) {
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
            Route route, StatementHash session, MemorySegment first, UnaryOperator<MemorySegment> byUser) {
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
            StatementHash session,
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
        private final Map<StatementHash, byte[]> ofUsers = new HashMap<>();

        Dealer(String name, SigningKey key) {
            this.name = name;
            this.key = key;
        }

        byte[] deal(byte[] request) {
            Write.Deal deal = Write.acceptDeal(ring, name, Order.decode(request), asking(name), maker.now());
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
            for (int i = 0; i < xs.length; i++) {
                roots.add(root(deal, deal.points().get(i), shares.get(i), of(i, salts)));
            }
            Dealt signed = Dealt.sign(key, deal.id(), roots);
            for (int i = 0; i < deal.path().size(); i++) {
                ShareIndex x = deal.path().get(i);
                cc(x).keep(deal.id(), name, tap.dealt(x, new DealtShare(shares.get(i), of(i, salts), signed)));
            }
            for (int i = 0; i < deal.missing().size(); i++) {
                int point = deal.path().size() + i;
                leave(deal, deal.missing().get(i), new DealtShare(shares.get(point), of(point, salts), signed));
            }
            deal.user().ifPresent(_ -> ofUsers.put(deal.id(), bytes(shares.getLast())));
            return signed.encode();
        }

        private static List<MemorySegment> of(int point, List<List<MemorySegment>> salts) {
            return salts.stream().map(ofChunk -> ofChunk.get(point)).toList();
        }

        /** Published 2 and 3: f(x_U), once. */
        byte[] shareOfUser(StatementHash session) {
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
        private void leave(Write.Deal deal, ShareIndex k, DealtShare own) {
            byte[] sealed = waitingShare(deal, k, tap.dealt(k, own));
            Custody.custodians(deal.path(), deal.missing(), k).forEach(custodian -> {
                assert Custody.of(custodian, deal.path(), deal.missing()).contains(k);
                cc(custodian).seen.add(sealed);
                cc(custodian)
                        .waiting
                        .computeIfAbsent(deal.id(), _ -> new HashMap<>())
                        .put(k, sealed.clone());
            });
        }

        private byte[] waitingShare(Write.Deal deal, ShareIndex k, DealtShare own) {
            RecipientKey to = ring.provider(k).card().recipient();
            ByteArrayOutputStream sealed = new ByteArrayOutputStream();
            int count = deal.layout().count();
            try (SealedWriter writer = new SealedWriter(to, Sealing.ofShare(ring.id(), deal.id(), k), random)) {
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

        private ShareRoot root(Write.Deal deal, ShareIndex x, MemorySegment share, List<MemorySegment> salts) {
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < deal.layout().count(); k++) {
                root.add(Write.shareLeaf(deal.id(), x, k, salts.get(k), chunk(deal.layout(), share, k)));
            }
            return new ShareRoot(x, root.root());
        }
    }

    /** CC_i: its share of every object, the ciphertext where it is home, and all that it ever saw. */
    final class CloudProvider {
        final ShareIndex x;
        final SigningKey key;
        final OpeningKey opening;
        /** What waits here for those that were missing, sealed to them. */
        final Map<StatementHash, Map<ShareIndex, byte[]>> waiting = new HashMap<>();

        final Map<StatementHash, DealtShare> shares = new HashMap<>();
        final Map<StatementHash, MemorySegment> ciphertexts = new HashMap<>();
        /** Protocol 1, at a home: everyone's. */
        final Map<StatementHash, Map<ShareIndex, byte[]>> sealedShares = new HashMap<>();
        /** Every stream and share that came here or left, and every blind: what a coalition computes with. */
        final List<byte[]> seen = new ArrayList<>();

        /** What came out of repairs, before it was checked: each chunk of the share behind its salt. */
        private final Map<StatementHash, MemorySegment> restored = new HashMap<>();

        private final Map<StatementHash, Session> sessions = new HashMap<>();
        private final Map<StatementHash, Blind<MemorySegment>> blinds = new HashMap<>();
        private final Map<StatementHash, TokenMessage> prepared = new HashMap<>();
        private final Map<StatementHash, RestoreMessage> committed = new HashMap<>();

        CloudProvider(ShareIndex x, SigningKey key, OpeningKey opening) {
            this.x = x;
            this.key = key;
            this.opening = opening;
        }

        Session accept(byte[] order) {
            Session session = Session.accept(ring, x, Order.decode(order), asking(name(x)), maker.now());
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
        void blind(StatementHash id, byte[] whole) {
            assert sessions.get(id).blinding() == Blinding.FULL;
            seen.add(whole);
            blinds.put(id, MemoryRing.blind(Blinding.FULL, MemorySegment.ofArray(whole)));
        }

        /** Of the share that it summed up. */
        Dealt sumRoot(StatementHash id) {
            Session session = sessions.get(id);
            DealtShare sum = shares.get(session.generation());
            Dealt root = Write.signSum(session, tree(session, sum), key);
            shares.put(session.generation(), new DealtShare(sum.share(), sum.salts(), root));
            return root;
        }

        private MerkleRoot tree(Session session, DealtShare of) {
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < of.salts().size(); k++) {
                MemorySegment chunk = chunk(session.layout(), of.share(), k);
                root.add(Write.shareLeaf(session.generation(), x, k, of.salts().get(k), chunk));
            }
            return root;
        }

        void keep(StatementHash id, String from, DealtShare arrived) {
            Session session = sessions.get(id);
            Write.checkShare(session, tree(session, arrived), from, arrived.root());
            seen.add(bytes(arrived.share()));
            DealtShare sum = shares.putIfAbsent(session.generation(), arrived);
            if (sum != null && session.summed()) {
                Write.add(BYTES, sum.share(), arrived.share());
                for (int k = 0; k < sum.salts().size(); k++) {
                    Write.add(BYTES, sum.salts().get(k), arrived.salts().get(k));
                }
            }
        }

        MemorySegment take(StatementHash id, Station station, MemorySegment in) {
            Session session = sessions.get(id);
            assert session.stations().contains(station);
            MemorySegment flow = switch (station.source()) {
                case Station.Ciphertext _ -> copy(ciphertexts.get(session.generation()));
                case Station.SealedShare _ -> MemorySegment.ofArray(sealedShare(session));
                case Station.Zeros _ -> MemorySegment.ofArray(new byte[(int) recordsBytes(session.layout())]);
                case Station.User _, Station.Neighbour _ -> copy(in);
            };
            seen.add(bytes(flow));
            if (station.layered()) {
                DealtShare own = shares.get(session.generation());
                MemorySegment share =
                        station.cargo() instanceof Station.Share ? records(session.layout(), own) : own.share();
                Write.hop(BYTES, flow, session, share, blinds.remove(id));
                seen.add(bytes(flow));
            }
            if (station.stored()) {
                switch (station.cargo()) {
                    case Station.Sealed(ShareIndex of) ->
                        sealedShares
                                .computeIfAbsent(session.generation(), _ -> new HashMap<>())
                                .put(of, bytes(flow));
                    case Station.Flow _ -> ciphertexts.put(session.generation(), copy(flow));
                    case Station.Share _ -> {
                        Repair.receive(flow, blinds.remove(id));
                        restored.put(session.generation(), copy(flow));
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
            Token u = said.certificate().token();
            int at = new SealedLayout(opening.recipient().kem()).headerBytes();
            MemorySegment share =
                    MemorySegment.ofArray(new byte[(int) u.layout().padTotal()]);
            List<MemorySegment> salts = new ArrayList<>();
            MerkleRoot root = new MerkleRoot();
            int count = u.layout().count();
            try (SealedReader reader =
                    new SealedReader(Arrays.copyOf(sealed, at), opening, Sealing.ofShare(ring.id(), u.id(), x))) {
                for (int k = 0; k < count; k++) {
                    int length = SealedLayout.sharePieceBytes(u.layout(), k) + SealedLayout.TAG_BYTES;
                    MemorySegment piece = MemorySegment.ofArray(
                            opened(reader, k, k == count - 1, Arrays.copyOfRange(sealed, at, at + length)));
                    salts.add(piece.asSlice(0, Leaves.SALT_BYTES));
                    chunk(u.layout(), share, k).copyFrom(piece.asSlice(Leaves.SALT_BYTES));
                    root.add(Write.shareLeaf(u.id(), x, k, salts.getLast(), piece.asSlice(Leaves.SALT_BYTES)));
                    at += length;
                }
            }
            Custody.checkShare(u, x, root.root(), from);
            shares.put(u.id(), new DealtShare(share, salts, u.dealt()));
            committed.put(u.id(), said);
            return learn(u.id(), said.certificate().chain());
        }

        /** Keeps the longer chain, and signs where it's its turn. */
        SignatureChain learn(StatementHash object, SignatureChain other) {
            RestoreMessage kept = committed.get(object);
            Certificate certificate = kept.certificate();
            SignatureChain longer = Custody.sign(Custody.longer(ring, certificate.chain(), other), x, key);
            committed.put(object, new RestoreMessage(certificate.with(longer), kept.manifest()));
            return longer;
        }

        SignatureChain chain(StatementHash object) {
            return committed.get(object).certificate().chain();
        }

        /** The provider's disk is new. */
        void lose(StatementHash object) {
            shares.remove(object);
            ciphertexts.remove(object);
            committed.remove(object);
        }

        /** Step 3 of a repair. */
        void restore(StatementHash id, byte[] message) {
            Session session = sessions.get(id);
            ChunkLayout layout = session.layout();
            RestoreMessage said = RestoreMessage.decode(message);
            MemorySegment records = restored.remove(session.generation());
            MerkleRoot root = new MerkleRoot();
            MemorySegment share = MemorySegment.ofArray(new byte[(int) layout.padTotal()]);
            List<MemorySegment> salts = new ArrayList<>();
            for (int k = 0; k < layout.count(); k++) {
                MemorySegment chunk = chunk(layout, share, k);
                long at = layout.padOffset(k) + (long) k * Leaves.SALT_BYTES;
                salts.add(copy(records.asSlice(at, Leaves.SALT_BYTES)));
                chunk.copyFrom(records.asSlice(at + Leaves.SALT_BYTES, chunk.byteSize()));
                root.add(Write.shareLeaf(session.generation(), x, k, salts.getLast(), chunk));
            }
            Repair.checkRestored(ring, session, root.root(), ciphertextRoot(session), said);
            Token u = said.certificate().token();
            shares.put(session.generation(), new DealtShare(share, salts, u.dealt()));
            committed.put(session.generation(), said);
        }

        private Optional<byte[]> ciphertextRoot(Session session) {
            if (!session.isHome()) {
                return Optional.empty();
            }
            return Optional.of(ciphertextTree(session));
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
            DealtShare own = shares.get(session.generation());
            ChunkLayout layout = session.layout();
            RecipientKey to = session.recipient().orElseThrow();
            ByteArrayOutputStream sealed = new ByteArrayOutputStream();
            try (SealedWriter writer =
                    new SealedWriter(to, Sealing.ofShare(ring.id(), session.generation(), x), random)) {
                sealed.writeBytes(writer.header());
                for (int k = 0; k < layout.count(); k++) {
                    MemorySegment share = chunk(layout, own.share(), k);
                    sealed.writeBytes(Write.shareLeaf(
                            session.generation(), x, k, own.salts().get(k), share));
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

        byte[] sign(StatementHash id, byte[] message, byte[] before) {
            Session session = sessions.get(id);
            TokenMessage said = TokenMessage.decode(message);
            Token _ = Write.checkToken(session, shares.get(id).root(), said);
            prepared.put(id, said);
            assert !session.scheme().sealed()
                    || !session.isHome()
                    || sealedShares.get(id).size() == session.path().size();
            SignatureChain chain =
                    session.scheme().blinded() ? SignatureChain.start(said.token()) : SignatureChain.decode(before);
            chain.verify(ring.keys());
            return chain.participate(x, session.isHome() ? Optional.of(ciphertextTree(session)) : Optional.empty(), key)
                    .encode();
        }

        private byte[] ciphertextTree(Session session) {
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < session.layout().count(); k++) {
                MemorySegment c = chunk(session.layout(), ciphertexts.get(session.generation()), k);
                root.add(Leaves.ofCiphertext(session.generation(), k).update(c).leaf());
            }
            return root.root();
        }

        CheckAnswer check(StatementHash id, byte[] seed) {
            Session session = sessions.get(id);
            ShareHash.Digest stored = shareHash(seed, session.layout(), shares.get(session.generation()));
            if (session.scheme().sealed()) {
                // Protocol 1: CC_i erases its own copy.
                shares.remove(session.generation());
            }
            byte[] ciphertext = session.isHome() ? hash(seed, ciphertexts.get(id)) : null;
            return new CheckAnswer(stored.share(), stored.salts(), ciphertext, null);
        }

        ValueCheck.Stored stored(StatementHash id) {
            Session session = sessions.get(id);
            return new ValueCheck.Stored(
                    records(session.layout(), shares.get(session.generation())),
                    session.isHome() ? ciphertexts.get(id) : NOTHING);
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

        void commit(StatementHash object, byte[] message) {
            TokenMessage mine = prepared.get(object);
            Certificate certificate = Certificate.decode(message);
            Write.checkCertificate(ring, mine.token(), certificate);
            committed.put(object, new RestoreMessage(certificate, mine.manifest()));
        }

        /** The certificate and the manifest, for a reader. */
        byte[] proof(StatementHash object) {
            return committed.get(object).encode();
        }
    }
}
