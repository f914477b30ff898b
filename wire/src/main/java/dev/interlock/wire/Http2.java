package dev.interlock.wire;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;

/** The HTTP/2 settings of both ends, and the pieces that streams go in. */
public final class Http2 {
    /** Far above the stream window: with one as small as the other, a stalled stream would starve its siblings. */
    public static final int CONNECTION_WINDOW_BYTES = 64 << 20;

    /** What a stream begins with; {@link StreamWindows} enlarges it. */
    public static final int STREAM_WINDOW_BYTES = 1 << 20;

    /** On one connection at once; who needs more opens another one. */
    public static final int MAX_STREAMS = 512;

    /** Of all headers of a request, in bytes: a signed one has little more than 1 KiB. */
    public static final int MAX_HEADER_BYTES = 8 << 10;

    /** Streams that a client gives up within {@link #RESET_WINDOW_SECONDS}; one more ends its connection. */
    public static final int MAX_RESETS = 1000;

    public static final int RESET_WINDOW_SECONDS = 30;

    /** The longest piece is one frame: what a frame and a piece cost besides their bytes is paid once. */
    public static final int MAX_FRAME_BYTES = 512 << 10;

    /**
     * One allocator for what the channels read and what the passes make: Netty's default one gives large buffers back to
     * the system each time.
     */
    public static final ByteBufAllocator BUFFERS = new PooledByteBufAllocator(true, 0, 2, 8192, 9, 256, 64, false);

    private static final int PIECE_BYTES = 256 << 10;

    private Http2() {}

    /** How much of what is left, in bytes, goes into the next piece; a short rest goes with the one before it. */
    public static int pieceBytes(long left) {
        return (int) (left < PIECE_BYTES + PIECE_BYTES / 2 ? left : PIECE_BYTES);
    }
}
