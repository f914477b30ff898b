package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.StatementHash;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
final class DestroyTest {
    private static final byte[] RECEIPT = Fixture.filled(100, 9);

    @TempDir
    Path folder;

    private SealedStore store;
    private final StatementHash id = Fixture.newId();

    @BeforeEach
    void open() {
        store = Fixture.open(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void nothingIsLeftInAnyFile() throws Exception {
        StatementHash neighbour = Fixture.newId();
        byte[] manifest = Fixture.content(id, BlobKind.MANIFEST, 0, 3000);
        try (PendingObject object = Fixture.begin(store, id)) {
            Fixture.write(object, id, BlobKind.SHARE, 1000, 30_000);
            Fixture.write(object, id, BlobKind.CIPHERTEXT, 1000, 200_000);
            Fixture.write(object, id, BlobKind.sealedShare(1), 1000, 30_000);
            Fixture.write(object, id, BlobKind.sealedShare(254), 1000, 200_000);
            object.prepare(Fixture.TOKEN, manifest);
        }
        Fixture.put(store, neighbour, 1000, 30_000);
        store.commit(id, Fixture.CERTIFICATE);

        byte[] key = Fixture.keys(folder, id).getFirst();
        List<byte[]> traces = new ArrayList<>(List.of(key));
        String rows = "SELECT sealed FROM blob JOIN object ON place / 2048 = seq WHERE sealed NOT NULL AND id = x'" + id
                + "'";
        for (byte[] sealed : Fixture.bytes(folder, rows)) {
            Fixture.addPieces(traces, sealed);
        }
        for (BlobKind kind : List.of(BlobKind.CIPHERTEXT, BlobKind.sealedShare(254))) {
            Fixture.addPieces(traces, Files.readAllBytes(Fixture.file(folder, id, kind)));
        }
        assertThat(traces).hasSizeGreaterThan(460);
        assertThat(Fixture.found(folder, traces))
                .as("control: the search finds them before")
                .hasSize(traces.size());
        long walBytes = Files.size(folder.resolve("store.db-wal"));
        assertThat(walBytes).isPositive();

        Fixture.destroy(store, id, RECEIPT);

        assertThat(Fixture.found(folder, traces)).isEmpty();
        assertThat(Fixture.found(folder, List.of(key, Arrays.copyOf(key, 16), Arrays.copyOfRange(key, 16, 32))))
                .isEmpty();
        assertThat(Files.size(folder.resolve("store.db-wal"))).isZero();
        assertThat(Fixture.dataFiles(folder)).isEmpty();
        assertThat(Fixture.isWhole(store, neighbour, BlobKind.SHARE, 30)).isTrue();
        store.close();
        assertThat(Fixture.found(folder, traces)).isEmpty();
    }

    @Test
    void nothingOfATransientBlobIsLeftInAnyFile() throws Exception {
        List<byte[]> drawn = new ArrayList<>();
        store.close();
        store = Stores.embedded(folder, new Recorder(drawn), Clock.systemUTC());
        List<byte[]> traces = new ArrayList<>();
        byte[] ownKey;
        byte[] objectKey;
        try (PendingObject object = Fixture.begin(store, id)) {
            objectKey = drawn.getLast();
            Fixture.write(object, id, BlobKind.CIPHERTEXT, 1000, 200_000);
            Blob share = object.createTransient(BlobKind.SHARE, 1000, 200_000);
            ownKey = drawn.getLast();
            Fixture.fill(share, id, BlobKind.SHARE, 200);
            Fixture.addPieces(traces, Files.readAllBytes(Fixture.shareFile(folder, id)));
            assertThat(Fixture.found(folder, traces))
                    .as("control: the search finds them before")
                    .hasSize(traces.size());
            assertThat(Fixture.found(folder, List.of(ownKey))).isEmpty();

            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
            assertThat(Fixture.found(folder, List.of(ownKey, objectKey))).containsExactly(objectKey);
        }

        assertThat(Fixture.found(folder, traces)).isEmpty();
        assertThat(Fixture.found(folder, List.of(ownKey, objectKey))).containsExactly(objectKey);
    }

    // A call before took the rows that say what is in files.
    @Test
    void repeatingFinishesWhatAFailedCallLeft() throws Exception {
        List<BlobKind> kinds = List.of(BlobKind.SHARE, BlobKind.sealedShare(1), BlobKind.sealedShare(254));
        StatementHash neighbour = Fixture.newId();
        for (StatementHash each : List.of(id, neighbour)) {
            try (PendingObject object = Fixture.begin(store, each)) {
                kinds.forEach(kind -> Fixture.write(object, each, kind, 1000, 100_000));
                object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
            }
        }
        // A folder in its place can't be removed as long as something is in it.
        Path stuck = Fixture.file(folder, id, BlobKind.sealedShare(1));
        Files.delete(stuck);
        Files.createDirectory(stuck);
        Path inside = Files.createFile(stuck.resolve("inside"));
        assertThatThrownBy(() -> Fixture.destroy(store, id, RECEIPT))
                .isInstanceOf(StoreException.Failed.class)
                .hasMessageContaining("repeat it");
        Files.delete(inside);
        Fixture.destroy(store, id, RECEIPT);
        try (Stream<Path> left = Files.list(folder.resolve("objects"))) {
            assertThat(left)
                    .containsExactlyInAnyOrderElementsOf(kinds.stream()
                            .map(kind -> Fixture.file(folder, neighbour, kind))
                            .toList());
        }
        assertThat(Fixture.isWhole(store, neighbour, BlobKind.sealedShare(254), 100))
                .isTrue();
        store.forget(neighbour);
        assertThat(Fixture.dataFiles(folder)).isEmpty();
    }

    // In rows that SQLite deletes, keys stayed in the database file now and then: see Schema.
    @Test
    void noKeyOfManyIsLeft() throws Exception {
        int objects = 2000;
        List<StatementHash> ids = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(32)) {
            for (int i = 0; i < objects; i++) {
                StatementHash each = Fixture.newId();
                ids.add(each);
                int bytes = 1 + i % 700;
                threads.execute(() -> Fixture.put(store, each, 1000, bytes));
            }
        }
        Map<StatementHash, byte[]> keys = new HashMap<>();
        for (StatementHash each : ids) {
            keys.put(each, Fixture.keys(folder, each).getFirst());
        }
        Collections.shuffle(ids, new Random(1));
        List<StatementHash> destroyed = ids.subList(0, 3 * objects / 4);
        try (ExecutorService threads = Executors.newFixedThreadPool(32)) {
            destroyed.forEach(each -> threads.execute(() -> Fixture.destroy(store, each, RECEIPT)));
        }
        assertThat(Fixture.found(folder, destroyed.stream().map(keys::get).toList()))
                .isEmpty();
        List<StatementHash> kept = ids.subList(destroyed.size(), objects);
        assertThat(Fixture.found(folder, kept.stream().map(keys::get).toList())).hasSize(kept.size());
        assertThat(store.list(Fixture.USER)).hasSize(kept.size());
    }

    @Test
    void staysDestroyed() {
        Fixture.put(store, id, 1000, 100_000);
        Fixture.destroy(store, id, RECEIPT);
        Fixture.destroy(store, id, Fixture.filled(5, 1));
        for (int round = 0; round < 2; round++) {
            StoredObject tombstone = store.find(id).orElseThrow();
            assertThat(tombstone.state()).isEqualTo(ObjectState.DESTROYED);
            assertThat(tombstone.receipt()).contains(RECEIPT);
            assertThat(tombstone.certificate()).isEqualTo(Fixture.CERTIFICATE);
            assertThat(store.list(Fixture.USER)).isEmpty();
            assertThatThrownBy(() -> store.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.Destroyed.class);
            assertThatThrownBy(() -> store.manifest(id)).isInstanceOf(StoreException.Destroyed.class);
            assertThatThrownBy(() -> store.commit(id, Fixture.OTHER_CERTIFICATE))
                    .isInstanceOf(StoreException.Destroyed.class);
            assertThatThrownBy(() -> Fixture.begin(store, id)).isInstanceOf(StoreException.ObjectExists.class);
            store.close();
            store = Fixture.open(folder);
        }
    }

    @Test
    void preparedCanBeDestroyed() {
        Fixture.prepare(store, id, 1000, 100_000);
        Fixture.destroy(store, id, RECEIPT);
        assertThat(store.inDoubt()).isEmpty();
        assertThat(store.find(id).orElseThrow().state()).isEqualTo(ObjectState.DESTROYED);
        assertThat(Fixture.dataFiles(folder)).isEmpty();
    }

    @Test
    void openBlobsEnd() {
        PendingObject pending = Fixture.begin(store, id);
        Blob written = Fixture.write(pending, id, BlobKind.SHARE, 1000, 100_000);
        Fixture.write(pending, id, BlobKind.CIPHERTEXT, 1000, 3000);
        pending.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        List<Blob> blobs = List.of(store.open(id, BlobKind.SHARE), store.open(id, BlobKind.CIPHERTEXT), written);
        blobs.forEach(blob -> Fixture.read(blob, 0));
        Fixture.destroy(store, id, RECEIPT);
        for (Blob blob : blobs) {
            assertThatThrownBy(() -> Fixture.read(blob, 0))
                    .isInstanceOf(StoreException.Destroyed.class)
                    .hasMessageContaining(id.toString());
            blob.close();
        }
        pending.close();
    }

    @Test
    void destroyWhileOthersReadIt() throws Exception {
        for (int round = 0; round < 20; round++) {
            StatementHash each = Fixture.newId();
            Fixture.put(store, each, 10_000, 200_000);
            try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
                List<Future<?>> readers = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    readers.add(threads.submit(() -> {
                        while (true) {
                            try (Blob blob = store.open(each, BlobKind.SHARE)) {
                                for (int k = 0; k < blob.records(); k++) {
                                    assertThat(Fixture.read(blob, k))
                                            .isEqualTo(Fixture.content(each, BlobKind.SHARE, k, 10_000));
                                }
                            } catch (StoreException.Destroyed e) {
                                return;
                            }
                        }
                    }));
                }
                Fixture.destroy(store, each, RECEIPT);
                assertThat(Fixture.dataFiles(folder)).isEmpty();
                for (Future<?> reader : readers) {
                    reader.get(30, TimeUnit.SECONDS);
                }
            }
        }
    }

    @Test
    void waitsForAReaderOfTheWal() throws Exception {
        Fixture.put(store, id, 1000, 100);
        byte[] key = Fixture.keys(folder, id).getFirst();
        try (ExecutorService threads = Executors.newFixedThreadPool(1);
                Connection connection = Fixture.connect(folder);
                Statement statement = connection.createStatement()) {
            statement.execute("BEGIN");
            try (ResultSet row = statement.executeQuery("SELECT count(*) FROM object")) {
                row.next();
            }
            Future<?> destroying = threads.submit(() -> Fixture.destroy(store, id, RECEIPT));
            assertThatThrownBy(() -> destroying.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
            statement.execute("COMMIT");
            destroying.get(30, TimeUnit.SECONDS);
            assertThat(Fixture.found(folder, List.of(key))).isEmpty();
        }
    }

    /** Keeps what it gives. */
    @SuppressWarnings("serial")
    private static final class Recorder extends SecureRandom {
        private final transient List<byte[]> drawn;

        Recorder(List<byte[]> drawn) {
            this.drawn = drawn;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            Fixture.RANDOM.nextBytes(bytes);
            drawn.add(bytes.clone());
        }
    }
}
