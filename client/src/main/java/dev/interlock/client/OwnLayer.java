package dev.interlock.client;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.Hop;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** What U itself puts on, or takes off, from bytes that come from elsewhere: its own share, or a pad as long as P. */
final class OwnLayer implements Blind<MemorySegment> {
    /** Longer flows are taken in parts. */
    private static final int PIECE_BYTES = 64 << 10;

    private final SecretBytes piece = SecretBytes.allocate(PIECE_BYTES);
    private final Blind<MemorySegment> layer;
    private final Runnable closing;

    /**
     * @param lambda λ(x_U) for a share; 1 for a pad
     * @param bytes fills a segment with the next bytes
     * @param closing run when this is closed
     */
    OwnLayer(int lambda, Consumer<MemorySegment> bytes, Runnable closing) {
        this.layer = Hop.layer(new ByteSpace(), lambda, flow -> {
            MemorySegment next = piece.segment().asSlice(0, flow.byteSize());
            bytes.accept(next);
            return next;
        });
        this.closing = closing;
    }

    @Override
    public void addTo(MemorySegment flow) {
        for (long done = 0; done < flow.byteSize(); done += PIECE_BYTES) {
            layer.addTo(flow.asSlice(done, Math.min(PIECE_BYTES, flow.byteSize() - done)));
        }
    }

    @Override
    public void close() {
        piece.close();
        closing.run();
    }
}
