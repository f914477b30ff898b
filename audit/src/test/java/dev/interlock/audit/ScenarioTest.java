package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import java.util.List;
import java.util.OptionalInt;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class ScenarioTest {
    private static final Scheme THREE = new Scheme(3, Profile.BLINDED);
    private static final Scheme PRINTED_TWO = new Scheme(2, Profile.PUBLISHED);

    private static void refused(ThrowingCallable scenario, String message) {
        assertThatThrownBy(scenario).isInstanceOf(BadInputException.class).hasMessage(message);
    }

    @Test
    void numbersOutOfRangeAreRefusedWithTheRange() {
        refused(() -> Scenario.of(17, 3, THREE, 0), "n is 17, must be in 2..16 for an audit");
        refused(() -> Scenario.of(1, 2, THREE, 0), "n is 1, must be in 2..16 for an audit");
        refused(() -> Scenario.of(5, 1, THREE, 0), "t is 1, must be in 2..5 with n = 5");
        refused(() -> Scenario.of(5, 6, THREE, 0), "t is 6, must be in 2..5 with n = 5");
        refused(() -> Scenario.of(5, 3, THREE, 9), "there are 9 reads, must be 0..8 for an audit");
        refused(() -> Scenario.of(5, 3, THREE, -1), "there are -1 reads, must be 0..8 for an audit");
    }

    @Test
    void everyProfileHasItsOwnBlinds() {
        refused(
                () -> Scenario.of(5, 3, THREE, 0).with(Blinding.NONE),
                "the blinded profile has blinds: expanded or full");
        refused(() -> Scenario.of(5, 3, PRINTED_TWO, 0).with(Blinding.FULL), "the published profile has no blinds");
    }

    @Test
    void protocol3HasNoUserKey() {
        refused(
                () -> Scenario.of(5, 3, THREE, 0).withUserKey(),
                "in protocol 3, blinded the user keeps no key that anyone could get hold of");
    }

    @Test
    void onlyWhatCanBeRenewedIs() {
        List<Work.Kind> replaced = List.of(Work.Kind.REPLACE);
        refused(
                () -> Scenario.of(5, 3, PRINTED_TWO, 0).withRenewals(replaced),
                "pads and shares are renewed in protocols 2 and 3 of the blinded profile only");
        refused(
                () -> Scenario.of(5, 3, new Scheme(1, Profile.BLINDED), 0).withRenewals(replaced),
                "pads and shares are renewed in protocols 2 and 3 of the blinded profile only");
        refused(
                () -> Scenario.of(11, 3, THREE, 0).withRenewals(replaced),
                "all generations are audited together, with up to 21 shares, not 22");
        refused(
                () -> Scenario.of(5, 3, THREE, 0).withRenewals(List.of(Work.Kind.REPAIR)),
                "an object is renewed by replace or refresh");
    }

    @Test
    void aSetMustBeOneThatCanRead() {
        Scenario scenario = Scenario.of(5, 3, THREE, 0);
        refused(
                () -> scenario.with(Reads.exactly(List.of(List.of(1, 2)))),
                "S = [1, 2] must name 3..5 different providers");
        refused(
                () -> scenario.with(Reads.exactly(List.of(List.of(1, 2, 2)))),
                "S = [1, 2, 2] must name 3..5 different providers");
        refused(
                () -> scenario.with(Reads.exactly(List.of(List.of(1, 2, 3), List.of(1, 2, 6)))),
                "S = [1, 2, 6] names x = 6, must be in 1..5");
        refused(
                () -> scenario.with(new Reads.Worst(1, OptionalInt.of(6), false)),
                "a read's S has 6 providers, must have 3..5");
        refused(
                () -> Scenario.of(5, 3, PRINTED_TWO, 0).with(Reads.exactly(List.of(List.of(1)))),
                "S = [1] must name 3..5 different providers");
    }

    @Test
    void thereMustBeAsManyDifferentSetsAsReads() {
        Scenario all = Scenario.of(3, 3, THREE, 0);
        refused(
                () -> Audit.run(all.with(new Reads.Worst(2, OptionalInt.empty(), true))),
                "there are only 1 different S, 2 reads must not have more");
    }
}
