package dev.interlock.node.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Where the sealed records of a blob lie. One thread writes and syncs, one at a time reads. */
sealed interface Medium extends AutoCloseable
        permits FileMedium, LeasedMedium, RowMedium, S3Medium.Written, S3Medium.Read {
    void write(ByteBuffer sealed, long position) throws IOException;

    /** Fills the buffer up to its limit, or as far as there are bytes. */
    void read(ByteBuffer sealed, long position) throws IOException;

    /** Makes what was written durable, as far as it doesn't go into the row. */
    void sync() throws IOException;

    /** The bytes that go into the row; null when they are in a file. */
    byte @Nullable [] row();

    @Override
    void close();
}
