package dev.interlock.protocol.vectors;

import static dev.interlock.protocol.vectors.Product.BYTES;
import static dev.interlock.protocol.vectors.Product.bytes;

import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.sealing.SealingInside;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.PlannedSession;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Route;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.vectors.Product.OpenedShare;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** One object's write and its reads, message for message, by the steps of {@link Write} and {@link Read}. */
final class Transcript {
    private final Value in;
    private final Scheme scheme;
    private final RingDescriptor ring;
    private final List<ShareIndex> path;
    private final List<ShareIndex> homes;
    private final Blinding blinding;
    private final ChunkLayout layout;
    private final byte[] m;
    private final byte[] p;
    private final List<byte[]> shares;
    private final Optional<ShareIndex> user;
    private final byte[] userShare;
    private final Optional<OpeningKey> privateKey;
    private final Fields out = new Fields();

    private Transcript(Scheme scheme, Value in) {
        this.in = in;
        this.scheme = scheme;
        List<Value> providers = in.objects("providers");
        path = providers.stream().map(provider -> provider.x("x")).toList();
        ring = ring(scheme, in, path);
        homes = path.subList(0, scheme.homes(ring.threshold()));
        blinding = scheme.blinded() ? Blinding.parse(in.text("blinds")) : Blinding.NONE;
        privateKey = scheme.sealed() ? Optional.of(Product.openingKey(in)) : Optional.empty();
        // In protocol 1 what passes is m'.
        m = in.hex(scheme.sealed() ? "sealed_message" : "m");
        layout = new ChunkLayout(m.length);
        p = Product.joined(in.hexes("r").getFirst(), m);
        user = scheme.user(path);
        int[] points = scheme.writePoints(path).stream().mapToInt(ShareIndex::x).toArray();
        List<byte[]> dealt = Product.deal(in.hexes("coefficients"), points);
        shares = dealt.subList(0, path.size());
        userShare = user.isPresent() ? dealt.getLast() : new byte[0];
    }

    static Fields of(String kind, Value in) {
        int protocol = Integer.parseInt(kind.substring("protocol-".length(), "protocol-".length() + 1));
        Profile profile = Profile.parse(kind.substring("protocol-1-".length()));
        return new Transcript(new Scheme(protocol, profile), in).run();
    }

    private Fields run() {
        byte[] leaf = Product.chunkLeaf(0, in.hexes("r").getFirst(), m);
        byte[] h = Product.root(List.of(leaf));
        out.hex("p", p).hexes("leaves", List.of(leaf)).hex("h", h).hexes("shares", shares);
        user.ifPresent(x -> out.number("user_x", x.x()).hex("user_share", userShare));

        List<byte[]> blinds = scheme.blinded() ? in.hexes("write_blinds") : List.of();
        try (Write.Plan plan = plan(scheme, in, m.length)) {
            planned(out, plan.session());
            out.hex("object", plan.object().bytes())
                    .hex("owner_signature", plan.session().ownerSignature());
            Dealt dealt = dealt(plan.id());
            Map<ShareIndex, Session> sessions = accepted(path, plan.session());
            out.numbers("lambdas", lambdas(sessions, path));
            user.ifPresent(_ -> out.number("user_lambda", plan.userLambda()));
            List<Blind<MemorySegment>> masks = masks(blinds);
            if (scheme.paddedByUser()) {
                masks.add(userPad());
                byte[] pad = new byte[p.length];
                userPad().addTo(MemorySegment.ofArray(pad));
                out.hex("user_pad", pad);
            }
            if (user.isPresent()) {
                masks.add(Hop.layer(BYTES, plan.userLambda(), _ -> MemorySegment.ofArray(userShare)));
            }
            MemorySegment feed = MemorySegment.ofArray(p.clone());
            Write.enter(feed, masks);
            out.hex("feed", bytes(feed));
            if (scheme.blinded()) {
                out.hexes("b", wholes(blinds));
            }
            byte[] c = pass(
                    out, sessions, sessions.get(path.getFirst()).route(), path, blinds, bytes(feed), new byte[0], null);
            out.hex("c", c);
            Token u = Write.token(plan, h, dealt, List.of(), in.longNumber("time"));
            chain(u, c, plan.session());
            if (scheme.sealed()) {
                sealed(u, c);
            } else {
                out.objects(
                        "reads",
                        in.objects("reads").stream()
                                .map(read -> read(u, c, read))
                                .toList());
            }
        }
        return out;
    }

