package dev.interlock.app;

import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Store;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A provider's store that keeps other bytes than it is given: one byte of each object's last record of a kind is wrong. */
final class WrongStore {
    private WrongStore() {}

    /** All that isn't bytes of that kind goes to the honest one. */
    static Store of(Store honest, BlobKind wrong) {
        return (Store) Proxy.newProxyInstance(
                WrongStore.class.getClassLoader(), new Class<?>[] {Store.class}, (_, method, arguments) -> {
                    try {
                        Object result = method.invoke(honest, arguments);
                        return result instanceof PendingObject pending ? new WrongObject(pending, wrong) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
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
        public void prepare(byte[] token, byte[] manifest) {
            honest.prepare(token, manifest);
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
}
