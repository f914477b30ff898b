package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.BroughtOver;
import dev.interlock.client.Interlock;
import dev.interlock.client.Listed;
import dev.interlock.client.Renewed;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.KeptBack;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.SharedKey;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.store.LoginStore;
import dev.interlock.node.store.SealedStore;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.RecoveryCode;
import dev.interlock.protocol.login.RootLine;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A login through the life of its ring: its keys are shared anew, lost, restored from backups, and moved into the next epoch. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("long")
final class LoginLifecycleTest {
    private static final byte[] PASSWORD = LoginTest.bytes("correct horse battery staple");
    private static final byte[] OTHER = LoginTest.bytes("tr0ub4dor&3");
    private static final UserName ALICE = new UserName("alice");
    private static final UserName BOB = new UserName("bob");

    private final SecureRandom random = new SecureRandom();
    private final byte[] code = RecoveryCode.random(random);
    private Path dir;
    private TestRing ring;
    private Logins logins;

    @BeforeAll
    void start(@TempDir Path folder) {
        dir = folder;
        ring = TestRing.start(folder, 2, 3, TestRing.PATIENT, TestRing.embeddedAt("cc3"));
        logins = LoginTest.logins(ring);
    }

    @AfterAll
    void stop() {
        logins.close();
        ring.close();
    }

    private RootSecret enrol(TestRing ring, Logins logins, UserName name) throws InterruptedException {
        RootSecret root = RootSecret.random(random);
        new Accounts(logins)
                .enrol(name, root, PASSWORD, LoginTest.quick(), Optional.of(code), LoginTest.tickets(ring, name));
        return root;
    }

    private Session login(Logins logins, UserName name, Lock.Kind kind, byte[] secret) throws InterruptedException {
        try (SecretBytes device = SecretBytes.random(32, random)) {
            return logins.login(name, kind, secret, device);
        }
    }

    private Session login(Logins logins, UserName name, byte[] password) throws InterruptedException {
        return login(logins, name, Lock.Kind.PASSWORD, password);
    }

    /** One to which all have answered before its grace was over: what it says of them is all there is. */
    private Session loginAnsweredByAll(UserName name) throws InterruptedException {
        Session session = login(logins, name, PASSWORD);
        while (!session.absent().isEmpty()) {
            assertThat(session.awaitTold(LoginTable.PATIENCE)).isTrue();
            session.close();
            session = login(logins, name, PASSWORD);
        }
        return session;
    }

    private void rotate(Accounts accounts, Logins logins, UserName name) throws InterruptedException {
        try (Session session = login(logins, name, PASSWORD)) {
            assertThat(accounts.rotate(session, PASSWORD, LoginTest.quick(), Optional.empty())
                            .missing())
                    .isEmpty();
        }
    }

    /** What a provider that stands still has of the login's key: x and share, by record. */
    private static Optional<Scalar> share(TestRing ring, String node, UserName name, Lock.Kind kind) {
        try (SealedStore store = ring.openStore(node)) {
            LoginStore stored = store.logins();
            return stored.certified(name.text())
                    .flatMap(held -> stored.share(held.hash(), kind))
                    .map(secret -> {
                        try (secret) {
                            return Scalar.decode(secret.copyToHeap());
                        }
                    });
        }
    }

