package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Interlock;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeServer;
import dev.interlock.node.store.LoginStore;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.login.Enrolment;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Peers;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Logins at a ring of three nodes, against providers that lie, requests that come twice, and clients that are lost half-way. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("long")
final class LoginAttackTest {
    private static final byte[] PASSWORD = LoginTest.bytes("correct horse battery staple");

    private static final GuessLimit UNLIMITED = new GuessLimit(1000, Duration.ofHours(1), 1000, Duration.ZERO);

    private final SecureRandom random = new SecureRandom();
    private TestRing ring;
    private Path dir;

    @BeforeAll
    void start(@TempDir Path folder) {
        dir = folder;
        ring = TestRing.start(folder, 2, 3, TestRing.PATIENT);
    }

    @AfterAll
    void stop() {
        ring.close();
    }

    private Session login(Logins logins, UserName name, byte[] password) throws InterruptedException {
        try (SecretBytes device = SecretBytes.random(32, random)) {
            return logins.login(name, Lock.Kind.PASSWORD, password, device);
        }
    }

    /** A login of which all providers know that it was a success: the guess is given back, and the device known. */
    private static void loginUntilTold(Logins logins, UserName name, SecretBytes device) throws InterruptedException {
        try (Session session = logins.login(name, Lock.Kind.PASSWORD, PASSWORD, device)) {
            assertThat(session.awaitTold(LoginTable.PATIENCE)).isTrue();
        }
    }

    private RootSecret enrol(Logins logins, UserName name) throws InterruptedException {
        RootSecret root = RootSecret.random(random);
        new Accounts(logins)
                .enrol(name, root, PASSWORD, LoginTest.quick(), Optional.empty(), LoginTest.tickets(ring, name));
        return root;
    }

    /** A request that is captured at one provider is refused by every other, and there after its use, also after a restart. */
    @Test
    void aCapturedRequestIsWorthNothing() throws Exception {
        UserName name = new UserName("captured");
        RingDescriptor descriptor = ring.descriptor();
        try (Logins logins = LoginTest.logins(ring);
                RootSecret _ = enrol(logins, name);
                Session session = login(logins, name, PASSWORD);
                SeedCredential device = new SeedCredential(SecretBytes.random(32, random));
                Peers peers = new Peers(Optional.empty(), ring.deadlines())) {
            LoginRecord record = session.record().record();
            byte[] body;
            try (LoginAttempt attempt =
                    LoginAttempt.begin(record, record.lock(Lock.Kind.PASSWORD).orElseThrow(), PASSWORD, random)) {
                body = new Messages.Evaluate(record.hash(), Lock.Kind.PASSWORD, Element.decode(attempt.blinded()))
                        .encode();
            }
            byte[] nonce = new byte[Messages.NONCE_BYTES];
            random.nextBytes(nonce);
            String header = SignedRequest.sign(
                    device,
                    descriptor.id(),
                    descriptor.epoch(),
                    "cc1",
                    Operation.EVALUATE,
                    name.text(),
                    body,
                    nonce,
                    Instant.now());
            NodeCard one = descriptor.node("cc1").orElseThrow();
            String path = "/v1/logins/captured/evaluate";
            assertThat(evaluate(peers, one, path, header, body)).hasSize(LoginAttempt.ANSWER_BYTES);
            assertThatThrownBy(() -> evaluate(peers, one, path, header, body))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("made before");
            for (String other : List.of("cc2", "cc3")) {
                NodeCard card = descriptor.node(other).orElseThrow();
                assertThatThrownBy(() -> evaluate(peers, card, path, header, body))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("signed for cc1");
            }
            // For another user, with another question.
            assertThatThrownBy(() -> evaluate(peers, one, "/v1/logins/other/evaluate", header, body))
                    .isInstanceOf(RefusedException.class);
            byte[] changed = body.clone();
            changed[body.length - 1] ^= 1;
            assertThatThrownBy(() -> evaluate(peers, one, path, header, changed))
                    .isInstanceOf(InterlockException.class);
            ring.restart("cc1");
            try (Peers again = new Peers(Optional.empty(), ring.deadlines())) {
                assertThatThrownBy(() -> evaluate(again, one, path, header, body))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("made before");
                badQuestions(again, one, record, device);
            }
        }
    }

    private static byte[] evaluate(Peers peers, NodeCard card, String path, String header, byte[] body) {
        return peers.to(card).call(HttpMethod.POST, path, Optional.of(header), body);
    }

