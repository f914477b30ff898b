package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.Server;
import dev.interlock.client.Interlock;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.TlsIdentity;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Channels only to the keys that the ring pins, and only with the post-quantum group. */
@Timeout(240)
final class TlsTest {
    private static final String GROUP = "X25519MLKEM768";
    private static final byte[] SECRET = "a secret".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @AfterEach
    void allUp() {
        ring.startAll();
    }

    @Test
    void theHybridGroupAloneIsSpoken() {
        for (NodeCard node : ring.descriptor().nodes().toList()) {
            assertThat(health(node, GROUP).status()).isEqualTo(HttpStatus.OK);
            assertThat(health(node, GROUP, "X25519").status()).isEqualTo(HttpStatus.OK);
        }
    }

    @Test
    void aClientWithoutTheHybridGroupIsRefused() {
        for (NodeCard node : ring.descriptor().nodes().toList()) {
            for (String group : List.of("X25519", "P-256", "X25519Kyber768Draft00")) {
                assertThatThrownBy(() -> health(node, group))
                        .isInstanceOf(CompletionException.class)
                        .rootCause()
                        .hasMessageContaining("SSL");
            }
        }
    }

    private static AggregatedHttpResponse health(NodeCard node, String... groups) {
        try (ClientFactory factory = ClientFactory.builder()
                .tlsCustomizer(tls -> tls.sslProvider(SslProvider.OPENSSL)
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .option(OpenSslContextOption.GROUPS, groups))
                .build()) {
            return WebClient.builder("h2://" + node.address())
                    .factory(factory)
                    .build()
                    .get("/health")
                    .aggregate()
                    .join();
        }
    }

    @Test
    void aNodeWithoutTheHybridGroupIsRefused() throws Exception {
        // It has the right key: only the group is wrong.
        TlsIdentity tls = NodeFolder.open(ring.node("cc3")).tls();
        try (Impostor old = Impostor.inPlaceOf("cc3", tls, "X25519")) {
            assertThatThrownBy(() -> ring.put(SECRET))
                    .isInstanceOf(TooFewProvidersException.class)
                    .hasMessageContaining("cc3");
            assertThat(old.heard).isEmpty();
        }
    }

    @Test
    @Tag("long")
    void theSameNodeWithTheHybridGroupIsSpokenTo() throws Exception {
        TlsIdentity tls = NodeFolder.open(ring.node("cc3")).tls();
        try (Impostor current = Impostor.inPlaceOf("cc3", tls, GROUP);
                Interlock impatient = Interlock.open(
                        ring.descriptor(), ring.credential("credential"), Deadlines.stallAfter(TestRing.SHORT))) {
            // It hears, and says nothing that anybody should wait for.
            assertThatThrownBy(() -> TestRing.put(impatient, SECRET)).isInstanceOf(TooFewProvidersException.class);
            assertThat(current.heard).contains("/v1/sessions");
        }
    }

    @Test
    void anImpostorHearsNothing() throws Exception {
        Token token = ring.put(SECRET);
        TlsIdentity tls = TlsIdentity.generate("cc3", new SecureRandom(), Instant.now());
        try (Impostor impostor = Impostor.inPlaceOf("cc3", tls, GROUP);
                Interlock client = ring.client("credential")) {
            assertThatThrownBy(() -> TestRing.put(client, SECRET))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContainingAll("cc3", "isn't trusted", "Nothing was sent");
            assertThat(TestRing.get(client, token.object())).isEqualTo(SECRET);
            assertThatThrownBy(() -> TestRing.get(client, token.object(), "cc3", "cc1"))
                    .hasMessageContainingAll("cc3", "isn't trusted");
            assertThat(impostor.heard).isEmpty();
        }
    }

    @Test
    void aDescriptorWithAnotherPin() throws Exception {
        Token token = ring.put(SECRET);
        try (Interlock client =
                Interlock.open(withAnotherPin("cc2"), ring.credential("credential"), ring.deadlines())) {
            assertThatThrownBy(() -> TestRing.put(client, SECRET))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContainingAll("cc2", "isn't trusted", "Nothing was sent");
            assertThat(TestRing.get(client, token.object())).isEqualTo(SECRET);
        }
    }

    @Test
    void aNodesKeyThatCantBeReadIsNamed() throws Exception {
        Path folder = dir.resolve("spoilt");
        NodeFolder node =
                NodeFolder.init(folder, Role.PROVIDER, "cc9", "127.0.0.1:9", new SecureRandom(), Instant.now());
        String other =
                TlsIdentity.generate("cc9", new SecureRandom(), Instant.now()).privateKeyPem();
        for (String file : List.of("tls.key", "tls.crt")) {
            String sound = Files.readString(folder.resolve(file));
            for (String spoilt : List.of("", "a text", sound.substring(0, 90), sound.replace('M', 'A'), other)) {
                Files.writeString(folder.resolve(file), spoilt);
                assertThatThrownBy(node::tls)
                        .isInstanceOf(BadInputException.class)
                        .hasMessageContainingAll(file, folder.toString())
                        .hasMessageNotContaining("PRIVATE");
            }
            Files.writeString(folder.resolve(file), sound);
            assertThat(node.tls().pin()).isEqualTo(node.card().tlsPin());
        }
    }

    /** The ring's descriptor, signed anew by the ring's own key, with one digit of a node's pin changed. */
    private static RingDescriptor withAnotherPin(String name) throws Exception {
        RingFolder folder = ring.folder();
        String document = Files.readString(folder.path().resolve(RingFolder.DESCRIPTOR));
        String body = document.substring(0, document.lastIndexOf("-- "));
        String pin = ring.descriptor().node(name).orElseThrow().tlsPin();
        String other = (pin.charAt(0) == '0' ? '1' : '0') + pin.substring(1);
        String changed = body.replace(pin, other);
        byte[] seed = HexFormat.of()
                .parseHex(Files.readString(folder.path().resolve("ring.key")).strip());
        try (SigningKey key = new SigningKey(SecretBytes.taking(seed))) {
            byte[] signature = key.sign(Purpose.RING_DESCRIPTOR, changed.getBytes(StandardCharsets.UTF_8));
            RingDescriptor spoilt = RingDescriptor.open(
                    (changed + "-- " + key.verifyingKey() + " " + HexFormat.of().formatHex(signature) + "\n")
                            .getBytes(StandardCharsets.UTF_8));
            assertThat(spoilt.id()).isEqualTo(ring.descriptor().id());
            return spoilt;
        }
    }

    /** Listens where a node did, and keeps what it is asked. */
    private static final class Impostor implements AutoCloseable {
        private final Queue<String> heard = new ConcurrentLinkedQueue<>();
        private final Server server;

        private Impostor(NodeCard node, TlsIdentity tls, String group) {
            this.server = Server.builder()
                    .https(new InetSocketAddress(node.host(), node.port()))
                    .tls(tls.keyPair())
                    .tlsCustomizer(builder -> builder.sslProvider(SslProvider.OPENSSL)
                            .protocols("TLSv1.3")
                            .option(OpenSslContextOption.GROUPS, new String[] {group}))
                    .serviceUnder("/", (context, request) -> {
                        heard.add(context.path());
                        return HttpResponse.of(HttpStatus.OK);
                    })
                    .build();
            server.start().join();
        }

        static Impostor inPlaceOf(String name, TlsIdentity tls, String group) {
            ring.stop(name);
            return new Impostor(ring.descriptor().node(name).orElseThrow(), tls, group);
        }

        @Override
        public void close() {
            server.stop().join();
        }
    }
}
