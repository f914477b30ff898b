package dev.interlock.protocol;

import static dev.interlock.protocol.MemoryRing.xs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.Gf256;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider of a (5,3) ring and the orders that it gets. */
final class SessionTest {
    private static final MemoryRing MEMORY = new MemoryRing(5, 3, 1);
    private static final RingDescriptor RING = MEMORY.ring;
    /** The same, where two deal. */
    private static final RingDescriptor DEALERS =
            new MemoryRing(5, 3, 8, Set.of(Profile.PUBLISHED, Profile.BLINDED), 2, List.of()).ring;

    private static final ShareIndex SELF = new ShareIndex(2);
    /** The same providers, where both profiles are allowed. */
    private static final RingDescriptor STUDY = study();

    private static final Instant NOW = MEMORY.maker.now();
    private static final RecipientKey RECIPIENT = recipient();
    private static final SigningKey OWNER = key(20);
    private static final SigningKey OTHER_OWNER = key(21);
    private static final VerifyingKey SESSION_KEY = key(22).verifyingKey();
    private static final VerifyingKey ASKING = key(23).verifyingKey();
    private static final OwnerKey OWNED =
            new OwnerKey(1, new SeededRandom(24).bytes(OwnerKey.NONCE_BYTES), OWNER.verifyingKey());
    private static final StatementHash GENERATION = StatementHash.of(new SeededRandom(25).bytes(StatementHash.BYTES));