    /** Shares of before and after are of different sharings: t of one open it, of both mixed they don't. */
    @Test
    void whatWasStolenBeforeARefreshIsWorthNothingAfter() throws Exception {
        UserName name = new UserName("stolen");
        try (RootSecret root = enrol(ring, logins, name);
                Session session = login(logins, name, PASSWORD)) {
            Lock before = session.record().record().lock(Lock.Kind.PASSWORD).orElseThrow();
            ring.stop("cc1");
            Scalar old = share(ring, "cc1", name, Lock.Kind.PASSWORD).orElseThrow();
            ring.start("cc1");
            Accounts.Done done = new Accounts(logins).reshare(session);
            assertThat(done.missing()).isEmpty();
            Lock after = done.record().record().lock(Lock.Kind.PASSWORD).orElseThrow();
            assertThat(after.isResharingOf(before)).isTrue();
            assertThat(SharedKey.publicKey(2, after.commitments()))
                    .isEqualTo(SharedKey.publicKey(2, before.commitments()));
            for (String node : ring.providers()) {
                var x = ring.descriptor().provider(node).orElseThrow().x();
                assertThat(after.commitments().get(x))
                        .isNotEqualTo(before.commitments().get(x));
            }
            ring.stop("cc1", "cc2");
            Scalar fresh = share(ring, "cc1", name, Lock.Kind.PASSWORD).orElseThrow();
            assertThat(fresh.encode()).isNotEqualTo(old.encode());
            Map<Integer, Scalar> mixed = Map.of(
                    1, old, 2, share(ring, "cc2", name, Lock.Kind.PASSWORD).orElseThrow());
            Map<Integer, Scalar> fitting = Map.of(
                    1, fresh, 2, share(ring, "cc2", name, Lock.Kind.PASSWORD).orElseThrow());
            assertThat(givesKey(ring, after, mixed)).isFalse();
            assertThat(givesKey(ring, after, fitting)).as("control").isTrue();
            ring.start("cc1", "cc2");
            // Password and recovery code are what they were.
            for (Session again :
                    List.of(login(logins, name, PASSWORD), login(logins, name, Lock.Kind.RECOVERY, code))) {
                try (again) {
                    assertThat(again.opened().root().copy().copyToHeap())
                            .isEqualTo(root.copy().copyToHeap());
                    assertThat(again.record().record().version()).isEqualTo(2);
                    assertThat(again.absent()).isEmpty();
                }
            }
        }
    }

    /** Whether these shares give the OPRF's key, by evaluating something with them. */
    private boolean givesKey(TestRing ring, Lock lock, Map<Integer, Scalar> shares) {
        var blinded = Voprf.blind(new byte[] {1}, Scalar.random(random));
        Map<dev.interlock.core.sharing.ShareIndex, SharedKey.Answer> answers = new java.util.LinkedHashMap<>();
        shares.forEach((number, share) -> {
            var x = ring.descriptor().provider("cc" + number).orElseThrow().x();
            var evaluated = Voprf.evaluate(share, Voprf.publicKey(share), List.of(blinded), Scalar.random(random));
            answers.put(x, new SharedKey.Answer(evaluated.elements().getFirst(), evaluated.proof()));
        });
        var combined = SharedKey.combine(2, answers).orElseThrow();
        // Of shares that fit, the combination's public key is the lock's.
        Map<dev.interlock.core.sharing.ShareIndex, dev.interlock.core.oprf.Element> own =
                new java.util.LinkedHashMap<>();
        shares.forEach((number, share) ->
                own.put(ring.descriptor().provider("cc" + number).orElseThrow().x(), Voprf.publicKey(share)));
        assertThat(combined).isNotNull();
        return SharedKey.publicKey(2, own).equals(SharedKey.publicKey(2, lock.commitments()));
    }

    private static RootLine line(Session session) {
        return session.record().record().line();
    }

