package dev.interlock.protocol;

import static dev.interlock.protocol.MemoryRing.xs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.Gf256;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Profile;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider of a (5,3) ring and the orders that it gets. */
final class SessionTest {
    private static final RingDescriptor RING = new MemoryRing(5, 3, 1).ring;
    private static final ShareIndex SELF = new ShareIndex(2);
    private static final String OBJECT = "00112233445566778899aabbccddeeff";
    private static final String SESSION = "ffeeddccbbaa99887766554433221100";

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
        String dealer;
        byte[] blind = new SeededRandom(1).bytes(Session.BLIND_SEED_BYTES);

        static Draft read() {
            return new Draft();
        }

        static Draft write() {
            Draft draft = new Draft();
            draft.kind = Order.Kind.WRITE;
            draft.path = List.of(4, 2, 5, 1, 3);
            draft.homes = List.of(4, 2);
            draft.dealer = "dealer1";
            return draft;
        }

        Order order() {
            return new Order(kind, protocol, profile, object, session, path, homes, length, dealer, blind);
        }
    }

    @Test
    void aReadIsAcceptedAsItWasOrdered() {
        try (Session session = Session.accept(RING, SELF, Draft.read().order())) {
            assertThat(session.kind()).isEqualTo(Order.Kind.READ);
            assertThat(session.object()).hasToString(OBJECT);
            assertThat(session.id()).hasToString(SESSION);
            assertThat(session.self()).isEqualTo(SELF);
            assertThat(session.route()).isEqualTo(Route.read(xs(4, 2, 5), new ShareIndex(4)));
            assertThat(session.stations())
                    .containsExactly(session.route().stations().get(1));
            assertThat(session.layout()).isEqualTo(new ChunkLayout(1000));
            assertThat(session.dealer()).isEmpty();
        }
    }

    @Test
    void aWriteIsAcceptedAsItWasOrdered() {
        try (Session session = Session.accept(RING, SELF, Draft.write().order())) {
            assertThat(session.kind()).isEqualTo(Order.Kind.WRITE);
            assertThat(session.path()).isEqualTo(xs(4, 2, 5, 1, 3));
            assertThat(session.homes()).isEqualTo(xs(4, 2));
            assertThat(session.route()).isEqualTo(Route.write(session.path(), session.homes()));
            assertThat(session.stations()).hasSize(2);
            assertThat(session.dealer()).contains("dealer1");
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
        draft.blind = new byte[0];
        try (Session session = Session.accept(RING, SELF, draft.order())) {
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
                read("protocol 1", "protocol 1 isn't served", d -> d.protocol = 1),
                write("protocol 2", "protocol 2 isn't served", d -> d.protocol = 2),
                read("protocol 0", "protocol 0 isn't served", d -> d.protocol = 0),
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
                        "four of five",
                        "goes through all 5 providers, the order names 4",
                        d -> d.path = List.of(4, 2, 5, 1)),
                write("nobody", "goes through all 5 providers, the order names 0", d -> d.path = List.of()),
                write("a home that isn't the first", "homes must be the first", d -> d.homes = List.of(2)),
                write("homes in another order", "homes must be the first", d -> d.homes = List.of(2, 4)),
                write("an unknown dealer", "has no dealer dealer2", d -> d.dealer = "dealer2"),
                write("a provider as dealer", "has no dealer cc1", d -> d.dealer = "cc1"),
                write("no dealer", "has no dealer", d -> d.dealer = null),
                // A read.
                read("two of three", "needs t = 3 providers, the order names 2", d -> d.path = List.of(4, 2)),
                read("nobody at all", "needs t = 3 providers, the order names 0", d -> d.path = List.of()),
                read("two homes", "has one home, the order names 2", d -> d.homes = List.of(4, 2)),
                read("a dealer", "a read has no dealer", d -> d.dealer = "dealer1"),
                read("home in the middle of S", "must be its first", d -> d.homes = List.of(2)),
                read("S without this provider", "no part for this provider", d -> d.path = List.of(4, 1, 5)),
                // The blind.
                read("no blind", "must have 32 bytes, not 0", d -> d.blind = new byte[0]),
                read("a short blind", "must have 32 bytes, not 31", d -> d.blind = new SeededRandom(2).bytes(31)),
                write("a long blind", "must have 32 bytes, not 33", d -> d.blind = new SeededRandom(3).bytes(33)),
                read("a blind for home alone", "must have 0 bytes, not 32", d -> {
                    d.homes = List.of(2);
                    d.path = List.of(4, 1, 5);
                }));
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

    /** A ring for study may allow the profile; no node serves it yet. */
    @Test
    void thePublishedProfileIsNotServedEvenWhereItIsAllowed() {
        try (SigningKey ringKey = new SigningKey(SecretBytes.random(32, new SeededRandom(4)))) {
            RingDescriptor study = RingDescriptor.open(RingDescriptor.assemble(
                    ringKey,
                    "study",
                    3,
                    Set.of(Profile.PUBLISHED, Profile.BLINDED),
                    RING.nodes().toList()));
            Draft draft = Draft.read();
            draft.profile = "published";
            assertThatThrownBy(() -> Session.accept(study, SELF, draft.order()))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the profile published isn't served");
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
        try (Write.Plan plan =
                Write.plan(memory.ring, memory.owner, 7, xs(3, 1, 2, 5, 4), 2, "dealer1", memory.random)) {
            for (ShareIndex x : plan.path()) {
                byte[] seed = plan.blindSeeds().get(x).copyToHeap();
                try (Session session = Session.accept(memory.ring, x, overTheWire.apply(Write.order(plan, x)))) {
                    assertThat(session.object()).isEqualTo(plan.object());
                    assertThat(session.id()).isEqualTo(plan.session());
                    assertThat(session.path()).isEqualTo(xs(3, 1, 2, 5, 4));
                    assertThat(session.homes()).isEqualTo(xs(3, 1));
                    assertThat(session.blindSeed().orElseThrow().copyToHeap()).isEqualTo(seed);
                }
            }
            assertThatThrownBy(() -> Write.order(plan, new ShareIndex(6)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the plan has no part for x = 6");
        }
    }
}
