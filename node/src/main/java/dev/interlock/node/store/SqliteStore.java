package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.wire.file.Reserve;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A store in one folder: {@code store.db} (SQLite), {@code objects/<id>.<kind>} for blobs over 64 KiB, {@code
 * store.lock}, since one process may have it at a time, and {@code reserve}, room for erasing on a full disk. Blobs and manifests are sealed ({@link Sealer}) under a random
 * key per object, which destroying overwrites first. Memory is bounded by the records and small blobs in use.
 */
public final class SqliteStore implements Store {
    private static final int STRIPES = 64;
    /** For the WAL of a few erasures, and what the database needs to be opened. */
    private static final int RESERVED_BYTES = 1 << 20;
    /** Of all small blobs that aren't prepared yet: a quarter of a node's heap. */
    private static final long MAX_PENDING_BYTES = 32 << 20;

    private final DataFiles files;
    private final FolderLock folderLock;
    private final WriteQueue writes;
    private final ReadPool reads;
    private final Buffers buffers = new Buffers();
    private final AtomicLong pendingBytes = new AtomicLong();
    private final SecureRandom random;
    private final Clock clock;
    private final Map<ObjectId, PendingWrite> pending = new ConcurrentHashMap<>();
    // What ends when its object does.
    private final Map<ObjectId, Set<Revocable>> inUse = new ConcurrentHashMap<>();
    // Shared from reading an object's row to entering its blob into inUse, so that destroying misses none.
    private final ReentrantReadWriteLock revoking = new ReentrantReadWriteLock();
    // Between forgetting an id and beginning it anew, so that no new files are removed with the old.
    private final ReentrantLock[] ids =
            Stream.generate(ReentrantLock::new).limit(STRIPES).toArray(ReentrantLock[]::new);
    // Held to begin a later generation, and taken before the id's: of two with the same origin, one sees the other.
    private final ReentrantLock continuing = new ReentrantLock();
    private volatile boolean closed;

    /** Something that holds an object's key. */
    interface Revocable {
        void revoke(Supplier<RuntimeException> why);
    }

    private SqliteStore(
            DataFiles files,
            FolderLock folderLock,
            WriteQueue writes,
            ReadPool reads,
            SecureRandom random,
            Clock clock) {
        this.files = files;
        this.folderLock = folderLock;
        this.writes = writes;
        this.reads = reads;
        this.random = random;
        this.clock = clock;
    }

    /**
     * Opens the store in this folder, after creating it for its owner only unless it is there, and removes what a crash
     * left of pending, replaced and destroyed objects.
     *
     * @param random draws the objects' keys
     * @throws StoreException.Unusable when the folder is in use, of another version or unreadable
     */
    public static SqliteStore open(Path folder, SecureRandom random, Clock clock) {
        Reserve reserve = new Reserve(folder.resolve("reserve"), RESERVED_BYTES);
        try {
            return open(folder, reserve, random, clock);
        } catch (StoreException.Unusable e) {
            // On a full disk, too: there are objects to be erased.
            if (e.isNoRoom() && reserve.release()) {
                return open(folder, reserve, random, clock);
            }
            throw e;
        }
    }

    private static SqliteStore open(Path folder, Reserve reserve, SecureRandom random, Clock clock) {
        FolderLock lock = null;
        Link writer = null;
        try {
            DataFiles.createFolder(folder);
            lock = FolderLock.take(folder);
            DataFiles files = DataFiles.open(folder);
            Path database = folder.resolve("store.db").toAbsolutePath();
            DataFiles.openOrCreate(database).close();
            writer = Link.open(database, true);
            Schema.prepare(writer, folder);
            sweep(files, writer);
            WriteQueue.truncateWal(writer, WriteQueue.walOf(database));
            DataFiles.syncFolder(folder);
            ReadPool reads = new ReadPool(database);
            WriteQueue writes = new WriteQueue(writer, database, reserve);
            writes.start();
            reserve.fill();
            return new SqliteStore(files, lock, writes, reads, random, clock);
        } catch (IOException | SQLException e) {
            close(writer, lock);
            throw StoreException.Unusable.of(folder, e);
        } catch (RuntimeException e) {
            close(writer, lock);
            throw e;
        }
    }

