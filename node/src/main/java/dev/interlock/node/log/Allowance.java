package dev.interlock.node.log;

/** So many entries at once, then one a second; the rest is counted. */
final class Allowance {
    static final int AT_ONCE = 60;
    private static final long EACH_MILLIS = 1000;

    private long credit = AT_ONCE * EACH_MILLIS;
    private long lastMillis;
    private long leftOut;

    Allowance(long nowMillis) {
        this.lastMillis = nowMillis;
    }

    /** May one more be written? Counts it if not. */
    boolean take(long nowMillis) {
        // A clock that was set back gives nothing.
        credit = Math.min(AT_ONCE * EACH_MILLIS, credit + Math.max(0, nowMillis - lastMillis));
        lastMillis = nowMillis;
        if (credit < EACH_MILLIS) {
            leftOut++;
            return false;
        }
        credit -= EACH_MILLIS;
        return true;
    }

    /** One that was to be written and couldn't be. */
    void leaveOut() {
        leftOut++;
    }

    long leftOut() {
        return leftOut;
    }

    /** These were told. */
    void told(long count) {
        leftOut -= count;
    }
}
