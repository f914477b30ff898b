package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.token.StatementHash;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.crypto.AEADBadTagException;
import org.jspecify.annotations.Nullable;

/** A blob whose records pass a {@link Sealer} on their way to and from a {@link Medium}. */
final class SealedBlob implements Blob {
    private final StatementHash id;
    private final BlobKind kind;
    private final RecordLayout layout;
    private final Medium medium;
    private final CipherKey key;
    private final Buffers buffers;
    private final Runnable onClose;
    private final ReentrantLock appending = new ReentrantLock();
    private final ReentrantLock reading = new ReentrantLock();
    private final @Nullable Sealer sealer;
    private @Nullable Sealer opener;
    private boolean failed;
    private volatile boolean finished;
    // Written after the record's bytes, read before them: a reader sees all of what it counts.
    private volatile int records;
    private volatile @Nullable Supplier<RuntimeException> ended;

    private SealedBlob(
            StatementHash id,
            BlobKind kind,
            RecordLayout layout,
            Medium medium,
            CipherKey key,
            Buffers buffers,
            boolean stored,
            Runnable onClose) {
        this.id = id;
        this.kind = kind;
        this.layout = layout;
        this.medium = medium;
        this.key = key;
        this.buffers = buffers;
        this.onClose = onClose;
        this.finished = stored;
        this.records = stored ? layout.records() : 0;
        this.sealer = stored ? null : Sealer.sealing(id, kind, key);
    }

    /** An empty blob to append to; the caller keeps the key. */
    static SealedBlob pending(
            StatementHash id, BlobKind kind, RecordLayout layout, Medium medium, CipherKey key, Buffers buffers) {
        return new SealedBlob(id, kind, layout, medium, key, buffers, false, () -> {});
    }

    /** @param onClose runs once, at the end of this blob */
    static SealedBlob stored(
            StatementHash id,
            BlobKind kind,
            RecordLayout layout,
            Medium medium,
            CipherKey key,
            Buffers buffers,
            Runnable onClose) {
        return new SealedBlob(id, kind, layout, medium, key, buffers, true, onClose);
    }

    BlobKind kind() {
        return kind;
    }

    RecordLayout layout() {
        return layout;
    }

    Medium medium() {
        return medium;
    }

    boolean isFinished() {
        return finished;
    }

    @Override
    public void append(MemorySegment record) {
        appending.lock();
        try {
            requireOpen();
            int k = records;
            if (sealer == null || finished || failed || k == layout.records()) {
                throw new IllegalStateException("object " + id + ", " + kind.label() + " takes no record " + k + ": "
                        + (failed ? "appending failed before" : "it has all " + layout.records()));
            }
            requireLength(k, record.byteSize());
            // Set while it runs: the same nonce must not seal other bytes after half a write.
            failed = true;
            int sealedBytes = (int) record.byteSize() + Sealer.TAG_BYTES;
            try (Buffers.Lent lent = buffers.lend(sealedBytes)) {
                ByteBuffer sealed = lent.buffer();
                sealer.seal(k, record, sealed);
                medium.write(sealed.flip(), layout.sealedOffset(k));
            } catch (IOException e) {
                throw StoreException.of("writing object " + id + ", " + kind.label() + " record " + k, e);
            }
            failed = false;
            records = k + 1;
        } finally {
            appending.unlock();
        }
    }

    @Override
    public int records() {
        return records;
    }

    @Override
    public int recordBytes(int k) {
        return layout.recordBytes(k);
    }

    @Override
    public void read(int k, MemorySegment dst) {
        reading.lock();
        try {
            requireOpen();
            if (k < 0 || k >= records) {
                throw new IndexOutOfBoundsException(
                        "object " + id + ", " + kind.label() + " record " + k + ", readable are " + records);
            }
            requireLength(k, dst.byteSize());
            int sealedBytes = (int) dst.byteSize() + Sealer.TAG_BYTES;
            try (Buffers.Lent lent = buffers.lend(sealedBytes)) {
                ByteBuffer sealed = lent.buffer();
                medium.read(sealed, layout.sealedOffset(k));
                if (sealed.hasRemaining()) {
                    throw damaged(k, "only " + sealed.position() + " of " + sealedBytes + " bytes are there", null);
                }
                opener().open(k, sealed.flip(), dst);
            } catch (AEADBadTagException e) {
                throw damaged(k, "the seal doesn't fit", e);
            } catch (NoSuchFileException e) {
                throw damaged(k, "the file is missing", e);
            } catch (IOException e) {
                throw StoreException.of("reading object " + id + ", " + kind.label() + " record " + k, e);
            }
        } finally {
            reading.unlock();
        }
    }

    @Override
    public void finish() {
        appending.lock();
        try {
            requireOpen();
            if (finished) {
                return;
            }
            if (failed || records != layout.records()) {
                throw new IllegalStateException("object " + id + ", " + kind.label() + " has " + records + " of "
                        + layout.records() + " records");
            }
            failed = true;
            medium.sync();
            failed = false;
            finished = true;
        } catch (IOException e) {
            throw StoreException.of("writing object " + id + ", " + kind.label(), e);
        } finally {
            appending.unlock();
        }
    }

    @Override
    public void close() {
        end(() -> new IllegalStateException("object " + id + ", " + kind.label() + " is closed"));
    }

    /** Closes; later calls throw what is given here. */
    void end(Supplier<RuntimeException> why) {
        appending.lock();
        reading.lock();
        try {
            if (ended == null) {
                ended = why;
                medium.close();
                if (sealer != null) {
                    sealer.close();
                }
                if (opener != null) {
                    opener.close();
                }
                onClose.run();
            }
        } finally {
            reading.unlock();
            appending.unlock();
        }
    }

    private void requireOpen() {
        Supplier<RuntimeException> why = ended;
        if (why != null) {
            throw why.get();
        }
    }

    private void requireLength(int k, long actualBytes) {
        if (actualBytes != layout.recordBytes(k)) {
            throw new IllegalArgumentException("object " + id + ", " + kind.label() + " record " + k + ": given "
                    + actualBytes + " bytes, expected " + layout.recordBytes(k));
        }
    }

    private Sealer opener() {
        Sealer known = opener;
        if (known == null) {
            known = Sealer.opening(id, kind, key);
            opener = known;
        }
        return known;
    }

    private StoreException damaged(int k, String how, @Nullable Exception cause) {
        return new StoreException.DamagedRecord(id, kind, k, how, cause);
    }
}
