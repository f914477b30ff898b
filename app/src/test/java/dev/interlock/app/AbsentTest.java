package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Interlock;
import dev.interlock.client.ObjectStatus;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Objects, users and nodes that aren't there. */
@Timeout(240)
@Tag("long")
final class AbsentTest {
    private static final byte[] SECRET = "a secret".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private static Path dir;

    private static TestRing ring;

    private Token token;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @BeforeEach
    void put() {
        token = ring.put(SECRET);
    }

    @AfterEach
    void allUp() {
        ring.startAll();
    }

    private static void fails(
            int exitCode, Class<? extends InterlockException> type, ThrowingCallable attempt, String... says) {
        assertThatThrownBy(attempt)
                .isInstanceOf(type)
                .satisfies(e -> List.of(says).forEach(said -> assertThat(e).hasMessageContaining(said)))
                .satisfies(e -> assertThat(Main.exitCode((Exception) e)).isEqualTo(exitCode));
    }

    @Test
    void anUnknownId() {
        ObjectId unknown = ObjectId.of(TestRing.random(ObjectId.BYTES));
        fails(5, NoSuchObjectException.class, () -> ring.get(unknown), unknown.toString());
        fails(5, NoSuchObjectException.class, () -> ring.owner().info(unknown));
        fails(5, NoSuchObjectException.class, () -> ring.owner().destroy(unknown, List.of(), erased -> {}));
    }

    @Test
    void anotherUsersObject() throws Exception {
        ObjectId object = token.object();
        Interlock other = ring.other();
        fails(6, RefusedException.class, () -> TestRing.get(other, object), "another user");
        fails(6, RefusedException.class, () -> other.info(object));
        fails(6, RefusedException.class, () -> other.destroy(object, List.of(), erased -> {}));
        Token own = TestRing.put(other, new byte[3]);
        assertThat(other.list()).extracting(listed -> listed.object()).containsExactly(own.object());
        assertThat(TestRing.get(other, own.object())).hasSize(3);
        fails(6, RefusedException.class, () -> ring.get(own.object()));
        assertThat(ring.get(object)).isEqualTo(SECRET);
    }

    @Test
    void aUserWhomNobodyLetIn() {
        Interlock stranger = ring.stranger();
        fails(6, RefusedException.class, () -> TestRing.put(stranger, SECRET), "doesn't know this user");
        fails(6, RefusedException.class, () -> TestRing.get(stranger, token.object()));
        fails(6, RefusedException.class, stranger::list);
        fails(6, RefusedException.class, () -> stranger.info(token.object()));
        fails(6, RefusedException.class, () -> stranger.destroy(token.object(), List.of(), erased -> {}));
    }

    @Test
    void aProviderAtAWrite() throws Exception {
        int before = ring.owner().list().size();
        ring.stop("cc4");
        assertThatThrownBy(() -> ring.put(SECRET))
                .isInstanceOf(TooFewProvidersException.class)
                .hasMessageContainingAll("needs 5", "4 can be used", "cc4", "connection refused")
                .hasMessageNotContainingAny("cc1", "cc2", "cc3", "cc5");
        ring.start("cc4");
        assertThat(ring.owner().list()).hasSize(before);
        assertThat(ring.get(ring.put(SECRET).object())).isEqualTo(SECRET);
    }

    @Test
    void theDealerAtAWrite() throws Exception {
        int before = ring.owner().list().size();
        ring.stop("dealer1");
        fails(1, NodeException.class, () -> ring.put(TestRing.random(300_000)), "dealer1", "connection refused");
        ring.start("dealer1");
        assertThat(ring.owner().list()).hasSize(before);
        for (String provider : ring.providers()) {
            assertThat(ring.dataFiles(provider)).isEmpty();
        }
        assertThat(ring.get(ring.put(SECRET).object())).isEqualTo(SECRET);
    }

    @Test
    void twoOfFiveAtARead() throws Exception {
        List<String> route = ring.route(token);
        ring.stop(route.get(0), route.get(1));
        assertThat(ring.get(token.object())).isEqualTo(SECRET);
        assertThat(ring.owner().list()).isNotEmpty();
        ObjectStatus status = ring.owner().info(token.object());
        assertThat(status.committed()).isEqualTo(3);
        assertThat(status.states().get(route.get(0))).contains("connection refused");
        // Two more, and then other two: those left always have the ciphertext among them.
        ring.start(route.get(0), route.get(1));
        ring.stop(route.get(1), route.get(2));
        assertThat(ring.get(token.object())).isEqualTo(SECRET);
    }

    @Test
    void threeOfFiveAtARead() {
        ring.stop("cc1", "cc3", "cc5");
        assertThatThrownBy(() -> ring.get(token.object()))
                .isInstanceOf(TooFewProvidersException.class)
                .hasMessageContainingAll("needs 3", "2 can be used", "cc1", "cc3", "cc5")
                .hasMessageNotContainingAny("cc2", "cc4");
    }

    @Test
    void allOfFive() {
        ring.stop("cc1", "cc2", "cc3", "cc4", "cc5");
        fails(3, TooFewProvidersException.class, () -> ring.get(token.object()), "cc1", "cc2", "cc3", "cc4", "cc5");
        fails(3, TooFewProvidersException.class, () -> ring.put(SECRET), "cc1", "cc2", "cc3", "cc4", "cc5");
        fails(3, TooFewProvidersException.class, () -> ring.owner().list(), "cc1", "cc5");
    }
}