    @Override
    public PendingObject begin(ObjectId id, byte[] owner, ObjectId origin, int generation) {
        requireOpen();
        requireBytes("an owner's key", owner, OWNER_BYTES);
        if (generation < 1 || (generation == 1) != id.equals(origin)) {
            throw new IllegalArgumentException(
                    "object " + id + " can't be generation " + generation + " of object " + origin);
        }
        if (generation == 1) {
            return start(id, owner, origin, generation);
        }
        continuing.lock();
        try {
            return start(id, owner, origin, generation);
        } finally {
            continuing.unlock();
        }
    }

    private PendingObject start(ObjectId id, byte[] owner, ObjectId origin, int generation) {
        ReentrantLock one = lockOf(id);
        one.lock();
        try {
            if (pending.containsKey(id)) {
                throw new StoreException.ObjectExists(id, "PENDING");
            }
            reads.read("looking up object " + id, link -> Rows.state(link, id)).ifPresent(state -> {
                throw new StoreException.ObjectExists(id, state.name());
            });
            if (generation > 1) {
                requireNext(id, owner, origin, generation);
            }
            PendingWrite begun =
                    new PendingWrite(this, id, owner.clone(), origin, generation, CipherKey.random(random));
            pending.put(id, begun);
            enter(id, begun);
            return begun;
        } finally {
            one.unlock();
        }
    }

    // Memory first: what leaves it in between is in the rows by then, or gone.
    private void requireNext(ObjectId id, byte[] owner, ObjectId origin, int generation) {
        for (PendingWrite other : pending.values()) {
            if (other.origin().equals(origin)) {
                Rows.requireOwner(id, owner, origin, generation, other.owner());
                throw new StoreException.Busy(origin, other.id(), "PENDING");
            }
        }
        reads.read("looking up object " + origin, link -> {
            Rows.requireNext(link, id, owner, origin, generation);
            return true;
        });
    }

    @Override
    public Optional<StoredObject> find(ObjectId id) {
        requireOpen();
        return reads.read("looking up object " + id, link -> Rows.find(link, id));
    }

    @Override
    public Optional<StoredObject> current(ObjectId origin) {
        requireOpen();
        return reads.read("looking up object " + origin, link -> Rows.current(link, origin));
    }

    @Override
    public List<StoredObject> list(byte[] owner, Optional<ObjectId> after, int limit) {
        requireOpen();
        requireBytes("an owner's key", owner, OWNER_BYTES);
        if (limit < 1) {
            throw new IllegalArgumentException("limit is " + limit + ", must be at least 1");
        }
        return reads.read("listing objects", link -> Rows.list(link, owner, after, limit));
    }

    @Override
    public List<ObjectId> inDoubt() {
        requireOpen();
        return reads.read("listing objects in doubt", Rows::inDoubt);
    }

    @Override
    public Blob open(ObjectId id, BlobKind kind) {
        return openSealed(id, kind);
    }

    @Override
    public byte[] manifest(ObjectId id) {
        try (SealedBlob blob = openSealed(id, BlobKind.MANIFEST)) {
            byte[] manifest = new byte[Math.toIntExact(blob.layout().totalBytes())];
            MemorySegment rest = MemorySegment.ofArray(manifest);
            for (int k = 0; k < blob.records(); k++) {
                blob.read(k, rest.asSlice(0, blob.recordBytes(k)));
                rest = rest.asSlice(blob.recordBytes(k));
            }
            return manifest;
        }
    }

    @Override
    public void commit(ObjectId id, byte[] chain, boolean unfinished) {
        requireOpen();
        long now = clock.millis();
        clear(writes.eraseIf(
                "committing object " + id,
                link -> Rows.commit(link, id, chain, unfinished, now),
                replaced -> !replaced.isEmpty()));
    }

    @Override
    public void extend(ObjectId id, byte[] chain, boolean unfinished) {
        requireOpen();
        writes.write("extending the chain of object " + id, link -> {
            Rows.extend(link, id, chain, unfinished);
            return true;
        });
    }

    @Override
    public List<StoredObject> unfinished(Optional<ObjectId> after, int limit) {
        requireOpen();
        return reads.read("listing unfinished objects", link -> Rows.unfinished(link, after, limit));
    }

