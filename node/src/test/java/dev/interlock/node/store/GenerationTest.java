package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.ObjectId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An object that another continues: one of them is there at any time, never both. */
@Timeout(120)
final class GenerationTest {
    private static final byte[] RECEIPT = Fixture.filled(100, 9);
    private static final int SMALL = 3000;
    private static final int LARGE = 100_000;

    @TempDir
    Path folder;

    private SqliteStore store;
    private final ObjectId first = Fixture.newId();
    private final ObjectId second = Fixture.newId();
    private final ObjectId third = Fixture.newId();

    @BeforeEach
    void open() {
        store = Fixture.open(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {SMALL, LARGE})
    void committingReplacesTheOneBefore(int bytes) {
        Fixture.put(store, first, 1000, bytes);
        prepare(second, 2, bytes);
        assertOnly(first, bytes);
        assertThat(store.inDoubt()).containsExactly(second);
        Blob reading = store.open(first, BlobKind.SHARE);
        Blob next = store.open(second, BlobKind.SHARE);

        store.commit(second, Fixture.FINAL_CHAIN);

        assertThatThrownBy(() -> Fixture.read(reading, 0))
                .isInstanceOf(StoreException.Replaced.class)
                .hasMessageContainingAll(first.toString(), "a later generation took its place");
        assertThat(Fixture.read(next, 0)).isEqualTo(Fixture.content(second, BlobKind.SHARE, 0, 1000));
        assertThat(Fixture.dataFiles(folder)).hasSize(bytes == LARGE ? 1 : 0);
        for (int round = 0; round < 2; round++) {
            assertReplaced(first);
            assertOnly(second, bytes);
            assertThat(store.inDoubt()).isEmpty();
            // Late messages.
            store.commit(first, Fixture.CHAIN);
            store.commit(second, Fixture.CHAIN);
            assertThat(store.find(second).orElseThrow().chain()).isEqualTo(Fixture.FINAL_CHAIN);
            store.close();
            store = Fixture.open(folder);
        }
        put(third, 3, bytes);
        assertReplaced(first);
        assertReplaced(second);
        assertOnly(third, bytes);
    }

    @Test
    void whatIsKnownOfAReplacedObject() {
        Fixture.put(store, first, 1000, SMALL);
        put(second, 2, SMALL);
        StoredObject replaced = store.find(first).orElseThrow();
        assertThat(replaced.origin()).isEqualTo(first);
        assertThat(replaced.generation()).isEqualTo(1);
        assertThat(replaced.state()).isEqualTo(ObjectState.REPLACED);
        assertThat(replaced.token()).isEqualTo(Fixture.TOKEN);
        assertThat(replaced.chain()).isEqualTo(Fixture.FINAL_CHAIN);
        assertThat(replaced.receipt()).isEmpty();
        StoredObject next = store.find(second).orElseThrow();
        assertThat(next.origin()).isEqualTo(first);
        assertThat(next.generation()).isEqualTo(2);
    }

    @Test
    void nothingOfTheReplacedIsLeftInAnyFile() throws Exception {
        try (PendingObject object = store.begin(first, Fixture.OWNER)) {
            Fixture.write(object, first, BlobKind.SHARE, 1000, 30_000);
            Fixture.write(object, first, BlobKind.CIPHERTEXT, 1000, 200_000);
            Fixture.write(object, first, BlobKind.sealedShare(1), 1000, 30_000);
            Fixture.write(object, first, BlobKind.sealedShare(254), 1000, 200_000);
            object.prepare(Fixture.TOKEN, Fixture.CHAIN, Fixture.content(first, BlobKind.MANIFEST, 0, 3000));
        }
        store.commit(first, Fixture.FINAL_CHAIN);
        prepare(second, 2, LARGE);
        byte[] key = Fixture.keys(folder, first).getFirst();
        List<byte[]> traces = new ArrayList<>(List.of(key));
        String rows = "SELECT sealed FROM blob JOIN object ON place / 2048 = seq WHERE sealed NOT NULL AND id = x'"
                + first + "'";
        for (byte[] sealed : Fixture.bytes(folder, rows)) {
            Fixture.addPieces(traces, sealed);
        }
        for (BlobKind kind : List.of(BlobKind.CIPHERTEXT, BlobKind.sealedShare(254))) {
            Fixture.addPieces(traces, Files.readAllBytes(Fixture.file(folder, first, kind)));
        }
        assertThat(traces).hasSizeGreaterThan(460);
        assertThat(Fixture.found(folder, traces))
                .as("control: the search finds them before")
                .hasSize(traces.size());

        store.commit(second, Fixture.FINAL_CHAIN);

        assertThat(Fixture.found(folder, traces)).isEmpty();
        assertThat(Fixture.found(folder, List.of(Arrays.copyOf(key, 16), Arrays.copyOfRange(key, 16, 32))))
                .isEmpty();
        assertThat(Files.size(folder.resolve("store.db-wal"))).isZero();
        assertThat(Fixture.dataFiles(folder)).containsExactly(Fixture.shareFile(folder, second));
        assertThat(Fixture.found(folder, Fixture.keys(folder, second))).hasSize(1);
        store.close();
        assertThat(Fixture.found(folder, traces)).isEmpty();
    }

    @Test
    void noKeyOfManyReplacedIsLeft() throws Exception {
        int objects = 20;
        List<byte[]> keys = new ArrayList<>();
        List<ObjectId> last = new ArrayList<>();
        for (int i = 0; i < objects; i++) {
            ObjectId origin = Fixture.newId();
            ObjectId id = origin;
            Fixture.put(store, id, 1000, 1 + 30 * i);
            for (int generation = 2; generation <= 10; generation++) {
                keys.add(Fixture.keys(folder, id).getFirst());
                id = Fixture.newId();
                Fixture.prepare(store, id, origin, generation, 1000, 1 + 30 * i);
                store.commit(id, Fixture.FINAL_CHAIN);
            }
            last.add(id);
        }
        assertThat(Fixture.found(folder, keys)).isEmpty();
        assertThat(store.list(Fixture.OWNER)).extracting(StoredObject::id).containsExactlyInAnyOrderElementsOf(last);
    }

    @Test
    void anOrdinaryCommitLeavesTheWalAlone() throws Exception {
        Fixture.put(store, first, 1000, SMALL);
        assertThat(Files.size(folder.resolve("store.db-wal"))).isPositive();
        // The first of its origin here.
        Fixture.prepare(store, third, Fixture.newId(), 7, 1000, SMALL);
        store.commit(third, Fixture.FINAL_CHAIN);
        assertThat(Files.size(folder.resolve("store.db-wal"))).isPositive();
        put(second, 2, SMALL);
        assertThat(Files.size(folder.resolve("store.db-wal"))).isZero();
    }

    @Test
    void generationsThatCannotBegin() {
        assertThatThrownBy(() -> begin(first, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> begin(second, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> begin(first, 0)).isInstanceOf(IllegalArgumentException.class);

        try (PendingObject pending = store.begin(first, Fixture.OWNER)) {
            assertThatThrownBy(() -> begin(second, 2))
                    .isInstanceOf(StoreException.Busy.class)
                    .hasMessageContainingAll(first.toString(), "PENDING");
            assertForeign();
            pending.prepare(Fixture.TOKEN, Fixture.CHAIN, Fixture.MANIFEST);
        }
        assertThatThrownBy(() -> begin(second, 2))
                .isInstanceOf(StoreException.Busy.class)
                .hasMessageContaining("PREPARED");
        assertForeign();
        store.commit(first, Fixture.FINAL_CHAIN);
        assertForeign();
        try (PendingObject pending = begin(second, 2)) {
            assertThatThrownBy(() -> begin(third, 3))
                    .isInstanceOf(StoreException.Busy.class)
                    .hasMessageContainingAll(second.toString(), "PENDING");
            assertThatThrownBy(() -> begin(second, 2)).isInstanceOf(StoreException.ObjectExists.class);
            pending.abort();
        }
        prepare(second, 2, SMALL);
        assertThatThrownBy(() -> begin(third, 2))
                .isInstanceOf(StoreException.Busy.class)
                .hasMessageContainingAll(second.toString(), "PREPARED");
        store.forget(second);
        put(second, 5, SMALL);
        for (int generation : new int[] {2, 5}) {
            assertThatThrownBy(() -> begin(third, generation))
                    .isInstanceOf(StoreException.WrongState.class)
                    .hasMessageContainingAll(third.toString(), "its generation 5 already");
        }
        assertThatThrownBy(() -> begin(second, 6)).isInstanceOf(StoreException.ObjectExists.class);
        assertThatThrownBy(() -> store.begin(first, Fixture.OWNER))
                .isInstanceOf(StoreException.ObjectExists.class)
                .hasMessageContaining("REPLACED");
        begin(third, 6).abort();
        store.destroy(second, RECEIPT);
        for (int generation : new int[] {2, 5, 6}) {
            assertThatThrownBy(() -> begin(third, generation)).isInstanceOf(StoreException.Destroyed.class);
        }
    }

    @Test
    void ofManyThatBeginOneWins() throws Exception {
        int threads = 8;
        Fixture.put(store, first, 1000, SMALL);
        CyclicBarrier together = new CyclicBarrier(threads);
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int generation = 2; generation < 42; generation++) {
                int next = generation;
                List<Future<Boolean>> begun = new ArrayList<>();
                List<ObjectId> ids = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    ObjectId id = Fixture.newId();
                    ids.add(id);
                    begun.add(pool.submit(() -> {
                        together.await();
                        try (PendingObject object = begin(id, next)) {
                            Fixture.write(object, id, BlobKind.SHARE, 1000, SMALL);
                            object.prepare(Fixture.TOKEN, Fixture.CHAIN, Fixture.MANIFEST);
                            return true;
                        } catch (StoreException.Busy e) {
                            return false;
                        }
                    }));
                }
                List<ObjectId> winners = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    if (begun.get(i).get()) {
                        winners.add(ids.get(i));
                    }
                }
                assertThat(winners).hasSize(1);
                store.commit(winners.getFirst(), Fixture.FINAL_CHAIN);
                assertOnly(winners.getFirst(), SMALL);
            }
        }
    }

    @Test
    void preparingLooksAgain() {
        Fixture.put(store, first, 1000, SMALL);
        try (PendingObject late = begin(second, 2)) {
            Fixture.write(late, second, BlobKind.SHARE, 1000, LARGE);
            store.destroy(first, RECEIPT);
            assertThatThrownBy(() -> late.prepare(Fixture.TOKEN, Fixture.CHAIN, Fixture.MANIFEST))
                    .isInstanceOf(StoreException.Destroyed.class);
        }
        assertThat(store.find(second)).isEmpty();
        assertThat(Fixture.dataFiles(folder)).isEmpty();

        // The first generation comes back here while a later one is on its way.
        ObjectId other = Fixture.newId();
        try (PendingObject late = store.begin(third, Fixture.OWNER, other, 2)) {
            Fixture.prepare(store, other, 1000, SMALL);
            assertThatThrownBy(() -> late.prepare(Fixture.TOKEN, Fixture.CHAIN, Fixture.MANIFEST))
                    .isInstanceOf(StoreException.Busy.class);
        }
        assertThat(store.find(third)).isEmpty();
    }

    @Test
    void oneThatComesAfterALaterOneIsReplaced() {
        put(second, 2, LARGE);
        Fixture.prepare(store, first, 1000, LARGE);
        assertThat(store.current(first).orElseThrow().id()).isEqualTo(second);
        store.commit(first, Fixture.FINAL_CHAIN);
        assertReplaced(first);
        assertOnly(second, LARGE);
        assertThat(Fixture.dataFiles(folder)).containsExactly(Fixture.shareFile(folder, second));
    }

    @Test
    void oneThatComesAfterADestructionStaysOut() {
        put(second, 2, LARGE);
        store.destroy(second, RECEIPT);
        Fixture.prepare(store, first, 1000, LARGE);
        assertThatThrownBy(() -> store.commit(first, Fixture.FINAL_CHAIN)).isInstanceOf(StoreException.Destroyed.class);
        assertThat(store.current(first).orElseThrow().id()).isEqualTo(second);
        store.forget(first);
        assertThat(Fixture.dataFiles(folder)).isEmpty();
    }

    @Test
    void theCurrentOne() {
        assertThat(store.current(first)).isEmpty();
        Fixture.prepare(store, first, 1000, SMALL);
        assertCurrent(first, ObjectState.PREPARED);
        store.commit(first, Fixture.FINAL_CHAIN);
        assertCurrent(first, ObjectState.COMMITTED);
        try (PendingObject pending = begin(second, 2)) {
            assertCurrent(first, ObjectState.COMMITTED);
            pending.prepare(Fixture.TOKEN, Fixture.CHAIN, Fixture.MANIFEST);
        }
        assertCurrent(first, ObjectState.COMMITTED);
        store.commit(second, Fixture.FINAL_CHAIN);
        assertCurrent(second, ObjectState.COMMITTED);
        assertThat(store.current(second)).as("no origin").isEmpty();
        store.destroy(second, RECEIPT);
        assertCurrent(second, ObjectState.DESTROYED);

        ObjectId elsewhere = Fixture.newId();
        Fixture.prepare(store, third, elsewhere, 4, 1000, SMALL);
        assertThat(store.current(elsewhere).orElseThrow().id()).isEqualTo(third);
        store.forget(third);
        assertThat(store.current(elsewhere)).isEmpty();
    }

    @Test
    void anObjectKeepsItsPlaceInLists() throws Exception {
        ObjectId later = Fixture.newId();
        Fixture.put(store, first, 1000, SMALL);
        Thread.sleep(5);
        Fixture.put(store, later, 1000, SMALL);
        put(second, 2, SMALL);
        assertThat(store.list(Fixture.OWNER)).extracting(StoredObject::id).containsExactly(later, second);
        assertThat(store.list(Fixture.OWNER, Optional.of(later), 10))
                .extracting(StoredObject::id)
                .containsExactly(second);
    }

    @Test
    void theTimeToBeDestroyedPassesOn() {
        Instant at = Instant.parse("2030-01-02T03:04:05.678Z");
        Fixture.put(store, first, 1000, SMALL);
        prepare(second, 2, SMALL);
        store.schedule(first, Optional.of(at));
        store.commit(second, Fixture.FINAL_CHAIN);
        assertThat(store.find(second).orElseThrow().destroyAt()).contains(at);
        assertThat(store.due(at)).containsExactly(second);
    }

    @Test
    void destroyingTakesThePreparedNextWithIt() throws Exception {
        Fixture.put(store, first, 1000, LARGE);
        prepare(second, 2, LARGE);
        Blob next = store.open(second, BlobKind.SHARE);
        List<byte[]> keys = List.of(
                Fixture.keys(folder, first).getFirst(),
                Fixture.keys(folder, second).getFirst());
        assertThat(Fixture.found(folder, keys)).as("control").hasSize(2);

        store.destroy(first, RECEIPT);

        assertThatThrownBy(() -> Fixture.read(next, 0)).isInstanceOf(StoreException.NoSuchObject.class);
        assertThat(Fixture.found(folder, keys)).isEmpty();
        assertThat(Fixture.dataFiles(folder)).isEmpty();
        assertThat(store.find(second)).isEmpty();
        assertThat(store.inDoubt()).isEmpty();
        assertCurrent(first, ObjectState.DESTROYED);
        assertThatThrownBy(() -> store.commit(second, Fixture.CHAIN)).isInstanceOf(StoreException.NoSuchObject.class);
        store.destroy(first, RECEIPT);
    }

    @Test
    void destroyingThePreparedNextTakesTheCommittedWithIt() throws Exception {
        Fixture.put(store, first, 1000, LARGE);
        Blob reading = store.open(first, BlobKind.SHARE);
        prepare(second, 2, LARGE);
        Path inside = obstruct(first);
        assertThatThrownBy(() -> store.destroy(second, RECEIPT))
                .isInstanceOf(StoreException.Failed.class)
                .hasMessageContaining("repeat it");
        Files.delete(inside);
        store.destroy(second, RECEIPT);
        assertThatThrownBy(() -> Fixture.read(reading, 0)).isInstanceOf(StoreException.Replaced.class);
        assertReplaced(first);
        assertCurrent(second, ObjectState.DESTROYED);
        assertThat(store.find(second).orElseThrow().receipt()).contains(RECEIPT);
        assertThat(folder.resolve("objects")).isEmptyDirectory();
        assertThat(store.list(Fixture.OWNER)).isEmpty();
    }

    // The disk fails at each statement of the swap in turn.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "BEFORE UPDATE OF chain ON object",
                "AFTER UPDATE OF chain ON object",
                "BEFORE UPDATE OF destroy_at ON object",
                "AFTER UPDATE OF destroy_at ON object",
                "BEFORE UPDATE ON object_key",
                "AFTER UPDATE ON object_key",
                "BEFORE DELETE ON blob",
                "AFTER DELETE ON blob",
                "BEFORE UPDATE OF state ON object WHEN NEW.state = 4",
                "AFTER UPDATE OF state ON object WHEN NEW.state = 4",
            })
    void aFaultLeavesTheOneBefore(String when) throws Exception {
        Fixture.put(store, first, 1000, LARGE);
        prepare(second, 2, LARGE);
        Fixture.sql(folder, "CREATE TRIGGER fault " + when + " BEGIN SELECT RAISE(ABORT, 'a fault'); END");
        assertThatThrownBy(() -> store.commit(second, Fixture.FINAL_CHAIN))
                .isInstanceOf(StoreException.Failed.class)
                .hasMessageContaining("a fault");
        for (int round = 0; round < 2; round++) {
            assertOnly(first, LARGE);
            assertThat(store.inDoubt()).containsExactly(second);
            store.close();
            store = Fixture.open(folder);
        }
        Fixture.sql(folder, "DROP TRIGGER fault");
        store.commit(second, Fixture.FINAL_CHAIN);
        assertReplaced(first);
        assertOnly(second, LARGE);
    }

    @Test
    void aFullDiskLeavesTheOneBefore() throws Exception {
        Fixture.put(store, first, 1000, SMALL);
        prepare(second, 2, SMALL);
        String pages = store.writes().write("test", link -> link.single("PRAGMA page_count"));
        store.writes().write("test", link -> link.single("PRAGMA max_page_count = " + pages));
        byte[] chain = Fixture.filled(100_000, 3);
        assertThatThrownBy(() -> store.commit(second, chain)).isInstanceOf(StoreException.NoRoom.class);
        assertOnly(first, SMALL);
        store.close();
        store = Fixture.open(folder);
        assertOnly(first, SMALL);
        store.commit(second, chain);
        assertOnly(second, SMALL);
    }

    // The transaction is durable, and the files can't be removed.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void repeatingOrOpeningFinishesTheSwap(boolean repeat) throws Exception {
        Fixture.put(store, first, 1000, LARGE);
        prepare(second, 2, LARGE);
        Path inside = obstruct(first);
        assertThatThrownBy(() -> store.commit(second, Fixture.FINAL_CHAIN))
                .isInstanceOf(StoreException.Failed.class)
                .hasMessageContaining("repeat it");
        assertReplaced(first);
        assertOnly(second, LARGE);
        Files.delete(inside);
        if (repeat) {
            store.commit(second, Fixture.CHAIN);
        } else {
            store.close();
            store = Fixture.open(folder);
        }
        assertThat(Fixture.shareFile(folder, first)).doesNotExist();
        assertReplaced(first);
        assertOnly(second, LARGE);
        assertThat(store.find(second).orElseThrow().chain()).isEqualTo(Fixture.FINAL_CHAIN);
    }

    @Test
    void readersSeeOneOrTheOther() throws Exception {
        Fixture.put(store, first, 1000, LARGE);
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<?>> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(threads.submit(() -> {
                    int generation = 1;
                    while (generation < 20) {
                        StoredObject object = store.current(first).orElseThrow();
                        assertThat(object.state()).isEqualTo(ObjectState.COMMITTED);
                        assertThat(object.generation()).isGreaterThanOrEqualTo(generation);
                        generation = object.generation();
                        try {
                            assertThat(Fixture.isWhole(store, object.id(), BlobKind.SHARE, 100))
                                    .isTrue();
                        } catch (StoreException.Replaced e) {
                            // Then the next is there.
                        }
                    }
                }));
            }
            for (int generation = 2; generation <= 20; generation++) {
                put(Fixture.newId(), generation, LARGE);
            }
            for (Future<?> reader : readers) {
                reader.get();
            }
        }
        assertThat(Fixture.dataFiles(folder)).hasSize(1);
    }

    /** A folder in its file's place can't be removed as long as the file in it, which is returned, is there. */
    private Path obstruct(ObjectId id) throws Exception {
        Path stuck = Fixture.shareFile(folder, id);
        Files.delete(stuck);
        Files.createDirectory(stuck);
        return Files.createFile(stuck.resolve("inside"));
    }

    private PendingObject begin(ObjectId id, int generation) {
        return store.begin(id, Fixture.OWNER, first, generation);
    }

    private void prepare(ObjectId id, int generation, int bytes) {
        Fixture.prepare(store, id, first, generation, 1000, bytes);
    }

    private void put(ObjectId id, int generation, int bytes) {
        prepare(id, generation, bytes);
        store.commit(id, Fixture.FINAL_CHAIN);
    }

    private void assertForeign() {
        assertThatThrownBy(() -> store.begin(second, Fixture.filled(32, 8), first, 2))
                .isInstanceOf(StoreException.WrongState.class)
                .hasMessageContainingAll(second.toString(), first.toString(), "belongs to another owner");
    }

    private void assertCurrent(ObjectId id, ObjectState state) {
        StoredObject current = store.current(first).orElseThrow();
        assertThat(current.id()).isEqualTo(id);
        assertThat(current.state()).isEqualTo(state);
    }

    private void assertOnly(ObjectId id, int bytes) {
        assertThat(store.list(Fixture.OWNER)).extracting(StoredObject::id).containsExactly(id);
        assertCurrent(id, ObjectState.COMMITTED);
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, bytes / 1000)).isTrue();
        assertThat(store.manifest(id)).isEqualTo(Fixture.MANIFEST);
    }

    private void assertReplaced(ObjectId id) {
        assertThat(store.find(id).orElseThrow().state()).isEqualTo(ObjectState.REPLACED);
        assertThatThrownBy(() -> store.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.Replaced.class);
        assertThatThrownBy(() -> store.manifest(id)).isInstanceOf(StoreException.Replaced.class);
        assertThatThrownBy(() -> store.destroy(id, RECEIPT)).isInstanceOf(StoreException.Replaced.class);
        assertThatThrownBy(() -> store.forget(id)).isInstanceOf(StoreException.WrongState.class);
        assertThatThrownBy(() -> store.begin(id, Fixture.OWNER)).isInstanceOf(StoreException.ObjectExists.class);
    }
}
