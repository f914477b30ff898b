package dev.interlock.protocol.login;

import java.time.Duration;
import java.util.List;

/**
 * How many guesses a provider answers for one user (SPEC §17): so many in any window, with growing pauses after the first few. A pure
 * function of the times of those that it has counted; the counting is its caller's, and durable before an answer leaves.
 *
 * @param most guesses in any window
 * @param window how long one counts
 * @param free so many without a pause
 * @param pause after the next one; each further one doubles it
 */
public record GuessLimit(int most, Duration window, int free, Duration pause) {
    /** Ten in an hour; the first four at once, the next after 2 s, 4 s, … */
    public static final GuessLimit STANDARD = new GuessLimit(10, Duration.ofHours(1), 3, Duration.ofSeconds(2));

    public GuessLimit {
        if (most < 1 || free < 1 || window.toMillis() < 1 || pause.isNegative()) {
            throw new IllegalArgumentException("a limit allows at least one guess");
        }
    }

    /** What becomes of a guess. */
    public sealed interface Decision {}

    /** It is counted, and answered. */
    public record Allowed() implements Decision {}

    /**
     * It isn't answered, and doesn't count.
     *
     * @param left until one may be
     */
    public record Refused(Duration left) implements Decision {}

    /**
     * A time that was counted, as it counts now: a clock that ran ahead and came back locks nobody out for longer than a window, and
     * frees nothing.
     */
    public static long counted(long countedMillis, long nowMillis) {
        return Math.min(countedMillis, nowMillis);
    }

    /** From when on a guess doesn't count any more. */
    public long expiredBefore(long nowMillis) {
        return nowMillis - window.toMillis();
    }

    /**
     * Decides on one more guess.
     *
     * @param countedMillis when those before were counted, in any order; older ones than the window may be among them
     */
    public Decision decide(List<Long> countedMillis, long nowMillis) {
        List<Long> within = countedMillis.stream()
                .map(each -> counted(each, nowMillis))
                .filter(each -> each > expiredBefore(nowMillis))
                .sorted()
                .toList();
        int used = within.size();
        if (used >= most) {
            // The oldest that must have gone for one more to fit.
            long gone = within.get(used - most) + window.toMillis();
            return new Refused(Duration.ofMillis(Math.max(1, gone - nowMillis)));
        }
        if (used > free) {
            long pauseMillis = pause.toMillis() << Math.min(30, used - free - 1);
            long next = within.getLast() + pauseMillis;
            if (next > nowMillis) {
                return new Refused(Duration.ofMillis(next - nowMillis));
            }
        }
        return new Allowed();
    }
}