    /** Before what passes is known: in protocol 1 it's sealed for this very session. */
    static Write.Plan plan(Scheme scheme, Value in, long length) {
        List<ShareIndex> path = in.objects("providers").stream()
                .map(provider -> provider.x("x"))
                .toList();
        RingDescriptor ring = ring(scheme, in, path);
        Blinding blinding = scheme.blinded() ? Blinding.parse(in.text("blinds")) : Blinding.NONE;
        List<byte[]> drawn = new ArrayList<>(List.of(in.hex("nonce")));
        drawn.addAll(in.hexes("part_salts"));
        drawn.add(in.hex("session_seed"));
        Optional<RecipientKey> recipient = Optional.empty();
        if (scheme.sealed()) {
            try (OpeningKey key = Product.openingKey(in)) {
                recipient = Optional.of(key.recipient());
            }
        }
        return Write.plan(
                ring,
                scheme,
                maker(in, drawn, in.longNumber("expiry")),
                length,
                path,
                recipient,
                blinding,
                seeds(blinding, path, scheme.blinded() ? in.hexes("write_blinds") : List.of()),
                false,
                Optional.empty());
    }

    private static RingDescriptor ring(Scheme scheme, Value in, List<ShareIndex> path) {
        return Rings.of(
                in.number("threshold"),
                path,
                List.of(in.object("dealer").text("name")),
                List.of(scheme.profile().text()));
    }

    private static Write.Maker maker(Value in, List<byte[]> drawn, long expiry) {
        return new Write.Maker(
                new SeedCredential(SecretBytes.copyOf(in.hex("secret"))), Product.giving(drawn), now(expiry));
    }

    /** When U planned what expires then. */
    private static Instant now(long expiry) {
        return Instant.ofEpochMilli(expiry).minus(Duration.ofMinutes(10));
    }

    /** w, H(w) and what each party is told. */
    private static void planned(Fields into, PlannedSession session) {
        into.hexes(
                        "private_parts",
                        session.statement().parties().stream()
                                .map(party -> session.order(party.name()).privatePart())
                                .toList())
                .hex(
                        "statement",
                        session.order(session.statement().parties().getFirst().name())
                                .statement())
                .hex("session", session.id().bytes());
    }

    private Dealt dealt(StatementHash w) {
        SigningKey dealer = Product.key(in.object("dealer").hex("seed"));
        List<List<byte[]>> leaves = new ArrayList<>();
        List<ShareRoot> roots = new ArrayList<>();
        for (int i = 0; i < path.size(); i++) {
            leaves.add(Product.shareLeaves(w, path.get(i), in.hexLists("salts").get(i), List.of(shares.get(i))));
            roots.add(new ShareRoot(path.get(i), Product.root(leaves.getLast())));
        }
        user.ifPresent(x -> {
            leaves.add(Product.shareLeaves(w, x, in.hexLists("salts").getLast(), List.of(userShare)));
            roots.add(new ShareRoot(x, Product.root(leaves.getLast())));
        });
        Dealt dealt = Dealt.sign(dealer, w, roots);
        out.hex("dealer_key", dealer.verifyingKey().bytes())
                .hexLists("share_leaves", leaves)
                .hexes("share_roots", roots.stream().map(ShareRoot::root).toList())
                .hex("dealt_signature", dealt.signatures().getFirst())
                .hex("dealt", dealt.encode());
        return dealt;
    }

    private void chain(Token u, byte[] c, PlannedSession session) {
        List<byte[]> seeds = in.objects("providers").stream()
                .map(provider -> provider.hex("seed"))
                .toList();
        byte[] root = Product.root(Product.ciphertextLeaves(u.id(), List.of(c)));
        SignatureChain chain = Made.chain(u.encode(), seeds, root);
        out.hex("token", u.encode())
                .hexes("provider_keys", seeds.stream().map(Product::publicKey).toList())
                .hex("ciphertext_root", root)
                .hexes(
                        "signatures",
                        chain.participations().stream()
                                .map(Participation::signature)
                                .toList())
                .hex("chain", chain.encode())
                .hex("certificate", session.certify(chain).encode());
    }

    // ------------------------------------------------------------------------------------------------------ the pass

