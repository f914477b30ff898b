package dev.interlock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a node that doesn't answer costs, and what is said of it. */
@Timeout(60)
final class PeerTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(100);

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
        try (SigningKey key = new SigningKey(SecretBytes.taking(new byte[SigningKey.SEED_BYTES]))) {
            return peers.to(NodeCard.of(
                    Role.PROVIDER,
                    "cc1",
                    "127.0.0.1:" + silent.getLocalPort(),
                    "0".repeat(64),
                    key.verifyingKey(),
                    Optional.of("x25519:" + "0".repeat(64))));
        }
    }

    @Test
    void handshakesHaveMoreTimeThanTheConnection() throws Exception {
        try (silent;
                Peers peers = new Peers(Optional.empty(), new Deadlines(SHORT, LONG, LONG, LONG))) {
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
}
