package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.token.StatementHash;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** A pending object: a key and blobs in memory and in files that nothing in the database points at. */
final class PendingWrite implements PendingObject, SealedStore.Revocable {
    private static final int MANIFEST_RECORD_BYTES = 1 << 20;

    private enum Phase {
        OPEN,
        /** Prepare failed: only to be aborted. */
        FAILED,
        /** The row is there, or may be: the files aren't ours to remove. */
        HANDED_OVER,
        CLOSED
    }

    private final SealedStore store;
    private final Store.Generation generation;
    private final StatementHash id;
    private final byte[] user;
    private final CipherKey key;
    private final Map<BlobKind, SealedBlob> blobs = new HashMap<>();
    private final Map<BlobKind, Transient> transients = new HashMap<>();
    /** The kinds whose files are there, or may be. */
    private final Set<BlobKind> files = new HashSet<>();

    /** Bytes of memory that small blobs took. */
    private final AtomicLong reserved = new AtomicLong();

    private Phase phase = Phase.OPEN;

    PendingWrite(SealedStore store, Store.Generation generation, byte[] user, CipherKey key) {
        this.store = store;
        this.generation = generation;
        this.id = generation.id();
        this.user = user;
        this.key = key;
    }

    Store.Generation generation() {
        return generation;
    }

    StatementHash id() {
        return id;
    }

    byte[] user() {
        return user;
    }

    CipherKey key() {
        return key;
    }

    @Override
    public synchronized Blob create(BlobKind kind, int maxRecordBytes, long totalBytes) {
        requireNew(kind);
        return add(kind, new RecordLayout(maxRecordBytes, totalBytes));
    }

    @Override
    public synchronized Blob createTransient(BlobKind kind, int maxRecordBytes, long totalBytes) {
        requireNew(kind);
        RecordLayout layout = new RecordLayout(maxRecordBytes, totalBytes);
        Medium medium = medium(kind, layout, true);
        CipherKey own = CipherKey.random(store.random());
        SealedBlob blob = SealedBlob.pending(id, kind, layout, medium, own, store.buffers());
        transients.put(kind, new Transient(blob, own));
        return blob;
    }

    @Override
    public synchronized void prepare(byte[] token, byte[] manifest) {
        requireOpen();
        if (manifest.length > MAX_MANIFEST_BYTES) {
            throw new IllegalArgumentException("generation " + id + " has a manifest of " + manifest.length
                    + " bytes, must be at most " + MAX_MANIFEST_BYTES);
        }
        blobs.forEach((kind, blob) -> {
            if (!blob.isFinished()) {
                throw new IllegalStateException("generation " + id + ", " + kind.label() + " isn't finished");
            }
        });
        phase = Phase.FAILED;
        boolean named = !files.isEmpty();
        writeManifest(manifest);
        if (named || !files.isEmpty()) {
            syncNames();
        }
        try {
            phase = Phase.HANDED_OVER;
            store.insert(this, token, blobs);
        } catch (StoreException.OutcomeUnknown e) {
            throw e;
        } catch (RuntimeException e) {
            phase = Phase.FAILED;
            throw e;
        }
    }

    @Override
    public synchronized void abort() {
        if (phase == Phase.HANDED_OVER) {
            throw new IllegalStateException("generation " + id + " is prepared, it can be forgotten");
        }
        close();
    }

    @Override
    public void close() {
        revoke(() -> new IllegalStateException("generation " + id + " is closed"));
    }

    @Override
    public synchronized void revoke(Supplier<RuntimeException> why) {
        if (phase == Phase.CLOSED) {
            return;
        }
        boolean ours = phase != Phase.HANDED_OVER;
        phase = Phase.CLOSED;
        blobs.values().forEach(blob -> blob.end(why));
        transients.values().forEach(each -> each.end(why));
        key.close();
        store.giveBack(reserved.getAndSet(0));
        try {
            if (!ours) {
                files.retainAll(transients.keySet());
            }
            if (!files.isEmpty()) {
                store.requireServing();
            }
            store.blobs().remove(id, files);
        } catch (IOException e) {
            throw StoreException.of("removing the files of object " + id + " (the next start does)", e);
        } finally {
            store.dropPending(this, ours);
            store.leave(id, this);
        }
    }

    private void writeManifest(byte[] manifest) {
        try (SealedBlob blob = add(BlobKind.MANIFEST, new RecordLayout(MANIFEST_RECORD_BYTES, manifest.length))) {
            MemorySegment rest = MemorySegment.ofArray(manifest);
            for (int k = 0; k < blob.layout().records(); k++) {
                blob.append(rest.asSlice(0, blob.recordBytes(k)));
                rest = rest.asSlice(blob.recordBytes(k));
            }
            blob.finish();
        }
    }

    private SealedBlob add(BlobKind kind, RecordLayout layout) {
        SealedBlob blob = SealedBlob.pending(id, kind, layout, medium(kind, layout, false), key, store.buffers());
        blobs.put(kind, blob);
        return blob;
    }

    private Medium medium(BlobKind kind, RecordLayout layout, boolean passing) {
        long sealedBytes = layout.sealedBytes();
        if (sealedBytes <= PendingObject.MAX_ROW_BYTES) {
            return new RowMedium((int) sealedBytes, this::reserve);
        }
        try {
            long usableBytes = store.blobs().usableBytes();
            if (usableBytes < sealedBytes) {
                throw new StoreException.NoRoom(
                        "generation " + id + ", " + kind.label() + " needs " + sealedBytes + " bytes, the disk has "
                                + usableBytes,
                        null);
            }
            files.add(kind);
            return passing
                    ? store.blobs().createTransient(id, kind)
                    : store.blobs().create(id, kind);
        } catch (IOException e) {
            throw StoreException.of("creating object " + id + ", " + kind.label(), e);
        }
    }

    private void reserve(int bytes) {
        store.reserve(id, bytes);
        reserved.addAndGet(bytes);
    }

    private void syncNames() {
        try {
            store.blobs().sync();
        } catch (IOException e) {
            throw StoreException.of("writing object " + id, e);
        }
    }

    private void requireNew(BlobKind kind) {
        requireOpen();
        if (kind.equals(BlobKind.MANIFEST)) {
            throw new IllegalArgumentException("prepare writes the manifest");
        }
        if (blobs.containsKey(kind) || transients.containsKey(kind)) {
            throw new IllegalStateException("generation " + id + " has a " + kind.label() + " already");
        }
    }

    private void requireOpen() {
        if (phase != Phase.OPEN) {
            throw new IllegalStateException("generation " + id + " takes no more: it was prepared, aborted or closed");
        }
    }

    /** A blob with the only key that opens it. */
    private record Transient(SealedBlob blob, CipherKey key) {
        void end(Supplier<RuntimeException> why) {
            blob.end(why);
            key.close();
        }
    }
}
