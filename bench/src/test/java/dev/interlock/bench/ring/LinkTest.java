package dev.interlock.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A line that says what passed it, and takes the time that it says. */
@Timeout(240)
final class LinkTest {
    private static final int BYTES = 300_000;
    private static final double BYTES_PER_SECOND = 1e6;

    @Test
    void aLineTakesItsTimeAndTellsOfIt() throws Exception {
        byte[] sent = new Content(1, BYTES).bytes();
        try (ServerSocket behind = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Link link = Link.open(0, behind.getLocalPort(), Duration.ofMillis(20), BYTES_PER_SECOND);
                Socket near = new Socket(InetAddress.getLoopbackAddress(), link.port());
                Socket far = behind.accept()) {
            long begun = System.nanoTime();
            near.getOutputStream().write(sent);
            near.shutdownOutput();
            assertThat(far.getInputStream().readAllBytes()).isEqualTo(sent);
            double seconds = (System.nanoTime() - begun) / 1e9;
            assertThat(seconds).isGreaterThanOrEqualTo(BYTES / BYTES_PER_SECOND);
        }
    }

    @Test
    void whatPassedIsToldOnce() throws Exception {
        byte[] sent = new Content(1, BYTES).bytes();
        try (ServerSocket behind = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Link link = Link.open(0, behind.getLocalPort(), Duration.ofMillis(20), BYTES_PER_SECOND);
                Socket near = new Socket(InetAddress.getLoopbackAddress(), link.port());
                Socket far = behind.accept()) {
            near.getOutputStream().write(sent);
            assertThat(far.getInputStream().readNBytes(BYTES)).isEqualTo(sent);
            Link.Flow flow = inwards(link);
            assertThat(flow.bytes()).isEqualTo(BYTES);
            double seconds = (flow.endedNanos() - flow.begunNanos()) / 1e9;
            assertThat(seconds).isGreaterThanOrEqualTo(BYTES / BYTES_PER_SECOND);
            assertThat(inwards(link).bytes()).isZero();
        }
    }

    private static Link.Flow inwards(Link link) {
        List<Link.Flow> flows = link.flows().stream().filter(Link.Flow::into).toList();
        assertThat(flows).hasSize(1);
        return flows.getFirst();
    }
}
