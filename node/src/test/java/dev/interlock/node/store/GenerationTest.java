package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.ObjectId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A generation takes the place of the one before: one of the two is there at any time, and never both. */
final class GenerationTest {
    private static final byte[] RECEIPT = Fixture.filled(40, 9);

    @TempDir
    private Path folder;

    private SqliteStore store;
    private final ObjectId first = Fixture.newId();
    private final ObjectId second = Fixture.newId();

    @BeforeEach
    void open() {
        store = Fixture.open(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void prepare(ObjectId id, int generation, int bytes) {
        try (PendingObject object = store.begin(id, Fixture.OWNER, first, generation)) {
            Fixture.write(object, id, BlobKind.SHARE, 1000, bytes);
            object.prepare(Fixture.TOKEN, Fixture.CHAIN, Fixture.MANIFEST);
        }
    }

    private ObjectState state(ObjectId id) {
        return store.find(id).orElseThrow().state();
    }

    private List<Path> holding(byte[] trace) throws Exception {
        return Fixture.files(folder).stream()
                .filter(path -> {
                    try {
                        byte[] all = Files.readAllBytes(path);
                        for (int at = 0; at + trace.length <= all.length; at++) {
                            if (Arrays.equals(all, at, at + trace.length, trace, 0, trace.length)) {
                                return true;
                            }
                        }
                        return false;
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                })
                .toList();
    }

    // In a row, and in a file.
    @ParameterizedTest
    @ValueSource(ints = {3000, 200_000})
    void theCommitOfOneEndsTheOther(int bytes) throws Exception {
        Fixture.put(store, first, 1000, bytes);
        byte[] key = Fixture.keys(folder, first).getFirst();
        assertThat(holding(key)).isNotEmpty();
        prepare(second, 2, bytes);
        assertThat(store.current(first).orElseThrow().id()).isEqualTo(first);
        assertThat(store.inDoubt()).containsExactly(second);
        Blob reading = store.open(first, BlobKind.SHARE);

        store.commit(second, Fixture.FINAL_CHAIN);
        assertThatThrownBy(() -> Fixture.read(reading, 0)).isInstanceOf(StoreException.Replaced.class);
        assertThat(holding(key)).isEmpty();
        for (int round = 0; round < 2; round++) {
            StoredObject current = store.current(first).orElseThrow();
            assertThat(current.id()).isEqualTo(second);
            assertThat(current.origin()).isEqualTo(first);
            assertThat(current.generation()).isEqualTo(2);
            assertThat(state(first)).isEqualTo(ObjectState.REPLACED);
            assertThat(store.list(Fixture.OWNER)).extracting(StoredObject::id).containsExactly(second);
            assertThat(Fixture.isWhole(store, second, BlobKind.SHARE, bytes / 1000))
                    .isTrue();
            assertThatThrownBy(() -> store.open(first, BlobKind.SHARE)).isInstanceOf(StoreException.Replaced.class);
            assertThatThrownBy(() -> store.manifest(first)).isInstanceOf(StoreException.Replaced.class);
            assertThatThrownBy(() -> store.destroy(first, RECEIPT)).isInstanceOf(StoreException.Replaced.class);
            assertThatThrownBy(() -> store.begin(first, Fixture.OWNER)).isInstanceOf(StoreException.ObjectExists.class);
            assertThat(Fixture.dataFiles(folder)).hasSize(bytes > 100_000 ? 1 : 0);
            // Late messages change nothing.
            store.commit(first, Fixture.CHAIN);
            store.commit(second, Fixture.CHAIN);
            store.close();
            store = Fixture.open(folder);
        }
    }

    @Test
    void anObjectStaysWhereItWasInLists() throws Exception {
        ObjectId later = Fixture.newId();
        Fixture.put(store, first, 1000, 10);
        Thread.sleep(5);
        Fixture.put(store, later, 1000, 10);
        prepare(second, 2, 10);
        store.commit(second, Fixture.FINAL_CHAIN);
        assertThat(store.list(Fixture.OWNER)).extracting(StoredObject::id).containsExactly(later, second);
        assertThat(store.list(Fixture.OWNER, Optional.of(later), 10))
                .extracting(StoredObject::id)
                .containsExactly(second);
    }

    @Test
    void oneOfTwoWinsAndTheOtherIsTold() {
        Fixture.put(store, first, 1000, 10);
        AtomicInteger won = new AtomicInteger();
        AtomicInteger told = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 8; i++) {
                threads.execute(() -> {
                    try {
                        PendingObject _ = store.begin(Fixture.newId(), Fixture.OWNER, first, 2);
                        won.incrementAndGet();
                    } catch (StoreException.Busy e) {
                        told.incrementAndGet();
                    }
                });
            }
        }
        assertThat(won).hasValue(1);
        assertThat(told).hasValue(7);
    }

    @Test
    void onlyTheNextMayBegin() {
        Fixture.put(store, first, 1000, 10);
        prepare(second, 2, 10);
        ObjectId third = Fixture.newId();
        assertThatThrownBy(() -> store.begin(third, Fixture.OWNER, first, 3)).isInstanceOf(StoreException.Busy.class);
        store.commit(second, Fixture.FINAL_CHAIN);
        assertThatThrownBy(() -> store.begin(third, Fixture.OWNER, first, 2))
                .isInstanceOf(StoreException.WrongState.class);
        store.begin(third, Fixture.OWNER, first, 3).close();
        // One that comes from another ring has nothing before it here.
        store.begin(Fixture.newId(), Fixture.OWNER, Fixture.newId(), 7).close();
        assertThatThrownBy(() -> store.begin(third, Fixture.OWNER, first, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void destroyingEndsWhatIsUnderWayToo() throws Exception {
        Fixture.put(store, first, 1000, 200_000);
        prepare(second, 2, 200_000);
        byte[] key = Fixture.keys(folder, second).getFirst();
        store.destroy(first, RECEIPT);
        assertThat(store.find(second)).isEmpty();
        assertThat(holding(key)).isEmpty();
        assertThat(Fixture.dataFiles(folder)).isEmpty();
        assertThat(store.current(first).orElseThrow().state()).isEqualTo(ObjectState.DESTROYED);
        assertThatThrownBy(() -> store.commit(second, Fixture.FINAL_CHAIN))
                .isInstanceOf(StoreException.NoSuchObject.class);
        assertThatThrownBy(() -> store.begin(Fixture.newId(), Fixture.OWNER, first, 2))
                .isInstanceOf(StoreException.Destroyed.class);
    }

    @Test
    void whoMissedTheCommitDestroysBoth() {
        Fixture.put(store, first, 1000, 200_000);
        prepare(second, 2, 200_000);
        // Others have committed the second one, and its owner destroys that.
        store.destroy(second, RECEIPT);
        assertThat(store.current(first).orElseThrow().id()).isEqualTo(second);
        assertThat(state(second)).isEqualTo(ObjectState.DESTROYED);
        assertThat(state(first)).isEqualTo(ObjectState.REPLACED);
        assertThat(Fixture.dataFiles(folder)).isEmpty();
    }

    @Test
    void forgettingTheNextLeavesTheOneBefore() {
        Fixture.put(store, first, 1000, 200_000);
        prepare(second, 2, 200_000);
        store.forget(second);
        assertThat(store.current(first).orElseThrow().id()).isEqualTo(first);
        assertThat(Fixture.isWhole(store, first, BlobKind.SHARE, 200)).isTrue();
        assertThat(Fixture.dataFiles(folder)).hasSize(1);
    }

    // As after a crash between the transaction and the removal.
    @Test
    void filesThatACrashLeftAreRemovedAtTheNextStart() throws Exception {
        Fixture.put(store, first, 1000, 200_000);
        byte[] old = Files.readAllBytes(Fixture.shareFile(folder, first));
        prepare(second, 2, 200_000);
        store.commit(second, Fixture.FINAL_CHAIN);
        store.close();
        Files.write(Fixture.shareFile(folder, first), old);
        store = Fixture.open(folder);
        assertThat(Fixture.dataFiles(folder)).containsExactly(Fixture.shareFile(folder, second));
    }
}
