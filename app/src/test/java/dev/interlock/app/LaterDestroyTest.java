package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Destruction;
import dev.interlock.client.Repaired;
import dev.interlock.client.Scheduled;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Commands;
import dev.interlock.protocol.request.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Destroying what can't be destroyed now: at providers that are down, and at a later time. */
@Timeout(240)
@Tag("long")
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
    void commandsDoNothingButWhatTheirOwnerSigned() throws Exception {
        byte[] bytes = TestRing.random(100);
        Token token = ring.put(bytes);
        Token another = ring.put(bytes);
        Title owned = token.statement().title();
        Command.Deed ever = new Command.DestroyForEver();
        RingId elsewhere = RingId.of(new byte[RingId.BYTES]);
        ObjectId object = token.object();
        try (RawUser user = RawUser.of(ring, "credential");
                RawUser other = RawUser.of(ring, "other");
                RawUser node =
                        RawUser.withTls(ring, NodeFolder.open(ring.node("cc3")).tls())) {
            Command.Authorised good = user.command(owned, 0, ever, "cc2");
            Command.Authorised ofAnother = user.command(another.statement().title(), 0, ever, "cc2");
            // Signed by another's root secret, and by another's key: neither does alone.
            Command.Authorised byOtherRoot = other.command(owned, 0, ever, "cc2");
            Command.Authorised byOtherKey = new Command.Authorised(
                    good.signed(), "cc2", byOtherRoot.key(), keySignature(other, good.signed(), "cc2"));
            Command.Authorised forged =
                    new Command.Authorised(ofAnother.signed(), "cc2", good.key(), good.keySignature());
            // What a provider is given to carry.
            refuses(user, object, user.command(owned, 0, ever, "cc1"), "no other provider");
            refuses(user, object, user.command(owned, 0, ever, "cc9"), "no other provider");
            refuses(user, object, ofAnother, "another object");
            refuses(user, object, forged, "doesn't hold");
            refuses(user, object, byOtherRoot, "doesn't hold");
            refuses(other, object, good, "another user");
            refuses(user, ObjectId.parse("00".repeat(16)), good, "no object");
            // What a provider is brought, by another one.
            obeysNot(node, "cc1", good, "is for cc2");
            obeysNot(node, "cc2", forged, "doesn't hold");
            obeysNot(node, "cc2", byOtherRoot, "doesn't hold");
            obeysNot(node, "cc2", byOtherKey, "another user");
            obeysNot(node, "cc2", user.command(elsewhere, owned, 0, ever, "cc2"), "another ring");
            obeysNot(node, "cc2", user.command(owned, 0, new Command.Cancel(), "cc2"), "destroys nothing");
            // What ends nothing that is here.
            obeysNot(node, "cc2", user.command(owned, 0, new Command.Destroy(2, 9, token.id()), "cc2"), "nothing of");
            // By nobody else.
            obeysNot(user, "cc2", good, "certificate");
        }
        assertThat(destroyed(object)).isZero();
        assertThat(ring.get(object)).isEqualTo(bytes);
        assertThat(ring.get(another.object())).isEqualTo(bytes);
    }

    private static byte[] keySignature(RawUser user, Command.Signed signed, String node) {
        return user.credential().signCommand(user.ring().id(), node, Command.Authorised.message(signed, node));
    }

    private static void refuses(RawUser user, ObjectId object, Command.Authorised command, String why) {
        byte[] body = new Commands(List.of(command)).encode();
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

    private static void obeysNot(RawUser from, String to, Command.Authorised command, String why) {
        assertThatThrownBy(() -> from.peer(to).call(HttpMethod.POST, "/v1/notices", Optional.empty(), command.encode()))
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
                .as("the owner's last word counts")
                .hasValueSatisfying(later -> assertThat(later).isAfter(at.plus(Duration.ofHours(23))));
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
