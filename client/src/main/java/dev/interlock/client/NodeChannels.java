package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.request.Channel;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One user's channels to the nodes of a ring (SPEC §6), opened beside the requests that they are for: a node that is asked once
 * gets one signature, one that is asked again a channel. A request without a channel is signed.
 */
final class NodeChannels implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NodeChannels.class);
    /** Before the node forgets it. */
    private static final Duration USED_FOR = Channel.LIFETIME.multipliedBy(3).dividedBy(4);
    /** A node that opens none isn't asked again before. */
    private static final Duration AGAIN = Duration.ofSeconds(10);

    private final RingId ring;
    private final Credential credential;
    private final SecureRandom random;
    private final InstantSource clock;
    private final Executor threads;
    private final ConcurrentMap<String, Way> ways = new ConcurrentHashMap<>();

    /** Sends a signed request and brings its answer. */
    interface Signed {
        byte[] call(NodeCard node, HttpMethod method, String path, Operation operation, String subject, byte[] body);
    }

    private final Signed signed;

    /** @param threads to open channels beside the caller */
    NodeChannels(
            RingId ring,
            Credential credential,
            SecureRandom random,
            InstantSource clock,
            Executor threads,
            Signed signed) {
        this.ring = ring;
        this.credential = credential;
        this.random = random;
        this.clock = clock;
        this.threads = threads;
        this.signed = signed;
    }

    /** The way to one node. */
    private static final class Way {
        private final AtomicLong sequence = new AtomicLong();
        private @Nullable Channel channel;
        private long openedMillis;
        /** When it was last asked for a channel; before the first request never. */
        private long askedMillis;

        private boolean known;
        private boolean closed;
    }

    /** The header of one request to this node by its channel; empty where there is none. */
    Optional<String> header(NodeCard node, int epoch, Operation operation, String subject, byte[] body) {
        Way way = ways.computeIfAbsent(key(node), _ -> new Way());
        Channel channel;
        long number;
        synchronized (way) {
            long now = clock.millis();
            if (way.channel != null && now - way.openedMillis > USED_FOR.toMillis()) {
                drop(way);
            }
            if (way.channel == null) {
                if (way.known && !way.closed && now - way.askedMillis > AGAIN.toMillis()) {
                    way.askedMillis = now;
                    beside(() -> open(node, way));
                }
                way.known = true;
                return Optional.empty();
            }
            channel = way.channel;
            number = way.sequence.getAndIncrement();
        }
        try {
            return Optional.of(channel.request(number, epoch, operation, subject, body));
        } catch (InterlockException e) {
            // It was closed meanwhile.
            return Optional.empty();
        }
    }

    /** The node doesn't know the channel any more. */
    void forget(NodeCard node) {
        Way way = ways.get(key(node));
        if (way != null) {
            synchronized (way) {
                drop(way);
                way.askedMillis = 0;
            }
        }
    }

    private void beside(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            // The client is closing.
            log.debug("no more channels", e);
        }
    }

    private void open(NodeCard node, Way way) {
        try (Channel.Offer offer = new Channel.Offer(random)) {
            byte[] answer =
                    signed.call(node, HttpMethod.POST, "/v1/channels", Operation.CHANNEL, "", offer.publicKey());
            Channel channel =
                    offer.accept(ring, node.name(), node.key(), credential.publicKey(ring, node.name()), answer);
            synchronized (way) {
                if (way.closed) {
                    channel.close();
                    return;
                }
                drop(way);
                way.channel = channel;
                way.sequence.set(0);
                way.openedMillis = clock.millis();
            }
        } catch (InterlockException | MalformedException | BadSignatureException | IllegalStateException e) {
            // Its requests are signed as long as there is none.
            log.debug("no channel to {}", node.name(), e);
        }
    }

    private static void drop(Way way) {
        if (way.channel != null) {
            way.channel.close();
            way.channel = null;
        }
    }

    private static String key(NodeCard node) {
        return node.name() + " " + node.key();
    }

    @Override
    public void close() {
        ways.values().forEach(way -> {
            synchronized (way) {
                way.closed = true;
                drop(way);
            }
        });
    }
}
