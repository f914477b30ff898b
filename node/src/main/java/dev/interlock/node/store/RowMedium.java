package dev.interlock.node.store;

import java.nio.ByteBuffer;
import java.util.function.IntConsumer;

/** A small blob, in memory until it goes into its object's row and after it came out of it. */
final class RowMedium implements Medium {
    private static final byte[] NONE = {};

    private final int length;
    private final IntConsumer reserve;
    /** Nothing before the first write: an order alone takes no memory. */
    private byte[] sealed;

    /**
     * A new one, of so many bytes.
     *
     * @param reserve is given that number before the memory is taken; throws when there is no room for it
     */
    RowMedium(int length, IntConsumer reserve) {
        this.length = length;
        this.sealed = NONE;
        this.reserve = reserve;
    }

    /** One that came out of its row. */
    RowMedium(byte[] sealed) {
        this.length = sealed.length;
        this.sealed = sealed;
        this.reserve = _ -> {};
    }

    private synchronized byte[] sealed() {
        if (sealed.length < length) {
            reserve.accept(length);
            sealed = new byte[length];
        }
        return sealed;
    }

    @Override
    public void write(ByteBuffer bytes, long position) {
        bytes.get(sealed(), (int) position, bytes.remaining());
    }

    @Override
    public void read(ByteBuffer into, long position) {
        int from = (int) Math.min(position, length);
        into.put(sealed(), from, Math.min(into.remaining(), length - from));
    }

    @Override
    public void sync() {}

    @Override
    public byte[] row() {
        return sealed();
    }

    @Override
    public void close() {}
}
