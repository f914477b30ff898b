package dev.interlock.node.admission;

import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.request.Channel;
import dev.interlock.protocol.request.ChannelRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The channels that users opened at this process; they are never stored, and end with it. Whoever opens more than its allowance
 * loses the one of its own that it used the longest ago, and never another's.
 */
public final class Channels implements AutoCloseable {
    /** One that isn't used for so long is closed. */
    static final Duration IDLE = Duration.ofMinutes(10);

    private final String node;
    private final Allowance.Limit limit;
    /** Of each user, what it used the longest ago first. */
    private final Map<VerifyingKey, SequencedMap<Channel.Id, Open>> channels = new HashMap<>();

    private final Map<Channel.Id, Open> byId = new HashMap<>();

    /** A channel at work. */
    private static final class Open {
        private final Channel channel;
        private final long openedMillis;
        private long usedMillis;
        private final SequenceWindow seen = new SequenceWindow();

        private Open(Channel channel, long now) {
            this.channel = channel;
            this.openedMillis = now;
            this.usedMillis = now;
        }

        private boolean isOver(long now) {
            return now - openedMillis >= Channel.LIFETIME.toMillis() || now - usedMillis >= IDLE.toMillis();
        }
    }

    /** @param limit of channels for each user, and for all of them */
    public Channels(String node, Allowance.Limit limit) {
        this.node = node;
        this.limit = limit;
    }

    /** Takes a channel in, which is closed here. */
    public synchronized void add(Channel channel, long nowMillis) {
        SequencedMap<Channel.Id, Open> own = ofUser(channel.user());
        if (own.size() >= limit.each()) {
            end(own.firstEntry().getValue());
        } else if (byId.size() >= limit.inAll()) {
            // Whoever has the most gives way.
            channels.values().stream()
                    .max((one, other) -> Integer.compare(one.size(), other.size()))
                    .ifPresent(most -> end(most.firstEntry().getValue()));
        }
        Open open = new Open(channel, nowMillis);
        // Not its own of before: that is gone where its last one was ended.
        ofUser(channel.user()).put(channel.id(), open);
        byId.put(channel.id(), open);
    }

    private SequencedMap<Channel.Id, Open> ofUser(VerifyingKey user) {
        return channels.computeIfAbsent(user, _ -> new LinkedHashMap<>(4, 0.75f, true));
    }

    /**
     * A request under the MAC of a channel that is open here.
     *
     * @throws RefusedException when there is no such channel, or its MAC doesn't hold
     */
    public ChannelRequest verify(String header, long nowMillis) {
        return open(Channel.idOf(header, node), nowMillis).channel.verify(header, node);
    }

    private synchronized Open open(Channel.Id id, long now) {
        Optional<Open> open = Optional.ofNullable(byId.get(id));
        if (open.filter(each -> each.isOver(now)).isPresent()) {
            end(open.get());
            open = Optional.empty();
        }
        return open.orElseThrow(() -> unknown("it has no such channel, or not any more"));
    }

    private RefusedException unknown(String why) {
        return new RefusedException(Rule.UNKNOWN_CHANNEL, node + " refuses the request: " + why + "; sign the request");
    }

    /**
     * Uses a request up, once it is let in.
     *
     * @throws RefusedException when it was made before, or so many came after it that this can't be told
     */
    public synchronized void use(ChannelRequest request, long nowMillis) {
        Open open = open(request.channel(), nowMillis);
        switch (open.seen.take(request.sequence())) {
            case NEW -> {
                open.usedMillis = nowMillis;
                // In the order of use.
                var _ = channels.getOrDefault(request.key(), new LinkedHashMap<>())
                        .get(open.channel.id());
            }
            case SEEN ->
                throw new RefusedException(
                        Rule.REPLAYED, node + " refuses the request: it was made before; sign a new one");
            case TOO_OLD -> throw unknown("too many came after it in its channel");
        }
    }

    private void end(Open open) {
        open.channel.close();
        byId.remove(open.channel.id());
        channels.computeIfPresent(open.channel.user(), (_, own) -> {
            own.remove(open.channel.id());
            return own.isEmpty() ? null : own;
        });
    }

    /** How many are open. */
    public synchronized int size() {
        return byId.size();
    }

    /** Closes those that are over. */
    public synchronized void sweep(long nowMillis) {
        List<Open> over =
                byId.values().stream().filter(open -> open.isOver(nowMillis)).toList();
        over.forEach(this::end);
    }

    @Override
    public synchronized void close() {
        List.copyOf(byId.values()).forEach(this::end);
    }
}
