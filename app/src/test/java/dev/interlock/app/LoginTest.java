package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Interlock;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.login.Tickets;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.RecoveryCode;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.Stretching;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Logins at a ring of five real nodes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LoginTest {
    private static final byte[] PASSWORD = bytes("correct horse battery staple");
    private static final byte[] OTHER = bytes("tr0ub4dor&3");

    private final SecureRandom random = new SecureRandom();
    private TestRing ring;
    private Logins logins;
    private Accounts accounts;

    @BeforeAll
    void start(@TempDir Path dir) {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT);
        logins = logins(ring);
        accounts = new Accounts(logins);
    }

    @AfterAll
    void stop() {
        logins.close();
        ring.close();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static Logins logins(TestRing ring) {
        return new Logins(ring.descriptor(), ring.deadlines(), new SecureRandom(), Clock.systemUTC());
    }

    /** One of each operator's. */
    static Map<String, String> tickets(TestRing ring, UserName name) {
        RingDescriptor descriptor = ring.descriptor();
        Map<String, String> tickets = new LinkedHashMap<>();
        for (NodeCard card : descriptor.nodes().toList()) {
            tickets.put(
                    card.name(),
                    new Tickets(NodeFolder.open(ring.node(card.name())))
                            .issue(name, new SecureRandom(), Instant.now()));
        }
        return tickets;
    }

    static Stretching quick() {
        return Stretching.with(64, 1, new SecureRandom());
    }

    private SecretBytes device() {
        return SecretBytes.random(32, random);
    }

    private Session login(String name, byte[] password) throws InterruptedException {
        try (SecretBytes device = device()) {
            return logins.login(new UserName(name), Lock.Kind.PASSWORD, password, device);
        }
    }

    private Accounts.Done enrol(String name) throws InterruptedException {
        UserName user = new UserName(name);
        try (RootSecret root = RootSecret.random(random)) {
            return accounts.enrol(user, root, PASSWORD, quick(), Optional.empty(), tickets(ring, user));
        }
    }

    @Test
    void aPasswordIsAllThatAUserNeeds() throws InterruptedException {
        assertThat(enrol("alice").missing()).isEmpty();
        Token token;
        try (Session session = login("alice", PASSWORD);
                Interlock alice = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
            assertThat(session.wrong()).isEmpty();
            assertThat(session.absent()).isEmpty();
            token = TestRing.put(alice, bytes("a secret"));
        }
        try (Session session = login("alice", PASSWORD);
                Interlock alice = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
            assertThat(TestRing.get(alice, token.object())).isEqualTo(bytes("a secret"));
        }
        assertThatThrownBy(() -> login("alice", OTHER))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("password is wrong")
                .hasMessageContaining("one guess at each of");
        assertThatThrownBy(() -> login("nobody", PASSWORD)).isInstanceOf(NoSuchObjectException.class);
        // Again, with the same password: an enrolment that broke off goes on. With another one: it is somebody else's.
        assertThat(enrol("alice").record().record().version()).isEqualTo(1);
        UserName alice = new UserName("alice");
        try (RootSecret root = RootSecret.random(random)) {
            assertThatThrownBy(
                            () -> accounts.enrol(alice, root, OTHER, quick(), Optional.empty(), tickets(ring, alice)))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("taken");
        }
    }

    @Test
    void aCredentialFilesObjectsStay() throws Exception {
        Token token = ring.put(bytes("put by a credential file"));
        UserName name = new UserName("bob");
        byte[] code = RecoveryCode.random(random);
        try (RootSecret root = new RootSecret(
                dev.interlock.client.CredentialFile.readSecret(ring.folder().credential()))) {
            accounts.enrol(name, root, PASSWORD, quick(), Optional.of(code), tickets(ring, name));
        }
        try (Session session = login("bob", PASSWORD);
                Interlock bob = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
            assertThat(TestRing.get(bob, token.object())).isEqualTo(bytes("put by a credential file"));
            // Without the old password, and under the new one from then on.
            assertThat(accounts.change(session, OTHER, quick()).missing()).isEmpty();
        }
        assertThatThrownBy(() -> login("bob", PASSWORD)).isInstanceOf(RefusedException.class);
        try (SecretBytes device = device();
                Session session = logins.login(name, Lock.Kind.RECOVERY, code, device)) {
            assertThat(session.record().record().version()).isEqualTo(2);
            assertThat(accounts.change(session, PASSWORD, quick()).missing()).isEmpty();
        }
        try (Session session = login("bob", PASSWORD)) {
            assertThat(session.record().record().version()).isEqualTo(3);
            assertThat(session.awaitTold(LoginTable.PATIENCE)).isTrue();
            assertThat(accounts.devices(session.credential(), name).devices()).isNotEmpty();
        }
        assertThatThrownBy(() -> login("bob", OTHER)).isInstanceOf(RefusedException.class);
    }

    /** What a provider lost it gets at the next change; meanwhile the others suffice. */
    @Test
    void aLostStoreComesBackWithTheNextChange() throws Exception {
        UserName name = new UserName("gina");
        byte[] code = RecoveryCode.random(random);
        try (RootSecret root = RootSecret.random(random)) {
            accounts.enrol(name, root, PASSWORD, quick(), Optional.of(code), tickets(ring, name));
        }
        ring.loseStore("cc3");
        try (Session session = login("gina", PASSWORD)) {
            assertThat(accounts.change(session, OTHER, quick()).missing()).isEmpty();
        }
        ring.stop("cc1", "cc2");
        login("gina", OTHER).close();
        ring.start("cc1", "cc2");
        // cc3 has nothing of the recovery code's lock, which went on as it was.
        try (SecretBytes device = device();
                Session session = logins.login(name, Lock.Kind.RECOVERY, code, device)) {
            assertThat(session.absent()).containsOnlyKeys("cc3");
            assertThat(accounts.change(session, PASSWORD, quick()).missing()).isEmpty();
        }
        login("gina", PASSWORD).close();
    }

    @Test
    void worksWithoutTwoOfFive() throws InterruptedException {
        enrol("7.carol_b-c");
        ring.stop("cc2", "cc4");
        try (Session session = login("7.carol_b-c", PASSWORD)) {
            assertThat(session.absent()).containsOnlyKeys("cc2", "cc4");
        }
        assertThatThrownBy(() -> enrol("dave"))
                .isInstanceOfSatisfying(
                        TooFewProvidersException.class,
                        few -> assertThat(few.advice()).contains(new Advice.RepeatWithAll()));
        ring.start("cc2", "cc4");
        assertThatThrownBy(() -> login("dave", PASSWORD)).isInstanceOf(NoSuchObjectException.class);
    }

    /** By its label, at all providers: one that was down is told by whichever device comes next. */
    @Test
    void aForgottenDeviceIsAStrangerEverywhere() throws Exception {
        enrol("hugo");
        UserName name = new UserName("hugo");
        try (SecretBytes laptop = device();
                SecretBytes phone = device();
                Session first = logins.login(name, Lock.Kind.PASSWORD, PASSWORD, laptop);
                Session second = logins.login(name, Lock.Kind.PASSWORD, PASSWORD, phone);
                Interlock one = Interlock.open(ring.descriptor(), first.credential(), ring.deadlines());
                Interlock other = Interlock.open(ring.descriptor(), second.credential(), ring.deadlines())) {
            // Both at once: neither is lost.
            CompletableFuture<Void> noted = CompletableFuture.runAsync(() -> note(one, laptop, "laptop"));
            note(other, phone, "phone");
            noted.join();
            assertThat(other.devices().list())
                    .extracting(NameContent.Device::label)
                    .containsExactlyInAnyOrder("laptop", "phone");
            Await.until("all providers know both", () -> known(second, name).size() == 10);

            ring.stop("cc4");
            NameContent.Device lost = other.devices().list().stream()
                    .filter(each -> each.label().equals("laptop"))
                    .findFirst()
                    .orElseThrow();
            other.devices().forget(List.of(lost));
            assertThat(other.devices().tell(name)).containsOnlyKeys("cc4");
            assertThat(known(second, name)).hasSize(4);
            ring.start("cc4");
            assertThat(known(second, name)).hasSize(6);
            // It was told nothing meanwhile; another device that knows nothing but the password tells it.
            try (Session third = login("hugo", PASSWORD);
                    Interlock next = Interlock.open(ring.descriptor(), third.credential(), ring.deadlines())) {
                assertThat(next.devices().list()).hasSize(2).anyMatch(NameContent.Device::forgotten);
                assertThat(next.devices().tell(name)).isEmpty();
                assertThat(next.devices().list())
                        .extracting(NameContent.Device::label)
                        .containsExactly("phone");
                assertThat(known(second, name))
                        .doesNotContain(next.devices().key(lost, "cc4").toString());
            }
            // Who has the password has a device of theirs again.
            note(one, laptop, "laptop");
            assertThat(other.devices().list()).hasSize(2).noneMatch(NameContent.Device::forgotten);
        }
    }

    private static void note(Interlock interlock, SecretBytes device, String label) {
        try {
            interlock.devices().note(device, label);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> known(Session session, UserName name) throws InterruptedException {
        return accounts.devices(session.credential(), name).devices().stream()
                .map(each -> each.key().toString())
                .toList();
    }

    @Test
    void namesAndTicketsAreOneUsers() throws InterruptedException {
        UserName erin = new UserName("erin");
        Map<String, String> others = tickets(ring, new UserName("frank"));
        try (RootSecret root = RootSecret.random(random)) {
            assertThatThrownBy(() -> accounts.enrol(erin, root, PASSWORD, quick(), Optional.empty(), others))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("ticket");
            Map<String, String> swapped = tickets(ring, erin);
            swapped.put("cc5", List.copyOf(swapped.values()).getFirst());
            assertThatThrownBy(() -> accounts.enrol(erin, root, PASSWORD, quick(), Optional.empty(), swapped))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("cc5");
        }
        // What broke off is nobody's: another one is enrolled by new tickets after an hour, by the same ones at once.
        assertThatThrownBy(() -> login("erin", PASSWORD)).isInstanceOf(NoSuchObjectException.class);
    }
}
