package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.app.SwitchableNames.Mode;
import dev.interlock.client.Interlock;
import dev.interlock.client.Named;
import dev.interlock.client.Names;
import dev.interlock.client.NamesMoved;
import dev.interlock.client.Renewed;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;
import dev.interlock.node.store.NameStore;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.names.NameEntry;
import dev.interlock.protocol.names.NameKeys;
import dev.interlock.protocol.names.NameMessages;
import dev.interlock.protocol.names.NameVersion;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Names in a ring of (3,2): one provider lies, one is down, others are users as well. */
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class NamesTest {
    private static final AtomicLong OBJECTS = new AtomicLong();

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static final Map<String, SwitchableNames> KEPT = new TreeMap<>();

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        ring.stop("cc1", "cc2", "cc3");
        for (String name : ring.providers()) {
            ring.startProvider(
                    name,
                    store -> {
                        KEPT.put(name, SwitchableNames.of(store));
                        return KEPT.get(name).in(store);
                    },
                    FieldKernels.chosen());
        }
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @BeforeEach
    void allHonest() {
        KEPT.values().forEach(each -> each.become(Mode.HONEST));
    }

    private static Names names() {
        return ring.owner().names();
    }

    private static ObjectId object() {
        return new ObjectId(1, OBJECTS.incrementAndGet());
    }

    private static byte[] user(String provider) {
        try (Credential credential = ring.credential("credential")) {
            return credential.publicKey(ring.descriptor().id(), provider).bytes();
        }
    }

    private static List<ObjectId> objects(Named named) {
        return named.versions().versions().stream()
                .map(NameContent.Version::object)
                .toList();
    }

    private static Map<Name, NameContent.Versions> list() throws InterruptedException {
        Map<Name, NameContent.Versions> all = new TreeMap<>();
        var _ = names().list(each -> assertThat(all.put(each.name(), each)).isNull());
        return all;
    }

    @Test
    void aNameHasVersions() throws Exception {
        Name name = Name.of("versions/db.key");
        ObjectId first = object();
        ObjectId second = object();
        assertThat(names().find(name).exists()).isFalse();
        assertThat(names().add(name, first, 10)
                        .versions()
                        .newest()
                        .orElseThrow()
                        .number())
                .isEqualTo(1);
        assertThat(names().add(name, second, 20).settled()).isTrue();
        assertThat(names().resolve(NameVersion.of("versions/db.key")).object()).isEqualTo(second);
        assertThat(names().resolve(NameVersion.of("versions/db.key@1")).object())
                .isEqualTo(first);
        assertThatThrownBy(() -> names().resolve(NameVersion.of("versions/db.key@3")))
                .isInstanceOf(NoSuchObjectException.class)
                .hasMessageContaining("no version 3: there are 1, 2");
        assertThatThrownBy(() -> names().resolve(NameVersion.of("versions/none")))
                .isInstanceOf(NoSuchObjectException.class);
        // Twice is once: whoever doesn't know whether it went through repeats it.
        assertThat(objects(names().add(name, second, 20))).containsExactly(first, second);

        assertThat(objects(names().remove(name, Set.of(second)))).containsExactly(first);
        assertThat(names().add(name, object(), 30)
                        .versions()
                        .newest()
                        .orElseThrow()
                        .number())
                .as("a number never comes again")
                .isEqualTo(3);
    }

    @Test
    void aMoveTakesAllVersionsAlongAndReplacesNothing() throws Exception {
        Name from = Name.of("moves/old");
        Name to = Name.of("moves/new");
        List<ObjectId> both = List.of(object(), object());
        for (ObjectId each : both) {
            var _ = names().add(from, each, 1);
        }
        assertThat(objects(names().move(from, to))).isEqualTo(both);
        assertThat(names().find(from).exists()).isFalse();
        assertThatThrownBy(() -> names().move(from, to)).isInstanceOf(NoSuchObjectException.class);
        var _ = names().add(from, object(), 1);
        assertThatThrownBy(() -> names().move(from, to))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("is there already");
        assertThatThrownBy(() -> names().move(to, to)).isInstanceOf(BadInputException.class);
        assertThat(objects(names().find(to))).isEqualTo(both);

        // Broken off after its first half: both names stand for the same, and repeating it ends it.
        Name half = Name.of("moves/half");
        for (ObjectId each : both) {
            var _ = names().add(half, each, 1);
        }
        Named _ = names().remove(to, Set.copyOf(both));
        for (ObjectId each : both) {
            var _ = names().add(to, each, 1);
        }
        NameContent.Versions there = names().find(to).versions();
        assertThat(there.versions().getFirst().number()).isEqualTo(3);
        assertThatThrownBy(() -> names().move(half, to)).isInstanceOf(BadInputException.class);
        Named moved = names().move(to, Name.of("moves/third"));
        set(
                names -> names.seal(moved.versions().renamed(there), 100, NameEntry.nothing(), random()),
                "cc1",
                "cc2",
                "cc3");
        assertThat(objects(names().move(to, Name.of("moves/third")))).isEqualTo(both);
        assertThat(names().find(to).exists()).isFalse();
    }

    private static SecureRandom random() {
        return new SecureRandom();
    }

    private interface Made {
        NameEntry by(NameKeys keys);
    }

    /** Sets an entry that the owner made at these providers alone, as a client does that dies then. */
    private static void set(Made made, String... providers) {
        try (RawUser user = RawUser.of(ring, "credential");
                NameKeys keys = user.credential().nameKeys(ring.descriptor().id())) {
            NameEntry entry = made.by(keys);
            for (String provider : providers) {
                send(user, provider, entry);
            }
        }
    }

    private static List<NameEntry> send(RawUser user, String provider, NameEntry... entries) {
        return NameMessages.entries(user.call(
                provider,
                HttpMethod.POST,
                "/v1/names",
                Operation.SET_NAMES,
                "",
                new NameMessages.Set(1, List.of(entries)).encode()));
    }

    /** With another provider down, so that the reader sees the liar and one honest provider. */
    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"EMPTY", "FROZEN"})
    void oneThatLiesHidesRevivesAndRollsBackNothing(Mode lie) throws Exception {
        Name kept = Name.of(lie + "/kept");
        Name removed = Name.of(lie + "/removed");
        Name added = Name.of(lie + "/added");
        ObjectId old = object();
        ObjectId now = object();
        ObjectId gone = object();
        var _ = names().add(kept, old, 1);
        var _ = names().add(removed, gone, 1);
        KEPT.get("cc3").freeze(user("cc3"));
        KEPT.get("cc3").become(lie);
        assertThat(names().add(kept, now, 1).settled()).isTrue();
        var _ = names().remove(removed, Set.of(gone));
        var _ = names().add(added, now, 1);
        for (String down : List.of("cc1", "cc2")) {
            KEPT.get(down).become(Mode.DOWN);
            assertThat(objects(names().find(kept))).containsExactly(old, now);
            assertThat(names().find(removed).exists()).isFalse();
            assertThat(names().find(added).exists()).isTrue();
            assertThat(list()).containsKeys(kept, added).doesNotContainKey(removed);
            assertThat(list().get(kept).versions()).hasSize(2);
            KEPT.get(down).become(Mode.HONEST);
        }
    }

    /**
     * Objects move into another ring, where a provider of the old one shows names as they were: those that stand for what moved are there,
     * in their latest state, and here no more; what didn't move keeps its own. It breaks off, and is repeated.
     */
    @Test
    void namesFollowTheirObjectsIntoAnotherRing() throws Exception {
        ObjectId one = ring.put(new byte[] {1}).object();
        ObjectId two = ring.put(new byte[] {2}).object();
        ObjectId gone = ring.put(new byte[] {3}).object();
        ObjectId stays = ring.put(new byte[] {4}).object();
        ObjectId own = object();
        Name key = Name.of("follow/key");
        Name removed = Name.of("follow/removed");
        Name mixed = Name.of("follow/mixed");
        Name taken = Name.of("follow/taken");
        var _ = names().add(key, one, 1);
        var _ = names().add(removed, gone, 1);
        var _ = names().add(mixed, stays, 1);
        KEPT.get("cc3").freeze(user("cc3"));
        var _ = names().add(key, two, 1);
        var _ = names().remove(removed, Set.of(gone));
        var _ = names().add(mixed, gone, 1);
        var _ = names().add(taken, two, 1);
        List<ObjectId> moving = List.of(one, two, gone);
        try (TestRing next = TestRing.startFor(ring, dir, 3, 4, TestRing.PATIENT)) {
            Names there = next.owner().names();
            var _ = there.add(taken, own, 1);
            // Nothing follows what is still here.
            assertThat(ring.owner().reshareNames(moving, next.owner()).names()).isEmpty();
            assertThat(ring.owner().reshare(moving, next.owner(), Duration.ZERO, _ -> {}))
                    .allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.Done.class));
            // There no name is set for certain without all four: until then it is here.
            next.stop("cc4");
            NamesMoved half = ring.owner().reshareNames(List.of(), next.owner());
            assertThat(half.names()).isEmpty();
            assertThat(half.left()).containsOnlyKeys(key, mixed, taken);
            assertThat(objects(names().find(key))).containsExactly(one, two);
            next.start("cc4");
            NamesMoved moved = ring.owner().reshareNames(moving, next.owner());
            assertThat(moved.left()).isEmpty();
            assertThat(moved.names()).containsExactlyInAnyOrder(key, mixed, taken);
            assertThat(objects(there.find(key))).containsExactly(one, two);
            assertThat(there.resolve(NameVersion.of("follow/mixed@2")).object()).isEqualTo(gone);
            assertThat(objects(there.find(taken))).containsExactly(own, two);
            assertThat(there.find(removed).exists()).isFalse();
            assertThat(names().find(key).exists()).isFalse();
            assertThat(names().find(taken).exists()).isFalse();
            assertThat(objects(names().find(mixed))).containsExactly(stays);
            assertThat(ring.owner().reshareNames(List.of(), next.owner()).names())
                    .isEmpty();
            // The number of a version that was here doesn't come again there.
            assertThat(there.add(mixed, own, 1)
                            .versions()
                            .newest()
                            .orElseThrow()
                            .number())
                    .isEqualTo(3);
        }
    }

    /**
     * Two of the owner's processes have names follow into a ring where one provider lies, and one after the other stands still just before
     * it sets them there. What the first has brought is removed meanwhile: the late one doesn't bring it back. Who lies, there or
     * here, is named, and nothing is lost.
     */
    @Test
    @Tag("long")
    void whoBringsNamesAlongLateBringsNothingBack() throws Exception {
        ObjectId one = ring.put(new byte[] {1}).object();
        ObjectId two = ring.put(new byte[] {2}).object();
        Name removed = Name.of("late/removed");
        Name stays = Name.of("late/stays");
        var _ = names().add(removed, one, 1);
        var _ = names().add(stays, two, 1);
        Map<String, SwitchableNames> kept = new TreeMap<>();
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (TestRing next = TestRing.startFor(ring, dir.resolve("next"), 2, 3, TestRing.PATIENT);
                Interlock late = next.client("credential");
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            next.stop("cc2");
            next.startProvider(
                    "cc2",
                    store -> {
                        kept.put("cc2", SwitchableNames.of(store));
                        return kept.get("cc2").in(store);
                    },
                    FieldKernels.chosen());
            assertThat(ring.owner().reshare(List.of(one, two), next.owner(), Duration.ZERO, _ -> {}))
                    .allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.Done.class));
            late.onRequest((_, operation, _, _) -> {
                if (operation == Operation.SET_NAMES) {
                    reached.countDown();
                    Await.uninterruptibly(go);
                }
            });
            Future<NamesMoved> second = threads.submit(() -> ring.owner().reshareNames(List.of(one), late));
            reached.await();
            assertThat(ring.owner().reshareNames(List.of(one), next.owner()).names())
                    .containsExactly(removed);
            Names there = next.owner().names();
            assertThat(objects(there.find(removed))).containsExactly(one);
            var _ = there.remove(removed, Set.of(one));
            go.countDown();
            assertThat(second.get().names()).isEmpty();
            assertThat(second.get().left()).isEmpty();
            assertThat(there.find(removed).exists()).isFalse();
            assertThat(names().find(removed).exists()).isFalse();

            // One provider there shows what nobody made; where it is needed, it is named.
            SwitchableNames liar = kept.get("cc2");
            var _ = there.add(stays, one, 1);
            liar.become(Mode.RAISED);
            next.stop("cc3");
            NamesMoved left = ring.owner().reshareNames(List.of(), next.owner());
            assertThat(left.names()).isEmpty();
            assertThat(left.left())
                    .hasEntrySatisfying(
                            stays,
                            error -> assertThat(error.getMessage())
                                    .contains("cc2: it shows an entry that you never made"));
            assertThat(objects(names().find(stays))).containsExactly(two);
            next.start("cc3");
            // So is one here.
            KEPT.get("cc1").become(Mode.RAISED);
            KEPT.get("cc3").become(Mode.DOWN);
            assertThatThrownBy(() -> ring.owner().reshareNames(List.of(), next.owner()))
                    .isInstanceOf(TooFewProvidersException.class)
                    .hasMessageContaining("cc1: it shows an entry that you never made");
            KEPT.get("cc3").become(Mode.HONEST);
            NamesMoved moved = ring.owner().reshareNames(List.of(), next.owner());
            assertThat(moved.names()).containsExactly(stays);
            assertThat(moved.left()).isEmpty();
            assertThat(objects(there.find(stays))).containsExactlyInAnyOrder(one, two);
            assertThat(names().find(stays).exists()).isFalse();
            liar.become(Mode.EMPTY);
            next.stop("cc3");
            assertThat(objects(there.find(stays))).containsExactlyInAnyOrder(one, two);
        }
    }

    /** Two have given a name the same object; the second one's word comes to a provider just before the object's removal does. */
    @Test
    void aRemovalIsNotUndoneByWhoGaveTheSameLate() throws Exception {
        Name name = Name.of("late/twice");
        ObjectId object = object();
        NameContent content = NameContent.Versions.none(name).with(object, 1, 1);
        AtomicBoolean sent = new AtomicBoolean();
        try (RawUser user = RawUser.of(ring, "credential");
                NameKeys keys = user.credential().nameKeys(ring.descriptor().id());
                Interlock remover = ring.client("credential")) {
            NameEntry first = keys.seal(content, 1, NameEntry.nothing(), random());
            NameEntry second = keys.seal(content, 1, NameEntry.nothing(), random());
            boolean inOrder = second.head().isLaterThan(first.head());
            NameEntry late = inOrder ? second : first;
            for (String provider : ring.providers()) {
                send(user, provider, inOrder ? first : second);
            }
            remover.onRequest((node, operation, _, _) -> {
                if (operation == Operation.SET_NAMES && node.equals("cc1") && sent.compareAndSet(false, true)) {
                    send(user, "cc1", late);
                }
            });
            Named removed = remover.names().remove(name, Set.of(object));
            assertThat(removed.exists()).isFalse();
            assertThat(sent).isTrue();
        }
        assertThat(names().find(name).exists()).isFalse();
    }

    @Test
    void whatNobodyButTheOwnerCouldHaveMadeIsNamedAndLeftOut() throws Exception {
        Name name = Name.of("raised/key");
        ObjectId object = object();
        var _ = names().add(name, object, 1);
        KEPT.get("cc2").become(Mode.RAISED);
        assertThat(names().find(name).wrong()).containsExactly("cc2");
        assertThat(objects(names().find(name))).containsExactly(object);
        assertThat(list()).containsKey(name);
        assertThat(names().add(name, object(), 1).settled()).isTrue();
        KEPT.get("cc2").become(Mode.CLAIMING);
        assertThat(list()).containsKey(name);
        KEPT.get("cc2").become(Mode.RAISED);
        KEPT.get("cc1").become(Mode.DOWN);
        assertThatThrownBy(() -> names().find(name))
                .isInstanceOf(TooFewProvidersException.class)
                .hasMessageContaining("cc2")
                .hasMessageContaining("you never made");
        assertThatThrownBy(NamesTest::list).isInstanceOf(TooFewProvidersException.class);
        KEPT.get("cc1").become(Mode.HONEST);
        KEPT.get("cc2").become(Mode.HONEST);
        assertThat(names().find(name).wrong()).isEmpty();
    }

    @Test
    void withTooFewProvidersNothingIsSaidToBeSet() throws Exception {
        Name name = Name.of("few/key");
        KEPT.get("cc1").become(Mode.DOWN);
        assertThatThrownBy(() -> names().add(name, object(), 1))
                .isInstanceOfSatisfying(
                        UnsettledException.class,
                        e -> assertThat(e.confirmed()).containsExactlyInAnyOrder("cc2", "cc3"))
                .hasMessageContaining("cc1");
        assertThat(names().find(name).settled()).isFalse();
        KEPT.get("cc2").become(Mode.DOWN);
        assertThatThrownBy(() -> names().find(name)).isInstanceOf(TooFewProvidersException.class);
        assertThatThrownBy(() -> names().add(name, object(), 1)).isInstanceOf(TooFewProvidersException.class);
        KEPT.get("cc1").become(Mode.HONEST);
        KEPT.get("cc2").become(Mode.HONEST);
        // The reader brings it to cc1, once that one isn't late any more.
        Await.until("cc1 has it", () -> names().find(name).settled());
        KEPT.get("cc2").become(Mode.DOWN);
        KEPT.get("cc3").become(Mode.EMPTY);
        assertThat(names().find(name).exists()).isTrue();
    }

    @Test
    void aWriterThatDiedIsMadeUpForByWhoeverReads() throws Exception {
        Name name = Name.of("died/key");
        ObjectId object = object();
        NameContent content = NameContent.Versions.none(name).with(object, 1, 1);
        set(keys -> keys.seal(content, 1, NameEntry.nothing(), random()), "cc2");
        assertThat(objects(names().find(name))).containsExactly(object);
        for (String down : ring.providers()) {
            KEPT.get(down).become(Mode.DOWN);
            assertThat(objects(names().find(name))).as("without " + down).containsExactly(object);
            KEPT.get(down).become(Mode.HONEST);
        }
    }

    @Test
    void ofWritersAtOnceEveryVersionIsThereInTheEnd() throws Exception {
        Name name = Name.of("at-once/key");
        Set<ObjectId> all = new HashSet<>();
        List<Callable<Named>> tasks = new ArrayList<>();
        try (Interlock second = ring.client("credential");
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 3; i++) {
                for (Interlock user : List.of(ring.owner(), second)) {
                    ObjectId object = object();
                    all.add(object);
                    tasks.add(() -> user.names().add(name, object, 1));
                }
            }
            for (Future<Named> each : threads.invokeAll(tasks)) {
                assertThat(each.get().exists()).isTrue();
            }
        }
        NameContent.Versions versions = names().find(name).versions();
        assertThat(versions.versions().stream().map(NameContent.Version::object))
                .containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void theLoserOfTwoIsToldWhatWon() {
        Name name = Name.of("tie/key");
        try (RawUser user = RawUser.of(ring, "credential");
                NameKeys keys = user.credential().nameKeys(ring.descriptor().id())) {
            NameEntry a =
                    keys.seal(NameContent.Versions.none(name).with(object(), 1, 1), 1, NameEntry.nothing(), random());
            NameEntry b =
                    keys.seal(NameContent.Versions.none(name).with(object(), 1, 1), 1, NameEntry.nothing(), random());
            NameEntry higher = a.head().isLaterThan(b.head()) ? a : b;
            NameEntry lower = higher == a ? b : a;
            // Each hears of the other, whoever comes first.
            assertThat(send(user, "cc1", lower)).isEmpty();
            assertThat(send(user, "cc1", higher)).containsExactly(lower);
            assertThat(send(user, "cc2", higher)).isEmpty();
            assertThat(send(user, "cc2", lower)).containsExactly(higher);
            assertThat(send(user, "cc1", higher)).isEmpty();
            for (String provider : List.of("cc1", "cc2")) {
                assertThat(find(user, provider, keys, name)).containsExactly(higher);
            }
        }
    }

    private static List<NameEntry> find(RawUser user, String provider, NameKeys keys, Name name) {
        return NameMessages.Found.decode(user.call(
                        provider,
                        HttpMethod.POST,
                        "/v1/names/find",
                        Operation.FIND_NAMES,
                        "",
                        NameMessages.ofTags(List.of(keys.tag(name)))))
                .entries();
    }

    @Test
    void aSecondUserReachesNothingAndAStrangerNobody() throws Exception {
        Name name = Name.of("mine/key");
        ObjectId object = object();
        var _ = names().add(name, object, 1);
        assertThat(ring.other().names().find(name).exists()).isFalse();
        try (RawUser other = RawUser.of(ring, "other");
                RawUser owner = RawUser.of(ring, "credential");
                NameKeys keys = owner.credential().nameKeys(ring.descriptor().id())) {
            // With the owner's own tags and entries, from a provider's disk.
            assertThat(find(other, "cc1", keys, name)).isEmpty();
            NameEntry later = keys.seal(NameContent.Versions.none(name), 50, NameEntry.nothing(), random());
            assertThat(send(other, "cc1", later)).isEmpty();
            assertThat(find(owner, "cc1", keys, name))
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.number()).isEqualTo(1));
        }
        assertThat(objects(names().find(name))).containsExactly(object);
        List<NameContent.Versions> seen = new ArrayList<>();
        // What is of another key is nobody's name here, and keeps nobody from listing.
        assertThat(ring.other().names().list(seen::add)).isEmpty();
        assertThat(seen).isEmpty();
        assertThatThrownBy(() -> ring.stranger().names().find(name)).isInstanceOf(InterlockException.class);
        try (RawUser stranger = RawUser.of(ring, "stranger");
                NameKeys keys = stranger.credential().nameKeys(ring.descriptor().id())) {
            assertRefused(Rule.UNKNOWN_USER, () -> find(stranger, "cc1", keys, name));
            assertRefused(
                    Rule.UNKNOWN_USER,
                    () -> send(
                            stranger,
                            "cc1",
                            keys.seal(NameContent.Versions.none(name), 1, NameEntry.nothing(), random())));
        }
    }

    private static void assertRefused(Rule rule, ThrowingCallable request) {
        // A refusal says which rule it was in words alone once it has come over the wire.
        assertThatThrownBy(request)
                .isInstanceOf(RefusedException.class)
                .satisfies(e -> assertThat(e.getMessage())
                        .contains(
                                switch (rule) {
                                    case UNKNOWN_USER -> "doesn't know this user";
                                    case OWNER -> "another owner's key";
                                    case OTHER_RING -> "another ring";
                                    case OTHER_EPOCH -> "names are set in that one";
                                    default -> "signature";
                                }));
    }

    @Test
    void whoHasAKeyAtOneProviderAndNotTheRootChangesNothing() throws Exception {
        Name name = Name.of("stolen/key");
        ObjectId object = object();
        var _ = names().add(name, object, 1);
        RingId here = ring.descriptor().id();
        try (RawUser thief = RawUser.of(ring, "credential");
                NameKeys keys = thief.credential().nameKeys(here);
                NameKeys own = NameKeys.of(here, 1, SecretBytes.allocate(NameKeys.SECRET_BYTES));
                NameKeys elsewhere = NameKeys.of(new RingId(1, 2), 1, SecretBytes.allocate(NameKeys.SECRET_BYTES))) {
            NameEntry genuine = keys.seal(NameContent.Versions.none(name), 9, NameEntry.nothing(), random());
            NameEntry forged = own.signed(new NameEntry(
                    here, 1, own.owner(), keys.tag(name), 9, genuine.before(), genuine.sealed(), genuine.signature()));
            assertRefused(Rule.OWNER, () -> send(thief, "cc1", forged));
            assertRefused(
                    Rule.OTHER_RING,
                    () -> send(
                            thief,
                            "cc1",
                            elsewhere.seal(NameContent.Versions.none(name), 1, NameEntry.nothing(), random())));
            NameEntry unsigned = new NameEntry(
                    here, 1, genuine.key(), genuine.tag(), 9, genuine.before(), genuine.sealed(), new byte[64]);
            assertRefused(Rule.SIGNATURE, () -> send(thief, "cc1", unsigned));
            // One that is refused takes those beside it along.
            NameEntry beside =
                    keys.seal(NameContent.Versions.none(Name.of("stolen/beside")), 1, NameEntry.nothing(), random());
            assertRefused(Rule.OWNER, () -> send(thief, "cc1", beside, forged));
            assertThat(find(thief, "cc1", keys, Name.of("stolen/beside"))).isEmpty();
            assertRefused(
                    Rule.OTHER_EPOCH,
                    () -> thief.call(
                            "cc1",
                            HttpMethod.POST,
                            "/v1/names",
                            Operation.SET_NAMES,
                            "",
                            new NameMessages.Set(2, List.of(genuine)).encode()));
        }
        assertThat(objects(names().find(name))).containsExactly(object);
    }

    @Test
    void whatIsOverThereIsRefusedAndNotKept() {
        try (RawUser user = RawUser.of(ring, "credential")) {
            for (byte[] body :
                    List.of(new byte[0], new byte[] {0, 0, 0, 1, 0, 1}, new byte[NameMessages.MAX_BYTES + 1])) {
                assertThatThrownBy(() -> user.call("cc1", HttpMethod.POST, "/v1/names", Operation.SET_NAMES, "", body))
                        .isInstanceOf(BadInputException.class);
            }
            assertThatThrownBy(() -> user.call(
                            "cc1", HttpMethod.GET, "/v1/names?after=xyz", Operation.LIST_NAMES, "xyz", new byte[0]))
                    .isInstanceOf(BadInputException.class);
        }
    }

    @Test
    void whoLostItsNamesGetsThemBack() throws Exception {
        Name name = Name.of("lost/key");
        KEPT.get("cc2").become(Mode.EMPTY);
        for (int i = 0; i < 5; i++) {
            var _ = names().add(Name.of("lost/key-" + i), object(), 1);
        }
        var _ = names().add(name, object(), 1);
        KEPT.get("cc2").become(Mode.HONEST);
        int before = count("cc2");
        assertThat(names().spread()).isEmpty();
        assertThat(count("cc2")).isGreaterThanOrEqualTo(before + 6).isEqualTo(count("cc1"));
        KEPT.get("cc1").become(Mode.DOWN);
        KEPT.get("cc3").become(Mode.EMPTY);
        assertThat(names().find(name).exists()).isTrue();
    }

    /** On several pages, of which one provider has nothing. The last test: where all names are gone through, these are as well. */
    @Test
    @Order(Integer.MAX_VALUE)
    void manyNamesAreListedPageByPage() throws Exception {
        int count = 5_000;
        List<NameStore.Kept> entries = NamesBenchmark.entries(ring, count);
        NamesBenchmark.fill(ring, "cc1", KEPT.get("cc1").honest(), entries);
        NamesBenchmark.fill(ring, "cc3", KEPT.get("cc3").honest(), entries);
        Set<Name> all = new HashSet<>();
        for (int i = 0; i < count; i++) {
            all.add(NamesBenchmark.name(i));
        }
        assertThat(list().keySet().containsAll(all)).isTrue();
        assertThat(names().spread()).isEmpty();
        assertThat(count("cc2")).isEqualTo(count("cc1"));
        for (String down : ring.providers()) {
            KEPT.get(down).become(Mode.DOWN);
            assertThat(list().keySet().containsAll(all)).as("without " + down).isTrue();
            KEPT.get(down).become(Mode.HONEST);
        }
    }

    private static int count(String provider) {
        return KEPT.get(provider)
                .honest()
                .states(user(provider), Optional.empty(), Optional.empty(), Integer.MAX_VALUE)
                .size();
    }
}
