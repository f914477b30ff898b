package dev.interlock.protocol;

import static dev.interlock.protocol.MemoryRing.xs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.Gf256;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider of a (5,3) ring and the orders that it gets. */
final class SessionTest {
    private static final RingDescriptor RING = new MemoryRing(5, 3, 1).ring;
    private static final ShareIndex SELF = new ShareIndex(2);
    /** The same providers, where both profiles are allowed. */
    private static final RingDescriptor STUDY = study();

    private static final String RECIPIENT = recipient();
    private static final String OBJECT = "00112233445566778899aabbccddeeff";
    private static final String SESSION = "ffeeddccbbaa99887766554433221100";

    private static RingDescriptor study() {
        try (SigningKey ringKey = new SigningKey(SecretBytes.random(32, new SeededRandom(4)))) {
            return RingDescriptor.open(RingDescriptor.assemble(
                    ringKey,
                    "study",
                    3,
                    Set.of(Profile.PUBLISHED, Profile.BLINDED),
                    RING.nodes().toList()));
        }
    }

    private static String recipient() {
        try (OpeningKey key = OpeningKey.generate(Kem.X25519, new SeededRandom(5))) {
            return key.recipient().toString();
        }
    }

    /** An order that a test spoils in one place. */
    private static final class Draft {
        Order.Kind kind = Order.Kind.READ;
        int protocol = 3;
        String profile = "blinded";
        String object = OBJECT;
        String session = SESSION;
        List<Integer> path = List.of(4, 2, 5);
        List<Integer> homes = List.of(4);
        long length = 1000;
        List<String> dealers = List.of();
        String recipient;
        String blinds = "expanded";
        byte[] blind = new SeededRandom(1).bytes(Session.BLIND_SEED_BYTES);
        Order.@Nullable Continues continues;

        static Draft read() {
            return new Draft();
        }

        static Draft write() {
            Draft draft = new Draft();
            draft.kind = Order.Kind.WRITE;
            draft.path = List.of(4, 2, 5, 1, 3);
            draft.homes = List.of(4, 2, 5);
            draft.dealers = List.of("dealer1");
            return draft;
        }

        static Draft sealed() {
            Draft draft = write();
            draft.protocol = 1;
            draft.recipient = RECIPIENT;
            return draft;
        }

        Draft published(int inProtocol) {
            protocol = inProtocol;
            profile = "published";
            homes = homes.subList(0, 1);
            blinds = "none";
            blind = new byte[0];
            return this;
        }

        Order order() {
            return new Order(
                    kind, protocol, profile, object, session, path, homes, length, dealers, recipient, blinds, blind,
                    continues);
        }
    }

