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
import java.util.function.LongFunction;

/** Fills stores with committed objects, by the store's own means: rows and sealed records are as an object's that was put. */
final class StoreFill {
    /** More than go into one transaction. */
    private static final int AT_ONCE = 512;

    private StoreFill() {}

    /** Adds so many committed objects of the same owner to the store of a provider that is down, like one that it has. */
    static void fill(Path folder, ObjectId like, long count) throws Exception {
        SecureRandom random = new SecureRandom();
        try (SealedStore store = Stores.embedded(folder, random, Clock.systemUTC())) {
            Template template = Template.of(store, like);
            fill(store, template, count, _ -> template.user);
        }
    }

    /** @param users of the n-th object, from 0 */
    static void fill(SealedStore store, Template template, long count, LongFunction<byte[]> users) throws Exception {
        atOnce(AT_ONCE, count, n -> template.add(store, users.apply(n)));
    }

    /** One thing of many. */
    interface Numbered {
        void run(long number) throws Exception;
    }

    /** Does so many things in no order, so many of them at once. */
    static void atOnce(int threads, long count, Numbered task) throws Exception {
        AtomicLong begun = new AtomicLong();
        List<Future<Boolean>> running = new ArrayList<>();
        try (ExecutorService all = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < threads; i++) {
                running.add(all.submit(() -> {
                    for (long n = begun.getAndIncrement(); n < count; n = begun.getAndIncrement()) {
                        task.run(n);
                    }
                    return true;
                }));
            }
            for (Future<Boolean> each : running) {
                each.get();
            }
        }
    }

    /** What an object is made of. */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes on their way into stores
    record Template(
            byte[] user, byte[] token, byte[] certificate, byte[] manifest, Map<BlobKind, MemorySegment> blobs) {
        private static final SecureRandom RANDOM = new SecureRandom();

        /** As long as that of a 32-byte secret at a home of a ring of (5,3), blinded, protocol 3. */
        static Template ofSecret(byte[] user) {
            Map<BlobKind, MemorySegment> blobs = new LinkedHashMap<>();
            blobs.put(BlobKind.SHARE, MemorySegment.ofArray(bytes(160)));
            blobs.put(BlobKind.CIPHERTEXT, MemorySegment.ofArray(bytes(96)));
            return new Template(user, bytes(671), bytes(1244), bytes(32), blobs);
        }

        static byte[] bytes(int length) {
            byte[] bytes = new byte[length];
            RANDOM.nextBytes(bytes);
            return bytes;
        }

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
            return new Template(stored.user(), stored.token(), stored.certificate(), store.manifest(like), blobs);
        }

        /** Rows and blobs of another id; what its token says is as in the other. */
        Store.Generation add(SealedStore store, byte[] user) {
            Store.Generation generation = new Store.Generation(
                    StatementHash.of(bytes(StatementHash.BYTES)),
                    new ObjectId(RANDOM.nextLong(), RANDOM.nextLong()),
                    1,
                    1,
                    false);
            try (PendingObject pending = store.begin(generation, user)) {
                blobs.forEach((kind, record) -> {
                    try (Blob blob = pending.create(kind, (int) record.byteSize(), record.byteSize())) {
                        blob.append(record);
                        blob.finish();
                    }
                });
                pending.prepare(token, manifest);
            }
            var _ = store.commit(generation.id(), certificate);
            return generation;
        }
    }
}
