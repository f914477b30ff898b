package dev.interlock.node.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A connection on which nothing was let in is short and small, and goes for a new one. */
final class ConnectionsTest {
    private final Connections connections = new Connections(2, Duration.ofSeconds(15));

    private EmbeddedChannel open() {
        EmbeddedChannel channel = new EmbeddedChannel();
        connections.guard(channel.pipeline());
        return channel;
    }

    private static void send(EmbeddedChannel channel, int bytes) {
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[bytes]));
        channel.releaseInbound();
    }

    @Test
    void aStrangerIsReadOnlySoFarUntilItIsLetIn() {
        EmbeddedChannel channel = open();
        send(channel, Connections.STRANGER_BYTES);
        assertThat(channel.config().isAutoRead()).isTrue();
        send(channel, 1);
        assertThat(channel.config().isAutoRead()).isFalse();
        // Others may turn it on; what comes then turns it off again.
        channel.config().setAutoRead(true);
        send(channel, 1);
        assertThat(channel.config().isAutoRead()).isFalse();
        Connections.letIn(channel);
        channel.runPendingTasks();
        assertThat(channel.config().isAutoRead()).isTrue();
        send(channel, 10 * Connections.STRANGER_BYTES);
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    @Test
    void aStrangersTimeEnds() {
        EmbeddedChannel stranger = open();
        EmbeddedChannel user = open();
        Connections.letIn(user);
        for (EmbeddedChannel channel : new EmbeddedChannel[] {stranger, user}) {
            channel.advanceTimeBy(16, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
        }
        assertThat(stranger.isOpen()).isFalse();
        assertThat(user.isOpen()).isTrue();
        assertThat(connections.strangers()).isZero();
        assertThat(connections.closed()).isEqualTo(1);
    }

    @Test
    void oneMoreClosesTheOldestThatWasntLetIn() {
        EmbeddedChannel user = open();
        EmbeddedChannel oldest = open();
        Connections.letIn(user);
        EmbeddedChannel second = open();
        EmbeddedChannel third = open();
        oldest.runPendingTasks();
        assertThat(oldest.isOpen()).isFalse();
        assertThat(user.isOpen()).isTrue();
        assertThat(second.isOpen()).isTrue();
        assertThat(third.isOpen()).isTrue();
        second.close();
        EmbeddedChannel fourth = open();
        assertThat(third.isOpen()).isTrue();
        assertThat(fourth.isOpen()).isTrue();
    }
}
