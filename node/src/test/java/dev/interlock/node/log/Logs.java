package dev.interlock.node.log;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Role;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Optional;

/** A node, a clock that is set by hand, and a small log. */
final class Logs {
    static final Instant START = Instant.parse("2026-01-02T03:04:05.678Z");

    private Logs() {}

    static SigningKey key(int seed) {
        byte[] bytes = new byte[SigningKey.SEED_BYTES];
        Arrays.fill(bytes, (byte) seed);
        return new SigningKey(SecretBytes.taking(bytes));
    }

    static NodeCard card(int seed) {
        try (SigningKey key = key(seed)) {
            return NodeCard.of(
                    Role.PROVIDER,
                    "cc" + seed,
                    "127.0.0.1:740" + seed,
                    "0".repeat(64),
                    key.verifyingKey(),
                    Optional.of("x25519:" + "0".repeat(64)));
        }
    }

    static AuditLog open(LogFile file, Clock clock) {
        return AuditLog.open("the log", file, card(1), key(1), clock);
    }

    static ObjectId object(int number) {
        byte[] id = new byte[ObjectId.BYTES];
        id[0] = (byte) number;
        return ObjectId.of(id);
    }

    static Entry stored(int number) {
        return Entry.of(Event.STORED).object(object(number));
    }

    /** Twelve lines, three of them heads, the last one not signed. */
    static MemoryFile small() {
        MemoryFile file = MemoryFile.empty();
        HandClock clock = new HandClock();
        AuditLog log = open(file, clock);
        log.append(Entry.of(Event.STARTED));
        log.sign();
        for (int i = 1; i <= 7; i++) {
            clock.pass(Duration.ofSeconds(3));
            log.append(stored(i));
            if (i % 3 == 0) {
                log.sign();
            }
        }
        return file;
    }

    /** Stands still until it is set on. */
    static final class HandClock extends Clock {
        private Instant now = START;

        synchronized void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public synchronized Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}
