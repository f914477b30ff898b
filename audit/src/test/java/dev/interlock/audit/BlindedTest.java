package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Blinding;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The blinded profile: fewer than t providers learn nothing, whatever is read through whomever. */
final class BlindedTest {
    private static final Scheme ONE = new Scheme(1, Profile.BLINDED);
    private static final Scheme TWO = new Scheme(2, Profile.BLINDED);
    private static final Scheme THREE = new Scheme(3, Profile.BLINDED);

    /** Every 2 ≤ t ≤ n ≤ 7 after 0 to 3 reads. */
    static Stream<Arguments> rings() {
        return IntStream.rangeClosed(2, 7)
                .boxed()
                .flatMap(n -> IntStream.rangeClosed(2, n)
                        .boxed()
                        .flatMap(t -> IntStream.rangeClosed(0, 3).mapToObj(reads -> Arguments.of(n, t, reads))));
    }

    static Stream<Arguments> smallRings() {
        return rings().filter(ring -> (int) ring.get()[0] <= 4);
    }

    @ParameterizedTest
    @MethodSource("rings")
    void exactlyTProvidersLearnMInProtocol3(int n, int t, int reads) {
        Finding finding = Audit.run(Scenario.of(n, t, THREE, reads));
        assertThat(finding.sampled()).isFalse();
        assertThat(finding.size()).hasValue(t);
        // Any t of them: each has a home among it.
        assertThat(finding.coalitions()).hasSize(over(n, t));
        assertThat(finding.leaks()).isFalse();
        assertThat(finding.irregular()).isEmpty();
    }

    private static int over(int n, int k) {
        return k == 0 ? 1 : over(n - 1, k - 1) * n / k;
    }

    @ParameterizedTest
    @MethodSource("rings")
    void allProvidersTogetherDontLearnMInProtocol2WithoutTheUsersKey(int n, int t, int reads) {
        Finding finding = Audit.run(Scenario.of(n, t, TWO, reads));
        assertThat(finding.sampled()).isFalse();
        assertThat(finding.size()).isEmpty();
        assertThat(finding.coalitions()).isEmpty();
        assertThat(finding.certificate()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("rings")
    void theUsersKeyAndExactlyTProvidersLearnMInProtocol2(int n, int t, int reads) {
        Finding finding = Audit.run(Scenario.of(n, t, TWO, reads).withUserKey());
        assertThat(finding.size()).hasValue(t);
        assertThat(finding.certificate().orElseThrow().terms())
                .extracting(Certificate.Term::party)
                .contains("the user's key");
    }

    @ParameterizedTest
    @MethodSource("smallRings")
    void blindsThatAreSentWholeHideAsMuch(int n, int t, int reads) {
        assertThat(Audit.run(Scenario.of(n, t, THREE, reads).with(Blinding.FULL))
                        .size())
                .hasValue(t);
        assertThat(Audit.run(Scenario.of(n, t, TWO, reads).with(Blinding.FULL)).size())
                .isEmpty();
        assertThat(Audit.run(Scenario.of(n, t, TWO, reads).with(Blinding.FULL).withUserKey())
                        .size())
                .hasValue(t);
    }

    /** Home holds c and all sealed shares; who opens them needs nobody else. Without the private key nobody does. */
    @ParameterizedTest
    @MethodSource("smallRings")
    void protocol1RestsOnThePrivateKeyAlone(int n, int t, int reads) {
        for (Profile profile : Profile.values()) {
            Scenario scenario = Scenario.of(n, t, new Scheme(1, profile), reads);
            assertThat(Audit.run(scenario).size()).isEmpty();
            Finding opened = Audit.run(scenario.withUserKey());
            assertThat(opened.size()).hasValue(1);
            assertThat(opened.coalitions()).contains(List.of("cc1"));
        }
    }

    @Test
    void everyHomeOfProtocol1IsEnoughForThePrivateKey() {
        Finding opened = Audit.run(Scenario.of(5, 4, ONE, 1).withUserKey());
        assertThat(opened.coalitions()).containsExactly(List.of("cc1"), List.of("cc2"));
    }

    @Test
    void longerReadsTellNoMore() {
        Scenario four = Scenario.of(5, 3, THREE, 0)
                .with(Reads.exactly(List.of(List.of(5, 2, 4, 3), List.of(1, 2, 3, 4, 5), List.of(3, 1, 2))));
        assertThat(Audit.run(four).size()).hasValue(3);
    }

    /** The ciphertext may come from any home, in S or not. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void anyHomeDoes(int home) {
        Faults fromThere = new Faults() {
            @Override
            public ShareIndex home(ShareIndex first) {
                return new ShareIndex(home);
            }
        };
        assertThat(Audit.run(Scenario.of(5, 3, THREE, 2), fromThere).size()).hasValue(3);
        assertThat(Audit.run(Scenario.of(5, 3, TWO, 2), fromThere).size()).isEmpty();
    }

    @Test
    void largeRingsAreSampledBySeed() {
        Finding finding = Audit.run(Scenario.of(12, 6, THREE, 2));
        assertThat(finding.size()).hasValue(6);
        assertThat(finding.sampled()).isTrue();
        assertThat(finding.allChoices()).isEqualTo(924.0 * 925 / 2);
        assertThat(Audit.run(Scenario.of(12, 6, THREE, 2)).sets()).isEqualTo(finding.sets());
    }
}