    /** Invalid points, the identity, wrong lengths, another record: no answer, and no guess that counts. */
    private void badQuestions(Peers peers, NodeCard one, LoginRecord record, SeedCredential device) {
        byte[] good = new Messages.Evaluate(
                        record.hash(),
                        Lock.Kind.PASSWORD,
                        record.lock(Lock.Kind.PASSWORD)
                                .orElseThrow()
                                .keys()
                                .values()
                                .iterator()
                                .next()
                                .share())
                .encode();
        byte[] identity = good.clone();
        Arrays.fill(identity, good.length - Element.BYTES, good.length, (byte) 0);
        byte[] beyond = good.clone();
        Arrays.fill(beyond, good.length - Element.BYTES + 1, good.length, (byte) 0xFF);
        byte[] kind = good.clone();
        kind[32] = 9;
        byte[] other = good.clone();
        other[0] ^= 1;
        RingDescriptor descriptor = ring.descriptor();
        for (byte[] bad : List.of(
                identity,
                beyond,
                kind,
                other,
                new byte[0],
                Arrays.copyOf(good, good.length - 1),
                Arrays.copyOf(good, good.length + 1))) {
            String header = SignedRequest.sign(
                    device,
                    descriptor.id(),
                    descriptor.epoch(),
                    "cc1",
                    Operation.EVALUATE,
                    record.name().text(),
                    bad,
                    random,
                    Instant.now());
            assertThatThrownBy(() -> evaluate(peers, one, "/v1/logins/" + record.name() + "/evaluate", header, bad))
                    .isInstanceOfAny(BadInputException.class, NoSuchObjectException.class);
        }
    }

    /** One provider's share is another: it is named, and the others suffice; where they don't, the login says who. */
    @Test
    void whoAnswersWronglyIsNamed() throws InterruptedException {
        UserName name = new UserName("named");
        try (Logins logins = LoginTest.logins(ring);
                RootSecret _ = enrol(logins, name)) {
            ring.stop("cc2");
            ring.startProvider("cc2", LoginAttackTest::withAnotherShare, FieldKernels.chosen());
            try (Session session = login(logins, name, PASSWORD)) {
                assertThat(session.wrong()).containsExactly("cc2");
            }
            ring.stop("cc3");
            assertThatThrownBy(() -> login(logins, name, PASSWORD))
                    .isInstanceOf(TooFewProvidersException.class)
                    .hasMessageContaining("cc2: answered something that isn't so")
                    .hasMessageContaining("cc3");
            ring.stop("cc2");
            ring.start("cc2", "cc3");
            login(logins, name, PASSWORD).close();
        }
    }

    /** One says that it holds a record of the last version but one: the change goes by what its user signed, and can be made again. */
    @Test
    void aLiarsVersionIsNotGoneBy() throws InterruptedException {
        UserName name = new UserName("versions");
        byte[] next = LoginTest.bytes("another one");
        try (Logins logins = LoginTest.logins(ring);
                RootSecret _ = enrol(logins, name)) {
            LoginRecord record;
            try (Session session = login(logins, name, PASSWORD)) {
                record = session.record().record();
            }
            ring.stop("cc2");
            ring.startProvider("cc2", honest -> holding(honest, last(record)), FieldKernels.chosen());
            try (Session session = login(logins, name, PASSWORD)) {
                assertThat(new Accounts(logins)
                                .change(session, next, LoginTest.quick())
                                .record()
                                .record()
                                .version())
                        .isEqualTo(2);
            }
            ring.stop("cc2");
            ring.start("cc2");
            try (Session session = login(logins, name, next)) {
                assertThat(new Accounts(logins)
                                .change(session, PASSWORD, LoginTest.quick())
                                .record()
                                .record()
                                .version())
                        .isEqualTo(3);
            }
        }
    }

