package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(240)
abstract class StoreContract extends EngineTest {
    final StatementHash id = Fixture.newId();

    // Inline to 64 KiB with their tags, in files beyond.
    @ParameterizedTest
    @CsvSource({
        "1000, 0, 0",
        "1000, 1, 1",
        "1000, 999, 1",
        "1000, 1000, 1",
        "1000, 1001, 2",
        "1000, 2000, 2",
        "1, 3, 3",
        "65536, 65520, 1",
        "65536, 65521, 1",
        "65536, 65536, 1",
        "65536, 65537, 2",
        "65536, 196607, 3",
        "65536, 196608, 3",
        "1048576, 1048577, 2",
        "1048640, 3145919, 3",
        "16777216, 16777216, 1",
    })
    void roundTrip(int recordBytes, long totalBytes, int records) {
        try (PendingObject object = Fixture.begin(store, id)) {
            Blob blob = Fixture.write(object, id, BlobKind.SHARE, recordBytes, totalBytes);
            assertThat(blob.records()).isEqualTo(records);
            for (int k = 0; k < records; k++) {
                assertThat(Fixture.read(blob, k))
                        .isEqualTo(Fixture.content(id, BlobKind.SHARE, k, blob.recordBytes(k)));
            }
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        boolean inFile = totalBytes + 16L * records > 64 << 10;
        assertThat(blobs().contains(id + ".share")).isEqualTo(inFile);
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, records)).isTrue();
        store.commit(id, Fixture.CERTIFICATE);
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, records)).isTrue();
        reopen();
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, records)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_520, 65_521, 1 << 20, (1 << 20) + 1, 5_000_000})
    void manifestRoundTrip(int bytes) {
        byte[] manifest = Fixture.content(id, BlobKind.MANIFEST, 0, bytes);
        try (PendingObject object = Fixture.begin(store, id)) {
            object.prepare(Fixture.TOKEN, manifest);
        }
        assertThat(store.manifest(id)).isEqualTo(manifest);
        reopen();
        assertThat(store.manifest(id)).isEqualTo(manifest);
    }

    @Test
    void manifestTooLarge() {
        try (PendingObject object = Fixture.begin(store, id)) {
            assertThatThrownBy(() -> object.prepare(Fixture.TOKEN, new byte[PendingObject.MAX_MANIFEST_BYTES + 1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("33554433");
        }
    }

    @Test
    void shareAndCiphertextAreApart() {
        try (PendingObject object = Fixture.begin(store, id)) {
            Fixture.write(object, id, BlobKind.CIPHERTEXT, 1000, 200_000);
            Fixture.write(object, id, BlobKind.SHARE, 1000, 2500);
            assertThatThrownBy(() -> object.create(BlobKind.SHARE, 10, 10)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> object.create(BlobKind.MANIFEST, 10, 10))
                    .isInstanceOf(IllegalArgumentException.class);
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 3)).isTrue();
        assertThat(Fixture.isWhole(store, id, BlobKind.CIPHERTEXT, 200)).isTrue();
    }

    @Test
    void sealedSharesOfEveryProvider() {
        try (PendingObject object = Fixture.begin(store, id)) {
            for (int x = 1; x <= 254; x++) {
                Fixture.write(object, id, BlobKind.sealedShare(x), 1000, totalBytes(x));
            }
            assertThatThrownBy(() -> object.create(BlobKind.sealedShare(254), 10, 10))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("sealed-254");
            Fixture.write(object, id, BlobKind.SHARE, 1000, 3000);
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        store.commit(id, Fixture.CERTIFICATE);
        reopen();
        for (int x = 1; x <= 254; x++) {
            assertThat(Fixture.isWhole(store, id, BlobKind.sealedShare(x), (int) totalBytes(x) / 1000))
                    .isTrue();
        }
        assertThat(blobs()).containsExactlyInAnyOrder(id + ".sealed-100", id + ".sealed-200");
        assertThat(store.manifest(id)).isEqualTo(Fixture.MANIFEST);
        StatementHash next = Fixture.newId();
        Fixture.put(store, next, 1000, 1000);
        assertThatThrownBy(() -> store.open(next, BlobKind.sealedShare(3)))
                .isInstanceOf(StoreException.NoSuchObject.class)
                .hasMessageContaining("sealed-3");
        Fixture.destroy(store, next, Fixture.TOKEN);
        assertThat(Fixture.isWhole(store, id, BlobKind.sealedShare(254), 3)).isTrue();
    }

    static long totalBytes(int x) {
        return x % 100 == 0 ? 100_000 : 3000;
    }

    @Test
    void kindsThatAreNone() {
        for (int x : new int[] {-1, 0, 255, 256}) {
            assertThatThrownBy(() -> BlobKind.sealedShare(x))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("x = " + x);
        }
        assertThatThrownBy(() -> new BlobKind(0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BlobKind(5, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BlobKind(1, 1)).isInstanceOf(IllegalArgumentException.class);
        List<BlobKind> kinds = List.of(
                BlobKind.SHARE,
                BlobKind.CIPHERTEXT,
                BlobKind.MANIFEST,
                BlobKind.RECEIVED,
                BlobKind.sealedShare(1),
                BlobKind.sealedShare(99),
                BlobKind.sealedShare(254));
        for (BlobKind kind : kinds) {
            assertThat(BlobKind.ofLabel(kind.label())).contains(kind);
            assertThat(BlobKind.ofNumber(kind.number())).contains(kind);
            assertThat(kind.number()).isBetween(1, BlobKind.NUMBERS - 1);
        }
        for (int number : new int[] {0, 255, 257, 1024, 1279, 1281, 2047}) {
            assertThat(BlobKind.ofNumber(number)).isEmpty();
        }
        for (String label : List.of("", "sealed", "sealed-0", "sealed-007", "sealed-255", "sealed-1000", "Share")) {
            assertThat(BlobKind.ofLabel(label)).isEmpty();
        }
    }

    // A provider of protocol 1 that isn't home keeps nothing else.
    @Test
    void anObjectWithNothingButItsManifest() {
        try (PendingObject object = Fixture.begin(store, id)) {
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        assertThat(store.inDoubt()).containsExactly(id);
        store.commit(id, Fixture.CERTIFICATE);
        assertThat(store.list(Fixture.USER)).extracting(Fixture::id).containsExactly(id);
        assertThat(store.manifest(id)).isEqualTo(Fixture.MANIFEST);
        for (BlobKind kind : List.of(BlobKind.SHARE, BlobKind.CIPHERTEXT, BlobKind.sealedShare(1))) {
            assertThatThrownBy(() -> store.open(id, kind)).isInstanceOf(StoreException.NoSuchObject.class);
        }
        Fixture.destroy(store, id, Fixture.TOKEN);
        assertThatThrownBy(() -> store.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.Destroyed.class);
        assertThatThrownBy(() -> store.manifest(id)).isInstanceOf(StoreException.Destroyed.class);

        StatementHash other = Fixture.newId();
        try (PendingObject object = Fixture.begin(store, other)) {
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        store.forget(other);
        assertThat(store.find(other)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {3000, 100_000})
    void aTransientBlobEndsWithTheWriteAndIsNoPartOfIt(int totalBytes) {
        Blob share;
        try (PendingObject object = Fixture.begin(store, id)) {
            share = object.createTransient(BlobKind.SHARE, 1000, totalBytes);
            assertThatThrownBy(() -> object.create(BlobKind.SHARE, 10, 10)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> object.createTransient(BlobKind.SHARE, 10, 10))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> object.createTransient(BlobKind.MANIFEST, 10, 10))
                    .isInstanceOf(IllegalArgumentException.class);
            // Not the last record, and not finished.
            Fixture.fill(share, id, BlobKind.SHARE, totalBytes / 1000 - 1);
            assertThat(Fixture.read(share, 1)).isEqualTo(Fixture.content(id, BlobKind.SHARE, 1, 1000));
            assertThat(blobs().contains(id + ".share")).isEqualTo(totalBytes > 65_536);
            Fixture.write(object, id, BlobKind.CIPHERTEXT, 1000, totalBytes);

            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);

            assertThat(Fixture.read(share, 1)).isEqualTo(Fixture.content(id, BlobKind.SHARE, 1, 1000));
            assertThatThrownBy(() -> store.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.NoSuchObject.class);
        }
        assertThat(blobs()).doesNotContain(id + ".share");
        assertThatThrownBy(() -> Fixture.read(share, 1)).isInstanceOf(IllegalStateException.class);
        store.commit(id, Fixture.CERTIFICATE);
        assertThatThrownBy(() -> store.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.NoSuchObject.class);
        assertThat(Fixture.isWhole(store, id, BlobKind.CIPHERTEXT, totalBytes / 1000))
                .isTrue();
    }

    @Test
    void aTransientBlobEndsWithItsObject() {
        PendingObject object = Fixture.begin(store, id);
        Blob share = object.createTransient(BlobKind.SHARE, 1000, 100_000);
        Fixture.fill(share, id, BlobKind.SHARE, 100);
        share.finish();
        assertThat(blobs()).hasSize(1);
        object.close();
        assertThat(blobs()).isEmpty();
        assertThatThrownBy(() -> Fixture.read(share, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void nativeMemoryOfAnyThread() {
        try (Arena arena = Arena.ofShared();
                PendingObject object = Fixture.begin(store, id)) {
            for (BlobKind kind : List.of(BlobKind.SHARE, BlobKind.CIPHERTEXT)) {
                int bytes = kind.equals(BlobKind.SHARE) ? 100_000 : 100;
                MemorySegment record =
                        arena.allocate(bytes).copyFrom(MemorySegment.ofArray(Fixture.content(id, kind, 0, bytes)));
                MemorySegment read = arena.allocate(bytes);
                Blob blob = object.create(kind, bytes, bytes);
                blob.append(record.asReadOnly());
                blob.read(0, read);
                assertThat(read.mismatch(record)).isEqualTo(-1);
            }
        }
    }

    @Test
    void whatIsKnownOfAnObject() {
        Instant now = Instant.parse("2026-01-02T03:04:05.678Z");
        reopen(Clock.fixed(now, ZoneOffset.UTC));
        assertThat(store.find(id)).isEmpty();
        try (PendingObject object = Fixture.begin(store, id)) {
            assertThat(store.find(id)).isEmpty();
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        StoredObject prepared = store.find(id).orElseThrow();
        assertThat(prepared.generation()).isEqualTo(Fixture.put(id));
        assertThat(prepared.user()).isEqualTo(Fixture.USER);
        assertThat(prepared.state()).isEqualTo(ObjectState.PREPARED);
        assertThat(prepared.token()).isEqualTo(Fixture.TOKEN);
        assertThat(prepared.certificate()).isEmpty();
        assertThat(prepared.prepared()).isEqualTo(now);
        assertThat(prepared.committed()).isEmpty();
        assertThat(store.inDoubt()).containsExactly(id);
        assertThat(store.list(Fixture.USER)).isEmpty();

        store.commit(id, Fixture.CERTIFICATE);
        store.commit(id, Fixture.OTHER_CERTIFICATE);
        StoredObject committed = store.find(id).orElseThrow();
        assertThat(committed.state()).isEqualTo(ObjectState.COMMITTED);
        assertThat(committed.certificate()).isEqualTo(Fixture.CERTIFICATE);
        assertThat(committed.committed()).contains(now);
        assertThat(committed.receipt()).isEmpty();
        assertThat(store.inDoubt()).isEmpty();

        Fixture.destroy(store, id, Fixture.filled(10, 9));
        StoredObject destroyed = store.find(id).orElseThrow();
        assertThat(destroyed.state()).isEqualTo(ObjectState.DESTROYED);
        assertThat(destroyed.token()).isEqualTo(Fixture.TOKEN);
        assertThat(destroyed.certificate()).isEqualTo(Fixture.CERTIFICATE);
        assertThat(destroyed.command()).contains(Fixture.COMMAND);
        assertThat(destroyed.receipt()).contains(Fixture.filled(10, 9));
        assertThat(destroyed.destroyed()).contains(now);
    }

    @Test
    void listIsTheOwnersCommittedNewestFirst() {
        List<StatementHash> ids = List.of(Fixture.newId(), Fixture.newId(), Fixture.newId(), Fixture.newId(), id);
        for (StatementHash each : ids) {
            Fixture.put(store, each, 100, 100);
        }
        StatementHash foreign = Fixture.newId();
        try (PendingObject object = store.begin(Fixture.put(foreign), Fixture.filled(32, 8))) {
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        store.commit(foreign, Fixture.CERTIFICATE);
        Fixture.prepare(store, Fixture.newId(), 100, 100);
        Fixture.destroy(store, ids.get(1), Fixture.TOKEN);

        List<StatementHash> expected = List.of(ids.get(4), ids.get(3), ids.get(2), ids.get(0));
        assertThat(store.list(Fixture.USER)).extracting(Fixture::id).isEqualTo(expected);
        assertThat(store.list(Fixture.USER, Optional.empty(), 3))
                .extracting(Fixture::id)
                .isEqualTo(expected.subList(0, 3));
        assertThat(store.list(Fixture.USER, Optional.of(expected.get(2)), 3))
                .extracting(Fixture::id)
                .isEqualTo(expected.subList(3, 4));
        assertThat(store.list(Fixture.USER, Optional.of(expected.get(3)), 3)).isEmpty();
    }

    @Test
    void anIdServesOnce() {
        PendingObject object = Fixture.begin(store, id);
        assertExists("PENDING");
        object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        assertExists("PREPARED");
        object.close();
        store.commit(id, Fixture.CERTIFICATE);
        assertExists("COMMITTED");
        Fixture.destroy(store, id, Fixture.TOKEN);
        assertExists("DESTROYED");
    }

    @Test
    void unknownObject() {
        assertThatThrownBy(() -> store.open(id, BlobKind.SHARE))
                .isInstanceOf(StoreException.NoSuchObject.class)
                .hasMessageContaining(id.toString());
        assertThatThrownBy(() -> store.manifest(id)).isInstanceOf(StoreException.NoSuchObject.class);
        assertThatThrownBy(() -> store.commit(id, Fixture.OTHER_CERTIFICATE))
                .isInstanceOf(StoreException.NoSuchObject.class);
        assertThatThrownBy(() -> Fixture.destroy(store, id, Fixture.OTHER_CERTIFICATE))
                .isInstanceOf(StoreException.NoSuchObject.class);
        store.forget(id);
        try (PendingObject object = Fixture.begin(store, id)) {
            Fixture.write(object, id, BlobKind.SHARE, 1000, 100_000);
            assertThatThrownBy(() -> store.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.NoSuchObject.class);
            assertThatThrownBy(() -> Fixture.destroy(store, id, Fixture.OTHER_CERTIFICATE))
                    .isInstanceOf(StoreException.NoSuchObject.class);
            store.forget(id);
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 100)).isTrue();
        assertThatThrownBy(() -> store.open(id, BlobKind.CIPHERTEXT))
                .isInstanceOf(StoreException.NoSuchObject.class)
                .hasMessageContaining("ciphertext");
    }

    @Test
    void abortLeavesNothing() throws Exception {
        PendingObject object = Fixture.begin(store, id);
        Blob blob = object.create(BlobKind.SHARE, 1000, 100_000);
        Fixture.fill(blob, id, BlobKind.SHARE, 10);
        assertThat(blobs()).hasSize(1);
        object.abort();
        object.abort();
        assertThat(blobs()).isEmpty();
        assertThatThrownBy(() -> Fixture.read(blob, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> object.prepare(Fixture.TOKEN, Fixture.MANIFEST))
                .isInstanceOf(IllegalStateException.class);
        Fixture.put(store, id, 1000, 100_000);
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 100)).isTrue();
    }

    @Test
    void preparedCannotBeAborted() {
        try (PendingObject object = Fixture.begin(store, id)) {
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
            assertThatThrownBy(object::abort)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("forgotten");
        }
        assertThat(store.inDoubt()).containsExactly(id);
    }

    @Test
    void prepareNeedsFinishedBlobs() {
        try (PendingObject object = Fixture.begin(store, id)) {
            Blob blob = object.create(BlobKind.SHARE, 1000, 3000);
            Fixture.fill(blob, id, BlobKind.SHARE, 2);
            assertThatThrownBy(blob::finish)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("2 of 3");
            assertThatThrownBy(() -> object.prepare(Fixture.TOKEN, Fixture.MANIFEST))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("share");
            blob.append(MemorySegment.ofArray(Fixture.content(id, BlobKind.SHARE, 2, 1000)));
            assertThatThrownBy(() -> blob.append(MemorySegment.ofArray(new byte[1000])))
                    .isInstanceOf(IllegalStateException.class);
            blob.finish();
            blob.finish();
            blob.close();
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 3)).isTrue();
    }

    @Test
    void lengthsAreChecked() {
        assertThatThrownBy(() -> store.begin(Fixture.put(id), new byte[31]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("31");
        try (PendingObject object = Fixture.begin(store, id)) {
            assertThatThrownBy(() -> object.create(BlobKind.SHARE, 0, 10)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> object.create(BlobKind.SHARE, 10, -1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> object.create(BlobKind.SHARE, 1, Long.MAX_VALUE))
                    .isInstanceOf(IllegalArgumentException.class);
            Blob blob = object.create(BlobKind.SHARE, 1000, 1500);
            for (int wrong : new int[] {0, 500, 999, 1001}) {
                assertThatThrownBy(() -> blob.append(MemorySegment.ofArray(new byte[wrong])))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(wrong + " bytes, expected 1000");
            }
            Fixture.fill(blob, id, BlobKind.SHARE, 1);
            assertThatThrownBy(() -> blob.append(MemorySegment.ofArray(new byte[1000])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected 500");
            assertThatThrownBy(() -> blob.read(0, MemorySegment.ofArray(new byte[999])))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> blob.read(1, MemorySegment.ofArray(new byte[500])))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> blob.read(-1, MemorySegment.ofArray(new byte[500])))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void storedBlobsTakeNothing() {
        Fixture.put(store, id, 1000, 1500);
        try (Blob blob = store.open(id, BlobKind.SHARE)) {
            assertThatThrownBy(() -> blob.append(MemorySegment.ofArray(new byte[500])))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 10_000})
    void readingBehindTheAppender(int recordBytes) throws InterruptedException {
        int records = 600;
        try (PendingObject object = Fixture.begin(store, id)) {
            Blob blob = object.create(BlobKind.SHARE, recordBytes, (long) records * recordBytes);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Runnable reader = () -> {
                for (int k = 0; k < records; ) {
                    if (k < blob.records()) {
                        assertThat(Fixture.read(blob, k))
                                .isEqualTo(Fixture.content(id, BlobKind.SHARE, k, recordBytes));
                        k++;
                    } else {
                        Thread.onSpinWait();
                    }
                }
            };
            List<Thread> readers = List.of(
                    Thread.ofPlatform()
                            .uncaughtExceptionHandler((any, e) -> failure.set(e))
                            .start(reader),
                    Thread.ofPlatform()
                            .uncaughtExceptionHandler((any, e) -> failure.set(e))
                            .start(reader));
            Fixture.fill(blob, id, BlobKind.SHARE, records);
            blob.finish();
            for (Thread each : readers) {
                each.join();
            }
            assertThat(failure.get()).isNull();
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
            assertThat(Fixture.read(blob, 0)).isEqualTo(Fixture.content(id, BlobKind.SHARE, 0, recordBytes));
        }
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, records)).isTrue();
    }

    @Test
    void largeBlobInConstantMemory() {
        // More than twice what is written back at a time.
        int records = 100;
        byte[] record = Fixture.content(id, BlobKind.SHARE, 0, 1 << 20);
        try (PendingObject object = Fixture.begin(store, id)) {
            Blob blob = object.create(BlobKind.SHARE, 1 << 20, (long) records << 20);
            for (int k = 0; k < records; k++) {
                blob.append(MemorySegment.ofArray(record));
            }
            blob.finish();
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        try (Blob blob = store.open(id, BlobKind.SHARE)) {
            for (int k = 0; k < records; k++) {
                assertThat(MemorySegment.ofArray(Fixture.read(blob, k)).mismatch(MemorySegment.ofArray(record)))
                        .isEqualTo(-1);
            }
        }
    }

    @Test
    void anInterruptedReaderStopsNobodyElse() throws InterruptedException {
        try (PendingObject object = Fixture.begin(store, id)) {
            Blob blob = object.create(BlobKind.SHARE, 1000, 100_000);
            Fixture.fill(blob, id, BlobKind.SHARE, 1);
            AtomicReference<Throwable> seen = new AtomicReference<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                try {
                    Fixture.read(blob, 0);
                } catch (RuntimeException e) {
                    seen.set(e);
                }
            });
            reader.join();
            assertThat(seen.get()).isInstanceOf(StoreException.Failed.class);
            assertThat(Fixture.read(blob, 0)).isEqualTo(Fixture.content(id, BlobKind.SHARE, 0, 1000));
            blob.append(MemorySegment.ofArray(new byte[1000]));
        }
    }

    @Test
    void aFailedAppendEndsTheBlob() throws InterruptedException {
        try (PendingObject object = Fixture.begin(store, id)) {
            Blob blob = object.create(BlobKind.SHARE, 1000, 100_000);
            Thread appender = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> blob.append(MemorySegment.ofArray(new byte[1000])))
                        .isInstanceOf(StoreException.Failed.class);
            });
            appender.join();
            // Record 0 sealed a second time would use its nonce twice.
            assertThatThrownBy(() -> blob.append(MemorySegment.ofArray(new byte[1000])))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("failed before");
            assertThat(blob.records()).isZero();
        }
    }

    @Test
    void forgottenIsGoneAndMayComeAgain() throws Exception {
        Fixture.prepare(store, id, 1000, 100_000);
        Blob open = store.open(id, BlobKind.SHARE);
        store.forget(id);
        store.forget(id);
        assertThat(store.find(id)).isEmpty();
        assertThat(store.inDoubt()).isEmpty();
        assertThat(blobs()).isEmpty();
        assertThat(store.usage(Optional.of(Fixture.USER)).bytes()).isZero();
        assertThatThrownBy(() -> Fixture.read(open, 0)).isInstanceOf(StoreException.NoSuchObject.class);
        Fixture.put(store, id, 1000, 100_000);
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 100)).isTrue();
        assertThatThrownBy(() -> store.forget(id))
                .isInstanceOf(StoreException.WrongState.class)
                .hasMessageContaining("COMMITTED");
        Fixture.destroy(store, id, Fixture.TOKEN);
        assertThatThrownBy(() -> store.forget(id)).isInstanceOf(StoreException.WrongState.class);
    }

    /** What waits for another provider goes by itself, and the object stays. */
    @ParameterizedTest
    @ValueSource(ints = {1000, 100_000})
    void oneBlobIsDiscardedAndTheOthersStay(int bytes) throws Exception {
        BlobKind waiting = BlobKind.waitingShare(7);
        try (PendingObject object = Fixture.begin(store, id)) {
            Fixture.write(object, id, BlobKind.SHARE, 1000, bytes);
            Fixture.write(object, id, waiting, 1000, bytes);
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        store.commit(id, Fixture.CERTIFICATE, true);
        assertThat(Fixture.isWhole(store, id, waiting, bytes / 1000)).isTrue();
        reopen();
        assertThat(Fixture.isWhole(store, id, waiting, bytes / 1000)).isTrue();
        store.discard(id, waiting);
        store.discard(id, waiting);
        store.discard(Fixture.newId(), waiting);
        assertThatThrownBy(() -> store.open(id, waiting)).isInstanceOf(StoreException.NoSuchObject.class);
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, bytes / 1000)).isTrue();
        assertThat(blobs()).noneMatch(name -> name.contains("waiting"));
    }

    void schedule(StatementHash id, long number, Optional<Instant> at) {
        store.schedule(new Store.Schedule(Fixture.put(id).object(), number, at, Fixture.COMMAND, false));
    }

    @Test
    void whatIsntFinishedIsListedUntilItIs() {
        List<StatementHash> ids = Stream.generate(Fixture::newId).limit(5).toList();
        for (StatementHash each : ids) {
            Fixture.prepare(store, each, 100, 100);
            store.commit(each, Fixture.OTHER_CERTIFICATE, true);
        }
        StatementHash finished = Fixture.newId();
        Fixture.put(store, finished, 100, 100);
        assertThat(unfinished(Optional.empty(), 10)).isEqualTo(ids);
        assertThat(unfinished(Optional.empty(), 2)).isEqualTo(ids.subList(0, 2));
        assertThat(unfinished(Optional.of(ids.get(1)), 10)).isEqualTo(ids.subList(2, 5));
        // A longer chain by itself finishes nothing.
        store.extend(ids.get(0), Fixture.CERTIFICATE, true);
        assertThat(store.find(ids.get(0)).orElseThrow().certificate()).isEqualTo(Fixture.CERTIFICATE);
        store.extend(ids.get(1), Fixture.CERTIFICATE, false);
        // Nor is what is destroyed, or will be, for anyone to finish.
        Fixture.destroy(store, ids.get(2), Fixture.TOKEN);
        store.extend(ids.get(2), Fixture.CERTIFICATE, true);
        assertThat(store.find(ids.get(2)).orElseThrow().certificate()).isEqualTo(Fixture.OTHER_CERTIFICATE);
        schedule(ids.get(3), 1, Optional.of(Instant.now()));
        assertThat(unfinished(Optional.empty(), 10)).containsExactly(ids.get(0), ids.get(4));
        schedule(ids.get(3), 2, Optional.empty());
        store.extend(Fixture.newId(), Fixture.CERTIFICATE, true);
        reopen();
        assertThat(unfinished(Optional.empty(), 10)).containsExactly(ids.get(0), ids.get(3), ids.get(4));
    }

    List<StatementHash> unfinished(Optional<StatementHash> after, int limit) {
        return store.unfinished(after, limit).stream().map(Fixture::id).toList();
    }

    @Test
    void closeGivesUpWhatIsPending() {
        PendingObject object = Fixture.begin(store, id);
        Fixture.write(object, id, BlobKind.SHARE, 1000, 100_000);
        Blob blob;
        StatementHash other = Fixture.newId();
        Fixture.put(store, other, 1000, 100_000);
        blob = store.open(other, BlobKind.SHARE);
        store.close();
        store.close();
        assertThat(blobs()).containsExactly(other + ".share");
        assertThatThrownBy(() -> Fixture.read(blob, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> object.prepare(Fixture.TOKEN, Fixture.MANIFEST))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.find(id)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.commit(id, Fixture.OTHER_CERTIFICATE)).isInstanceOf(IllegalStateException.class);
    }

    void assertExists(String state) {
        assertThatThrownBy(() -> Fixture.begin(store, id))
                .isInstanceOf(StoreException.ObjectExists.class)
                .hasMessageContaining(id.toString())
                .hasMessageContaining(state);
    }

    /** What is stored for each user, over a restart: what was destroyed or forgotten has no bytes any more. */
    @Test
    void itKnowsWhatEachUserHas() {
        byte[] other = Fixture.filled(32, 9);
        assertThat(usage(Fixture.USER)).isEqualTo(new Store.Usage(0, 0));
        Fixture.put(store, id, 1000, 100_000);
        Fixture.prepare(store, Fixture.newId(), 1000, 500);
        try (PendingObject object = store.begin(Fixture.put(Fixture.newId()), other)) {
            Fixture.write(object, id, BlobKind.SHARE, 1000, 7);
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        assertThat(usage(other)).isEqualTo(new Store.Usage(1, 7 + Fixture.MANIFEST.length));
        Store.Usage before = usage(Fixture.USER);
        assertThat(before.objects()).isEqualTo(2);
        assertThat(before.bytes()).isBetween(100_500L, 101_000L);
        assertThat(store.usage(Optional.empty()))
                .isEqualTo(new Store.Usage(3, before.bytes() + usage(other).bytes()));

        close();
        open();
        assertThat(usage(Fixture.USER)).isEqualTo(before);
        Fixture.destroy(store, id, Fixture.filled(10, 1));
        assertThat(usage(Fixture.USER).objects()).as("a tombstone counts").isEqualTo(2);
        assertThat(usage(Fixture.USER).bytes()).isLessThan(1000);
        store.forget(store.inDoubt().getFirst());
        assertThat(usage(Fixture.USER).objects()).isEqualTo(1);
    }

    /** Generations in every state go with it, and what they need; over a restart, and once for each place. */
    @Test
    void whatIsHandedOverIsAnothersWithAllThatBelongsToIt() {
        byte[] other = Fixture.filled(32, 9);
        Fixture.put(store, id, 1000, 100_000);
        Store.Usage before = usage(Fixture.USER);
        ObjectId object = store.find(id).orElseThrow().generation().object();
        Fixture.prepare(store, new Store.Generation(Fixture.newId(), object, 1, 7, true), 1000, 500);
        StatementHash mine = Fixture.newId();
        Fixture.put(store, mine, 1000, 10);
        store.schedule(new Store.Schedule(object, 3, Optional.empty(), Fixture.COMMAND, false));
        Store.HandedOver handedOver =
                new Store.HandedOver(object, 0, other, Fixture.filled(10, 1), Fixture.filled(20, 2));
        store.handOver(handedOver);
        assertThatThrownBy(() -> store.handOver(handedOver)).isInstanceOf(StoreException.WrongState.class);

        close();
        open();
        assertThat(usage(other).objects()).isEqualTo(before.objects() + 1);
        assertThat(usage(other).bytes()).isEqualTo(before.bytes() + 500 + Fixture.MANIFEST.length);
        assertThat(usage(Fixture.USER).objects()).isEqualTo(1);
        assertThat(store.list(other)).extracting(Fixture::id).containsExactly(id);
        assertThat(store.list(Fixture.USER)).extracting(Fixture::id).containsExactly(mine);
        assertThat(store.schedule(object)).isEmpty();
        assertThat(store.handovers(object)).usingRecursiveComparison().isEqualTo(List.of(handedOver));
        assertThat(store.lastHandover(object).orElseThrow()).isEqualTo(handedOver.command());
        assertThat(store.handovers(Fixture.newObject())).isEmpty();
        assertThat(store.lastHandover(Fixture.newObject())).isEmpty();
        assertThatThrownBy(() -> store.begin(new Store.Generation(Fixture.newId(), object, 1, 8, true), Fixture.USER))
                .isInstanceOf(StoreException.WrongState.class);
    }

    Store.Usage usage(byte[] user) {
        return store.usage(Optional.of(user));
    }
}
