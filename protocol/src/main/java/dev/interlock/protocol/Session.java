package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
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
    /** How far ahead a statement may expire, beyond what clocks differ: what is used once is remembered for as long. */
    public static final Duration LONGEST = Duration.ofHours(1);

    private final RingDescriptor ring;
    private final Statement statement;
    private final StatementHash id;
    private final byte[] ownerSignature;
    private final VerifyingKey asks;
    private final ShareIndex self;
    private final Blinding blinding;
    private final List<Route> routes;
    private final int lambda;
    private final List<SecretBytes> blindSeeds;

    private Session(RingDescriptor ring, ShareIndex self, Statement statement, Order order, PrivatePart told) {
        this.ring = ring;
        this.self = self;
        this.statement = statement;
        this.id = Statement.hash(order.statement());
        this.ownerSignature = order.ownerSignature();
        this.asks = told.asks();
        this.blinding = told.blinding();
        List<ShareIndex> path = statement.work().path();
        List<ShareIndex> homes = homes();
        int seedBytes = seedBytes(statement, self, told);
        routes = switch (statement.work()) {
            case Work.Write _ ->
                Stream.concat(
                                Stream.of(
                                        Write.checkedByValue(statement)
                                                ? Route.writeSmall(path, homes)
                                                : Route.write(path, homes)),
                                scheme().sealed()
                                        ? path.stream().map(x -> Route.sealed(scheme(), path, homes, x))
                                        : Stream.of())
                        .toList();
            case Work.Renewal renewal -> renewal.ofZero() ? List.of() : List.of(Route.replace(path, homes));
            case Work.Read read -> List.of(Route.read(scheme(), path, read.home()));
            case Work.Repair repair ->
                Stream.concat(
                                Stream.of(Route.repair(path, repair.repaired())),
                                repair.home().stream().map(home -> Route.copy(home, repair.repaired())))
                        .toList();
        };
        int target = statement.work() instanceof Work.Repair repair
                ? repair.repaired().x()
                : 0;
        lambda = path.contains(self) ? Lagrange.coefficient(target, self, points()) : 0;
        // Last: nothing after it throws, so nobody else has to wipe them.
        blindSeeds = IntStream.range(0, seedBytes / BLIND_SEED_BYTES)
                .mapToObj(i -> SecretBytes.copyOf(
                        MemorySegment.ofArray(told.seeds()).asSlice((long) i * BLIND_SEED_BYTES, BLIND_SEED_BYTES)))
                .toList();
    }

    /**
     * Step 1 at CC_i. Wipes what the order tells this provider alone.
     *
     * @param ring in the epoch of the request
     * @param asking the key that signed the request
     * @throws MalformedException that says which rule the order breaks
     * @throws RefusedException where it isn't this key's to give, O didn't sign it, or its time is over
     */
    public static Session accept(RingDescriptor ring, ShareIndex self, Order order, VerifyingKey asking, Instant now) {
        byte[] seeds = {};
        try {
            String name = ring.provider(self).name();
            Statement statement = acceptStatement(ring, name, order, now);
            PrivatePart told = acceptPrivatePart(name, statement, order, asking);
            seeds = told.seeds();
            check(ring, self, statement);
            return new Session(ring, self, statement, order, told);
        } finally {
            Arrays.fill(seeds, (byte) 0);
            order.wipe();
        }
    }

    /** The rules that a provider and a dealer have in common: w is of this ring, in time, and its owner's. */
    static Statement acceptStatement(RingDescriptor ring, String name, Order order, Instant now) {
        Statement statement = Statement.decode(order.statement());
        if (!statement.ring().equals(ring.id())) {
            throw new RefusedException(Rule.OTHER_RING, name + ": the statement is of another ring");
        }
        if (statement.epoch() != ring.epoch()) {
            throw new RefusedException(
                    Rule.OTHER_EPOCH,
                    name + ": the statement is of epoch " + statement.epoch() + ", the request of " + ring.epoch());
        }
        require(statement.threshold().equals(ring.threshold()), "the statement has another t or n than the ring");
        require(
                ring.allows(statement.scheme().profile()),
                "the ring " + ring.name() + " doesn't allow the profile "
                        + statement.scheme().profile().text());
        Instant expires = Instant.ofEpochMilli(statement.expiryMillis());
        if (!now.isBefore(expires)) {
            throw new RefusedException(
                    Rule.EXPIRED, name + ": the statement expired at " + expires + ", here it is " + now);
        }
        if (expires.isAfter(now.plus(LONGEST))) {
            throw new RefusedException(
                    Rule.TOO_FAR_AHEAD,
                    name + ": the statement expires at " + expires + ", more than an hour ahead; here it is " + now);
        }
        if (statement.making().isEmpty()) {
            require(order.ownerSignature().length == 0, "a session that makes nothing isn't signed by the owner");
            return statement;
        }
        try {
            statement.verify(order.ownerSignature());
        } catch (BadSignatureException e) {
            throw new RefusedException(
                    Rule.OWNER, name + ": the owner of " + statement.object() + " didn't sign the statement");
        }
        return statement;
    }

    /** What w says that this party is told is what it is told, by who may ask. */
    static PrivatePart acceptPrivatePart(String name, Statement statement, Order order, VerifyingKey asking) {
        if (!Arrays.equals(statement.party(name).privateHash(), PrivatePart.hash(order.privatePart()))) {
            throw new RefusedException(
                    Rule.OTHER_ASKER, name + ": what the order tells " + name + " isn't what the statement has for it");
        }
        PrivatePart told = PrivatePart.decode(order.privatePart());
        if (!told.asks().equals(asking)) {
            told.wipe();
            throw new RefusedException(Rule.OTHER_ASKER, name + ": another user may ask for this session");
        }
        return told;
    }

    private static void check(RingDescriptor ring, ShareIndex self, Statement statement) {
        Work work = statement.work();
        members(ring, work.path());
        switch (work) {
            case Work.Write write -> checkWrite(ring, statement.scheme(), write);
            case Work.Renewal renewal -> checkRenewal(ring, statement.scheme(), renewal);
            case Work.Read read -> {
                members(ring, List.of(read.home()));
                checkRead(ring, statement.scheme(), read, self);
            }
            case Work.Repair repair -> {
                members(ring, List.of(repair.repaired()));
                members(ring, repair.home().stream().toList());
                checkRepair(ring, statement.scheme(), repair, self);
            }
        }
        if (work instanceof Work.Making making) {
            require(making.path().contains(self), "the order has no part for this provider");
            members(ring, making.missing());
            checkDealers(ring, making);
        }
    }

    private static void members(RingDescriptor ring, List<ShareIndex> xs) {
        // Throws for one that isn't.
        xs.forEach(x -> ring.provider(x.x()));
    }

    private static void checkWrite(RingDescriptor ring, Scheme scheme, Work.Write write) {
        int copies = Write.homes(scheme, ring.threshold(), write.path()).size();
        require(
                write.homes().size() == copies,
                "a write in the " + scheme.profile().text() + " profile has " + copies
                        + (copies == 1 ? " home" : " homes") + " here, the order names "
                        + write.homes().size());
        require(
                write.recipient().isPresent() == scheme.sealed(),
                "a write of protocol 1, and nothing else, names the user's public key");
        Write.requireOneDealer(ring, scheme, write.path());
    }

    /** With one left out, those that are left could know the pad. */
    private static void checkDealers(RingDescriptor ring, Work.Making making) {
        List<String> all = ring.dealers().stream().map(NodeCard::name).toList();
        require(
                making.dealers().equals(all),
                "every dealer of the ring deals to a write, in its order (" + String.join(", ", all)
                        + "): the order names " + String.join(", ", making.dealers()));
    }

    private static void checkRenewal(RingDescriptor ring, Scheme scheme, Work.Renewal renewal) {
        require(
                scheme.blinded() && !scheme.sealed(),
                "pads and shares are renewed in protocols 2 and 3 of the blinded profile only: elsewhere the user's own share or"
                        + " key hangs on them");
        int n = ring.threshold().n();
        require(
                renewal.path().size() == n,
                "a renewal goes through all " + n + " providers, the order names "
                        + renewal.path().size());
    }

    private static void checkRead(RingDescriptor ring, Scheme scheme, Work.Read read, ShareIndex self) {
        require(!scheme.sealed(), "protocol 1 reads without a pass");
        // Fewer than t authorised parties release nothing.
        int t = ring.threshold().t();
        require(
                read.path().size() >= t,
                "a read needs t = " + t + " providers, the order names "
                        + read.path().size());
        require(read.path().contains(self) || read.home().equals(self), "the order has no part for this provider");
    }

    private static void checkRepair(RingDescriptor ring, Scheme scheme, Work.Repair repair, ShareIndex self) {
        require(!scheme.sealed(), "protocol 1 keeps sealed shares at its homes, which no pass repairs");
        // Fewer than t authorised parties release nothing, and don't make a share.
        int t = ring.threshold().t();
        require(
                repair.path().size() >= t,
                "a repair needs t = " + t + " providers, the order names "
                        + repair.path().size());
        require(
                repair.path().contains(self)
                        || repair.repaired().equals(self)
                        || repair.home().equals(Optional.of(self)),
                "the order has no part for this provider");
    }

    /** How many bytes of seeds this provider is told; a rule is broken where it is told others. */
    private static int seedBytes(Statement statement, ShareIndex self, PrivatePart told) {
        Work work = statement.work();
        boolean blinds = PlannedSession.blinds(statement.scheme(), work, self);
        boolean paired = work.kind() == Work.Kind.REPAIR || work.kind() == Work.Kind.REPLACE;
        Blinding blinding = told.blinding();
        require(
                (blinding != Blinding.NONE) == blinds,
                blinds
                        ? "a hop of the blinded profile has a blind"
                        : "blinds \"" + blinding.text() + "\": this provider has none to add here");
        require(
                blinding == Blinding.NONE || (blinding == Blinding.PAIRED) == paired,
                "the blinds of a repair and a replacement are paired, and of nothing else");
        int bytes = switch (blinding) {
            case NONE, FULL -> 0;
            case EXPANDED -> BLIND_SEED_BYTES;
            // One for each of the others; whom a repair repairs is one more.
            case PAIRED -> BLIND_SEED_BYTES * (work.path().size() - (work instanceof Work.Repair ? 0 : 1));
        };
        require(
                told.seeds().length == bytes,
                "the blind's seed must have " + bytes + " bytes, not " + told.seeds().length);
        return bytes;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new MalformedException(otherwise);
        }
    }

    /** S, and the user's point where the user takes part. */
    private List<ShareIndex> points() {
        List<ShareIndex> all = ring.providers().stream().map(Provider::x).toList();
        return switch (statement.work()) {
            case Work.Making making -> scheme().writePoints(making.path());
            case Work.Read read -> scheme().readPoints(read.path(), all);
            case Work.Repair repair -> repair.path();
        };
    }

    /** w. */
    public Statement statement() {
        return statement;
    }

    /** H(w). */
    public StatementHash id() {
        return id;
    }

    /** O's over w, where a generation is made. */
    public byte[] ownerSignature() {
        return ownerSignature.clone();
    }

    /** Who may ask in this session. */
    public VerifyingKey asks() {
        return asks;
    }

    /** λ_{S,z}(i), z = 0 but in a repair: what this provider's share is multiplied with in this pass; 0 where it has no layer to put on. */
    public int lambda() {
        return lambda;
    }

    public Work.Kind kind() {
        return statement.work().kind();
    }

    /** Whether a generation of an object is made: dealt, signed for, checked and certified. */
    public boolean isWrite() {
        return statement.making().isPresent();
    }

    /** What is made here. */
    public Work.Making making() {
        return statement.making().orElseThrow(() -> new IllegalStateException("nothing is made in this session"));
    }

    /** Whether a new generation of an object of this ring is made: {@link Renewal}. */
    public boolean renews() {
        return statement.work() instanceof Work.Renewal;
    }

    /** The id that the object's owner knows. */
    public ObjectId object() {
        return statement.object();
    }

    /** The generation that is made here, or that is worked on. */
    public StatementHash generation() {
        return statement.work() instanceof Work.Using using ? using.generation() : id;
    }

    /** That generation's number. */
    public long number() {
        return statement.number();
    }

    /** The generation of this ring that is renewed. */
    public Optional<StatementHash> renewed() {
        return statement.work() instanceof Work.Renewal renewal ? Optional.of(renewal.from()) : Optional.empty();
    }

    /** A write whose stations sign for what they hand on: {@link Passage}. */
    public boolean isAttested() {
        return kind() == Work.Kind.ATTESTED;
    }

    /** A write whose providers answer step 5 with what they stored: {@link ValueCheck}. */
    public boolean isCheckedByValue() {
        return Write.checkedByValue(statement);
    }

    public Scheme scheme() {
        return statement.scheme();
    }

    public ShareIndex self() {
        return self;
    }

    public List<ShareIndex> path() {
        return statement.work().path();
    }

    /** Write: those of the ring that aren't on the path, whose shares wait for them. */
    public List<ShareIndex> missing() {
        return statement.making().map(Work.Making::missing).orElse(List.of());
    }

    /** Write: whose shares wait for them here. */
    public List<ShareIndex> custody() {
        return Custody.of(self, path(), missing());
    }

    /** The ring in this session's epoch. */
    public RingDescriptor ring() {
        return ring;
    }

    /** Write: who stores the ciphertext; read: who sends it; repair: who gets it back, and who sends it. */
    private List<ShareIndex> homes() {
        return switch (statement.work()) {
            case Work.Making making -> making.homes();
            case Work.Read read -> List.of(read.home());
            case Work.Repair repair ->
                repair.home().stream()
                        .flatMap(home -> Stream.of(repair.repaired(), home))
                        .toList();
        };
    }

    /** Whether this provider stores the ciphertext in this session, or has it. */
    public boolean isHome() {
        return homes().contains(self);
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
        return new ChunkLayout(statement.work().length());
    }

    /**
     * What a session takes of a provider's store.
     *
     * @param stored how many bytes it keeps in the end, at most
     * @param blobs how many it reads or writes, at most
     */
    public record Needs(long stored, int blobs) {}

    public Needs needs() {
        int kept = (int) stations().stream().filter(Station::stored).count()
                + custody().size();
        if (isWrite() && !scheme().sealed()) {
            kept++;
        }
        if (kind() == Work.Kind.REFRESH && isHome()) {
            // The ciphertext is copied, and passes no station.
            kept++;
        }
        // A chunk's salt, leaf and seals; a sealed share's header.
        long each = layout().padTotal() + 192L * layout().count() + 2048;
        // A sealed write's plain share; what a pass reads, and what an attested one keeps of it.
        boolean alone = kept > 0 && isWrite() && !scheme().sealed() && !isAttested() && !renews();
        return new Needs(kept * each, alone ? kept : kept + 2);
    }

    /** Who deals, in a write: all dealers of the ring. */
    public List<String> dealers() {
        return statement.making().map(Work.Making::dealers).orElse(List.of());
    }

    /** Write: whether this provider's share is a sum, for which it signs itself. */
    public boolean summed() {
        return isWrite() && Write.summed(making());
    }

    /** k_U, in a write of protocol 1. */
    public Optional<RecipientKey> recipient() {
        return statement.work() instanceof Work.Write write ? write.recipient() : Optional.empty();
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
        return statement.work() instanceof Work.Repair repair
                && repair.repaired().equals(self);
    }

    @Override
    public void close() {
        blindSeeds.forEach(SecretBytes::close);
    }
}
