package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Attempt;
import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.Renewed;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.log.Line;
import dev.interlock.node.log.LogCheck;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.SmallRead;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A small object opens in one round trip, whatever one of the providers does. */
@Timeout(240)
final class SmallReadTest {
    /** Of reads by clients that ask a liar first: one on a busy machine may find another quicker. */
    private static final int TRIES = 20;

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static final AtomicReference<Lie> LIE = new AtomicReference<>(Lie.NONE);
    private static final AtomicBoolean DEAF = new AtomicBoolean();
    private static CountDownLatch hang = new CountDownLatch(0);

    /** What cc1 does when it reads what it has. */
    private enum Lie {
        NONE,
        SHARE,
        SALT,
        CIPHERTEXT,
        HANG
    }

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        ring.stop("cc1");
        ring.startProvider("cc1", store -> lying(Altered.deaf(store, DEAF)), FieldKernels.chosen());
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @AfterEach
    void honestAgain() {
        LIE.set(Lie.NONE);
        DEAF.set(false);
        hang.countDown();
    }

    private static Store lying(Store honest) {
        return (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (_, called, arguments) -> {
                    Lie lie = LIE.get();
                    if (lie == Lie.HANG && called.getName().equals("standing")) {
                        hang.await();
                    }
                    try {
                        Object result = called.invoke(honest, arguments);
                        return called.getName().equals("open") && spoils(lie, (BlobKind) arguments[1])
                                ? Altered.after(
                                        Blob.class, (Blob) result, "read", read -> spoil(lie, (MemorySegment) read[1]))
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static boolean spoils(Lie lie, BlobKind kind) {
        return switch (lie) {
            case NONE, HANG -> false;
            case SHARE, SALT -> kind.equals(BlobKind.SHARE);
            case CIPHERTEXT -> kind.equals(BlobKind.CIPHERTEXT);
        };
    }

    private static void spoil(Lie lie, MemorySegment record) {
        long at = lie == Lie.SALT ? 3 : record.byteSize() - 1;
        record.set(ValueLayout.JAVA_BYTE, at, (byte) (record.get(ValueLayout.JAVA_BYTE, at) ^ 1));
    }

    private static List<String> asked(String node, int since) throws IOException {
        List<Line> lines = new ArrayList<>();
        LogCheck _ = LogCheck.verify(ring.node(node).resolve(AuditLog.FILE), Optional.empty(), lines::add);
        return lines.stream()
                .skip(since)
                .filter(line -> line.fields().containsKey("op"))
                .map(line -> line.field("op"))
                .filter(op -> !op.equals("CHANNEL"))
                .toList();
    }

    private static int lines(String node) throws IOException {
        List<Line> lines = new ArrayList<>();
        LogCheck _ = LogCheck.verify(ring.node(node).resolve(AuditLog.FILE), Optional.empty(), lines::add);
        return lines.size();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 32, SmallRead.MAX_BYTES - 1, SmallRead.MAX_BYTES})
    void tProvidersAreAskedOneQuestionEach(int length) throws Exception {
        byte[] m = TestRing.random(length);
        ObjectId object = ring.put(m).object();
        List<Integer> before = List.of(lines("cc1"), lines("cc2"), lines("cc3"));
        assertThat(ring.get(object)).isEqualTo(m);
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.addAll(asked("cc" + (i + 1), before.get(i)));
        }
        // A provider that is late gets company; each is asked once.
        assertThat(all).hasSizeBetween(2, 3).containsOnly("OPEN");
    }

    @Test
    void whatIsLongerRunsThroughTheRing() throws Exception {
        byte[] m = TestRing.random(SmallRead.MAX_BYTES + 1);
        ObjectId object = ring.put(m).object();
        int before = lines("cc2") + lines("cc3");
        assertThat(ring.get(object, "cc2", "cc3")).isEqualTo(m);
        assertThat(lines("cc2") + lines("cc3")).isGreaterThan(before);
        assertThat(asked("cc2", 0)).contains("ORDER");
    }

    /** cc1 is found out, with evidence, and the object opens. */
    @ParameterizedTest
    @ValueSource(strings = {"SHARE", "SALT", "CIPHERTEXT"})
    void aLiarIsNamedAndTheObjectOpens(Lie lie) throws Exception {
        byte[] m = TestRing.random(40);
        Token token = putWithHome("cc1", m);
        LIE.set(lie);
        List<Evidence> evidence = new CopyOnWriteArrayList<>();
        Fetched fetched = null;
        for (int i = 0; i < TRIES && evidence.isEmpty(); i++) {
            try (Interlock user = ring.clientAskingFirst("credential", List.of("cc1"))) {
                user.onLie(evidence::add);
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                fetched = TestRing.get(user, token.object(), out);
                assertThat(out.toByteArray()).isEqualTo(m);
            }
        }
        assertThat(evidence)
                .isNotEmpty()
                .allSatisfy(each -> assertThat(each.said().x())
                        .isEqualTo(
                                ring.descriptor().provider("cc1").orElseThrow().x()));
        assertThat(fetched).isNotNull();
        assertThat(fetched.detours()).containsKey("cc1");
    }

    /** Of which the named provider is a home. */
    private static Token putWithHome(String home, byte[] m) {
        while (true) {
            Token token = ring.put(m);
            if (ring.homes(token).contains(home)) {
                return token;
            }
        }
    }

    @Test
    void aProviderThatHangsIsNotWaitedFor() {
        byte[] m = TestRing.random(40);
        ObjectId object = ring.put(m).object();
        hang = new CountDownLatch(1);
        LIE.set(Lie.HANG);
        for (int i = 0; i < 3; i++) {
            assertThat(ring.get(object)).isEqualTo(m);
        }
        assertThat(hang.getCount()).isEqualTo(1);
    }

    /** Answers of different generations are never combined. */
    @Test
    void anOlderGenerationAtOneOfThem() throws Exception {
        byte[] m = TestRing.random(40);
        ObjectId object = ring.put(m).object();
        DEAF.set(true);
        assertThat(ring.owner().replace(List.of(object), Duration.ZERO, _ -> {}))
                .allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.Failed.class));
        for (int i = 0; i < 3; i++) {
            assertThat(ring.get(object)).isEqualTo(m);
        }
        DEAF.set(false);
        assertThat(ring.get(object)).isEqualTo(m);
        assertThat(ring.get(object, "cc1", "cc2")).isEqualTo(m);
    }

