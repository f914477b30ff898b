package dev.interlock.wire;

import io.netty.buffer.ByteBuf;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Cuts a stream into records of known lengths. Closing it closes the stream. */
public final class RecordReader implements AutoCloseable {
    private final Inbound in;
    private final Duration deadline;
    private @Nullable ByteBuf piece;

    /** @param deadline for the next piece of the stream */
    public RecordReader(Inbound in, Duration deadline) {
        this.in = in;
        this.deadline = deadline;
    }

    /**
     * Fills dst with the stream's next bytes.
     *
     * @throws EOFException when the stream ends, in good order, before
     * @throws IOException when it stalls or breaks off
     */
    public void fill(MemorySegment dst) throws IOException, InterruptedException {
        long filled = 0;
        while (filled < dst.byteSize()) {
            ByteBuf from = next();
            if (from == null) {
                throw new EOFException("the stream is too short");
            }
            int length = (int) Math.min(from.readableBytes(), dst.byteSize() - filled);
            from.readBytes(dst.asSlice(filled, length).asByteBuffer());
            filled += length;
        }
    }

    /** @return whether the stream ends here, in good order */
    public boolean atEnd() throws IOException, InterruptedException {
        return next() == null;
    }

    private @Nullable ByteBuf next() throws IOException, InterruptedException {
        ByteBuf current = piece;
        if (current == null || !current.isReadable()) {
            release();
            current = in.read(deadline);
            piece = current;
        }
        return current;
    }

    private void release() {
        if (piece != null) {
            piece.release();
            piece = null;
        }
    }

    @Override
    public void close() {
        release();
        in.close();
    }
}
