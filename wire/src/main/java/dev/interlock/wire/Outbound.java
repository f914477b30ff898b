package dev.interlock.wire;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.stream.StreamWriter;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** The sending end of a stream, for one blocking writer: holds no more than a window of bytes that weren't taken. */
public final class Outbound {
    private static final int WINDOW_BYTES = 1 << 20;

    private final StreamWriter<HttpObject> writer;
    private CompletableFuture<Void> taken = CompletableFuture.completedFuture(null);
    private int sinceTaken;

    public Outbound(StreamWriter<HttpObject> writer) {
        this.writer = writer;
    }

    /**
     * Sends a piece and takes over the buffer. Waits while the receiver lags.
     *
     * @throws Inbound.StalledException when the receiver takes nothing within the deadline
     * @throws IOException when the receiver broke off
     */
    public void write(ByteBuf piece, Duration deadline) throws IOException, InterruptedException {
        int length = piece.readableBytes();
        if (!writer.tryWrite(HttpData.wrap(piece))) {
            throw new IOException("the receiver broke off");
        }
        sinceTaken += length;
        if (sinceTaken >= WINDOW_BYTES / 2) {
            // Two half windows: one is being taken while the next one fills.
            await(taken, deadline);
            taken = writer.whenConsumed();
            sinceTaken = 0;
        }
    }

    /** The orderly end. */
    public void end() {
        writer.close();
    }

    /** Breaks off: the receiver gets an error, not an end. */
    public void fail(Throwable cause) {
        writer.close(cause);
    }

    /** Breaks off, and lets go at once of what wasn't taken yet, even if the receiver never takes anything again. */
    public void drop(Throwable cause) {
        writer.abort(cause);
    }

    private static void await(CompletableFuture<Void> future, Duration deadline)
            throws IOException, InterruptedException {
        try {
            Waits.PROCESS.get(future, deadline);
        } catch (TimeoutException e) {
            throw new Inbound.StalledException(deadline);
        } catch (ExecutionException e) {
            throw new IOException("the receiver broke off", e.getCause());
        }
    }
}
