package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class BurnTest {
    private static final byte[] SESSION = Fixture.filled(16, 1);
    private static final byte[] OTHER = Fixture.filled(16, 2);
    private static final Instant EXPIRES = Instant.parse("2026-01-01T00:10:00Z");

    @TempDir
    Path folder;

    @Test
    void onceForEachSession() {
        try (SqliteStore store = Fixture.open(folder)) {
            assertThat(store.burn(SESSION, EXPIRES)).isTrue();
            assertThat(store.burn(SESSION, EXPIRES)).isFalse();
            assertThat(store.burn(SESSION, EXPIRES.plusSeconds(1))).isFalse();
            assertThat(store.burn(OTHER, EXPIRES)).isTrue();
            assertThatThrownBy(() -> store.burn(new byte[15], EXPIRES)).isInstanceOf(IllegalArgumentException.class);
        }
        try (SqliteStore store = Fixture.open(folder)) {
            assertThat(store.burn(SESSION, EXPIRES)).isFalse();
            assertThat(store.burn(OTHER, EXPIRES)).isFalse();
        }
    }

    @Test
    void oneOfAHundredAtOnce() throws Exception {
        try (SqliteStore store = Fixture.open(folder);
                ExecutorService threads = Executors.newFixedThreadPool(100)) {
            for (int round = 0; round < 20; round++) {
                byte[] session = Fixture.filled(16, 100 + round);
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

    @Test
    void pruningTakesWhatExpiredBefore() {
        try (SqliteStore store = Fixture.open(folder)) {
            store.burn(SESSION, EXPIRES);
            store.burn(OTHER, EXPIRES.plusMillis(1));
            store.pruneBurns(EXPIRES);
            assertThat(store.burn(SESSION, EXPIRES)).isFalse();
            store.pruneBurns(EXPIRES.plusMillis(1));
            assertThat(store.burn(OTHER, EXPIRES)).isFalse();
            assertThat(store.burn(SESSION, EXPIRES)).isTrue();
        }
    }
}
