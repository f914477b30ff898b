package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.Session;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A store: rows in a {@link Catalog}, and {@link Blobs} for what is over 64 KiB. Blobs and manifests are sealed ({@link Sealer})
 * under a random key per object, which destroying erases first, as the catalog says. Memory is bounded by the records and small
 * blobs in use.
 */
public final class SealedStore implements Store {
    private static final int STRIPES = 64;
    /** Of all small blobs that aren't prepared yet: a quarter of a node's heap. */
    private static final long MAX_PENDING_BYTES = 32 << 20;

    private final Catalog catalog;
    private final Processes processes;
    private final Blobs blobs;
    private final AutoCloseable lease;
    private final NameTable names;
    private final Buffers buffers = new Buffers();
    private final AtomicLong pendingBytes = new AtomicLong();
    private final LoginStore logins;
    private final SecureRandom random;
    private final Clock clock;
    private final Map<StatementHash, PendingWrite> pending = new ConcurrentHashMap<>();
    // What ends when its object does.
    private final Map<StatementHash, Set<Revocable>> inUse = new ConcurrentHashMap<>();
    // Shared from reading an object's row to entering its blob into inUse, so that destroying misses none.
    private final ReentrantReadWriteLock revoking = new ReentrantReadWriteLock();
    // Between forgetting an id and beginning it anew, so that no new files are removed with the old.
    private final ReentrantLock[] ids =
            Stream.generate(ReentrantLock::new).limit(STRIPES).toArray(ReentrantLock[]::new);
    private volatile LongConsumer forgetting = _ -> {};
    private volatile boolean closed;

    /** Something that holds an object's key. */
    interface Revocable {
        void revoke(Supplier<RuntimeException> why);
    }

    /**
     * Removes what a crash left of pending, replaced and destroyed objects.
     *
     * @param catalog closed with the store, as the blobs are
     * @param processes that serve these rows and blobs
     * @param lease what keeps other processes out of what is this one's, closed last
     * @param random draws the objects' keys
     */
    SealedStore(
            Catalog catalog, Processes processes, Blobs blobs, AutoCloseable lease, SecureRandom random, Clock clock)
            throws IOException {
        this.catalog = catalog;
        this.processes = processes;
        this.blobs = blobs;
        this.lease = lease;
        this.names = new NameTable(catalog);
        this.logins = new LoginTable(catalog, random);
        this.random = random;
        this.clock = clock;
        // In this order: a claim ends in the transaction that makes the row.
        blobs.sweep((id, kind) -> catalog.read(
                "looking up generation " + id, link -> processes.isClaimed(link, id) || Rows.isInFile(link, id, kind)));
    }

    @Override
    public Processes processes() {
        return processes;
    }

    void forgettingKeys(LongConsumer forgets) {
        forgetting = forgets;
    }

    /** For another process, which has erased the keys of all epochs before this one. */
    @Override
    public void forgetKeysBefore(long epoch) {
        forgetting.accept(epoch);
    }

    /** For another process, by which these generations have ended: whatever reads or makes them here does. */
    @Override
    public void endHere(List<StatementHash> ended) {
        requireOpen();
        for (StatementHash id : ended) {
            Optional<ObjectState> state = catalog.read("looking up generation " + id, link -> Rows.state(link, id));
            revoke(id, () -> switch (state.orElse(ObjectState.PREPARED)) {
                case DESTROYED -> new StoreException.Destroyed(id);
                case REPLACED -> new StoreException.Replaced(id);
                case PREPARED, COMMITTED -> new StoreException.NoSuchObject(id);
            });
        }
    }

    /** What a process that died left of a generation, which it was making. */
    void removeLeft(StatementHash id) {
        removeFiles(id, Optional.empty());
    }

    @Override
    public PendingObject begin(Generation generation, byte[] user) {
        requireOpen();
        requireBytes("a user's key", user, USER_BYTES);
        StatementHash id = generation.id();
        ReentrantLock one = lockOf(id);
        one.lock();
        try {
            if (pending.containsKey(id)) {
                throw new StoreException.ObjectExists(id, "PENDING");
            }
            Operation<Boolean> mayBegin = link -> {
                Optional<ObjectState> state = Rows.state(link, id);
                if (state.isPresent()) {
                    throw new StoreException.ObjectExists(id, state.get().name());
                }
                Rows.requireRoom(link, generation, user);
                if (!processes.claim(link, id)) {
                    throw new StoreException.ObjectExists(id, "PENDING");
                }
                return true;
            };
            var _ = processes.isAlone()
                    ? catalog.read("looking up generation " + id, mayBegin)
                    : catalog.write("beginning generation " + id, mayBegin);
            PendingWrite begun = new PendingWrite(this, generation, user.clone(), CipherKey.random(random));
            pending.put(id, begun);
            enter(id, begun);
            return begun;
        } finally {
            one.unlock();
        }
    }

