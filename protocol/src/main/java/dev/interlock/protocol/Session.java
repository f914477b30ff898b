package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SessionId;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One provider's view of one pass, made from a checked order. It holds this provider's blind seed until closed, and
 * computes its own λ: nobody tells a provider what to multiply its share with.
 */
public final class Session implements AutoCloseable {
    public static final int BLIND_SEED_BYTES = 32;

    private final RingDescriptor ring;
    private final Order.Kind kind;
    private final Scheme scheme;
    private final ObjectId object;
    private final SessionId id;
    private final ShareIndex self;
    private final List<ShareIndex> path;
    private final List<ShareIndex> missing;
    private final List<ShareIndex> homes;
    private final ChunkLayout layout;
    private final List<String> dealers;
    private final Optional<RecipientKey> recipient;
    private final ObjectId origin;
    private final int generation;
    private final Optional<ObjectId> before;
    private final Blinding blinding;
    private final List<Route> routes;
    private final int lambda;
    private final List<SecretBytes> blindSeeds;

    /** @throws MalformedException that says which rule the order breaks */
    private Session(RingDescriptor ring, ShareIndex self, Order order) {
        this.ring = ring;
        this.self = self;
        kind = order.kind();
        scheme = new Scheme(order.protocol(), Profile.parse(order.profile()));
        require(
                ring.allows(scheme.profile()),
                "the ring " + ring.name() + " doesn't allow the profile "
                        + scheme.profile().text());
        path = members(order.path());
        missing = isWrite() ? Write.missing(ring, path) : List.of();
        homes = members(order.homes());
        require(!homes.isEmpty(), "the order names no home");
        switch (kind) {
            case WRITE, ATTESTED -> checkWrite(order);
            case REPLACE, REFRESH -> checkRenewal(order);
            case READ -> checkRead(order);
            case REPAIR -> checkRepair(order);
        }
        object = ObjectId.parse(order.object());
        Order.Continues continues = order.continues();
        require(
                continues == null || ((isWrite() || kind == Order.Kind.REPAIR) && continues.generation() >= 2),
                "only what comes to be continues another generation, and the first one continues none");
        origin = continues == null ? object : ObjectId.parse(continues.origin());
        generation = continues == null ? 1 : continues.generation();
        before = Optional.ofNullable(continues).map(Order.Continues::from).map(ObjectId::parse);
        require(continues == null || !origin.equals(object), "a later generation has an id of its own");
        require(
                before.isPresent() == renews(),
                "what is replaced or refreshed, and nothing else, names what was there before");
        id = SessionId.parse(order.session());
        layout = layout(order.length());
        dealers = List.copyOf(order.dealers());
        recipient = Optional.ofNullable(order.recipient()).map(RecipientKey::parse);
        require(
                recipient.isPresent() == (scheme.sealed() && isWrite()),
                "a write of protocol 1, and nothing else, names the user's public key");

        boolean layers = path.contains(self);
        require(layers || homes.contains(self), "the order has no part for this provider");
        blinding = Blinding.parse(order.blinds());
        // The blinds of a repair are paired, whatever the profile, and whom it repairs has one too.
        boolean paired = kind == Order.Kind.REPAIR || kind == Order.Kind.REPLACE;
        boolean blinds = switch (kind) {
            case REPAIR -> layers || isRepaired();
            case REFRESH -> false;
            case WRITE, ATTESTED, READ, REPLACE -> layers && scheme.blinded();
        };
        require(
                (blinding != Blinding.NONE) == blinds,
                blinds
                        ? "a hop of the blinded profile has a blind"
                        : "blinds \"" + blinding.text() + "\": this provider has none to add here");
        require(
                blinding == Blinding.NONE || (blinding == Blinding.PAIRED) == paired,
                "the blinds of a repair and a replacement are paired, and of nothing else");
        int seedBytes = switch (blinding) {
            case NONE, FULL -> 0;
            case EXPANDED -> BLIND_SEED_BYTES;
            // One for each of the others; whom a repair repairs is one more.
            case PAIRED -> BLIND_SEED_BYTES * (path.size() - (kind == Order.Kind.REPAIR ? 0 : 1));
        };
        require(
                order.blind().length == seedBytes,
                "the blind's seed must have " + seedBytes + " bytes, not " + order.blind().length);
        routes = switch (kind) {
            case WRITE, ATTESTED ->
                Stream.concat(
                                Stream.of(Route.write(path, homes)),
                                scheme.sealed()
                                        ? path.stream().map(x -> Route.sealed(scheme, path, homes, x))
                                        : Stream.of())
                        .toList();
            case REPLACE -> List.of(Route.replace(path, homes));
            case REFRESH -> List.of();
            case READ -> List.of(Route.read(scheme, path, homes.getFirst()));
            case REPAIR ->
                Stream.concat(
                                Stream.of(Route.repair(path, homes.getFirst())),
                                homes.stream().skip(1).map(home -> Route.copy(home, homes.getFirst())))
                        .toList();
        };
        int target = kind == Order.Kind.REPAIR ? homes.getFirst().x() : 0;
        lambda = layers ? Lagrange.coefficient(target, self, points()) : 0;
        // Last: nothing after it throws, so nobody else has to wipe them.
        blindSeeds = IntStream.range(0, seedBytes / BLIND_SEED_BYTES)
                .mapToObj(i -> SecretBytes.copyOf(
                        MemorySegment.ofArray(order.blind()).asSlice((long) i * BLIND_SEED_BYTES, BLIND_SEED_BYTES)))
                .toList();
    }

