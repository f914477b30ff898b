package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.SessionId;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * One provider's view of one pass, made from a checked order. It holds this provider's blind seed until closed, and
 * computes its own λ: nobody tells a provider what to multiply its share with.
 */
public final class Session implements AutoCloseable {
    public static final int BLIND_SEED_BYTES = 32;

    private final Order.Kind kind;
    private final ObjectId object;
    private final SessionId id;
    private final ShareIndex self;
    private final List<ShareIndex> path;
    private final List<ShareIndex> homes;
    private final Route route;
    private final ChunkLayout layout;
    private final Optional<String> dealer;
    private final Optional<SecretBytes> blindSeed;
    private final int lambda;

    private Session(
            Order.Kind kind,
            ObjectId object,
            SessionId id,
            ShareIndex self,
            List<ShareIndex> path,
            List<ShareIndex> homes,
            Route route,
            ChunkLayout layout,
            Optional<String> dealer,
            Optional<SecretBytes> blindSeed) {
        this.kind = kind;
        this.object = object;
        this.id = id;
        this.self = self;
        this.path = path;
        this.homes = homes;
        this.route = route;
        this.layout = layout;
        this.dealer = dealer;
        this.blindSeed = blindSeed;
        this.lambda = path.contains(self)
                ? Lagrange.coefficient(
                        0, self.x(), path.stream().mapToInt(ShareIndex::x).toArray())
                : 0;
    }

    /**
     * Step 1 at CC_i. Wipes the seed in the order.
     *
     * @throws MalformedException that says which rule the order breaks
     */
    public static Session accept(RingDescriptor ring, ShareIndex self, Order order) {
        try {
            return check(ring, self, order);
        } finally {
            Arrays.fill(order.blind(), (byte) 0);
        }
    }

    private static Session check(RingDescriptor ring, ShareIndex self, Order order) {
        Profile profile = Profile.parse(order.profile());
        require(order.protocol() == 3, "protocol " + order.protocol() + " isn't served; protocol 3 is");
        require(ring.allows(profile), "the ring " + ring.name() + " doesn't allow the profile " + profile.text());
        require(profile == Profile.BLINDED, "the profile " + profile.text() + " isn't served");
        List<ShareIndex> path = members(ring, order.path());
        List<ShareIndex> homes = members(ring, order.homes());
        require(!homes.isEmpty(), "the order names no home");
        int t = ring.threshold().t();
        int n = ring.threshold().n();
        boolean write = order.kind() == Order.Kind.WRITE;
        if (write) {
            require(path.size() == n, "a write goes through all " + n + " providers, the order names " + path.size());
            require(
                    homes.size() <= n && path.subList(0, homes.size()).equals(homes),
                    "the homes must be the first of the path");
            ring.dealer(String.valueOf(order.dealer()));
        } else {
            // Rule 2 of DESIGN §10: fewer than t authorised providers release nothing.
            require(path.size() >= t, "a read needs t = " + t + " providers, the order names " + path.size());
            require(homes.size() == 1, "a read has one home, the order names " + homes.size());
            require(order.dealer() == null, "a read has no dealer");
            require(
                    !path.contains(homes.getFirst()) || path.getFirst().equals(homes.getFirst()),
                    "a home that is in S must be its first");
        }
        boolean layers = path.contains(self);
        require(layers || homes.contains(self), "the order has no part for this provider");
        int seedBytes = layers ? BLIND_SEED_BYTES : 0;
        require(
                order.blind().length == seedBytes,
                "the blind's seed must have " + seedBytes + " bytes, not " + order.blind().length);
        ChunkLayout layout = layout(order.length());
        return new Session(
                order.kind(),
                ObjectId.parse(order.object()),
                SessionId.parse(order.session()),
                self,
                path,
                homes,
                write ? Route.write(path, homes) : Route.read(path, homes.getFirst()),
                layout,
                Optional.ofNullable(order.dealer()),
                layers ? Optional.of(SecretBytes.copyOf(order.blind())) : Optional.empty());
    }

    private static List<ShareIndex> members(RingDescriptor ring, List<Integer> xs) {
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

    /** λ_{S,0}(i): what this provider's share is multiplied with in this pass; 0 where it has no layer to put on. */
    public int lambda() {
        return lambda;
    }

    public Order.Kind kind() {
        return kind;
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

    public List<ShareIndex> homes() {
        return homes;
    }

    public Route route() {
        return route;
    }

    /** This provider's stations: one, or two for a home of a write. */
    public List<Station> stations() {
        return route.of(self);
    }

    public ChunkLayout layout() {
        return layout;
    }

    /** Who deals, in a write. */
    public Optional<String> dealer() {
        return dealer;
    }

    /** 32 bytes from which B_i grows; only where this provider has a layer to put on. */
    public Optional<SecretBytes> blindSeed() {
        return blindSeed;
    }

    @Override
    public void close() {
        blindSeed.ifPresent(SecretBytes::close);
    }
}
