package dev.interlock.client;

import java.time.Duration;

/**
 * How long something takes, learned from how long it took: a smoothed mean and deviation, as RFC 6298 has them.
 *
 * @param millis the mean
 * @param deviationMillis the mean distance from it
 * @param samples how many were taken in; without one, the others say nothing
 */
public record Estimate(double millis, double deviationMillis, long samples) {
    /** Nothing is known yet. */
    public static final Estimate NONE = new Estimate(0, 0, 0);

    private static final double MEAN_GAIN = 1 / 8.0;
    private static final double DEVIATION_GAIN = 1 / 4.0;
    private static final double DEVIATIONS = 4;
    /** No sample counts for more: one sleep of a laptop isn't learned from for a week. */
    private static final double MAX_MILLIS = 60_000;

    /** @throws IllegalArgumentException if a number is negative, infinite or none */
    public Estimate {
        if (!(millis >= 0 && millis <= MAX_MILLIS && deviationMillis >= 0 && deviationMillis <= MAX_MILLIS)) {
            throw new IllegalArgumentException(
                    "an estimate of " + millis + " ± " + deviationMillis + " ms, both must be from 0 to " + MAX_MILLIS);
        }
        if (samples < 0) {
            throw new IllegalArgumentException("an estimate from " + samples + " samples, must be at least 0");
        }
    }

    /** With one more sample. */
    Estimate with(Duration took) {
        double sample = Math.clamp(took.toNanos() / 1e6, 0, MAX_MILLIS);
        if (samples == 0) {
            return new Estimate(sample, sample / 2, 1);
        }
        double deviation = deviationMillis + DEVIATION_GAIN * (Math.abs(sample - millis) - deviationMillis);
        return new Estimate(millis + MEAN_GAIN * (sample - millis), deviation, ProviderRecord.plusOne(samples));
    }

    /** What takes longer than this is late: RFC 6298's timeout. */
    Duration deadline(Duration unknown, Duration atLeast, Duration atMost) {
        Duration learned =
                samples == 0 ? unknown : Duration.ofNanos((long) ((millis + DEVIATIONS * deviationMillis) * 1e6));
        Duration raised = learned.compareTo(atLeast) < 0 ? atLeast : learned;
        return raised.compareTo(atMost) > 0 ? atMost : raised;
    }
}
