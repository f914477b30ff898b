package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the printed protocols leak. */
final class PublishedTest {
    private static final Scheme TWO = new Scheme(2, Profile.PUBLISHED);
    private static final Scheme THREE = new Scheme(3, Profile.PUBLISHED);

    private static Reads differentSets(int count) {
        return new Reads.Worst(count, OptionalInt.empty(), true);
    }

    private static int size(Scenario scenario) {
        return Audit.run(scenario).size().orElse(0);
    }

    @ParameterizedTest
    @CsvSource({"3, 2, 1, 1, 1, 1", "5, 3, 2, 2, 1, 2", "5, 4, 2, 2, 1, 2", "7, 4, 2, 2, 1, 2", "7, 5, 3, 2, 1, 2"})
    void theDesignsTable(int n, int t, int twoNoRead, int twoOneRead, int twoTwoReads, int threeOneRead) {
        assertThat(size(Scenario.of(n, t, TWO, 0))).isEqualTo(twoNoRead);
        assertThat(size(Scenario.of(n, t, TWO, 1))).isEqualTo(twoOneRead);
        assertThat(size(Scenario.of(n, t, TWO, 2).with(differentSets(2)))).isEqualTo(twoTwoReads);
        assertThat(size(Scenario.of(n, t, THREE, 1))).isEqualTo(threeOneRead);
    }

    @Test
    void cc1AloneLearnsMFromTheWriteOfProtocol2() {
        assertThat(Audit.run(Scenario.of(3, 2, TWO, 0)).coalitions()).contains(List.of("cc1"));
    }

    @ParameterizedTest
    @CsvSource({"7, 7", "9, 9"})
    void cc1AndTheLastProviderLearnMFromOneReadOfProtocol3(int n, int t) {
        Finding finding = Audit.run(Scenario.of(n, t, THREE, 1));
        assertThat(finding.size()).hasValue(2);
        assertThat(finding.coalitions()).contains(List.of("cc1", "cc" + n));
        assertThat(finding.leaks()).isTrue();
    }

    /** It sends the user m under two multiples of the user's share. */
    @ParameterizedTest
    @CsvSource({"5, 3", "5, 4", "7, 4", "7, 5"})
    void theLastProviderOfTheChainLearnsMFromTwoReadsOfProtocol2(int n, int t) {
        Reads endingAlike = Reads.exactly(List.of(before(n, 1, t - 2), before(n, n - t + 1, t - 2)));
        Finding finding = Audit.run(Scenario.of(n, t, TWO, 0).with(endingAlike));
        assertThat(finding.size()).hasValue(1);
        assertThat(finding.coalitions()).contains(List.of("cc" + n));
    }

    /** So many from the first on, then the last. */
    private static List<Integer> before(int last, int first, int count) {
        return Stream.concat(IntStream.range(first, first + count).boxed(), Stream.of(last))
                .toList();
    }

    /** With one provider more than needed and the user, protocol 2 leaks just as much. */
    @ParameterizedTest
    @CsvSource({"3, 2, 1, 1", "5, 3, 2, 1", "5, 4, 2, 1", "7, 4, 2, 1", "7, 5, 2, 1"})
    void readsOfProtocol2ThroughTProviders(int n, int t, int oneRead, int twoReads) {
        assertThat(size(Scenario.of(n, t, TWO, 1).with(new Reads.Worst(1, OptionalInt.of(t), false))))
                .isEqualTo(oneRead);
        assertThat(size(Scenario.of(n, t, TWO, 2).with(new Reads.Worst(2, OptionalInt.of(t), true))))
                .isEqualTo(twoReads);
    }

    @Test
    void theUsersShareOfProtocol2IsNeverNeeded() {
        Finding finding = Audit.run(Scenario.of(5, 3, TWO, 0).withUserKey());
        assertThat(finding.size()).hasValue(1);
        assertThat(finding.coalitions()).contains(List.of("cc1"));
    }
}
