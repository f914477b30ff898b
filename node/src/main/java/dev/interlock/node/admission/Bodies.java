package dev.interlock.node.admission;

import com.linecorp.armeria.common.HttpRequest;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.Inbound;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;

/** Reads bodies whole, of those that were let in; what is read counts against one allowance of bytes from its first byte on. */
public final class Bodies {
    private static final int FIRST_BYTES = 4 << 10;

    private final String node;
    private final Allowance allowance;
    private final Duration stall;
    private final Duration atMost;

    /**
     * @param stall the longest pause between two pieces of a body
     * @param atMost the longest that a whole body may take
     */
    public Bodies(String node, Allowance allowance, Duration stall, Duration atMost) {
        this.node = node;
        this.allowance = allowance;
        this.stall = stall;
        this.atMost = atMost;
    }

    /** A body in memory, which counts until this is closed. */
    public record Body(byte[] bytes, Allowance.Lease lease) implements AutoCloseable {
        @Override
        public void close() {
            lease.close();
        }
    }

    /**
     * A request's body.
     *
     * @param holder whose allowance it counts against
     * @throws BadInputException when it is longer than this request may be, breaks off, or comes too slowly
     */
    public Body read(String holder, HttpRequest request, int maxBytes) throws InterruptedException {
        Allowance.Lease lease = allowance.take(holder, 0);
        boolean whole = false;
        try (Inbound in = new Inbound(request)) {
            byte[] bytes = new byte[0];
            int length = 0;
            long end = System.nanoTime() + atMost.toNanos();
            for (ByteBuf piece = in.read(left(end)); piece != null; piece = in.read(left(end))) {
                try {
                    int more = piece.readableBytes();
                    if (more > maxBytes - length) {
                        throw new BadInputException(
                                node + " can't use the request: its body is longer than " + maxBytes + " bytes");
                    }
                    if (length + more > bytes.length) {
                        int room = Math.min(maxBytes, Math.max(Math.max(FIRST_BYTES, 2 * bytes.length), length + more));
                        // The old and the new array are there at once, but not for long.
                        lease.more(room - bytes.length);
                        bytes = Arrays.copyOf(bytes, room);
                    }
                    piece.readBytes(bytes, length, more);
                    length += more;
                } finally {
                    piece.release();
                }
            }
            whole = true;
            return new Body(length == bytes.length ? bytes : Arrays.copyOf(bytes, length), lease);
        } catch (IOException e) {
            throw new BadInputException(node + " can't use the request: its body broke off or came too slowly");
        } finally {
            if (!whole) {
                lease.close();
            }
        }
    }

    private Duration left(long end) {
        Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
        return left.compareTo(stall) < 0 ? left : stall;
    }
}
