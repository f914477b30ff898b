package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A fault in the blinded protocol 3 of (5, 3) lets fewer than 3 providers learn m, and the report says why. */
final class FaultsTest {
    private static final Scheme THREE = new Scheme(3, Profile.BLINDED);
    private static final ShareIndex CC1 = new ShareIndex(1);
    private static final ShareIndex CC3 = new ShareIndex(3);

    private static Finding run(Faults faults, List<List<Integer>> reads) {
        return Audit.run(Scenario.of(5, 3, THREE, 0).with(Reads.exactly(reads)), faults);
    }

    private static void leaksTo(Finding finding, int size, List<String> coalition, String why) {
        assertThat(finding.size()).hasValue(size);
        assertThat(finding.leaks()).isTrue();
        assertThat(finding.coalitions()).contains(coalition);
        assertThat(finding.irregular()).contains(why);
        assertThat(Report.text(finding).replaceAll("\\s+", " ")).contains("Against the protocol: " + why + ".");
    }

    @Test
    void nothingIsWrongWithoutAFault() {
        Finding finding = run(new Faults() {}, List.of(List.of(1, 3, 4), List.of(2, 3, 5)));
        assertThat(finding.size()).hasValue(3);
        assertThat(finding.irregular()).isEmpty();
    }

    /** Takes cc3's seed from the write into read 1. */
    private static final class SeedOfTheWrite implements Faults {
        private byte[] seed = new byte[0];

        @Override
        public Map<ShareIndex, SecretBytes> seeds(int pass, Map<ShareIndex, SecretBytes> drawn) {
            if (pass == 0) {
                seed = drawn.get(CC3).copyToHeap();
                return drawn;
            }
            Map<ShareIndex, SecretBytes> seeds = new HashMap<>(drawn);
            seeds.put(CC3, SecretBytes.copyOf(seed));
            return seeds;
        }
    }

    @Test
    void aBlindOfTheWriteUsedAgainInARead() {
        leaksTo(
                run(new SeedOfTheWrite(), List.of(List.of(2, 3, 4))),
                2,
                List.of("cc2", "cc4"),
                "the blind of cc3 in read 1 is B3.w, used before");
    }

    /** Takes one provider's seed from its first read into all later ones. */
    static final class SeedOfTheReadBefore implements Faults {
        private final ShareIndex of;
        private Optional<byte[]> seed = Optional.empty();

        SeedOfTheReadBefore(ShareIndex of) {
            this.of = of;
        }

        @Override
        public Map<ShareIndex, SecretBytes> seeds(int pass, Map<ShareIndex, SecretBytes> drawn) {
            if (pass == 0) {
                return drawn;
            }
            Map<ShareIndex, SecretBytes> seeds = new HashMap<>(drawn);
            seeds.computeIfPresent(of, (_, fresh) -> SecretBytes.copyOf(seed.orElseGet(fresh::copyToHeap)));
            seed = seed.or(() -> Optional.ofNullable(seeds.get(of)).map(SecretBytes::copyToHeap));
            return seeds;
        }
    }

    @Test
    void aBlindUsedInTwoReadsThroughDifferentProviders() {
        leaksTo(
                run(new SeedOfTheReadBefore(CC3), List.of(List.of(1, 3, 4), List.of(1, 3, 4, 5))),
                2,
                List.of("cc1", "cc4"),
                "the blind of cc3 in read 2 is B3.1, used before");
    }

    @Test
    void aHopWithoutItsBlind() {
        Faults bare = new Faults() {
            @Override
            public Blind<Form> blind(int read, ShareIndex at, Blind<Form> blind) {
                return read == 0 && at.equals(CC3) ? Blind.none() : blind;
            }
        };
        Finding finding = run(bare, List.of());
        leaksTo(finding, 2, List.of("cc2", "cc4"), "the hop of cc3 in the write had no blind");
    }

    @Test
    void aBlindKnownToHome() {
        Faults known = new Faults() {
            @Override
            public List<ShareIndex> blindAlsoTo(int read, ShareIndex of) {
                return read == 1 && of.equals(CC3) ? List.of(CC1) : List.of();
            }
        };
        Finding finding = run(known, List.of(List.of(1, 3, 4)));
        leaksTo(finding, 2, List.of("cc1", "cc4"), "cc1 got the blind of cc3 in read 1 too");
        assertThat(finding.certificate().orElseThrow().terms())
                .anyMatch(term -> term.party().equals("cc1") && term.what().equals("the blind of cc3 in read 1"));
    }

    @Test
    void aShareGivenToAnother() {
        Faults given = new Faults() {
            @Override
            public List<ShareIndex> shareAlsoTo(ShareIndex of) {
                return of.equals(CC3) ? List.of(CC1) : List.of();
            }
        };
        Finding finding = run(given, List.of());
        leaksTo(finding, 2, List.of("cc1", "cc5"), "cc1 got the share of cc3 too");
        assertThat(Report.text(finding)).contains("the share of cc3");
    }

    @Test
    void aPolynomialOfTooLowDegree() {
        Faults low = new Faults() {
            @Override
            public List<Form> coefficients(String dealer, int generation, List<Form> drawn) {
                return drawn.subList(0, 2);
            }
        };
        leaksTo(
                run(low, List.of()),
                2,
                List.of("cc1", "cc2"),
                "the dealer's polynomial has 2 coefficients, t = 3 are due");
    }
}
