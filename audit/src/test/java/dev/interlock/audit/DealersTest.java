package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.BadInputException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One honest dealer of several is enough; without one, t providers that deal are. */
final class DealersTest {
    private static final Scheme THREE = new Scheme(3, Profile.BLINDED);
    private static final Scheme TWO = new Scheme(2, Profile.BLINDED);
    private static final List<Work.Kind> BOTH = List.of(Work.Kind.REPLACE, Work.Kind.REFRESH);

    /** Nothing but a write; reads; repairs; renewals; all of them. */
    static Stream<Scenario> lives() {
        return Stream.of(new int[] {3, 2}, new int[] {4, 3}, new int[] {5, 3}).flatMap(ring -> {
            Scenario read = Scenario.of(ring[0], ring[1], THREE, 1);
            return Stream.of(
                    Scenario.of(ring[0], ring[1], THREE, 0),
                    Scenario.of(ring[0], ring[1], THREE, 2),
                    read.withRepairs(),
                    read.withRenewals(BOTH),
                    read.withRenewals(BOTH.reversed()),
                    read.withRenewals(List.of(Work.Kind.REFRESH)).withRepairs());
        });
    }

    /** With so many dealers in its hands, from none, the fewest providers that learn m. */
    private static List<Integer> sizes(Scenario scenario, Faults faults) {
        return Audit.all(scenario, scenario.dealers().alone(), faults).stream()
                .map(finding -> finding.size().orElse(-1))
                .toList();
    }

    private static List<Integer> sizes(Scenario scenario) {
        return sizes(scenario, Faults.NONE);
    }

    @ParameterizedTest
    @MethodSource("lives")
    void allDealersButOneAndFewerThanTProvidersLearnNothing(Scenario scenario) {
        int t = scenario.t();
        assertThat(sizes(scenario.with(Dealers.alone(2)))).containsExactly(t, t, 1);
        if (scenario.renewals().isEmpty()) {
            assertThat(sizes(scenario.with(Dealers.alone(3)))).containsExactly(t, t, t, 1);
        }
    }

    /** It is trusted to forget what it dealt. */
    @ParameterizedTest
    @MethodSource("lives")
    void oneDealerAndAnyHomeLearnM(Scenario scenario) {
        assertThat(sizes(scenario)).containsExactly(scenario.t(), 1);
        List<List<String>> two =
                Audit.all(scenario.with(Reads.worst(0)), 1).getLast().coalitions();
        String generation = scenario.renewals().isEmpty() ? "" : "/1";
        assertThat(two).contains(List.of("cc1" + generation, "dealer1" + generation));
    }

    @Test
    void dealersAloneLearnNothing() {
        for (Finding finding : Audit.all(Scenario.of(4, 3, THREE, 1).with(Dealers.alone(2)), 2)) {
            assertThat(finding.size()).isNotEmpty();
            assertThat(finding.size().getAsInt()).isPositive();
        }
    }

    /** No home, but the last of the write sends the ciphertext, and the first of a read gets it; of (5, 3) cc4 is neither. */
    @Test
    void whoSeesTheCiphertextIsEnoughForAllDealers() {
        Scenario scenario = Scenario.of(5, 3, THREE, 0).with(Dealers.alone(2));
        assertThat(Audit.all(scenario, 2).getLast().coalitions())
                .extracting(List::getFirst)
                .containsExactlyInAnyOrder("cc1", "cc2", "cc3", "cc5");
        Scenario read = scenario.with(Reads.exactly(List.of(List.of(4, 2, 3))));
        assertThat(Audit.all(read, 2).getLast().coalitions())
                .extracting(List::getFirst)
                .containsExactlyInAnyOrder("cc1", "cc2", "cc3", "cc4", "cc5");
    }

    @Test
    void theUsersKeyOfProtocol2ClosesItToAllDealersToo() {
        Scenario scenario = Scenario.of(4, 3, TWO, 1).with(Dealers.alone(2));
        assertThat(sizes(scenario)).containsExactly(-1, -1, -1);
        assertThat(sizes(scenario.withUserKey())).containsExactly(3, 3, 1);
    }

