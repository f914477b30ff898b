package dev.interlock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.Server;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Role;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Secrets stay whole until the network has them, and are wiped then. */
@Timeout(240)
final class WipedBufferTest {
    private static final Duration PATIENT = Duration.ofSeconds(30);

    @Test
    void theLastReferenceWipes() {
        List<byte[]> freed = new ArrayList<>();
        ByteBuf buffer = new WipedBuffer(3, memory -> freed.add(memory.toArray(ValueLayout.JAVA_BYTE)));
        buffer.writeBytes(new byte[] {1, 2, 3});
        ByteBuf onItsWay = buffer.retainedSlice(1, 2);
        buffer.release();
        assertThat(onItsWay.getByte(0)).isEqualTo((byte) 2);
        assertThat(onItsWay.getByte(1)).isEqualTo((byte) 3);
        assertThat(freed).isEmpty();
        onItsWay.release();
        assertThat(freed).containsExactly(new byte[3]);
    }

    /** As an order is, whose blind seed is wiped as soon as nobody waits for the answer any more. */
    @Test
    void aBodyIsItsSendersAgainAtOnce() throws Exception {
        TlsIdentity identity = TlsIdentity.generate("cc1", new SecureRandom(), Instant.now());
        Server server = Server.builder()
                .https(new InetSocketAddress("127.0.0.1", 0))
                .tls(identity.keyPair())
                .gracefulShutdownTimeout(Duration.ZERO, Duration.ofSeconds(1))
                .service(
                        "/echo",
                        (context, request) -> HttpResponse.of(request.aggregate()
                                .thenApply(whole ->
                                        HttpResponse.of(HttpStatus.OK, MediaType.OCTET_STREAM, whole.content()))))
                .build();
        server.start().join();
        NodeCard card = NodeCard.of(
                Role.DEALER, "cc1", "127.0.0.1:" + server.activeLocalPort(), identity.pin(), key(), Optional.empty());
        byte[] secret = "the seed of a blind".getBytes(StandardCharsets.US_ASCII);
        try (Peers peers = new Peers(Optional.empty(), Deadlines.stallAfter(PATIENT))) {
            byte[] body = secret.clone();
            // The channel isn't even open yet.
            Peer.Call call = peers.to(card).begin(HttpMethod.POST, "/echo", Optional.empty(), body);
            Arrays.fill(body, (byte) 0);
            assertThat(call.complete(PATIENT)).isEqualTo(secret);
        } finally {
            server.stop().get(30, TimeUnit.SECONDS);
        }
    }

    private static VerifyingKey key() {
        try (SecretBytes seed = SecretBytes.random(SigningKey.SEED_BYTES, new SecureRandom());
                SigningKey key = new SigningKey(seed)) {
            return key.verifyingKey();
        }
    }
}
