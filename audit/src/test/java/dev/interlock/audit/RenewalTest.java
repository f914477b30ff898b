package dev.interlock.audit;

import static dev.interlock.core.token.Work.Kind.REFRESH;
import static dev.interlock.core.token.Work.Kind.REPLACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Replaced and refreshed, an object stays closed to fewer than t at a time, also to those who move on to other providers with
 * every renewal; and each rule of a renewal is there for a reason.
 */
final class RenewalTest {
    private static final Scheme THREE = new Scheme(3, Profile.BLINDED);
    private static final Scheme TWO = new Scheme(2, Profile.BLINDED);
    private static final List<Work.Kind> BOTH = List.of(REPLACE, REFRESH);

    // -------------------------------------------------------------------------------------- nothing below t at a time

    /** Every order of up to two renewals, and longer ones where the ring is small. */
    static Stream<Arguments> renewals() {
        List<List<Work.Kind>> one = List.of(List.of(REPLACE), List.of(REFRESH));
        List<List<Work.Kind>> two =
                List.of(BOTH, BOTH.reversed(), List.of(REPLACE, REPLACE), List.of(REFRESH, REFRESH));
        List<List<Work.Kind>> four =
                List.of(List.of(REPLACE, REFRESH, REFRESH, REPLACE), List.of(REFRESH, REPLACE, REPLACE, REFRESH));
        return Stream.of(
                        of(2, 2, two),
                        of(3, 2, two),
                        of(3, 3, two),
                        of(4, 2, two),
                        of(4, 3, two),
                        of(4, 4, two),
                        of(5, 3, two),
                        of(5, 4, one),
                        of(6, 4, one),
                        of(6, 3, List.of(BOTH)),
                        of(7, 4, one),
                        of(3, 2, four),
                        of(4, 3, four))
                .flatMap(all -> all);
    }

    private static Stream<Arguments> of(int n, int t, List<List<Work.Kind>> renewals) {
        return renewals.stream().map(kinds -> Arguments.of(n, t, kinds));
    }

    @ParameterizedTest
    @MethodSource("renewals")
    void exactlyTOfOneGenerationLearnM(int n, int t, List<Work.Kind> renewals) {
        Finding finding = Audit.run(Scenario.of(n, t, THREE, 1).withRenewals(renewals));
        // No choice of t−1 in each generation does: all were tried.
        assertThat(finding.size()).hasValue(t);
        assertThat(finding.irregular()).isEmpty();
        // With t in all it takes t of one generation, any of them: t−1 of one and one of another don't do.
        assertThat(finding.coalitions()).hasSize(over(n, t) * (1 + renewals.size()));
        assertThat(finding.coalitions())
                .allMatch(coalition -> generations(coalition).size() == 1);
    }

    private static int over(int n, int k) {
        return k == 0 ? 1 : over(n - 1, k - 1) * n / k;
    }

    /** Of cc1/2, cc3/2: 2. */
    private static Set<String> generations(List<String> coalition) {
        return coalition.stream().map(name -> name.replaceAll(".*/", "")).collect(Collectors.toSet());
    }

    /** Of cc1/2, cc3/2: cc1, cc3. */
    private static Set<String> providers(List<String> coalition) {
        return coalition.stream().map(name -> name.replaceAll("/.*", "")).collect(Collectors.toSet());
    }

    @Test
    void readsOfAllGenerationsThroughEverySTogetherTellNoMore() {
        Reads every = Reads.exactly(List.of(List.of(1, 2, 3), List.of(1, 2, 4), List.of(1, 3, 4), List.of(2, 3, 4)));
        for (List<Work.Kind> renewals : List.of(BOTH, BOTH.reversed())) {
            Scenario scenario = Scenario.of(4, 3, THREE, 0).with(every).withRenewals(renewals);
            assertThat(Audit.run(scenario).size()).hasValue(3);
            assertThat(Audit.run(scenario.withRepairs()).size()).hasValue(3);
        }
    }

    @Test
    void theUsersKeyOfProtocol2OutlivesRenewals() {
        Scenario scenario = Scenario.of(4, 3, TWO, 1).withRenewals(BOTH);
        assertThat(Audit.run(scenario).size()).isEmpty();
        assertThat(Audit.run(scenario.withUserKey()).size()).hasValue(3);
    }

    /** Of t = 3: two shares before and two after are four, but not three of one generation. */
    @ParameterizedTest
    @EnumSource(names = {"REPLACE", "REFRESH"})
    void sharesOfTwoGenerationsDontCombine(Work.Kind kind) {
        FormRing ring = ring(5, 3, List.of(kind), Faults.NONE);
        assertThat(learn(ring, "cc1/1", "cc2/1", "cc3/2", "cc4/2")).isFalse();
        assertThat(learn(ring, "cc1/1", "cc2/1", "cc1/2", "cc3/2")).isFalse();
        assertThat(learn(ring, "cc1/1", "cc2/1", "cc4/1", "cc3/2")).isTrue();
        assertThat(learn(ring, "cc1/1", "cc3/2", "cc4/2", "cc5/2")).isTrue();
    }

