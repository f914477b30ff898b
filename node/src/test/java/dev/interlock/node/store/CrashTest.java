package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL at every stage of another process that writes. */
@Timeout(240)
final class CrashTest {
    @TempDir
    Path folder;

    private final StatementHash id = Fixture.newId();

    @Test
    void pendingVanishes() throws Exception {
        try (ChildJvm child = ChildJvm.start("append", folder, id)) {
            assertThat(child.line()).isEqualTo("appended");
            child.kill();
        }
        assertThat(Fixture.dataFiles(folder))
                .as("control: there is something to remove")
                .hasSize(1);
        Path foreign = Files.createFile(folder.resolve("objects").resolve("README"));
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(Fixture.dataFiles(folder)).containsExactly(foreign);
            assertThat(store.find(id)).isEmpty();
            assertThat(store.inDoubt()).isEmpty();
            Fixture.put(store, id, 1000, 100_000);
            assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 100)).isTrue();
        }
    }

    @Test
    void transientAndSealedSharesVanish() throws Exception {
        try (ChildJvm child = ChildJvm.start("transient", folder, id)) {
            assertThat(child.line()).isEqualTo("appended");
            child.kill();
        }
        assertThat(Fixture.dataFiles(folder))
                .as("control: there is something to remove")
                .hasSize(3);
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(Fixture.dataFiles(folder)).isEmpty();
            assertThat(store.find(id)).isEmpty();
        }
    }

    // The database says prepared, and the names of transient blobs came back; what else lies there isn't ours.
    @Test
    void openRemovesTheTransientFilesOfAStoredObject() throws Exception {
        try (SealedStore store = Fixture.open(folder)) {
            try (PendingObject object = Fixture.begin(store, id)) {
                Fixture.write(object, id, BlobKind.sealedShare(7), 1000, 100_000);
                object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
            }
        }
        Path kept = Fixture.file(folder, id, BlobKind.sealedShare(7));
        Files.copy(kept, Fixture.shareFile(folder, id));
        Files.copy(kept, Fixture.file(folder, id, BlobKind.sealedShare(70)));
        Path foreign = Files.createFile(folder.resolve("objects").resolve(id + ".sealed-007"));
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(Fixture.dataFiles(folder)).containsExactlyInAnyOrder(kept, foreign);
            assertThat(Fixture.isWhole(store, id, BlobKind.sealedShare(7), 100)).isTrue();
        }
    }

    @Test
    void preparedIsInDoubt() throws Exception {
        try (ChildJvm child = ChildJvm.start("prepare", folder, id)) {
            assertThat(child.line()).isEqualTo("prepared");
            child.kill();
        }
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(store.inDoubt()).containsExactly(id);
            assertThat(store.find(id).orElseThrow().certificate()).isEmpty();
            assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, ChildJvm.LARGE_RECORDS))
                    .isTrue();
            assertThat(Fixture.isWhole(store, id, BlobKind.CIPHERTEXT, 1)).isTrue();
            assertThat(store.manifest(id)).isEqualTo(Fixture.MANIFEST);
            store.commit(id, Fixture.CERTIFICATE);
        }
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(store.inDoubt()).isEmpty();
            assertThat(store.find(id).orElseThrow().certificate()).isEqualTo(Fixture.CERTIFICATE);
            assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, ChildJvm.LARGE_RECORDS))
                    .isTrue();
        }
    }

    @RepeatedTest(3)
    void acknowledgedCommitsSurvive() throws Exception {
        Set<StatementHash> acknowledged = new HashSet<>();
        try (ChildJvm child = ChildJvm.start("commits", folder)) {
            while (acknowledged.size() < 300) {
                acknowledged.add(StatementHash.parse(child.line()));
            }
            child.kill();
            child.rest().stream()
                    .filter(line -> line.length() == 2 * StatementHash.BYTES)
                    .map(StatementHash::parse)
                    .forEach(acknowledged::add);
        }
        try (SealedStore store = Fixture.open(folder)) {
            List<StatementHash> committed =
                    store.list(Fixture.USER).stream().map(Fixture::id).toList();
            assertThat(committed).containsAll(acknowledged);
            List<StatementHash> durable = new ArrayList<>(committed);
            durable.addAll(store.inDoubt());
            assertThat(durable.size() - acknowledged.size())
                    .as("under way in 4 threads")
                    .isLessThanOrEqualTo(4);
            int files = 0;
            for (StatementHash each : durable) {
                boolean large = Files.exists(Fixture.shareFile(folder, each));
                files += large ? 1 : 0;
                assertThat(Fixture.isWhole(store, each, BlobKind.SHARE, large ? ChildJvm.LARGE_RECORDS : 1))
                        .isTrue();
                assertThat(store.manifest(each)).isEqualTo(Fixture.MANIFEST);
            }
            assertThat(files).isPositive();
            assertThat(Fixture.dataFiles(folder))
                    .as("no file without its object")
                    .hasSize(files);
        }
    }

    @Test
    void acknowledgedDestructionsSurvive() throws Exception {
        int objects = 200;
        try (SealedStore store = Fixture.open(folder)) {
            for (int i = 0; i < objects; i++) {
                Fixture.put(store, Fixture.newId(), 1000, 70_000);
            }
        }
        Set<StatementHash> acknowledged = new HashSet<>();
        try (ChildJvm child = ChildJvm.start("destroys", folder)) {
            while (acknowledged.size() < 50) {
                acknowledged.add(StatementHash.parse(child.line()));
            }
            child.kill();
            child.rest().stream()
                    .filter(line -> line.length() == 2 * StatementHash.BYTES)
                    .map(StatementHash::parse)
                    .forEach(acknowledged::add);
        }
        try (SealedStore store = Fixture.open(folder)) {
            for (StatementHash each : acknowledged) {
                assertThat(store.find(each).orElseThrow().state()).isEqualTo(ObjectState.DESTROYED);
                assertThat(Fixture.shareFile(folder, each)).doesNotExist();
            }
            List<StoredObject> left = store.list(Fixture.USER);
            assertThat(objects - acknowledged.size() - left.size()).isBetween(0, 1);
            assertThat(Fixture.dataFiles(folder)).hasSize(left.size());
            left.forEach(each -> assertThat(Fixture.isWhole(store, Fixture.id(each), BlobKind.SHARE, 70))
                    .isTrue());
        }
    }

    @RepeatedTest(3)
    void ofEachOriginOneGenerationSurvives() throws Exception {
        List<StatementHash> firsts = List.of(Fixture.newId(), Fixture.newId(), Fixture.newId(), Fixture.newId());
        List<ObjectId> objects =
                firsts.stream().map(each -> Fixture.put(each).object()).toList();
        try (SealedStore store = Fixture.open(folder)) {
            for (int i = 0; i < firsts.size(); i++) {
                Fixture.put(
                        store,
                        firsts.get(i),
                        ChildJvm.RECORD_BYTES,
                        i % 2 == 0 ? 100 : (long) ChildJvm.LARGE_RECORDS * ChildJvm.RECORD_BYTES);
            }
        }
        List<String> lines = new ArrayList<>();
        try (ChildJvm child = ChildJvm.start("swaps", folder)) {
            while (lines.size() < 100) {
                lines.add(child.line());
            }
            child.kill();
            lines.addAll(child.rest());
        }
        Map<ObjectId, Integer> acknowledged = new HashMap<>();
        for (String line : lines) {
            String[] words = line.split(" ");
            if (words.length == 3) {
                acknowledged.merge(ObjectId.parse(words[1]), Integer.parseInt(words[2]), Math::max);
            }
        }
        try (SealedStore store = Fixture.open(folder)) {
            List<StoredObject> committed = store.list(Fixture.USER);
            assertThat(committed)
                    .extracting(each -> each.generation().object())
                    .containsExactlyInAnyOrderElementsOf(objects);
            Set<StatementHash> live = new HashSet<>(store.inDoubt());
            for (StoredObject each : committed) {
                ObjectId object = each.generation().object();
                live.add(Fixture.id(each));
                assertThat(Fixture.id(store.current(object).orElseThrow())).isEqualTo(Fixture.id(each));
                assertThat(each.generation().number() - acknowledged.getOrDefault(object, 1))
                        .isBetween(0L, 1L);
                int records = objects.indexOf(object) % 2 == 0 ? 1 : ChildJvm.LARGE_RECORDS;
                assertThat(Fixture.isWhole(store, Fixture.id(each), BlobKind.SHARE, records))
                        .isTrue();
            }
            assertThat(Fixture.bytes(folder, "SELECT id FROM object WHERE state NOT IN (1, 2, 4)"))
                    .isEmpty();
            assertThat(Fixture.bytes(
                            folder,
                            "SELECT key FROM object_key JOIN object USING (seq)"
                                    + " WHERE state = 4 AND key <> zeroblob(32)"))
                    .isEmpty();
            assertThat(Fixture.dataFiles(folder))
                    .allSatisfy(file -> assertThat(live)
                            .contains(StatementHash.parse(
                                    file.getFileName().toString().substring(0, 64))));
        }
    }

    // The database says replaced, and the files were still to be removed.
    @Test
    void openFinishesAReplacement() throws Exception {
        StatementHash next = Fixture.newId();
        try (SealedStore store = Fixture.open(folder)) {
            Fixture.put(store, id, 1000, 100_000);
            Fixture.prepare(store, new Store.Generation(next, Fixture.put(id).object(), 1, 2, true), 1000, 100_000);
            Fixture.writes(store)
                    .write("committing alone", link -> Rows.commit(link, next, Fixture.CERTIFICATE, false, 0));
        }
        assertThat(Fixture.dataFiles(folder))
                .as("control: there is one to remove")
                .hasSize(2);
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(Fixture.dataFiles(folder)).containsExactly(Fixture.shareFile(folder, next));
            assertThat(store.find(id).orElseThrow().state()).isEqualTo(ObjectState.REPLACED);
            assertThat(Fixture.isWhole(store, next, BlobKind.SHARE, 100)).isTrue();
        }
    }

    // The database says destroyed, and the files were still to be removed.
    @Test
    void openFinishesADestruction() throws Exception {
        byte[] file;
        try (SealedStore store = Fixture.open(folder)) {
            Fixture.put(store, id, 1000, 100_000);
            file = Files.readAllBytes(Fixture.shareFile(folder, id));
            Fixture.destroy(store, id, Fixture.TOKEN);
        }
        Files.write(Fixture.shareFile(folder, id), file);
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(Fixture.dataFiles(folder)).isEmpty();
            assertThat(store.find(id).orElseThrow().state()).isEqualTo(ObjectState.DESTROYED);
        }
    }
}
