package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Destruction;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedReader;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.StoreException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who stores what in which protocol, who gets it, and what is left of it after a destroy. */
@Timeout(240)
final class StoredTest {
    private static final List<String> ALL = List.of();

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static RawUser raw;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT);
        raw = RawUser.of(ring, "credential");
    }

    @AfterAll
    static void stop() {
        raw.close();
        ring.close();
    }

    @AfterEach
    void allUp() {
        ring.startAll();
    }

    private static Way.Kept put(Way way, byte[] bytes) {
        return way.put(ring.owner(), dir, bytes);
    }

    /** The kinds of an object's blobs at each provider of its route; all are stopped for that. */
    private static List<List<String>> kinds(Token... tokens) {
        ring.stop(ring.providers().toArray(String[]::new));
        List<List<String>> all = new ArrayList<>();
        for (Token token : tokens) {
            for (String node : ring.route(token)) {
                try (SealedStore store = ring.openStore(node)) {
                    all.add(Stream.concat(
                                    Stream.of(BlobKind.SHARE, BlobKind.CIPHERTEXT),
                                    IntStream.rangeClosed(1, 254).mapToObj(BlobKind::sealedShare))
                            .filter(kind -> has(store, token.object(), kind))
                            .map(BlobKind::toString)
                            .toList());
                }
            }
        }
        return all;
    }

    private static boolean has(SealedStore store, ObjectId object, BlobKind kind) {
        try {
            store.open(store.current(object).orElseThrow().generation().id(), kind)
                    .close();
            return true;
        } catch (StoreException.NoSuchObject none) {
            return false;
        }
    }

    @Test
    void everySchemesParts() {
        Way[] ways = {Way.ONE, Way.ONE.published(), Way.TWO, Way.TWO.published(), Way.THREE, Way.THREE.published()};
        Token[] tokens = Stream.of(ways)
                .map(way -> put(way, TestRing.random(32)).token())
                .toArray(Token[]::new);
        List<List<String>> there = kinds(tokens);
        for (int i = 0; i < ways.length; i++) {
            boolean sealed = ways[i].scheme().sealed();
            int homes = ways[i].scheme().blinded() ? 3 : 1;
            for (int place = 0; place < 5; place++) {
                assertThat(there.get(5 * i + place))
                        .as("%s at place %d", ways[i], place)
                        .containsExactlyElementsOf(expected(sealed, place < homes));
            }
        }
    }

    private static List<String> expected(boolean sealed, boolean home) {
        if (!sealed) {
            return home ? List.of("share", "ciphertext") : List.of("share");
        }
        return home ? List.of("ciphertext", "sealed-1", "sealed-2", "sealed-3", "sealed-4", "sealed-5") : List.of();
    }

    /** Protocol 1: what the sealed share of x says, opened with the user's key. */
    private static byte[] share(Way.Kept kept, ShareIndex x) {
        StatementHash object = kept.token().id();
        byte[] sealed = raw.call(
                ring.homes(kept.token()).getFirst(),
                HttpMethod.GET,
                "/v1/objects/" + object + "/sealed/" + x.x(),
                Operation.FETCH,
                object + "/" + x.x(),
                new byte[0]);
        SealedLayout layout = new SealedLayout(Kem.X25519);
        ChunkLayout chunks = kept.token().layout();
        byte[] piece = new byte[SealedLayout.sharePieceBytes(chunks, 0)];
        try (SealedReader reader = new SealedReader(
                Arrays.copyOf(sealed, layout.headerBytes()),
                Way.key(Kem.X25519),
                Sealing.ofShare(ring.descriptor().id(), object, x))) {
            int at = layout.headerBytes() + SealedLayout.leavesBytes(chunks);
            reader.open(
                    0,
                    true,
                    MemorySegment.ofArray(sealed).asSlice(at, piece.length + (long) SealedLayout.TAG_BYTES),
                    MemorySegment.ofArray(piece));
        }
        return piece;
    }

    @Test
    void noPlainShareOfProtocol1() {
        for (int length : new int[] {32, 300_000}) {
            Way.Kept kept = put(Way.ONE, TestRing.random(length));
            List<String> route = ring.route(kept.token());
            for (int place = 0; place < 5; place++) {
                byte[] piece = share(kept, kept.token().providers().get(place));
                String node = route.get(place);
                // The running node's log of writes included.
                assertThat(ring.placesWith(node, Arrays.copyOf(piece, 32), Arrays.copyOfRange(piece, 64, 96)))
                        .as("the salt or the share at %s", node)
                        .isEmpty();
                if (place >= 3) {
                    assertThat(ring.dataFiles(node))
                            .noneMatch(file ->
                                    file.toString().contains(kept.token().id().toString()));
                }
            }
        }
    }

    @Test
    void onlyItsOwnerFetchesAndOnlyProtocol1() {
        Way.Kept sealed = put(Way.ONE, new byte[100]);
        String home = ring.homes(sealed.token()).getFirst();
        StatementHash object = sealed.token().id();
        try (RawUser other = RawUser.of(ring, "other")) {
            for (String part : List.of("/ciphertext", "/sealed/1")) {
                String subject = object + (part.equals("/ciphertext") ? "" : "/1");
                assertThatThrownBy(() -> other.call(
                                home,
                                HttpMethod.GET,
                                "/v1/objects/" + object + part,
                                Operation.FETCH,
                                subject,
                                new byte[0]))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("another user");
            }
        }
        // A signature for one part doesn't fetch another.
        String header = raw.header(home, Operation.FETCH, object + "/1", new byte[0]);
        assertThatThrownBy(() ->
                        raw.send(home, HttpMethod.GET, "/v1/objects/" + object + "/sealed/2", header, new byte[0]))
                .isInstanceOf(RefusedException.class);
        for (String x : List.of("0", "6", "255", "-1", "1.0", "x")) {
            assertThatThrownBy(() -> raw.call(
                            home,
                            HttpMethod.GET,
                            "/v1/objects/" + object + "/sealed/" + x,
                            Operation.FETCH,
                            object + "/" + x,
                            new byte[0]))
                    .as("x = %s", x)
                    .isInstanceOf(InterlockException.class)
                    .hasMessageNotContaining("its log says why");
        }

        for (Way way : List.of(Way.TWO, Way.THREE, Way.TWO.published(), Way.THREE.published())) {
            Token token = put(way, new byte[100]).token();
            assertThatThrownBy(() -> raw.call(
                            ring.homes(token).getFirst(),
                            HttpMethod.GET,
                            "/v1/objects/" + token.id() + "/ciphertext",
                            Operation.FETCH,
                            token.id().toString(),
                            new byte[0]))
                    .as(way.toString())
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("only protocol 1");
        }
    }

    @Test
    void nothingIsLeftOfProtocol1() throws Exception {
        Way.Kept small = put(Way.ONE, TestRing.random(32));
        Way.Kept large = put(Way.ONE, TestRing.random(300_000));
        ring.stop(ring.providers().toArray(String[]::new));
        List<List<byte[]>> secrets = new ArrayList<>();
        for (String node : ring.providers()) {
            List<byte[]> here = new ArrayList<>(
                    DestroyTest.secrets(ring, node, small.token().id()));
            here.addAll(DestroyTest.secrets(ring, node, large.token().id()));
            assertThat(here).hasSizeGreaterThanOrEqualTo(4);
            secrets.add(here);
        }
        ring.startAll();
        for (Way.Kept kept : List.of(small, large)) {
            assertThat(ring.owner().destroy(kept.token().object(), ALL, _ -> {}).failures())
                    .isEmpty();
            assertThatThrownBy(kept::get).isInstanceOf(DestroyedException.class);
        }
        for (int i = 0; i < 5; i++) {
            String node = ring.providers().get(i);
            assertThat(ring.placesWith(node, secrets.get(i).toArray(byte[][]::new)))
                    .as(node)
                    .isEmpty();
            assertThat(ring.dataFiles(node))
                    .noneMatch(
                            file -> file.toString().contains(large.token().id().toString()));
        }
    }

    private static Destruction destroy(Way.Kept kept, String... at) throws InterruptedException {
        return ring.owner().destroy(kept.token().object(), List.of(at), _ -> {});
    }

    @Test
    void theLastHomeOfProtocol1() throws Exception {
        byte[] bytes = TestRing.random(100);
        Way.Kept kept = put(Way.ONE, bytes);
        List<String> route = ring.route(kept.token());
        // Four of five, but one home among those that are left.
        assertThat(destroy(kept, route.get(0), route.get(1), route.get(3), route.get(4))
                        .unrecoverableSince())
                .isEmpty();
        assertThat(kept.get()).isEqualTo(bytes);
        assertThat(destroy(kept, route.get(2)).unrecoverableSince()).isPresent();
        assertThatThrownBy(kept::get).isInstanceOf(DestroyedException.class);

        Way.Kept homes = put(Way.ONE, bytes);
        route = ring.route(homes.token());
        List<String> last = new ArrayList<>();
        Destruction done = ring.owner().destroy(homes.token().object(), route.subList(0, 3), erased -> {
            if (erased.last()) {
                last.add(erased.count() + " " + erased.provider());
            }
        });
        assertThat(done.unrecoverableSince()).isPresent();
        assertThat(last).hasSize(1).allSatisfy(said -> assertThat(said).startsWith("3 "));
        assertThatThrownBy(homes::get).isInstanceOf(DestroyedException.class);
    }

    @Test
    void theOnlyHomeOfThePublishedProfile() throws Exception {
        for (Way way : List.of(Way.ONE.published(), Way.TWO.published(), Way.THREE.published())) {
            Way.Kept kept = put(way, new byte[100]);
            assertThat(destroy(kept, ring.homes(kept.token()).getFirst()).unrecoverableSince())
                    .as(way.toString())
                    .isPresent();
            assertThatThrownBy(kept::get).as(way.toString()).isInstanceOf(DestroyedException.class);
        }
        // The share that the user keeps opens nothing by itself: n−t+1 receipts are enough, as everywhere.
        byte[] bytes = TestRing.random(100);
        Way.Kept kept = put(Way.TWO.published(), bytes);
        List<String> route = ring.route(kept.token());
        assertThat(destroy(kept, route.get(1), route.get(2)).unrecoverableSince())
                .isEmpty();
        assertThat(kept.get()).isEqualTo(bytes);
        assertThat(destroy(kept, route.get(4)).unrecoverableSince()).isPresent();
        assertThatThrownBy(kept::get).isInstanceOf(DestroyedException.class);
    }
}
