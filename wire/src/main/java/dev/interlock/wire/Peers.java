package dev.interlock.wire;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.ClientFactoryBuilder;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.util.EventLoopGroups;
import dev.interlock.protocol.ring.NodeCard;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/** The channels from here to the nodes of a ring, one connection pool for each, each pinned to its node alone. */
public final class Peers implements AutoCloseable {
    private static final Duration IDLE = Duration.ofMinutes(1);

    private final Optional<TlsIdentity> own;
    private final Deadlines deadlines;
    private final EventLoopGroup eventLoops;
    private final ConcurrentMap<String, Peer> peers = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, ClientFactory> factories = new ConcurrentHashMap<>();

    /** @param own the certificate to show: a node's; a user has none */
    public Peers(Optional<TlsIdentity> own, Deadlines deadlines) {
        this.own = own;
        this.deadlines = deadlines;
        this.eventLoops = EventLoopGroups.newEventLoopGroup(
                Math.max(2, Runtime.getRuntime().availableProcessors()), "interlock-peers", true);
    }

    public Deadlines deadlines() {
        return deadlines;
    }

    public Peer to(NodeCard card) {
        return peers.computeIfAbsent(card.name() + " " + card.tlsPin() + " " + card.address(), key -> {
            ClientFactoryBuilder builder = ClientFactory.builder()
                    .workerGroup(eventLoops, false)
                    .connectTimeout(deadlines.connect())
                    .idleTimeout(IDLE)
                    .http2InitialConnectionWindowSize(Http2.CONNECTION_WINDOW_BYTES)
                    .http2InitialStreamWindowSize(Http2.STREAM_WINDOW_BYTES)
                    .http2MaxFrameSize(Http2.MAX_FRAME_BYTES)
                    .tlsCustomizer(tls -> Tls.client(tls, card));
            own.ifPresent(identity -> builder.tls(identity.keyPair()));
            ClientFactory factory = builder.build();
            factories.put(key, factory);
            WebClient client = WebClient.builder("h2://" + card.address())
                    .factory(factory)
                    .responseTimeoutMillis(0)
                    .writeTimeout(deadlines.answer())
                    .maxResponseLength(0)
                    .build();
            return new Peer(card, client, deadlines);
        });
    }

    @Override
    public void close() {
        factories.values().forEach(ClientFactory::close);
        var _ = eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
