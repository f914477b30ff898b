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
    void theSmallestCoalitions(int n, int t, int twoNoRead, int twoOneRead, int twoTwoReads, int threeOneRead) {
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

    /** The last of the pass is CC_2: it sends the user m under two multiples of the user's share. */
    @ParameterizedTest
    @CsvSource({"5, 3", "5, 4", "7, 4", "7, 5"})
    void theLastProviderOfTheChainLearnsMFromTwoReadsOfProtocol2(int n, int t) {
        Reads endingAlike = Reads.exactly(List.of(withTheFirstTwo(3, t - 2), withTheFirstTwo(n - t + 3, t - 2)));
        Finding finding = Audit.run(Scenario.of(n, t, TWO, 0).with(endingAlike));
        assertThat(finding.size()).hasValue(1);
        assertThat(finding.coalitions()).contains(List.of("cc2"));
    }

    /** CC_1, CC_2, and so many from this one on. */
    private static List<Integer> withTheFirstTwo(int first, int count) {
        return Stream.concat(
                        Stream.of(1, 2), IntStream.range(first, first + count).boxed())
                .toList();
    }

    /** All of seven read, CC_1 first and the others backwards: one read gives m to four, and to no three. */
    @Test
    void allOfSevenReadProtocol2() {
        assertThat(size(Scenario.of(7, 7, TWO, 0))).isEqualTo(4);
        assertThat(size(Scenario.of(7, 7, TWO, 1))).isEqualTo(4);
    }

    @Test
    void theUsersShareOfProtocol2IsNeverNeeded() {
        Finding finding = Audit.run(Scenario.of(5, 3, TWO, 0).withUserKey());
        assertThat(finding.size()).hasValue(1);
        assertThat(finding.coalitions()).contains(List.of("cc1"));
    }
}