    /**
     * A device was stolen while it was logged in. The user goes on to the next root, though their own client ends again and again before it
     * is through: nothing is lost at any of these places, and from the first provider that knows it the root of before commands nothing.
     */
    @Test
    void aNewRootEndsTheOneBefore() throws Exception {
        UserName name = new UserName("robbed");
        Name key = Name.of("backups/db.key");
        Name spare = Name.of("spare");
        try (RootSecret root = enrol(ring, logins, name);
                Session stale = login(logins, name, PASSWORD);
                Interlock thief = Interlock.open(ring.descriptor(), root.credential(), ring.deadlines());
                Logins lossy = LoginTest.logins(ring)) {
            Token first = TestRing.put(thief, LoginTest.bytes("a secret"));
            Token second = TestRing.put(thief, LoginTest.bytes("another"));
            thief.names().add(key, first.object(), 8);
            thief.names().add(spare, second.object(), 7);
            // Cut off while it is prepared, then when it counts nowhere: the root of before is the user's still.
            for (String lost : List.of("record", "certified")) {
                lossy.onSend((what, node) -> {
                    if (what.equals(lost) && (lost.equals("certified") || node.equals("cc2"))) {
                        throw new IllegalStateException("cut off");
                    }
                });
                try (Session session = login(logins, name, PASSWORD)) {
                    assertThatThrownBy(() ->
                                    new Accounts(lossy).rotate(session, PASSWORD, LoginTest.quick(), Optional.of(code)))
                            .isInstanceOf(TooFewProvidersException.class);
                }
                assertThat(TestRing.get(thief, first.object())).isEqualTo(LoginTest.bytes("a secret"));
            }
            // Cut off when one provider alone has heard of it: the next login tells all.
            lossy.onSend((what, node) -> {
                if (what.equals("certified") && !node.equals("cc1")) {
                    throw new IllegalStateException("cut off");
                }
            });
            RootSecret two;
            try (Session session = login(logins, name, PASSWORD)) {
                assertThat(line(session).version()).isEqualTo(1);
                two = session.opened().root().followedBy(session.opened().next());
                assertThat(new Accounts(lossy)
                                .rotate(session, PASSWORD, LoginTest.quick(), Optional.of(code))
                                .missing())
                        .containsExactly("cc2", "cc3");
            }
            Accounts accounts = new Accounts(logins);
            try (RootSecret _ = two;
                    Session session = login(logins, name, PASSWORD);
                    Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
                assertThat(line(session).version()).isEqualTo(2);
                assertThat(line(session).isSettled()).isFalse();
                assertThat(session.opened().root().copy().copyToHeap())
                        .isEqualTo(two.copy().copyToHeap());
                // Who has the root of before: no reading, no names, no new object, no command, no way back.
                assertThatThrownBy(() -> TestRing.get(thief, first.object()))
                        .isInstanceOf(InterlockException.class)
                        .hasMessageContaining("changed it for a new one");
                assertThatThrownBy(() -> thief.names().find(key)).isInstanceOf(InterlockException.class);
                assertThatThrownBy(() -> TestRing.put(thief, LoginTest.bytes("more")))
                        .isInstanceOf(InterlockException.class);
                assertThatThrownBy(() -> thief.scheduleDestroy(first.object(), Duration.ofDays(1)))
                        .isInstanceOf(InterlockException.class);
                assertThatThrownBy(() -> accounts.change(stale, OTHER, LoginTest.quick()))
                        .isInstanceOf(InterlockException.class);
                // All objects are the user's already; they are handed over one by one, and it breaks off once more.
                assertThat(TestRing.get(user, first.object())).isEqualTo(LoginTest.bytes("a secret"));
                assertThatThrownBy(() -> user.bringOver(1, _ -> {
                            throw new IllegalStateException("cut off");
                        }))
                        .isInstanceOf(IllegalStateException.class);
            }
            try (Session session = login(logins, name, Lock.Kind.RECOVERY, code);
                    Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
                // The dealer learns it now.
                assertThatThrownBy(() -> TestRing.put(user, LoginTest.bytes("more")))
                        .isInstanceOf(InterlockException.class)
                        .hasMessageContaining("dealer1");
                assertThat(accounts.succeed(session)).isEmpty();
                assertThat(accounts.succeed(session)).isEmpty();
                BroughtOver over = user.bringOver(line(session).since(), _ -> {});
                assertThat(over.isAll()).isTrue();
                assertThat(over.untold()).isEmpty();
                assertThat(user.names()
                                .find(key)
                                .versions()
                                .versions()
                                .getFirst()
                                .object())
                        .isEqualTo(first.object());
                assertThat(user.names().find(spare).versions().names(second.object()))
                        .isTrue();
                for (Token each : List.of(first, second)) {
                    assertThat(user.proof(each.object())).isNotNull();
                    assertThat(user.bringOver(1, _ -> {}).objects()).isEmpty();
                }
                assertThat(accounts.settle(session).missing()).isEmpty();
            }
            try (Session session = login(logins, name, PASSWORD);
                    Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
                assertThat(line(session).isSettled()).isTrue();
                Token third = TestRing.put(user, LoginTest.bytes("more"));
                assertThat(third.statement().title().owner().rootVersion()).isEqualTo(2);
                for (Token each : List.of(first, second)) {
                    // Renewed under the new root, by whose word alone it holds from now on.
                    assertThat(user.refresh(List.of(each.object()), Duration.ZERO, _ -> {}))
                            .allSatisfy(renewed -> assertThat(renewed).isInstanceOf(Renewed.Done.class));
                }
                assertThat(TestRing.get(user, first.object())).isEqualTo(LoginTest.bytes("a secret"));
                assertThat(user.list()).hasSize(3);
                // And once more, with everything in its place.
                assertThat(accounts.rotate(session, PASSWORD, LoginTest.quick(), Optional.empty())
                                .missing())
                        .isEmpty();
            }
            try (Session session = login(logins, name, PASSWORD);
                    Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
                assertThat(line(session).version()).isEqualTo(3);
                assertThat(accounts.succeed(session)).isEmpty();
                assertThat(user.bringOver(line(session).since(), _ -> {}).objects())
                        .hasSize(3);
                assertThat(user.names().find(key).versions().names(first.object()))
                        .isTrue();
                assertThat(TestRing.get(user, first.object())).isEqualTo(LoginTest.bytes("a secret"));
            }
        }
    }

