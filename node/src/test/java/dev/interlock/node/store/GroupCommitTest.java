package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.StatementHash;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
final class GroupCommitTest {
    @TempDir
    Path folder;

    private SealedStore store;
    private final ExecutorService threads = Executors.newFixedThreadPool(64);

    @BeforeEach
    void open() {
        store = Fixture.open(folder);
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        store.close();
    }

    @Test
    void manyOperationsShareATransaction() throws Exception {
        int objects = 1280;
        long before = Fixture.writes(store).transactions();
        List<Future<?>> puts = new ArrayList<>();
        List<StatementHash> ids = new ArrayList<>();
        for (int i = 0; i < objects; i++) {
            StatementHash id = Fixture.newId();
            ids.add(id);
            puts.add(threads.submit(() -> Fixture.put(store, id, 100, 100)));
        }
        for (Future<?> put : puts) {
            put.get();
        }
        long transactions = Fixture.writes(store).transactions() - before;
        assertThat(transactions).isBetween(2L, 2L * objects / 8);
        assertThat(store.list(Fixture.USER)).hasSize(objects);
        for (StatementHash id : ids) {
            assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 1)).isTrue();
        }
    }

    @Test
    void aFailureIsItsOwn() throws Exception {
        CountDownLatch release = hold();
        long before = Fixture.writes(store).transactions();
        Future<Boolean> first = burn(1);
        Future<Boolean> wrong = threads.submit(() -> Fixture.writes(store).write("test", link -> {
            Rows.burn(link, StatementHash.of(Fixture.filled(32, 2)), Instant.EPOCH);
            link.execute("INSERT INTO object (seq) VALUES (1)");
            return true;
        }));
        Future<Boolean> bug = threads.submit(() -> Fixture.writes(store).write("test", link -> {
            Rows.burn(link, StatementHash.of(Fixture.filled(32, 3)), Instant.EPOCH);
            throw new IllegalStateException("a bug");
        }));
        Future<?> refused = threads.submit(() -> store.commit(Fixture.newId(), Fixture.OTHER_CERTIFICATE));
        Future<Boolean> last = burn(4);
        awaitQueue(5);
        release.countDown();
        assertThat(first.get()).isTrue();
        assertThat(last.get()).isTrue();
        assertFails(wrong, StoreException.Failed.class);
        assertFails(bug, IllegalStateException.class);
        assertFails(refused, StoreException.NoSuchObject.class);
        assertThat(Fixture.writes(store).transactions() - before)
                .as("the one that held the writer, and one for all")
                .isEqualTo(2);
        assertThat(burn(1).get()).isFalse();
        assertThat(burn(2).get()).as("rolled back with its failure").isTrue();
        assertThat(burn(3).get()).isTrue();
        assertThat(burn(4).get()).isFalse();
    }

    // SQLite gives up the whole transaction when the disk is full.
    @Test
    void aFullDiskFailsOnlyWhatNeedsTheRoom() throws Exception {
        long pages = Long.parseLong(Fixture.writes(store).write("test", link -> link.single("PRAGMA page_count")));
        Fixture.writes(store).write("test", link -> link.single("PRAGMA max_page_count = " + (pages + 20)));
        CountDownLatch release = hold();
        Future<Boolean> first = burn(1);
        Future<Boolean> large = threads.submit(() -> Fixture.writes(store).write("writing much", link -> {
            PreparedStatement insert = link.prepare(
                    "INSERT INTO blob (place, record_bytes, total_bytes, sealed) VALUES (1, 1, 1, zeroblob(1000000))");
            return insert.executeUpdate() == 1;
        }));
        Future<Boolean> last = burn(2);
        awaitQueue(3);
        release.countDown();
        assertThat(first.get()).isTrue();
        assertThat(last.get()).isTrue();
        assertThatThrownBy(large::get)
                .cause()
                .isInstanceOf(StoreException.NoRoom.class)
                .hasMessageContaining("writing much");
        store.close();
        store = Fixture.open(folder);
        assertThat(burn(1).get()).isFalse();
        assertThat(burn(2).get()).isFalse();
    }

    @Test
    void prepareWithoutRoomLeavesNothing() throws Exception {
        StatementHash id = Fixture.newId();
        long pages = Long.parseLong(Fixture.writes(store).write("test", link -> link.single("PRAGMA page_count")));
        Fixture.writes(store).write("test", link -> link.single("PRAGMA max_page_count = " + (pages + 3)));
        PendingObject object = Fixture.begin(store, id);
        Fixture.write(object, id, BlobKind.SHARE, 60_000, 60_000);
        Fixture.write(object, id, BlobKind.CIPHERTEXT, 60_000, 120_000);
        assertThatThrownBy(() -> object.prepare(Fixture.TOKEN, Fixture.MANIFEST))
                .isInstanceOf(StoreException.NoRoom.class)
                .hasMessageContaining(id.toString());
        assertThat(Fixture.dataFiles(folder)).hasSize(1);
        object.abort();
        assertThat(Fixture.dataFiles(folder)).isEmpty();
        assertThat(store.find(id)).isEmpty();
        Fixture.writes(store).write("test", link -> link.single("PRAGMA max_page_count = 1000000"));
        Fixture.put(store, id, 60_000, 60_000);
    }

    @Test
    void anInterruptedCallerKnowsThatNothingWasWritten() throws Exception {
        CountDownLatch release = hold();
        CountDownLatch told = new CountDownLatch(1);
        Future<?> burning = threads.submit(() -> {
            try {
                return store.burn(StatementHash.of(Fixture.filled(32, 1)), Instant.EPOCH);
            } finally {
                told.countDown();
            }
        });
        awaitQueue(1);
        burning.cancel(true);
        told.await();
        release.countDown();
        assertThat(burn(1).get()).isTrue();
    }

    /** Keeps the writer busy, so that what comes next shares a transaction. */
    private CountDownLatch hold() throws InterruptedException {
        CountDownLatch holding = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        threads.execute(() -> Fixture.writes(store).write("test", link -> {
            holding.countDown();
            try {
                return release.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new SQLException(e);
            }
        }));
        holding.await();
        return release;
    }

    private void awaitQueue(int tasks) throws InterruptedException {
        while (Fixture.writes(store).queued() < tasks) {
            Thread.sleep(1);
        }
    }

    private Future<Boolean> burn(int session) {
        return threads.submit(() -> store.burn(StatementHash.of(Fixture.filled(32, session)), Instant.EPOCH));
    }

    private static void assertFails(Future<?> task, Class<? extends Throwable> how) {
        assertThatThrownBy(task::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(how);
    }
}