    @Test
    void aReadIsAcceptedAsItWasOrdered() {
        try (Session session = Session.accept(RING, SELF, Draft.read().order())) {
            assertThat(session.kind()).isEqualTo(Order.Kind.READ);
            assertThat(session.object()).hasToString(OBJECT);
            assertThat(session.id()).hasToString(SESSION);
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
        try (Session session = Session.accept(RING, SELF, Draft.write().order())) {
            assertThat(session.kind()).isEqualTo(Order.Kind.WRITE);
            assertThat(session.path()).isEqualTo(xs(4, 2, 5, 1, 3));
            assertThat(session.homes()).isEqualTo(xs(4, 2, 5));
            assertThat(session.route()).isEqualTo(Route.write(session.path(), session.homes()));
            assertThat(session.stations()).hasSize(2);
            assertThat(session.dealers()).containsExactly("dealer1");
        }
    }

    @Test
    void moreThanTMayRead() {
        Draft all = Draft.read();
        all.path = List.of(4, 2, 5, 1, 3);
        Session.accept(RING, SELF, all.order()).close();
    }

    /** λ = Π x_j / (x_i + x_j) over the others of S, computed by the provider: nobody tells it. */
    @Test
    void lambdaIsTheLagrangeCoefficientAtZero() {
        try (Session session = Session.accept(RING, SELF, Draft.read().order())) {
            // 4 / (2 + 4) · 5 / (2 + 5), where 2 + 4 = 6 and 2 + 5 = 7.
            int expected = Gf256.multiply(Gf256.multiply(4, Gf256.invert(6)), Gf256.multiply(5, Gf256.invert(7)));
            assertThat(session.lambda()).isEqualTo(expected);
        }
    }

    @Test
    void aHomeOutsideSHasNoLayerAndNeedsNoBlind() {
        Draft draft = Draft.read();
        draft.homes = List.of(2);
        draft.path = List.of(4, 1, 5);
        draft.blinds = "none";
        draft.blind = new byte[0];
        try (Session session = Session.accept(RING, SELF, draft.order())) {
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
        Order order = Draft.read().order();
        byte[] seed = order.blind().clone();
        Session session = Session.accept(RING, SELF, order);
        SecretBytes kept = session.blindSeed().orElseThrow();
        assertThat(kept.copyToHeap()).isEqualTo(seed);
        assertThat(order.blind()).as("what the order still holds").containsOnly(0);
        session.close();
        assertThatThrownBy(kept::copyToHeap).isInstanceOf(IllegalStateException.class);
    }

    static Stream<Arguments> spoiledOrders() {
        return Stream.of(
                // Both kinds.
                read("profile \"plain\"", "\"published\" or \"blinded\"", d -> d.profile = "plain"),
                read("profile \"Blinded\"", "\"published\" or \"blinded\"", d -> d.profile = "Blinded"),
                read("profile \"published\"", "doesn't allow the profile published", d -> d.profile = "published"),
                read("protocol 4", "protocol 4 is none of 1, 2, 3", d -> d.protocol = 4),
                write("protocol 0", "protocol 0 is none of 1, 2, 3", d -> d.protocol = 0),
                write("profile \"published\"", "doesn't allow the profile published", d -> d.published(3)),
                read("an object id in capitals", "is no object id", d -> d.object = "A".repeat(32)),
                read("no object id", "is no object id", d -> d.object = ""),
                read("a session id with a slash", "is no session id", d -> d.session = "/".repeat(32)),
                read("no session id", "is no session id", d -> d.session = ""),
                read("a negative length", "the length -1 is outside 0..", d -> d.length = -1),
                read("too long", "the length 1099511627777 is outside", d -> d.length = ChunkLayout.MAX_LENGTH + 1),
                read("no home", "names no home", d -> d.homes = List.of()),
                write("no home to write to", "names no home", d -> d.homes = List.of()),
                read("a stranger in S", "has no provider with x = 6", d -> d.path = List.of(4, 2, 6)),
                read("x = 0 in S", "has no provider with x = 0", d -> d.path = List.of(4, 2, 0)),
                read("x = 255 in S", "has no provider with x = 255", d -> d.path = List.of(4, 2, 255)),
                read("x = -1 in S", "has no provider with x = -1", d -> d.path = List.of(4, 2, -1)),
                read(
                        "x = 258 in S, which is 2 as a byte",
                        "no provider with x = 258",
                        d -> d.path = List.of(4, 2, 258)),
                read("a stranger as home", "has no provider with x = 6", d -> d.homes = List.of(6)),
                read("a provider twice in S", "names a provider twice", d -> d.path = List.of(4, 2, 2)),
                write("a home twice", "names a provider twice", d -> d.homes = List.of(4, 4)),
                // A write.
                write(
                        "three of five, as many as open it",
                        "goes through at least 4 providers, the order names 3",
                        d -> d.path = List.of(4, 2, 5)),
                write("nobody", "goes through at least 4 providers, the order names 0", d -> d.path = List.of()),
                write("homes that aren't the first", "homes must be the first", d -> d.homes = List.of(2, 5, 1)),
                write("homes in another order", "homes must be the first", d -> d.homes = List.of(2, 4, 5)),
                write("too few homes", "has 3 homes here, the order names 2", d -> d.homes = List.of(4, 2)),
                write("too many homes", "has 3 homes here, the order names 4", d -> d.homes = List.of(4, 2, 5, 1)),
                write("an unknown dealer", "(dealer1): the order names dealer2", d -> d.dealers = List.of("dealer2")),
                write("a provider as dealer", "the order names cc1", d -> d.dealers = List.of("cc1")),
                write("a dealer twice", "names dealer1, dealer1", d -> d.dealers = List.of("dealer1", "dealer1")),
                write("no dealer", "the order names none", d -> d.dealers = List.of()),
                // A read.
                read("two of three", "needs t = 3 providers, the order names 2", d -> d.path = List.of(4, 2)),
                read("nobody at all", "needs t = 3 providers, the order names 0", d -> d.path = List.of()),
                read("two homes", "has one home, the order names 2", d -> d.homes = List.of(4, 2)),
                read("a dealer", "a read has no dealer", d -> d.dealers = List.of("dealer1")),
                read("home in the middle of S", "must be its first", d -> d.homes = List.of(2)),
                read("S without this provider", "no part for this provider", d -> d.path = List.of(4, 1, 5)),
                // The blind.
                read("no blind", "must have 32 bytes, not 0", d -> d.blind = new byte[0]),
                read("a short blind", "must have 32 bytes, not 31", d -> d.blind = new SeededRandom(2).bytes(31)),
                write("a long blind", "must have 32 bytes, not 33", d -> d.blind = new SeededRandom(3).bytes(33)),
                read("a seed for home alone", "must have 0 bytes, not 32", d -> {
                    d.homes = List.of(2);
                    d.path = List.of(4, 1, 5);
                    d.blinds = "none";
                }),
                read(
                        "an expanded blind for home alone",
                        "blinds \"expanded\": this provider has none to add here",
                        d -> {
                            d.homes = List.of(2);
                            d.path = List.of(4, 1, 5);
                        }),
                read("a full blind for home alone", "blinds \"full\": this provider has none to add here", d -> {
                    d.homes = List.of(2);
                    d.path = List.of(4, 1, 5);
                    d.blinds = "full";
                    d.blind = new byte[0];
                }),
                read("no blinds in a hop", "a hop of the blinded profile has a blind", d -> {
                    d.blinds = "none";
                    d.blind = new byte[0];
                }),
                write("no blinds in a hop", "a hop of the blinded profile has a blind", d -> {
                    d.blinds = "none";
                    d.blind = new byte[0];
                }),
                write("a seed for a full blind", "must have 0 bytes, not 32", d -> d.blinds = "full"),
                read("blinds of no kind", "\"none\", \"expanded\", \"full\" or \"paired\"", d -> d.blinds = ""),
                read("blinds in capitals", "\"none\", \"expanded\", \"full\" or \"paired\"", d -> d.blinds = "FULL"),
                // Protocol 1.
                read("protocol 1", "protocol 1 reads without a pass", d -> d.protocol = 1),
                write("protocol 1 without a key", "names the user's public key", d -> d.protocol = 1),
                write("protocol 2 with a key", "names the user's public key", d -> {
                    d.protocol = 2;
                    d.recipient = RECIPIENT;
                }),
                write("protocol 3 with a key", "names the user's public key", d -> d.recipient = RECIPIENT),
                read("a read with a key", "names the user's public key", d -> d.recipient = RECIPIENT),
                write("a key that is none", "begins with x25519: or xwing:", d -> {
                    d.protocol = 1;
                    d.recipient = "ed25519:" + "0".repeat(64);
                }),
                write("a key that is too short", "is written x25519: and 64 digits", d -> {
                    d.protocol = 1;
                    d.recipient = RECIPIENT.substring(0, RECIPIENT.length() - 2);
                }));
    }

    /** To a ring that allows both profiles. */
    static Stream<Arguments> spoiledPublishedOrders() {
        return Stream.of(
                read("published 1", "protocol 1 reads without a pass", d -> d.published(1)),
                read("published 3, one of three", "needs t = 3 providers, the order names 2", d -> {
                    d.published(3);
                    d.path = List.of(4, 2);
                }),
                read("published 2, one of three", "needs t−1 = 2 providers, the order names 1", d -> {
                    d.published(2);
                    d.path = List.of(4);
                }),
                read("published 2, home in the middle of S", "must be its first", d -> {
                    d.published(2);
                    d.homes = List.of(2);
                }),
                read("published 3, home in the middle of S", "must be its first", d -> {
                    d.published(3);
                    d.homes = List.of(2);
                }),
                write("published, two homes", "published profile has one home here, the order names 2", d -> {
                    d.published(3);
                    d.homes = List.of(4, 2);
                }),
                write("published 1, two homes", "published profile has one home here, the order names 2", d -> {
                    d.published(1);
                    d.recipient = RECIPIENT;
                    d.homes = List.of(4, 2);
                }),
                write("published 1 without a key", "names the user's public key", d -> d.published(1)),
                write("published 2 with a key", "names the user's public key", d -> {
                    d.published(2);
                    d.recipient = RECIPIENT;
                }),
                write("published, expanded blinds", "blinds \"expanded\": this provider has none to add here", d -> {
                    d.published(3);
                    d.blinds = "expanded";
                    d.blind = new byte[32];
                }),
                read("published, full blinds", "blinds \"full\": this provider has none to add here", d -> {
                    d.published(2);
                    d.blinds = "full";
                }),
                write("published, a seed", "must have 0 bytes, not 32", d -> {
                    d.published(2);
                    d.blind = new SeededRandom(6).bytes(32);
                }),
                write("four of five", "goes through all 5 providers, the order names 4", d -> {
                    d.published(2);
                    d.path = List.of(4, 2, 5, 1);
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spoiledPublishedOrders")
    void aPublishedOrderThatBreaksARuleIsRefusedByItsName(String what, String rule, Order order) {
        assertThatThrownBy(() -> Session.accept(STUDY, SELF, order))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(rule);
        assertThat(order.blind())
                .satisfiesAnyOf(b -> assertThat(b).isEmpty(), b -> assertThat(b).containsOnly(0));
    }

    // ------------------------------------------------------------------------------------- each of the other schemes

    @Test
    void aFullBlindComesLaterAndWhole() {
        for (Draft draft : List.of(Draft.read(), Draft.write())) {
            draft.blinds = "full";
            draft.blind = new byte[0];
            try (Session session = Session.accept(RING, SELF, draft.order())) {
                assertThat(session.blinding()).isEqualTo(Blinding.FULL);
                assertThat(session.blindSeed()).isEmpty();
                assertThat(session.lambda()).isNotZero();
            }
        }
    }

    @Test
    void aWriteOfProtocol1HasTheUsersKeyAndItsPartOfEverySealedShare() {
        try (Session session = Session.accept(RING, SELF, Draft.sealed().order())) {
            assertThat(session.scheme()).isEqualTo(new Scheme(1, Profile.BLINDED));
            assertThat(session.recipient().orElseThrow()).hasToString(RECIPIENT);
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, session.path()));
            // Its hop and its store; then, with x = 4, 2 and 5 as homes, x = 2 in all five routes of sealed shares.
            assertThat(session.stations().stream().map(Station::place))
                    .containsExactly(1, 6, 1001, 2000, 3002, 4002, 5002);
        }
        Draft published = Draft.sealed().published(1);
        try (Session session = Session.accept(STUDY, SELF, published.order())) {
            // In the path's second place; its own share begins here, that of x = 4 before it passes.
            assertThat(session.stations().stream().map(Station::place)).containsExactly(1, 1001, 2000);
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, session.path()));
        }
    }

    @Test
    void otherWritesHaveNoStationsForSealedShares() {
        for (int protocol = 2; protocol <= 3; protocol++) {
            Draft draft = Draft.write();
            draft.protocol = protocol;
            try (Session session = Session.accept(RING, SELF, draft.order())) {
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
        try (Session session =
                Session.accept(STUDY, SELF, Draft.write().published(protocol).order())) {
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, xs(1, 2, 3, 4, 5, 6)));
            assertThat(session.blinding()).isEqualTo(Blinding.NONE);
            assertThat(session.blindSeed()).isEmpty();
            assertThat(session.route()).isEqualTo(Route.write(session.path(), xs(4)));
        }
    }

    @Test
    void aPublishedReadOfProtocol2NeedsOneProviderLessAndTheUser() {
        Draft draft = Draft.read().published(2);
        draft.path = List.of(4, 2);
        try (Session session = Session.accept(STUDY, SELF, draft.order())) {
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, xs(4, 2, 6)));
            assertThat(session.route()).isEqualTo(Route.read(Scheme.DEFAULT, xs(4, 2), new ShareIndex(4)));
        }
        // More may.
        try (Session session =
                Session.accept(STUDY, SELF, Draft.read().published(2).order())) {
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, xs(4, 2, 5, 6)));
        }
    }

    @Test
    void aPublishedReadOfProtocol3GoesByWayOfTheUserWithoutItsPoint() {
        Draft draft = Draft.read().published(3);
        try (Session session = Session.accept(STUDY, SELF, draft.order())) {
            assertThat(session.lambda()).isEqualTo(Lagrange.coefficient(0, SELF, xs(4, 2, 5)));
            assertThat(session.stations())
                    .singleElement()
                    .satisfies(s -> assertThat(s.place()).isEqualTo(2));
        }
        try (Session home = Session.accept(STUDY, new ShareIndex(4), draft.order())) {
            assertThat(home.stations()).hasSize(2);
            assertThat(home.stations().getFirst().layered()).isFalse();
            assertThat(home.stations().getLast().source()).isEqualTo(new Station.User());
        }
    }

    /** 254 providers: nothing is left for x_U = 255. */
    @Test
    void withoutAPointForTheUserPublished2And3ArentServed() {
        List<NodeCard> cards = new ArrayList<>();
        SigningKey key = new SigningKey(SecretBytes.random(32, new SeededRandom(7)));
        for (int i = 1; i <= 255; i++) {
            SigningKey node = new SigningKey(SecretBytes.random(32, new SeededRandom(1000 + i)));
            cards.add(NodeCard.of(
                    i <= 254 ? Role.PROVIDER : Role.DEALER,
                    i <= 254 ? "cc" + i : "dealer1",
                    "host" + i + ".example:443",
                    "%064x".formatted(i),
                    node.verifyingKey(),
                    i <= 254 ? Optional.of("x25519:" + "%064x".formatted(i)) : Optional.empty()));
        }
        RingDescriptor full = RingDescriptor.open(
                RingDescriptor.assemble(key, "full", 2, Set.of(Profile.PUBLISHED, Profile.BLINDED), cards));
        String rule = "the published profile needs a point for the user beyond x = 254";
        for (int protocol = 1; protocol <= 3; protocol++) {
            Draft write = Draft.write().published(protocol);
            write.path = upTo(254);
            write.homes = List.of(1);
            write.recipient = protocol == 1 ? RECIPIENT : null;
            Draft read = Draft.read().published(protocol);
            read.path = List.of(4, 2);
            if (protocol == 1) {
                Session.accept(full, SELF, write.order()).close();
            } else {
                assertThatThrownBy(() -> Session.accept(full, SELF, write.order()))
                        .isInstanceOf(MalformedException.class)
                        .hasMessageContaining(rule);
            }
            if (protocol == 2) {
                assertThatThrownBy(() -> Session.accept(full, SELF, read.order()))
                        .isInstanceOf(MalformedException.class)
                        .hasMessageContaining(rule);
            }
        }
    }

    @Test
    void everyThresholdOfThePublishedProfileIsHeld() {
        for (int n = 2; n <= 6; n++) {
            for (int t = 2; t <= n; t++) {
                RingDescriptor ring = new MemoryRing(n, t, 1, Set.of(Profile.PUBLISHED)).ring;
                for (int protocol = 2; protocol <= 3; protocol++) {
                    int readers = protocol == 2 ? t - 1 : t;
                    Draft draft = Draft.read().published(protocol);
                    draft.homes = List.of(1);
                    draft.path = upTo(readers - 1);
                    ShareIndex self = new ShareIndex(1);
                    assertThatThrownBy(() -> Session.accept(ring, self, draft.order()))
                            .isInstanceOf(MalformedException.class)
                            .hasMessageContaining(readers + " providers, the order names " + (readers - 1));
                    draft.path = upTo(readers);
                    Session.accept(ring, self, draft.order()).close();
                }
            }
        }
    }

    private interface Fault {
        void in(Draft draft);
    }

    private static Arguments read(String what, String rule, Fault fault) {
        return spoiled("read: " + what, rule, Draft.read(), fault);
    }

    private static Arguments write(String what, String rule, Fault fault) {
        return spoiled("write: " + what, rule, Draft.write(), fault);
    }

    private static Arguments spoiled(String what, String rule, Draft draft, Fault fault) {
        fault.in(draft);
        return Arguments.of(what, rule, draft.order());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spoiledOrders")
    void anOrderThatBreaksARuleIsRefusedByItsNameAndItsSeedWiped(String what, String rule, Order order) {
        assertThatThrownBy(() -> Session.accept(RING, SELF, order))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(rule);
        for (byte left : order.blind()) {
            assertThat(left).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, ChunkLayout.MAX_LENGTH})
    void theShortestAndTheLongestObjectAreAccepted(long length) {
        Draft draft = Draft.read();
        draft.length = length;
        try (Session session = Session.accept(RING, SELF, draft.order())) {
            assertThat(session.layout().length()).isEqualTo(length);
        }
    }

    /** The fewest that may read depend on the ring, not on what the order says. */
    @Test
    void everyThresholdIsHeld() {
        for (int n = 2; n <= 6; n++) {
            for (int t = 2; t <= n; t++) {
                RingDescriptor ring = new MemoryRing(n, t, 1).ring;
                Draft draft = Draft.read();
                draft.homes = List.of(1);
                draft.path = upTo(t - 1);
                ShareIndex self = new ShareIndex(1);
                String rule = "a read needs t = " + t + " providers, the order names " + (t - 1);
                assertThatThrownBy(() -> Session.accept(ring, self, draft.order()))
                        .isInstanceOf(MalformedException.class)
                        .hasMessage(rule);
                draft.path = upTo(t);
                draft.blind = new byte[Session.BLIND_SEED_BYTES];
                Session.accept(ring, self, draft.order()).close();
            }
        }
    }

    private static List<Integer> upTo(int last) {
        List<Integer> xs = new ArrayList<>();
        for (int x = 1; x <= last; x++) {
            xs.add(x);
        }
        return Collections.unmodifiableList(xs);
    }

    /** What the client's two order-makers write, every provider that they concern accepts. */
    @Test
    void theOrdersOfAPlanAreAccepted() {
        MemoryRing memory = new MemoryRing(5, 3, 2);
        UnaryOperator<Order> overTheWire = order -> Json.read("the order", Json.write(order), Order.class);
        try (Write.Plan plan = memory.plan(7, xs(3, 1, 2, 5, 4))) {
            for (ShareIndex x : plan.path()) {
                byte[] seed = plan.blindSeeds().get(x).copyToHeap();
                try (Session session = Session.accept(memory.ring, x, overTheWire.apply(Write.order(plan, x)))) {
                    assertThat(session.object()).isEqualTo(plan.object());
                    assertThat(session.id()).isEqualTo(plan.session());
                    assertThat(session.path()).isEqualTo(xs(3, 1, 2, 5, 4));
                    assertThat(session.homes()).isEqualTo(xs(3, 1, 2));
                    assertThat(session.blindSeed().orElseThrow().copyToHeap()).isEqualTo(seed);
                }
            }
        }
    }
}