    /** An object that was handed over as often as it can be is handed over no more, and is its owner's by a new root all the same. */
    @Test
    void whatCantBeHandedOverOnceMoreStays() throws Exception {
        UserName name = new UserName("often");
        byte[] content = LoginTest.bytes("a secret");
        ObjectId object;
        try (RootSecret root = enrol(ring, logins, name);
                Interlock user = Interlock.open(ring.descriptor(), root.credential(), ring.deadlines())) {
            object = TestRing.put(user, content).object();
            for (int i = 0; i < Title.MOST_HANDOVERS / 2; i++) {
                var _ = user.handOver(object, ring.other().accept(object));
                var _ = ring.other().handOver(object, user.accept(object));
            }
            assertThatThrownBy(() -> user.handOver(object, ring.other().accept(object)))
                    .isInstanceOfSatisfying(
                            RefusedException.class,
                            e -> assertThat(e.advice()).contains(new Advice.WriteAnew(object.toString())))
                    .hasMessageContaining("handed over 16 times, and can't be once more");
        }
        Accounts accounts = new Accounts(logins);
        rotate(accounts, logins, name);
        try (Session session = login(logins, name, PASSWORD);
                Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
            assertThat(accounts.succeed(session)).isEmpty();
            BroughtOver over = user.bringOver(line(session).since(), _ -> {});
            assertThat(over.isAll()).isTrue();
            assertThat(over.objects()).isEmpty();
            assertThat(accounts.settle(session).missing()).isEmpty();
            assertThat(TestRing.get(user, object)).isEqualTo(content);
            assertThat(user.destroy(object, List.of(), _ -> {}).receipts()).hasSize(3);
        }
    }

    /** A folder from before the new root serves the old one, until a login shows it the record; a refresh makes it whole. */
    @Test
    void aRestoredFolderLearnsTheNewRoot() throws Exception {
        UserName name = new UserName("back");
        try (RootSecret root = enrol(ring, logins, name);
                Interlock thief = Interlock.open(ring.descriptor(), root.credential(), ring.deadlines())) {
            Token token = TestRing.put(thief, LoginTest.bytes("a secret"));
            Path backup = dir.resolve("backup-of-before");
            ring.stop("cc3");
            copy(ring.node("cc3"), backup);
            ring.start("cc3");
            Accounts accounts = new Accounts(logins);
            rotate(accounts, logins, name);
            ring.stop("cc3");
            delete(ring.node("cc3"));
            copy(backup, ring.node("cc3"));
            ring.start("cc3");
            try (Session session = login(logins, name, PASSWORD);
                    Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
                assertThat(accounts.succeed(session)).isEmpty();
                assertThat(accounts.reshare(session).missing()).isEmpty();
                assertThat(TestRing.get(user, token.object(), "cc2", "cc3")).isEqualTo(LoginTest.bytes("a secret"));
            }
            assertThatThrownBy(() -> TestRing.get(thief, token.object(), "cc2", "cc3"))
                    .isInstanceOf(InterlockException.class);
        }
    }

