package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.Token;
import dev.interlock.node.admission.Allowances;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.wire.Peer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node keeps for a user has an end, and a node at the end of everything comes back by itself. */
@Timeout(240)
@Tag("long")
final class AllowancesTest {
    @TempDir
    private Path dir;

    private final byte[] m = TestRing.random(1000);

    private TestRing start(String allowances) throws IOException {
        TestRing ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        Files.writeString(ring.node("cc1").resolve(Allowances.FILE), allowances);
        ring.restart("cc1");
        return ring;
    }

    private static String metrics(RawUser raw) {
        return new String(
                raw.peer("cc1").call(HttpMethod.GET, "/metrics", Optional.empty(), new byte[0]),
                StandardCharsets.UTF_8);
    }

    private static double held(RawUser raw, Allowances.Kind kind) {
        return metrics(raw)
                .lines()
                .filter(line -> line.startsWith("interlock_allowance_held{allowance=\"" + kind.label() + "\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aUserKeepsSoManyObjectsAndNoMore() throws Exception {
        try (TestRing ring = start("objects 3 5\n");
                RawUser raw = RawUser.of(ring, "credential")) {
            List<Token> mine = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                mine.add(ring.put(m));
            }
            assertThatThrownBy(() -> ring.put(m))
                    .hasMessageContaining("it allows one user 3 objects on its disk, and 3 are in use")
                    .hasMessageContaining("destroy what isn't needed any more, or ask its operator for more");
            // It is nothing to others, and to what is there.
            for (int i = 0; i < 2; i++) {
                Token theirs = TestRing.put(ring.other(), m);
                assertThat(TestRing.get(ring.other(), theirs.object(), "cc1", "cc2"))
                        .isEqualTo(m);
            }
            assertThatThrownBy(() -> TestRing.put(ring.other(), m))
                    .hasMessageContaining("all users together 5 objects on its disk");
            for (Token each : mine) {
                assertThat(ring.get(each.object(), "cc1", "cc3")).isEqualTo(m);
            }
            assertThat(held(raw, Allowances.Kind.OBJECTS)).isEqualTo(5);
            byte[] health = raw.peer("cc1").call(HttpMethod.GET, "/health", Optional.empty(), new byte[0]);
            assertThat(new String(health, StandardCharsets.UTF_8)).contains("\"usedUp\" : [ \"objects\" ]");
            // Over a restart, too.
            ring.restart("cc1");
            assertThatThrownBy(() -> ring.put(m)).hasMessageContaining("3 are in use");
        }
    }

    @Test
    void aUserKeepsSoManyBytesUntilItDestroysSome() throws Exception {
        byte[] large = TestRing.random(1_500_000);
        try (TestRing ring = start("disk 4000000 9000000\n")) {
            // At cc1 a write takes its share, and as much again where it is the object's home: one or two fit, not
            // three.
            List<Token> mine = new ArrayList<>(List.of(ring.put(large)));
            assertThatThrownBy(() -> {
                        while (mine.size() < 3) {
                            mine.add(ring.put(large));
                        }
                    })
                    .hasMessageContaining("it allows one user 4000000 bytes on its disk");
            assertThat(ring.get(mine.getFirst().object())).isEqualTo(large);
            Token theirs = TestRing.put(ring.other(), large);
            for (Token each : mine) {
                var _ = ring.owner().destroy(each.object(), List.of(), _ -> {});
            }
            assertThat(ring.get(ring.put(large).object())).isEqualTo(large);
            assertThat(TestRing.get(ring.other(), theirs.object())).isEqualTo(large);
        }
    }

    /** Everything that a node gives is in use at once, by one who never ends what it begins. */
    @Test
    void aNodeAtEveryAllowanceComesBackByItself() throws Exception {
        try (TestRing ring = TestRing.start(dir, 2, 3, Duration.ofSeconds(8));
                RawUser raw = RawUser.of(ring, "credential")) {
            Files.writeString(
                    ring.node("cc1").resolve(Allowances.FILE),
                    "requests 6 6\nsessions 4 4\nwaits 3 3\nbodies 300000 300000\nfiles 2 2\n");
            ring.restart("cc1");
            List<HandWrite> writes = new ArrayList<>();
            List<Peer.Upload> held = new ArrayList<>();
            byte[] large = TestRing.random(300_000);
            untilRefused(raw, Allowances.Kind.FILES, () -> order(raw, writes, large));
            untilRefused(raw, Allowances.Kind.SESSIONS, () -> order(raw, writes, m));
            untilRefused(raw, Allowances.Kind.BODIES, () -> held.add(begin(raw, "/token", Operation.TOKEN, 200_000)));
            untilRefused(raw, Allowances.Kind.WAITS, () -> held.add(begin(raw, "/stations/0", Operation.STREAM, 10)));
            untilRefused(raw, Allowances.Kind.REQUESTS, () -> held.add(begin(raw, "/token", Operation.TOKEN, 10)));

            held.forEach(each -> each.fail(new RefusedException("the test goes on")));
            Await.until(
                    "nothing is in use any more",
                    () -> Stream.of(
                                    Allowances.Kind.REQUESTS,
                                    Allowances.Kind.SESSIONS,
                                    Allowances.Kind.WAITS,
                                    Allowances.Kind.BODIES,
                                    Allowances.Kind.FILES)
                            .allMatch(kind -> held(raw, kind) == 0));
            writes.forEach(HandWrite::close);
            for (Interlock user : List.of(ring.other(), ring.owner())) {
                Token token = TestRing.put(user, m);
                assertThat(TestRing.get(user, token.object(), "cc1", "cc2")).isEqualTo(m);
            }
        }
    }

    /** Where the operator gives metrics a listener, they are nowhere else, and it has nothing else. */
    @Test
    void metricsHaveAListenerOfTheirOwn() throws Exception {
        int port = TestRing.freePorts(1);
        try (TestRing ring = start("");
                RawUser raw = RawUser.of(ring, "credential");
                HttpClient http = HttpClient.newHttpClient()) {
            assertThat(metrics(raw)).contains("interlock_sessions");
            Files.writeString(ring.node("cc1").resolve("metrics"), "127.0.0.1:" + port + "\n");
            ring.restart("cc1");
            URI there = URI.create("http://127.0.0.1:" + port + "/");
            HttpResponse<String> all =
                    http.send(HttpRequest.newBuilder(there.resolve("metrics")).build(), BodyHandlers.ofString());
            assertThat(all.statusCode()).isEqualTo(200);
            assertThat(all.body()).contains("interlock_sessions");
            for (String path : List.of("health", "log/head", "v1/objects")) {
                assertThat(http.send(HttpRequest.newBuilder(there.resolve(path)).build(), BodyHandlers.ofString())
                                .statusCode())
                        .as(path)
                        .isEqualTo(404);
            }
            assertThatThrownBy(() -> metrics(raw)).hasMessageContaining("on a listener of their own");
            assertThat(ring.get(ring.put(m).object())).isEqualTo(m);
        }
    }

    private interface Step {
        void take() throws Exception;
    }

    private static void untilRefused(RawUser raw, Allowances.Kind kind, Step step) {
        Await.until(kind + " are at their end", () -> {
            step.take();
            return !metrics(raw).contains("interlock_allowance_refused_total{allowance=\"" + kind.label() + "\"} 0.0");
        });
    }

    private static void order(RawUser raw, List<HandWrite> writes, byte[] bytes) {
        HandWrite write = new HandWrite(raw, bytes);
        writes.add(write);
        try {
            write.orderAt("cc1");
        } catch (InterlockException e) {
            // It is refused in the end.
        }
    }

    /** Sends the beginning of a body for a session that nobody ordered, and never its end. */
    private static Peer.Upload begin(RawUser raw, String what, Operation operation, int bytes)
            throws InterruptedException {
        String session = HexFormat.of().formatHex(TestRing.random(32));
        return raw.begin(
                "cc1",
                "/v1/sessions/" + session + what,
                Optional.of(raw.header("cc1", operation, session, new byte[0])),
                bytes);
    }
}
