package dev.interlock.node.provider;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A full B_i on its way from the user: the hop waits for as much of it as it needs, and keeps none. */
final class StreamedBlind implements Blind<MemorySegment> {
    private static final int PIECE_BYTES = 64 << 10;

    private final String node;
    private final RecordReader in;
    private final ByteSpace space;
    private final SecretBytes piece = SecretBytes.allocate(PIECE_BYTES);

    /** @param in stays the caller's to close */
    StreamedBlind(String node, RecordReader in, ByteSpace space) {
        this.node = node;
        this.in = in;
        this.space = space;
    }

    @Override
    public void addTo(MemorySegment flow) {
        try {
            for (long done = 0; done < flow.byteSize(); ) {
                MemorySegment part = piece.segment().asSlice(0, Math.min(PIECE_BYTES, flow.byteSize() - done));
                in.fill(part);
                space.add(flow.asSlice(done, part.byteSize()), part);
                done += part.byteSize();
            }
        } catch (IOException e) {
            throw missing(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw missing("interrupted");
        }
    }

    private NodeException missing(String how) {
        return new NodeException(node, node + " can't go on: the user's blind didn't come: " + how);
    }

    @Override
    public void close() {
        piece.close();
    }
}
