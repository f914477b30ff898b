package dev.interlock.app;

import dev.interlock.core.token.ObjectId;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A provider's store that keeps other bytes than it is given: one byte of each object's last record of a kind is wrong. */
record WrongStore(Store honest, BlobKind wrong) implements Store {
    @Override
    public PendingObject begin(ObjectId id, byte[] owner, ObjectId origin, int generation) {
        return new WrongObject(honest.begin(id, owner, origin, generation), wrong);
    }

    @Override
    public Optional<StoredObject> current(ObjectId origin) {
        return honest.current(origin);
    }

    private record WrongObject(PendingObject honest, BlobKind wrong) implements PendingObject {
        @Override
        public Blob create(BlobKind kind, int maxRecordBytes, long totalBytes) {
            return wrong(kind, honest.create(kind, maxRecordBytes, totalBytes), maxRecordBytes, totalBytes);
        }

        private Blob wrong(BlobKind kind, Blob blob, int maxRecordBytes, long totalBytes) {
            int last = (int) ((totalBytes - 1) / maxRecordBytes);
            return kind.equals(wrong) ? new WrongBlob(blob, last) : blob;
        }

        @Override
        public Blob createTransient(BlobKind kind, int maxRecordBytes, long totalBytes) {
            return wrong(kind, honest.createTransient(kind, maxRecordBytes, totalBytes), maxRecordBytes, totalBytes);
        }

        @Override
        public void prepare(byte[] token, byte[] chain, byte[] manifest) {
            honest.prepare(token, chain, manifest);
        }

        @Override
        public void abort() {
            honest.abort();
        }

        @Override
        public void close() {
            honest.close();
        }
    }

    private record WrongBlob(Blob honest, int last) implements Blob {
        @Override
        public void append(MemorySegment record) {
            if (honest.records() < last) {
                honest.append(record);
                return;
            }
            byte[] other = record.toArray(ValueLayout.JAVA_BYTE);
            other[other.length / 2] ^= 0x20;
            honest.append(MemorySegment.ofArray(other));
        }

        @Override
        public int records() {
            return honest.records();
        }

        @Override
        public int recordBytes(int k) {
            return honest.recordBytes(k);
        }

        @Override
        public void read(int k, MemorySegment dst) {
            honest.read(k, dst);
        }

        @Override
        public void finish() {
            honest.finish();
        }

        @Override
        public void close() {
            honest.close();
        }
    }

    @Override
    public Optional<StoredObject> find(ObjectId id) {
        return honest.find(id);
    }

    @Override
    public List<StoredObject> list(byte[] owner, Optional<ObjectId> after, int limit) {
        return honest.list(owner, after, limit);
    }

    @Override
    public List<ObjectId> inDoubt() {
        return honest.inDoubt();
    }

    @Override
    public Blob open(ObjectId id, BlobKind kind) {
        return honest.open(id, kind);
    }

    @Override
    public byte[] manifest(ObjectId id) {
        return honest.manifest(id);
    }

    @Override
    public void commit(ObjectId id, byte[] chain, boolean unfinished) {
        honest.commit(id, chain, unfinished);
    }

    @Override
    public void extend(ObjectId id, byte[] chain, boolean unfinished) {
        honest.extend(id, chain, unfinished);
    }

    @Override
    public List<StoredObject> unfinished(Optional<ObjectId> after, int limit) {
        return honest.unfinished(after, limit);
    }

    @Override
    public void discard(ObjectId id, BlobKind kind) {
        honest.discard(id, kind);
    }

    @Override
    public void forget(ObjectId id) {
        honest.forget(id);
    }

    @Override
    public void destroy(ObjectId id, byte[] receipt) {
        honest.destroy(id, receipt);
    }

    @Override
    public void schedule(ObjectId id, Optional<Instant> destroyAt) {
        honest.schedule(id, destroyAt);
    }

    @Override
    public List<ObjectId> due(Instant now) {
        return honest.due(now);
    }

    @Override
    public void keep(Notice notice) {
        honest.keep(notice);
    }

    @Override
    public List<Notice> notices(int limit) {
        return honest.notices(limit);
    }

    @Override
    public void drop(ObjectId object, String node) {
        honest.drop(object, node);
    }

    @Override
    public boolean burn(byte[] session, Instant expires) {
        return honest.burn(session, expires);
    }

    @Override
    public void pruneBurns(Instant now) {
        honest.pruneBurns(now);
    }

    @Override
    public long transactions() {
        return honest.transactions();
    }

    @Override
    public void close() {
        honest.close();
    }
}