    /**
     * One complains of a part where nobody dealt it any: it is named, and neither an enrolment nor a change ends with a fault or has changed
     * anything. Without it the same enrolment goes through, by the same tickets.
     */
    @Test
    void whoComplainsOfWhatNobodyDealtIsNamed() throws Exception {
        UserName name = new UserName("complaint");
        byte[] next = LoginTest.bytes("the next one");
        Map<String, String> tickets = LoginTest.tickets(ring, name);
        // Of another provider's part, of nobody's, and of no index at all.
        List<byte[]> complaints = List.of(new byte[] {1}, new byte[] {(byte) 200}, new byte[] {0});
        AtomicReference<byte[]> complaint = new AtomicReference<>(complaints.getFirst());
        byte[] nothing = new byte[0];
        try (Logins logins = LoginTest.logins(ring);
                RootSecret root = RootSecret.random(random)) {
            Accounts accounts = new Accounts(logins);
            complaining("cc2", Messages.Shown.encode(nothing, nothing), complaint::get);
            for (byte[] each : complaints) {
                complaint.set(each);
                assertNamed(
                        () -> accounts.enrol(name, root, PASSWORD, LoginTest.quick(), Optional.empty(), tickets),
                        "didn't sign it");
            }
            ring.restart("cc2");
            assertThatThrownBy(() -> login(logins, name, PASSWORD)).isInstanceOf(NoSuchObjectException.class);
            assertThat(accounts.enrol(name, root, PASSWORD, LoginTest.quick(), Optional.empty(), tickets)
                            .missing())
                    .isEmpty();
            try (Session session = login(logins, name, PASSWORD)) {
                session.awaitTold();
                complaining("cc2", Messages.Shown.encode(session.record().encode(), nothing), complaint::get);
                for (byte[] each : complaints) {
                    complaint.set(each);
                    assertNamed(() -> accounts.change(session, next, LoginTest.quick()), "didn't sign it");
                }
                // New shares of the same key come in parts, here of cc1 and cc3: the complaint is of none of these.
                complaint.set(complaints.get(1));
                assertNamed(() -> accounts.reshare(session), "complains of what nobody dealt");
            }
            ring.restart("cc2");
            try (Session session = login(logins, name, PASSWORD)) {
                assertThat(session.opened().root().copy().copyToHeap())
                        .isEqualTo(root.copy().copyToHeap());
                assertThat(accounts.change(session, next, LoginTest.quick()).missing())
                        .isEmpty();
            }
            login(logins, name, next).close();
        }
    }

    private static void assertNamed(ThrowingCallable work, String how) {
        assertThatThrownBy(work)
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("cc2")
                .hasMessageContaining(how)
                .extracting(e -> ((IntegrityException) e).culprits())
                .isEqualTo(List.of("cc2"));
    }

    /** In a provider's place a node that shows this of any name, and gives this for a signature; it does nothing else. */
    private void complaining(String provider, byte[] shown, Supplier<byte[]> complaint) {
        ring.stop(provider);
        NodeFolder folder = NodeFolder.open(ring.node(provider));
        Clock clock = Clock.systemUTC();
        NodeServer server = new NodeServer(folder, folder.auditLog(clock), ring.deadlines(), clock);
        server.route(HttpMethod.GET, "/v1/logins/{name}/record", (_, _) -> NodeServer.bytes(shown))
                .route(HttpMethod.POST, "/v1/logins/{name}/record", (context, request) -> {
                    NodeServer.StrangerRequest _ = server.admitStranger(
                            context,
                            request,
                            Operation.ENROL,
                            String.valueOf(context.pathParam("name")),
                            Messages.Prepare.maxBytes(ring.descriptor()));
                    return NodeServer.bytes(complaint.get());
                });
        server.start();
        ring.standIn(provider, server);
    }

    /** Of the liar's own root: it hasn't the user's. */
    private LoginStore.Held last(LoginRecord of) {
        try (RootSecret own = RootSecret.random(random)) {
            LoginRecord.Signed record =
                    Enrolment.record(ring.descriptor(), of.name(), own, of.line(), Long.MAX_VALUE - 1, of.locks());
            return new LoginStore.Held(
                    of.name().text(),
                    record.record().hash(),
                    Long.MAX_VALUE - 1,
                    record.encode(),
                    new byte[0],
                    new byte[32],
                    new byte[0],
                    Instant.EPOCH);
        }
    }

    private static Store holding(Store honest, LoginStore.Held another) {
        return altered(
                Store.class,
                honest,
                "logins",
                logins -> altered(LoginStore.class, (LoginStore) logins, "prepared", prepared -> {
                    List<LoginStore.Held> all = new ArrayList<>();
                    ((List<?>) prepared).forEach(each -> all.add((LoginStore.Held) each));
                    all.add(another);
                    return all;
                }));
    }

    static Store withAnotherShare(Store honest) {
        return altered(
                Store.class,
                honest,
                "logins",
                logins -> altered(LoginStore.class, (LoginStore) logins, "share", share -> {
                    ((Optional<?>) share).ifPresent(each -> ((SecretBytes) each).close());
                    byte[] other = new byte[32];
                    other[31] = 7;
                    return Optional.of(SecretBytes.copyOf(other));
                }));
    }