    /**
     * A put by the root of before is under way, at any of its steps, when the root changes: it is refused in words that say why, or it is
     * stored; what is stored is the user's by the new root, and what isn't is nowhere.
     */
    @ParameterizedTest
    @EnumSource(
            value = Operation.class,
            names = {"TOKEN", "COMMIT"})
    void aPutThatIsUnderWayIsRefusedOrComesOver(Operation step) throws Exception {
        UserName name = new UserName("under-way-" + step.name().toLowerCase(Locale.ROOT));
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch changed = new CountDownLatch(1);
        Accounts accounts = new Accounts(logins);
        try (RootSecret root = enrol(ring, logins, name);
                Interlock before = Interlock.open(ring.descriptor(), root.credential(), ring.deadlines());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            before.onRequest((node, operation, _, _) -> {
                // The commit has come to one provider by then.
                if (operation == step && !(step == Operation.COMMIT && node.equals("cc1"))) {
                    reached.countDown();
                    Await.uninterruptibly(changed);
                }
            });
            Future<Token> put = threads.submit(() -> TestRing.put(before, LoginTest.bytes("on its way")));
            reached.await();
            rotate(accounts, logins, name);
            try (Session session = login(logins, name, PASSWORD);
                    Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
                assertThat(accounts.succeed(session)).isEmpty();
                BroughtOver over = user.bringOver(line(session).since(), _ -> {});
                changed.countDown();
                boolean committed = step == Operation.COMMIT;
                assertThatThrownBy(put::get)
                        .cause()
                        .isInstanceOf(committed ? UnsettledException.class : RefusedException.class)
                        .hasMessageContaining("changed it for a new one");
                assertThat(user.list()).extracting(Listed::object).containsExactlyElementsOf(over.objects());
                assertThat(over.isAll()).isTrue();
                assertThat(over.objects()).hasSize(committed ? 1 : 0);
                for (ObjectId object : over.objects()) {
                    assertThat(TestRing.get(user, object)).isEqualTo(LoginTest.bytes("on its way"));
                }
                assertThat(accounts.settle(session).missing()).isEmpty();
            }
        }
    }

    /** Two devices go on to the next root at once: it is one root, and what the slower one prepared is left behind before the next. */
    @Test
    void twoDevicesMakeOneNewRootAtOnce() throws Exception {
        UserName name = new UserName("twice");
        try (RootSecret _ = enrol(ring, logins, name);
                Session one = login(logins, name, PASSWORD);
                Session other = login(logins, name, PASSWORD);
                Logins slow = LoginTest.logins(ring)) {
            // The other one is all prepared when the first counts, and counts after it at one provider alone.
            slow.onSend((what, node) -> {
                if (what.equals("certified")) {
                    throw new IllegalStateException("slow");
                }
            });
            Accounts accounts = new Accounts(logins);
            assertThatThrownBy(() -> new Accounts(slow).rotate(other, PASSWORD, LoginTest.quick(), Optional.empty()))
                    .isInstanceOf(TooFewProvidersException.class);
            assertThat(accounts.rotate(one, PASSWORD, LoginTest.quick(), Optional.empty())
                            .missing())
                    .isEmpty();
            try (Session session = login(logins, name, PASSWORD)) {
                assertThat(session.opened().root().copy().copyToHeap())
                        .isEqualTo(other.opened().next().copyToHeap());
                assertThat(accounts.rotate(session, PASSWORD, LoginTest.quick(), Optional.empty())
                                .missing())
                        .isEmpty();
            }
            try (Session session = login(logins, name, PASSWORD)) {
                assertThat(line(session).version()).isEqualTo(3);
            }
        }
    }

    /** A provider that lost its store gets a share of the same key by the others', of both locks. */
    @Test
    void aLostStoreGetsItsShareAgain() throws Exception {
        UserName name = new UserName("lost");
        try (RootSecret _ = enrol(ring, logins, name)) {
            ring.loseStore("cc3");
            try (Session session = login(logins, name, PASSWORD)) {
                assertThat(session.absent()).containsKey("cc3");
                assertThat(new Accounts(logins).reshare(session).missing()).isEmpty();
            }
            ring.stop("cc1");
            login(logins, name, PASSWORD).close();
            login(logins, name, Lock.Kind.RECOVERY, code).close();
            ring.start("cc1");
        }
    }

