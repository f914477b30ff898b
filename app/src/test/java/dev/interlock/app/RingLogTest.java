package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.GetOptions;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.log.Event;
import dev.interlock.node.log.Line;
import dev.interlock.node.log.LogCheck;
import dev.interlock.node.log.LogFile;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The audit logs of a ring tell what was done, all of it, and nothing about the content. */
@Timeout(240)
@Tag("long")
final class RingLogTest {
    private static final byte[] NOTHING = {};

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

    private static Path log(String node) {
        return ring.node(node).resolve(AuditLog.FILE);
    }

    private static List<Line> lines(String node) {
        List<Line> lines = new ArrayList<>();
        try {
            LogCheck _ = LogCheck.verify(log(node), Optional.empty(), lines::add);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return lines;
    }

    /** What came after so many lines, in the order of the alphabet: what travels at the same time has no other. */
    private static List<String> since(int lines, String node) {
        return lines(node).stream()
                .skip(lines)
                .filter(line -> line.event() != Event.SIGNED)
                // Opened beside what they are for, whenever that is, and again where a node was started anew.
                .filter(line -> !Operation.CHANNEL.name().equals(line.fields().get("op")))
                .filter(line -> !"unknown-channel".equals(line.fields().get("reason")))
                .map(line -> {
                    StringBuilder said = new StringBuilder(line.event().toString());
                    for (String name : List.of("op", "kind", "node", "reason")) {
                        if (line.fields().containsKey(name)) {
                            said.append(' ').append(line.field(name));
                        }
                    }
                    return said.toString();
                })
                .sorted()
                .toList();
    }

    private static void expect(int lines, String node, String... entries) {
        assertThat(since(lines, node))
                .as(node)
                .containsExactly(Arrays.stream(entries).sorted().toArray(String[]::new));
    }

    private static void refused(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(InterlockException.class);
    }

    @Test
    void aPutAGetRefusalsAndADestroyLeaveExactlyTheseEntries() throws Exception {
        TreeMap<String, Integer> before = new TreeMap<>();
        for (String node : List.of("cc1", "cc2", "cc3", "dealer1")) {
            before.put(node, lines(node).size());
        }
        byte[] secret = TestRing.random(100);
        Token token = ring.put(secret);
        String id = token.object().toString();
        List<String> route = ring.route(token);
        String first = route.get(0);
        String second = route.get(1);
        String last = route.get(2);
        List<byte[]> leaks = leaks(token, secret, first);
        // The last isn't a home, so that the first feeds the pass.
        ByteArrayOutputStream passed = new ByteArrayOutputStream();
        var _ = ring.owner()
                .get(
                        token.object(),
                        Channels.newChannel(passed),
                        new GetOptions(
                                List.of(first, last),
                                Blinding.EXPANDED,
                                Optional.empty(),
                                Optional.empty(),
                                GetOptions.Way.RING),
                        length -> {},
                        done -> {});
        assertThat(passed.toByteArray()).isEqualTo(secret);
        assertThat(ring.get(token.object(), first, last)).isEqualTo(secret);

        try (RawUser owner = RawUser.of(ring, "credential");
                RawUser other = RawUser.of(ring, "other");
                RawUser stranger = RawUser.of(ring, "stranger")) {
            String path = "/v1/objects/" + id;
            String header = owner.header(second, Operation.INFO, id, NOTHING);
            byte[] _ = owner.send(second, HttpMethod.GET, path, header, NOTHING);
            refused(() -> owner.send(second, HttpMethod.GET, path, header, NOTHING));
            refused(() -> owner.send(second, HttpMethod.GET, path, "x", NOTHING));
            refused(() -> other.call(second, HttpMethod.GET, path, Operation.INFO, id, NOTHING));
            refused(() -> stranger.call(second, HttpMethod.GET, path, Operation.INFO, id, NOTHING));
            refused(() -> owner.call(
                    second, HttpMethod.GET, "/v1/objects/" + token.id() + "/outcome", Operation.INFO, id, NOTHING));
        }
        assertThat(ring.owner().destroy(token.object(), List.of(), erased -> {}).receipts())
                .hasSize(3);

        expect(
                before.get(first),
                first,
                "AUTHORISED ORDER",
                "ORDERED write",
                "AUTHORISED SHARES dealer1",
                "AUTHORISED STREAM",
                "AUTHORISED STATIONS " + last,
                "AUTHORISED TOKEN",
                "STORED",
                "AUTHORISED COMMIT",
                "COMMITTED",
                "AUTHORISED MANIFEST",
                "AUTHORISED OPEN",
                "AUTHORISED INFO",
                "AUTHORISED ORDER",
                "ORDERED read",
                "AUTHORISED INFO",
                "AUTHORISED DESTROY",
                "DESTROYED");
        expect(
                before.get(second),
                second,
                "AUTHORISED ORDER",
                "ORDERED write",
                "AUTHORISED SHARES dealer1",
                "AUTHORISED STATIONS " + first,
                "AUTHORISED STATIONS " + last,
                "AUTHORISED TOKEN",
                "STORED",
                "AUTHORISED COMMIT",
                "COMMITTED",
                "AUTHORISED INFO",
                "REFUSED INFO replayed",
                "REFUSED INFO signature",
                "AUTHORISED INFO",
                "REFUSED INFO refused",
                "REFUSED INFO unknown-user",
                "REFUSED OUTCOME not-of-the-ring",
                "AUTHORISED INFO",
                "AUTHORISED DESTROY",
                "DESTROYED");
        expect(
                before.get(last),
                last,
                "AUTHORISED ORDER",
                "ORDERED write",
                "AUTHORISED SHARES dealer1",
                "AUTHORISED STATIONS " + second,
                "AUTHORISED TOKEN",
                "STORED",
                "AUTHORISED COMMIT",
                "COMMITTED",
                "AUTHORISED OPEN",
                "AUTHORISED INFO",
                "AUTHORISED ORDER",
                "AUTHORISED STREAM",
                "AUTHORISED STATIONS " + first,
                "ORDERED read",
                "AUTHORISED INFO",
                "AUTHORISED DESTROY",
                "DESTROYED");
        expect(before.get("dealer1"), "dealer1", "AUTHORISED DEAL", "DEALT");

        try (Credential owner = ring.credential("credential")) {
            for (String node : ring.providers()) {
                String key = owner.publicKey(ring.descriptor().id(), node).toString();
                assertThat(lines(node))
                        .filteredOn(line -> line.event() == Event.ORDERED && id.equals(line.field("object")))
                        .isNotEmpty()
                        .allSatisfy(line -> assertThat(line.field("user")).isEqualTo(key));
            }
        }
        for (String node : before.keySet()) {
            String text = Files.readString(log(node), StandardCharsets.ISO_8859_1);
            for (byte[] leak : leaks) {
                assertThat(text)
                        .doesNotContain(new String(leak, StandardCharsets.ISO_8859_1))
                        .doesNotContain(HexFormat.of().formatHex(leak))
                        .doesNotContain(Base64.getEncoder().encodeToString(leak).substring(0, 9))
                        .doesNotContain(
                                Base64.getUrlEncoder().encodeToString(leak).substring(0, 9));
            }
        }
    }

    /** The first bytes of the content, its hashes, and all that is computed from it. */
    private static List<byte[]> leaks(Token token, byte[] secret, String node) throws Exception {
        List<byte[]> whole = new ArrayList<>();
        whole.add(secret);
        for (String algorithm : List.of("SHA-256", "SHA-1", "MD5", "SHA-512")) {
            whole.add(MessageDigest.getInstance(algorithm).digest(secret));
        }
        whole.add(token.commitment());
        token.dealt().roots().forEach(root -> whole.add(root.root()));
        whole.addAll(token.dealt().signatures());
        try (RawUser owner = RawUser.of(ring, "credential")) {
            String id = token.id().toString();
            whole.add(owner.call(
                    node, HttpMethod.GET, "/v1/objects/" + id + "/manifest", Operation.MANIFEST, id, NOTHING));
        }
        return whole.stream().map(bytes -> Arrays.copyOf(bytes, 7)).toList();
    }

    @Test
    void theCommandVerifiesThemAndFindsAFlippedByte() throws Exception {
        ObjectId object = ring.put(TestRing.random(10)).object();
        Path descriptor = ring.folder().path();
        for (String node : List.of("cc1", "cc2", "cc3", "dealer1")) {
            assertThat(InProcess.run("log", "verify", ring.node(node), "--ring", descriptor)
                            .expect(0)
                            .text())
                    .contains("The log of " + node + " holds", "as the ring test names it");
        }
        assertThat(InProcess.run("log", "verify", log("cc1")).expect(0).text()).contains("as the log itself says");
        assertThat(InProcess.run("log", "verify", log("cc1"), "--json")
                        .expect(0)
                        .text())
                .contains("\"entries\" : " + lines("cc1").size());
        String shown = InProcess.run("log", "show", ring.node("cc1"), "--object", object, "--full")
                .expect(0)
                .text();
        assertThat(shown.lines())
                .allMatch(line -> line.contains(object.toString())
                        || line.contains(" session=")
                        || line.contains(" generation="));
        assertThat(shown).contains(" AUTHORISED op=ORDER ", " AUTHORISED op=TOKEN ", " COMMITTED ");

        byte[] head = InProcess.run("log", "head", ring.node("cc1")).expect(0).out();
        Path kept = Files.write(dir.resolve("kept"), head);
        assertThat(lines("cc1"))
                .anyMatch(line -> (line.text() + "\n").equals(new String(head, StandardCharsets.US_ASCII)));
        assertThat(InProcess.run("log", "verify", log("cc1"), "--since", kept).exit())
                .isZero();
        assertThat(InProcess.run("log", "verify", log("cc1"), "--since", new String(head, StandardCharsets.US_ASCII))
                        .exit())
                .isZero();
        assertThat(InProcess.run("log", "verify", log("cc2"), "--since", kept)
                        .expect(Main.INTEGRITY)
                        .err())
                .contains("another node's");

        byte[] log = Files.readAllBytes(log("cc1"));
        int line = lines("cc1").size() / 2;
        int at = 0;
        for (int passed = 1; passed < line; at++) {
            passed += log[at] == '\n' ? 1 : 0;
        }
        Path flipped = Files.write(dir.resolve("flipped"), LyingStore.flipped(log, at + 30));
        assertThat(InProcess.run("log", "verify", flipped)
                        .expect(Main.INTEGRITY)
                        .err())
                .contains("flipped, line " + line + ": ");
        assertThat(InProcess.run("log", "show", flipped).expect(Main.INTEGRITY).text())
                .isEmpty();

        Path others = Files.copy(log("cc2"), dir.resolve("others"));
        RingFolder otherRing = RingFolder.create(
                dir.resolve("another"), "another", 2, 3, 1, TestRing.freePorts(4), Set.of(Profile.BLINDED));
        assertThat(InProcess.run("log", "verify", others, "--ring", otherRing.path())
                        .expect(Main.INTEGRITY)
                        .err())
                .contains("line 1", "the key of cc2");
        assertThat(InProcess.run("log", "verify", dir.resolve("nowhere")).exit())
                .isEqualTo(Main.USAGE);
        assertThat(InProcess.run("log", "verify", log("cc1"), "--since", "nowhere")
                        .exit())
                .isEqualTo(Main.USAGE);
        assertThat(InProcess.run("log", "verify", log("cc1"), "--since", "no head")
                        .exit())
                .isEqualTo(Main.USAGE);
        assertThat(InProcess.run("log").exit()).isEqualTo(Main.USAGE);
    }

    @Test
    void aRestartIsInTheLogAndTheHeadIsGivenToAnyone() {
        ring.restart("cc2");
        List<Line> lines = lines("cc2");
        assertThat(lines.subList(lines.size() - 4, lines.size()))
                .extracting(Line::event)
                .containsExactly(Event.STOPPED, Event.SIGNED, Event.STARTED, Event.SIGNED);
        try (RawUser stranger = RawUser.of(ring, "stranger")) {
            byte[] head = stranger.peer("cc2")
                    .call(
                            HttpMethod.GET,
                            "/log/head",
                            Optional.empty(),
                            NOTHING,
                            stranger.deadlines().settle());
            assertThat(new String(head, StandardCharsets.US_ASCII))
                    .isEqualTo(lines.getLast().text() + "\n");
        }
    }

    @Test
    void aProviderThatCanNotLogTakesNothingNewButDestroys() throws Exception {
        byte[] secret = TestRing.random(50);
        Token token = ring.put(secret);
        ObjectId object = token.object();
        ring.stop("cc3");
        NodeFolder folder = NodeFolder.open(ring.node("cc3"));
        FullDisk disk = new FullDisk();
        ring.startProvider(
                "cc3", AuditLog.open("the log", disk, folder.card(), folder.signingKey(), Clock.systemUTC()));
        try {
            assertThat(ring.get(object, "cc1", "cc3")).isEqualTo(secret);
            disk.full = true;
            int length = disk.bytes.length;
            assertThatThrownBy(() -> ring.get(object, "cc1", "cc3")).hasMessageContaining("can't write its audit log");
            assertThatThrownBy(() -> ring.put(secret)).hasMessageContaining("can't write its audit log");
            assertThat(disk.bytes).hasSize(length);
            try (RawUser owner = RawUser.of(ring, "credential")) {
                String id = object.toString();
                byte[] command = owner.command(token.statement().title(), 0, new Command.DestroyForEver(), "cc3")
                        .encode();
                assertThat(owner.call("cc3", HttpMethod.DELETE, "/v1/objects/" + id, Operation.DESTROY, id, command))
                        .isNotEmpty();
                assertThat(new String(
                                owner.peer("cc3")
                                        .call(
                                                HttpMethod.GET,
                                                "/health",
                                                Optional.empty(),
                                                NOTHING,
                                                owner.deadlines().settle()),
                                StandardCharsets.UTF_8))
                        .contains("failing", "No space left on device");
            }
            disk.full = false;
            Await.until(
                    "the log is written again",
                    () -> new String(disk.bytes, StandardCharsets.US_ASCII).contains(" DESTROYED object=" + object));
            assertThatThrownBy(() -> ring.get(object, "cc1", "cc3")).hasMessageContaining("destroyed");
        } finally {
            disk.full = false;
            ring.restart("cc3");
        }
    }

    /** A log in memory, on a disk that is full when the test says so. */
    private static final class FullDisk implements LogFile {
        private volatile byte[] bytes = {};
        private volatile boolean full;

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public byte[] read(long at, int length) {
            return Arrays.copyOfRange(bytes, (int) at, (int) Math.min(bytes.length, at + length));
        }

        @Override
        public void write(long at, byte[] more) throws IOException {
            if (full) {
                throw new IOException("No space left on device");
            }
            byte[] longer = Arrays.copyOf(bytes, (int) at + more.length);
            System.arraycopy(more, 0, longer, (int) at, more.length);
            bytes = longer;
        }

        @Override
        public void truncate(long size) {
            bytes = Arrays.copyOf(bytes, (int) size);
        }

        @Override
        public void force() {}

        @Override
        public void setAside(byte[] dropped) {}

        @Override
        public void close() {}
    }
}
