package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Blinding;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Eliminating pass by pass says of every coalition what one elimination over all that it saw says. */
final class ViewsTest {
    private static void agree(Scheme scheme, Faults faults) {
        Blinding blinding = scheme.blinded() ? Blinding.EXPANDED : Blinding.NONE;
        FormRing ring = new FormRing(4, 3, scheme, blinding, faults, 5);
        List<Pass> passes = List.of(
                ring.write,
                ring.key,
                ring.read(1, List.of(1, 2, 4)),
                ring.read(2, List.of(2, 3, 4)),
                ring.read(3, List.of(1, 2, 3, 4)));
        Views views = new Views(passes, ring.m);
        for (int c = 0; c < 1 << 5; c++) {
            int coalition = c;
            Stream<Observation> seen = passes.stream()
                    .flatMap(pass -> pass.observations().stream())
                    .filter(one -> (one.party().mask() & coalition) != 0);
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

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void whereAPassTellsOfAnother(int x) {
        agree(new Scheme(3, Profile.BLINDED), new FaultsTest.SeedOfTheReadBefore(new ShareIndex(x)));
        agree(new Scheme(2, Profile.BLINDED), new FaultsTest.SeedOfTheReadBefore(new ShareIndex(x)));
    }
}
