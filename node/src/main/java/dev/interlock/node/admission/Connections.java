package dev.interlock.node.admission;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What strangers may do with connections. A connection is a stranger's until one of its requests was let in. Until then it
 * may send so many bytes and stay so long, whatever it sends: junk, half a handshake, headers without an end, resets. Only so
 * many are open at once; one more closes the oldest, so that strangers can't keep anybody out by holding connections.
 */
public final class Connections {
    /** Of all kinds; more are closed at once. */
    public static final int MAX_CONNECTIONS = 4096;

    public static final int MAX_STRANGERS = 128;
    /** A handshake, and a first request with the beginning of its body. What comes after isn't read until it is let in. */
    public static final int STRANGER_BYTES = 256 << 10;

    public static final Duration STRANGER_TIME = Duration.ofSeconds(30);

    private static final AttributeKey<Guard> GUARD = AttributeKey.valueOf(Connections.class, "GUARD");

    private final int maxStrangers;
    private final Duration strangerTime;
    private final Set<Guard> strangers = new LinkedHashSet<>();
    private long closed;

    public Connections() {
        this(MAX_STRANGERS, STRANGER_TIME);
    }

    Connections(int maxStrangers, Duration strangerTime) {
        this.maxStrangers = maxStrangers;
        this.strangerTime = strangerTime;
    }

    /** Watches over a new connection, from its first byte on. */
    public void guard(ChannelPipeline pipeline) {
        Guard guard = new Guard();
        pipeline.channel().attr(GUARD).set(guard);
        pipeline.addFirst(guard);
    }

    /** This request was let in: its connection is a user's or a node's from now on. */
    public static void letIn(ServiceRequestContext context) {
        Channel channel = context.log().partial().channel();
        if (channel != null) {
            letIn(channel);
        }
    }

    static void letIn(Channel channel) {
        Guard guard = channel.attr(GUARD).get();
        if (guard != null) {
            guard.letIn();
        }
    }

    public void register(MeterRegistry meters) {
        Gauge.builder("interlock.connections.strangers", this, Connections::strangers)
                .description("connections of which no request was let in yet")
                .register(meters);
        Gauge.builder("interlock.connections.closed", this, Connections::closed)
                .description("strangers' connections that were closed because they were too many or stayed too long")
                .register(meters);
    }

    synchronized int strangers() {
        return strangers.size();
    }

    synchronized long closed() {
        return closed;
    }

    private synchronized @Nullable Guard add(Guard guard) {
        Guard oldest =
                strangers.size() < maxStrangers ? null : strangers.iterator().next();
        if (oldest != null) {
            strangers.remove(oldest);
            closed++;
        }
        strangers.add(guard);
        return oldest;
    }

    private synchronized boolean remove(Guard guard) {
        return strangers.remove(guard);
    }

    private synchronized void late() {
        closed++;
    }

    /** One connection. All but {@link #letIn} runs on its event loop. */
    private final class Guard extends ChannelDuplexHandler {
        private volatile boolean stranger = true;
        private volatile @Nullable ChannelHandlerContext context;
        private @Nullable Future<?> timer;
        private long bytes;
        private boolean held;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            begin(ctx);
            ctx.fireChannelActive();
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            if (ctx.channel().isActive()) {
                begin(ctx);
            }
        }

        private void begin(ChannelHandlerContext ctx) {
            if (context != null) {
                return;
            }
            context = ctx;
            timer = ctx.executor()
                    .schedule(
                            () -> {
                                if (stranger) {
                                    late();
                                    var _ = ctx.close();
                                }
                            },
                            strangerTime.toMillis(),
                            TimeUnit.MILLISECONDS);
            Guard oldest = add(this);
            if (oldest != null) {
                oldest.close();
            }
        }

        private void close() {
            ChannelHandlerContext current = context;
            if (current != null) {
                current.executor().execute(() -> {
                    var _ = current.close();
                });
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (stranger && message instanceof ByteBuf data) {
                bytes += data.readableBytes();
                if (bytes > STRANGER_BYTES) {
                    held = true;
                    ctx.channel().config().setAutoRead(false);
                }
            }
            ctx.fireChannelRead(message);
        }

        @Override
        public void read(ChannelHandlerContext ctx) {
            // Whoever else turns reading on again.
            if (!stranger || bytes <= STRANGER_BYTES) {
                ctx.read();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            remove(this);
            cancelTimer();
            ctx.fireChannelInactive();
        }

        private void letIn() {
            if (!stranger) {
                return;
            }
            stranger = false;
            remove(this);
            ChannelHandlerContext current = context;
            if (current != null) {
                current.executor().execute(() -> {
                    cancelTimer();
                    if (held) {
                        held = false;
                        current.channel().config().setAutoRead(true);
                    }
                });
            }
        }

        private void cancelTimer() {
            if (timer != null) {
                timer.cancel(false);
                timer = null;
            }
        }
    }
}
