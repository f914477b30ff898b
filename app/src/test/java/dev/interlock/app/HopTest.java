package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.store.BlobKind;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.wire.Peer;
import dev.interlock.wire.TlsIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams between the nodes that aren't what the session's order says. */
@Timeout(240)
final class HopTest {
    private static final int LENGTH = 200_000;

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static RawUser raw;

    private final byte[] m = TestRing.random(LENGTH);
    private HandWrite write;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        raw = RawUser.of(ring, "credential");
    }

    @AfterAll
    static void stop() {
        raw.close();
        ring.close();
    }

    @BeforeEach
    void begin() {
        write = new HandWrite(raw, m);
    }

    @AfterEach
    void end() {
        write.close();
    }

    private static RawUser as(String node) {
        return RawUser.withTls(ring, NodeFolder.open(ring.node(node)).tls());
    }

    private byte[] hop(RawUser from, String to, int place, byte[] bytes) {
        return from.stream(to, "/v1/sessions/" + write.session() + "/stations/" + place, Optional.empty(), bytes);
    }

    private void nothingStays() {
        write.abandon();
        for (String provider : ring.providers()) {
            assertThat(ring.dataFiles(provider))
                    .noneMatch(file -> file.getFileName().toString().startsWith(write.session()));
            assertThatThrownBy(() -> raw.call(
                            provider,
                            HttpMethod.GET,
                            "/v1/objects/" + write.object(),
                            Operation.INFO,
                            write.object().toString(),
                            new byte[0]))
                    .isInstanceOf(NoSuchObjectException.class);
        }
    }

    private void finish(Dealt dealt) {
        SignatureChain chain = write.chain(dealt);
        write.commit(chain, write.route());
        assertThat(ring.get(write.object())).isEqualTo(m);
    }

    @Test
    void theHonestWriteByHandIsReadable() {
        Peer.Call deal = write.orders().deal();
        byte[] unused = write.stream();
        finish(write.dealt(deal));
    }

    @Test
    void whatComesBeforeTheOrdersOfAWriteWaitsForThem() {
        Peer.Call deal = write.deal();
        CompletableFuture<byte[]> streamed = CompletableFuture.supplyAsync(() -> write.stream());
        assertThatThrownBy(() -> streamed.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        HandWrite unused = write.orders();
        assertThat(streamed).succeedsWithin(Duration.ofSeconds(20));
        finish(write.dealt(deal));
    }

    @Test
    void whatComesBeforeTheOrdersOfAReadWaitsForThem() {
        Token token = ring.put(m);
        try (HandRead read = new HandRead(raw, token)) {
            // Home's order first: its stream is on its way before the next one has its order.
            CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(() -> received(read));
            read.route().forEach(node -> {
                assertThatThrownBy(() -> received.get(100, TimeUnit.MILLISECONDS))
                        .isInstanceOf(TimeoutException.class);
                read.order(node);
            });
            assertThat(received)
                    .succeedsWithin(Duration.ofSeconds(20))
                    .satisfies(
                            p -> assertThat(Arrays.copyOfRange(p, 64, p.length)).isEqualTo(m));
        }
    }

    private static byte[] received(HandRead read) {
        try {
            return read.receive();
        } catch (IOException | InterruptedException e) {
            throw new CompletionException(e);
        }
    }

    @Test
    void truncated() {
        Dealt unused = write.dealt(write.orders().deal());
        try (RawUser cc1 = as("cc1")) {
            byte[] flow = write.blinded();
            assertThatThrownBy(() -> hop(cc1, "cc2", 1, Arrays.copyOf(flow, flow.length - 1)))
                    .asInstanceOf(InstanceOfAssertFactories.type(IntegrityException.class))
                    // Who answers accuses nobody but itself.
                    .satisfies(e -> {
                        assertThat(e.culprits()).isEmpty();
                        assertThat(e).hasMessageContaining("cc1");
                    });
        }
        assertThatThrownBy(() -> write.stream()).isInstanceOf(InterlockException.class);
        nothingStays();
    }

    @Test
    void overlong() {
        Dealt unused = write.dealt(write.orders().deal());
        try (RawUser cc1 = as("cc1")) {
            byte[] flow = write.blinded();
            assertThatThrownBy(() -> hop(cc1, "cc2", 1, Arrays.copyOf(flow, flow.length + 1)))
                    .asInstanceOf(InstanceOfAssertFactories.type(IntegrityException.class))
                    .satisfies(e -> {
                        assertThat(e.culprits()).isEmpty();
                        assertThat(e).hasMessageContaining("cc1");
                    });
        }
        nothingStays();
    }

    @Test
    void empty() {
        Dealt unused = write.dealt(write.orders().deal());
        try (RawUser cc1 = as("cc1")) {
            assertThatThrownBy(() -> hop(cc1, "cc2", 1, new byte[0]))
                    .asInstanceOf(InstanceOfAssertFactories.type(NodeException.class))
                    .satisfies(e -> assertThat(e.node()).isEqualTo("cc1"));
        }
        nothingStays();
    }

    @Test
    void truncatedOrOverlongByTheUser() {
        for (int wrong : new int[] {-1, 1}) {
            try (HandWrite spoilt = new HandWrite(raw, m)) {
                Dealt unused = spoilt.dealt(spoilt.orders().deal());
                byte[] flow = spoilt.blinded();
                assertThatThrownBy(() -> spoilt.stream(Arrays.copyOf(flow, flow.length + wrong)))
                        .isInstanceOf(IntegrityException.class)
                        .hasMessageContaining("the user sent");
                spoilt.abandon();
            }
        }
    }

    @Test
    void repeatedByANeighbour() {
        Peer.Call deal = write.orders().deal();
        byte[] unused = write.stream();
        Dealt dealt = write.dealt(deal);
        try (RawUser cc1 = as("cc1")) {
            assertThatThrownBy(() -> hop(cc1, "cc2", 1, write.blinded()))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("used before");
        }
        // The session is spoilt: a retry is a new one.
        assertThatThrownBy(() -> write.chain(dealt)).isInstanceOf(RefusedException.class);
        nothingStays();
    }

    /** Nobody waits for those behind before it signs; what is certified needs their signatures anyway. */
    @Test
    void theLastHomeKeepsNobodyFromSigning() {
        CountDownLatch over = new CountDownLatch(1);
        ring.stop("cc1");
        ring.startProvider(
                "cc1",
                store -> Altered.keeping(store, BlobKind.CIPHERTEXT, () -> {
                    Await.until("it fails", () -> over.getCount() == 0);
                    throw new IllegalStateException("it keeps nothing");
                }),
                FieldKernels.chosen());
        try {
            Peer.Call deal = write.orders().deal();
            CompletableFuture<byte[]> streamed = CompletableFuture.supplyAsync(() -> write.stream());
            byte[] message = write.message(write.dealt(deal)).encode();
            CompletableFuture<byte[]> last = CompletableFuture.supplyAsync(() -> write.token("cc1", message));
            for (String signed : List.of("cc2", "cc3")) {
                assertThat(Participation.decode(write.token(signed, message))
                                .ciphertextRoot()
                                .isPresent())
                        .isEqualTo(signed.equals("cc2"));
            }
            assertThat(streamed).isNotDone();
            assertThat(last).isNotDone();
            over.countDown();
            assertThat(last)
                    .failsWithin(Duration.ofSeconds(20))
                    .withThrowableOfType(ExecutionException.class)
                    .havingCause()
                    .asInstanceOf(InstanceOfAssertFactories.type(NodeException.class))
                    .satisfies(e -> assertThat(e.node()).isEqualTo("cc1"));
            assertThat(streamed).failsWithin(Duration.ofSeconds(20));
            // Who signed keeps it, whatever is said behind, until its user gives it up.
            byte[] seed = new byte[LinearHash.SEED_BYTES];
            assertThat(raw.call(
                            "cc3",
                            HttpMethod.POST,
                            "/v1/sessions/" + write.session() + "/check",
                            Operation.CHECK,
                            write.session(),
                            seed))
                    .isNotEmpty();
            nothingStays();
        } finally {
            over.countDown();
            ring.restart("cc1");
        }
        assertThat(ring.get(ring.put(m).object())).isEqualTo(m);
    }

    @Test
    void repeatedByTheUser() {
        Peer.Call deal = write.orders().deal();
        byte[] first = write.stream();
        assertThat(first).isNotEmpty();
        Dealt dealt = write.dealt(deal);
        assertThatThrownBy(() -> write.stream())
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("used before");
        assertThatThrownBy(() -> write.chain(dealt)).isInstanceOf(RefusedException.class);
        nothingStays();
    }

    @Test
    void dealtTwice() {
        Dealt dealt = write.dealt(write.orders().deal());
        assertThatThrownBy(() -> write.dealt(write.deal()))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("a retry is a new session");
        byte[] unused = write.stream();
        finish(dealt);
    }

    @Test
    void fromANodeThatIsNotTheNeighbour() {
        Peer.Call deal = write.orders().deal();
        for (String other : List.of("cc2", "cc3", "dealer1")) {
            try (RawUser wrong = as(other)) {
                assertThatThrownBy(() -> hop(wrong, "cc2", 1, write.blinded()))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining(other + " isn't the hop before");
            }
        }
        try (RawUser cc1 = as("cc1")) {
            assertThatThrownBy(() -> hop(cc1, "cc2", 0, write.blinded())).isInstanceOf(InterlockException.class);
            assertThatThrownBy(() -> hop(cc1, "cc2", 99, write.blinded())).isInstanceOf(InterlockException.class);
            assertThatThrownBy(() -> hop(cc1, "cc3", 2, write.blinded())).isInstanceOf(RefusedException.class);
        }
        byte[] unused = write.stream();
        finish(write.dealt(deal));
    }

    @Test
    void fromAUserWithoutACertificate() {
        Peer.Call deal = write.orders().deal();
        assertThatThrownBy(() -> hop(raw, "cc2", 1, write.blinded()))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("no certificate");
        byte[] unused = write.stream();
        finish(write.dealt(deal));
    }

    @Test
    void fromACertificateOutsideTheRing() {
        TlsIdentity outside = TlsIdentity.generate("cc1", new SecureRandom(), Instant.now());
        Peer.Call deal = write.orders().deal();
        try (RawUser nobody = RawUser.withTls(ring, outside)) {
            assertThatThrownBy(() -> hop(nobody, "cc2", 1, write.blinded())).isInstanceOf(InterlockException.class);
            assertThatThrownBy(() -> nobody.peer("cc2").call(HttpMethod.GET, "/health", Optional.empty(), new byte[0]))
                    .isInstanceOf(InterlockException.class);
        }
        byte[] unused = write.stream();
        finish(write.dealt(deal));
    }

    @Test
    void sharesFromSomeoneElseThanTheDealer() {
        HandWrite begun = write.orders();
        String path = "/v1/sessions/" + begun.session() + "/shares";
        try (RawUser cc1 = as("cc1")) {
            assertThatThrownBy(() -> cc1.stream("cc2", path, Optional.empty(), new byte[100]))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("isn't the dealer");
        }
        assertThatThrownBy(() -> raw.stream("cc2", path, Optional.empty(), new byte[100]))
                .isInstanceOf(RefusedException.class);
        Peer.Call deal = begun.deal();
        byte[] unused = begun.stream();
        finish(write.dealt(deal));
    }

    @Test
    void ofAnotherUsersSession() {
        Peer.Call deal = write.orders().deal();
        try (RawUser other = RawUser.of(ring, "other")) {
            String session = "/v1/sessions/" + write.session();
            assertThatThrownBy(() -> other.stream(
                            "cc1",
                            session + "/stations/0",
                            Optional.of(other.header("cc1", Operation.STREAM, write.session(), new byte[0])),
                            write.blinded()))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("another user's");
            assertThatThrownBy(() -> other.call(
                            "cc1", HttpMethod.DELETE, session, Operation.ABANDON, write.session(), new byte[0]))
                    .isInstanceOf(RefusedException.class);
        }
        byte[] unused = write.stream();
        finish(write.dealt(deal));
    }

    @Test
    @Tag("long")
    void toANodeThatIsNotInTheSession() {
        Token token = ring.put(m);
        try (HandRead read = new HandRead(raw, token);
                RawUser home = as(ring.route(token).get(0))) {
            String outside = ring.route(token).get(2);
            assertThat(read.route()).doesNotContain(outside);
            read.order(read.route().get(1));
            assertThatThrownBy(() -> home.stream(
                            outside,
                            "/v1/sessions/" + read.session() + "/stations/1",
                            Optional.empty(),
                            new byte[LENGTH]))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("no session");
            // Nor does it take an order that has no part for it.
            assertThatThrownBy(() -> read.orderMadeFor(read.route().getFirst(), outside))
                    .isInstanceOf(InterlockException.class);
        }
    }

    @Test
    void aWriteServesOnceAndTheMarkOutlivesTheProcess() {
        write.orders();
        for (int run = 0; run < 2; run++) {
            for (String node : write.route()) {
                assertThatThrownBy(() -> write.orderAt(node)).isInstanceOf(RefusedException.class);
            }
            ring.restart(write.route().toArray(String[]::new));
        }
        assertThatThrownBy(() -> write.orderAt(write.route().getFirst()))
                .hasMessageContaining("used before; a retry is a new session");
    }

    /** What a read adds on its way follows from its statement: an order repeated tells nothing new. */
    @Test
    void aReadRepeatedMovesTheSameBytes() throws Exception {
        Token token = ring.put(m);
        try (HandRead read = new HandRead(raw, token)) {
            byte[] first = read.orders().receive();
            assertThat(Arrays.copyOfRange(first, 64, first.length)).isEqualTo(m);
            ring.restart(read.route().toArray(String[]::new));
            assertThat(read.orders().receive()).isEqualTo(first);
        }
    }
}
