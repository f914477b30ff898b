package dev.interlock.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Windows for long lines: a stream fills one only if its window holds what is under way, 6 MiB at 50 ms and 1 Gbit/s. So a stream's
 * window grows while its reader keeps up, when it costs no memory, and goes back when the reader falls behind. What may lie unread
 * beyond the windows that streams begin with has a bound, too, for a connection and for the process.
 */
public final class StreamWindows {
    static final int MAX_BYTES = 8 << 20;
    /** Of one connection's streams together, beyond {@link Http2#STREAM_WINDOW_BYTES} each: nobody takes all of the process's. */
    static final int CONNECTION_BYTES = 16 << 20;

    private static final long PROCESS_BYTES = 32 << 20;
    private static final int LOOK_BYTES = 256 << 10;

    /** Of this process, what no stream has. */
    static final StreamWindows PROCESS = new StreamWindows(PROCESS_BYTES);

    private final AtomicLong left;

    StreamWindows(long bytes) {
        this.left = new AtomicLong(bytes);
    }

    /** Looks after the streams that a new connection of this process will receive. */
    public static void watch(ChannelPipeline pipeline) {
        pipeline.addFirst(PROCESS.watcher());
    }

    ChannelHandler watcher() {
        return new Watcher();
    }

    private boolean take(long bytes) {
        return left.getAndUpdate(before -> before < bytes ? before : before - bytes) >= bytes;
    }

    /** Bytes that no stream has. */
    long left() {
        return left.get();
    }

    /** One connection, on its event loop. */
    private final class Watcher extends ChannelInboundHandlerAdapter {
        private @Nullable Streams streams;
        private int sinceLook;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof ByteBuf bytes) {
                sinceLook += bytes.readableBytes();
            }
            ctx.fireChannelRead(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) throws Http2Exception {
            ctx.fireChannelReadComplete();
            if (sinceLook < LOOK_BYTES) {
                return;
            }
            sinceLook = 0;
            Http2ConnectionHandler handler = streams == null ? ctx.pipeline().get(Http2ConnectionHandler.class) : null;
            if (handler != null
                    && handler.connection().local().flowController()
                            instanceof DefaultHttp2LocalFlowController windows) {
                // It is a connection that brings much.
                handler.setCumulator(new WholeFrames());
                streams = new Streams(handler.connection(), windows);
            }
            if (streams != null && streams.look()) {
                ctx.channel().flush();
            }
        }
    }

    /** Those of one connection. */
    private final class Streams extends Http2ConnectionAdapter {
        private final Http2Connection connection;
        private final DefaultHttp2LocalFlowController windows;
        private final Http2Connection.PropertyKey grown;
        private int taken;

        Streams(Http2Connection connection, DefaultHttp2LocalFlowController windows) {
            this.connection = connection;
            this.windows = windows;
            this.grown = connection.newKey();
            connection.addListener(this);
        }

        /** Whether any window grew. */
        boolean look() throws Http2Exception {
            int before = taken;
            connection.forEachActiveStream(stream -> {
                look(stream);
                return true;
            });
            return taken > before;
        }

        private void look(Http2Stream stream) throws Http2Exception {
            if (!stream.state().remoteSideOpen()) {
                return;
            }
            int window = windows.initialWindowSize(stream);
            int unread = windows.unconsumedBytes(stream);
            if (unread > window / 2) {
                windows.incrementWindowSize(stream, -giveBack(stream));
            } else if (unread == 0
                    // It is one that brings much.
                    && window - windows.windowSize(stream) >= LOOK_BYTES / 2
                    && window <= MAX_BYTES / 2
                    && taken + window <= CONNECTION_BYTES
                    && take(window)) {
                taken += window;
                stream.setProperty(grown, extra(stream) + window);
                windows.incrementWindowSize(stream, window);
            }
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            giveBack(stream);
        }

        private int extra(Http2Stream stream) {
            Integer extra = stream.getProperty(grown);
            return extra == null ? 0 : extra;
        }

        private int giveBack(Http2Stream stream) {
            int extra = extra(stream);
            stream.setProperty(grown, 0);
            taken -= extra;
            left.addAndGet(extra);
            return extra;
        }
    }
}
