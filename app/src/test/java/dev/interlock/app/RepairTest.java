package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.client.Repaired;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.store.BlobKind;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A provider that lost its store gets its shares back from any t others. */
@Timeout(240)
@Tag("long")
final class RepairTest {
    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT);
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
    void aLostStoreComesBackAndServesWithoutTwoOthers() throws Exception {
        Map<ObjectId, byte[]> objects = new LinkedHashMap<>();
        // Lengths around a chunk, and enough objects that cc3 is a home of some and none of others.
        for (int length : new int[] {0, 32, 1 << 20, (5 << 19) + 7, 32, 32}) {
            byte[] bytes = TestRing.random(length);
            objects.put(ring.put(bytes).object(), bytes);
        }
        byte[] others = TestRing.random(100);
        ObjectId notOurs = TestRing.put(ring.other(), others).object();

        ring.loseStore("cc3");
        // Other tests' objects may be among them.
        assertThat(repair("cc3", List.of()).stream()
                        .filter(Repaired.Restored.class::isInstance)
                        .map(Repaired::object))
                .containsAll(objects.keySet());
        assertThat(repair("cc3", List.copyOf(objects.keySet())))
                .as("repeated")
                .allSatisfy(each -> assertThat(each).isInstanceOf(Repaired.Present.class));

        ring.stop("cc1", "cc5");
        objects.forEach((id, bytes) -> assertThat(ring.get(id)).isEqualTo(bytes));
        assertThat(repairOne("cc3", notOurs)).as("another user's object").isInstanceOf(Repaired.Failed.class);
    }

    @Test
    void aHelperWithAWrongShareSpoilsNothing() throws Exception {
        byte[] bytes = TestRing.random(1000);
        Token token = ring.put(bytes);
        ring.loseStore("cc4");
        LyingStore.replace(
                ring,
                "cc1",
                Map.of(
                        token.object(),
                        (kind, honest) -> kind.equals(BlobKind.SHARE) ? LyingStore.flipped(honest, 100) : honest));
        assertThat(repairOne("cc4", token.object()))
                .isInstanceOfSatisfying(
                        Repaired.Restored.class,
                        restored -> assertThat(restored.helpers()).doesNotContain("cc1"));
        assertThat(ring.get(token.object(), "cc4", "cc2", "cc3")).isEqualTo(bytes);
    }

    @Test
    void whatWasDestroyedStaysDestroyed() throws Exception {
        Token token = ring.put(TestRing.random(100));
        var _ = ring.owner().destroy(token.object(), List.of(), erased -> {});
        ring.loseStore("cc3");
        assertThat(repairOne("cc3", token.object()))
                .isInstanceOfSatisfying(
                        Repaired.LeftAlone.class, left -> assertThat(left.why()).contains("destroyed"));
        Token one = ring.put(TestRing.random(100));
        var _ = ring.owner().destroy(one.object(), List.of("cc3"), erased -> {});
        assertThat(repairOne("cc3", one.object())).isInstanceOf(Repaired.LeftAlone.class);
    }

    @Test
    void withTooFewHelpersNothingIsLeftBehind() throws Exception {
        Token token = ring.put(TestRing.random(100));
        ring.loseStore("cc3");
        ring.stop("cc1", "cc2", "cc4");
        assertThat(repairOne("cc3", token.object()))
                .isInstanceOfSatisfying(
                        Repaired.Failed.class,
                        failed -> assertThat(failed.error()).isInstanceOf(TooFewProvidersException.class));
        ring.stop("cc3");
        ring.start("cc1", "cc2", "cc4");
        assertThat(repairOne("cc3", token.object()))
                .as("it doesn't run")
                .isInstanceOfSatisfying(
                        Repaired.Failed.class,
                        failed -> assertThat(failed.error())
                                .isInstanceOfSatisfying(
                                        NodeException.class,
                                        node -> assertThat(node.node()).isEqualTo("cc3")));
        ring.start("cc3");
        assertThat(repairOne("cc3", token.object())).isInstanceOf(Repaired.Restored.class);
    }

    private static List<Repaired> repair(String provider, List<ObjectId> objects) throws InterruptedException {
        List<Repaired> told = new ArrayList<>();
        List<Repaired> done = ring.owner().repair(provider, objects, Duration.ZERO, repaired -> {
            synchronized (told) {
                told.add(repaired);
            }
        });
        assertThat(told).containsExactlyInAnyOrderElementsOf(done);
        return done;
    }

    private static Repaired repairOne(String provider, ObjectId object) throws InterruptedException {
        return repair(provider, List.of(object)).getFirst();
    }
}
