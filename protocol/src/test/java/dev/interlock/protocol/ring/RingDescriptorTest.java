package dev.interlock.protocol.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.RingId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RingDescriptorTest {
    private static final byte[] FILE = assemble(2, Cards.ring(3));
    private static final String TEXT = new String(FILE, StandardCharsets.UTF_8);
    private static final String JSON = TEXT.substring(0, TEXT.indexOf("\n-- "));

    private static byte[] assemble(int t, List<NodeCard> cards) {
        return RingDescriptor.assemble(Cards.RING_KEY, "demo", t, Set.of(Profile.BLINDED), cards);
    }

    /** Validly signed, whatever it says. */
    private static RingDescriptor open(String json) {
        return RingDescriptor.open(
                SignedDocument.sign(Purpose.RING_DESCRIPTOR, json.getBytes(StandardCharsets.UTF_8), Cards.RING_KEY));
    }

    @Test
    void aDescriptorIsReadAgainAsItWasAssembled() {
        RingDescriptor ring = RingDescriptor.open(FILE);
        assertThat(ring.name()).isEqualTo("demo");
        assertThat(ring.epoch()).isEqualTo(1);
        assertThat(ring.threshold()).isEqualTo(new Threshold(2, 3));
        assertThat(ring.id()).isEqualTo(RingId.of(Cards.RING_KEY.verifyingKey()));
        assertThat(ring.providers())
                .containsExactly(
                        new Provider(new ShareIndex(1), Cards.provider(1)),
                        new Provider(new ShareIndex(2), Cards.provider(2)),
                        new Provider(new ShareIndex(3), Cards.provider(3)));
        assertThat(ring.dealers()).containsExactly(Cards.dealer(1));
        assertThat(ring.allows(Profile.BLINDED)).isTrue();
        assertThat(ring.allows(Profile.PUBLISHED)).isFalse();
    }

    @Test
    void providersAndDealersAreFoundByWhatNamesThem() {
        RingDescriptor ring = RingDescriptor.open(FILE);
        assertThat(ring.provider(new ShareIndex(2)).name()).isEqualTo("cc2");
        assertThat(ring.provider("cc3")).map(Provider::x).contains(new ShareIndex(3));
        assertThat(ring.provider("dealer1")).isEmpty();
        assertThat(ring.node("dealer1")).contains(Cards.dealer(1));
        assertThat(ring.dealer("dealer1")).isEqualTo(Cards.dealer(1));
        assertThat(ring.keys().apply(new ShareIndex(1))).isEqualTo(Cards.key(1).verifyingKey());
        assertThatThrownBy(() -> ring.provider(new ShareIndex(4)))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the ring demo has no provider with x = 4");
        assertThatThrownBy(() -> ring.keys().apply(new ShareIndex(254))).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> ring.dealer("cc1"))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the ring demo has no dealer cc1");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 254})
    void theSmallestAndTheLargestRingAreFine(int n) {
        assertThat(RingDescriptor.open(assemble(n, Cards.ring(n))).threshold()).isEqualTo(new Threshold(n, n));
        assertThat(RingDescriptor.open(assemble(2, Cards.ring(n))).threshold()).isEqualTo(new Threshold(2, n));
    }

    /** x needn't count from 1: in later epochs providers come and go, and no x comes twice. */
    @Test
    void anyXOf1To254IsFine() {
        RingDescriptor ring = open(JSON.replace("\"x\" : 1,", "\"x\" : 254,").replace("\"x\" : 3,", "\"x\" : 77,"));
        assertThat(ring.providers().stream().map(p -> p.x().x())).containsExactly(254, 2, 77);
    }

    @Test
    void severalDealersAndBothProfilesAreFine() {
        List<NodeCard> cards = new ArrayList<>(Cards.ring(3));
        cards.add(Cards.dealer(2));
        RingDescriptor ring = RingDescriptor.open(
                RingDescriptor.assemble(Cards.RING_KEY, "study", 2, Set.of(Profile.BLINDED, Profile.PUBLISHED), cards));
        assertThat(ring.dealers()).containsExactly(Cards.dealer(1), Cards.dealer(2));
        assertThat(ring.allows(Profile.PUBLISHED)).isTrue();
    }

    // ------------------------------------------------------------------------------------------------- the signature

    @Test
    void everyChangedByteIsRejected() {
        for (int i = 0; i < FILE.length; i++) {
            byte[] changed = FILE.clone();
            changed[i] ^= (byte) (i % 2 == 0 ? 1 : 0x80);
            try {
                RingDescriptor.open(changed);
                fail("byte %d doesn't matter", i);
            } catch (MalformedException | BadSignatureException e) {
                assertThat(e.getMessage()).isNotEmpty();
            }
        }
    }

    @Test
    void aDescriptorWithoutItsSignatureLineIsRejected() {
        for (String text : List.of(JSON, JSON + "\n", TEXT.substring(0, TEXT.length() - 1), TEXT + "\n", "")) {
            assertThatThrownBy(() -> RingDescriptor.open(text.getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the ring descriptor has no signature line (\"-- ed25519:…\") at its end:"
                            + " is the file whole?");
        }
        for (String line : List.of("-- \n", "-- x\n", "-- " + Cards.RING_KEY.verifyingKey() + "\n", "-- a b c\n")) {
            assertThatThrownBy(() -> RingDescriptor.open((JSON + "\n" + line).getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the ring descriptor has a malformed signature line");
        }
    }

    @Test
    void aSignatureLineOfAnotherSignerIsRejected() {
        String stranger = Cards.key(9).verifyingKey().toString();
        String other = TEXT.replace("-- " + Cards.RING_KEY.verifyingKey(), "-- " + stranger);
        assertThat(other).isNotEqualTo(TEXT);
        assertThatThrownBy(() -> RingDescriptor.open(other.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageStartingWith("the ring descriptor signature wasn't made with the key " + stranger);
    }

    /** Anyone may sign a descriptor, but then it is that of another ring. */
    @Test
    void theSameTextUnderAnotherKeyIsAnotherRing() {
        byte[] other =
                SignedDocument.sign(Purpose.RING_DESCRIPTOR, JSON.getBytes(StandardCharsets.UTF_8), Cards.key(9));
        assertThat(RingDescriptor.open(other).id())
                .isNotEqualTo(RingDescriptor.open(FILE).id());
    }

    @Test
    void aSignatureForAnotherPurposeIsRejected() {
        byte[] card = SignedDocument.sign(Purpose.NODE_CARD, JSON.getBytes(StandardCharsets.UTF_8), Cards.RING_KEY);
        assertThatThrownBy(() -> RingDescriptor.open(card)).isInstanceOf(BadSignatureException.class);
    }

    // ------------------------------------------------------------------------------- validly signed, and yet not sound

    private static Arguments fault(String what, String fault, UnaryOperator<String> in) {
        return Arguments.of(what, fault, in);
    }

    private static UnaryOperator<String> replace(String there, String then) {
        return json -> {
            assertThat(json).contains(there);
            return json.replace(there, then);
        };
    }

    static Stream<Arguments> unsound() {
        return Stream.of(
                fault("another format", "this is no \"interlock ring 1\"", replace("ring 1\"", "ring 2\"")),
                fault("no name", "a node's name has 1 to 32", replace("\"demo\"", "\"\"")),
                fault("a name with a line break", "a node's name has 1 to 32", replace("\"demo\"", "\"a\\nb\"")),
                fault("epoch 0", "the epoch 0 must be at least 1", replace("\"epoch\" : 1", "\"epoch\" : 0")),
                fault("epoch −1", "the epoch -1 must be at least 1", replace("\"epoch\" : 1", "\"epoch\" : -1")),
                fault("half an epoch", "the field epoch", replace("\"epoch\" : 1", "\"epoch\" : 1.5")),
                fault("t = 4 of 3", "t is 4 of n = 3", replace("\"threshold\" : 2", "\"threshold\" : 4")),
                fault("t = 1", "t is 1 of n = 3", replace("\"threshold\" : 2", "\"threshold\" : 1")),
                fault("t = 0", "t is 0 of n = 3", replace("\"threshold\" : 2", "\"threshold\" : 0")),
                fault("t = −2", "t is -2 of n = 3", replace("\"threshold\" : 2", "\"threshold\" : -2")),
                fault("t = \"2\"", "the field threshold", replace("\"threshold\" : 2", "\"threshold\" : \"2\"")),
                fault("no profile", "at least one profile", replace("[ \"blinded\" ]", "[ ]")),
                fault("an unknown profile", "\"published\" or \"blinded\"", replace("\"blinded\"", "\"plain\"")),
                fault("profile null", "profiles[0] is null", replace("\"blinded\"", "null")),
                fault("x = 0", "0, must be in 1..254", replace("\"x\" : 2,", "\"x\" : 0,")),
                fault("x = 255", "255, must be in 1..254", replace("\"x\" : 2,", "\"x\" : 255,")),
                fault("x = 258, which is 2 as a byte", "258, must be in", replace("\"x\" : 2,", "\"x\" : 258,")),
                fault("x = −1", "-1, must be in 1..254", replace("\"x\" : 2,", "\"x\" : -1,")),
                fault("x twice", "the same x-coordinate 1", replace("\"x\" : 2,", "\"x\" : 1,")),
                fault("a name twice", "the same name cc1", replace("\"cc2\"", "\"cc1\"")),
                fault("a dealer named as a provider", "the same name cc1", replace("\"dealer1\"", "\"cc1\"")),
                fault("an address twice", "the same address 127.0.0.1:7001", replace(":7002", ":7001")),
                fault("a dealer at a provider's", "the same address 127.0.0.1:7001", replace(":8001", ":7001")),
                fault("a TLS pin twice", "the same TLS pin " + Cards.pin(1), replace(Cards.pin(2), Cards.pin(1))),
                fault(
                        "a signing key twice",
                        "the same signing key " + Cards.key(1).verifyingKey(),
                        replace(
                                Cards.key(2).verifyingKey().toString(),
                                Cards.key(1).verifyingKey().toString())),
                fault(
                        "the dealer's key a provider's",
                        "the same signing key " + Cards.key(1).verifyingKey(),
                        replace(
                                Cards.key(1001).verifyingKey().toString(),
                                Cards.key(1).verifyingKey().toString())),
                fault(
                        "a provider as dealer",
                        "dealer1 isn't a dealer's card",
                        json -> json.replace("\"dealer\"", "\"provider\"")
                                .replace("\"sealing\" : null", "\"sealing\" : \"x25519:" + Cards.pin(9) + "\"")),
                fault(
                        "a dealer as provider",
                        "cc1 isn't a provider's card",
                        json -> json.replaceFirst("\"role\" : \"provider\"", "\"role\" : \"dealer\"")
                                .replaceFirst("\"sealing\" : \"[^\"]*\"", "\"sealing\" : null")),
                fault("a stranger that deals", "cc4 is to deal and isn't a provider of it", dealing("\"cc4\"")),
                fault("a dealer that deals twice", "dealer1 is to deal and isn't", dealing("\"dealer1\"")),
                fault("a provider that deals twice", "named twice among those that deal", dealing("\"cc1\", \"cc1\"")),
                fault("no field for who deals", "the field dealing is missing", replace(",\n  \"dealing\" : [ ]", "")),
                fault(
                        "too few providers that alone deal",
                        "at least t = 2 of them must: 1 together would know every pad",
                        json -> withoutDealers(json).replace("\"dealing\" : [ ]", "\"dealing\" : [ \"cc3\" ]")),
                fault("no dealer", "the ring has no dealer", RingDescriptorTest::withoutDealers),
                fault("an unknown role", "providers[0].card.role", replace("\"provider\"", "\"home\"")),
                fault("a card of another format", "\"interlock card 1\"", replace("card 1\"", "card 2\"")),
                fault("an address without a port", "must be host:port", replace("127.0.0.1:7002", "127.0.0.1")),
                fault("a short TLS pin", "TLS pin of cc2", replace(Cards.pin(2), "02")),
                fault("no key", "a public key is written", replace(Cards.key(2).verifyingKey() + "", "")),
                fault(
                        "an unknown field",
                        "unknown field, colour",
                        replace("{\n  \"format\"", "{ \"colour\" : 1, \"format\"")),
                fault(
                        "an unknown field in a card",
                        "unknown field, providers[1].card.colour",
                        replace("\"name\" : \"cc2\"", "\"name\" : \"cc2\", \"colour\" : 1")),
                fault("a field twice", "a field twice", replace("\"epoch\" : 1", "\"epoch\" : 1, \"epoch\" : 2")),
                fault(
                        "a card's field twice",
                        "a field twice",
                        replace("\"name\" : \"cc2\"", "\"name\" : \"cc2\", \"name\" : \"cc2\"")),
                fault("a field missing", "the field epoch is missing", replace("\"epoch\" : 1,", "")),
                fault("x missing", "the field providers[0].x is missing", replace("\"x\" : 1,", "")),
                fault("a card's field missing", "providers[1].card.name", replace("\"name\" : \"cc2\",", "")),
                fault("a field null", "the field name is null", replace("\"demo\"", "null")),
                fault("providers null", "the field providers is null", RingDescriptorTest::withoutProviders),
                fault("something behind it", "isn't one JSON object", json -> json + "{}"),
                fault("a comment", "it isn't JSON, at line ", json -> json.replaceFirst("\\{", "{ // sound\n")),
                fault("nothing", "isn't one JSON object", json -> ""));
    }

    private static String withoutDealers(String json) {
        return json.substring(0, json.indexOf("\"dealers\""))
                + "\"dealers\" : [ ],\n  \"dealing\" : [ ],\n  \"history\" : null\n}";
    }

    private static UnaryOperator<String> dealing(String names) {
        return replace("\"dealing\" : [ ]", "\"dealing\" : [ " + names + " ]");
    }

    private static String withoutProviders(String json) {
        return json.substring(0, json.indexOf("\"providers\"")) + "\"providers\" : null, "
                + json.substring(json.indexOf("\"dealers\""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unsound")
    void anUnsoundDescriptorIsRejectedByTheNameOfItsFault(String what, String fault, UnaryOperator<String> in) {
        assertThatThrownBy(() -> open(in.apply(JSON)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(fault)
                .message()
                .matches("[\\x20-\\x7E]+");
    }

    @Test
    void providersMayDealAloneWhereTOfThemDo() {
        List<NodeCard> cards = Cards.ring(3).subList(0, 3);
        RingDescriptor ring = RingDescriptor.open(RingDescriptor.assemble(
                Cards.RING_KEY, "demo", 2, Set.of(Profile.BLINDED), cards, List.of("cc3", "cc1")));
        assertThat(ring.dealers()).containsExactly(Cards.provider(3), Cards.provider(1));
        assertThat(ring.nodes()).containsExactlyElementsOf(cards);
        assertThat(ring.dealtByProviders()).isTrue();
        assertThat(ring.dealer("cc3")).isEqualTo(Cards.provider(3));
        assertThat(ring.providers().stream().map(ring::deals)).containsExactly(true, false, true);
        assertThatThrownBy(() -> ring.dealer("cc2")).hasMessageContaining("has no dealer cc2");
    }

    @Test
    void oneProviderMayDealBesideADealer() {
        RingDescriptor ring = RingDescriptor.open(RingDescriptor.assemble(
                Cards.RING_KEY, "demo", 3, Set.of(Profile.BLINDED), Cards.ring(3), List.of("cc2")));
        assertThat(ring.dealers()).containsExactly(Cards.dealer(1), Cards.provider(2));
        assertThat(ring.nodes()).hasSize(4);
        assertThat(ring.dealtByProviders()).isFalse();
    }

    // --------------------------------------------------------------------------------------------------- assembling it

    private static void cannotForm(int t, List<NodeCard> cards, String fault) {
        assertThatThrownBy(() -> assemble(t, cards))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(fault);
    }

    @Test
    void cardsThatCantFormTheRingAreRejectedBeforeItIsSigned() {
        cannotForm(4, Cards.ring(3), "t is 4 of n = 3");
        cannotForm(1, Cards.ring(3), "t is 1 of n = 3");
        cannotForm(2, Cards.ring(1), "n is 1");
        cannotForm(2, Cards.ring(255), "n is 255");
        cannotForm(2, List.of(), "n is 0");
        cannotForm(2, Cards.ring(3).subList(0, 3), "the ring has no dealer");
        cannotForm(2, with(Cards.provider(1)), "the same name cc1");
        cannotForm(2, with(Cards.dealer(1)), "the same name dealer1");
        cannotForm(2, with(Cards.node(Role.PROVIDER, "cc4", 1)), "the same address 127.0.0.1:7001");
        NodeCard samePin = NodeCard.of(
                Role.PROVIDER,
                "cc4",
                "127.0.0.1:7004",
                Cards.pin(1),
                Cards.key(4).verifyingKey(),
                Cards.sealing(Role.PROVIDER, 4));
        cannotForm(2, with(samePin), "the same TLS pin");
        NodeCard sameKey = NodeCard.of(
                Role.PROVIDER,
                "cc4",
                "127.0.0.1:7004",
                Cards.pin(4),
                Cards.key(1).verifyingKey(),
                Cards.sealing(Role.PROVIDER, 4));
        cannotForm(2, with(sameKey), "the same signing key");
        NodeCard sameSealing = NodeCard.of(
                Role.PROVIDER,
                "cc4",
                "127.0.0.1:7004",
                Cards.pin(4),
                Cards.key(4).verifyingKey(),
                Cards.sealing(Role.PROVIDER, 1));
        cannotForm(2, with(sameSealing), "the same sealing key");
        assertThatThrownBy(() -> RingDescriptor.assemble(Cards.RING_KEY, "demo", 2, Set.of(), Cards.ring(3)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("at least one profile");
        assertThatThrownBy(() ->
                        RingDescriptor.assemble(Cards.RING_KEY, "My Ring", 2, Set.of(Profile.BLINDED), Cards.ring(3)))
                .isInstanceOf(MalformedException.class);
    }

    private static List<NodeCard> with(NodeCard another) {
        List<NodeCard> cards = new ArrayList<>(Cards.ring(3));
        cards.add(another);
        return cards;
    }

    /** x follows the order of the providers' cards; dealers may stand anywhere among them. */
    @Test
    void dealersDontTakeAnX() {
        List<NodeCard> cards = List.of(Cards.provider(5), Cards.dealer(1), Cards.provider(4));
        try (SigningKey key = Cards.key(1)) {
            RingDescriptor ring =
                    RingDescriptor.open(RingDescriptor.assemble(key, "demo", 2, Set.of(Profile.BLINDED), cards));
            assertThat(ring.providers())
                    .containsExactly(
                            new Provider(new ShareIndex(1), Cards.provider(5)),
                            new Provider(new ShareIndex(2), Cards.provider(4)));
        }
    }

    // ---------------------------------------------------------------------------------------------------- its epochs

    private static RingDescriptor next(RingDescriptor ring, int t, Set<String> retired, NodeCard... added) {
        return RingDescriptor.open(ring.next(Cards.RING_KEY, t, retired, List.of(added), Optional.empty()));
    }

    /** cc4 comes with the second epoch, cc1 leaves with the third, cc5 and another dealer take its place in the fourth. */
    @Test
    void aRingThatChangesKnowsWhatItWas() {
        RingDescriptor first = RingDescriptor.open(FILE);
        RingDescriptor second = next(first, 3, Set.of(), Cards.provider(4));
        RingDescriptor third = next(second, 2, Set.of("cc1"));
        RingDescriptor fourth = next(third, 2, Set.of("dealer1"), Cards.provider(5), Cards.dealer(2));

        assertThat(fourth.epoch()).isEqualTo(4);
        assertThat(fourth.isCurrent()).isTrue();
        assertThat(fourth.id()).isEqualTo(first.id());
        assertThat(fourth.providers().stream().map(Provider::name)).containsExactly("cc2", "cc3", "cc4", "cc5");
        assertThat(fourth.dealers()).containsExactly(Cards.dealer(2));
        assertThat(fourth.epochs().stream().map(RingDescriptor::epoch)).containsExactly(1, 2, 3, 4);
        for (RingDescriptor was : List.of(first, second, third)) {
            RingDescriptor known = fourth.at(was.epoch());
            assertThat(known.providers()).isEqualTo(was.providers());
            assertThat(known.dealers()).isEqualTo(was.dealers());
            assertThat(known.threshold()).isEqualTo(was.threshold());
            assertThat(known.isCurrent()).isFalse();
            assertThat(known.at(4)).isSameAs(fourth);
        }
        assertThat(fourth.everyProvider().stream().map(Provider::name))
                .containsExactlyInAnyOrder("cc1", "cc2", "cc3", "cc4", "cc5");
        assertThat(fourth.everyNode()).hasSize(7);
        assertThat(fourth.everProvider("cc1")).contains(first.providers().getFirst());
        assertThat(fourth.provider("cc1")).isEmpty();
        assertThatThrownBy(() -> first.at(2))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("get the ring's new descriptor");
    }

    @Test
    void aNodeThatMovedIsTheSameInEveryEpoch() {
        RingDescriptor before = RingDescriptor.open(FILE);
        NodeCard moved = Cards.provider(2).movedTo("[::1]:9002");
        byte[] document = before.next(Cards.RING_KEY, 2, Set.of(), List.of(moved), Optional.empty());
        RingDescriptor next = RingDescriptor.open(document);
        assertThat(next.epoch()).isEqualTo(2);
        assertThat(next.provider(moved.name()).orElseThrow())
                .isEqualTo(
                        new Provider(before.provider(moved.name()).orElseThrow().x(), moved));
        assertThat(next.at(1).node(moved.name())).hasValue(moved);
        assertThat(next.everyNode()).hasSize(4);
        assertThat(next.continues(before)).isTrue();
        assertThat(before.continues(next)).isFalse();
        // Another key under the same name is another node.
        cannotGoOn(
                () -> before.next(
                        Cards.RING_KEY,
                        2,
                        Set.of(),
                        List.of(Cards.node(Role.PROVIDER, moved.name(), 77)),
                        Optional.empty()),
                "the ring has or had a node with the same name");
    }

    @Test
    void twoSpellingsOfOneAddressAreOneAddress() {
        List<NodeCard> cards = new ArrayList<>(Cards.ring(3));
        cards.set(0, Cards.provider(1).movedTo("localhost:9001"));
        cards.set(1, Cards.provider(2).movedTo("LOCALHOST:9001"));
        cannotForm(2, cards, "two nodes of the ring have the same address localhost:9001");
    }

    @Test
    void noXAndNoNameIsGivenTwice() {
        RingDescriptor without3 = next(RingDescriptor.open(FILE), 2, Set.of("cc3"));
        assertThat(next(without3, 2, Set.of(), Cards.provider(4)).providers().getLast())
                .isEqualTo(new Provider(new ShareIndex(4), Cards.provider(4)));
        cannotGoOn(() -> next(without3, 2, Set.of(), Cards.provider(3)), "the same name cc3");
        cannotGoOn(() -> next(without3, 2, Set.of(), Cards.node(Role.PROVIDER, "cc9", 3)), "the same TLS pin");
    }

    @Test
    void whatCantBeARingIsNotSigned() {
        RingDescriptor ring = RingDescriptor.open(FILE);
        cannotGoOn(() -> next(ring, 2, Set.of("cc7")), "no node cc7");
        cannotGoOn(() -> next(ring, 3, Set.of("cc1")), "t is 3 of n = 2");
        cannotGoOn(() -> next(ring, 2, Set.of("dealer1")), "the ring has no dealer");
        cannotGoOn(
                () -> ring.next(Cards.key(3), 2, Set.of(), List.of(Cards.provider(4)), Optional.empty()),
                "isn't that of the ring");
        RingDescriptor second = next(ring, 2, Set.of(), Cards.provider(4));
        cannotGoOn(() -> next(second.at(1), 2, Set.of(), Cards.provider(5)), "from its last epoch, 2");
    }

    private static void cannotGoOn(Runnable change, String fault) {
        assertThatThrownBy(change::run).isInstanceOf(MalformedException.class).hasMessageContaining(fault);
    }

    @Test
    void aHistoryThatDoesntFitIsRejected() {
        byte[] document = next(RingDescriptor.open(FILE), 2, Set.of("cc3"), Cards.provider(4))
                .next(Cards.RING_KEY, 2, Set.of(), List.of(Cards.provider(5)), Optional.empty());
        String text = new String(document, StandardCharsets.UTF_8);
        String json = text.substring(0, text.indexOf("\n-- "));
        open(json);
        String[][] faults = {
            {"\"epoch\" : 1,", "\"epoch\" : 3,", "isn't one before 3"},
            {"\"epoch\" : 1,", "\"epoch\" : 2,", "is there twice"},
            {"\"cc1\", \"cc2\", \"cc3\"", "\"cc1\", \"cc2\", \"cc8\"", "names cc8"},
            {"\"cc1\", \"cc2\", \"cc3\"", "\"cc1\", \"cc2\"", "cc3 was in no earlier epoch"},
            {"\"x\" : 3,", "\"x\" : 4,", "the same x-coordinate 4"},
        };
        for (String[] fault : faults) {
            assertThat(json).contains(fault[0]);
            assertThatThrownBy(() -> open(json.replaceFirst(fault[0], fault[1])))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining(fault[2]);
        }
    }
}
