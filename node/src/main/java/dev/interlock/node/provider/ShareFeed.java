package dev.interlock.node.provider;

import dev.interlock.node.store.Blob;
import dev.interlock.wire.Inbound;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A share's records, as a hop reads them: in a read they're all there, in a write they arrive while the hop follows
 * behind.
 */
final class ShareFeed {
    private final Blob blob;
    private boolean arriving;
    private @Nullable Throwable failure;

    private ShareFeed(Blob blob, boolean arriving) {
        this.blob = blob;
        this.arriving = arriving;
    }

    static ShareFeed stored(Blob blob) {
        return new ShareFeed(blob, false);
    }

    static ShareFeed arriving(Blob blob) {
        return new ShareFeed(blob, true);
    }

    synchronized void append(MemorySegment record) {
        blob.append(record);
        notifyAll();
    }

    synchronized void fail(Throwable cause) {
        if (arriving) {
            failure = cause;
            notifyAll();
        }
    }

    synchronized void finished() {
        arriving = false;
        notifyAll();
    }

    int recordBytes(int k) {
        return blob.recordBytes(k);
    }

    /** Reads record k, waiting for it to arrive. */
    void read(int k, MemorySegment dst, Duration deadline) throws IOException, InterruptedException {
        synchronized (this) {
            long end = System.nanoTime() + deadline.toNanos();
            while (arriving && failure == null && blob.records() <= k) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    throw new Inbound.StalledException(deadline);
                }
                // Rounded up: wait(0) would wait for ever.
                wait(left / 1_000_000 + 1);
            }
            if (failure != null) {
                throw new IOException("the share didn't arrive", failure);
            }
        }
        blob.read(k, dst);
    }
}