    /** The claims over every coalition there is, without the search's shortcuts. */
    @ParameterizedTest
    @CsvSource({"3, 2, 2", "3, 2, 3", "4, 3, 2", "4, 3, 3", "5, 3, 2", "5, 3, 3"})
    void everyCoalition(int n, int t, int dealers) {
        FormRing ring = new FormRing(Scenario.of(n, t, THREE, 0).with(Dealers.alone(dealers)), Faults.NONE);
        List<Pass> passes = List.of(
                ring.write,
                ring.read(1, 1, IntStream.rangeClosed(1, t).boxed().toList()),
                ring.read(1, 2, IntStream.rangeClosed(n - t + 1, n).boxed().toList()));
        Views views = new Views(passes, ring.m);
        int all = (1 << dealers) - 1;
        for (int coalition = 0; coalition < 1 << (n + dealers); coalition++) {
            int members = coalition;
            int providers = coalition & ((1 << n) - 1);
            boolean learns = views.reveal(
                    passes.stream().map(pass -> views.of(pass, members)).toList());
            boolean everyDealing = coalition >> n == all;
            // Homes are the first n−t+1; cc_n sent them what they hold, and cc_{n−t+1} is the first of the second read.
            boolean ciphertext = (providers & ((1 << (n - t + 1)) - 1 | 1 << (n - 1))) != 0;
            assertThat(learns)
                    .as(Integer.toBinaryString(coalition))
                    .isEqualTo(Integer.bitCount(providers) >= t || (everyDealing && ciphertext));
        }
    }

    /** Who knows all of δ makes shares of the new generation out of old ones: a refresh needs an honest dealer as well. */
    @Test
    void allDealersOfARefreshLetOldAndNewSharesCombine() {
        FormRing ring = new FormRing(
                Scenario.of(5, 3, THREE, 0).with(Dealers.alone(2)).withRenewals(List.of(Work.Kind.REFRESH)),
                Faults.NONE);
        assertThat(learn(ring, "cc1/1", "cc2/1", "cc3/2", "dealer1/2", "dealer2/2"))
                .isTrue();
        assertThat(learn(ring, "cc1/1", "cc2/1", "cc3/2", "cc4/2", "dealer1/2")).isFalse();
        assertThat(learn(ring, "cc1/1", "cc2/1", "cc3/2", "cc4/2", "dealer2/1", "dealer1/2"))
                .isFalse();
    }

    private static boolean learn(FormRing ring, String... coalition) {
        List<String> names = List.of(coalition);
        int members = Stream.concat(ring.providers.stream(), ring.dealers.stream())
                .filter(party -> names.contains(party.name()))
                .mapToInt(Party::mask)
                .sum();
        assertThat(Integer.bitCount(members)).isEqualTo(coalition.length);
        List<Pass> passes = List.of(ring.write, ring.renewals.getFirst());
        Views views = new Views(passes, ring.m);
        return views.reveal(passes.stream().map(pass -> views.of(pass, members)).toList());
    }

    // -------------------------------------------------------------------------------------------- providers that deal

    @ParameterizedTest
    @MethodSource("lives")
    void amongTProvidersThatDealOneIsHonest(Scenario scenario) {
        for (int deal = scenario.t(); deal <= scenario.n(); deal++) {
            Dealers dealers =
                    Dealers.providers(IntStream.rangeClosed(1, deal).boxed().toList());
            Finding finding = Audit.run(scenario.with(dealers));
            assertThat(finding.size()).hasValue(scenario.t());
            assertThat(finding.irregular()).isEmpty();
        }
    }

    /** Such a ring is refused. */
    @ParameterizedTest
    @MethodSource("lives")
    void fewerThanTThatDealLearnM(Scenario scenario) {
        int t = scenario.t();
        Dealers dealers =
                Dealers.providers(IntStream.rangeClosed(1, t - 1).boxed().toList());
        Finding finding = Audit.run(scenario.with(dealers));
        assertThat(finding.size()).hasValue(t - 1);
        assertThat(finding.leaks()).isTrue();
        assertThat(finding.coalitions().getFirst())
                .hasSameSizeAs(dealers.names())
                .allMatch(name -> dealers.names().stream().anyMatch(name::startsWith));
        assertThat(Report.text(finding).replaceAll("\\s+", " "))
                .contains("a ring needs at least t = " + t + " providers that deal.");
    }

