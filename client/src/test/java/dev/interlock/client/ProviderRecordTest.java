package dev.interlock.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.ProviderRecord.Seen;
import dev.interlock.client.ProviderRecord.Standing;
import dev.interlock.client.ProviderRecord.State;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ProviderRecordTest {
    private static final Duration DAY = Duration.ofDays(1);

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final InstantSource clock = () -> now;
    private final ProviderRecord record = new ProviderRecord(State.EMPTY, clock);

    private void pass(Duration time) {
        now = now.plus(time);
    }

    private void answers(String provider, int times, long millis) {
        for (int i = 0; i < times; i++) {
            record.ask(provider).answered(Duration.ofMillis(millis));
        }
    }

    @Test
    void theDeadlineIsThatOfRfc6298() {
        Duration least = Duration.ofMillis(1);
        Duration most = Duration.ofSeconds(9);
        Duration unknown = Duration.ofSeconds(1);
        Estimate estimate = Estimate.NONE;
        assertThat(estimate.deadline(unknown, least, most)).isEqualTo(unknown);
        estimate = estimate.with(Duration.ofMillis(100));
        // SRTT ← R, RTTVAR ← R/2, RTO ← SRTT + 4·RTTVAR
        assertThat(estimate.deadline(unknown, least, most)).isEqualTo(Duration.ofMillis(300));
        estimate = estimate.with(Duration.ofMillis(180));
        // RTTVAR ← ¾·50 + ¼·|100−180|, SRTT ← ⅞·100 + ⅛·180
        assertThat(estimate).isEqualTo(new Estimate(110, 57.5, 2));
        assertThat(estimate.deadline(unknown, least, Duration.ofMillis(200))).isEqualTo(Duration.ofMillis(200));
        assertThat(estimate.deadline(unknown, Duration.ofSeconds(2), most)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void anEstimateStaysInItsBounds() {
        SplittableRandom random = new SplittableRandom(1);
        Estimate estimate = Estimate.NONE;
        for (int i = 0; i < 10_000; i++) {
            // From −1 s, of a clock that was set back, to three hours.
            estimate = estimate.with(Duration.ofMillis(random.nextLong(-1000, 10_000_000)));
            assertThat(estimate.millis()).isBetween(0.0, 60_000.0);
            assertThat(estimate.deviationMillis()).isBetween(0.0, 60_000.0);
        }
        for (double odd : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new Estimate(odd, 0, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new Estimate(0, odd, 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void whoIsNotKnownIsWorthAsking() {
        assertThat(record.standing("cc1")).isEqualTo(Standing.UNKNOWN);
        assertThat(record.worthAsking("cc1")).isTrue();
        answers("cc1", 1, 5);
        assertThat(record.standing("cc1")).isEqualTo(Standing.SOUND);
        assertThat(record.seen("cc1").answeredMillis()).isEqualTo(now.toEpochMilli());
    }

    @Test
    void whoFailsIsLeftAloneForLongerEachTime() {
        Duration penalty = Duration.ofSeconds(5);
        for (int strikes = 1; strikes <= 8; strikes++, penalty = penalty.multipliedBy(2)) {
            record.failed("cc1");
            pass(penalty.minusMillis(1));
            assertThat(record.standing("cc1")).as("%d strikes", strikes).isEqualTo(Standing.FAILING);
            pass(Duration.ofMillis(1));
            assertThat(record.standing("cc1")).as("%d strikes", strikes).isEqualTo(Standing.UNKNOWN);
        }
        for (int i = 0; i < 1000; i++) {
            record.failed("cc1");
            pass(Duration.ofSeconds(1));
        }
        pass(Duration.ofHours(1));
        assertThat(record.worthAsking("cc1")).isTrue();
    }

    @Test
    void answersForgiveOnlyAfterThePenalty() {
        record.failed("cc1");
        pass(Duration.ofSeconds(5));
        record.failed("cc1");
        // Of many questions that fail together, one counts.
        record.failed("cc1");
        answers("cc1", 10, 5);
        assertThat(record.seen("cc1").strikes()).isEqualTo(2);
        assertThat(record.standing("cc1")).isEqualTo(Standing.FAILING);
        pass(Duration.ofSeconds(10));
        answers("cc1", 1, 5);
        assertThat(record.seen("cc1").strikes()).isEqualTo(1);
        answers("cc1", 5, 5);
        assertThat(record.seen("cc1").strikes()).isZero();
        assertThat(record.seen("cc1").failures()).isEqualTo(3);
    }

    @Test
    void aClockThatWasSetBackPenalisesNobody() {
        record.failed("cc1");
        pass(DAY.negated());
        assertThat(record.standing("cc1")).isEqualTo(Standing.UNKNOWN);
    }

    @Test
    void whoLiedIsLastForAMonth() {
        answers("cc1", 100, 1);
        record.lied("cc1");
        answers("cc1", 100, 1);
        pass(DAY.multipliedBy(29));
        assertThat(record.standing("cc1")).isEqualTo(Standing.LIED);
        assertThat(record.worthAsking("cc1")).isFalse();
        pass(DAY.multipliedBy(2));
        assertThat(record.standing("cc1")).isEqualTo(Standing.SOUND);
        assertThat(record.seen("cc1").lies()).isEqualTo(1);
    }

    @Test
    void whoLetsAQuestionWaitIsLateUntilItAnswers() {
        answers("cc1", 50, 20);
        ProviderRecord.Question question = record.ask("cc1");
        assertThat(record.standing("cc1")).isEqualTo(Standing.SOUND);
        pass(Duration.ofMillis(200));
        assertThat(record.standing("cc1")).isEqualTo(Standing.LATE);
        question.answered(Duration.ofMillis(200));
        assertThat(record.standing("cc1")).isEqualTo(Standing.SOUND);
    }

    @Test
    void atTheEndWhoIsLateHasFailedAndOthersHaveNot() {
        answers("cc1", 50, 20);
        answers("cc2", 50, 20);
        ProviderRecord.Question slow = record.ask("cc1");
        pass(Duration.ofMillis(200));
        ProviderRecord.Question young = record.ask("cc2");
        record.settle();
        // What breaks off afterwards isn't theirs.
        slow.failed();
        young.failed();
        assertThat(record.seen("cc1").failures()).isEqualTo(1);
        assertThat(record.seen("cc2").failures()).isZero();
    }

    @Test
    void aPassIsLateByWhatPassesTook() {
        Duration stall = Duration.ofSeconds(20);
        assertThat(record.passDeadline(stall)).isEqualTo(Duration.ofSeconds(1));
        for (int i = 0; i < 100; i++) {
            record.passed(Duration.ofMillis(8));
        }
        assertThat(record.passDeadline(stall)).isEqualTo(Duration.ofMillis(100));
        for (int i = 0; i < 100; i++) {
            record.passed(Duration.ofSeconds(3));
        }
        assertThat(record.passDeadline(stall)).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(4));
        assertThat(record.passDeadline(Duration.ofSeconds(2))).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void countsAreBounded() {
        Seen full = new Seen(1_000_000_000, 1_000_000_000, 1_000_000_000, Estimate.NONE, 0, 8, 0, 0);
        ProviderRecord old = new ProviderRecord(new State(Estimate.NONE, Map.of("cc1", full)), clock);
        old.failed("cc1");
        old.lied("cc1");
        old.ask("cc1").answered(Duration.ofMillis(1));
        assertThat(old.seen("cc1"))
                .extracting(Seen::answers, Seen::failures, Seen::lies, Seen::strikes)
                .containsExactly(1_000_000_000L, 1_000_000_000L, 1_000_000_000L, 8);
    }

    @Test
    void twoCommandsAddUp() {
        answers("cc1", 3, 10);
        record.failed("cc2");
        State begin = record.state();

        ProviderRecord one = new ProviderRecord(begin, clock);
        pass(Duration.ofSeconds(1));
        one.ask("cc1").answered(Duration.ofMillis(30));
        one.lied("cc3");
        ProviderRecord two = new ProviderRecord(begin, clock);
        pass(Duration.ofSeconds(1));
        IntStream.range(0, 4).forEach(_ -> two.ask("cc1").answered(Duration.ofMillis(50)));
        pass(Duration.ofSeconds(10));
        two.failed("cc2");

        State all = two.state().merged(begin, one.state());
        assertThat(all.providers()).containsOnlyKeys("cc1", "cc2", "cc3");
        assertThat(all.providers().get("cc1").answers()).isEqualTo(3 + 1 + 4);
        assertThat(all.providers().get("cc1").latency())
                .isEqualTo(two.seen("cc1").latency());
        assertThat(all.providers().get("cc2"))
                .extracting(Seen::failures, Seen::strikes)
                .containsExactly(2L, 2);
        assertThat(all.providers().get("cc3").lies()).isEqualTo(1);
        // Whoever learned nothing takes nothing away.
        assertThat(begin.merged(begin, all)).isEqualTo(all);
    }
}
