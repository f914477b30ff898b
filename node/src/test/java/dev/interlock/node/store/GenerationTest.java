package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left in the files of an embedded store, and what happens when they can't be written. */
@Timeout(240)
final class GenerationTest extends GenerationContract {
    @Override
    Engine engine() {
        return Engine.EMBEDDED;
    }

    @Test
    void nothingOfTheReplacedIsLeftInAnyFile() throws Exception {
        try (PendingObject object = begin(first, 1)) {
            Fixture.write(object, first, BlobKind.SHARE, 1000, 30_000);
            Fixture.write(object, first, BlobKind.CIPHERTEXT, 1000, 200_000);
            Fixture.write(object, first, BlobKind.sealedShare(1), 1000, 30_000);
            Fixture.write(object, first, BlobKind.sealedShare(254), 1000, 200_000);
            object.prepare(Fixture.TOKEN, Fixture.content(first, BlobKind.MANIFEST, 0, 3000));
        }
        store.commit(first, Fixture.CERTIFICATE);
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

        store.commit(second, Fixture.CERTIFICATE);

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
        List<StatementHash> last = new ArrayList<>();
        for (int i = 0; i < objects; i++) {
            ObjectId of = Fixture.newObject();
            StatementHash id = Fixture.newId();
            for (int number = 1; number <= 10; number++) {
                if (number > 1) {
                    keys.add(Fixture.keys(folder, id).getFirst());
                    id = Fixture.newId();
                }
                Fixture.prepare(store, new Store.Generation(id, of, 1, number, number > 1), 1000, 1 + 30 * i);
                var _ = store.commit(id, Fixture.CERTIFICATE);
            }
            last.add(id);
        }
        assertThat(Fixture.found(folder, keys)).isEmpty();
        assertThat(store.list(Fixture.USER)).extracting(Fixture::id).containsExactlyInAnyOrderElementsOf(last);
    }

    @Test
    void anOrdinaryCommitLeavesTheWalAlone() throws Exception {
        put(first, 1, SMALL);
        assertThat(Files.size(folder.resolve("store.db-wal"))).isPositive();
        // The first of its object here.
        Fixture.prepare(store, new Store.Generation(third, Fixture.newObject(), 1, 7, true), 1000, SMALL);
        var _ = store.commit(third, Fixture.CERTIFICATE);
        assertThat(Files.size(folder.resolve("store.db-wal"))).isPositive();
        put(second, 2, SMALL);
        assertThat(Files.size(folder.resolve("store.db-wal"))).isZero();
    }

    @Test
    void destroyingTakesThePreparedNextWithIt() throws Exception {
        put(first, 1, LARGE);
        prepare(second, 2, LARGE);
        Blob next = store.open(second, BlobKind.SHARE);
        List<byte[]> keys = List.of(
                Fixture.keys(folder, first).getFirst(),
                Fixture.keys(folder, second).getFirst());
        assertThat(Fixture.found(folder, keys)).as("control").hasSize(2);

        destroy(first);

        assertThatThrownBy(() -> Fixture.read(next, 0)).isInstanceOf(StoreException.NoSuchObject.class);
        assertThat(Fixture.found(folder, keys)).isEmpty();
        assertThat(Fixture.dataFiles(folder)).isEmpty();
        assertThat(store.find(second)).isEmpty();
        assertThat(store.inDoubt()).isEmpty();
        assertCurrent(first, ObjectState.DESTROYED);
        assertThatThrownBy(() -> store.commit(second, Fixture.OTHER_CERTIFICATE))
                .isInstanceOf(StoreException.NoSuchObject.class);
        destroy(first);
    }

    // The disk fails at each statement of the swap in turn.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "BEFORE UPDATE OF certificate ON object",
                "AFTER UPDATE OF certificate ON object",
                "BEFORE UPDATE OF unfinished ON object",
                "AFTER UPDATE OF unfinished ON object",
                "BEFORE UPDATE ON object_key",
                "AFTER UPDATE ON object_key",
                "BEFORE DELETE ON blob",
                "AFTER DELETE ON blob",
                "BEFORE UPDATE OF state ON object WHEN NEW.state = 4",
                "AFTER UPDATE OF state ON object WHEN NEW.state = 4",
            })
    void aFaultLeavesTheOneBefore(String when) throws Exception {
        put(first, 1, LARGE);
        prepare(second, 2, LARGE);
        Fixture.sql(folder, "CREATE TRIGGER fault " + when + " BEGIN SELECT RAISE(ABORT, 'a fault'); END");
        assertThatThrownBy(() -> store.commit(second, Fixture.CERTIFICATE))
                .isInstanceOf(StoreException.Failed.class)
                .hasMessageContaining("a fault");
        for (int round = 0; round < 2; round++) {
            assertOnly(first, LARGE);
            assertThat(store.inDoubt()).containsExactly(second);
            reopen();
        }
        Fixture.sql(folder, "DROP TRIGGER fault");
        store.commit(second, Fixture.CERTIFICATE);
        assertReplaced(first);
        assertOnly(second, LARGE);
    }

    @Test
    void aFullDiskLeavesTheOneBefore() throws Exception {
        put(first, 1, SMALL);
        prepare(second, 2, SMALL);
        String pages = Fixture.writes(store).write("test", link -> link.single("PRAGMA page_count"));
        Fixture.writes(store).write("test", link -> link.single("PRAGMA max_page_count = " + pages));
        byte[] chain = Fixture.filled(100_000, 3);
        assertThatThrownBy(() -> store.commit(second, chain)).isInstanceOf(StoreException.NoRoom.class);
        assertOnly(first, SMALL);
        reopen();
        assertOnly(first, SMALL);
        store.commit(second, chain);
        assertOnly(second, SMALL);
    }

    // The transaction is durable, and the files can't be removed.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void repeatingOrOpeningFinishesTheSwap(boolean repeat) throws Exception {
        put(first, 1, LARGE);
        prepare(second, 2, LARGE);
        Path inside = obstruct(first);
        assertThatThrownBy(() -> store.commit(second, Fixture.CERTIFICATE))
                .isInstanceOf(StoreException.Failed.class)
                .hasMessageContaining("repeat it");
        assertReplaced(first);
        assertOnly(second, LARGE);
        Files.delete(inside);
        if (repeat) {
            store.commit(second, Fixture.OTHER_CERTIFICATE);
        } else {
            reopen();
        }
        assertThat(Fixture.shareFile(folder, first)).doesNotExist();
        assertReplaced(first);
        assertOnly(second, LARGE);
        assertThat(store.find(second).orElseThrow().certificate()).isEqualTo(Fixture.CERTIFICATE);
    }

    /** A folder in its file's place can't be removed as long as the file in it, which is returned, is there. */
    private Path obstruct(StatementHash id) throws Exception {
        Path stuck = Fixture.shareFile(folder, id);
        Files.delete(stuck);
        Files.createDirectory(stuck);
        return Files.createFile(stuck.resolve("inside"));
    }
}