    @Override
    public Optional<StoredObject> find(StatementHash id) {
        requireOpen();
        return catalog.read("looking up object " + id, link -> Rows.find(link, id));
    }

    @Override
    public Optional<StoredObject> current(ObjectId object) {
        requireOpen();
        return catalog.read("looking up object " + object, link -> Rows.current(link, object));
    }

    @Override
    public List<StoredObject> prepared(ObjectId object) {
        requireOpen();
        return catalog.read("looking up object " + object, link -> Rows.prepared(link, object));
    }

    @Override
    public Optional<Standing> standing(ObjectId object) {
        requireOpen();
        return catalog.read("looking up object " + object, link -> Rows.standing(link, object));
    }

    @Override
    public List<StoredObject> list(byte[] user, Optional<StatementHash> after, int limit) {
        requireOpen();
        requireBytes("a user's key", user, USER_BYTES);
        if (limit < 1) {
            throw new IllegalArgumentException("limit is " + limit + ", must be at least 1");
        }
        return catalog.read("listing objects", link -> Rows.list(link, user, after, limit));
    }

    @Override
    public List<StatementHash> inDoubt() {
        requireOpen();
        return catalog.read("listing objects in doubt", Rows::inDoubt);
    }

    @Override
    public Blob open(StatementHash id, BlobKind kind) {
        return openSealed(id, kind);
    }

