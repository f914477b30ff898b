package dev.interlock.bench;

import java.util.Locale;

/**
 * What the median of a ratio must reach.
 *
 * @param bound included
 */
public record Goal(Kind kind, double bound) {

    /** On which side of the bound the ratio must lie. */
    public enum Kind {
        AT_LEAST,
        AT_MOST
    }

    /** ratio ≥ bound. */
    public static Goal atLeast(double bound) {
        return new Goal(Kind.AT_LEAST, bound);
    }

    /** ratio ≤ bound. */
    public static Goal atMost(double bound) {
        return new Goal(Kind.AT_MOST, bound);
    }

    /** Whether this ratio is good enough. */
    public boolean met(double ratio) {
        return switch (kind) {
            case AT_LEAST -> ratio >= bound;
            case AT_MOST -> ratio <= bound;
        };
    }

    @Override
    public String toString() {
        return (kind == Kind.AT_LEAST ? "≥ " : "≤ ") + String.format(Locale.ROOT, bound < 10 ? "%.2f" : "%.0f", bound);
    }
}
