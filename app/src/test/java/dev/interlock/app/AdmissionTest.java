package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.Token;
import dev.interlock.node.admission.Allowances;
import dev.interlock.node.admission.Connections;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Peer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a stranger and a user may take of a node: who it is comes before anything is read, and nobody takes others' share. */
@Timeout(240)
final class AdmissionTest {
    private static final String SOME_ID = "0123456789abcdef0123456789abcdef";
    private static final String SOME_HASH = SOME_ID + SOME_ID;
    private static final Duration SOON = Connections.STRANGER_TIME.minusSeconds(5);

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static RawUser raw;

    private final byte[] m = TestRing.random(1000);

    @BeforeAll
    static void start() throws IOException {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        Files.writeString(
                ring.node("cc1").resolve(Allowances.FILE), "sessions 6 12\nwaits 3 6\nbodies 300000 600000\n");
        ring.restart("cc1");
        raw = RawUser.of(ring, "credential");
    }

    @AfterAll
    static void stop() {
        raw.close();
        ring.close();
    }

    /** Whatever was tried before: the ring serves others, and the user itself again. */
    @AfterEach
    void everybodyIsServed() {
        for (Interlock user : List.of(ring.other(), ring.owner())) {
            Token token = TestRing.put(user, m);
            assertThat(TestRing.get(user, token.object(), "cc1", "cc2")).isEqualTo(m);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/sessions",
                "/v1/sessions/" + SOME_HASH + "/token",
                "/v1/sessions/" + SOME_HASH + "/check",
                "/v1/sessions/" + SOME_HASH + "/restore",
                "/v1/sessions/" + SOME_HASH + "/blind",
                "/v1/sessions/" + SOME_HASH + "/stations/0",
                "/v1/objects/" + SOME_HASH + "/commit",
                "/v1/objects/" + SOME_ID + "/schedule",
                "/v1/objects/" + SOME_ID + "/notices",
                "/v1/notices",
                "/v1/objects/" + SOME_HASH + "/waiting",
            })
    void aStrangersBodyIsntWaitedFor(String path) throws Exception {
        Peer.Upload upload = raw.begin("cc1", path, Optional.empty(), 1000);
        assertThatThrownBy(() -> upload.complete(SOON)).isInstanceOf(RefusedException.class);
    }

    @Test
    void norAtTheDealer() throws Exception {
        Peer.Upload upload = raw.begin("dealer1", "/v1/deals", Optional.empty(), 1000);
        assertThatThrownBy(() -> upload.complete(SOON)).isInstanceOf(RefusedException.class);
    }

