package dev.interlock.node.admission;

import java.util.Arrays;

/** Which numbers of a sequence were there: the last {@value #BITS} are told apart, as HTTP/2 reorders requests; older ones aren't taken. */
final class SequenceWindow {
    static final int BITS = 1024;

    private final long[] seen = new long[BITS / Long.SIZE];
    /** One above the highest that was there. */
    private long next;

    /** What a number is here. */
    enum Taken {
        NEW,
        SEEN,
        TOO_OLD
    }

    /** Takes a number once; negative ones are too old. */
    Taken take(long number) {
        if (number < 0 || number < next - BITS || number == Long.MAX_VALUE) {
            return Taken.TOO_OLD;
        }
        if (number - next >= BITS) {
            Arrays.fill(seen, 0);
            next = number + 1;
        }
        for (; next <= number; next++) {
            seen[word(next)] &= ~bit(next);
        }
        if ((seen[word(number)] & bit(number)) != 0) {
            return Taken.SEEN;
        }
        seen[word(number)] |= bit(number);
        return Taken.NEW;
    }

    private static int word(long number) {
        return (int) (number % BITS) / Long.SIZE;
    }

    private static long bit(long number) {
        return 1L << (number % Long.SIZE);
    }
}
