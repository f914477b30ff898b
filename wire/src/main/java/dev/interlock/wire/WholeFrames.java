package dev.interlock.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder;

/**
 * Gathers what comes in TLS records of 16 KiB until an HTTP/2 frame is whole. The library's own grows by doubling and copies what it has
 * at each step, to twice the length of a piece in the end; this one has room for a piece, and no more, as soon as a quarter of one is
 * there. Not sooner: whoever keeps a few bytes of a frame keeps the whole buffer.
 */
final class WholeFrames implements ByteToMessageDecoder.Cumulator {
    /** A piece, its salt, the head of its frame, and the record that goes over its end. */
    private static final int ROOM_BYTES = Http2.pieceBytes(Long.MAX_VALUE) + (32 << 10);

    private static final int LARGE_BYTES = Http2.pieceBytes(Long.MAX_VALUE) / 4;

    @Override
    @SuppressWarnings("ReferenceEquality") // the same object, not the same bytes
    public ByteBuf cumulate(ByteBufAllocator buffers, ByteBuf gathered, ByteBuf next) {
        if (gathered == next) {
            // It has a reference for each of the two.
            next.release();
            return gathered;
        }
        if (!gathered.isReadable() && next.isContiguous()) {
            gathered.release();
            return next;
        }
        try {
            int length = next.readableBytes();
            // One that has others who read it must neither grow nor move.
            if (length > gathered.writableBytes() || gathered.refCnt() > 1 || gathered.isReadOnly()) {
                return moved(buffers, gathered, next);
            }
            return gathered.writeBytes(next);
        } finally {
            next.release();
        }
    }

    private static ByteBuf moved(ByteBufAllocator buffers, ByteBuf gathered, ByteBuf next) {
        int length = gathered.readableBytes() + next.readableBytes();
        ByteBuf larger = buffers.directBuffer(length < LARGE_BYTES ? 2 * length : Math.max(length, ROOM_BYTES));
        try {
            larger.writeBytes(gathered).writeBytes(next);
        } catch (RuntimeException e) {
            larger.release();
            throw e;
        }
        gathered.release();
        return larger;
    }
}