    private Map<ShareIndex, Session> accepted(List<ShareIndex> asked, PlannedSession planned) {
        Map<ShareIndex, Session> sessions = new LinkedHashMap<>();
        Instant now = now(planned.statement().expiryMillis());
        try (SeedCredential user = new SeedCredential(SecretBytes.copyOf(in.hex("secret")))) {
            for (ShareIndex x : asked) {
                String name = ring.provider(x).name();
                Order order = Order.decode(planned.order(name).encode());
                sessions.put(x, Session.accept(ring, x, order, user.publicKey(ring.id(), name), now));
            }
        }
        return sessions;
    }

    private static int[] lambdas(Map<ShareIndex, Session> sessions, List<ShareIndex> s) {
        return s.stream().mapToInt(x -> sessions.get(x).lambda()).toArray();
    }

    /**
     * All stations in turn, into the field {@code stations}.
     *
     * @param blinds the seeds or the whole blinds of s, in its order
     * @param feed what enters from the user
     * @param stored what a home has
     * @param byUser what the user makes of what it gets in the middle, or null
     * @return the last station's output
     */
    private byte[] pass(
            Fields into,
            Map<ShareIndex, Session> sessions,
            Route route,
            List<ShareIndex> s,
            List<byte[]> blinds,
            byte[] feed,
            byte[] stored,
            UnaryOperator<byte[]> byUser) {
        byte[] flow = feed;
        List<Fields> stations = new ArrayList<>();
        for (Station station : route.stations()) {
            if (station.source() instanceof Station.Ciphertext) {
                flow = stored;
            } else if (station.source() instanceof Station.User && !stations.isEmpty()) {
                flow = byUser.apply(flow);
            }
            MemorySegment passing = MemorySegment.ofArray(flow.clone());
            if (station.layered()) {
                Session session = sessions.get(station.provider());
                byte[] blind = scheme.blinded() ? blinds.get(s.indexOf(station.provider())) : new byte[0];
                Product.same(
                        session.blindSeed().map(SecretBytes::copyToHeap).orElse(new byte[0]),
                        session.blinding() == Blinding.EXPANDED ? blind : new byte[0]);
                MemorySegment share = MemorySegment.ofArray(shares.get(path.indexOf(station.provider())));
                Write.hop(BYTES, passing, session, share, Product.blind(session.blinding(), blind));
            }
            flow = bytes(passing);
            stations.add(Product.station(station).hex("out", flow));
        }
        into.objects("stations", stations);
        return flow;
    }

    private static Map<ShareIndex, SecretBytes> seeds(Blinding blinding, List<ShareIndex> s, List<byte[]> blinds) {
        Map<ShareIndex, SecretBytes> seeds = new LinkedHashMap<>();
        if (blinding == Blinding.EXPANDED) {
            for (int i = 0; i < s.size(); i++) {
                seeds.put(s.get(i), SecretBytes.copyOf(blinds.get(i)));
            }
        }
        return seeds;
    }

    private List<Blind<MemorySegment>> masks(List<byte[]> blinds) {
        List<Blind<MemorySegment>> masks = new ArrayList<>();
        blinds.forEach(blind -> masks.add(Product.blind(blinding, blind)));
        return masks;
    }

    private List<byte[]> wholes(List<byte[]> blinds) {
        return blinds.stream()
                .map(blind -> Product.whole(blinding, blind, p.length))
                .toList();
    }

    private Blind<MemorySegment> userPad() {
        return Product.blind(Blinding.parse(in.text("user_key_kind")), in.hex("user_key"));
    }

    // ------------------------------------------------------------------------------------------------------ the reads

