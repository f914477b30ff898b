package dev.interlock.node.dealer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Buffers for shares on their way to TLS, wiped when TLS is done with them. Each is kept by one reference here; when that
 * is the only one left, the network has let go, and the buffer is zeroed and used again.
 */
final class WipedBuffers implements AutoCloseable {
    private final int capacity;
    private final ArrayDeque<ByteBuf> underWay = new ArrayDeque<>();
    private final List<ByteBuf> all = new ArrayList<>();

    WipedBuffers(int capacity) {
        this.capacity = capacity;
    }

    /** A buffer with that many readable bytes, zero, whose reference the sender takes over. */
    ByteBuf take(int length) {
        ByteBuf buffer;
        ByteBuf oldest = underWay.peekFirst();
        if (oldest != null && oldest.refCnt() == 1) {
            buffer = underWay.removeFirst();
            wipe(buffer);
        } else {
            buffer = UnpooledByteBufAllocator.DEFAULT.directBuffer(Math.min(capacity, Math.max(length, 64)), capacity);
            all.add(buffer);
        }
        if (buffer.capacity() < length) {
            buffer.capacity(length);
        }
        buffer.setIndex(0, length);
        underWay.addLast(buffer);
        return buffer.retain();
    }

    private static void wipe(ByteBuf buffer) {
        buffer.setZero(0, buffer.capacity());
    }

    /** Wipes and frees; what a stream that was broken off still holds is wiped under it. One that was ended must have arrived. */
    @Override
    public void close() {
        for (ByteBuf buffer : all) {
            wipe(buffer);
            buffer.release();
        }
        all.clear();
        underWay.clear();
    }
}
