package dev.interlock.bench.ring;

import com.linecorp.armeria.common.util.EventLoopGroups;
import com.linecorp.armeria.common.util.TransportType;
import dev.interlock.node.NodeFolder;
import dev.interlock.wire.Tls;
import dev.interlock.wire.TlsIdentity;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What TLS 1.3 costs with nothing on top of it: Netty's sockets and BoringSSL's AES-GCM in full records of 16 KiB, as nodes use them, and
 * no HTTP. A connection begins with how many bytes will come, eight of them. Where that is 0 each {@link #QUESTION_BYTES} are answered
 * by {@link LimitServer#ANSWER_BYTES}; else the bytes are dropped as they come, and answered by their number.
 */
final class BareTls implements AutoCloseable {
    static final int QUESTION_BYTES = 1 << 10;

    private static final int PIECE_BYTES = 256 << 10;
    private static final int READ_BYTES = 256 << 10;
    private static final long PATIENCE_SECONDS = 600;

    private final EventLoopGroup threads = EventLoopGroups.newEventLoopGroup(
            Math.max(2, Runtime.getRuntime().availableProcessors()), "interlock-bare", true);
    private final SslContext tls;
    private final int port;
    private final Queue<Asker> idle = new ConcurrentLinkedQueue<>();

    private BareTls(SslContext tls, int port) {
        this.tls = tls;
        this.port = port;
    }

    /** The other end, in its own process; the port that it listens at. */
    static int serve(NodeFolder folder) throws IOException, InterruptedException {
        TlsIdentity identity = folder.tls();
        SslContextBuilder builder = SslContextBuilder.forServer(
                identity.keyPair().privateKey(), identity.keyPair().certificateChain());
        Tls.server(builder, folder.ring());
        BareTls server = new BareTls(builder.build(), 0);
        Channel listening = new ServerBootstrap()
                .group(server.threads)
                .channel(TransportType.serverChannelType(server.threads))
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(server.handler(channel), new Answering());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    /** @param folder whose certificate the other end shows */
    static BareTls to(NodeFolder folder, int port) throws SSLException {
        return new BareTls(
                SslContextBuilder.forClient()
                        .sslProvider(SslProvider.OPENSSL)
                        .protocols("TLSv1.3")
                        .trustManager(folder.tls().keyPair().certificateChain())
                        .endpointIdentificationAlgorithm(null)
                        .build(),
                port);
    }

    /** Streams so many bytes to the other end; how many it says that came. */
    long pipe(long bytes, byte[] block) throws IOException, InterruptedException {
        Sender sender = new Sender(bytes, block);
        Channel channel = connect(sender);
        try {
            return await(sender.arrived);
        } finally {
            var _ = channel.close().sync();
        }
    }

    /** One question and its answer, on a connection that stands; so many are open as are asked at the same time. */
    byte[] ask(byte[] question) throws IOException, InterruptedException {
        Asker asker = idle.poll();
        if (asker == null) {
            asker = new Asker();
            Channel channel = connect(asker);
            var _ = channel.writeAndFlush(channel.alloc().buffer().writeLong(0));
        }
        byte[] answer = await(asker.ask(question));
        idle.add(asker);
        return answer;
    }

    private Channel connect(ChannelInboundHandlerAdapter handler) throws InterruptedException {
        return new Bootstrap()
                .group(threads)
                .channel(TransportType.socketChannelType(threads))
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(PIECE_BYTES, 4 * PIECE_BYTES))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handler(channel), handler);
                    }
                })
                .connect(InetAddress.getLoopbackAddress(), port)
                .sync()
                .channel();
    }

    /** The first handshake of a new process takes long on a busy machine. */
    private SslHandler handler(Channel channel) {
        SslHandler handler = tls.newHandler(channel.alloc());
        handler.setHandshakeTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return handler;
    }

    private static <T> T await(CompletableFuture<T> answer) throws IOException, InterruptedException {
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the bare TLS connection broke off", e);
        }
    }

    @Override
    public void close() {
        var _ = threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    /** Sends one block again and again, as fast as it is taken. */
    private static final class Sender extends SimpleChannelInboundHandler<ByteBuf> {
        private final CompletableFuture<Long> arrived = new CompletableFuture<>();
        private final ByteBuf block;
        private final long bytes;
        private long left;

        Sender(long bytes, byte[] block) {
            this.bytes = bytes;
            this.left = bytes;
            this.block = Unpooled.directBuffer(PIECE_BYTES);
            while (this.block.readableBytes() < PIECE_BYTES) {
                this.block.writeBytes(block, 0, Math.min(block.length, PIECE_BYTES - this.block.readableBytes()));
            }
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            var _ = ctx.write(ctx.alloc().buffer().writeLong(bytes));
            send(ctx);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            send(ctx);
        }

        private void send(ChannelHandlerContext ctx) {
            while (left > 0 && ctx.channel().isWritable()) {
                int length = (int) Math.min(left, PIECE_BYTES);
                left -= length;
                var _ = ctx.writeAndFlush(block.retainedSlice(0, length));
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf answer) {
            arrived.complete(answer.readLong());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            arrived.completeExceptionally(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            block.release();
            arrived.completeExceptionally(new IOException("closed"));
        }
    }

    /** One question at a time. */
    private static final class Asker extends SimpleChannelInboundHandler<ByteBuf> {
        private final byte[] answer = new byte[LimitServer.ANSWER_BYTES];
        private volatile @Nullable ChannelHandlerContext context;
        private volatile CompletableFuture<byte[]> asked = new CompletableFuture<>();
        private int came;

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            context = ctx;
        }

        CompletableFuture<byte[]> ask(byte[] question) {
            CompletableFuture<byte[]> next = new CompletableFuture<>();
            asked = next;
            ChannelHandlerContext ctx = context;
            if (ctx == null) {
                throw new IllegalStateException("not connected");
            }
            var _ = ctx.channel().writeAndFlush(Unpooled.wrappedBuffer(question));
            return next;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
            int length = Math.min(bytes.readableBytes(), answer.length - came);
            bytes.readBytes(answer, came, length);
            came += length;
            if (came == answer.length) {
                came = 0;
                asked.complete(answer.clone());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            asked.completeExceptionally(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            asked.completeExceptionally(new IOException("closed"));
        }
    }

    /** The other end of both. */
    private static final class Answering extends SimpleChannelInboundHandler<ByteBuf> {
        private final byte[] question = new byte[QUESTION_BYTES];
        private final ByteBuf head = Unpooled.buffer(Long.BYTES, Long.BYTES);
        private long bytes;
        private long came;

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf in) {
            if (head.isWritable()) {
                head.writeBytes(in, Math.min(in.readableBytes(), head.writableBytes()));
                if (head.isWritable()) {
                    return;
                }
                bytes = head.readLong();
            }
            if (bytes == 0) {
                answer(ctx, in);
                return;
            }
            came += in.readableBytes();
            if (came >= bytes) {
                var _ = ctx.writeAndFlush(ctx.alloc().buffer().writeLong(came));
            }
        }

        private void answer(ChannelHandlerContext ctx, ByteBuf in) {
            while (in.isReadable()) {
                int length = (int) Math.min(in.readableBytes(), QUESTION_BYTES - came);
                in.readBytes(question, (int) came, length);
                came += length;
                if (came == QUESTION_BYTES) {
                    came = 0;
                    var _ = ctx.writeAndFlush(ctx.alloc()
                            .buffer(LimitServer.ANSWER_BYTES)
                            .writeBytes(question, 0, LimitServer.ANSWER_BYTES));
                }
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            System.err.println("the bare TLS server: " + cause);
            var _ = ctx.close();
        }
    }
}
