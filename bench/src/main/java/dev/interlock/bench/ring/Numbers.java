package dev.interlock.bench.ring;

import java.util.Locale;

/** Figures in the sentences of notes. */
final class Numbers {
    private Numbers() {}

    static String two(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    static String whole(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }

    /** Bytes, in the largest unit that they are a whole number of. */
    static String size(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB"};
        int unit = 0;
        long rest = bytes;
        while (unit < units.length - 1 && rest >= 1024 && rest % 1024 == 0) {
            rest /= 1024;
            unit++;
        }
        return rest + " " + units[unit];
    }
}
