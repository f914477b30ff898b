package dev.interlock.node.store;

import dev.interlock.core.secret.SecretBytes;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Lends buffers for sealed records. The large ones are native; a few are kept, because making one costs 0.1 ms. */
final class Buffers implements AutoCloseable {
    private static final int SMALL_BYTES = 64 << 10;
    private static final int KEPT = 8;

    private final Deque<Lent> idle = new ArrayDeque<>();
    private boolean closed;

    /** A buffer of at least so many bytes, its limit set to them. */
    synchronized Lent lend(int bytes) {
        if (bytes <= SMALL_BYTES) {
            return new Lent(null, ByteBuffer.allocate(bytes));
        }
        for (Iterator<Lent> each = idle.iterator(); each.hasNext(); ) {
            Lent lent = each.next();
            if (lent.buffer.capacity() >= bytes) {
                each.remove();
                lent.buffer.clear().limit(bytes);
                return lent;
            }
        }
        SecretBytes memory = SecretBytes.allocate(bytes);
        return new Lent(memory, memory.segment().asByteBuffer());
    }

    private synchronized void takeBack(Lent lent) {
        idle.addFirst(lent);
        while (idle.size() > (closed ? 0 : KEPT)) {
            idle.removeLast().free();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.forEach(Lent::free);
        idle.clear();
    }

    /** Closing gives it back. */
    final class Lent implements AutoCloseable {
        private final @Nullable SecretBytes memory;
        private final ByteBuffer buffer;

        private Lent(@Nullable SecretBytes memory, ByteBuffer buffer) {
            this.memory = memory;
            this.buffer = buffer;
        }

        ByteBuffer buffer() {
            return buffer;
        }

        @Override
        public void close() {
            if (memory != null) {
                takeBack(this);
            }
        }

        private void free() {
            if (memory != null) {
                memory.close();
            }
        }
    }
}
