package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.Session;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
final class BurnTest {
    private static final StatementHash SESSION = StatementHash.of(Fixture.filled(32, 1));
    private static final StatementHash OTHER = StatementHash.of(Fixture.filled(32, 2));
    private static final Instant EXPIRES = Instant.parse("2026-01-01T00:10:00Z");

    @TempDir
    Path folder;

    @Test
    void onceForEachSession() {
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(store.burn(SESSION, EXPIRES)).isTrue();
            assertThat(store.burn(SESSION, EXPIRES)).isFalse();
            assertThat(store.burn(SESSION, EXPIRES.plusSeconds(1))).isFalse();
            assertThat(store.burn(OTHER, EXPIRES)).isTrue();
        }
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(store.burn(SESSION, EXPIRES)).isFalse();
            assertThat(store.burn(OTHER, EXPIRES)).isFalse();
        }
    }

    @Test
    void oneOfAHundredAtOnce() throws Exception {
        try (SealedStore store = Fixture.open(folder);
                ExecutorService threads = Executors.newFixedThreadPool(100)) {
            for (int round = 0; round < 20; round++) {
                StatementHash session = StatementHash.of(Fixture.filled(32, 100 + round));
                CountDownLatch ready = new CountDownLatch(100);
                List<Future<Boolean>> answers = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    answers.add(threads.submit(() -> {
                        ready.countDown();
                        ready.await();
                        return store.burn(session, EXPIRES);
                    }));
                }
                int first = 0;
                for (Future<Boolean> answer : answers) {
                    first += answer.get() ? 1 : 0;
                }
                assertThat(first).isEqualTo(1);
            }
        }
    }

    /** What is pruned can't come again, though nothing is left of it: the floor is in its place, also over a restart. */
    @Test
    void pruningRaisesTheFloor() {
        try (SealedStore store = Fixture.open(folder)) {
            store.burn(SESSION, EXPIRES);
            store.burn(OTHER, EXPIRES.plusMillis(1));
            store.pruneBurns(EXPIRES);
            assertThat(store.burn(SESSION, EXPIRES)).isFalse();
            store.pruneBurns(EXPIRES.plusMillis(1));
            assertThat(store.burn(OTHER, EXPIRES)).isFalse();
            assertThat(store.burn(SESSION, EXPIRES)).isFalse();
        }
        StatementHash third = StatementHash.of(Fixture.filled(32, 3));
        try (SealedStore store = Fixture.open(folder)) {
            // A clock that was set back takes nothing that may have been there before.
            assertThat(store.burn(SESSION, EXPIRES)).isFalse();
            assertThat(store.burn(third, EXPIRES)).isFalse();
            assertThat(store.burn(third, EXPIRES.plusMillis(1))).isTrue();
        }
    }

    @Test
    void aNewStoreCantTellWhatWasSaidBeforeIt() {
        Instant before = Instant.now();
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(store.floor())
                    .isAfterOrEqualTo(before.plus(Session.LONGEST).minusMillis(1));
            Instant far = before.plusSeconds(100_000);
            store.burn(SESSION, far);
            store.pruneBurns(far.plusSeconds(1));
            assertThat(store.floor()).isEqualTo(far.plusSeconds(1).truncatedTo(ChronoUnit.MILLIS));
        }
    }
}
