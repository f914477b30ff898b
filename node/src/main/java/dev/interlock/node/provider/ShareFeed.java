package dev.interlock.node.provider;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.node.store.Blob;
import dev.interlock.wire.Inbound;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A share's records, as a hop reads them: in a read they're all there, in a write they arrive while the hop follows
 * behind. The last few that arrived stay in memory, so that a hop that keeps up needn't read back and open what was
 * sealed and written a moment before.
 */
final class ShareFeed implements AutoCloseable {
    /** One passes, one waits, one arrives. */
    private static final int KEPT = 3;
    /** A hop that doesn't move for this part of the deadline reads back; whoever deals isn't held up for longer. */
    private static final int PATIENCE = 64;

    private final Blob blob;
    private final List<Slot> slots = new ArrayList<>();
    private boolean arriving;
    private boolean receiving;
    private boolean hopping;
    /** No hop comes, or comes back. */
    private boolean passed;
    /** The record that the hop is at. */
    private int wanted;

    private @Nullable Slot held;
    private @Nullable SecretBytes readBack;
    private @Nullable Throwable failure;

    /** Room for one record. */
    private static final class Slot {
        final SecretBytes bytes;
        int k = -1;
        boolean busy;

        Slot(int length) {
            bytes = SecretBytes.allocate(length);
        }
    }

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

    /** The receiving end, for one thread: makes room for a record, and appends it when it is filled. */
    final class Arrival implements AutoCloseable {
        private @Nullable Slot filling;

        /** Room for record k, of its length; waits a little for a hop that is behind. */
        MemorySegment room(int k, Duration deadline) throws InterruptedException {
            Slot slot = free(k, deadline);
            filling = slot;
            return slot.bytes.segment().asSlice(0, blob.recordBytes(k));
        }

        /** Stores record k, which fills the room, and lets the hop have it. */
        void append(int k, MemorySegment record) {
            blob.append(record);
            publish(k, filling);
            filling = null;
        }

        @Override
        public void close() {
            endArrival(filling);
        }
    }

    /** To be called once. */
    synchronized Arrival arrival() {
        receiving = true;
        return new Arrival();
    }

    private synchronized Slot free(int k, Duration deadline) throws InterruptedException {
        long end = System.nanoTime() + deadline.toNanos() / PATIENCE;
        long left = end - System.nanoTime();
        while (!passed && failure == null && k - wanted >= KEPT && left > 0) {
            wait(left / 1_000_000 + 1);
            left = end - System.nanoTime();
        }
        Slot oldest = null;
        for (Slot slot : slots) {
            if (!slot.busy && (oldest == null || slot.k < oldest.k)) {
                oldest = slot;
            }
        }
        if (oldest == null || (oldest.k >= wanted && slots.size() < KEPT)) {
            oldest = new Slot(blob.recordBytes(0));
            slots.add(oldest);
        }
        oldest.busy = true;
        oldest.k = -1;
        return oldest;
    }

    private synchronized void publish(int k, @Nullable Slot slot) {
        if (slot != null) {
            slot.k = k;
            slot.busy = false;
        }
        notifyAll();
    }

    private synchronized void endArrival(@Nullable Slot slot) {
        if (slot != null) {
            slot.busy = false;
        }
        receiving = false;
        wipeUnused();
    }

    /** The share is there whole. */
    synchronized void finished() {
        arriving = false;
        notifyAll();
    }

    synchronized void fail(Throwable cause) {
        if (arriving) {
            failure = cause;
            notifyAll();
        }
    }

    /** Record k for the hop, until it asks for another; waits for it to arrive. */
    MemorySegment hold(int k, Duration deadline) throws IOException, InterruptedException {
        int length = blob.recordBytes(k);
        SecretBytes buffer;
        synchronized (this) {
            if (passed) {
                throw new IOException("the session ended");
            }
            hopping = true;
            letGo();
            wanted = k;
            notifyAll();
            await(k, deadline);
            for (Slot slot : slots) {
                if (slot.k == k) {
                    slot.busy = true;
                    held = slot;
                    return slot.bytes.segment().asSlice(0, length);
                }
            }
            buffer = readBack == null ? SecretBytes.allocate(blob.recordBytes(0)) : readBack;
            readBack = buffer;
        }
        MemorySegment record = buffer.segment().asSlice(0, length);
        blob.read(k, record);
        return record;
    }

    private void await(int k, Duration deadline) throws IOException, InterruptedException {
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

    private void letGo() {
        Slot slot = held;
        if (slot != null) {
            slot.busy = false;
            held = null;
        }
    }

    /** The session ended; a hop under way ends by itself. */
    synchronized void abandon() {
        if (!hopping) {
            close();
        }
    }

    /** The hop is over: what is in memory is wiped as soon as nobody works on it. */
    @Override
    public synchronized void close() {
        hopping = false;
        letGo();
        passed = true;
        SecretBytes buffer = readBack;
        if (buffer != null) {
            buffer.close();
            readBack = null;
        }
        wipeUnused();
        notifyAll();
    }

    private void wipeUnused() {
        if (passed && !receiving) {
            slots.forEach(slot -> slot.bytes.close());
            slots.clear();
        }
    }
}
