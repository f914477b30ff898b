package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.UserList;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Channel;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SignedRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A signed request serves one node, one operation, one subject, one body, once, for a while. */
@Timeout(240)
final class RequestTest {
    private static final byte[] NOTHING = {};

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static RawUser raw;
    private static Token token;
    private static String id;
    private static String path;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 2, TestRing.PATIENT);
        raw = RawUser.of(ring, "credential");
        token = ring.put("a secret".getBytes(StandardCharsets.UTF_8));
        id = token.object().toString();
        path = "/v1/objects/" + id;
    }

    @AfterAll
    static void stop() {
        raw.close();
        ring.close();
    }

    private static void refused(String why, ThrowingCallable attempt) {
        assertThatThrownBy(attempt).isInstanceOf(RefusedException.class).hasMessageContaining(why);
    }

    private static byte[] info(String node, String header) {
        return raw.send(node, HttpMethod.GET, path, header, NOTHING);
    }

    @Test
    void anHonestOneIsServed() {
        assertThat(info("cc1", raw.header("cc1", Operation.INFO, id, NOTHING))).isNotEmpty();
    }

    @Test
    void forAnotherProvider() {
        refused("signed for cc1", () -> info("cc2", raw.header("cc1", Operation.INFO, id, NOTHING)));
    }

    @Test
    void forAnotherRing() {
        String header = SignedRequest.sign(
                raw.credential(), new RingId(1, 2), 1, "cc1", Operation.INFO, id, NOTHING, raw.random(), Instant.now());
        refused("another ring", () -> info("cc1", header));
    }

    @Test
    void forAnotherEpoch() {
        String header = SignedRequest.sign(
                raw.credential(), raw.ring().id(), 2, "cc1", Operation.INFO, id, NOTHING, raw.random(), Instant.now());
        refused("epoch 2", () -> info("cc1", header));
    }

    @Test
    void expired() {
        Instant then = Instant.now().minus(SignedRequest.LIFETIME).minus(Duration.ofSeconds(1));
        refused("expired", () -> info("cc1", raw.header("cc1", Operation.INFO, id, NOTHING, then)));
    }

    @Test
    void tooFarInTheFuture() {
        Instant then = Instant.now().plus(SignedRequest.CLOCK_SKEW).plus(Duration.ofSeconds(60));
        refused("too far ahead", () -> info("cc1", raw.header("cc1", Operation.INFO, id, NOTHING, then)));
    }

    @Test
    void withAnotherBody() {
        String header = raw.header("cc1", Operation.DESTROY, id, new byte[] {1, 2, 4});
        refused("body", () -> raw.send("cc1", HttpMethod.DELETE, path, header, new byte[] {1, 2, 3}));
    }

    @Test
    void replayed() {
        String header = raw.header("cc1", Operation.INFO, id, NOTHING);
        assertThat(info("cc1", header)).isNotEmpty();
        refused("made before", () -> info("cc1", header));
    }

    @Test
    void forAnotherOperation() {
        String header = raw.header("cc1", Operation.INFO, id, NOTHING);
        refused("operation INFO", () -> raw.send("cc1", HttpMethod.DELETE, path, header, NOTHING));
        assertThat(ring.get(token.object())).asString(StandardCharsets.UTF_8).isEqualTo("a secret");
    }

    @Test
    void forAnotherObject() {
        String another = TestRing.put(ring.owner(), NOTHING).object().toString();
        refused("another object", () -> info("cc1", raw.header("cc1", Operation.INFO, another, NOTHING)));
    }

    @Test
    void withoutASignature() {
        refused("no signature", () -> raw.peer("cc1").call(HttpMethod.GET, path, Optional.empty(), NOTHING));
        refused("", () -> info("cc1", "nonsense"));
        refused("", () -> info("cc1", "AAAA.AAAA"));
        refused("no signature", () -> info("cc1", "A".repeat(5000)));
        String header = raw.header("cc1", Operation.INFO, id, NOTHING);
        String changed = (header.charAt(100) == 'A' ? 'B' : 'A') + header.substring(101);
        refused("", () -> info("cc1", header.substring(0, 100) + changed));
        String stripped = header.substring(0, header.indexOf('.'));
        refused("", () -> info("cc1", stripped));
        refused("", () -> info("cc1", stripped + "." + "A".repeat(86)));
    }

    @Test
    void ofAUserWhomNobodyLetIn() {
        try (RawUser stranger = RawUser.of(ring, "stranger")) {
            refused(
                    "doesn't know this user",
                    () -> stranger.call("cc1", HttpMethod.GET, path, Operation.INFO, id, NOTHING));
            refused(
                    "doesn't know this user",
                    () -> stranger.call("dealer1", HttpMethod.POST, "/v1/deals", Operation.DEAL, "0", dealRequest()));
        }
    }

    private static byte[] dealRequest() {
        return ("{\"protocol\":3,\"profile\":\"blinded\",\"object\":\"" + id
                        + "\",\"session\":\"0\",\"path\":[1,2],\"length\":1,\"ofZero\":false}")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void idsOfAnyShape() {
        for (String odd : new String[] {"%2e%2e%2fcard", "..%2f..%2fcard", "%0a", "x".repeat(200), "%D0%B0%D0%B1"}) {
            assertThatThrownBy(
                            () -> raw.call("cc1", HttpMethod.GET, "/v1/objects/" + odd, Operation.INFO, odd, NOTHING))
                    .isInstanceOf(InterlockException.class);
        }
        anHonestOneIsServed();
    }

    @Test
    void bodiesOfAnyShape() {
        for (String odd : new String[] {"", "{", "null", "[]", "{\"kind\":\"write\"}", "\u0000"}) {
            byte[] body = odd.getBytes(StandardCharsets.UTF_8);
            assertThatThrownBy(() -> raw.call("cc1", HttpMethod.POST, "/v1/sessions", Operation.ORDER, "", body))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("cc1");
        }
        byte[] tooLong = new byte[1 << 20];
        assertThatThrownBy(() -> raw.call("cc1", HttpMethod.POST, "/v1/sessions", Operation.ORDER, "", tooLong))
                .isInstanceOf(BadInputException.class);
    }

    // ---- Channels ----

    private static Channel channel(RawUser user, String node) {
        try (Channel.Offer offer = new Channel.Offer(user.random())) {
            byte[] answer = user.call(node, HttpMethod.POST, "/v1/channels", Operation.CHANNEL, "", offer.publicKey());
            return offer.accept(
                    user.ring().id(),
                    node,
                    user.ring().node(node).orElseThrow().key(),
                    user.credential().publicKey(user.ring().id(), node),
                    answer);
        }
    }

    private static String inChannel(Channel channel, long sequence) {
        return channel.request(sequence, 1, Operation.INFO, id, NOTHING);
    }

    @Test
    void inAChannelEachRequestServesOnceAndForWhatItSays() {
        try (Channel channel = channel(raw, "cc1")) {
            assertThat(info("cc1", inChannel(channel, 1))).isNotEmpty();
            assertThat(info("cc1", inChannel(channel, 0))).isNotEmpty();
            refused("made before", () -> info("cc1", inChannel(channel, 1)));
            refused("operation INFO", () -> raw.send("cc1", HttpMethod.DELETE, path, inChannel(channel, 2), NOTHING));
            refused("epoch 2", () -> info("cc1", channel.request(3, 2, Operation.INFO, id, NOTHING)));
            refused("another object", () -> info("cc1", channel.request(4, 1, Operation.INFO, "", NOTHING)));
            String header = channel.request(5, 1, Operation.DESTROY, id, new byte[] {1, 2, 4});
            refused("body", () -> raw.send("cc1", HttpMethod.DELETE, path, header, new byte[] {1, 2, 3}));
            refused(
                    "opened by a signed request",
                    () -> raw.send(
                            "cc1",
                            HttpMethod.POST,
                            "/v1/channels",
                            channel.request(6, 1, Operation.CHANNEL, "", new byte[Channel.KEY_BYTES]),
                            new byte[Channel.KEY_BYTES]));
            // Another node, and another process of the same one, has no such channel.
            refused("no such channel", () -> info("cc2", inChannel(channel, 7)));
            ring.restart("cc1");
            refused("no such channel", () -> info("cc1", inChannel(channel, 8)));
        }
        assertThat(ring.get(token.object())).asString(StandardCharsets.UTF_8).isEqualTo("a secret");
    }

    @Test
    void aChannelIsOneUsersAndEndsWithItsAdmission() {
        try (RawUser other = RawUser.of(ring, "other");
                Channel channel = channel(other, "cc1")) {
            refused("another user", () -> info("cc1", inChannel(channel, 0)));
            NodeFolder folder = NodeFolder.open(ring.node("cc1"));
            String key =
                    other.credential().publicKey(ring.descriptor().id(), "cc1").toString();
            assertThat(new UserList(folder).remove("other")).hasSize(1);
            try {
                refused("doesn't know this user", () -> info("cc1", inChannel(channel, 1)));
            } finally {
                folder.allow("other", key);
            }
            refused("another user", () -> info("cc1", inChannel(channel, 2)));
        }
    }

    @Test
    void whoIsNotLetInOpensNone() {
        try (RawUser stranger = RawUser.of(ring, "stranger")) {
            refused("doesn't know this user", () -> channel(stranger, "cc1"));
        }
        refused("no such channel", () -> info("cc1", "c.AQ" + "A".repeat(100) + ".AAAA"));
        refused("MAC can't be accepted", () -> info("cc1", "c.AAAA"));
        assertThatThrownBy(() -> raw.call(
                        "cc1", HttpMethod.POST, "/v1/channels", Operation.CHANNEL, "", new byte[Channel.KEY_BYTES]))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("small order");
    }
}
