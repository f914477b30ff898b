package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Destruction;
import dev.interlock.client.Repaired;
import dev.interlock.client.Scheduled;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;
import dev.interlock.node.NodeFolder;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Notices;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.DestroyNotice;
import dev.interlock.protocol.request.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Destroying what can't be destroyed now: at providers that are down, and at a later time. */
@Timeout(90)
final class LaterDestroyTest {
    private static final List<String> ALL = List.of();

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

    @BeforeEach
    void allUp() {
        ring.startAll();
    }

    @Test
    void whoWasDownDestroysWhenItReturnsEvenIfTheCarriersRestart() throws Exception {
        ObjectId object = ring.put(TestRing.random(100)).object();
        ring.stop("cc2");
        Destruction done = ring.owner().destroy(object, ALL, _ -> {});
        assertThat(done.receipts()).containsOnlyKeys("cc1", "cc3");
        assertThat(done.failures()).containsOnlyKeys("cc2");
        assertThat(done.told()).containsOnlyKeys("cc2");
        assertThat(done.told().get("cc2")).containsExactlyInAnyOrder("cc1", "cc3");

        ring.restart("cc1", "cc3");
        ring.start("cc2");
        Await.until("cc2 has destroyed it", () -> destroyed(object) == 3);
        assertThat(ring.owner()
                        .destroy(object, ALL, _ -> {})
                        .proof()
                        .verify(ring.descriptor())
                        .providers())
                .containsExactlyInAnyOrder("cc1", "cc2", "cc3");

        ring.restart("cc1", "cc2", "cc3");
        assertThat(destroyed(object)).isEqualTo(3);
        assertThat(ring.owner().repair("cc2", List.of(object), Duration.ZERO, _ -> {}))
                .allSatisfy(each -> assertThat(each).isInstanceOf(Repaired.LeftAlone.class));
        assertThatThrownBy(() -> ring.get(object)).isInstanceOf(DestroyedException.class);
    }

    @Test
    void noticesDoNothingButWhatTheirOwnerSigned() throws Exception {
        byte[] bytes = TestRing.random(100);
        ObjectId object = ring.put(bytes).object();
        ObjectId another = ring.put(bytes).object();
        RingId id = ring.descriptor().id();
        try (RawUser user = RawUser.of(ring, "credential");
                RawUser other = RawUser.of(ring, "other");
                RawUser node =
                        RawUser.withTls(ring, NodeFolder.open(ring.node("cc3")).tls());
                Credential owner = ring.credential("credential");
                Credential stranger = ring.credential("other")) {
            DestroyNotice good = DestroyNotice.sign(owner, id, "cc2", object, Instant.now());
            // What a provider is given to carry.
            refuses(user, object, DestroyNotice.sign(owner, id, "cc1", object, Instant.now()), "no other provider");
            refuses(user, object, DestroyNotice.sign(owner, id, "cc9", object, Instant.now()), "no other provider");
            refuses(user, object, DestroyNotice.sign(owner, id, "cc2", another, Instant.now()), "another object");
            refuses(user, object, forged(good, another), "doesn't hold");
            refuses(other, object, good, "another user");
            refuses(user, ObjectId.parse("00".repeat(16)), good, "no object");
            // What a provider is brought, by another one.
            obeysNot(node, "cc1", good, "is for cc2");
            obeysNot(node, "cc2", forged(good, another), "doesn't hold");
            obeysNot(node, "cc2", DestroyNotice.sign(stranger, id, "cc2", object, Instant.now()), "another user");
            RingId elsewhere = RingId.of(new byte[RingId.BYTES]);
            obeysNot(node, "cc2", DestroyNotice.sign(owner, elsewhere, "cc2", object, Instant.now()), "another ring");
            // By nobody else.
            obeysNot(user, "cc2", good, "certificate");
        }
        assertThat(destroyed(object)).isZero();
        assertThat(ring.get(object)).isEqualTo(bytes);
        assertThat(ring.get(another)).isEqualTo(bytes);
    }

    /** The same signature over another object. */
    private static DestroyNotice forged(DestroyNotice notice, ObjectId object) {
        return new DestroyNotice(
                notice.key(), notice.ring(), notice.node(), object, notice.signedMillis(), notice.signature());
    }

    private static void refuses(RawUser user, ObjectId object, DestroyNotice notice, String why) {
        byte[] body = new Notices(List.of(notice)).encode();
        assertThatThrownBy(() -> user.call(
                        "cc1",
                        HttpMethod.POST,
                        "/v1/objects/" + object + "/notices",
                        Operation.NOTIFY,
                        object.toString(),
                        body))
                .isInstanceOfAny(RefusedException.class, BadInputException.class, NoSuchObjectException.class)
                .hasMessageContaining(why);
    }

    private static void obeysNot(RawUser from, String to, DestroyNotice notice, String why) {
        assertThatThrownBy(() -> from.peer(to).call(HttpMethod.POST, "/v1/notices", Optional.empty(), notice.encode()))
                .isInstanceOf(InterlockException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aScheduledObjectIsClosedAndCanBeTakenBack() throws Exception {
        byte[] bytes = TestRing.random(100);
        ObjectId object = ring.put(bytes).object();
        Scheduled scheduled = ring.owner().scheduleDestroy(object, Duration.ofDays(7));
        assertThat(scheduled.times()).containsOnlyKeys(ring.providers());
        assertThat(scheduled.maybeOpen()).isFalse();
        assertThatThrownBy(() -> ring.get(object))
                .isInstanceOf(RefusedException.class)
                .isInstanceOfSatisfying(
                        InterlockException.class,
                        error -> assertThat(error.advice()).contains(new Advice.CancelDestroy(object.toString())));
        assertThat(ring.owner().info(object).states().values()).allMatch(state -> state.startsWith("to be destroyed"));
        assertThat(ring.owner().list()).anySatisfy(listed -> {
            assertThat(listed.object()).isEqualTo(object);
            assertThat(listed.destroyAt()).isPresent();
        });
        Instant at = scheduled.times().get("cc1").orElseThrow();
        assertThat(ring.owner()
                        .scheduleDestroy(object, Duration.ofDays(8))
                        .times()
                        .get("cc1"))
                .as("the earlier time stays")
                .contains(at);
        ring.restart("cc1", "cc2", "cc3");
        assertThatThrownBy(() -> ring.get(object)).isInstanceOf(RefusedException.class);

        ring.stop("cc2");
        Scheduled cancelled = ring.owner().cancelDestroy(object);
        assertThat(cancelled.failures()).containsOnlyKeys("cc2");
        assertThat(cancelled.open()).as("two of three keep it").isTrue();
        assertThat(ring.get(object)).isEqualTo(bytes);
    }

    @Test
    void whenItsTimeComesEveryProviderDestroysByItself() throws Exception {
        ObjectId object = ring.put(TestRing.random(100)).object();
        assertThatThrownBy(() -> ring.owner().scheduleDestroy(object, Duration.ofDays(400)))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("366 days");
        var _ = ring.owner().scheduleDestroy(object, Duration.ofSeconds(1));
        ring.restart("cc3");
        Await.until("all have destroyed it", () -> destroyed(object) == 3);
        assertThatThrownBy(() -> ring.get(object)).isInstanceOf(DestroyedException.class);
    }

    private static int destroyed(ObjectId object) throws InterruptedException {
        return ring.owner().info(object).destroyed();
    }
}
