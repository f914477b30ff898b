package dev.interlock.app;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.StoreException;
import dev.interlock.node.store.StoredObject;
import dev.interlock.node.store.Stores;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What a provider stores, replaced from within: properly sealed by its store, whatever it says. */
final class LyingStore {
    private LyingStore() {}

    /** All blobs of an object but its manifest. */
    private static Map<BlobKind, byte[]> blobs(SealedStore store, StatementHash object) {
        Map<BlobKind, byte[]> found = new LinkedHashMap<>();
        Stream.concat(
                        Stream.of(BlobKind.SHARE, BlobKind.CIPHERTEXT),
                        IntStream.rangeClosed(1, 254).mapToObj(BlobKind::sealedShare))
                .forEach(kind -> {
                    try (Blob blob = store.open(object, kind)) {
                        found.put(kind, bytes(blob));
                    } catch (StoreException.NoSuchObject none) {
                        // It has none of this kind.
                    }
                });
        return found;
    }

    private static byte[] bytes(Blob blob) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int k = 0; k < blob.records(); k++) {
            try (SecretBytes record = SecretBytes.allocate(blob.recordBytes(k))) {
                blob.read(k, record.segment());
                all.writeBytes(record.copyToHeap());
            }
        }
        return all.toByteArray();
    }

    /** What a blob of an object is to be, from what it is. */
    @FunctionalInterface
    interface Lie {
        byte[] about(BlobKind kind, byte[] honest);
    }

    /** Makes a provider lie: its store has these objects, and no others, with other bytes. */
    static void replace(TestRing ring, String node, Map<ObjectId, Lie> lies) throws IOException {
        ring.stop(node);
        Path honest = ring.storeFolder(node);
        String unique = Long.toHexString(new SecureRandom().nextLong());
        Path lying = ring.node(node).resolve("lying-" + unique);
        try (SealedStore from = ring.openStore(node);
                SealedStore to = Stores.embedded(lying, new SecureRandom(), Clock.systemUTC())) {
            for (Map.Entry<ObjectId, Lie> lie : lies.entrySet()) {
                copy(from, to, lie.getKey(), lie.getValue());
            }
        }
        Files.move(honest, ring.node(node).resolve("honest-" + unique));
        Files.move(lying, honest);
        Files.deleteIfExists(ring.node(node).resolve("store.conf"));
        ring.start(node);
    }

    private static void copy(SealedStore from, SealedStore to, ObjectId object, Lie lie) {
        StoredObject stored = from.current(object).orElseThrow();
        StatementHash id = stored.generation().id();
        try (PendingObject copy = to.begin(stored.generation(), stored.user())) {
            for (Map.Entry<BlobKind, byte[]> blob : blobs(from, id).entrySet()) {
                int recordBytes;
                try (Blob honest = from.open(id, blob.getKey())) {
                    recordBytes = honest.recordBytes(0);
                }
                write(copy, blob.getKey(), recordBytes, lie.about(blob.getKey(), blob.getValue()));
            }
            copy.prepare(stored.token(), from.manifest(id));
        }
        var _ = to.commit(id, stored.certificate());
    }

    private static void write(PendingObject to, BlobKind kind, int recordBytes, byte[] bytes) {
        Blob blob = to.create(kind, recordBytes, bytes.length);
        for (int at = 0; at < bytes.length; at += recordBytes) {
            blob.append(MemorySegment.ofArray(bytes).asSlice(at, Math.min(recordBytes, bytes.length - at)));
        }
        blob.finish();
    }

    static byte[] flipped(byte[] bytes, int at) {
        byte[] other = bytes.clone();
        other[at] ^= 1;
        return other;
    }
}
