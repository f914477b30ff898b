package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Session;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Repairs add nothing to what fewer than t learn; with the blinds that look as if they would do, they add everything. */
final class RepairTest {
    private static final Scheme THREE = new Scheme(3, Profile.BLINDED);
    private static final Scheme TWO = new Scheme(2, Profile.BLINDED);

    @ParameterizedTest
    @CsvSource({"3, 2", "4, 2", "4, 3", "5, 3", "5, 4", "6, 4"})
    void anyRepairsLeaveTheSmallestCoalitionAtT(int n, int t) {
        for (int reads = 0; reads <= 1; reads++) {
            Finding finding = Audit.run(Scenario.of(n, t, THREE, reads).withRepairs());
            assertThat(finding.size()).as("%s of %s, %s reads", t, n, reads).hasValue(t);
            assertThat(finding.irregular()).isEmpty();
        }
        assertThat(Audit.run(Scenario.of(n, t, TWO, 1).withRepairs()).size()).isEmpty();
        assertThat(Audit.run(Scenario.of(n, t, TWO, 1).withRepairs().withUserKey())
                        .size())
                .hasValue(t);
    }

    @Test
    void aBlindForNeighboursAloneIsNotEnough() {
        Finding finding = Audit.run(Scenario.of(5, 3, THREE, 0).withRepairs(), new Faults() {
            @Override
            public boolean paired(ShareIndex one, ShareIndex other, Session repair) {
                return Math.abs(place(one, repair) - place(other, repair)) == 1;
            }
        });
        // The second hop takes off the only blind of the first one.
        assertThat(finding.size()).hasValue(1);
    }

    /** On the way: the hops, then whom they repair. */
    private static int place(ShareIndex x, Session repair) {
        int place = repair.path().indexOf(x);
        return place < 0 ? repair.path().size() : place;
    }

    @Test
    void blindsAmongTheHopsAloneLetTheLastOneSeeTheShare() {
        Finding finding = Audit.run(Scenario.of(5, 3, THREE, 0).withRepairs(), new Faults() {
            @Override
            public boolean paired(ShareIndex one, ShareIndex other, Session repair) {
                return repair.path().contains(one) && repair.path().contains(other);
            }
        });
        // It learns the shares of all whom it helps to repair.
        assertThat(finding.size()).hasValue(1);
    }

    @Test
    void theReceiverMustNotKnowTheBlinds() {
        Finding finding = Audit.run(Scenario.of(5, 3, THREE, 0).withRepairs(), new Faults() {
            @Override
            public List<ShareIndex> pairAlsoTo(ShareIndex one, ShareIndex other, Session repair) {
                return List.of(((Work.Repair) repair.statement().work()).repaired());
            }
        });
        assertThat(finding.size()).hasValue(2);
    }
}
