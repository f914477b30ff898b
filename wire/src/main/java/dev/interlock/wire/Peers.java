package dev.interlock.wire;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.ClientFactoryBuilder;
import com.linecorp.armeria.client.ClientFactoryOptions;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.util.EventLoopGroups;
import dev.interlock.protocol.ring.NodeCard;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The channels from here to the nodes of a ring, each pinned to its node alone. */
public final class Peers implements AutoCloseable {
    /** Less than a node's, so that it's the one who asks that closes: a request never meets a connection that is being closed. */
    static final Duration IDLE = Duration.ofSeconds(20);

    private static volatile @Nullable Thread preparing;

    private final Optional<TlsIdentity> own;
    private final Deadlines deadlines;
    private final EventLoopGroup eventLoops;
    private final ConcurrentMap<String, Peer> peers = new ConcurrentHashMap<>();
    private final List<Channels> channels = new ArrayList<>();

    /** Connections whose pins are told apart by address, so that one TLS context does for all of them. */
    private record Channels(AddressPins pins, ClientFactory factory) {}

    /** @param own the certificate to show: a node's; a user has none */
    public Peers(Optional<TlsIdentity> own, Deadlines deadlines) {
        awaitPrepared();
        this.own = own;
        this.deadlines = deadlines;
        this.eventLoops = eventLoops();
    }

    private static EventLoopGroup eventLoops() {
        return EventLoopGroups.newEventLoopGroup(
                Math.max(2, Runtime.getRuntime().availableProcessors()), "interlock-peers", true);
    }

    /**
     * Has the libraries below make themselves ready beside the caller, for a process whose whole life is one short
     * command. Once, and before anything else of this module is used.
     */
    public static void prepare() {
        preparing = Thread.ofPlatform().daemon().name("interlock-prepare").start(() -> {
            EventLoopGroup eventLoops = eventLoops();
            factory(eventLoops, new AddressPins(), Deadlines.DEFAULT, Optional.empty())
                    .close();
            var _ = eventLoops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        });
    }

    /** Two threads that initialise classes in different orders could wait for each other forever. */
    private static void awaitPrepared() {
        Thread thread = preparing;
        if (thread == null) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ClientFactory factory(
            EventLoopGroup eventLoops, AddressPins pins, Deadlines deadlines, Optional<TlsIdentity> own) {
        ClientFactoryBuilder builder = ClientFactory.builder()
                .workerGroup(eventLoops, false)
                .connectTimeout(deadlines.handshake())
                // The connection alone is made by the other machine, whatever its node does.
                .option(ClientFactoryOptions.CHANNEL_PIPELINE_CUSTOMIZER, pipeline -> {
                    pipeline.channel().config().setConnectTimeoutMillis((int)
                            deadlines.connect().toMillis());
                    StreamWindows.watch(pipeline);
                    pipeline.addFirst(new KnownSettings());
                })
                .idleTimeout(IDLE)
                .http2InitialConnectionWindowSize(Http2.CONNECTION_WINDOW_BYTES)
                .http2InitialStreamWindowSize(Http2.STREAM_WINDOW_BYTES)
                .http2MaxFrameSize(Http2.MAX_FRAME_BYTES)
                .channelOption(ChannelOption.ALLOCATOR, Http2.BUFFERS)
                .tlsCustomizer(tls -> Tls.client(tls, pins));
        own.ifPresent(identity -> builder.tls(identity.keyPair()));
        return builder.build();
    }

    /** Starts the threads of the connections now, rather than with the first request: they inherit from whom starts them. */
    public void startThreads() {
        eventLoops.forEach(loop -> {
            var _ = loop.submit(() -> {});
        });
    }

    public Deadlines deadlines() {
        return deadlines;
    }

    public Peer to(NodeCard card) {
        return peers.computeIfAbsent(card.name() + " " + card.tlsPin() + " " + card.address(), _ -> {
            WebClient client = WebClient.builder("h2://" + card.address())
                    .factory(factory(card))
                    .responseTimeoutMillis(0)
                    .writeTimeout(deadlines.answer())
                    .maxResponseLength(0)
                    .build();
            return new Peer(card, client, deadlines);
        });
    }

    /** One that expects this card's pin at its address: the one of all others, unless that expects another one there. */
    private synchronized ClientFactory factory(NodeCard card) {
        for (Channels those : channels) {
            if (those.pins.expect(card)) {
                return those.factory;
            }
        }
        AddressPins pins = new AddressPins();
        pins.expect(card);
        ClientFactory factory = factory(eventLoops, pins, deadlines, own);
        channels.add(new Channels(pins, factory));
        return factory;
    }

    @Override
    public synchronized void close() {
        channels.forEach(those -> those.factory.close());
        var _ = eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