    private Fields read(Token u, byte[] c, Value read) {
        Fields result = new Fields();
        List<ShareIndex> s = read.xs("path");
        ShareIndex home = read.x("home");
        List<byte[]> blinds = scheme.blinded() ? read.hexes("blinds") : List.of();
        List<byte[]> drawn = new ArrayList<>(read.hexes("part_salts"));
        drawn.add(read.hex("session_seed"));
        Write.Maker maker = maker(in, drawn, read.longNumber("expiry"));
        try (Read.Plan plan = Read.plan(ring, u, maker, s, home, blinding, seeds(blinding, s, blinds))) {
            planned(result, plan.session());
            List<ShareIndex> asked = new ArrayList<>(s);
            if (!s.contains(home)) {
                asked.add(home);
            }
            Map<ShareIndex, Session> sessions = accepted(asked, plan.session());
            result.numbers("lambdas", lambdas(sessions, s));
            List<Blind<MemorySegment>> masks = masks(blinds);
            if (scheme.blinded()) {
                result.hexes("b", wholes(blinds));
            }
            if (scheme.paddedByUser()) {
                masks.add(userPad());
            }
            if (scheme.readWithUser()) {
                result.number("user_lambda", plan.userLambda());
                masks.add(Hop.layer(BYTES, plan.userLambda(), _ -> MemorySegment.ofArray(userShare)));
            }
            UnaryOperator<byte[]> byUser = null;
            if (scheme.readThroughUser()) {
                byte[] seed = read.hex("k_seed");
                result.hex("k", Product.whole(Blinding.EXPANDED, seed, p.length));
                masks.add(Product.blind(Blinding.EXPANDED, seed));
                byUser = got -> {
                    MemorySegment underK = MemorySegment.ofArray(got.clone());
                    Read.reenter(underK, Product.blind(Blinding.EXPANDED, seed));
                    result.hex("first", got).hex("feed", bytes(underK));
                    return bytes(underK);
                };
            }
            byte[] received = pass(result, sessions, plan.route(), s, blinds, new byte[0], c, byUser);
            MemorySegment flow = MemorySegment.ofArray(received.clone());
            Read.leave(flow, masks);
            Read.checkChunk(plan, out.value().hexes("leaves").getFirst(), 0, flow);
            Product.same(bytes(flow), p);
            return result.hex("received", received).hex("m", Arrays.copyOfRange(bytes(flow), 64, p.length));
        }
    }

    // ----------------------------------------------------------------------------------------------------- protocol 1

    private void sealed(Token u, byte[] c) {
        OpeningKey key = privateKey.orElseThrow();
        byte[] message = Product.openMessage(key, u.ring(), u.id(), m);
        out.hex("message_key", SealingInside.key(m, key, Sealing.ofMessage(u.ring(), u.id())))
                .hex("m", message)
                .lists(
                        "sealed_routes",
                        path.stream()
                                .map(x -> Product.sealedStations(Route.sealed(scheme, path, homes, x)))
                                .toList());
        List<OpenedShare> opened =
                IntStream.range(0, path.size()).mapToObj(i -> opened(u, key, i)).toList();
        out.objects(
                "opened",
                opened.stream()
                        .map(share -> new Fields()
                                .hex("key", share.key())
                                .hexes("leaves", share.leaves())
                                .hexes("salts", share.salts())
                                .hex("share", share.share()))
                        .toList());
        out.objects(
                "reads",
                in.objects("reads").stream()
                        .map(read -> withoutPad(read, c, opened, message))
                        .toList());
        key.close();
    }

    private OpenedShare opened(Token u, OpeningKey key, int i) {
        ShareIndex x = path.get(i);
        OpenedShare share = Product.openShare(
                key, u.ring(), u.id(), x, layout, in.hexes("sealed_shares").get(i));
        byte[] leaves = Product.joined(share.leaves().toArray(byte[][]::new));
        Read.checkShareLeaves(u, "home", x, leaves);
        MemorySegment salt = MemorySegment.ofArray(share.salts().getFirst());
        Read.checkShareChunk(u, "home", x, leaves, 0, salt, MemorySegment.ofArray(share.share()));
        Product.same(share.share(), shares.get(i));
        return share;
    }

    private Fields withoutPad(Value read, byte[] c, List<OpenedShare> opened, byte[] message) {
        List<ShareIndex> s = read.xs("path");
        MemorySegment flow = MemorySegment.ofArray(c.clone());
        List<byte[]> steps = new ArrayList<>();
        for (ShareIndex x : s) {
            byte[] share = opened.get(path.indexOf(x)).share();
            Read.removeLayer(BYTES, s, x, MemorySegment.ofArray(share), flow);
            steps.add(bytes(flow));
        }
        Product.same(bytes(flow), p);
        return new Fields()
                .numbers(
                        "lambdas",
                        s.stream().mapToInt(x -> Lagrange.coefficient(0, x, s)).toArray())
                .hexes("steps", steps)
                .hex("m", message);
    }
}
