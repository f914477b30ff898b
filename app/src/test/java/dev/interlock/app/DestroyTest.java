package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Destruction;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.node.store.Engine;
import dev.interlock.node.store.SealedStore;
import dev.interlock.protocol.Destroyed;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Inbound;
import dev.interlock.wire.RecordReader;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Destroyed is destroyed: at once, for ever, and on the disk. */
@Timeout(240)
@Tag("long")
final class DestroyTest {
    private static final List<String> ALL = List.of();

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT, TestRing.embeddedAt("cc1"));
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
    void receiptsHoldOfflineAndForgedOnesDont() throws Exception {
        ObjectId object = ring.put(TestRing.random(100)).object();
        ObjectId other = ring.put(TestRing.random(100)).object();
        Destroyed two =
                ring.owner().destroy(object, List.of("cc1", "cc4"), _ -> {}).proof();
        Destroyed three = ring.owner().destroy(object, List.of("cc2"), _ -> {}).proof();
        Destroyed others = ring.owner().destroy(other, ALL, _ -> {}).proof();
        RingDescriptor descriptor = ring.descriptor();

        Destroyed.Verdict still = Destroyed.decode(two.encode()).verify(descriptor);
        assertThat(still.providers()).containsExactlyInAnyOrder("cc1", "cc4");
        assertThat(still.unrecoverableSince()).isEmpty();
        Destroyed.Verdict gone = Destroyed.decode(three.encode()).verify(descriptor);
        assertThat(gone.providers()).containsExactlyInAnyOrder("cc1", "cc2", "cc4");
        assertThat(gone.unrecoverableSince()).isPresent();

        Receipt receipt = two.receipts().getFirst();
        dontHold(new Destroyed(two.chain(), others.receipts()), "another object");
        dontHold(new Destroyed(two.chain(), List.of(receipt, receipt)), "twice");
        dontHold(new Destroyed(others.chain(), two.receipts()), "another object");
        dontHold(
                new Destroyed(
                        two.chain(),
                        List.of(new Receipt(
                                receipt.ring(),
                                receipt.epoch(),
                                receipt.object(),
                                receipt.number(),
                                receipt.generation(),
                                receipt.everywhere(),
                                receipt.x(),
                                receipt.shareRoot(),
                                receipt.destroyedMillis() - 1,
                                receipt.signature()))),
                "didn't sign");
    }

    private static void dontHold(Destroyed forged, String why) {
        assertThatThrownBy(() -> Destroyed.decode(forged.encode()).verify(ring.descriptor()))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("don't hold")
                .hasMessageContaining(why);
    }

    @Test
    void everywhere() throws Exception {
        ObjectId object = ring.put(TestRing.random(100)).object();
        Map<Integer, String> order = new TreeMap<>();
        Destruction done = ring.owner()
                .destroy(
                        object,
                        ALL,
                        erased -> order.put(erased.count(), erased.provider() + (erased.last() ? "!" : "")));
        assertThat(order.keySet()).containsExactly(1, 2, 3, 4, 5);
        // The third receipt is the one that matters, whoever's it is.
        assertThat(order.get(3)).endsWith("!");
        order.computeIfPresent(3, (_, name) -> name.substring(0, name.length() - 1));
        assertThat(order.values()).containsExactlyInAnyOrderElementsOf(ring.providers());
        assertThat(done.receipts()).containsOnlyKeys(ring.providers());
        assertThat(done.failures()).isEmpty();
        assertThat(done.unrecoverableSince()).isPresent();
        done.receipts()
                .forEach((name, receipt) -> receipt.verify(
                        ring.descriptor().node(name).orElseThrow().key()));
        gone(object);
        assertThat(ring.owner().list()).extracting(listed -> listed.object()).doesNotContain(object);
        ring.restart(ring.providers().toArray(String[]::new));
        gone(object);
        // Again: the same receipts.
        assertThat(ring.owner().destroy(object, ALL, erased -> {}).receipts()).containsOnlyKeys(ring.providers());
    }

    private static void gone(ObjectId object) throws Exception {
        assertThatThrownBy(() -> ring.get(object))
                .isInstanceOf(DestroyedException.class)
                .satisfies(e -> assertThat(Main.exitCode((Exception) e)).isEqualTo(Main.NO_OBJECT));
        assertThat(ring.owner().info(object).committed()).isZero();
    }

    @Test
    void theLineIsCrossedAtNMinusTPlusOne() throws Exception {
        byte[] bytes = TestRing.random(100);
        ObjectId object = ring.put(bytes).object();
        Destruction two = ring.owner().destroy(object, List.of("cc2", "cc4"), erased -> {});
        assertThat(two.unrecoverableSince()).isEmpty();
        assertThat(ring.get(object)).isEqualTo(bytes);
        assertThat(ring.owner().info(object).destroyed()).isEqualTo(2);
        ring.stop("cc1");
        Destruction three = ring.owner().destroy(object, List.of("cc1", "cc5"), erased -> {});
        assertThat(three.receipts()).containsOnlyKeys("cc2", "cc4", "cc5");
        assertThat(three.failures()).containsOnlyKeys("cc1");
        assertThat(three.unrecoverableSince()).isPresent();
        ring.start("cc1");
        assertThatThrownBy(() -> ring.get(object)).isInstanceOf(DestroyedException.class);
        assertThatThrownBy(() -> ring.owner().destroy(object, List.of("cc9"), erased -> {}))
                .isInstanceOf(BadInputException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 300_000})
    void nothingOfItIsLeftOnTheDisk(int length) throws Exception {
        // What a database, or a bucket, has left of it, the store's own tests tell.
        String home = "cc1";
        Token token = Stream.generate(() -> ring.put(TestRing.random(length)))
                .filter(each -> ring.homes(each).contains(home))
                .findFirst()
                .orElseThrow();
        // Others around it, so that its rows aren't alone on their pages.
        List<ObjectId> others = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            others.add(ring.put(TestRing.random(100 + i)).object());
        }
        // Stopped, so that everything is in the database's own file.
        ring.stop(home);
        List<byte[]> secrets = secrets(ring, home, token.id());
        assertThat(secrets).hasSizeGreaterThanOrEqualTo(4);
        for (byte[] secret : secrets) {
            assertThat(FileSearch.filesWith(ring.node(home), secret)).isNotEmpty();
        }
        ring.start(home);
        Destruction unused = ring.owner().destroy(token.object(), ALL, erased -> {});
        // While the node runs, its log of writes included.
        for (byte[] secret : secrets) {
            assertThat(FileSearch.filesWith(ring.node(home), secret)).isEmpty();
        }
        assertThat(ring.dataFiles(home))
                .noneMatch(file -> file.toString().contains(token.id().toString()));
        ring.restart(home);
        for (byte[] secret : secrets) {
            assertThat(FileSearch.filesWith(ring.node(home), secret)).isEmpty();
        }
        for (ObjectId other : others) {
            assertThat(ring.get(other)).hasSizeBetween(100, 120);
        }
    }

    /** Of a provider that stands still: the generation's key, and pieces of its sealed share, ciphertext and manifest. */
    static List<byte[]> secrets(TestRing ring, String node, StatementHash generation) throws Exception {
        Path store = ring.storeFolder(node);
        if (!Files.exists(store.resolve("store.db"))) {
            try (SealedStore other = ring.openStore(node)) {
                return Engine.secrets(other, generation);
            }
        }
        List<byte[]> found = new ArrayList<>();
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + store.resolve("store.db"))) {
            long seq;
            try (PreparedStatement query =
                    database.prepareStatement("SELECT seq, key FROM object_key JOIN object USING (seq) WHERE id = ?")) {
                query.setBytes(1, generation.bytes());
                try (ResultSet row = query.executeQuery()) {
                    assertThat(row.next()).isTrue();
                    seq = row.getLong(1);
                    found.add(row.getBytes(2));
                }
            }
            try (PreparedStatement query = database.prepareStatement(
                    "SELECT sealed FROM blob WHERE place / 2048 = ? AND sealed IS NOT NULL")) {
                query.setLong(1, seq);
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        found.add(Arrays.copyOf(rows.getBytes(1), 32));
                    }
                }
            }
        }
        for (Path file : ring.dataFiles(node)) {
            if (file.getFileName().toString().startsWith(generation.toString())) {
                byte[] sealed = ring.stored(node, file);
                found.add(Arrays.copyOf(sealed, 32));
                found.add(Arrays.copyOfRange(sealed, sealed.length - 32, sealed.length));
            }
        }
        return found;
    }

    @Test
    void aReadUnderWayEnds() throws Exception {
        Token token = ring.put(TestRing.random(40 << 20));
        try (RawUser raw = RawUser.of(ring, "credential");
                HandRead read = new HandRead(raw, token)) {
            try (Inbound stream = read.orders().begin();
                    RecordReader in = new RecordReader(stream, ring.deadlines().stall())) {
                in.fill(MemorySegment.ofArray(new byte[100_000]));
                // The rest waits, for want of a reader, in the middle of the object.
                String last = read.route().getLast();
                Destruction done = ring.owner().destroy(token.object(), List.of(last), erased -> {});
                assertThat(done.receipts()).containsOnlyKeys(last);
                byte[] rest = new byte[(int) token.layout().padTotal() - 100_000];
                assertThatThrownBy(() -> in.fill(MemorySegment.ofArray(rest))).isInstanceOf(java.io.IOException.class);
            }
            assertThatThrownBy(() -> read.order(read.route().getLast())).isInstanceOf(InterlockException.class);
        }
        // Four are left, which is enough.
        assertThat(ring.get(token.object())).hasSize(40 << 20);
    }
}
