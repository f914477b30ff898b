package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Eliminating pass by pass says of every coalition what one elimination over all that it saw says. */
final class ViewsTest {
    private static void agree(Scheme scheme, Faults faults) {
        FormRing ring = new FormRing(Scenario.of(4, 3, scheme, 0), faults);
        agree(
                ring,
                List.of(
                        ring.write,
                        ring.key,
                        ring.read(1, 1, List.of(1, 2, 4)),
                        ring.read(1, 2, List.of(2, 3, 4)),
                        ring.read(1, 3, List.of(1, 2, 3, 4))));
    }

    private static void agree(FormRing ring, List<Pass> passes) {
        Views views = new Views(passes, ring.m);
        for (int c = 0; c < ring.user.mask() << 1; c++) {
            int coalition = c;
            Stream<Observation> seen = passes.stream()
                    .flatMap(pass -> pass.observations().stream())
                    .filter(one -> one.party().isIn(coalition));
            assertThat(views.reveal(passes.stream()
                            .map(pass -> views.of(pass, coalition))
                            .toList()))
                    .isEqualTo(Certificate.of(seen.toList(), ring.m).isPresent());
        }
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void inEveryScheme(Profile profile) {
        for (int protocol = 1; protocol <= 3; protocol++) {
            agree(new Scheme(protocol, profile), Faults.NONE);
        }
    }

    @Test
    void acrossGenerations() {
        Scenario scenario = Scenario.of(3, 2, new Scheme(2, Profile.BLINDED), 0)
                .withRenewals(List.of(Work.Kind.REPLACE, Work.Kind.REFRESH));
        FormRing ring = new FormRing(scenario, Faults.NONE);
        agree(
                ring,
                List.of(
                        ring.write,
                        ring.key,
                        ring.renewals.get(0),
                        ring.renewals.get(1),
                        ring.read(1, 1, List.of(1, 2)),
                        ring.read(2, 1, List.of(2, 3)),
                        ring.read(3, 1, List.of(1, 2, 3))));
    }

    @Test
    void acrossRingsWithSeveralDealers() {
        Scenario scenario = Scenario.of(2, 2, new Scheme(3, Profile.BLINDED), 0)
                .with(Dealers.alone(2))
                .movedTo(3, 2);
        FormRing ring = new FormRing(scenario, Faults.NONE);
        List<Pass> passes = new ArrayList<>(ring.move);
        passes.addAll(List.of(ring.write, ring.key, ring.read(1, 1, List.of(1, 2)), ring.read(2, 1, List.of(2, 3))));
        agree(ring, passes);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void whereAPassTellsOfAnother(int x) {
        agree(new Scheme(3, Profile.BLINDED), new FaultsTest.SeedOfTheReadBefore(new ShareIndex(x)));
        agree(new Scheme(2, Profile.BLINDED), new FaultsTest.SeedOfTheReadBefore(new ShareIndex(x)));
    }
}