    /**
     * A store from before a change of password: its node finds out by itself, erases its shares, answers no login, and gets new ones.
     * The old password stays dead, also for who shows the old record and has another provider's old share.
     */
    @Test
    void aRestoredStoreAnswersNoLogin() throws Exception {
        UserName name = new UserName("store");
        try (RootSecret _ = enrol(ring, logins, name)) {
            Path backup = dir.resolve("backup-of-store");
            ring.stop("cc3");
            copy(ring.storeFolder("cc3"), backup);
            ring.start("cc3");
            try (Session session = login(logins, name, PASSWORD)) {
                new Accounts(logins).change(session, OTHER, LoginTest.quick());
            }
            ring.stop("cc3");
            delete(ring.storeFolder("cc3"));
            copy(backup, ring.storeFolder("cc3"));
            assertThat(share(ring, "cc3", name, Lock.Kind.PASSWORD))
                    .as("control")
                    .isPresent();
            ring.start("cc3");
            assertThatThrownBy(() -> login(logins, name, PASSWORD))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("is wrong");
            try (Session session = login(logins, name, OTHER)) {
                assertThat(session.absent().get("cc3")).contains("restored from a backup");
                assertThat(new Accounts(logins).reshare(session).missing()).isEmpty();
            }
            try (Session session = login(logins, name, OTHER)) {
                assertThat(session.absent()).isEmpty();
            }
        }
    }

    /** The whole folder came from the backup: the node can't see that by itself, but the others show it. */
    @Test
    void aRestoredFolderTakesWhatTheOthersShow() throws Exception {
        UserName name = new UserName("folder");
        try (RootSecret _ = enrol(ring, logins, name)) {
            CertifiedRecord first;
            try (Session session = login(logins, name, PASSWORD)) {
                first = session.record();
            }
            Path backup = dir.resolve("backup-of-folder");
            ring.stop("cc3");
            copy(ring.node("cc3"), backup);
            ring.start("cc3");
            try (Session session = login(logins, name, PASSWORD)) {
                new Accounts(logins).change(session, OTHER, LoginTest.quick());
            }
            ring.stop("cc3");
            delete(ring.node("cc3"));
            copy(backup, ring.node("cc3"));
            assertThat(share(ring, "cc3", name, Lock.Kind.PASSWORD))
                    .as("control")
                    .isPresent();
            ring.start("cc3");
            // An attacker who shows it nothing, and asks under the old record.
            assertThatThrownBy(() -> LoginGuesses.evaluate(ring, "cc3", first, random))
                    .isInstanceOf(NoSuchObjectException.class);
            ring.stop("cc3");
            assertThat(share(ring, "cc3", name, Lock.Kind.PASSWORD)).isEmpty();
            ring.start("cc3");
        }
    }

    /** Who deals what isn't its share, and what doesn't fit its own word: none gets in, and all stays as it was, or goes on without. */
    @Test
    void aLiarCorruptsNoShare() throws Exception {
        UserName name = new UserName("liar");
        try (RootSecret _ = enrol(ring, logins, name)) {
            // Another share than its own: its commitment isn't the record's.
            ring.stop("cc1");
            ring.startProvider("cc1", LoginAttackTest::withAnotherShare, FieldKernels.chosen());
            try (Session session = loginAnsweredByAll(name)) {
                assertThat(session.wrong()).containsExactly("cc1");
                Accounts.Done done = new Accounts(logins).reshare(session);
                done.record().record().locks().forEach(Lock::requireConsistent);
            }
            ring.restart("cc1");
            // cc1 got a share of the new sharing, from two that are honest.
            try (Session session = loginAnsweredByAll(name)) {
                assertThat(session.wrong()).isEmpty();
            }
            ring.stop("cc2");
            login(logins, name, PASSWORD).close();
            ring.start("cc2");
            // A client that makes up parts: no provider signs for a share that isn't what the record commits to.
            try (Logins lossy = LoginTest.logins(ring);
                    Session session = login(logins, name, PASSWORD)) {
                lossy.onSend((what, node) -> {
                    if (what.equals("record") && node.equals("cc2")) {
                        throw new IllegalStateException("lost");
                    }
                });
                assertThatThrownBy(() -> new Accounts(lossy).reshare(session))
                        .isInstanceOf(TooFewProvidersException.class);
            }
            login(logins, name, PASSWORD).close();
        }
    }

