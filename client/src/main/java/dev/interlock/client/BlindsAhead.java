package dev.interlock.client;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.protocol.error.InterlockException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Full blinds of a read: sent to the hops a little ahead of the stream, while ΣB_i waits here, piece by piece, for what
 * comes out of the ring. Holds a few pieces, whatever the length.
 */
final class BlindsAhead implements Blind<MemorySegment> {
    private static final int PIECE_BYTES = 64 << 10;
    private static final int PIECES_AHEAD = 4;

    private final RingClient client;
    private final FullBlinds blinds;
    private final ByteSpace space = new ByteSpace();
    private final BlockingQueue<SecretBytes> sums = new ArrayBlockingQueue<>(PIECES_AHEAD);
    private final AtomicReference<@Nullable InterlockException> failure = new AtomicReference<>();
    private final Thread sender;
    private volatile boolean closed;
    private @Nullable SecretBytes current;
    private long used;

    /** @param totalBytes the length of the stream */
    BlindsAhead(RingClient client, FullBlinds blinds, long totalBytes) {
        this.client = client;
        this.blinds = blinds;
        this.sender = Thread.ofVirtual().start(() -> send(totalBytes));
    }

    private void send(long totalBytes) {
        try {
            for (long left = totalBytes; left > 0 && !closed; ) {
                SecretBytes sum = SecretBytes.allocate(Math.min(PIECE_BYTES, left));
                left -= sum.size();
                try {
                    blinds.addTo(sum.segment());
                    sums.put(sum);
                } catch (InterlockException | InterruptedException e) {
                    sum.close();
                    throw e;
                }
            }
            blinds.end();
        } catch (InterlockException e) {
            failure.set(e);
        } catch (InterruptedException e) {
            // Closed: nobody waits for the rest.
        }
    }

    @Override
    public void addTo(MemorySegment flow) {
        for (long done = 0; done < flow.byteSize(); ) {
            MemorySegment sum = next();
            long length = Math.min(flow.byteSize() - done, sum.byteSize());
            space.add(flow.asSlice(done, length), sum.asSlice(0, length));
            used += length;
            done += length;
        }
    }

    /** What is left of the current piece, never empty. */
    private MemorySegment next() {
        SecretBytes piece = current;
        if (piece == null || used == piece.size()) {
            if (piece != null) {
                piece.close();
            }
            piece = take();
            current = piece;
            used = 0;
        }
        return piece.segment().asSlice(used);
    }

    private SecretBytes take() {
        try {
            for (long waited = 0; ; waited++) {
                SecretBytes sum = sums.poll(100, TimeUnit.MILLISECONDS);
                if (sum != null) {
                    return sum;
                }
                InterlockException why = failure.get();
                if (why != null) {
                    throw why;
                }
                // Longer than the sender waits for any provider: then it's the sender that tells who.
                if (waited * 100 > 2 * client.deadlines().stall().toMillis()) {
                    throw new IllegalStateException("the blinds were sent, but their sum never came");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        sender.interrupt();
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (SecretBytes sum = sums.poll(); sum != null; sum = sums.poll()) {
            sum.close();
        }
        if (current != null) {
            current.close();
        }
        blinds.close();
    }
}
