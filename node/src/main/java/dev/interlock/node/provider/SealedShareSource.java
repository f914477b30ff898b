package dev.interlock.node.provider;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedWriter;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.node.store.Blob;
import dev.interlock.wire.Http2;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** This provider's share, sealed to the user's key as it goes out: header, share leaves, then a piece for each chunk. */
final class SealedShareSource implements Pass.Source {
    private static final int PIECE_BYTES = 64 << 10;

    private final String self;
    private final ChunkLayout layout;
    private final Blob share;
    private final SealedWriter writer;
    private final SecretBytes record;
    private ByteBuf rest;
    private int k;

    /** @param writer closed with this */
    SealedShareSource(String self, ChunkLayout layout, byte[] leaves, Blob share, SealedWriter writer) {
        this.self = self;
        this.layout = layout;
        this.share = share;
        this.writer = writer;
        this.record = SecretBytes.allocate(Leaves.SALT_BYTES + (long) layout.padLength(0));
        byte[] header = writer.header();
        this.rest = Http2.BUFFERS
                .directBuffer(header.length + leaves.length)
                .writeBytes(header)
                .writeBytes(leaves);
    }

    @Override
    public @Nullable ByteBuf next() {
        if (!rest.isReadable()) {
            if (k == layout.count()) {
                return null;
            }
            rest.release();
            rest = sealNext();
        }
        // A copy: what a station passes on is its own to change.
        ByteBuf piece = Http2.BUFFERS.directBuffer(PIECE_BYTES);
        return piece.writeBytes(rest, Math.min(PIECE_BYTES, rest.readableBytes()));
    }

    private ByteBuf sealNext() {
        MemorySegment plain = record.segment().asSlice(0, share.recordBytes(k));
        share.read(k, plain);
        int sealedBytes = (int) plain.byteSize() + SealedLayout.TAG_BYTES;
        ByteBuf sealed = Http2.BUFFERS.directBuffer(sealedBytes, sealedBytes);
        writer.seal(k, k == layout.count() - 1, plain, MemorySegment.ofBuffer(sealed.nioBuffer(0, sealedBytes)));
        k++;
        return sealed.writerIndex(sealedBytes);
    }

    @Override
    public String name() {
        return self;
    }

    @Override
    public void close() {
        if (rest.refCnt() > 0) {
            rest.release();
        }
        record.close();
        writer.close();
    }
}