    private static SigningKey key(int seed) {
        return new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, new SeededRandom(seed)));
    }

    private static RingDescriptor study() {
        try (SigningKey ringKey = key(4)) {
            return RingDescriptor.open(RingDescriptor.assemble(
                    ringKey,
                    "study",
                    3,
                    Set.of(Profile.PUBLISHED, Profile.BLINDED),
                    RING.nodes().toList()));
        }
    }

    private static RecipientKey recipient() {
        try (OpeningKey key = OpeningKey.generate(Kem.X25519, new SeededRandom(5))) {
            return key.recipient();
        }
    }

    /** What a session is for, as a test spoils it; {@code Work} is made of it at the end. */
    private enum Kind {
        WRITE,
        ATTESTED,
        REPLACE,
        REFRESH,
        READ,
        REPAIR
    }

    /** An order for {@link #SELF} that a test spoils in one place. */
    private static final class Draft {
        RingDescriptor ring = RING;
        RingId ringId;
        int epoch = 1;
        Threshold threshold;
        Scheme scheme = Scheme.DEFAULT;
        OwnerKey owner = OWNED;
        SigningKey signer = OWNER;
        long number = 1;
        Instant expires = NOW.plus(PlannedSession.LIFETIME);
        Kind kind = Kind.READ;
        List<ShareIndex> path = xs(4, 2, 5);
        List<ShareIndex> missing = List.of();
        /** A write's; how many of the path. */
        int homes = 3;

        List<String> dealers = List.of("dealer1");
        Optional<RecipientKey> recipient = Optional.empty();
        Optional<StatementHash> continues = Optional.empty();
        /** A read's, or a repair's. */
        ShareIndex home = new ShareIndex(4);

        Optional<ShareIndex> repairsFrom = Optional.empty();
        ShareIndex repaired = SELF;
        long length = 1000;
        StatementHash generation = GENERATION;
        VerifyingKey sessionKey = SESSION_KEY;
        String party = "cc2";
        byte[] salt = new SeededRandom(26).bytes(64);
        VerifyingKey asks = ASKING;
        Blinding blinding = Blinding.EXPANDED;
        byte[] seeds = new SeededRandom(27).bytes(Session.BLIND_SEED_BYTES);

        static Draft read() {
            return new Draft();
        }

        static Draft write() {
            Draft draft = new Draft();
            draft.kind = Kind.WRITE;
            draft.path = xs(4, 2, 5, 1, 3);
            return draft;
        }

        static Draft sealed() {
            Draft draft = write();
            draft.scheme = new Scheme(1, Profile.BLINDED);
            draft.recipient = Optional.of(RECIPIENT);
            return draft;
        }

        static Draft replace() {
            Draft draft = write();
            draft.kind = Kind.REPLACE;
            return draft.seeds(Blinding.PAIRED, 4);
        }

        static Draft refresh() {
            Draft draft = write();
            draft.kind = Kind.REFRESH;
            return draft.seeds(Blinding.NONE, 0);
        }

        /** Of this provider, by three others. */
        static Draft repair() {
            Draft draft = new Draft();
            draft.kind = Kind.REPAIR;
            draft.path = xs(4, 1, 5);
            return draft.seeds(Blinding.PAIRED, 3);
        }

        Draft seeds(Blinding kindOfBlind, int count) {
            blinding = kindOfBlind;
            seeds = new SeededRandom(28).bytes(count * Session.BLIND_SEED_BYTES);
            return this;
        }

        Draft published(int inProtocol) {
            ring = STUDY;
            scheme = new Scheme(inProtocol, Profile.PUBLISHED);
            homes = 1;
            return seeds(Blinding.NONE, 0);
        }

        Draft in(RingDescriptor other) {
            ring = other;
            dealers = other.dealers().stream().map(NodeCard::name).toList();
            return this;
        }

        Work work() {
            return switch (kind) {
                case WRITE, ATTESTED ->
                    new Work.Write(
                            kind == Kind.ATTESTED,
                            path,
                            missing,
                            path.subList(0, homes),
                            dealers,
                            recipient,
                            length,
                            continues);
                case REPLACE, REFRESH ->
                    new Work.Renewal(kind == Kind.REFRESH, path, path.subList(0, homes), dealers, length, generation);
                case READ -> new Work.Read(path, home, length, generation);
                case REPAIR -> new Work.Repair(path, repaired, repairsFrom, length, generation);
            };
        }

        PrivatePart told() {
            return new PrivatePart(salt, asks, blinding, seeds.clone());
        }

        Statement statement() {
            return new Statement(
                    ringId == null ? ring.id() : ringId,
                    epoch,
                    threshold == null ? ring.threshold() : threshold,
                    scheme,
                    Title.of(owner),
                    number,
                    expires.toEpochMilli(),
                    work(),
                    List.of(new Statement.Party(party, PrivatePart.hash(told().encode()))),
                    sessionKey);
        }

        Order order() {
            Statement w = statement();
            return new Order(w.encode(), w.making().isPresent() ? w.sign(signer) : new byte[0], told().encode());
        }

        Session accept() {
            return accept(order());
        }

        Session accept(Order order) {
            return Session.accept(ring, SELF, order, ASKING, NOW);
        }
    }

    @Test
    void aReadIsAcceptedAsItWasOrdered() {
        Draft draft = Draft.read();
        try (Session session = draft.accept()) {
            assertThat(session.kind()).isEqualTo(Work.Kind.READ);
            assertThat(session.object()).isEqualTo(OWNED.object());
            assertThat(session.id()).isEqualTo(draft.statement().hash());
            assertThat(session.statement()).usingRecursiveComparison().isEqualTo(draft.statement());
            assertThat(session.generation()).isEqualTo(GENERATION);
            assertThat(session.asks()).isEqualTo(ASKING);
            assertThat(session.ownerSignature()).isEmpty();
            assertThat(session.isWrite()).isFalse();
            assertThat(session.self()).isEqualTo(SELF);
            assertThat(session.route()).isEqualTo(Route.read(Scheme.DEFAULT, xs(4, 2, 5), new ShareIndex(4)));
            assertThat(session.stations())
                    .containsExactly(session.route().stations().get(1));
            assertThat(session.layout()).isEqualTo(new ChunkLayout(1000));
            assertThat(session.dealers()).isEmpty();
        }
    }

    @Test
    void aWriteIsAcceptedAsItWasOrdered() {
        Draft draft = Draft.write();
        try (Session session = draft.accept()) {
            assertThat(session.kind()).isEqualTo(Work.Kind.WRITE);
            assertThat(session.path()).isEqualTo(xs(4, 2, 5, 1, 3));
            assertThat(session.making().homes()).isEqualTo(xs(4, 2, 5));
            assertThat(session.isHome()).isTrue();
            assertThat(session.generation()).isEqualTo(session.id());
            assertThat(session.ownerSignature()).isEqualTo(draft.order().ownerSignature());
            assertThat(session.isCheckedByValue()).isTrue();
            assertThat(session.route()).isEqualTo(Route.writeSmall(session.path(), xs(4, 2, 5)));
            assertThat(session.stations()).hasSize(2);
            assertThat(session.dealers()).containsExactly("dealer1");
            assertThat(session.isAttested()).isFalse();
        }
        Draft large = Draft.write();
        large.length = SmallRead.MAX_BYTES + 1L;
        try (Session session = large.accept()) {
            assertThat(session.isCheckedByValue()).isFalse();
            assertThat(session.route()).isEqualTo(Route.write(session.path(), xs(4, 2, 5)));
        }
        Draft attested = Draft.write();
        attested.kind = Kind.ATTESTED;
        try (Session session = attested.accept()) {
            assertThat(session.isCheckedByValue()).isFalse();
            assertThat(session.route()).isEqualTo(Route.write(session.path(), xs(4, 2, 5)));
            assertThat(session.isAttested()).isTrue();
            assertThat(session.isWrite()).isTrue();
        }
    }

    @Test
    void aWriteWithoutAllProvidersMakesCustodiansOfTheOthers() {
        Draft draft = Draft.write();
        draft.path = xs(4, 5, 1, 2);
        draft.missing = xs(3);
        try (Session session = draft.accept()) {
            assertThat(session.missing()).isEqualTo(xs(3));
            assertThat(session.custody()).isEqualTo(xs(3));
            assertThat(session.isHome()).isFalse();
        }
    }

    @Test
    void aRenewalIsAcceptedAsItWasOrdered() {
        try (Session session = Draft.replace().accept()) {
            assertThat(session.kind()).isEqualTo(Work.Kind.REPLACE);
            assertThat(session.renews()).isTrue();
            assertThat(session.renewed()).contains(GENERATION);
            assertThat(session.blindSeeds()).hasSize(4);
            assertThat(session.summed()).isFalse();
        }
        try (Session session = Draft.refresh().accept()) {
            assertThat(session.kind()).isEqualTo(Work.Kind.REFRESH);
            assertThat(session.stations()).isEmpty();
            assertThat(session.summed()).isTrue();
            assertThat(session.blindSeeds()).isEmpty();
        }
    }

    @Test
    void aRepairIsAcceptedAsItWasOrdered() {
        try (Session session = Draft.repair().accept()) {
            assertThat(session.isRepaired()).isTrue();
            assertThat(session.generation()).isEqualTo(GENERATION);
            assertThat(session.lambda()).isZero();
        }
        Draft helping = Draft.repair();
        helping.path = xs(4, 2, 5);
        helping.repaired = new ShareIndex(1);
        try (Session session = helping.accept()) {
            assertThat(session.isRepaired()).isFalse();
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(1, SELF, xs(4, 2, 5)));
        }
    }

    @Test
    void moreThanTMayRead() {
        Draft all = Draft.read();
        all.path = xs(4, 2, 5, 1, 3);
        all.accept().close();
    }

    /** λ = Π x_j / (x_i + x_j) over the others of S, computed by the provider: nobody tells it. */
    @Test
    void lambdaIsTheLagrangeCoefficientAtZero() {
        try (Session session = Draft.read().accept()) {
            // 4 / (2 + 4) · 5 / (2 + 5), where 2 + 4 = 6 and 2 + 5 = 7.
            int expected = Gf256.multiply(Gf256.multiply(4, Gf256.invert(6)), Gf256.multiply(5, Gf256.invert(7)));
            assertThat(session.lambda()).isEqualTo(expected);
        }
    }

    private static Draft homeOutside() {
        Draft draft = Draft.read().seeds(Blinding.NONE, 0);
        draft.home = SELF;
        draft.path = xs(4, 1, 5);
        return draft;
    }

    @Test
    void aHomeOutsideSHasNoLayerAndNeedsNoBlind() {
        try (Session session = homeOutside().accept()) {
            assertThat(session.blinding()).isEqualTo(Blinding.NONE);
            assertThat(session.lambda()).isZero();
            assertThat(session.blindSeed()).isEmpty();
            assertThat(session.stations())
                    .singleElement()
                    .satisfies(s -> assertThat(s.layered()).isFalse());
        }
    }

    @Test
    void theSeedMovesIntoTheSessionAndDiesWithIt() {
        Draft draft = Draft.read();
        Order order = draft.order();
        Session session = draft.accept(order);
        SecretBytes kept = session.blindSeed().orElseThrow();
        assertThat(kept.copyToHeap()).isEqualTo(draft.seeds);
        assertThat(order.privatePart()).as("what the order still holds").containsOnly(0);
        session.close();
        assertThatThrownBy(kept::copyToHeap).isInstanceOf(IllegalStateException.class);
    }

    // --------------------------------------------------------------------------------------- whose statement it is

    private interface Fault {
        void in(Draft draft);
    }

    private record Change(String what, Fault fault) {
        @Override
        public String toString() {
            return what;
        }
    }

    /** Every field of w. */
    static Stream<Change> changes() {
        return Stream.of(
                new Change("number", d -> d.number = 2),
                new Change("expiry", d -> d.expires = d.expires.plusMillis(1)),
                new Change("scheme", d -> d.scheme = new Scheme(2, Profile.BLINDED)),
                new Change("attested", d -> d.kind = Kind.ATTESTED),
                new Change("replace", d -> d.kind = Kind.REPLACE),
                new Change("refresh", d -> d.kind = Kind.REFRESH),
                new Change("path", d -> d.path = xs(4, 2, 5, 3, 1)),
                new Change("missing", d -> {
                    d.path = xs(4, 2, 5, 1);
                    d.missing = xs(3);
                }),
                new Change("homes", d -> d.homes = 2),
                new Change("dealers", d -> d.dealers = List.of("dealer2")),
                new Change("recipient", d -> d.recipient = Optional.of(RECIPIENT)),
                new Change("length", d -> d.length = 1001),
                new Change("continued generation", d -> d.continues = Optional.of(GENERATION)),
                new Change("owner's root version", d -> d.owner = new OwnerKey(2, OWNED.nonce(), OWNED.key())),
                new Change("owner's nonce", d -> d.owner = new OwnerKey(1, new byte[32], OWNED.key())),
                new Change("owner", d -> d.owner = new OwnerKey(1, OWNED.nonce(), OTHER_OWNER.verifyingKey())),
                new Change("private part", d -> d.salt = new byte[64]),
                new Change("party", d -> d.party = "cc1"),
                new Change("session key", d -> d.sessionKey = ASKING));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void whatTheOwnerSignedIsThisAndNothingElse(Change change) {
        byte[] signature = Draft.write().order().ownerSignature();
        Draft changed = Draft.write();
        change.fault().in(changed);
        Order order = new Order(
                changed.statement().encode(), signature, changed.told().encode());
        refused(changed, order, Rule.OWNER, "cc2: the owner of " + changed.owner.object() + " didn't sign");
    }

    @Test
    void anotherOwnersSignatureIsNone() {
        Draft draft = Draft.write();
        draft.signer = OTHER_OWNER;
        refused(draft, draft.order(), Rule.OWNER, "didn't sign the statement");
        Order good = Draft.write().order();
        byte[] flipped = good.ownerSignature().clone();
        flipped[0] ^= 1;
        for (byte[] signature : List.of(new byte[0], new byte[64], flipped)) {
            Order unsigned =
                    new Order(good.statement(), signature, Draft.write().told().encode());
            refused(Draft.write(), unsigned, Rule.OWNER, "didn't sign the statement");
        }
    }

    @Test
    void whatMakesNothingIsntSignedByTheOwner() {
        for (Draft draft : List.of(Draft.read(), Draft.repair())) {
            Order order = new Order(
                    draft.statement().encode(),
                    draft.statement().sign(OWNER),
                    draft.told().encode());
            assertThatThrownBy(() -> draft.accept(order))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("a session that makes nothing isn't signed by the owner");
            assertThat(order.privatePart()).containsOnly(0);
        }
    }

    /** All that an owner signs in another ring or epoch is nothing here. */
    @Test
    void aStatementIsOfOneRingAndEpoch() {
        for (Draft draft : List.of(Draft.read(), Draft.write(), Draft.refresh(), Draft.repair())) {
            draft.ringId = new RingId(1, 2);
            refused(draft, draft.order(), Rule.OTHER_RING, "cc2: the statement is of another ring");
            draft.ringId = null;
            draft.epoch = 2;
            refused(draft, draft.order(), Rule.OTHER_EPOCH, "cc2: the statement is of epoch 2, the request of 1");
        }
    }

    @Test
    void aStatementIsTakenForAtMostAnHour() {
        for (Draft draft : List.of(Draft.read(), Draft.write())) {
            for (Duration left : List.of(Duration.ofMillis(1), Session.LONGEST)) {
                draft.expires = NOW.plus(left);
                draft.accept().close();
            }
            for (Duration left : List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofDays(-1))) {
                draft.expires = NOW.plus(left);
                refused(draft, draft.order(), Rule.EXPIRED, "cc2: the statement expired at " + draft.expires);
            }
            for (Duration left : List.of(Session.LONGEST.plusMillis(1), Duration.ofDays(1000))) {
                draft.expires = NOW.plus(left);
                refused(draft, draft.order(), Rule.TOO_FAR_AHEAD, "cc2: the statement expires at " + draft.expires);
            }
        }
    }

    @Test
    void whatAPartyIsToldIsWhatTheStatementHasForIt() {
        for (Draft draft : List.of(Draft.read(), Draft.write(), Draft.replace(), Draft.repair())) {
            Order good = draft.order();
            for (int i = 0; i < good.privatePart().length; i += 7) {
                byte[] changed = good.privatePart().clone();
                changed[i] ^= 1;
                Order order = new Order(good.statement(), good.ownerSignature(), changed);
                refused(draft, order, Rule.OTHER_ASKER, "isn't what the statement has for it");
            }
            Order none = new Order(good.statement(), good.ownerSignature(), new byte[0]);
            assertThatThrownBy(() -> draft.accept(none)).isInstanceOf(RefusedException.class);
        }
    }

    @Test
    void onlyTheKeyThatIsNamedMayAsk() {
        VerifyingKey other = key(29).verifyingKey();
        for (Draft draft : List.of(Draft.read(), Draft.write())) {
            Order order = draft.order();
            assertThatThrownBy(() -> Session.accept(RING, SELF, order, other, NOW))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.rule()).isEqualTo(Rule.OTHER_ASKER))
                    .hasMessage("cc2: another user may ask for this session");
            assertThat(order.privatePart()).containsOnly(0);
        }
    }

    private static void refused(Draft draft, Order order, Rule rule, String message) {
        assertThatThrownBy(() -> draft.accept(order))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.rule()).isEqualTo(rule))
                .hasMessageContaining(message);
        for (byte left : order.privatePart()) {
            assertThat(left).isZero();
        }
    }

    @Test
    void whatIsNoStatementOrNoPrivatePartIsRefused() {
        Order good = Draft.write().order();
        for (int length : new int[] {0, 1, 50, good.statement().length - 1, good.statement().length + 1}) {
            Order order = new Order(
                    Arrays.copyOf(good.statement(), length),
                    good.ownerSignature(),
                    Draft.write().told().encode());
            assertThatThrownBy(() -> Draft.write().accept(order)).isInstanceOf(MalformedException.class);
            assertThat(order.privatePart()).containsOnly(0);
        }
    }

    // ------------------------------------------------------------------------------------------- rules of the ring

    private static Arguments spoiled(Draft draft, String what, String rule, Fault fault) {
        fault.in(draft);
        return Arguments.of(draft.kind + ": " + what, rule, draft);
    }

    static Stream<Arguments> spoiledOrders() {
        return Stream.of(
                spoiled(
                        Draft.read(),
                        "another t",
                        "another t or n than the ring",
                        d -> d.threshold = new Threshold(2, 5)),
                spoiled(
                        Draft.read(),
                        "another n",
                        "another t or n than the ring",
                        d -> d.threshold = new Threshold(3, 6)),
                spoiled(
                        Draft.write(),
                        "another t",
                        "another t or n than the ring",
                        d -> d.threshold = new Threshold(4, 5)),
                spoiled(
                        Draft.read(),
                        "published",
                        "doesn't allow the profile published",
                        d -> d.published(3).ring = RING),
                spoiled(
                        Draft.write(),
                        "published",
                        "doesn't allow the profile published",
                        d -> d.published(3).ring = RING),
                spoiled(Draft.read(), "told nothing", "has no part for cc2", d -> d.party = "cc1"),
                spoiled(Draft.write(), "told nothing", "has no part for cc2", d -> d.party = "cc3"),
                spoiled(Draft.read(), "a stranger in S", "has no provider with x = 6", d -> d.path = xs(4, 2, 6)),
                spoiled(
                        Draft.write(),
                        "a stranger in S",
                        "has no provider with x = 6",
                        d -> d.path = xs(4, 2, 5, 1, 6)),
                spoiled(Draft.write(), "a missing stranger", "has no provider with x = 7", d -> {
                    d.path = xs(4, 2, 5, 1);
                    d.missing = xs(7);
                }),
                spoiled(
                        Draft.read(),
                        "a stranger as home",
                        "has no provider with x = 6",
                        d -> d.home = new ShareIndex(6)),
                spoiled(Draft.repair(), "a stranger in S", "has no provider with x = 254", d -> d.path = xs(4, 1, 254)),
                spoiled(Draft.repair(), "a stranger repaired", "has no provider with x = 6", d -> {
                    d.path = xs(4, 2, 5);
                    d.repaired = new ShareIndex(6);
                }),
                spoiled(
                        Draft.repair(),
                        "a stranger as home",
                        "has no provider with x = 6",
                        d -> d.repairsFrom = Optional.of(new ShareIndex(6))),
                // A write.
                spoiled(Draft.write(), "too few homes", "has 3 homes here, the order names 2", d -> d.homes = 2),
                spoiled(Draft.write(), "too many homes", "has 3 homes here, the order names 4", d -> d.homes = 4),
                spoiled(
                        Draft.write(),
                        "an unknown dealer",
                        "(dealer1): the order names dealer2",
                        d -> d.dealers = List.of("dealer2")),
                spoiled(Draft.write(), "a provider as dealer", "the order names cc1", d -> d.dealers = List.of("cc1")),
                spoiled(
                        Draft.write(),
                        "a dealer too many",
                        "names dealer1, dealer2",
                        d -> d.dealers = List.of("dealer1", "dealer2")),
                spoiled(
                        Draft.write().in(DEALERS),
                        "one dealer of two",
                        "(dealer1, dealer2): the order names dealer1",
                        d -> d.dealers = List.of("dealer1")),
                spoiled(
                        Draft.write().in(DEALERS),
                        "dealers in another order",
                        "the order names dealer2, dealer1",
                        d -> d.dealers = List.of("dealer2", "dealer1")),
                spoiled(
                        Draft.refresh().in(DEALERS),
                        "one dealer of two",
                        "the order names dealer2",
                        d -> d.dealers = List.of("dealer2")),
                spoiled(
                        Draft.write(),
                        "two dealers, published",
                        "is the paper's, with one dealer",
                        d -> d.published(3).in(DEALERS)),
                spoiled(Draft.write().in(DEALERS), "two dealers, one missing", "summed up by each provider", d -> {
                    d.dealers = List.of("dealer1");
                    d.path = xs(4, 2, 5, 1);
                    d.missing = xs(3);
                }),
                spoiled(Draft.write(), "missing itself", "the order has no part for this provider", d -> {
                    d.path = xs(4, 3, 5, 1);
                    d.missing = xs(2);
                }),
                // A renewal.
                spoiled(
                        Draft.refresh(),
                        "protocol 1",
                        "in protocols 2 and 3 of the blinded profile only",
                        d -> d.scheme = new Scheme(1, Profile.BLINDED)),
                spoiled(
                        Draft.replace(),
                        "published",
                        "in protocols 2 and 3 of the blinded profile only",
                        d -> d.published(2)),
                // A read.
                spoiled(
                        Draft.read(),
                        "two of three",
                        "needs t = 3 providers, the order names 2",
                        d -> d.path = xs(4, 2)),
                spoiled(
                        Draft.read(),
                        "S without this provider",
                        "no part for this provider",
                        d -> d.path = xs(4, 1, 5)),
                spoiled(
                        Draft.read(),
                        "protocol 1",
                        "protocol 1 reads without a pass",
                        d -> d.scheme = new Scheme(1, Profile.BLINDED)),
                // A repair.
                spoiled(
                        Draft.repair(),
                        "two of three",
                        "a repair needs t = 3 providers, the order names 2",
                        d -> d.path = xs(4, 1)),
                spoiled(
                        Draft.repair(),
                        "without this provider",
                        "no part for this provider",
                        d -> d.repaired = new ShareIndex(3)),
                spoiled(
                        Draft.repair(),
                        "protocol 1",
                        "which no pass repairs",
                        d -> d.scheme = new Scheme(1, Profile.BLINDED)),
                // Protocol 1.
                spoiled(
                        Draft.sealed(),
                        "without a key",
                        "names the user's public key",
                        d -> d.recipient = Optional.empty()),
                spoiled(
                        Draft.sealed(),
                        "protocol 2 with a key",
                        "names the user's public key",
                        d -> d.scheme = new Scheme(2, Profile.BLINDED)),
                spoiled(
                        Draft.write(),
                        "protocol 3 with a key",
                        "names the user's public key",
                        d -> d.recipient = Optional.of(RECIPIENT)),
                // The blind.
                spoiled(Draft.read(), "no blind", "must have 32 bytes, not 0", d -> d.seeds = new byte[0]),
                spoiled(Draft.read(), "a short blind", "must have 32 bytes, not 31", d -> d.seeds = new byte[31]),
                spoiled(Draft.write(), "a long blind", "must have 32 bytes, not 33", d -> d.seeds = new byte[33]),
                spoiled(
                        homeOutside(),
                        "a seed for home alone",
                        "must have 0 bytes, not 32",
                        d -> d.seeds = new byte[32]),
                spoiled(
                        homeOutside(),
                        "an expanded blind for home alone",
                        "this provider has none to add here",
                        d -> d.seeds(Blinding.EXPANDED, 1)),
                spoiled(
                        homeOutside(),
                        "a full blind for home alone",
                        "blinds \"full\": this provider has none",
                        d -> d.blinding = Blinding.FULL),
                spoiled(
                        Draft.read(),
                        "no blinds in a hop",
                        "a hop of the blinded profile has a blind",
                        d -> d.seeds(Blinding.NONE, 0)),
                spoiled(
                        Draft.write(),
                        "no blinds in a hop",
                        "a hop of the blinded profile has a blind",
                        d -> d.seeds(Blinding.NONE, 0)),
                spoiled(
                        Draft.write(),
                        "a seed for a full blind",
                        "must have 0 bytes, not 32",
                        d -> d.blinding = Blinding.FULL),
                spoiled(
                        Draft.read(),
                        "paired blinds",
                        "are paired, and of nothing else",
                        d -> d.seeds(Blinding.PAIRED, 3)),
                spoiled(
                        Draft.write(),
                        "paired blinds",
                        "are paired, and of nothing else",
                        d -> d.seeds(Blinding.PAIRED, 4)),
                spoiled(
                        Draft.replace(),
                        "expanded blinds",
                        "are paired, and of nothing else",
                        d -> d.seeds(Blinding.EXPANDED, 1)),
                spoiled(
                        Draft.replace(),
                        "a seed too few",
                        "must have 128 bytes, not 96",
                        d -> d.seeds(Blinding.PAIRED, 3)),
                spoiled(
                        Draft.refresh(),
                        "blinds",
                        "this provider has none to add here",
                        d -> d.seeds(Blinding.PAIRED, 4)),
                spoiled(
                        Draft.repair(),
                        "full blinds",
                        "are paired, and of nothing else",
                        d -> d.seeds(Blinding.FULL, 0)),
                spoiled(
                        Draft.repair(),
                        "a seed too many",
                        "must have 96 bytes, not 128",
                        d -> d.seeds(Blinding.PAIRED, 4)),
                // To a ring that allows both profiles.
                spoiled(Draft.read(), "published 1", "protocol 1 reads without a pass", d -> d.published(1)),
                spoiled(
                        Draft.read(),
                        "published 3, two of three",
                        "needs t = 3 providers, the order names 2",
                        d -> d.published(3).path = xs(4, 2)),
                spoiled(Draft.read(), "published 2, two of three", "needs t = 3 providers, the order names 2", d -> {
                    d.published(2).path = xs(2, 4);
                    d.home = SELF;
                }),
                spoiled(
                        Draft.write(),
                        "published, two homes",
                        "profile has 1 home here, the order names 2",
                        d -> d.published(3).homes = 2),
                spoiled(Draft.write(), "published 1 without a key", "names the user's public key", d -> d.published(1)),
                spoiled(Draft.sealed(), "published 2 with a key", "names the user's public key", d -> d.published(2)),
                spoiled(
                        Draft.write(),
                        "published, expanded blinds",
                        "this provider has none to add here",
                        d -> d.published(3).seeds(Blinding.EXPANDED, 1)),
                spoiled(
                        Draft.read(),
                        "published, full blinds",
                        "blinds \"full\": this provider has none",
                        d -> d.published(2).blinding = Blinding.FULL),
                spoiled(
                        Draft.write(),
                        "published, a seed",
                        "must have 0 bytes, not 32",
                        d -> d.published(2).seeds = new byte[32]));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spoiledOrders")
    void anOrderThatBreaksARuleIsRefusedByItsNameAndItsSeedWiped(String what, String rule, Draft draft) {
        Order order = draft.order();
        assertThatThrownBy(() -> draft.accept(order))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(rule);
        assertThat(order.privatePart()).containsOnly(0);
    }

    // ------------------------------------------------------------------------------------- each of the other schemes

    @Test
    void aFullBlindComesLaterAndWhole() {
        for (Draft draft : List.of(Draft.read(), Draft.write())) {
            try (Session session = draft.seeds(Blinding.FULL, 0).accept()) {
                assertThat(session.blinding()).isEqualTo(Blinding.FULL);
                assertThat(session.blindSeed()).isEmpty();
                assertThat(session.lambda()).isNotZero();
            }
        }
    }

    @Test
    void aWriteOfProtocol1HasTheUsersKeyAndItsPartOfEverySealedShare() {
        try (Session session = Draft.sealed().accept()) {
            assertThat(session.scheme()).isEqualTo(new Scheme(1, Profile.BLINDED));
            assertThat(session.recipient()).contains(RECIPIENT);
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, session.path()));
            // Its hop and its store; then, with x = 4, 2 and 5 as homes, x = 2 in all five routes of sealed shares.
            assertThat(session.stations().stream().map(Station::place))
                    .containsExactly(1, 6, 1001, 2000, 3002, 4002, 5002);
        }
        try (Session session = Draft.sealed().published(1).accept()) {
            // In the path's second place; its own share begins here, that of x = 4 before it passes.
            assertThat(session.stations().stream().map(Station::place)).containsExactly(1, 1001, 2000);
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, session.path()));
        }
    }

    @Test
    void otherWritesHaveNoStationsForSealedShares() {
        for (int protocol = 2; protocol <= 3; protocol++) {
            Draft draft = Draft.write();
            draft.scheme = new Scheme(protocol, Profile.BLINDED);
            try (Session session = draft.accept()) {
                assertThat(session.scheme()).isEqualTo(new Scheme(protocol, Profile.BLINDED));
                assertThat(session.recipient()).isEmpty();
                assertThat(session.stations().stream().map(Station::place)).containsExactly(1, 6);
            }
        }
    }

    /** x_U = 6 is one of the points of published 2 and 3, in the write. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void aPublishedWriteIsBetweenTheUsersPointToo(int protocol) {
        try (Session session = Draft.write().published(protocol).accept()) {
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, xs(1, 2, 3, 4, 5, 6)));
            assertThat(session.blinding()).isEqualTo(Blinding.NONE);
            assertThat(session.blindSeed()).isEmpty();
            assertThat(session.route()).isEqualTo(Route.write(session.path(), xs(4)));
        }
    }

    @Test
    void inAPublishedReadOfProtocol2TheUsersPointTakesPart() {
        try (Session session = Draft.read().published(2).accept()) {
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, xs(4, 2, 5, 6)));
            assertThat(session.route()).isEqualTo(Route.read(Scheme.DEFAULT, xs(4, 2, 5), new ShareIndex(4)));
        }
    }

    @Test
    void aPublishedReadOfProtocol3GoesByWayOfTheUserWithoutItsPoint() {
        try (Session session = Draft.read().published(3).accept()) {
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, xs(4, 2, 5)));
            assertThat(session.stations())
                    .singleElement()
                    .satisfies(s -> assertThat(s.place()).isEqualTo(2));
        }
        Draft atHome = Draft.read().published(3);
        atHome.home = SELF;
        atHome.path = xs(2, 4, 5);
        try (Session home = atHome.accept()) {
            assertThat(home.stations()).hasSize(2);
            assertThat(home.stations().getFirst().layered()).isFalse();
            assertThat(home.stations().getLast().source()).isEqualTo(new Station.User());
        }
    }

    /** 254 providers: nothing is left for x_U = 255. */
    @Test
    void withoutAPointForTheUserPublished2And3ArentServed() {
        List<NodeCard> cards = new ArrayList<>();
        for (int i = 1; i <= 255; i++) {
            cards.add(NodeCard.of(
                    i <= 254 ? Role.PROVIDER : Role.DEALER,
                    i <= 254 ? "cc" + i : "dealer1",
                    "host" + i + ".example:443",
                    "%064x".formatted(i),
                    key(1000 + i).verifyingKey(),
                    i <= 254 ? Optional.of("x25519:" + "%064x".formatted(i)) : Optional.empty()));
        }
        RingDescriptor full = RingDescriptor.open(
                RingDescriptor.assemble(key(7), "full", 2, Set.of(Profile.PUBLISHED, Profile.BLINDED), cards));
        String rule = "the published profile needs a point for the user beyond x = 254";
        for (int protocol = 1; protocol <= 3; protocol++) {
            Draft write = Draft.write().published(protocol).in(full);
            write.path = upTo(254);
            write.recipient = protocol == 1 ? Optional.of(RECIPIENT) : Optional.empty();
            Draft read = Draft.read().published(protocol).in(full);
            read.path = xs(4, 2);
            if (protocol == 1) {
                write.accept().close();
            } else {
                assertThatThrownBy(write::accept)
                        .isInstanceOf(MalformedException.class)
                        .hasMessageContaining(rule);
            }
            if (protocol == 2) {
                assertThatThrownBy(read::accept)
                        .isInstanceOf(MalformedException.class)
                        .hasMessageContaining(rule);
            }
        }
    }

    private static List<ShareIndex> upTo(int last) {
        return xs(IntStream.rangeClosed(1, last).toArray());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, ChunkLayout.MAX_LENGTH})
    void theShortestAndTheLongestObjectAreAccepted(long length) {
        Draft draft = Draft.read();
        draft.length = length;
        try (Session session = draft.accept()) {
            assertThat(session.layout().length()).isEqualTo(length);
        }
    }

    /** The fewest that may read depend on the ring, not on what the order says. */
    @Test
    void everyThresholdIsHeld() {
        for (Profile profile : Profile.values()) {
            for (int n = 3; n <= 6; n++) {
                for (int t = 3; t <= n; t++) {
                    RingDescriptor ring = new MemoryRing(n, t, 1, Set.of(profile)).ring;
                    for (int protocol = 2; protocol <= 3; protocol++) {
                        Scheme scheme = new Scheme(protocol, profile);
                        Draft draft = Draft.read().in(ring);
                        draft.scheme = scheme;
                        if (!scheme.blinded()) {
                            draft.seeds(Blinding.NONE, 0);
                        }
                        draft.home = new ShareIndex(2);
                        List<ShareIndex> all = new ArrayList<>(xs(2));
                        upTo(n).stream().filter(x -> !all.contains(x)).forEach(all::add);
                        draft.path = all.subList(0, t - 1);
                        assertThatThrownBy(draft::accept)
                                .isInstanceOf(MalformedException.class)
                                .hasMessageContaining("t = " + t + " providers, the order names " + (t - 1));
                        draft.path = all.subList(0, t);
                        draft.accept().close();
                    }
                }
            }
        }
    }

    /** What the client's order-maker writes, every provider that it concerns accepts. */
    @Test
    void theOrdersOfAPlanAreAccepted() {
        MemoryRing memory = new MemoryRing(5, 3, 2);
        try (Write.Plan plan = memory.plan(7, xs(3, 1, 2, 5, 4))) {
            for (ShareIndex x : plan.path()) {
                byte[] seed = plan.blindSeeds().get(x).copyToHeap();
                Order order = Order.decode(memory.order(plan.session(), x));
                VerifyingKey asking = memory.asking("cc" + x.x());
                try (Session session = Session.accept(memory.ring, x, order, asking, memory.maker.now())) {
                    assertThat(session.object()).isEqualTo(plan.object());
                    assertThat(session.id()).isEqualTo(plan.id());
                    assertThat(session.path()).isEqualTo(xs(3, 1, 2, 5, 4));
                    assertThat(session.making().homes()).isEqualTo(xs(3, 1, 2));
                    assertThat(session.blindSeed().orElseThrow().copyToHeap()).isEqualTo(seed);
                }
            }
        }
    }
}