    @Test
    void providersAndADealerOfItsOwnMayDealTogether() {
        Scenario scenario = Scenario.of(5, 3, THREE, 1);
        assertThat(sizes(scenario.with(new Dealers(1, List.of(1, 2))))).containsExactly(3, 2);
        assertThat(sizes(scenario.with(new Dealers(1, List.of(1, 2, 3))))).containsExactly(3, 3);
    }

    // --------------------------------------------------------------------------------------------------------- faults

    @Test
    void aPolynomialOfTooLowDegreeOpensToThoseWithTheOtherDealers() {
        Faults low = new Faults() {
            @Override
            public List<Form> coefficients(String dealer, int generation, List<Form> drawn) {
                return dealer.equals("dealer1") ? drawn.subList(0, 2) : drawn;
            }
        };
        Scenario scenario = Scenario.of(5, 3, THREE, 1).with(Dealers.alone(2));
        assertThat(sizes(scenario, low)).containsExactly(3, 2, 1);
        assertThat(Audit.run(scenario, low).irregular())
                .contains("the polynomial of dealer1 has 2 coefficients, t = 3 are due");
    }

    /** Takes what one dealer drew for the next one, too. */
    private static Faults copied(String from, String to) {
        Map<Integer, List<Form>> kept = new HashMap<>();
        return new Faults() {
            @Override
            public List<Form> coefficients(String dealer, int generation, List<Form> drawn) {
                if (dealer.equals(from)) {
                    kept.put(generation, drawn);
                }
                return dealer.equals(to) ? kept.getOrDefault(generation, drawn) : drawn;
            }
        };
    }

    @Test
    void twoDealersWithOneGeneratorCancelEachOther() {
        Scenario scenario = Scenario.of(5, 3, THREE, 0);
        Finding two = Audit.run(scenario.with(Dealers.alone(2)), copied("dealer1", "dealer2"));
        assertThat(two.size()).hasValue(1);
        assertThat(two.irregular()).contains("the polynomial of dealer2 in the write has a0[dealer1], used before");
        // Of three, the third alone is the pad.
        assertThat(sizes(scenario.with(Dealers.alone(3)), copied("dealer1", "dealer2")))
                .containsExactly(3, 1, 1, 1);
    }

    /** Then the third one's polynomial is all that is left. */
    @Test
    void twoProvidersThatDealTheSameLeaveItToAThird() {
        Scenario scenario = Scenario.of(5, 3, THREE, 0).with(Dealers.providers(List.of(1, 2, 3)));
        Finding finding = Audit.run(scenario, copied("cc1", "cc2"));
        assertThat(finding.size()).hasValue(1);
        assertThat(finding.coalitions()).containsExactly(List.of("cc3"));
    }

    // ---------------------------------------------------------------------------------------------------------- names

    static Stream<Arguments> texts() {
        return Stream.of(
                Arguments.of("2", Dealers.alone(2)),
                Arguments.of("cc1,cc2", Dealers.providers(List.of(1, 2))),
                Arguments.of("dealer1, cc3,dealer2", new Dealers(2, List.of(3))));
    }

    @ParameterizedTest
    @MethodSource("texts")
    void areGivenByNumberOrByName(String text, Dealers dealers) {
        assertThat(Dealers.parse(text)).isEqualTo(dealers);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | somebody must deal",
                "5 | there are 5 dealers that do nothing else, must be 0..4 for an audit",
                "cc1,cc1 | a provider deals once, not as in [1, 1]",
                "dealer2 | the dealers dealer2 must be a number, or names as in cc1,cc2,cc3 or dealer1,dealer2,cc1",
                "-1 | the dealers -1 must be a number, or names as in cc1,cc2,cc3 or dealer1,dealer2,cc1"
            })
    void thatCannotBeAreRefused(String text, String message) {
        assertThatThrownBy(() -> Dealers.parse(text))
                .isInstanceOf(BadInputException.class)
                .hasMessage(message);
    }

    @Test
    void outsideTheRingAreRefused() {
        assertThatThrownBy(() -> Scenario.of(3, 2, THREE, 0).with(Dealers.providers(List.of(1, 4))))
                .isInstanceOf(BadInputException.class)
                .hasMessage("cc4 deals, must be in cc1..cc3");
    }
}
