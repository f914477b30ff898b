package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.BadInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** An object that moves from ring A into ring B stays closed to fewer than t of A together with fewer than t' of B. */
final class MoveTest {
    private static final Scheme THREE = new Scheme(3, Profile.BLINDED);
    private static final Scenario FIVE_TO_FOUR = Scenario.of(5, 3, THREE, 1).movedTo(4, 3);

    /** With so many of A in its hands, from none to t, the fewest of B that learn m. */
    private static List<Integer> sizes(Scenario scenario, Faults faults) {
        return Audit.all(scenario, 0, faults).stream()
                .map(finding -> finding.size().orElse(-1))
                .toList();
    }

    /** t' for all but the last: t of A need nobody of B. */
    private static List<Integer> closed(Scenario scenario) {
        return IntStream.rangeClosed(0, scenario.t())
                .mapToObj(before -> before < scenario.t() ? scenario.last().t() : 0)
                .toList();
    }

    static Stream<Scenario> moves() {
        return Stream.of(
                Scenario.of(3, 2, THREE, 0).movedTo(3, 2),
                Scenario.of(3, 2, THREE, 2).movedTo(4, 3),
                Scenario.of(4, 3, THREE, 2).movedTo(3, 2),
                Scenario.of(4, 4, THREE, 1).movedTo(5, 2),
                Scenario.of(5, 3, THREE, 2).movedTo(5, 3),
                Scenario.of(5, 3, THREE, 1).movedTo(7, 4),
                Scenario.of(4, 3, THREE, 1).withRepairs().movedTo(5, 3),
                Scenario.of(3, 2, THREE, 1)
                        .withRenewals(List.of(Work.Kind.REPLACE, Work.Kind.REFRESH))
                        .movedTo(4, 3),
                Scenario.of(4, 3, THREE, 1)
                        .withRenewals(List.of(Work.Kind.REFRESH))
                        .withRepairs()
                        .movedTo(4, 3));
    }

    @ParameterizedTest
    @MethodSource("moves")
    void fewerThanTOfEachRingTogetherLearnNothing(Scenario scenario) {
        assertThat(sizes(scenario, Faults.NONE)).isEqualTo(closed(scenario));
        assertThat(Audit.all(scenario, 0)).allSatisfy(finding -> {
            assertThat(finding.irregular()).isEmpty();
            assertThat(finding.sampled()).isFalse();
        });
    }

    @Test
    void withOneHonestDealerOfEachRing() {
        List<Finding> findings =
                Audit.all(Scenario.of(4, 3, THREE, 1).with(Dealers.alone(2)).movedTo(4, 2), 2);
        assertThat(findings)
                .extracting(finding -> finding.size().orElse(-1))
                // With none, one and two of the dealers: with none to three of A.
                .containsExactly(2, 2, 2, 0, 2, 2, 2, 0, 1, 0, 0, 0);
    }

    private static boolean learn(FormRing ring, List<Pass> passes, Views views, int coalition) {
        return views.reveal(
                passes.stream().map(pass -> views.of(pass, coalition)).toList());
    }

    /** Every coalition there is, without the search's shortcuts. */
    @ParameterizedTest
    @CsvSource({"3, 2, 3, 2", "3, 2, 4, 3", "4, 3, 3, 2", "4, 3, 5, 3", "5, 3, 5, 4"})
    void everyCoalition(int n, int t, int otherN, int otherT) {
        FormRing ring = new FormRing(Scenario.of(n, t, THREE, 0).movedTo(otherN, otherT), Faults.NONE);
        List<Pass> passes = new ArrayList<>(ring.move);
        passes.add(ring.write);
        for (int number = 1; number <= 2; number++) {
            passes.add(ring.read(1, number, s(number, t)));
            passes.add(ring.read(2, number, s(number, otherT)));
        }
        Views views = new Views(passes, ring.m);
        for (int coalition = 0; coalition < 1 << (n + otherN); coalition++) {
            int ofA = Integer.bitCount(coalition & ((1 << n) - 1));
            int ofB = Integer.bitCount(coalition >> n);
            assertThat(learn(ring, passes, views, coalition))
                    .as(Integer.toBinaryString(coalition))
                    .isEqualTo(ofA >= t || ofB >= otherT);
        }
    }

    private static List<Integer> s(int first, int size) {
        return IntStream.range(first, first + size).boxed().toList();
    }

    /** Whoever is in such a machine is in a provider of each. */
    @Test
    void machinesThatServeBothRingsCountInBoth() {
        FormRing ring = new FormRing(Scenario.of(5, 3, THREE, 0).movedTo(5, 4), Faults.NONE);
        List<Pass> passes = new ArrayList<>(ring.move);
        passes.add(ring.write);
        Views views = new Views(passes, ring.m);
        for (int machines = 0; machines < 1 << 5; machines++) {
            assertThat(learn(ring, passes, views, machines | machines << 5)).isEqualTo(Integer.bitCount(machines) >= 3);
        }
    }

    // --------------------------------------------------------------------------------------------------------- faults