    /**
     * A provider deals another one a part that isn't of what it committed to. That one complains, it goes on without the dealer, and both
     * locks open by what the receiver has. One that complains of everybody stops it, is named with them, and nothing is lost.
     */
    @Test
    void whoDealsAWrongPartIsLeftOut() throws Exception {
        UserName name = new UserName("misdealt");
        List<String> providers = ring.providers();
        try (RootSecret root = enrol(ring, logins, name);
                Session session = login(logins, name, PASSWORD)) {
            assertThatThrownBy(() -> KeptBack.misdealt(logins, session, Set.of("cc1", "cc2"), "cc3"))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("are as they were")
                    .hasMessageContaining("cc3 says that what cc1 dealt isn't what it committed to")
                    .hasMessageContaining("cc3 says that what cc2 dealt");
            try (Session again = login(logins, name, PASSWORD)) {
                assertThat(again.record()).isEqualTo(session.record());
            }
            CertifiedRecord shared = KeptBack.misdealt(logins, session, Set.of("cc1"), "cc3");
            assertThat(KeptBack.show(logins, shared, providers)).containsExactlyInAnyOrderElementsOf(providers);
            // By the one that complained, and another one.
            ring.stop("cc1");
            for (Lock.Kind kind : Lock.Kind.values()) {
                byte[] secret = kind == Lock.Kind.PASSWORD ? PASSWORD : code;
                try (Session again = login(logins, name, kind, secret)) {
                    assertThat(again.record()).isEqualTo(shared);
                    assertThat(again.opened().root().copy().copyToHeap())
                            .isEqualTo(root.copy().copyToHeap());
                }
            }
            ring.start("cc1");
        }
    }