    private void checkWrite(Order order) {
        int writers = scheme.writers(ring.threshold());
        require(
                path.size() >= writers,
                "a write goes through " + (writers == ring.threshold().n() ? "all " : "at least ") + writers
                        + " providers, the order names " + path.size());
        int copies = Write.homes(scheme, ring.threshold(), path).size();
        String expected = copies == 1 ? "one home" : copies + " homes";
        require(
                homes.size() == copies,
                "a write in the " + scheme.profile().text() + " profile has " + expected + " here, the order names "
                        + homes.size());
        require(path.subList(0, copies).equals(homes), "the homes must be the first of the path");
        checkDealers(order);
        Write.requireOneDealer(ring, scheme, path);
    }

    /** With one left out, those that are left could know the pad. */
    private void checkDealers(Order order) {
        List<String> all = ring.dealers().stream().map(NodeCard::name).toList();
        require(
                order.dealers().equals(all),
                "every dealer of the ring deals to a write, in its order (" + String.join(", ", all)
                        + "): the order names "
                        + (order.dealers().isEmpty() ? "none" : String.join(", ", order.dealers())));
    }

    private void checkRenewal(Order order) {
        require(
                scheme.blinded() && !scheme.sealed(),
                "pads and shares are renewed in protocols 2 and 3 of the blinded profile only: elsewhere the user's own share or"
                        + " key hangs on them");
        int n = ring.threshold().n();
        require(path.size() == n, "a renewal goes through all " + n + " providers, the order names " + path.size());
        // How many they are stands in the token before: a degraded write may have had fewer.
        require(
                homes.size() <= n && path.subList(0, homes.size()).equals(homes),
                "the homes must be the first of the path");
        checkDealers(order);
    }

    private void checkRead(Order order) {
        require(!scheme.sealed(), "protocol 1 reads without a pass");
        // Rule 2 of DESIGN §10: fewer than t authorised parties release nothing.
        int readers = scheme.readers(ring.threshold());
        require(
                path.size() >= readers,
                "a read needs " + (scheme.readWithUser() ? "t−1 = " : "t = ") + readers + " providers, the order names "
                        + path.size());
        require(homes.size() == 1, "a read has one home, the order names " + homes.size());
        require(order.dealers().isEmpty(), "a read has no dealer");
        require(
                !path.contains(homes.getFirst()) || path.getFirst().equals(homes.getFirst()),
                "a home that is in S must be its first");
    }

    private void checkRepair(Order order) {
        require(!scheme.sealed(), "protocol 1 keeps sealed shares at its homes, which no pass repairs");
        // Rule 2 of DESIGN §10, and fewer don't make a share.
        int t = ring.threshold().t();
        require(path.size() >= t, "a repair needs t = " + t + " providers, the order names " + path.size());
        require(homes.size() <= 2, "a repair names whom it repairs and at most one home, not " + homes.size());
        require(order.dealers().isEmpty(), "a repair has no dealer");
        require(!path.contains(homes.getFirst()), "the provider that is repaired can't help");
    }

    /**
     * Step 1 at CC_i. Wipes the seed in the order.
     *
     * @throws MalformedException that says which rule the order breaks
     */
    public static Session accept(RingDescriptor ring, ShareIndex self, Order order) {
        try {
            return new Session(ring, self, order);
        } finally {
            Arrays.fill(order.blind(), (byte) 0);
        }
    }

