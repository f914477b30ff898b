package dev.interlock.protocol.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.protocol.login.GuessLimit.Allowed;
import dev.interlock.protocol.login.GuessLimit.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** How many guesses are answered, whatever is tried and whatever the clock does. */
final class GuessLimitTest {
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final GuessLimit LIMIT = GuessLimit.STANDARD;

    /** All guesses that are answered when somebody asks at these times. */
    private static List<Long> answered(GuessLimit limit, List<Long> times) {
        List<Long> counted = new ArrayList<>();
        for (long now : times) {
            counted.replaceAll(each -> GuessLimit.counted(each, now));
            if (limit.decide(counted, now) instanceof Allowed) {
                counted.add(now);
            }
        }
        return counted;
    }

    @Test
    void noWindowHasMoreThanTheMost() {
        SplittableRandom random = new SplittableRandom(5);
        for (int run = 0; run < 8; run++) {
            List<Long> times = new ArrayList<>();
            long now = 1_000_000_000;
            for (int i = 0; i < 1000; i++) {
                now += random.nextLong(random.nextBoolean() ? 500 : 60_000);
                times.add(now);
            }
            List<Long> answered = answered(LIMIT, times);
            for (int i = 0; i + LIMIT.most() < answered.size(); i++) {
                assertThat(answered.get(i + LIMIT.most()) - answered.get(i)).isGreaterThanOrEqualTo(HOUR);
            }
            assertThat(answered.size()).isGreaterThan(LIMIT.most());
        }
    }

    @Test
    void pausesGrowAndEnd() {
        List<Long> counted = new ArrayList<>();
        long now = 7_000_000;
        List<Long> waits = new ArrayList<>();
        while (counted.size() < LIMIT.most()) {
            switch (LIMIT.decide(counted, now)) {
                case Allowed _ -> counted.add(now);
                case Refused(Duration left) -> {
                    waits.add(left.toSeconds());
                    now += left.toMillis();
                }
            }
        }
        assertThat(waits).containsExactly(2L, 4L, 8L, 16L, 32L, 64L);
        assertThat(LIMIT.decide(counted, now)).isInstanceOf(Refused.class);
        // The wait that is said is enough, and no more than that.
        Duration left = ((Refused) LIMIT.decide(counted, now)).left();
        assertThat(LIMIT.decide(counted, now + left.toMillis() - 1)).isInstanceOf(Refused.class);
        assertThat(LIMIT.decide(counted, now + left.toMillis())).isInstanceOf(Allowed.class);
    }

    /** An hour, ten years, there and back: never more guesses, and nobody is locked out beyond a window. */
    @Test
    void aClockThatJumpsGivesNothingAndTakesNoMoreThanAWindow() {
        long now = 100 * HOUR * 24 * 365;
        List<Long> counted = new ArrayList<>();
        for (int i = 0; i < LIMIT.most(); i++) {
            counted.add(now + i);
        }
        for (long back : List.of(HOUR, 10 * 365 * 24 * HOUR)) {
            long then = now - back;
            assertThat(LIMIT.decide(counted, then)).isInstanceOf(Refused.class);
            List<Long> rewritten =
                    counted.stream().map(each -> GuessLimit.counted(each, then)).toList();
            assertThat(LIMIT.decide(rewritten, then + HOUR - 1)).isInstanceOf(Refused.class);
            assertThat(LIMIT.decide(rewritten, then + HOUR)).isInstanceOf(Allowed.class);
        }
    }

    /**
     * What m corrupt providers buy (docs/threat-model.md): a guess needs t − m answers of the n − m honest ones, each of which gives G
     * a window, so at most (n − m)·G / (t − m) guesses; and an attacker who spreads them evenly gets as many, rounded down.
     */
    @Test
    void whatCorruptProvidersBuy() {
        int most = LIMIT.most();
        for (int n = 2; n <= 7; n++) {
            for (int t = 2; t <= n; t++) {
                for (int m = 0; m < t; m++) {
                    int[] left = new int[n - m];
                    java.util.Arrays.fill(left, most);
                    int guesses = 0;
                    while (true) {
                        // The best that can be done: ask those that have the most left.
                        int[] order = java.util.stream.IntStream.range(0, left.length)
                                .boxed()
                                .sorted((a, b) -> left[b] - left[a])
                                .mapToInt(Integer::intValue)
                                .toArray();
                        if (left[order[t - m - 1]] == 0) {
                            break;
                        }
                        for (int i = 0; i < t - m; i++) {
                            left[order[i]]--;
                        }
                        guesses++;
                    }
                    assertThat(guesses).as("n=%d t=%d m=%d", n, t, m).isEqualTo((n - m) * most / (t - m));
                }
            }
        }
    }
}
