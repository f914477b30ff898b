package dev.interlock.node.store;

import dev.interlock.core.secret.SecretBytes;
import java.lang.foreign.MemorySegment;

/**
 * A row of records, each sealed by itself. One thread may append while others read what is there already. Records are
 * counted from 0; all but the last have the same length.
 */
public interface Blob extends AutoCloseable {
    /**
     * Adds the next record, not durably yet. After a failure the blob takes no more.
     *
     * @throws IllegalArgumentException unless the record has the length that {@link #recordBytes} gives
     * @throws IllegalStateException when the blob is complete, finished, or wasn't created in this process
     * @throws StoreException.NoRoom when the disk is full
     */
    void append(MemorySegment record);

    /** How many records can be read now. */
    int records();

    /** The length of record k in bytes, written or not. */
    int recordBytes(int k);

    /**
     * Reads record k into dst, whose byteSize must equal the record's length. When this throws, dst is zero or as
     * before.
     *
     * @throws StoreException.DamagedRecord when what is stored isn't what was written; names object, kind and record
     * @throws StoreException.Destroyed when the object was destroyed since the blob was opened
     * @throws StoreException.Replaced when a later generation took the object's place since
     * @throws StoreException.NoSuchObject when the object was forgotten since
     */
    void read(int k, MemorySegment dst);

    /**
     * Record k of a blob, off the heap.
     *
     * @return the caller's to close
     * @throws StoreException as {@link #read}
     */
    static SecretBytes record(Blob blob, int k) {
        SecretBytes record = SecretBytes.allocate(blob.recordBytes(k));
        try {
            blob.read(k, record.segment());
            return record;
        } catch (StoreException e) {
            record.close();
            throw e;
        }
    }

    /**
     * Makes all records durable; reading goes on. May be repeated.
     *
     * @throws IllegalStateException when records are missing
     */
    void finish();

    /** A blob that is closed unfinished keeps its object from being prepared. */
    @Override
    void close();
}