    /** The certificate of a change that gave way ends nothing: else it would take the share and bring none. */
    @Test
    void whatGaveWayEndsNothing() throws Exception {
        UserName name = new UserName("way");
        List<String> providers = ring.descriptor().providers().stream()
                .map(each -> each.card().name())
                .toList();
        try (RootSecret _ = enrol(ring, logins, name);
                Session session = login(logins, name, PASSWORD)) {
            List<CertifiedRecord> kept = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                kept.add(KeptBack.sharedAnew(logins, session));
            }
            // At most four that don't count are held: the first has given way.
            var _ = KeptBack.show(logins, kept.getFirst(), providers);
            for (Session again :
                    List.of(login(logins, name, PASSWORD), login(logins, name, Lock.Kind.RECOVERY, code))) {
                assertThat(again.record().record().version()).isEqualTo(1);
                again.close();
            }
            // The last is held, counts, and works; nothing that came before ends it.
            assertThat(KeptBack.show(logins, kept.getLast(), providers)).containsExactlyInAnyOrderElementsOf(providers);
            for (CertifiedRecord earlier : kept) {
                var _ = KeptBack.show(logins, earlier, providers);
            }
            try (Session again = login(logins, name, PASSWORD)) {
                assertThat(again.record()).isEqualTo(kept.getLast());
                assertThat(new Accounts(logins).reshare(again).missing()).isEmpty();
            }
            login(logins, name, PASSWORD).close();
        }
    }

    /** A provider comes, two leave: the login comes over, and those that left have nothing of it. A squatter gets nowhere meanwhile. */
    @Test
    void aLoginFollowsItsRing() throws Exception {
        try (TestRing ring = TestRing.start(dir.resolve("aLog"), 2, 3, TestRing.PATIENT);
                Logins old = LoginTest.logins(ring);
                RootSecret root = enrol(ring, old, ALICE);
                RootSecret bobs = enrol(ring, old, BOB)) {
            ring.folder().change(2, List.of("cc4"), Set.of("cc1"), TestRing.freePorts(1));
            ring.restart("cc2", "cc3", "dealer1");
            ring.start("cc4");
            RingDescriptor next = ring.descriptor();
            try (Credential alice = root.credential();
                    Credential bob = bobs.credential()) {
                NodeFolder cc4 = NodeFolder.open(ring.node("cc4"));
                cc4.allow("alice", alice.publicKey(next.id(), "cc4").toString());
                cc4.allow("bob", bob.publicKey(next.id(), "cc4").toString());
            }
            try (Logins logins = LoginTest.logins(ring)) {
                try (Session session = login(logins, ALICE, PASSWORD)) {
                    assertThat(session.record().record().epoch()).isEqualTo(1);
                    assertThat(new Accounts(logins).reshare(session).missing()).isEmpty();
                }
                // A change of password alone takes the recovery code's key along, too.
                try (Session session = login(logins, BOB, PASSWORD)) {
                    assertThat(new Accounts(logins)
                                    .change(session, OTHER, LoginTest.quick())
                                    .missing())
                            .isEmpty();
                }
                ring.stop("cc1");
                for (UserName name : List.of(ALICE, BOB)) {
                    assertThat(share(ring, "cc1", name, Lock.Kind.PASSWORD)).isEmpty();
                    assertThat(share(ring, "cc1", name, Lock.Kind.RECOVERY)).isEmpty();
                }
                ring.stop("cc2");
                login(logins, BOB, OTHER).close();
                login(logins, BOB, Lock.Kind.RECOVERY, code).close();
                // By the new one and one of before, both locks.
                for (Session again :
                        List.of(login(logins, ALICE, PASSWORD), login(logins, ALICE, Lock.Kind.RECOVERY, code))) {
                    try (again) {
                        assertThat(again.record().record().epoch()).isEqualTo(2);
                        assertThat(again.opened().root().copy().copyToHeap())
                                .isEqualTo(root.copy().copyToHeap());
                    }
                }
            }
        }
    }

    /** Most of the ring is exchanged before the login has come over: nobody else gets its name, and it still opens. */
    @Test
    void aNewProviderEnrolsNobodyUnderANameOfBefore() throws Exception {
        try (TestRing ring = TestRing.start(dir.resolve("aNew"), 2, 3, TestRing.PATIENT);
                Logins old = LoginTest.logins(ring);
                RootSecret root = enrol(ring, old, ALICE)) {
            ring.folder().change(2, List.of("cc4", "cc5"), Set.of("cc1", "cc2"), TestRing.freePorts(2));
            ring.restart("cc3", "dealer1");
            ring.start("cc4", "cc5");
            try (Logins logins = LoginTest.logins(ring);
                    RootSecret squatter = RootSecret.random(random)) {
                // cc3, which is of both epochs, is cut off by lying about it: its store forgets.
                ring.loseStore("cc3");
                assertThatThrownBy(() -> new Accounts(logins)
                                .enrol(
                                        ALICE,
                                        squatter,
                                        OTHER,
                                        LoginTest.quick(),
                                        Optional.empty(),
                                        LoginTest.tickets(ring, ALICE)))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("taken");
                // Those of before are cut off as well: then nobody is enrolled at all.
                ring.stop("cc1", "cc2");
                UserName bob = new UserName("bob");
                assertThatThrownBy(() -> enrol(ring, logins, bob))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("epoch 1");
                assertThatThrownBy(() -> login(logins, ALICE, PASSWORD)).isInstanceOf(InterlockException.class);
                ring.start("cc1", "cc2");
                RootSecret enrolled = enrol(ring, logins, bob);
                enrolled.close();
                try (Session session = login(logins, ALICE, PASSWORD)) {
                    assertThat(session.opened().root().copy().copyToHeap())
                            .isEqualTo(root.copy().copyToHeap());
                    // Only one is left of those that have a share, and two are needed: a change of password moves it.
                    assertThatThrownBy(() -> new Accounts(logins).reshare(session))
                            .isInstanceOfAny(TooFewProvidersException.class, IntegrityException.class);
                }
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Files.copy(each, to.resolve(from.relativize(each).toString()));
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
