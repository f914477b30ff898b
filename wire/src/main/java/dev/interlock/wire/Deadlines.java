package dev.interlock.wire;

import java.time.Duration;

/**
 * How long anyone waits for anyone. Every wait has one of these.
 *
 * @param connect for a TCP connection
 * @param answer for the answer to a small request
 * @param stall for the next byte of a stream that should be moving
 * @param settle for a receiver to make durable what it was sent, and others behind it too
 */
public record Deadlines(Duration connect, Duration answer, Duration stall, Duration settle) {
    private static final int SETTLE_STALLS = 3;
    private static final int HANDSHAKES_A_STALL = 4;

    public static final Deadlines DEFAULT = stallAfter(Duration.ofSeconds(20));

    /** All deadlines, from the longest silence of a stream that is put up with. */
    public static Deadlines stallAfter(Duration stall) {
        Duration connect = shorter(stall, Duration.ofSeconds(3));
        Duration answer = shorter(stall, Duration.ofSeconds(10));
        return new Deadlines(connect, answer, stall, stall.multipliedBy(SETTLE_STALLS));
    }

    /** For a connection with its handshakes, which a busy node that has just started takes long over. */
    Duration handshake() {
        Duration patient = stall.dividedBy(HANDSHAKES_A_STALL);
        return patient.compareTo(connect) < 0 ? connect : patient;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