    @Test
    void bodiesOfOneUserHaveOneBudget() throws Exception {
        List<Peer.Upload> held = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            held.add(raw.begin("cc1", "/v1/sessions/" + SOME_HASH + "/token", header(Operation.TOKEN), 200_000));
        }
        // One of the two came first.
        RefusedException refused = null;
        while (refused == null) {
            for (Peer.Upload each : held) {
                try {
                    byte[] _ = each.complete(Duration.ofMillis(200));
                } catch (RefusedException e) {
                    refused = e;
                } catch (InterlockException e) {
                    // It is still being read.
                }
            }
        }
        assertThat(refused)
                .hasMessageContaining("one user 300000 bytes of request bodies")
                .hasMessageContaining("ask again");
        held.forEach(each -> each.fail(new RefusedException("the test is over")));
    }

    private static Optional<String> header(Operation operation) {
        return Optional.of(raw.header("cc1", operation, SOME_HASH, new byte[0]));
    }

    @Test
    void ordersOfOneUserLeaveRoomForOthers() {
        List<HandWrite> writes = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            writes.add(new HandWrite(raw, m).orders());
        }
        try (HandWrite more = new HandWrite(raw, m)) {
            assertThatThrownBy(more::orders)
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("one user 6 sessions, and 6 are in use; ask again in 10 s");
            Token token = TestRing.put(ring.other(), m);
            assertThat(TestRing.get(ring.other(), token.object(), "cc1", "cc3")).isEqualTo(m);
        }
        for (HandWrite write : writes) {
            write.abandon();
            write.close();
        }
    }

    @Test
    @Tag("long")
    void requestsThatWaitForAnOrderAreFew() throws Exception {
        List<Peer.Upload> waiting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waiting.add(raw.begin("cc1", "/v1/sessions/" + SOME_HASH + "/stations/0", header(Operation.STREAM), 10));
        }
        RefusedException refused = null;
        while (refused == null) {
            Peer.Upload more =
                    raw.begin("cc1", "/v1/sessions/" + SOME_HASH + "/stations/0", header(Operation.STREAM), 10);
            waiting.add(more);
            try {
                byte[] _ = more.complete(Duration.ofMillis(500));
            } catch (RefusedException e) {
                refused = e;
            } catch (InterlockException e) {
                // The first ones weren't there yet.
            }
        }
        assertThat(refused).hasMessageContaining("one user 3 requests that wait for an order");
        // Their time ends by itself.
        Await.until("nobody waits any more", () -> metric("held{allowance=\"waits\"}") == 0);
    }

    @Test
    void strangersConnectionsGoForNewOnes() throws IOException {
        NodeCard node = ring.descriptor().node("cc1").orElseThrow();
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * Connections.MAX_STRANGERS; i++) {
                Socket socket = new Socket(node.host(), node.port());
                socket.getOutputStream().write("junk".getBytes(StandardCharsets.US_ASCII), 0, i % 5);
                sockets.add(socket);
            }
            // A new user gets in all the same.
            try (Interlock user = ring.client("credential")) {
                Token token = TestRing.put(user, m);
                assertThat(TestRing.get(user, token.object(), "cc1", "cc2")).isEqualTo(m);
            }
            Socket oldest = sockets.getFirst();
            oldest.setSoTimeout((int) SOON.toMillis());
            assertThat(oldest.getInputStream().read()).isEqualTo(-1);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    @Tag("long")
    void floodsOfFramesEndTheirConnectionAndNothingElse() throws Exception {
        NodeCard node = ring.descriptor().node("cc1").orElseThrow();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                RawHttp2 resets = new RawHttp2(node, new byte[0]);
                RawHttp2 continuations = new RawHttp2(node, new byte[0]);
                RawHttp2 headers = new RawHttp2(node, new byte[0]);
                RawHttp2 pings = new RawHttp2(node, new byte[0]);
                RawHttp2 unread = new RawHttp2(node, RawHttp2.setting(4, 0));
                RawHttp2 idle = new RawHttp2(node, new byte[0])) {
            Future<?> flooding = threads.submit(() -> {
                byte[] get = RawHttp2.request("GET", "/v1/objects/" + SOME_ID);
                for (int stream = 1; stream < 40_000 && resets.send(open(stream, get), reset(stream)); stream += 2) {}
            });
            Future<?> continuing = threads.submit(() -> {
                byte[] part = RawHttp2.fields("x-more", "y".repeat(100));
                continuations.push(
                        RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_STREAM, 1, RawHttp2.request("GET", "/health")));
                while (continuations.send(RawHttp2.frame(RawHttp2.CONTINUATION, 0, 1, part))) {}
            });
            Future<?> lengthy = threads.submit(() -> {
                List<String> fields = new ArrayList<>();
                for (int i = 0; i < 120; i++) {
                    fields.add("x-" + i);
                    fields.add("y".repeat(120));
                }
                byte[] block = RawHttp2.fields(fields.toArray(String[]::new));
                for (int stream = 1; stream < 2000; stream += 2) {
                    if (!headers.send(RawHttp2.frame(
                            RawHttp2.HEADERS, RawHttp2.END_STREAM | RawHttp2.END_HEADERS, stream, block))) {
                        break;
                    }
                }
                return null;
            });
            Future<?> pinging = threads.submit(() -> {
                while (pings.send(RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8]))) {}
            });
            // The window for what it asks stays closed.
            unread.push(open(1, RawHttp2.request("GET", "/health")), open(3, RawHttp2.request("GET", "/log/head")));
            Duration late = Connections.STRANGER_TIME.multipliedBy(4);
            for (RawHttp2 each : List.of(resets, continuations, headers, pings, unread, idle)) {
                assertThat(each.ended(late)).isTrue();
            }
            for (Future<?> each : List.of(flooding, continuing, lengthy, pinging)) {
                var _ = each.get(30, TimeUnit.SECONDS);
            }
        }
    }

    private static byte[] open(int stream, byte[] block) {
        return RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_STREAM | RawHttp2.END_HEADERS, stream, block);
    }

    private static byte[] reset(int stream) {
        return RawHttp2.frame(RawHttp2.RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
    }

    private static double metric(String name) {
        byte[] all = raw.peer("cc1").call(HttpMethod.GET, "/metrics", Optional.empty(), new byte[0]);
        return new String(all, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("interlock_allowance_" + name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void healthSaysWhatIsUsedUp() {
        byte[] health = raw.peer("cc1").call(HttpMethod.GET, "/health", Optional.empty(), new byte[0]);
        assertThat(new String(health, StandardCharsets.UTF_8)).contains("\"usedUp\" : [ ]");
    }
}