    @Override
    public void discard(ObjectId id, BlobKind kind) {
        requireOpen();
        // The row first: a file that no row names goes with the next start, if not now.
        if (writes.write("discarding " + kind + " of object " + id, link -> Rows.discard(link, id, kind))) {
            removeFiles(id, Optional.of(List.of(kind)));
        }
    }

    @Override
    public void forget(ObjectId id) {
        requireOpen();
        ReentrantLock one = lockOf(id);
        one.lock();
        try {
            Optional<Rows.Gone> gone = writes.erase("forgetting object " + id, link -> Rows.forget(link, id));
            if (gone.isPresent() || !pending.containsKey(id)) {
                clear(List.of(gone.orElse(new Rows.Gone(id, Optional.empty(), Optional.empty()))));
            }
        } finally {
            one.unlock();
        }
    }

    @Override
    public void destroy(ObjectId id, byte[] receipt) {
        requireOpen();
        long now = clock.millis();
        clear(writes.erase("destroying object " + id, link -> Rows.destroy(link, id, receipt, now)));
    }

    @Override
    public void schedule(ObjectId id, Optional<Instant> destroyAt) {
        requireOpen();
        writes.write("scheduling object " + id, link -> {
            Rows.schedule(link, id, destroyAt);
            return true;
        });
    }

    @Override
    public List<ObjectId> due(Instant now) {
        requireOpen();
        return reads.read("listing objects to be destroyed", link -> Rows.due(link, now));
    }

    @Override
    public void keep(Notice notice) {
        requireOpen();
        writes.write("keeping a notice", link -> {
            Rows.keep(link, notice);
            return true;
        });
    }

    @Override
    public List<Notice> notices(int limit) {
        requireOpen();
        return reads.read("listing notices", link -> Rows.notices(link, limit));
    }

    @Override
    public void drop(ObjectId object, String node) {
        requireOpen();
        writes.write("dropping a notice", link -> {
            Rows.drop(link, object, node);
            return true;
        });
    }

    @Override
    public boolean burn(byte[] session, Instant expires) {
        requireOpen();
        requireBytes("a session id", session, SESSION_BYTES);
        return writes.write("burning a session", link -> Rows.burn(link, session, expires));
    }

    @Override
    public void pruneBurns(Instant now) {
        requireOpen();
        writes.write("pruning burnt sessions", link -> Rows.pruneBurns(link, now));
    }

    @Override
    public long transactions() {
        return writes.transactions();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (PendingWrite object : List.copyOf(pending.values())) {
            try {
                object.close();
            } catch (StoreException e) {
                // The next open removes the files that this couldn't.
            }
        }
        List.copyOf(inUse.keySet()).forEach(id -> revoke(id, SqliteStore::closedException));
        try {
            reads.close();
        } finally {
            writes.close(); // the last connection to close, which empties the WAL
            buffers.close();
            folderLock.close();
        }
    }

    WriteQueue writes() {
        return writes;
    }

    DataFiles files() {
        return files;
    }

    /** Takes memory for a small blob of a pending object. @throws StoreException.NoRoom when too much is taken */
    void reserve(ObjectId id, int bytes) {
        if (pendingBytes.addAndGet(bytes) > MAX_PENDING_BYTES) {
            pendingBytes.addAndGet(-bytes);
            throw new StoreException.NoRoom(
                    "object " + id + " needs " + bytes + " bytes of memory, unfinished objects have "
                            + MAX_PENDING_BYTES,
                    null);
        }
    }

    void giveBack(long bytes) {
        pendingBytes.addAndGet(-bytes);
    }

    Buffers buffers() {
        return buffers;
    }

    SecureRandom random() {
        return random;
    }

    /** Returns when the object is durable. */
    void insert(PendingWrite object, byte[] token, byte[] chain, Map<BlobKind, SealedBlob> blobs) {
        requireOpen();
        long now = clock.millis();
        writes.write("preparing object " + object.id(), link -> {
            Rows.insert(link, object, token, chain, blobs, now);
            return true;
        });
        pending.remove(object.id(), object);
    }

    /** The object is no longer pending. */
    void dropPending(PendingWrite object) {
        pending.remove(object.id(), object);
    }

    void leave(ObjectId id, Revocable holder) {
        inUse.computeIfPresent(id, (any, holders) -> {
            holders.remove(holder);
            return holders.isEmpty() ? null : holders;
        });
    }