    private static Map<ObjectId, byte[]> putMany(int count) {
        Map<ObjectId, byte[]> put = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            byte[] m = TestRing.random(40 + i);
            put.put(ring.put(m).object(), m);
        }
        return put;
    }

    /** What came of each: its bytes, or why there are none. */
    private static Map<ObjectId, Object> getAll(Interlock user, Collection<ObjectId> objects) throws Exception {
        List<ByteArrayOutputStream> outs = new ArrayList<>();
        List<Interlock.Target> targets = new ArrayList<>();
        for (ObjectId object : objects) {
            outs.add(new ByteArrayOutputStream());
            targets.add(new Interlock.Target(object, Channels.newChannel(outs.getLast())));
        }
        List<Attempt<Fetched>> attempts = user.getAll(targets, GetOptions.DEFAULT);
        Map<ObjectId, Object> came = new LinkedHashMap<>();
        for (int i = 0; i < attempts.size(); i++) {
            came.put(
                    targets.get(i).object(),
                    switch (attempts.get(i)) {
                        case Attempt.Done<Fetched> _ -> outs.get(i).toByteArray();
                        case Attempt.Failed<Fetched>(Exception why) -> why;
                    });
        }
        return came;
    }

    private static void allCame(Map<ObjectId, byte[]> put) throws Exception {
        try (Interlock user = ring.client("credential")) {
            Map<ObjectId, Object> came = getAll(user, put.keySet());
            put.forEach((object, m) -> assertThat(came.get(object)).isEqualTo(m));
        }
    }

    @Test
    void manyAreAskedForInOneRequestAProvider() throws Exception {
        Map<ObjectId, byte[]> put = putMany(5);
        allCame(put);
        int before = lines("cc2");
        allCame(put);
        List<Line> told = new ArrayList<>();
        LogCheck _ = LogCheck.verify(ring.node("cc2").resolve(AuditLog.FILE), Optional.empty(), told::add);
        List<Line> since = told.stream()
                .skip(before)
                .filter(line -> "OPEN_ALL".equals(line.fields().get("op")))
                .toList();
        // One for the request, where cc2 was asked, and one for each object: the log says what was given out.
        assertThat(since.size()).isIn(0, 1 + put.size());
        assertThat(asked("cc2", before)).doesNotContain("OPEN", "ORDER");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SHARE", "SALT", "CIPHERTEXT"})
    void aLiarAmongManyIsNamedAndAllOpen(Lie lie) throws Exception {
        Map<ObjectId, byte[]> put = putMany(4);
        byte[] m = TestRing.random(40);
        put.put(putWithHome("cc1", m).object(), m);
        LIE.set(lie);
        List<Evidence> evidence = new CopyOnWriteArrayList<>();
        for (int i = 0; i < TRIES && evidence.isEmpty(); i++) {
            try (Interlock user = ring.clientAskingFirst("credential", List.of("cc1"))) {
                user.onLie(evidence::add);
                Map<ObjectId, Object> came = getAll(user, put.keySet());
                put.forEach((object, bytes) -> assertThat(came.get(object)).isEqualTo(bytes));
            }
        }
        assertThat(evidence).isNotEmpty();
    }

    @Test
    void oneThatHangsHoldsUpNoneOfMany() throws Exception {
        Map<ObjectId, byte[]> put = putMany(4);
        hang = new CountDownLatch(1);
        LIE.set(Lie.HANG);
        allCame(put);
        assertThat(hang.getCount()).isEqualTo(1);
    }

    @Test
    void anOlderGenerationOfOneOfManyAndOneThatIsGone() throws Exception {
        Map<ObjectId, byte[]> put = putMany(3);
        List<ObjectId> ids = List.copyOf(put.keySet());
        DEAF.set(true);
        assertThat(ring.owner().replace(List.of(ids.getFirst()), Duration.ZERO, _ -> {}))
                .allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.Failed.class));
        allCame(put);
        DEAF.set(false);
        allCame(put);
        var _ = ring.owner().destroy(ids.getLast(), List.of(), _ -> {});
        ObjectId never = ObjectId.of(TestRing.random(ObjectId.BYTES));
        try (Interlock user = ring.client("credential")) {
            Map<ObjectId, Object> came = getAll(user, List.of(ids.get(0), ids.get(2), never, ids.get(1)));
            assertThat(came.get(ids.get(0))).isEqualTo(put.get(ids.get(0)));
            assertThat(came.get(ids.get(1))).isEqualTo(put.get(ids.get(1)));
            assertThat(came.get(ids.get(2))).isInstanceOf(DestroyedException.class);
            assertThat(came.get(never)).isInstanceOf(NoSuchObjectException.class);
        }
    }

    /** Nobody opens what isn't theirs, or more at once than is allowed, and each counts as a request. */
    @Test
    void whatABatchIsRefused() {
        ObjectId object = ring.put(TestRing.random(40)).object();
        try (RawUser user = RawUser.of(ring, "credential");
                RawUser other = RawUser.of(ring, "other");
                RawUser stranger = RawUser.of(ring, "stranger")) {
            assertThat(lengths(openAll(user, object.bytes())).subList(0, 3))
                    .element(0)
                    .isEqualTo(0);
            assertThat(lengths(openAll(user, object.bytes())).get(2)).isPositive();
            assertThat(new String(openAll(other, object.bytes()), StandardCharsets.UTF_8))
                    .contains("refused");
            assertThatThrownBy(() -> openAll(stranger, object.bytes())).isInstanceOf(RefusedException.class);
            byte[] tooMany = new byte[(SmallRead.MAX_AT_ONCE + 1) * ObjectId.BYTES];
            for (byte[] body : List.of(tooMany, new byte[0], new byte[ObjectId.BYTES - 1])) {
                assertThatThrownBy(() -> openAll(user, body)).isInstanceOf(BadInputException.class);
            }
        }
    }

    private static byte[] openAll(RawUser user, byte[] ids) {
        return user.call("cc2", HttpMethod.POST, "/v1/open", Operation.OPEN_ALL, "", ids);
    }

    private static List<Integer> lengths(byte[] answer) {
        List<Integer> lengths = new ArrayList<>();
        for (ByteBuffer in = ByteBuffer.wrap(answer); in.hasRemaining(); ) {
            int length = in.getInt();
            lengths.add(length);
            in.position(in.position() + length);
        }
        return lengths;
    }

    private static byte[] open(RawUser user, String node, ObjectId object) {
        return user.call(
                node,
                HttpMethod.GET,
                "/v1/objects/" + object + "/open",
                Operation.OPEN,
                object.toString(),
                new byte[0]);
    }

    @Test
    void whatIsClosedOrGoneIsNotGivenOut() throws Exception {
        ObjectId object = ring.put(TestRing.random(40)).object();
        try (RawUser user = RawUser.of(ring, "credential");
                RawUser other = RawUser.of(ring, "other");
                RawUser stranger = RawUser.of(ring, "stranger")) {
            assertThat(lengths(open(user, "cc2", object)).get(1)).isPositive();
            for (RawUser each : List.of(other, stranger)) {
                assertThatThrownBy(() -> open(each, "cc2", object)).isInstanceOf(InterlockException.class);
            }
            var _ = ring.owner().scheduleDestroy(object, Duration.ofDays(1));
            assertThat(lengths(open(user, "cc2", object)).subList(1, 3)).containsExactly(0, 0);
            assertThatThrownBy(() -> ring.get(object))
                    .isInstanceOf(InterlockException.class)
                    .hasMessageContaining("to be destroyed");
            var _ = ring.owner().cancelDestroy(object);
            assertThat(lengths(open(user, "cc2", object)).get(1)).isPositive();
            var _ = ring.owner().destroy(object, List.of(), _ -> {});
            assertThat(lengths(open(user, "cc2", object)).subList(1, 3)).containsExactly(0, 0);
        }
    }
}
