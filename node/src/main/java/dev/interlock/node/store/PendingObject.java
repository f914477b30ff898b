package dev.interlock.node.store;

/** An object that is being written. One thread uses it, but for its blobs (see there). */
public interface PendingObject extends AutoCloseable {
    /** The longest manifest, 32 MiB. */
    int MAX_MANIFEST_BYTES = 32 << 20;
    /** A blob that is longer when sealed goes to a file: SQLite would write each of its bytes twice. */
    int MAX_ROW_BYTES = 64 << 10;

    /**
     * Makes the object's blob of this kind, once.
     *
     * @param kind not MANIFEST, which {@link #prepare} writes
     * @param maxRecordBytes 1 byte to 16 MiB; every record but the last has exactly so many
     * @param totalBytes the sum of all records
     * @throws StoreException.NoRoom when the disk has less room than that
     */
    Blob create(BlobKind kind, int maxRecordBytes, long totalBytes);

    /**
     * Makes a blob that must not outlive the write: it is no part of what is prepared, and needs no {@link
     * Blob#finish}. Its key is its own and never leaves memory; {@link #close} wipes it, ends the blob and removes its
     * file, and so does a crash, with the next start. Not together with {@link #create} for the same kind.
     *
     * @param kind not MANIFEST
     * @param maxRecordBytes 1 byte to 16 MiB; every record but the last has exactly so many
     * @param totalBytes the sum of all records
     * @throws StoreException.NoRoom when the disk has less room than that
     */
    Blob createTransient(BlobKind kind, int maxRecordBytes, long totalBytes);

    /**
     * Makes the object durable: it survives a crash, in doubt until committed, forgotten or destroyed. After a failure
     * other than {@link StoreException.OutcomeUnknown} it can only be aborted.
     *
     * @param manifest at most 32 MiB
     * @throws IllegalStateException when a blob isn't finished, other than a transient one
     * @throws StoreException.Busy when {@link Store#MOST_PREPARED} others have been prepared since this one began
     * @throws StoreException.Destroyed when the object, or this generation of it, has been destroyed since
     * @throws StoreException.WrongState when a later generation of the epoch has been committed since
     * @throws StoreException.NoRoom when the disk is full
     */
    void prepare(byte[] token, byte[] manifest);

    /**
     * Gives the object up and removes its files. May be repeated.
     *
     * @throws IllegalStateException when it is prepared: then it is for {@link Store#forget}
     */
    void abort();

    /** Ends the blobs and wipes the keys from memory; aborts first unless prepared. */
    @Override
    void close();
}
