package dev.interlock.client;

import dev.interlock.core.sharing.ChunkLayout;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.function.LongConsumer;

/** Takes a get's checked chunks, in order, each once: a second attempt checks them again and doesn't write them twice. */
final class ChunkOutput {
    private final WritableByteChannel out;
    private final LongConsumer progress;
    /** A write of ours that takes longer may have providers take it for our end. */
    private final long patienceNanos;

    private int released;
    private boolean ownDelay;

    ChunkOutput(WritableByteChannel out, long patienceNanos, LongConsumer progress) {
        this.out = out;
        this.patienceNanos = patienceNanos;
        this.progress = progress;
    }

    WritableByteChannel channel() {
        return out;
    }

    /** The first chunk that isn't out yet. */
    int released() {
        return released;
    }

    void release(ChunkLayout layout, int k, MemorySegment chunk) throws IOException {
        release(layout, k, chunk, out);
    }

    /** @param to by way of which the chunk goes out */
    void release(ChunkLayout layout, int k, MemorySegment chunk, WritableByteChannel to) throws IOException {
        if (k == released) {
            ByteBuffer m = chunk.asSlice(ChunkLayout.RANDOMIZER_BYTES).asByteBuffer();
            long begun = System.nanoTime();
            while (m.hasRemaining()) {
                var _ = to.write(m);
            }
            ownDelay |= System.nanoTime() - begun > patienceNanos;
            released++;
            progress.accept(layout.dataLength(k));
        }
    }

    /** Whether a write took so long since this was forgotten: then whoever broke off rightly gave up. */
    boolean ownDelay() {
        return ownDelay;
    }

    void forgetDelay() {
        ownDelay = false;
    }
}
