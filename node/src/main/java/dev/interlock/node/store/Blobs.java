package dev.interlock.node.store;

import dev.interlock.core.token.StatementHash;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.function.BiPredicate;

/** Where the sealed bytes of large blobs lie, which mean nothing without their rows. Safe for use by many threads. */
interface Blobs extends AutoCloseable {
    /** A new blob, which is there for later reads once it was {@link Medium#sync synced} and {@link #sync} has returned. */
    Medium create(StatementHash id, BlobKind kind) throws IOException;

    /** A new blob that nobody reads but through this medium. */
    Medium createTransient(StatementHash id, BlobKind kind) throws IOException;

    /**
     * A blob to read; whether it is there shows at the first read.
     *
     * @param bytes its length
     */
    Medium open(StatementHash id, BlobKind kind, long bytes);

    /** @param kind of the blob of that generation */
    record Name(StatementHash id, BlobKind kind) {
        @Override
        public String toString() {
            return id + "." + kind.label();
        }
    }

    /** @param bytes that the blob has, so far where it is being written */
    record Listed(Name name, long bytes) {}

    /** The blobs whose names begin with this, in no order; of those that come and go meanwhile any may be among them. */
    List<Listed> list(String first) throws IOException;

    /** Removes those of these blobs that are there. */
    void remove(StatementHash id, Collection<BlobKind> kinds) throws IOException;

    /** Removes whatever is there of the generation. */
    void removeAll(StatementHash id) throws IOException;

    /** Makes durable which blobs there are. */
    void sync() throws IOException;

    /** How many bytes may still be written, as far as this process can know. */
    long usableBytes() throws IOException;

    /** Removes the blobs that a crash left and that aren't wanted. */
    void sweep(BiPredicate<StatementHash, BlobKind> wanted) throws IOException;

    @Override
    void close();
}