    private static FormRing ring(int n, int t, List<Work.Kind> renewals, Faults faults) {
        return new FormRing(Scenario.of(n, t, THREE, 0).withRenewals(renewals), faults);
    }

    /** Whether these learn m from the write and all renewals. */
    private static boolean learn(FormRing ring, String... coalition) {
        List<String> names = List.of(coalition);
        return learn(
                ring,
                ring.providers.stream()
                        .filter(party -> names.contains(party.name()))
                        .mapToInt(Party::mask)
                        .sum());
    }

    private static boolean learn(FormRing ring, int coalition) {
        List<Pass> passes = new ArrayList<>(ring.renewals);
        passes.add(ring.write);
        Views views = new Views(passes, ring.m);
        return views.reveal(
                passes.stream().map(pass -> views.of(pass, coalition)).toList());
    }

    // ------------------------------------------------------------------------------------------------------- variants

    /** Of two places on a path of n hops, whether they share a blind. */
    private interface Pairs {
        boolean paired(int one, int other, int n);
    }

    private static Faults only(Pairs pairs) {
        return new Faults() {
            @Override
            public boolean paired(ShareIndex one, ShareIndex other, Session pass) {
                List<ShareIndex> path = pass.path();
                return pairs.paired(path.indexOf(one), path.indexOf(other), path.size());
            }
        };
    }

    private static final Faults NO_BLINDS = only((_, _, _) -> false);
    private static final Faults NEIGHBOURS = only((one, other, _) -> Math.abs(one - other) == 1);
    private static final Faults RING =
            only((one, other, n) -> Math.abs(one - other) == 1 || Math.abs(one - other) == n - 1);

    private static Finding replacedWith(Faults faults, int n, int t) {
        return Audit.run(Scenario.of(n, t, THREE, 0).withRenewals(List.of(REPLACE)), faults);
    }

    /** Between two hops P lies under new layers of those before and old ones of those behind: fewer than t of either. */
    @ParameterizedTest
    @CsvSource({"3, 3, 2", "5, 3, 2", "5, 4, 3", "5, 5, 3", "6, 6, 4"})
    void withoutBlindsOldAndNewSharesTogetherOpenWhatPasses(int n, int t, int size) {
        assertThat(replacedWith(NO_BLINDS, n, t).size()).hasValue(size);
        // What two neighbours share, the second takes off again.
        assertThat(replacedWith(NEIGHBOURS, n, t).size()).hasValue(size);
    }

    @Test
    void theCoalitionThatMissingBlindsServeSawThePassAndMoved() {
        Finding finding = replacedWith(NO_BLINDS, 5, 3);
        assertThat(finding.coalitions()).contains(List.of("cc2/1", "cc3/1", "cc1/2", "cc2/2"));
        assertThat(finding.coalitions()).allSatisfy(coalition -> {
            assertThat(coalition).hasSize(4);
            assertThat(providers(coalition)).hasSize(3);
        });
        // Those who stay where they are learn nothing more than before.
        FormRing ring = ring(5, 3, List.of(REPLACE), NO_BLINDS);
        for (int set = 0; set < 1 << 5; set++) {
            assertThat(learn(ring, set | set << 5)).isEqualTo(Integer.bitCount(set) >= 3);
        }
    }

    @Test
    void blindsRoundTheRingDontDoEither() {
        assertThat(replacedWith(RING, 5, 4).size()).hasValue(3);
    }

    @Test
    void aRefreshThatIsNotOfZeroOpensToSomethingElse() {
        Faults faults = new Faults() {
            @Override
            public Write.Deal dealt(Write.Deal deal) {
                return new Write.Deal(
                        deal.id(),
                        deal.object(),
                        deal.asks(),
                        deal.path(),
                        deal.missing(),
                        deal.user(),
                        deal.layout(),
                        false,
                        deal.expires());
            }
        };
        Finding finding = Audit.run(Scenario.of(5, 3, THREE, 1).withRenewals(BOTH.reversed()), faults);
        assertThat(finding.irregular())
                .contains("read 1 of generation 2 gave m + a0.2 instead of m")
                // And a replacement doesn't mend it.
                .contains("read 1 of generation 3 gave m + a0.2 instead of m");
    }

    @ParameterizedTest
    @CsvSource({"4, 2, 1", "5, 3, 2", "5, 4, 2", "6, 5, 3"})
    void whoKeepsWhatItHadToAddUpLetsOldAndNewSharesCombine(int n, int t, int size) {
        Faults faults = new Faults() {
            @Override
            public boolean keepSummands() {
                return true;
            }
        };
        Finding finding = Audit.run(Scenario.of(n, t, THREE, 0).withRenewals(List.of(REFRESH)), faults);
        // Half of t before, the other half after.
        assertThat(finding.size()).hasValue(size);
        assertThat(finding.coalitions())
                .allSatisfy(coalition -> assertThat(providers(coalition)).hasSize(t));
    }
}