    private List<ShareIndex> members(List<Integer> xs) {
        List<ShareIndex> indices = xs.stream().map(x -> ring.provider(x).x()).toList();
        require(new HashSet<>(indices).size() == indices.size(), "the order names a provider twice");
        return indices;
    }

    /** @throws MalformedException when no object has this length */
    static ChunkLayout layout(long length) {
        require(
                length >= 0 && length <= ChunkLayout.MAX_LENGTH,
                "the length " + length + " is outside 0.." + ChunkLayout.MAX_LENGTH);
        return new ChunkLayout(length);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new MalformedException(otherwise);
        }
    }

    /** S, and the user's point where the user takes part. */
    private List<ShareIndex> points() {
        List<ShareIndex> all = ring.providers().stream().map(Provider::x).toList();
        return switch (kind) {
            case WRITE, ATTESTED, REPLACE, REFRESH -> scheme.writePoints(path);
            case READ -> scheme.readPoints(path, all);
            case REPAIR -> path;
        };
    }

    /** λ_{S,z}(i), z = 0 but in a repair: what this provider's share is multiplied with in this pass; 0 where it has no layer to put on. */
    public int lambda() {
        return lambda;
    }

    public Order.Kind kind() {
        return kind;
    }

    /** Whether an object, or a new generation of one, is written: dealt, signed for, checked and committed. */
    public boolean isWrite() {
        return kind == Order.Kind.WRITE || isAttested() || renews();
    }

    /** Whether a new generation of an object of this ring comes to be: {@link Renewal}. */
    public boolean renews() {
        return kind == Order.Kind.REPLACE || kind == Order.Kind.REFRESH;
    }

    /** The id that the object's owner knows. */
    public ObjectId origin() {
        return origin;
    }

    public int generation() {
        return generation;
    }

    /** The generation before, which is replaced or refreshed. */
    public Optional<ObjectId> before() {
        return before;
    }

    /** A write whose stations sign for what they hand on: {@link Passage}. */
    public boolean isAttested() {
        return kind == Order.Kind.ATTESTED;
    }

    public Scheme scheme() {
        return scheme;
    }

    public ObjectId object() {
        return object;
    }

    public SessionId id() {
        return id;
    }

    public ShareIndex self() {
        return self;
    }

    public List<ShareIndex> path() {
        return path;
    }

    /** Write: those of the ring that aren't on the path, whose shares wait for them. */
    public List<ShareIndex> missing() {
        return missing;
    }

    /** Write: whose shares wait for them here. */
    public List<ShareIndex> custody() {
        return Custody.of(self, path, missing);
    }

    /** The ring in this session's epoch. */
    public RingDescriptor ring() {
        return ring;
    }

    public List<ShareIndex> homes() {
        return homes;
    }

    public boolean isHome() {
        return homes.contains(self);
    }

    /** The way of the object's stream. */
    public Route route() {
        return routes.getFirst();
    }

    /** This provider's stations: its part of the object's stream, and in protocol 1 of the sealed shares. */
    public List<Station> stations() {
        return routes.stream().flatMap(route -> route.of(self).stream()).toList();
    }

    /** Protocol 1, write: where this provider's own share begins its way to the homes, sealed. */
    public Optional<Station> ownSealedShare() {
        return stations().stream()
                .filter(station -> station.source() instanceof Station.SealedShare)
                .findFirst();
    }

    public ChunkLayout layout() {
        return layout;
    }

    /** Who deals, in a write: all dealers of the ring. */
    public List<String> dealers() {
        return dealers;
    }

    /** Write: whether this provider's share is a sum, for which it signs itself. */
    public boolean summed() {
        return Write.summed(kind, ring);
    }

    /** k_U, in a write of protocol 1. */
    public Optional<RecipientKey> recipient() {
        return recipient;
    }

    public Blinding blinding() {
        return blinding;
    }

    /** 32 bytes from which B_i grows, where it is expanded. */
    public Optional<SecretBytes> blindSeed() {
        return blinding == Blinding.EXPANDED ? Optional.of(blindSeeds.getFirst()) : Optional.empty();
    }

    /** What B_i is the sum of the expansions of: one seed where it is expanded, one for each pair where it is paired. */
    public List<SecretBytes> blindSeeds() {
        return blindSeeds;
    }

    /** Whether this provider gets its share back here. */
    public boolean isRepaired() {
        return kind == Order.Kind.REPAIR && homes.getFirst().equals(self);
    }

    @Override
    public void close() {
        blindSeeds.forEach(SecretBytes::close);
    }
}