    private SealedBlob openSealed(ObjectId id, BlobKind kind) {
        requireOpen();
        revoking.readLock().lock();
        try {
            Rows.StoredBlob row = reads.read("opening object " + id, link -> Rows.blob(link, id, kind))
                    .orElseThrow(() -> new StoreException.NoSuchObject(id));
            if (row.state() == ObjectState.DESTROYED) {
                throw new StoreException.Destroyed(id);
            }
            if (row.state() == ObjectState.REPLACED) {
                throw new StoreException.Replaced(id);
            }
            CipherKey key = CipherKey.taking(row.key());
            try {
                Rows.Place place = row.place().orElseThrow(() -> new StoreException.NoSuchObject(id, kind));
                byte[] sealed = place.sealed();
                Medium medium = sealed == null ? files.open(id, kind) : new RowMedium(sealed);
                Reading reading = new Reading(id, kind, layout(id, kind, place), medium, key);
                enter(id, reading);
                return reading.blob;
            } catch (RuntimeException e) {
                key.close();
                throw e;
            }
        } finally {
            revoking.readLock().unlock();
        }
    }

    private static RecordLayout layout(ObjectId id, BlobKind kind, Rows.Place place) {
        try {
            return new RecordLayout(place.recordBytes(), place.totalBytes());
        } catch (IllegalArgumentException e) {
            throw new StoreException.DamagedRecord(id, kind, 0, "its row speaks of " + e.getMessage(), e);
        }
    }

    private void enter(ObjectId id, Revocable holder) {
        inUse.compute(id, (any, known) -> {
            Set<Revocable> holders = known == null ? new HashSet<>() : known;
            holders.add(holder);
            return holders;
        });
    }

    private void revoke(ObjectId id, Supplier<RuntimeException> why) {
        List<Revocable> holders = new ArrayList<>();
        revoking.writeLock().lock();
        try {
            inUse.computeIfPresent(id, (any, known) -> {
                holders.addAll(known);
                return known;
            });
        } finally {
            revoking.writeLock().unlock();
        }
        holders.forEach(holder -> holder.revoke(why));
    }

    /** Takes from readers and the disk what the rows have no more. */
    private void clear(List<Rows.Gone> objects) {
        objects.forEach(gone -> revoke(gone.id(), gone::why));
        for (Rows.Gone gone : objects) {
            removeFiles(gone.id(), gone.files());
        }
    }

    /** @param kinds empty when a call before took the rows that knew, and may have failed here */
    private void removeFiles(ObjectId id, Optional<List<BlobKind>> kinds) {
        try {
            if (kinds.isPresent()) {
                files.remove(id, kinds.get());
            } else {
                files.removeAll(id);
            }
            files.sync();
        } catch (IOException e) {
            throw StoreException.of("removing the files of object " + id + " (repeat it)", e);
        }
    }

    private ReentrantLock lockOf(ObjectId id) {
        return ids[Math.floorMod(id.hashCode(), STRIPES)];
    }

    private void requireOpen() {
        if (closed) {
            throw closedException();
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the store is closed");
    }

    private static void requireBytes(String what, byte[] bytes, int expected) {
        if (bytes.length != expected) {
            throw new IllegalArgumentException(what + " has " + expected + " bytes, not " + bytes.length);
        }
    }

    private static void sweep(DataFiles files, Link link) throws IOException {
        files.sweep((id, kind) -> {
            try {
                return Rows.isInFile(link, id, kind);
            } catch (SQLException e) {
                throw StoreException.of("looking up object " + id, e);
            }
        });
    }

    private static void close(@Nullable Link writer, @Nullable FolderLock lock) {
        if (writer != null) {
            writer.close();
        }
        if (lock != null) {
            lock.close();
        }
    }

    /** A stored blob being read, with a key of its own. */
    private final class Reading implements Revocable {
        private final SealedBlob blob;

        Reading(ObjectId id, BlobKind kind, RecordLayout layout, Medium medium, CipherKey key) {
            this.blob = SealedBlob.stored(id, kind, layout, medium, key, buffers, () -> {
                key.close();
                leave(id, this);
            });
        }

        @Override
        public void revoke(Supplier<RuntimeException> why) {
            blob.end(why);
        }
    }
}
