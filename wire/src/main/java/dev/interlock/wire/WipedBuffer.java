package dev.interlock.wire;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * A buffer for secrets on their way to TLS, of a fixed capacity in bytes. It is zeroed when its last reference is released,
 * which is when the network has let go of it, and never before: bytes that were zeroed on their way would arrive as zeros.
 */
public final class WipedBuffer extends UnpooledDirectByteBuf {
    private final MemorySegment memory;
    private final Consumer<MemorySegment> freeing;

    public WipedBuffer(int capacity) {
        this(capacity, _ -> {});
    }

    /** @param freeing is shown the memory when it is about to be freed */
    public WipedBuffer(int capacity, Consumer<MemorySegment> freeing) {
        super(UnpooledByteBufAllocator.DEFAULT, capacity, capacity);
        this.memory = MemorySegment.ofBuffer(nioBuffer(0, capacity));
        this.freeing = freeing;
    }

    /** Zeroes all of it; for the holder of its only reference. */
    public void wipe() {
        memory.fill((byte) 0);
    }

    @Override
    protected void deallocate() {
        wipe();
        freeing.accept(memory);
        super.deallocate();
    }
}