    @Override
    public byte[] manifest(StatementHash id) {
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
    public List<StatementHash> commit(StatementHash id, byte[] certificate, boolean unfinished) {
        requireOpen();
        long now = clock.millis();
        List<Rows.Gone> replaced = catalog.eraseIf(
                "committing generation " + id,
                link -> Rows.commit(link, id, certificate, unfinished, now),
                gone -> !gone.isEmpty());
        clear(replaced);
        return replaced.stream().map(Rows.Gone::id).toList();
    }

    @Override
    public void show(StatementHash id, byte[] certificate) {
        requireOpen();
        catalog.write("keeping the certificate of generation " + id, link -> {
            Rows.show(link, id, certificate);
            return true;
        });
    }

    @Override
    public Optional<StoredObject> latest(Scope scope) {
        requireOpen();
        return catalog.read("looking up object " + scope.object(), link -> Rows.latest(link, scope));
    }

    @Override
    public void extend(StatementHash id, byte[] certificate, boolean unfinished) {
        requireOpen();
        catalog.write("extending the chain of generation " + id, link -> {
            Rows.extend(link, id, certificate, unfinished);
            return true;
        });
    }

    @Override
    public List<StoredObject> unfinished(Optional<StatementHash> after, int limit) {
        requireOpen();
        return catalog.read("listing unfinished objects", link -> Rows.unfinished(link, after, limit));
    }

    @Override
    public void discard(StatementHash id, BlobKind kind) {
        requireOpen();
        // The row first: a file that no row names goes with the next start, if not now.
        if (catalog.write("discarding " + kind + " of object " + id, link -> Rows.discard(link, id, kind))) {
            removeFiles(id, Optional.of(List.of(kind)));
        }
    }

    @Override
    public void forget(StatementHash id) {
        requireOpen();
        ReentrantLock one = lockOf(id);
        one.lock();
        try {
            AtomicBoolean claimed = new AtomicBoolean();
            Optional<Rows.Gone> gone = catalog.erase("forgetting generation " + id, link -> {
                Optional<Rows.Gone> row = Rows.forget(link, id);
                claimed.set(processes.claim(link, id));
                return row;
            });
            if (claimed.get() && (gone.isPresent() || !pending.containsKey(id))) {
                try {
                    clear(List.of(gone.orElse(new Rows.Gone(id, Optional.empty(), Optional.empty()))));
                } finally {
                    processes.giveBack(id);
                }
            } else if (claimed.get()) {
                processes.giveBack(id);
            }
        } finally {
            one.unlock();
        }
    }

    @Override
    public boolean deny(StatementHash id, Instant expires) {
        requireOpen();
        return catalog.write("giving up generation " + id, link -> Rows.deny(link, id, expires));
    }

    @Override
    public boolean isDenied(StatementHash id) {
        requireOpen();
        return catalog.read("looking up generation " + id, link -> Rows.isDenied(link, id));
    }

    @Override
    public void abandon(StatementHash id, byte[] abandonment, Instant expires) {
        requireOpen();
        ReentrantLock one = lockOf(id);
        one.lock();
        try {
            List<Rows.Gone> all = catalog.eraseIf(
                    "abandoning generation " + id,
                    link -> {
                        List<Rows.Gone> rows = Rows.abandon(link, id, abandonment, expires);
                        for (Rows.Gone each : rows) {
                            boolean _ = processes.claim(link, each.id());
                        }
                        return rows;
                    },
                    gone -> !gone.isEmpty());
            try {
                clear(all);
            } finally {
                all.forEach(gone -> processes.giveBack(gone.id()));
            }
        } finally {
            one.unlock();
        }
    }

    @Override
    public Optional<byte[]> abandonment(StatementHash id) {
        requireOpen();
        return catalog.read("looking up generation " + id, link -> Rows.abandonment(link, id));
    }

    @Override
    public void destroy(StatementHash id, Scope scope, byte[] command, byte[] receipt) {
        requireOpen();
        long now = clock.millis();
        clear(catalog.erase(
                "destroying object " + scope.object(), link -> Rows.destroy(link, id, scope, command, receipt, now)));
    }

    @Override
    public void schedule(Schedule schedule) {
        requireOpen();
        catalog.write("scheduling object " + schedule.object(), link -> {
            Rows.schedule(link, schedule);
            return true;
        });
    }

    @Override
    public Optional<Schedule> schedule(ObjectId object) {
        requireOpen();
        return catalog.read("looking up object " + object, link -> Rows.schedule(link, object));
    }

    @Override
    public void handOver(HandedOver handedOver) {
        requireOpen();
        catalog.write("handing object " + handedOver.object() + " over", link -> {
            Rows.handOver(link, handedOver);
            return true;
        });
    }

    @Override
    public List<HandedOver> handovers(ObjectId object) {
        requireOpen();
        return catalog.read("looking up object " + object, link -> Rows.handovers(link, object));
    }

    @Override
    public Optional<byte[]> lastHandover(ObjectId object) {
        requireOpen();
        return catalog.read("looking up object " + object, link -> Rows.lastHandover(link, object));
    }

    @Override
    public void bind(ObjectId object, long number) {
        requireOpen();
        catalog.write("closing object " + object, link -> {
            Rows.bind(link, object, number);
            return true;
        });
    }

    @Override
    public List<ObjectId> due(Instant now) {
        requireOpen();
        return catalog.read("listing objects to be destroyed", link -> Rows.due(link, now));
    }

    @Override
    public void keep(Notice notice) {
        requireOpen();
        catalog.write("keeping a notice", link -> {
            Rows.keep(link, notice);
            return true;
        });
    }

    @Override
    public List<Notice> notices(int limit) {
        requireOpen();
        return catalog.read("listing notices", link -> Rows.notices(link, limit));
    }

    @Override
    public void drop(Notice notice) {
        requireOpen();
        catalog.write("dropping a notice", link -> {
            Rows.drop(link, notice);
            return true;
        });
    }

    @Override
    public boolean burn(StatementHash w, Instant expires) {
        requireOpen();
        return catalog.write("burning a statement", link -> Rows.burn(link, w, expires));
    }

    @Override
    public void pruneBurns(Instant now) {
        requireOpen();
        catalog.write("pruning burnt statements", link -> Rows.pruneBurns(link, now));
    }

    @Override
    public Instant floor() {
        requireOpen();
        return catalog.read("looking up the floor", link -> Rows.blindBefore(link, Session.LONGEST));
    }

    @Override
    public NameStore names() {
        requireOpen();
        return names;
    }

    @Override
    public Usage usage(Optional<byte[]> user) {
        requireOpen();
        return catalog.read("looking up what is in use", link -> Rows.usage(link, user));
    }

    @Override
    public LoginStore logins() {
        return logins;
    }

    @Override
    public long transactions() {
        return catalog.transactions();
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
        List.copyOf(inUse.keySet()).forEach(id -> revoke(id, SealedStore::closedException));
        try {
            catalog.close();
        } finally {
            blobs.close();
            buffers.close();
            release(lease);
        }
    }

    Catalog catalog() {
        return catalog;
    }

    Blobs blobs() {
        return blobs;
    }

    /** Takes memory for a small blob of a pending object. @throws StoreException.NoRoom when too much is taken */
    void reserve(StatementHash id, int bytes) {
        if (pendingBytes.addAndGet(bytes) > MAX_PENDING_BYTES) {
            pendingBytes.addAndGet(-bytes);
            throw new StoreException.NoRoom(
                    "generation " + id + " needs " + bytes + " bytes of memory, unfinished objects have "
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
    void insert(PendingWrite object, byte[] token, Map<BlobKind, SealedBlob> blobs) {
        requireOpen();
        long now = clock.millis();
        catalog.write("preparing object " + object.id(), link -> {
            Rows.insert(link, object, token, blobs, now);
            processes.release(link, object.id());
            return true;
        });
        pending.remove(object.id(), object);
    }

    /**
     * The object is no longer pending.
     *
     * @param ours whether nothing of it is in the rows
     */
    void dropPending(PendingWrite object, boolean ours) {
        pending.remove(object.id(), object);
        if (ours) {
            processes.giveBack(object.id());
        }
    }

    /** Before blobs are removed, which no transaction holds to. @throws StoreException.Failed where they may be another process's by now */
    void requireServing() {
        processes.requireServing();
    }

    void leave(StatementHash id, Revocable holder) {
        inUse.computeIfPresent(id, (any, holders) -> {
            holders.remove(holder);
            return holders.isEmpty() ? null : holders;
        });
    }

    private SealedBlob openSealed(StatementHash id, BlobKind kind) {
        requireOpen();
        revoking.readLock().lock();
        try {
            Rows.StoredBlob row = catalog.read("opening generation " + id, link -> Rows.blob(link, id, kind))
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
                RecordLayout layout = layout(id, kind, place);
                byte[] sealed = place.sealed();
                Medium medium = sealed == null ? blobs.open(id, kind, layout.sealedBytes()) : new RowMedium(sealed);
                if (!processes.isAlone()) {
                    medium = new LeasedMedium(medium, processes);
                }
                Reading reading = new Reading(id, kind, layout, medium, key);
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

    private static RecordLayout layout(StatementHash id, BlobKind kind, Rows.Place place) {
        try {
            return new RecordLayout(place.recordBytes(), place.totalBytes());
        } catch (IllegalArgumentException e) {
            throw new StoreException.DamagedRecord(id, kind, 0, "its row speaks of " + e.getMessage(), e);
        }
    }

    private void enter(StatementHash id, Revocable holder) {
        inUse.compute(id, (any, known) -> {
            Set<Revocable> holders = known == null ? new HashSet<>() : known;
            holders.add(holder);
            return holders;
        });
    }

    private void revoke(StatementHash id, Supplier<RuntimeException> why) {
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
        if (!objects.isEmpty()) {
            processes.end(objects.stream().map(Rows.Gone::id).toList());
        }
        for (Rows.Gone gone : objects) {
            removeFiles(gone.id(), gone.files());
        }
    }

    /** @param kinds empty when a call before took the rows that knew, and may have failed here */
    private void removeFiles(StatementHash id, Optional<List<BlobKind>> kinds) {
        requireServing();
        try {
            if (kinds.isPresent()) {
                blobs.remove(id, kinds.get());
            } else {
                blobs.removeAll(id);
            }
            blobs.sync();
        } catch (IOException e) {
            throw StoreException.of("removing the files of generation " + id + " (repeat it)", e);
        }
    }

    private ReentrantLock lockOf(StatementHash id) {
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

    private static void release(AutoCloseable lease) {
        try {
            lease.close();
        } catch (Exception e) {
            // It ends with the process at the latest.
        }
    }

    /** A stored blob being read, with a key of its own. */
    private final class Reading implements Revocable {
        private final SealedBlob blob;

        Reading(StatementHash id, BlobKind kind, RecordLayout layout, Medium medium, CipherKey key) {
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
