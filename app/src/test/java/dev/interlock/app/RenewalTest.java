package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Renewed;
import dev.interlock.client.Repaired;
import dev.interlock.client.Settled;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.dealer.Noise;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.error.UnsettledException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** New pads and new shares of objects that stay what they are. */
@Timeout(240)
@Tag("long")
final class RenewalTest {
    private static final int CHUNK = 1 << 20;

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT, TestRing.embeddedAt("cc2"));
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @BeforeEach
    void allUp() {
        ring.startAll();
    }

    /** What is done to one object. */
    private interface Renewing {
        List<Renewed> renew(List<ObjectId> objects) throws InterruptedException;
    }

    private static List<Renewed> replace(List<ObjectId> objects) throws InterruptedException {
        return ring.owner().replace(objects, Duration.ZERO, _ -> {});
    }

    private static List<Renewed> refresh(List<ObjectId> objects) throws InterruptedException {
        return ring.owner().refresh(objects, Duration.ZERO, _ -> {});
    }

    @Test
    void aRenewedObjectIsTheSameForItsOwnerAndAnotherForAThief() throws Exception {
        Map<ObjectId, byte[]> objects = new LinkedHashMap<>();
        for (int length : new int[] {0, 32, CHUNK, 2 * CHUNK + 7}) {
            byte[] bytes = TestRing.random(length);
            objects.put(ring.put(bytes).object(), bytes);
        }
        List<ObjectId> ids = List.copyOf(objects.keySet());
        int generation = 1;
        for (Renewing renewing : List.<Renewing>of(
                RenewalTest::replace, RenewalTest::refresh, RenewalTest::refresh, RenewalTest::replace)) {
            generation++;
            for (Renewed each : renewing.renew(ids)) {
                assertThat(each).isEqualTo(new Renewed.Done(each.object(), generation));
            }
            for (ObjectId id : ids) {
                assertThat(ring.get(id)).isEqualTo(objects.get(id));
                assertThat(ring.get(id, "cc5", "cc3", "cc4")).isEqualTo(objects.get(id));
                assertThat(ring.owner().info(id).token().number()).isEqualTo(generation);
            }
        }
        assertThat(ring.owner().list()).extracting(listed -> listed.object()).containsAll(ids);
    }

    private static Renewed one(List<Renewed> renewed) {
        assertThat(renewed).hasSize(1);
        return renewed.getFirst();
    }

    private static String refused(Renewed renewed) {
        assertThat(renewed).isInstanceOf(Renewed.Failed.class);
        return ((Renewed.Failed) renewed).error().explanation();
    }

    private static void isAsItWas(Token token, byte[] bytes) throws Exception {
        assertThat(ring.owner().info(token.object()).token().number()).isEqualTo(token.number());
        assertThat(ring.get(token.object())).isEqualTo(bytes);
    }

    @Test
    void aHopThatChangesTheStreamSpoilsNothing() throws Exception {
        byte[] bytes = TestRing.random(CHUNK + 10);
        Token token = ring.put(bytes);
        ring.stop("cc3");
        // Once: the same error in both layers of a hop would undo itself.
        ring.startProvider("cc3", store -> store, new WrongKernel(1));
        assertThat(refused(one(replace(List.of(token.object())))))
                .contains("failed its check", "doesn't open to it", "The object stays as it was");
        ring.restart("cc3");
        isAsItWas(token, bytes);
    }

    @Test
    void aDealerWhoseSharesOfZeroDontFitIsFoundBeforeAnyoneAppliesThem() throws Exception {
        byte[] bytes = TestRing.random(1000);
        Token token = ring.put(bytes);
        ring.stop("dealer1");
        WrongKernel once = new WrongKernel(FieldKernels.chosen(), Leaves.SALT_BYTES + 1, new AtomicInteger(1));
        ring.startDealer("dealer1", Noise.start(List.of()), once);
        assertThat(refused(one(refresh(List.of(token.object())))))
                .contains("failed its check", "don't lie on one polynomial", "The object stays as it was");
        // Spent: from now on it deals what it should.
        assertThat(one(refresh(List.of(token.object())))).isEqualTo(new Renewed.Done(token.object(), 2));
        ring.restart("dealer1");
        assertThat(ring.get(token.object())).isEqualTo(bytes);
    }

    @Test
    void nobodyBuildsOnAWrongShareOrCiphertext() throws Exception {
        byte[] bytes = TestRing.random(1000);
        Token token = ring.put(bytes);
        String home = ring.homes(token).get(1);
        for (BlobKind wrong : List.of(BlobKind.SHARE, BlobKind.CIPHERTEXT)) {
            LyingStore.replace(
                    ring,
                    home,
                    Map.of(
                            token.object(),
                            (kind, honest) -> kind.equals(wrong) ? LyingStore.flipped(honest, 100) : honest));
            for (Renewing renewing : List.<Renewing>of(RenewalTest::replace, RenewalTest::refresh)) {
                assertThat(refused(one(renewing.renew(List.of(token.object())))))
                        .contains("failed its check", "The object stays as it was")
                        .contains(wrong.equals(BlobKind.SHARE) ? "without that of " + home : "the same ciphertext");
            }
            isAsItWas(token, bytes);
            // Back to what it had.
            LyingStore.replace(
                    ring,
                    home,
                    Map.of(token.object(), (kind, lie) -> kind.equals(wrong) ? LyingStore.flipped(lie, 100) : lie));
        }
        assertThat(one(replace(List.of(token.object())))).isInstanceOf(Renewed.Done.class);
    }

    @Test
    void aCommitThatReachedHomeAloneReachesTheOthersWithTheNextRead() throws Exception {
        byte[] bytes = TestRing.random(1000);
        Token token = ring.put(bytes);
        AtomicBoolean broken = new AtomicBoolean(true);
        List<String> others = ring.providers().stream()
                .filter(name -> !name.equals(ring.homes(token).getFirst()))
                .toList();
        ring.stop(others.toArray(String[]::new));
        others.forEach(name -> ring.startProvider(name, store -> Altered.deaf(store, broken), FieldKernels.chosen()));
        Renewed renewed = one(replace(List.of(token.object())));
        broken.set(false);
        // One confirmation of five could be a liar's: it isn't acknowledged, and both generations stay.
        assertThat(renewed)
                .isInstanceOfSatisfying(
                        Renewed.Failed.class,
                        failed -> assertThat(failed.error()).isInstanceOf(UnsettledException.class));
        assertThat(ring.get(token.object(), others.toArray(String[]::new))).isEqualTo(bytes);
        assertThat(ring.owner().settle(token.object()))
                .singleElement()
                .isInstanceOfSatisfying(
                        Settled.Committed.class,
                        settled -> assertThat(settled.acknowledged()).isTrue());
        assertThat(ring.get(token.object())).isEqualTo(bytes);
        assertThat(ring.owner().info(token.object()).states().values()).containsOnly("committed");
    }

    @Test
    void ofTwoAtOnceOneWinsAndTheOtherIsTold() throws Exception {
        byte[] bytes = TestRing.random(CHUNK);
        Token token = ring.put(bytes);
        List<Future<Renewed>> both = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            both.add(threads.submit(() -> one(replace(List.of(token.object())))));
            both.add(threads.submit(() -> one(refresh(List.of(token.object())))));
        }
        List<Renewed> ended = List.of(both.get(0).get(), both.get(1).get());
        long won = ended.stream().filter(Renewed.Done.class::isInstance).count();
        assertThat(won).isPositive();
        isAsItWas(ring.owner().info(token.object()).token(), bytes);
        assertThat(ring.owner().info(token.object()).token().number()).isGreaterThan(1);
    }

    @Test
    void whatCantBeRenewedIsLeftAlone() throws Exception {
        Token gone = ring.put(TestRing.random(10));
        var _ = ring.owner().destroy(gone.object(), List.of("cc1"), _ -> {});
        Token going = ring.put(TestRing.random(10));
        var _ = ring.owner().scheduleDestroy(going.object(), Duration.ofDays(1));
        assertThat(replace(List.of(gone.object(), going.object())))
                .allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.LeftAlone.class));
        Token token = ring.put(TestRing.random(10));
        ring.stop("cc4");
        assertThat(refused(one(refresh(List.of(token.object()))))).contains("cc4");
    }

    @Test
    void aRenewedObjectIsRepairedAndDestroyedLikeAnyOther() throws Exception {
        byte[] bytes = TestRing.random(CHUNK + 5);
        Token token = ring.put(bytes);
        assertThat(one(refresh(List.of(token.object())))).isInstanceOf(Renewed.Done.class);
        ring.loseStore("cc2");
        assertThat(ring.owner().repair("cc2", List.of(token.object()), Duration.ZERO, _ -> {}))
                .singleElement()
                .isInstanceOf(Repaired.Restored.class);
        assertThat(ring.get(token.object(), "cc2", "cc3", "cc5")).isEqualTo(bytes);
        assertThat(one(replace(List.of(token.object())))).isEqualTo(new Renewed.Done(token.object(), 3));
        assertThat(ring.owner()
                        .destroy(token.object(), List.of(), _ -> {})
                        .proof()
                        .verify(ring.descriptor()))
                .isNotNull();
        assertThatThrownBy(() -> ring.get(token.object())).isInstanceOf(DestroyedException.class);
        assertThat(one(refresh(List.of(token.object())))).isInstanceOf(Renewed.LeftAlone.class);
    }

    @Test
    void aProviderWithAnOldBackupIsPassedOverUntilItIsRepaired() throws Exception {
        byte[] bytes = TestRing.random(1000);
        Token token = ring.put(bytes);
        ring.stop("cc2");
        Path backup = ring.node("cc2").resolve("backup-" + token.object());
        copy(ring.storeFolder("cc2"), backup);
        ring.start("cc2");
        assertThat(one(refresh(List.of(token.object())))).isInstanceOf(Renewed.Done.class);
        ring.stop("cc2");
        Files.move(ring.storeFolder("cc2"), ring.node("cc2").resolve("newer-" + token.object()));
        Files.move(backup, ring.storeFolder("cc2"));
        ring.start("cc2");
        assertThat(ring.get(token.object())).isEqualTo(bytes);
        assertThatThrownBy(() -> ring.get(token.object(), "cc2", "cc3", "cc5"))
                .isInstanceOf(TooFewProvidersException.class);
        assertThat(ring.owner().repair("cc2", List.of(token.object()), Duration.ZERO, _ -> {}))
                .singleElement()
                .isInstanceOf(Repaired.Restored.class);
        assertThat(ring.get(token.object(), "cc2", "cc3", "cc5")).isEqualTo(bytes);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
    }

    @Test
    void objectsMoveIntoAnotherRing() throws Exception {
        Map<ObjectId, byte[]> objects = new LinkedHashMap<>();
        for (int length : new int[] {0, 32, 2 * CHUNK + 7}) {
            byte[] bytes = TestRing.random(length);
            objects.put(ring.put(bytes).object(), bytes);
        }
        List<ObjectId> ids = List.copyOf(objects.keySet());
        assertThat(replace(ids)).allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.Done.class));
        try (TestRing next = TestRing.startFor(ring, dir, 4, 7, TestRing.PATIENT)) {
            next.stop("cc6");
            for (Renewed each : ring.owner().reshare(ids, next.owner(), Duration.ZERO, _ -> {})) {
                assertThat(refused(each)).contains("cc6");
                assertThat(ring.get(each.object())).isEqualTo(objects.get(each.object()));
            }
            next.start("cc6");
            theRingGoesAwayInTheMiddle(next, ids.getLast(), objects.get(ids.getLast()));
            // The old ring needs t.
            ring.stop("cc1", "cc2");
            assertThat(ring.owner().reshare(ids, next.owner(), Duration.ZERO, _ -> {}))
                    .allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.Done.class));
            ring.start("cc1", "cc2");
            for (ObjectId id : ids) {
                assertThat(next.get(id)).isEqualTo(objects.get(id));
                assertThat(next.owner().info(id).token().providers()).hasSize(7);
                assertThatThrownBy(() -> ring.get(id)).isInstanceOf(DestroyedException.class);
            }
            assertThat(ring.owner().reshare(ids, next.owner(), Duration.ZERO, _ -> {}))
                    .allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.LeftAlone.class));
            assertThat(next.owner().refresh(ids, Duration.ZERO, _ -> {}))
                    .allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.Done.class));
            assertThat(next.get(ids.getLast(), "cc7", "cc6", "cc5", "cc2")).isEqualTo(objects.get(ids.getLast()));
        }
    }

    /** One provider has the whole of it, and all others are gone before it says so. */
    private static void theRingGoesAwayInTheMiddle(TestRing next, ObjectId id, byte[] bytes) throws Exception {
        String[] others =
                next.providers().stream().filter(name -> !name.equals("cc6")).toArray(String[]::new);
        AtomicBoolean reached = new AtomicBoolean();
        next.stop("cc6");
        next.startProvider(
                "cc6",
                store -> beforeItPrepares(store, () -> {
                    reached.set(true);
                    next.stop(others);
                }),
                FieldKernels.chosen());
        assertThat(one(ring.owner().reshare(List.of(id), next.owner(), Duration.ZERO, _ -> {})))
                .isInstanceOf(Renewed.Failed.class);
        assertThat(ring.get(id)).isEqualTo(bytes);
        assertThat(reached).as("control: cc6 has the whole of it").isTrue();
        next.restart("cc6");
        next.start(others);
    }

    private static Store beforeItPrepares(Store honest, Runnable what) {
        return Altered.of(
                Store.class,
                honest,
                "begin",
                () -> {},
                pending ->
                        Altered.of(PendingObject.class, (PendingObject) pending, "prepare", what, nothing -> nothing));
    }
}
