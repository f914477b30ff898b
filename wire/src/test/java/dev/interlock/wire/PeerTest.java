package dev.interlock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Role;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a node that doesn't answer costs, and what is said of it. */
@Timeout(240)
final class PeerTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(100);
    private static final int BODY_BYTES = 70_000;

    /** Its machine makes connections for it, as for one that was stopped, or is busy with its start. */
    private final ServerSocket silent = silent();

    private static ServerSocket silent() {
        try {
            return new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Peer peer(Peers peers) {
        return peer(peers, silent.getLocalPort(), "0".repeat(64));
    }

    private static Peer peer(Peers peers, int port, String pin) {
        try (SigningKey key = new SigningKey(SecretBytes.taking(new byte[SigningKey.SEED_BYTES]))) {
            return peers.to(NodeCard.of(
                    Role.PROVIDER,
                    "cc1",
                    "127.0.0.1:" + port,
                    pin,
                    key.verifyingKey(),
                    Optional.of("x25519:" + "0".repeat(64))));
        }
    }

    @Test
    void handshakesHaveMoreTimeThanTheConnection() throws Exception {
        try (silent;
                Peers peers = new Peers(Optional.empty(), new Deadlines(SHORT.multipliedBy(5), LONG, LONG, LONG))) {
            Peer.Call call = peer(peers).begin(HttpMethod.GET, "/health", Optional.empty(), new byte[0]);
            Socket connection = silent.accept();
            assertThat(call.isDone(SHORT.multipliedBy(10))).isFalse();
            connection.close();
            assertThatThrownBy(() -> call.complete(LONG)).isInstanceOf(NodeException.class);
        }
    }

    @Test
    void whoNeverAnswersThemIsSaidToHang() throws Exception {
        try (silent;
                Peers peers = new Peers(Optional.empty(), new Deadlines(SHORT, SHORT, SHORT, LONG))) {
            Peer.Call call = peer(peers).begin(HttpMethod.GET, "/health", Optional.empty(), new byte[0]);
            assertThatThrownBy(() -> call.complete(LONG))
                    .isInstanceOf(NodeException.class)
                    .hasMessageContaining("it doesn't answer the connection, or hangs");
        }
    }

    /** The settings of a server come a round trip after the client's preface: nothing waits for them. */
    @Test
    void aFirstRequestGoesOutBeforeTheServersSettingsCome() throws Exception {
        TlsIdentity identity = TlsIdentity.generate("cc1", new SecureRandom(), Instant.now());
        CompletableFuture<String> method = new CompletableFuture<>();
        EventLoopGroup threads = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (silent;
                Peers peers = new Peers(Optional.empty(), new Deadlines(LONG, LONG, LONG, LONG))) {
            SslContext tls = SslContextBuilder.forServer(
                            identity.keyPair().privateKey(), identity.keyPair().certificateChain())
                    .sslProvider(SslProvider.OPENSSL)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            "h2"))
                    .build();
            Channel server = new ServerBootstrap()
                    .group(threads)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            // It reads frames, and never sends one.
                            channel.pipeline().addLast(tls.newHandler(channel.alloc()), new Frames(method));
                        }
                    })
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .sync()
                    .channel();
            int port = ((InetSocketAddress) server.localAddress()).getPort();
            Peer.Call call =
                    peer(peers, port, identity.pin()).begin(HttpMethod.GET, "/health", Optional.empty(), new byte[0]);
            assertThat(method.get(30, TimeUnit.SECONDS)).isEqualTo("headers");
            assertThat(call.isDone(Duration.ZERO)).isFalse();
            call.cancel();
        } finally {
            threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    /** A server whose windows hold less than a request's first frames gets every one of them whole. */
    @Test
    void aServerWithSmallWindowsGetsEveryRequestWhole() throws Exception {
        TlsIdentity identity = TlsIdentity.generate("cc1", new SecureRandom(), Instant.now());
        Server server = counting(server(identity)
                .http2MaxStreamsPerConnection(Http2.MAX_STREAMS)
                .http2InitialStreamWindowSize(1 << 15)
                .http2InitialConnectionWindowSize(65_535)
                .http2MaxFrameSize(1 << 14));
        try (silent;
                Peers peers = new Peers(Optional.empty(), new Deadlines(LONG, LONG, LONG, LONG))) {
            // All before anything came from it.
            List<Peer.Call> calls = burst(peer(peers, server.activeLocalPort(), identity.pin()));
            for (int i = 0; i < calls.size(); i++) {
                assertThat(new String(calls.get(i).complete(LONG), StandardCharsets.US_ASCII))
                        .isEqualTo(String.valueOf(BODY_BYTES + i));
            }
        } finally {
            server.stop().join();
        }
    }

    /** One that takes fewer streams than a node does breaks off what is too much for it: that fails as its own doing, and nothing else. */
    @Test
    void aServerThatTakesFewerStreamsThanIsPresumedFailsByItself() throws Exception {
        TlsIdentity identity = TlsIdentity.generate("cc1", new SecureRandom(), Instant.now());
        Server server = counting(server(identity).http2MaxStreamsPerConnection(1));
        try (silent;
                Peers peers = new Peers(Optional.empty(), new Deadlines(LONG, LONG, LONG, LONG))) {
            Peer peer = peer(peers, server.activeLocalPort(), identity.pin());
            List<Peer.Call> calls = burst(peer);
            for (int i = 0; i < calls.size(); i++) {
                try {
                    assertThat(new String(calls.get(i).complete(LONG), StandardCharsets.US_ASCII))
                            .isEqualTo(String.valueOf(BODY_BYTES + i));
                } catch (NodeException e) {
                    assertThat(e.node()).isEqualTo("cc1");
                }
            }
            assertThat(peer.call(HttpMethod.POST, "/length", Optional.empty(), new byte[BODY_BYTES]))
                    .isEqualTo(String.valueOf(BODY_BYTES).getBytes(StandardCharsets.US_ASCII));
        } finally {
            server.stop().join();
        }
    }

    /** More at once than such a server takes, each with more than such a window holds. */
    private static List<Peer.Call> burst(Peer peer) {
        List<Peer.Call> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            calls.add(peer.begin(HttpMethod.POST, "/length", Optional.empty(), new byte[BODY_BYTES + i]));
        }
        return calls;
    }

    /** One that answers with the length of what it got. */
    private static Server counting(ServerBuilder builder) {
        Server server = builder.service(
                        "/length",
                        (context, request) -> HttpResponse.of(request.aggregate()
                                .thenApply(whole -> HttpResponse.of(
                                        String.valueOf(whole.content().length())))))
                .build();
        server.start().join();
        return server;
    }

    /** A connection stands by the time that something is sent; and who was spoken to a moment ago isn't asked for one. */
    @Test
    void aPreparedConnectionIsTheOneThatIsUsed() throws Exception {
        TlsIdentity identity = TlsIdentity.generate("cc1", new SecureRandom(), Instant.now());
        BlockingQueue<String> asked = new LinkedBlockingQueue<>();
        Set<Integer> ports = ConcurrentHashMap.newKeySet();
        Server server = server(identity)
                .serviceUnder("/", (context, request) -> {
                    ports.add(context.remoteAddress().getPort());
                    asked.add(request.path());
                    return HttpResponse.of("here");
                })
                .build();
        server.start().join();
        try (silent;
                Peers peers = new Peers(Optional.empty(), new Deadlines(LONG, LONG, LONG, LONG))) {
            Peer peer = peer(peers, server.activeLocalPort(), identity.pin());
            peer.prepare();
            assertThat(asked.poll(30, TimeUnit.SECONDS)).isEqualTo("/health");
            peer.prepare();
            assertThat(peer.call(HttpMethod.GET, "/said", Optional.empty(), new byte[0]))
                    .isEqualTo("here".getBytes(StandardCharsets.US_ASCII));
            assertThat(asked).containsExactly("/said");
            assertThat(ports).hasSize(1);
        } finally {
            server.stop().join();
        }
    }

    /** Whoever can't be reached is found so by what is sent to it, not by what is prepared. */
    @Test
    void preparingForOneThatIsGoneFailsNothing() throws Exception {
        int port = silent.getLocalPort();
        silent.close();
        try (Peers peers = new Peers(Optional.empty(), new Deadlines(LONG, LONG, LONG, LONG))) {
            Peer peer = peer(peers, port, "0".repeat(64));
            peer.prepare();
            assertThatThrownBy(() -> peer.call(HttpMethod.GET, "/said", Optional.empty(), new byte[0]))
                    .isInstanceOf(NodeException.class)
                    .hasMessageContaining("connection refused");
        }
    }

    private static ServerBuilder server(TlsIdentity identity) {
        return Server.builder()
                .https(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .tls(identity.keyPair())
                .requestTimeout(Duration.ZERO)
                .gracefulShutdownTimeout(Duration.ZERO, Duration.ofSeconds(1));
    }

    /** Tells of the first HEADERS frame behind a client's preface. */
    private static final class Frames extends ByteToMessageDecoder {
        private static final int PREFACE_BYTES = 24;
        private static final int HEAD_BYTES = 9;
        private static final int HEADERS = 1;
        private final CompletableFuture<String> seen;
        private boolean preface;

        Frames(CompletableFuture<String> seen) {
            this.seen = seen;
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            if (!preface) {
                preface = in.readableBytes() >= PREFACE_BYTES;
                in.skipBytes(preface ? PREFACE_BYTES : 0);
                return;
            }
            int head = in.readerIndex();
            if (in.readableBytes() < HEAD_BYTES || in.readableBytes() < HEAD_BYTES + in.getUnsignedMedium(head)) {
                return;
            }
            if (in.getByte(head + 3) == HEADERS) {
                seen.complete("headers");
            }
            in.skipBytes(HEAD_BYTES + in.getUnsignedMedium(head));
        }
    }
}
