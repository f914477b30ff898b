package dev.interlock.bench.ring;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoreException;
import dev.interlock.node.store.StoredObject;
import dev.interlock.node.store.Stores;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Fills the store of a provider that is down with objects like one that it has, by the store's own means. */
final class StoreFill {
    /** More than go into one transaction. */
    private static final int AT_ONCE = 512;

    private StoreFill() {}

    /** Adds so many committed objects of the same owner, with rows and sealed blobs of the same lengths. */
    static void fill(Path folder, ObjectId like, long count) throws Exception {
        SecureRandom random = new SecureRandom();
        try (SealedStore store = Stores.embedded(folder, random, Clock.systemUTC());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Template template = Template.of(store, like);
            AtomicLong begun = new AtomicLong();
            List<Future<Boolean>> running = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                running.add(threads.submit(() -> {
                    while (begun.getAndIncrement() < count) {
                        template.add(store, random);
                    }
                    return true;
                }));
            }
            for (Future<Boolean> each : running) {
                each.get();
            }
        }
    }

    private record Template(StoredObject object, byte[] manifest, Map<BlobKind, MemorySegment> blobs) {
        static Template of(SealedStore store, ObjectId object) {
            StoredObject stored = store.current(object).orElseThrow();
            StatementHash like = stored.generation().id();
            Map<BlobKind, MemorySegment> blobs = new LinkedHashMap<>();
            for (BlobKind kind : List.of(BlobKind.SHARE, BlobKind.CIPHERTEXT)) {
                try (Blob blob = store.open(like, kind)) {
                    MemorySegment record = Arena.ofAuto().allocate(blob.recordBytes(0));
                    blob.read(0, record);
                    blobs.put(kind, record);
                } catch (StoreException.NoSuchObject e) {
                    // This provider isn't its home.
                }
            }
            return new Template(stored, store.manifest(like), blobs);
        }

        /** Rows and blobs of another id; what its token says is as in the other. */
        void add(SealedStore store, SecureRandom random) {
            byte[] id = new byte[StatementHash.BYTES];
            random.nextBytes(id);
            Store.Generation generation = new Store.Generation(
                    StatementHash.of(id), new ObjectId(random.nextLong(), random.nextLong()), 1, 1, false);
            try (PendingObject pending = store.begin(generation, object.user())) {
                blobs.forEach((kind, record) -> {
                    try (Blob blob = pending.create(kind, (int) record.byteSize(), record.byteSize())) {
                        blob.append(record);
                        blob.finish();
                    }
                });
                pending.prepare(object.token(), manifest);
            }
            var _ = store.commit(generation.id(), object.certificate());
        }
    }
}