    private static <T> T altered(
            Class<T> type, T honest, String method, java.util.function.UnaryOperator<Object> change) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, called, arguments) -> {
                    try {
                        Object result = called.invoke(honest, arguments);
                        return called.getName().equals(method) ? change.apply(result) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    /** Wrong passwords are counted at each provider, over a restart; a success gives back its own; a known device isn't locked out. */
    @Test
    void guessesAreLimited() throws InterruptedException {
        UserName name = new UserName("guessed");
        try (Logins logins = LoginTest.logins(ring);
                RootSecret _ = enrol(logins, name);
                SecretBytes known = SecretBytes.random(32, random)) {
            loginUntilTold(logins, name, known);
            int answered = 0;
            for (int i = 0; i < 8; i++) {
                try {
                    login(logins, name, new byte[] {(byte) i}).close();
                } catch (RefusedException e) {
                    if (e.getMessage().contains("is wrong")) {
                        answered++;
                    } else {
                        assertThat(e.getMessage()).contains("try again in");
                    }
                }
                if (i == 5) {
                    ring.restart("cc1", "cc2", "cc3");
                }
            }
            // Three at once, then pauses; a slow machine may get through one or two of those.
            assertThat(answered).isBetween(4, 6);
            // All of an hour's: the command says for how long, with an exit code of its own.
            String[] all = ring.providers().toArray(String[]::new);
            ring.stop(all);
            for (String provider : all) {
                try (Store store = ring.openStore(provider)) {
                    for (int i = 0; i < 10; i++) {
                        byte[] nonce = new byte[Messages.NONCE_BYTES];
                        random.nextBytes(nonce);
                        var _ = store.logins().guess(name.text(), new byte[0], nonce, UNLIMITED, Instant.now());
                    }
                }
            }
            ring.start(all);
            Object[] line = {"ls", "--ring", ring.folder().path(), "--user", name, "--password-fd", 0};
            assertThat(typing("swordfish\n", line).expect(Main.LOCKED_OUT).err())
                    .containsPattern("the login of guessed is locked: .* The next is answered in [0-9]+ min;");
            Object[] json = {"user", "whoami", name, "--ring", ring.folder().path(), "--password-fd", 0, "--json"};
            assertThat(typing("swordfish\n", json).expect(Main.LOCKED_OUT).err())
                    .contains("\"error\" : \"locked-out\"")
                    .containsPattern("\"wait\" : 3[0-9]{3}");
            loginUntilTold(logins, name, known);
            loginUntilTold(logins, name, known);
        }
    }

    /**
     * A change of password that breaks off anywhere: at each message the client ends, so that of those that go out together any have left,
     * or a provider does, before or after each write that a message makes there. The old password works or the new one, never both and
     * never neither; which it is is known; and the object opens.
     */
    @Test
    void aBrokenOffChangeLeavesOneThatWorks() throws Exception {
        Map<String, DyingLogins> dying = new TreeMap<>();
        ring.stop(ring.providers().toArray(String[]::new));
        for (String provider : ring.providers()) {
            ring.startProvider(
                    provider,
                    store -> {
                        dying.put(provider, DyingLogins.of(store));
                        return dying.get(provider).in(store);
                    },
                    FieldKernels.chosen());
        }
        int cases = 0;
        try (Logins sound = LoginTest.logins(ring)) {
            for (String phase : List.of("record", "certified")) {
                for (int lost = 1; lost < 1 << 3; lost++) {
                    int gone = lost;
                    boolean counts = phase.equals("certified") && lost != 7;
                    changing(
                            sound,
                            "client" + cases++,
                            counts,
                            Integer.bitCount(lost),
                            logins -> logins.onSend((what, node) -> {
                                if (what.equals(phase) && (gone >> (node.charAt(2) - '1') & 1) == 1) {
                                    throw new IllegalStateException("gone");
                                }
                            }));
                }
            }
            changing(sound, "control", true, 0, new BreakingOff() {
                @Override
                public void by(Logins changing) {
                    dying.values().forEach(DyingLogins::revive);
                }

                @Override
                public void end() {
                    // It prepares the record, marks the store, and has the record count.
                    assertThat(dying.values())
                            .allSatisfy(each -> assertThat(each.revive()).isEqualTo(3));
                }
            });
            for (String victim : ring.providers()) {
                for (int write = 0; write < 3; write++) {
                    for (boolean after : List.of(false, true)) {
                        DyingLogins provider = Objects.requireNonNull(dying.get(victim));
                        DyingLogins.End end = new DyingLogins.End(write, after);
                        changing(sound, "provider" + cases++, write > 0, 1, new BreakingOff() {
                            @Override
                            public void by(Logins changing) {
                                provider.endAt(end);
                            }

                            @Override
                            public void end() {
                                assertThat(provider.revive())
                                        .as("control: it died")
                                        .isGreaterThan(end.write());
                            }
                        });
                    }
                }
            }
        }
        assertThat(cases).isEqualTo(2 * 7 + 3 * 3 * 2);
    }

    /** How a change breaks off, and who comes back after it. */
    private interface BreakingOff {
        void by(Logins changing);

        default void end() {}
    }

    /**
     * One change of a user's own.
     *
     * @param counts whether the new password works afterwards
     * @param missing at how many that isn't known
     */
    private void changing(Logins sound, String text, boolean counts, int missing, BreakingOff breaking)
            throws Exception {
        UserName name = new UserName(text);
        byte[] next = LoginTest.bytes("the next one of " + text);
        Token token;
        try (Logins changing = LoginTest.logins(ring);
                RootSecret root = enrol(sound, name);
                Session session = login(changing, name, PASSWORD)) {
            try (Interlock owner = Interlock.open(ring.descriptor(), root.credential(), ring.deadlines())) {
                token = TestRing.put(owner, next);
            }
            breaking.by(changing);
            try {
                assertThat(new Accounts(changing)
                                .change(session, next, LoginTest.quick())
                                .missing())
                        .as(text)
                        .hasSize(missing);
            } catch (TooFewProvidersException e) {
                assertThat(counts).as("%s: %s", text, e.getMessage()).isFalse();
            }
        }
        breaking.end();
        try (Session session = login(sound, name, counts ? next : PASSWORD);
                Interlock owner = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
            assertThat(session.record().record().version()).isEqualTo(counts ? 2 : 1);
            assertThat(session.absent()).isEmpty();
            assertThat(TestRing.get(owner, token.object())).as(text).isEqualTo(next);
        }
        assertThatThrownBy(() -> login(sound, name, counts ? PASSWORD : next))
                .as(text)
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("is wrong");
    }

    /** A change that one provider alone has heard of, and that one is slow: who types the new password isn't told that it is wrong. */
    @Test
    void aSlowProviderMayKnowTheNewPassword() throws Exception {
        UserName name = new UserName("slow");
        byte[] next = LoginTest.bytes("the next one");
        try (Logins logins = LoginTest.logins(ring);
                RootSecret _ = enrol(logins, name);
                SecretBytes known = SecretBytes.random(32, random)) {
            changeWhereOnlyOneHears(name, next, known);
            // cc1 says what it has once the others have counted a guess under the record before.
            CountDownLatch guessed = new CountDownLatch(2);
            ring.stop("cc1", "cc2", "cc3");
            ring.startProvider("cc1", store -> with(store, "certified", guessed::await), FieldKernels.chosen());
            for (String other : List.of("cc2", "cc3")) {
                ring.startProvider(other, store -> with(store, "guess", guessed::countDown), FieldKernels.chosen());
            }
            try (Logins fresh = LoginTest.logins(ring);
                    Session session = fresh.login(name, Lock.Kind.PASSWORD, next, known)) {
                assertThat(session.record().record().version()).isEqualTo(2);
            }
            assertThat(guessed.getCount()).as("control").isZero();
            assertThatThrownBy(() -> logins.login(name, Lock.Kind.PASSWORD, PASSWORD, known))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("is wrong");
            ring.restart("cc1", "cc2", "cc3");
        }
    }

    /** A provider whose answer comes when the login is through is told that it was a success: it gives the guess back, and knows the device. */
    @Test
    void whoAnswersLateKnowsTheDeviceToo() throws Exception {
        UserName name = new UserName("late");
        CountDownLatch through = new CountDownLatch(1);
        try (Logins logins = LoginTest.logins(ring);
                RootSecret root = enrol(logins, name);
                SeedCredential user = root.credential();
                SecretBytes known = SecretBytes.random(32, random)) {
            ring.stop("cc3");
            ring.startProvider("cc3", store -> with(store, "guess", through::await), FieldKernels.chosen());
            try (Session session = logins.login(name, Lock.Kind.PASSWORD, PASSWORD, known)) {
                assertThat(session.absent()).containsOnlyKeys("cc3");
            }
            through.countDown();
            Accounts accounts = new Accounts(logins);
            Await.until(
                    "cc3 knows it",
                    () -> accounts.devices(user, name).devices().stream()
                            .anyMatch(device -> device.provider().equals("cc3")));
            ring.restart("cc3");
        }
    }

    /** Who is told of a success is told in the background; what that makes is there once it is waited for. */
    @Test
    void aLoginIsThroughBeforeAllAreTold() throws Exception {
        UserName name = new UserName("told");
        CountDownLatch held = new CountDownLatch(1);
        try (Logins logins = LoginTest.logins(ring);
                RootSecret root = enrol(logins, name);
                SeedCredential user = root.credential();
                SecretBytes known = SecretBytes.random(32, random)) {
            ring.stop("cc3");
            ring.startProvider("cc3", store -> with(store, "giveBack", held::await), FieldKernels.chosen());
            try (Session session = logins.login(name, Lock.Kind.PASSWORD, PASSWORD, known)) {
                assertThat(session.absent()).isEmpty();
                assertThat(session.awaitTold(Duration.ZERO)).isFalse();
                held.countDown();
                assertThat(session.awaitTold(LoginTable.PATIENCE)).isTrue();
                assertThat(new Accounts(logins).devices(user, name).devices())
                        .extracting(Accounts.Device::provider)
                        .containsExactlyInAnyOrder("cc1", "cc2", "cc3");
            }
            ring.restart("cc3");
        }
    }

    /** A password is changed, and its record counts at cc1 alone. */
    private void changeWhereOnlyOneHears(UserName name, byte[] next, SecretBytes device) throws InterruptedException {
        try (Logins lossy = LoginTest.logins(ring)) {
            lossy.onSend((what, node) -> {
                if (what.equals("certified") && !node.equals("cc1")) {
                    throw new IllegalStateException("lost");
                }
            });
            try (Session session = lossy.login(name, Lock.Kind.PASSWORD, PASSWORD, device)) {
                assertThat(new Accounts(lossy)
                                .change(session, next, LoginTest.quick())
                                .missing())
                        .containsExactly("cc2", "cc3");
            }
        }
    }

    /**
     * Where fewer than t providers could answer, nobody is asked: no try costs a guess that nothing can come of. Neither of a record that one
     * alone has and the others don't take, nor while too few are up.
     */
    @Test
    void noGuessIsMadeThatTooFewCouldAnswer() throws Exception {
        UserName name = new UserName("few");
        byte[] next = LoginTest.bytes("the next one");
        AtomicInteger guesses = new AtomicInteger();
        try (Logins logins = LoginTest.logins(ring);
                RootSecret _ = enrol(logins, name);
                SecretBytes known = SecretBytes.random(32, random)) {
            changeWhereOnlyOneHears(name, next, known);
            ring.stop("cc1", "cc2", "cc3");
            ring.startProvider("cc1", store -> with(store, "guess", guesses::incrementAndGet), FieldKernels.chosen());
            for (String full : List.of("cc2", "cc3")) {
                ring.startProvider(
                        full,
                        store -> with(store, "certify", () -> {
                            throw new IllegalStateException("no space left");
                        }),
                        FieldKernels.chosen());
            }
            for (byte[] password : List.of(PASSWORD, next)) {
                assertThatThrownBy(() -> logins.login(name, Lock.Kind.PASSWORD, password, known))
                        .isInstanceOf(TooFewProvidersException.class);
            }
            ring.stop("cc2", "cc3");
            assertThatThrownBy(() -> logins.login(name, Lock.Kind.PASSWORD, next, known))
                    .isInstanceOf(TooFewProvidersException.class);
            assertThat(guesses).hasValue(0);
            ring.start("cc2", "cc3");
            try (Session session = logins.login(name, Lock.Kind.PASSWORD, next, known)) {
                assertThat(session.record().record().version()).isEqualTo(2);
                assertThat(session.awaitTold(LoginTable.PATIENCE)).isTrue();
            }
            assertThat(guesses).as("control").hasPositiveValue();
            ring.restart("cc1");
        }
    }

    private interface Before {
        void run() throws InterruptedException;
    }

    /** A store whose logins do this before they answer that. */
    private static Store with(Store honest, String method, Before before) {
        return altered(
                Store.class,
                honest,
                "logins",
                logins -> Proxy.newProxyInstance(
                        LoginStore.class.getClassLoader(),
                        new Class<?>[] {LoginStore.class},
                        (_, called, arguments) -> {
                            if (called.getName().equals(method)) {
                                before.run();
                            }
                            try {
                                return called.invoke(logins, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        }));
    }

    /** Somebody with a ticket for a name, and providers that are cut off meanwhile: the name is taken at all or at none. */
    @Test
    void aNameIsTakenAtAllOrAtNone() throws InterruptedException {
        UserName name = new UserName("squatted");
        Map<String, String> tickets = LoginTest.tickets(ring, name);
        try (Logins logins = LoginTest.logins(ring);
                Logins cut = LoginTest.logins(ring);
                RootSecret root = RootSecret.random(random);
                RootSecret other = RootSecret.random(random)) {
            cut.onSend((what, node) -> {
                if (what.equals("record") && node.equals("cc3")) {
                    throw new IllegalStateException("cut off");
                }
            });
            assertThatThrownBy(() -> new Accounts(cut)
                            .enrol(name, other, PASSWORD, LoginTest.quick(), Optional.empty(), tickets))
                    .isInstanceOf(TooFewProvidersException.class);
            assertThatThrownBy(() -> login(logins, name, PASSWORD)).isInstanceOf(NoSuchObjectException.class);
            // Another ticket waits for the one that came first; the same goes on at once.
            assertThatThrownBy(() -> new Accounts(cut)
                            .enrol(
                                    name,
                                    root,
                                    PASSWORD,
                                    LoginTest.quick(),
                                    Optional.empty(),
                                    LoginTest.tickets(ring, name)))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("by another ticket");
            new Accounts(logins).enrol(name, root, PASSWORD, LoginTest.quick(), Optional.empty(), tickets);
            try (Session session = login(logins, name, PASSWORD)) {
                assertThat(session.opened().root().copy().copyToHeap())
                        .isEqualTo(root.copy().copyToHeap());
            }
            // A used ticket enrols nobody.
            assertThatThrownBy(() -> new Accounts(logins)
                            .enrol(name, other, new byte[] {1}, LoginTest.quick(), Optional.empty(), tickets))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("taken");
        }
    }

    /** Whichever message is its last: whoever has the tickets and the password goes on, and the login opens one root for all time. */
    @Test
    void anEnrolmentThatBreaksOffAnywhereGoesOn() throws InterruptedException {
        boolean whole = false;
        for (int sent = 0; !whole; sent++) {
            // A record to each of three, its certificate to each, and four that admit the user.
            assertThat(sent).isLessThanOrEqualTo(10);
            UserName name = new UserName("broken-off-" + sent);
            Map<String, String> tickets = LoginTest.tickets(ring, name);
            AtomicInteger left = new AtomicInteger(sent);
            try (Logins dying = LoginTest.logins(ring);
                    Logins logins = LoginTest.logins(ring);
                    RootSecret first = RootSecret.random(random);
                    RootSecret second = RootSecret.random(random)) {
                dying.onSend((what, node) -> {
                    if (left.getAndDecrement() <= 0) {
                        throw new IllegalStateException("killed before " + what + " to " + node);
                    }
                });
                Optional<byte[]> opened;
                try {
                    Accounts.Done done = new Accounts(dying)
                            .enrol(name, first, PASSWORD, LoginTest.quick(), Optional.empty(), tickets);
                    whole = done.missing().isEmpty() && done.unserved().isEmpty();
                    opened = Optional.of(root(logins, name));
                } catch (InterlockException | IllegalStateException e) {
                    opened = Optional.empty();
                }
                Accounts.Done done = new Accounts(logins)
                        .enrol(name, second, PASSWORD, LoginTest.quick(), Optional.empty(), tickets);
                assertThat(done.missing()).isEmpty();
                assertThat(done.unserved()).isEmpty();
                byte[] now = root(logins, name);
                assertThat(now).isIn(first.copy().copyToHeap(), second.copy().copyToHeap());
                opened.ifPresent(before -> assertThat(now).isEqualTo(before));
            }
        }
    }

    private byte[] root(Logins logins, UserName name) throws InterruptedException {
        try (Session session = login(logins, name, PASSWORD)) {
            return session.opened().root().copy().copyToHeap();
        }
    }

    /** Somebody who has stolen the tickets enrols the name at the same time: one of the two is told that it is theirs, and it is. */
    @Test
    void ofTwoEnrolmentsAtOnceOneCounts() throws Exception {
        for (int turn = 0; turn < 5; turn++) {
            UserName name = new UserName("at-once-" + turn);
            Map<String, String> tickets = LoginTest.tickets(ring, name);
            List<byte[]> passwords = List.of(LoginTest.bytes("the owner's"), LoginTest.bytes("the thief's"));
            // Both have sent all their records before either sends its certificate, or meet anywhere.
            CyclicBarrier prepared = new CyclicBarrier(2);
            boolean together = turn == 0;
            List<CompletableFuture<Boolean>> both = new ArrayList<>();
            for (byte[] password : passwords) {
                both.add(CompletableFuture.supplyAsync(() -> enrols(name, password, tickets, prepared, together)));
            }
            List<Boolean> won = List.of(both.get(0).join(), both.get(1).join());
            assertThat(won).as("turn %d", turn).isNotEqualTo(List.of(true, true));
            try (Logins logins = LoginTest.logins(ring)) {
                if (!won.contains(true)) {
                    assertThat(enrols(name, passwords.getFirst(), tickets, prepared, false))
                            .isTrue();
                    won = List.of(true, false);
                }
                for (int i = 0; i < 2; i++) {
                    byte[] password = passwords.get(i);
                    if (won.get(i)) {
                        login(logins, name, password).close();
                    } else {
                        assertThatThrownBy(() -> login(logins, name, password)).isInstanceOf(RefusedException.class);
                    }
                }
            }
        }
    }

    private boolean enrols(
            UserName name, byte[] password, Map<String, String> tickets, CyclicBarrier prepared, boolean together) {
        AtomicBoolean first = new AtomicBoolean(together);
        try (Logins logins = LoginTest.logins(ring);
                RootSecret root = RootSecret.random(random)) {
            logins.onSend((what, node) -> {
                if (!what.equals("record") && first.getAndSet(false)) {
                    try {
                        prepared.await(20, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        // The other has given up.
                    }
                }
            });
            new Accounts(logins).enrol(name, root, password, LoginTest.quick(), Optional.empty(), tickets);
            return true;
        } catch (InterlockException | IllegalStateException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** From a home with nothing in it but the descriptor. */
    @Test
    void theCommandNeedsDescriptorAndPasswordAlone() throws Exception {
        Path descriptor = dir.resolve("descriptor");
        Files.copy(ring.folder().path().resolve(RingFolder.DESCRIPTOR), descriptor);
        Path tickets = dir.resolve("tickets");
        Files.writeString(
                tickets,
                InProcess.run("ring", "ticket", ring.folder().path(), "cli")
                        .expect(0)
                        .text());
        Cli.Result created = typing(
                "swordfish 7\n",
                "user",
                "create",
                "cli",
                "--ring",
                descriptor,
                "--tickets",
                tickets,
                "--password-fd",
                0);
        assertThat(created.expect(0).err()).contains("this password is", "recovery code");
        Path file = Files.writeString(dir.resolve("file"), "told by password");
        String id = typing("swordfish 7\n", "put", file, "--ring", descriptor, "--user", "cli", "--password-fd", 0)
                .expect(0)
                .text()
                .strip();
        assertThat(typing("swordfish 7\n", "ls", "--ring", descriptor, "--user", "cli", "--password-fd", 0)
                        .expect(0)
                        .text())
                .contains(id.substring(0, 8));
        Path got = dir.resolve("got");
        typing("swordfish 7\n", "get", id, "-o", got, "--ring", descriptor, "--user", "cli", "--password-fd", 0)
                .expect(0);
        assertThat(got).hasContent("told by password");
        assertThat(typing("swordfish 8\n", "ls", "--ring", descriptor, "--user", "cli", "--password-fd", 0)
                        .expect(Main.REFUSED)
                        .err())
                .contains("the password is wrong for cli");
        assertThat(typing("swordfish 7\nnew one 9\n", "user", "passwd", "cli", "--ring", descriptor, "--password-fd", 0)
                        .expect(0)
                        .text())
                .contains("the old one is dead");
        // The words after the line that says so.
        List<String> said = created.err().lines().toList();
        String code = said.stream()
                .filter(line -> line.matches("[a-z]{5}(-[a-z]{5}){8}"))
                .findFirst()
                .orElseThrow();
        typing(code + "\nlast one 1\n", "user", "recover", "cli", "--ring", descriptor, "--password-fd", 0)
                .expect(0);
        assertThat(typing("last one 1\n", "user", "whoami", "cli", "--json", "--ring", descriptor, "--password-fd", 0)
                        .expect(0)
                        .text())
                .contains("\"version\" : 3");
        assertThat(typing(
                                "last one 1\n",
                                "user",
                                "login",
                                "cli",
                                "--no-agent",
                                "--ring",
                                descriptor,
                                "--password-fd",
                                0)
                        .expect(0)
                        .text())
                .isEqualTo("logged in as cli at " + ring.descriptor().name() + "\n");
        assertThat(typing("last one 1\n", "user", "devices", "cli", "--ring", descriptor, "--password-fd", 0)
                        .expect(0)
                        .text())
                .contains("(noted by no device, at cc1 alone)");
        typing("last one 1\n", "user", "forget", "cli", "zz", "--ring", descriptor, "--password-fd", 0)
                .expect(Main.USAGE);
        assertThat(typing("last one 1\n", "user", "forget", "cli", "--ring", descriptor, "--password-fd", 0)
                        .expect(0)
                        .text())
                .contains("forgotten: ", " at cc3");
        for (String bad : List.of("\n", "")) {
            typing(bad, "ls", "--ring", descriptor, "--user", "cli", "--password-fd", 0)
                    .expect(Main.USAGE);
        }
        typing("x\n", "ls", "--ring", descriptor, "--user", "No Name", "--password-fd", 0)
                .expect(Main.USAGE);
        typing("x\n", "ls", "--ring", descriptor, "--user", "nobody", "--password-fd", 0)
                .expect(Main.NO_OBJECT);
    }

    private static Cli.Result typing(String typed, Object... arguments) {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)));
            return InProcess.run(arguments);
        } finally {
            System.setIn(before);
        }
    }
}