    private static void leaks(Faults faults, List<Integer> sizes, String why) {
        List<Finding> findings = Audit.all(FIVE_TO_FOUR, 0, faults);
        assertThat(findings).extracting(finding -> finding.size().orElse(-1)).isEqualTo(sizes);
        assertThat(findings).anyMatch(finding -> finding.irregular().contains(why));
        assertThat(Report.text(findings).replaceAll("\\s+", " ")).contains("Against the protocol: " + why + ".");
    }

    @Test
    void nothingIsWrongWithoutAFault() {
        assertThat(sizes(FIVE_TO_FOUR, new Faults() {})).containsExactly(3, 3, 3, 0);
    }

    /** Deals to B what was dealt to A, from a_0 to so many coefficients. */
    private static Faults samePolynomial(int coefficients) {
        List<Form> first = new ArrayList<>();
        return new Faults() {
            @Override
            public List<Form> coefficients(String dealer, int generation, List<Form> drawn) {
                if (generation == 1) {
                    first.addAll(drawn);
                    return drawn;
                }
                return Stream.concat(
                                first.stream().limit(coefficients),
                                drawn.stream().skip(coefficients))
                        .toList();
            }
        };
    }

    @Test
    void thePolynomialOfAUsedForB() {
        leaks(
                samePolynomial(3),
                List.of(3, 2, 1, 0),
                "the dealer's polynomial in the move's write has a0, used before");
    }

    /** As in a refresh the shares don't combine; but then the old shares, were they kept, would open what B stores. */
    @Test
    void thePadOfAWithOtherSharesIsNamedThoughFewerThanTDontLearnM() {
        leaks(
                samePolynomial(1),
                List.of(3, 3, 3, 0),
                "the dealer's polynomial in the move's write has a0, used before");
    }

    @Test
    void aPadAndOneMoreCoefficientUsedAgain() {
        assertThat(sizes(FIVE_TO_FOUR, samePolynomial(2))).containsExactly(3, 3, 2, 0);
    }

    @Test
    void hopsOfBWithoutBlinds() {
        Faults bare = new Faults() {
            @Override
            public Blind<Form> blind(int read, ShareIndex at, Blind<Form> blind) {
                return read == ENTERING ? Blind.none() : blind;
            }
        };
        leaks(bare, List.of(1, 1, 1, 0), "the hop of B.cc2 in the move's write had no blind");
    }

    /** U passes on what leaves A as it is, behind A's blinds, which B's providers are then told. */
    @Test
    void theBlindsOfAHandedOnToB() {
        Map<ShareIndex, byte[]> last = new HashMap<>();
        Faults handedOn = new Faults() {
            @Override
            public Map<ShareIndex, SecretBytes> seeds(int pass, Map<ShareIndex, SecretBytes> drawn) {
                if (pass == LEAVING) {
                    last.clear();
                    drawn.forEach((x, seed) -> last.put(x, seed.copyToHeap()));
                }
                if (pass != ENTERING) {
                    return drawn;
                }
                Map<ShareIndex, SecretBytes> seeds = new HashMap<>(drawn);
                seeds.replaceAll((x, fresh) -> last.containsKey(x) ? SecretBytes.copyOf(last.get(x)) : fresh);
                return seeds;
            }
        };
        leaks(handedOn, List.of(3, 2, 1, 0), "the blind of B.cc3 in the move's write is B3.move10, used before");
    }

    // --------------------------------------------------------------------------------------------------------- limits

    private static void refused(ThrowingCallable scenario, String message) {
        assertThatThrownBy(scenario).isInstanceOf(BadInputException.class).hasMessage(message);
    }

    @Test
    void whatIsTooLargeOrDoesNotMoveIsRefused() {
        Scenario nine = Scenario.of(9, 5, THREE, 1);
        refused(() -> nine.movedTo(8, 5), "two rings are audited together with up to 16 providers, not 17");
        refused(() -> nine.movedTo(17, 5), "n is 17, must be in 2..16 for an audit");
        refused(() -> nine.movedTo(4, 5), "t is 5, must be in 2..4 with n = 4");
        refused(
                () -> Scenario.of(5, 3, THREE, 1)
                        .withRenewals(List.of(Work.Kind.REPLACE, Work.Kind.REFRESH))
                        .movedTo(7, 4),
                "all generations are audited together, with up to 21 shares, not 22");
        for (Scheme scheme : List.of(new Scheme(2, Profile.BLINDED), new Scheme(3, Profile.PUBLISHED))) {
            refused(
                    () -> Scenario.of(5, 3, scheme, 1).movedTo(5, 3),
                    "objects of protocol 3 move into another ring; of the blinded profile for an audit");
        }
        refused(
                () -> FIVE_TO_FOUR.with(Reads.exactly(List.of(List.of(1, 2, 3)))),
                "where an object moves, its reads go through whatever S is worst");
        refused(
                () -> FIVE_TO_FOUR.with(Dealers.providers(List.of(1, 2, 3))),
                "providers that deal and a move into another ring are audited one without the other");
    }
}
