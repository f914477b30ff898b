package dev.interlock.node.dealer;

import dev.interlock.wire.WipedBuffer;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.IntFunction;

/**
 * Buffers for shares on their way to TLS, wiped when TLS is done with them. Each is kept by one reference here; when that
 * is the only one left, the network has let go, and the buffer is zeroed and used again.
 */
final class WipedBuffers implements AutoCloseable {
    /** A piece with a salt before it is a little longer than one without: what held the one should hold the other. */
    private static final int GRAIN_BYTES = 4 << 10;

    private final int capacity;
    private final IntFunction<WipedBuffer> allocator;
    private final ArrayDeque<WipedBuffer> underWay = new ArrayDeque<>();

    /** @param capacity of the longest piece, in bytes */
    WipedBuffers(int capacity) {
        this(capacity, WipedBuffer::new);
    }

    WipedBuffers(int capacity, IntFunction<WipedBuffer> allocator) {
        this.capacity = capacity;
        this.allocator = allocator;
    }

    /** A buffer with that many readable bytes, zero, whose reference the sender takes over. */
    ByteBuf take(int length) {
        WipedBuffer buffer = free(length);
        buffer.setIndex(0, length);
        underWay.addLast(buffer);
        return buffer.retain();
    }

    private WipedBuffer free(int length) {
        WipedBuffer oldest = underWay.peekFirst();
        if (oldest != null && oldest.refCnt() == 1) {
            underWay.removeFirst();
            if (oldest.capacity() >= length) {
                oldest.wipe();
                return oldest;
            }
            oldest.release();
        }
        int grains = Math.ceilDiv(length, GRAIN_BYTES);
        WipedBuffer fresh = allocator.apply(Math.min(capacity, grains * GRAIN_BYTES));
        fresh.setZero(0, fresh.capacity());
        return fresh;
    }

    /**
     * Lets go of all of them. What the network doesn't hold is wiped at once; the rest as soon as the network lets go of
     * it, and not before: U masks P with what arrives here, and zeros would send it out bare.
     */
    @Override
    public void close() {
        underWay.forEach(WipedBuffer::release);
        underWay.clear();
    }
}
