package dev.interlock.node.store;

import java.nio.ByteBuffer;

/** A small blob, in memory until it goes into its object's row and after it came out of it. */
final class RowMedium implements Medium {
    /** A blob that is longer when sealed goes to a file: SQLite would write each of its bytes twice. */
    static final int MAX_BYTES = 64 << 10;

    private final byte[] sealed;

    RowMedium(byte[] sealed) {
        this.sealed = sealed;
    }

    @Override
    public void write(ByteBuffer bytes, long position) {
        bytes.get(sealed, (int) position, bytes.remaining());
    }

    @Override
    public void read(ByteBuffer into, long position) {
        int from = (int) Math.min(position, sealed.length);
        into.put(sealed, from, Math.min(into.remaining(), sealed.length - from));
    }

    @Override
    public void sync() {}

    @Override
    public byte[] row() {
        return sealed;
    }

    @Override
    public void close() {}
}
