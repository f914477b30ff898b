package dev.interlock.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Title;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What follows from what providers show, and what doesn't from what they only say; 3 of 5. */
final class FindingsTest {
    private final MadeByHand hand = new MadeByHand();
    private final RingDescriptor ring = hand.ring();
    private final Credential credential = hand.credential();
    private final Certified first = hand.put();
    private final Certified second = hand.renewed(first, 2);
    private final Findings findings = new Findings(ring, first.token().object());

    @AfterEach
    void close() {
        hand.close();
    }

    private Command.Signed command(long number, Command.Deed deed) {
        Title title = first.token().statement().title();
        try (SigningKey o =
                credential.ownerKey(title.owner().rootVersion(), title.owner().nonce())) {
            return Command.Signed.sign(o, new Command(ring.id(), title, number, 1, deed));
        }
    }

    private void says(int provider, Held held) {
        assertThat(held.provider().x().x()).isEqualTo(provider);
        findings.saysNow(held);
    }

    private Held held(int provider, ObjectState state, Optional<Certified> certified) {
        return held(provider, state, certified, Optional.empty(), Optional.empty());
    }

    private Held held(
            int provider,
            ObjectState state,
            Optional<Certified> certified,
            Optional<Command.Signed> schedule,
            Optional<Command.Signed> end) {
        return new Held(
                ring.provider(provider),
                state,
                certified,
                List.of(),
                schedule,
                Optional.empty(),
                end,
                Optional.empty());
    }

    private void committed(Certified generation, int... providers) {
        for (int provider : providers) {
            says(provider, held(provider, ObjectState.COMMITTED, Optional.of(generation)));
        }
    }

    private List<Integer> readers() {
        return findings.readable().stream().map(each -> each.provider().x().x()).toList();
    }

    @Test
    void twoGenerationsAreNeverCombined() {
        committed(first, 1, 2);
        committed(second, 3, 4);
        assertThat(findings.generations()).noneMatch(findings::suffices);
        committed(first, 5);
        // The newest is with too few: the one before is read, by those that have it.
        assertThat(findings.newest())
                .hasValueSatisfying(newest -> assertThat(newest.id()).isEqualTo(second.id()));
        assertThat(readers()).containsExactlyInAnyOrder(1, 2, 5);
        committed(second, 5);
        assertThat(readers()).containsExactlyInAnyOrder(3, 4, 5);
    }

    @Test
    void whoeverIsBehindIsToldOnce() {
        committed(first, 1, 2);
        says(3, held(3, ObjectState.PREPARED, Optional.empty()));
        committed(second, 4);
        assertThat(findings.behind()).extracting(each -> each.provider().name()).containsExactly("cc1", "cc2", "cc3");
        assertThat(findings.behind()).isEmpty();
    }

    @Test
    void theNextNumberIsAboveEverythingThatWasShown() {
        committed(first, 1);
        assertThat(findings.nextNumber()).isEqualTo(2);
        committed(second, 2);
        assertThat(findings.nextNumber()).isEqualTo(3);
        says(3, prepared(3, 41));
        assertThat(findings.nextNumber()).isEqualTo(42);
        // One that was made up uses no numbers up.
        says(4, prepared(4, Long.MAX_VALUE));
        assertThat(findings.nextNumber()).isEqualTo(42);
    }

    private Held prepared(int provider, long number) {
        try (Write.Plan plan = Renewal.plan(ring, first.token(), hand.maker(), false, number)) {
            Statement w = plan.statement();
            return new Held(
                    ring.provider(provider),
                    ObjectState.PREPARED,
                    Optional.empty(),
                    List.of(w),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
    }

    @Test
    void destroyedCountsOnlyByACommandThatEndsTheGeneration() {
        committed(second, 1, 2);
        for (int provider : new int[] {3, 4, 5}) {
            says(provider, held(provider, ObjectState.DESTROYED, Optional.of(second)));
        }
        assertThat(findings.destroyed()).isZero();
        assertThat(findings.unreadable("a get")).isInstanceOf(TooFewProvidersException.class);
        Command.Signed ofTheFirst =
                command(0, new Command.Destroy(1, first.token().number(), first.id()));
        for (int provider : new int[] {3, 4, 5}) {
            says(provider, ended(provider, ofTheFirst));
        }
        assertThat(findings.destroyed()).isZero();
        for (int provider : new int[] {3, 4, 5}) {
            says(provider, ended(provider, command(0, new Command.DestroyForEver())));
        }
        assertThat(findings.destroyed()).isEqualTo(3);
        assertThat(findings.unreadable("a get")).isInstanceOf(DestroyedException.class);
    }

    private Held ended(int provider, Command.Signed command) {
        return held(provider, ObjectState.DESTROYED, Optional.of(second), Optional.empty(), Optional.of(command));
    }

    @Test
    void theHighestScheduleCountsAndAtATieTheCancel() {
        Command.Signed schedule = command(1, new Command.Schedule(1_000));
        for (int provider = 1; provider <= MadeByHand.N; provider++) {
            says(provider, scheduled(provider, schedule));
        }
        assertThat(findings.scheduled()).hasSize(MadeByHand.N);
        assertThat(findings.nextCommandNumber()).isEqualTo(2);
        assertThat(findings.unreadable("a get")).isInstanceOf(RefusedException.class);
        says(1, scheduled(1, command(1, new Command.Cancel())));
        assertThat(findings.scheduled()).isEmpty();
        // Who hasn't heard of it yet keeps closed.
        assertThat(readers()).containsExactly(1);
        says(2, scheduled(2, command(2, new Command.Schedule(2_000))));
        assertThat(findings.scheduled()).containsKeys("cc2", "cc3");
    }

    private Held scheduled(int provider, Command.Signed command) {
        return held(provider, ObjectState.COMMITTED, Optional.of(first), Optional.of(command), Optional.empty());
    }

    @Test
    void whatWasDestroyedByACancelledScheduleIsNotTheOwnersWill() {
        committed(first, 1, 2);
        says(3, ended(3, command(1, new Command.Schedule(1_000))));
        assertThat(findings.destroyed()).isEqualTo(1);
        says(1, scheduled(1, command(2, new Command.Cancel())));
        assertThat(findings.destroyed()).isZero();
    }
}
