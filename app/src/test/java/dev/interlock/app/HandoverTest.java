package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.HandedOver;
import dev.interlock.client.Interlock;
import dev.interlock.client.Renewed;
import dev.interlock.client.Repaired;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Acceptance;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Handover;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Acceptances;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.Commands;
import dev.interlock.protocol.message.HandoverMessage;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Objects that become another owner's: by their owner's word, at the next one's wish, and for good. */
@Timeout(240)
@Tag("long")
final class HandoverTest {
    @TempDir
    private static Path dir;

    private static TestRing ring;

    private final byte[] m = TestRing.random(5000);
    private final Map<StatementHash, Certificate> certificates = new HashMap<>();

    @BeforeAll
    static void start() {
        // 2 of 5: four confirmations are enough while one can't be reached.
        ring = TestRing.start(dir, 2, 5, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @BeforeEach
    void allUp() {
        ring.startAll();
    }

    /** A put whose certificate its owner keeps. */
    private Token put() {
        Token u = ring.put(m);
        try (RawUser owner = RawUser.of(ring, "credential")) {
            byte[] info = owner.call(
                    "cc1",
                    HttpMethod.GET,
                    "/v1/objects/" + u.object(),
                    Operation.INFO,
                    u.object().toString(),
                    new byte[0]);
            keep(Json.read("info", info, ObjectInfo.class).certificate());
        }
        return u;
    }

    private void keep(byte[] certificate) {
        Certificate decoded = Certificate.decode(certificate);
        certificates.put(decoded.token().id(), decoded);
    }

    private static HandedOver handOver(ObjectId object) throws InterruptedException {
        return ring.owner().handOver(object, ring.other().accept(object));
    }

    private static byte[] get(Interlock user, ObjectId object) {
        return TestRing.get(user, object);
    }

    private void isTheirs(ObjectId object) {
        assertThat(get(ring.other(), object)).isEqualTo(m);
        assertThatThrownBy(() -> get(ring.owner(), object)).isInstanceOf(RefusedException.class);
    }

    private void isStillMine(ObjectId object) {
        assertThat(get(ring.owner(), object)).isEqualTo(m);
        assertThatThrownBy(() -> get(ring.other(), object)).isInstanceOf(RefusedException.class);
    }

    @Test
    void theNextOwnerAloneOpensRenewsAndDestroysIt() throws Exception {
        Token token = ring.put(m);
        ObjectId object = token.object();
        HandedOver done = handOver(object);
        assertThat(done.at()).containsExactlyInAnyOrderElementsOf(ring.providers());
        isTheirs(object);
        assertThat(ring.other().list()).extracting(each -> each.object()).contains(object);
        assertThat(ring.owner().list()).extracting(each -> each.object()).doesNotContain(object);

        Interlock next = ring.other();
        assertThat(next.replace(List.of(object), Duration.ZERO, _ -> {})).containsExactly(new Renewed.Done(object, 2));
        assertThat(next.refresh(List.of(object), Duration.ZERO, _ -> {})).containsExactly(new Renewed.Done(object, 3));
        isTheirs(object);
        assertThat(next.scheduleDestroy(object, Duration.ofDays(1)).times()).hasSize(5);
        assertThat(next.cancelDestroy(object).acknowledged()).isTrue();
        ring.restart("cc1", "cc2", "cc3", "cc4", "cc5");
        isTheirs(object);

        // And on.
        assertThat(ring.other().handOver(object, ring.owner().accept(object)).at())
                .hasSize(5);
        isStillMine(object);
        assertThat(ring.owner().info(object).token().number()).isEqualTo(3);
        assertThat(ring.owner().replace(List.of(object), Duration.ZERO, _ -> {}))
                .containsExactly(new Renewed.Done(object, 4));
        assertThat(ring.owner().destroy(object, List.of(), _ -> {}).receipts()).hasSize(5);
    }

    /** All that who had it before can send, sent by hand. */
    @Test
    void nothingByAnEarlierOwnerCounts() throws Exception {
        Token token = put();
        ObjectId object = token.object();
        Title before = token.statement().title();
        var _ = handOver(object);
        try (RawUser seller = RawUser.of(ring, "credential");
                Write.Plan renewal = Renewal.plan(ring.descriptor(), token, seller.maker(), true, 7)) {
            for (String node : ring.providers()) {
                for (Command.Deed deed :
                        List.of(new Command.DestroyForEver(), new Command.Destroy(1, token.number(), token.id()))) {
                    byte[] command = seller.command(before, 0, deed, node).encode();
                    assertThatThrownBy(() -> seller.call(
                                    node,
                                    HttpMethod.DELETE,
                                    "/v1/objects/" + object,
                                    Operation.DESTROY,
                                    object.toString(),
                                    command))
                            .isInstanceOf(RefusedException.class);
                }
                byte[] schedule = seller.command(
                                before, 9, new Command.Schedule(System.currentTimeMillis() + 60_000), node)
                        .encode();
                assertThatThrownBy(() -> seller.call(
                                node,
                                HttpMethod.POST,
                                "/v1/objects/" + object + "/schedule",
                                Operation.SCHEDULE_DESTROY,
                                object.toString(),
                                schedule))
                        .isInstanceOf(RefusedException.class);
                byte[] order = renewal.session().order(node).encode();
                assertThatThrownBy(() -> seller.call(
                                node,
                                HttpMethod.POST,
                                "/v1/sessions",
                                Operation.ORDER,
                                renewal.id().toString(),
                                order))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("handed over to another owner");
                // Nor can it be sold twice.
                byte[] again = commands(seller, token, ring.credential("other"), node, changes -> changes);
                assertThatThrownBy(() -> tell(seller, node, object, again)).isInstanceOf(RefusedException.class);
                byte[] toMe = commands(seller, token, ring.credential("credential"), node, changes -> changes);
                assertThatThrownBy(() -> tell(seller, node, object, toMe)).isInstanceOf(RefusedException.class);
            }
        }
        isTheirs(object);
    }

    /** What a test changes of a handover for one provider. */
    private record Told(Title title, Handover handover, Token u, Acceptance acceptance, SigningKey owner) {
        Told with(Token other) {
            return new Told(title, handover, other, acceptance, owner);
        }
    }

    /** The handover for one node, as it should be but for the change. */
    private byte[] commands(RawUser from, Token u, Credential to, String node, UnaryOperator<Told> change) {
        Title title = u.statement().title();
        try (to;
                SigningKey o = from.credential().ownerKey(1, title.owner().nonce())) {
            Told told = change.apply(new Told(
                    title,
                    title.handOver(o, to.nextOwner(u.object())),
                    u,
                    to.accept(ring.descriptor().id(), u.object(), to.nextOwner(u.object()), node),
                    o));
            Command.Signed signed = Command.Signed.sign(
                    told.owner(),
                    new Command(
                            ring.descriptor().id(),
                            told.title(),
                            0,
                            System.currentTimeMillis(),
                            new Command.HandOver(
                                    told.handover(),
                                    told.u().epoch(),
                                    told.u().number(),
                                    told.u().id(),
                                    told.acceptance())));
            byte[] message = Command.Authorised.message(signed, node);
            return message(
                    u,
                    new Command.Authorised(
                            signed,
                            node,
                            from.credential().publicKey(ring.descriptor().id(), node),
                            from.credential().signCommand(ring.descriptor().id(), node, message)));
        }
    }

    private byte[] message(Token u, Command.Authorised... commands) {
        return new HandoverMessage(Objects.requireNonNull(certificates.get(u.id())), new Commands(List.of(commands)))
                .encode();
    }

    private static void tell(RawUser from, String node, ObjectId object, byte[] commands) {
        var _ = from.call(
                node,
                HttpMethod.POST,
                "/v1/objects/" + object + "/title",
                Operation.HAND_OVER,
                object.toString(),
                commands);
    }

    /** A root secret that was stolen, another user's acceptance, another object's, another provider's: none does. */
    @Test
    void onlyTheOwnersUserHandsItOverAndOnlyToWhoeverWantsIt() throws Exception {
        Token token = put();
        Token another = ring.put(m);
        ObjectId object = token.object();
        try (RawUser owner = RawUser.of(ring, "credential");
                RawUser thief = RawUser.of(ring, "other");
                SigningKey stolen =
                        owner.credential().ownerKey(1, token.statement().owner().nonce())) {
            Map<String, byte[]> bad = new LinkedHashMap<>();
            // The thief has the root secret, and the keys of nobody but itself.
            Title title = token.statement().title();
            Handover toThief = title.handOver(stolen, thief.credential().nextOwner(object));
            Command.Signed signed = Command.Signed.sign(
                    stolen,
                    new Command(
                            ring.descriptor().id(),
                            title,
                            0,
                            System.currentTimeMillis(),
                            new Command.HandOver(
                                    toThief,
                                    1,
                                    1,
                                    token.id(),
                                    thief.credential()
                                            .accept(
                                                    ring.descriptor().id(),
                                                    object,
                                                    thief.credential().nextOwner(object),
                                                    "cc1"))));
            byte[] key = thief.credential()
                    .signCommand(ring.descriptor().id(), "cc1", Command.Authorised.message(signed, "cc1"));
            bad.put(
                    "a stolen root secret",
                    message(
                            token,
                            new Command.Authorised(
                                    signed,
                                    "cc1",
                                    thief.credential()
                                            .publicKey(ring.descriptor().id(), "cc1"),
                                    key)));
            bad.put("another object's acceptance", commands(owner, token, ring.credential("other"), "cc1", told -> {
                try (Credential to = ring.credential("other")) {
                    return new Told(
                            told.title(),
                            told.handover(),
                            told.u(),
                            to.accept(ring.descriptor().id(), another.object(), to.nextOwner(object), "cc1"),
                            told.owner());
                }
            }));
            bad.put("another provider's acceptance", commands(owner, token, ring.credential("other"), "cc1", told -> {
                try (Credential to = ring.credential("other")) {
                    return new Told(
                            told.title(),
                            told.handover(),
                            told.u(),
                            to.accept(ring.descriptor().id(), object, to.nextOwner(object), "cc2"),
                            told.owner());
                }
            }));
            bad.put(
                    "the owner's own key instead of the next one's",
                    commands(owner, token, ring.credential("other"), "cc1", told -> {
                        Acceptance own = owner.credential()
                                .accept(
                                        ring.descriptor().id(),
                                        object,
                                        owner.credential().nextOwner(object),
                                        "cc1");
                        return new Told(
                                told.title(),
                                told.handover(),
                                told.u(),
                                new Acceptance(
                                        "cc1", own.key(), told.acceptance().ownerSignature(), own.keySignature()),
                                told.owner());
                    }));
            bad.put("a handover of another object", commands(owner, token, ring.credential("other"), "cc1", told -> {
                try (SigningKey o = owner.credential()
                        .ownerKey(1, another.statement().owner().nonce())) {
                    return new Told(
                            told.title(),
                            another.statement()
                                    .title()
                                    .handOver(o, told.handover().to()),
                            told.u(),
                            told.acceptance(),
                            told.owner());
                }
            }));
            bad.put("nothing for this provider", message(token));
            byte[] good = commands(owner, token, ring.credential("other"), "cc1", told -> told);
            bad.forEach((what, commands) -> {
                for (RawUser sender : List.of(owner, thief)) {
                    assertThatThrownBy(() -> tell(sender, "cc1", object, commands))
                            .as(what)
                            .isInstanceOfAny(RefusedException.class, BadInputException.class);
                }
            });
            // What is for one provider is for no other.
            assertThatThrownBy(() -> tell(owner, "cc2", object, good)).isInstanceOf(BadInputException.class);
            isStillMine(object);
            isStillMine(another.object());
        }
    }

    @Test
    void whoWasAwayLearnsItFromTheNextOwnersCommands() throws Exception {
        ObjectId object = ring.put(m).object();
        ring.stop("cc4");
        HandedOver done = handOver(object);
        assertThat(done.at()).hasSize(4);
        assertThat(done.failures()).containsOnlyKeys("cc4");
        ring.start("cc4");
        // By itself it would still serve the earlier owner, who finds nobody else that does.
        assertThatThrownBy(() -> get(ring.owner(), object)).isInstanceOf(TooFewProvidersException.class);
        assertThat(ring.other().replace(List.of(object), Duration.ZERO, _ -> {}))
                .containsExactly(new Renewed.Done(object, 2));
        isTheirs(object);
        try (RawUser seller = RawUser.of(ring, "credential")) {
            assertThatThrownBy(() -> seller.call(
                            "cc4",
                            HttpMethod.GET,
                            "/v1/objects/" + object,
                            Operation.INFO,
                            object.toString(),
                            new byte[0]))
                    .isInstanceOf(RefusedException.class);
        }
    }

    /** It has neither the certificate nor the handover: what the others keep brings both. */
    @Test
    void whoWasAwayAtTheCommitLearnsBoth() throws Exception {
        ObjectId object = ring.put(m).object();
        AtomicBoolean deaf = new AtomicBoolean(true);
        ring.stop("cc4");
        ring.startProvider("cc4", store -> Altered.deaf(store, deaf), FieldKernels.chosen());
        assertThat(ring.owner().replace(List.of(object), Duration.ZERO, _ -> {}))
                .containsExactly(new Renewed.Done(object, 2));
        assertThat(handOver(object).failures()).containsOnlyKeys("cc4");
        deaf.set(false);
        assertThat(ring.other().replace(List.of(object), Duration.ZERO, _ -> {}))
                .containsExactly(new Renewed.Done(object, 3));
        isTheirs(object);
    }

    @Test
    void whoeverLostItsDiskLearnsItByItsRepair() throws Exception {
        ObjectId object = ring.put(m).object();
        var _ = handOver(object);
        ring.loseStore("cc3");
        assertThat(ring.other().repair("cc3", List.of(object), Duration.ZERO, _ -> {}))
                .allSatisfy(each -> assertThat(each).isInstanceOf(Repaired.Restored.class));
        assertThat(ring.other().replace(List.of(object), Duration.ZERO, _ -> {}))
                .containsExactly(new Renewed.Done(object, 2));
        isTheirs(object);
    }

    /** Who sells keeps the certificate of a later generation back, and shows it when the object isn't theirs any more. */
    @Test
    void aGenerationThatWasKeptBackIsNotHandedOver() throws Exception {
        Token sold = put();
        ObjectId object = sold.object();
        AtomicBoolean deaf = new AtomicBoolean(true);
        List<String> others = List.of("cc2", "cc3", "cc4", "cc5");
        ring.stop("cc2", "cc3", "cc4", "cc5");
        for (String name : others) {
            ring.startProvider(name, store -> Altered.deaf(store, deaf), FieldKernels.chosen());
        }
        assertThat(ring.owner().replace(List.of(object), Duration.ZERO, _ -> {}))
                .allSatisfy(each -> assertThat(each).isInstanceOf(Renewed.Failed.class));
        byte[] keptBack;
        ring.stop("cc1");
        try (Store store = ring.openStore("cc1")) {
            keptBack = store.current(object).orElseThrow().certificate();
        }
        deaf.set(false);
        ring.start("cc1");
        Token later = Certificate.decode(keptBack).token();
        assertThat(later.number()).isEqualTo(2);
        keep(keptBack);
        try (RawUser seller = RawUser.of(ring, "credential")) {
            // Nor does anybody hand over what isn't certified there, to become that one's when the heir has looked.
            byte[] other = commands(seller, sold, ring.credential("other"), "cc2", told -> told.with(later));
            assertThatThrownBy(() -> tell(seller, "cc2", object, other))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("the certificate is of another generation");
            for (String node : others) {
                tell(seller, node, object, commands(seller, sold, ring.credential("other"), node, told -> told));
            }
            // Whoever has the later one already doesn't take it.
            assertThatThrownBy(() -> tell(
                            seller,
                            "cc1",
                            object,
                            commands(seller, sold, ring.credential("other"), "cc1", told -> told)))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("another generation");
            for (String node : others) {
                assertThatThrownBy(() -> seller.call(
                                node,
                                HttpMethod.POST,
                                "/v1/objects/" + later.id() + "/commit",
                                Operation.COMMIT,
                                later.id().toString(),
                                keptBack))
                        .isInstanceOf(InterlockException.class);
            }
        }
        assertThat(get(ring.other(), object)).isEqualTo(m);
        ring.restart("cc2", "cc3", "cc4", "cc5");
        assertThat(get(ring.other(), object)).isEqualTo(m);
    }

    @Test
    void whatWasHandedOverMovesWithItsTitle() throws Exception {
        Token token = TestRing.put(ring.other(), m);
        ObjectId object = token.object();
        assertThat(ring.other().handOver(object, ring.owner().accept(object)).at())
                .hasSize(5);
        try (TestRing next = TestRing.startFor(ring, dir, 3, 4, TestRing.PATIENT)) {
            assertThat(ring.owner().reshare(List.of(object), next.owner(), Duration.ZERO, _ -> {}))
                    .containsExactly(new Renewed.Done(object, 2));
            assertThat(get(next.owner(), object)).isEqualTo(m);
            assertThat(next.owner().info(object).token().statement().title().handovers())
                    .hasSize(1);
            assertThat(next.owner().refresh(List.of(object), Duration.ZERO, _ -> {}))
                    .containsExactly(new Renewed.Done(object, 3));
            assertThat(next.owner()
                            .handOver(object, next.other().accept(object))
                            .at())
                    .hasSize(4);
            assertThat(get(next.other(), object)).isEqualTo(m);
        }
    }

    @Test
    void whatCantBeHandedOverStaysAndSaysWhy() throws Exception {
        ObjectId object = ring.put(m).object();
        Acceptances theirs = ring.other().accept(object);
        assertThat(Acceptances.decode(theirs.encode()).encode()).isEqualTo(theirs.encode());
        assertThat(ring.other().accept(object).encode()).isEqualTo(theirs.encode());

        assertThatThrownBy(() -> ring.owner().handOver(object, ring.stranger().accept(object)))
                .isInstanceOf(TooFewProvidersException.class)
                .hasMessageContaining("can let ed25519:");
        ObjectId another = ring.put(m).object();
        assertThatThrownBy(() -> ring.owner().handOver(another, theirs))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("it is for the object");
        assertThatThrownBy(() -> ring.owner()
                        .handOver(another, new Acceptances(theirs.ring(), another, theirs.to(), theirs.providers())))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("signature");
        assertThatThrownBy(() -> ring.owner()
                        .handOver(
                                object,
                                new Acceptances(
                                        theirs.ring(),
                                        object,
                                        theirs.to(),
                                        theirs.providers().subList(0, 4))))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("cc5");
        var _ = ring.owner().scheduleDestroy(object, Duration.ofDays(3));
        assertThatThrownBy(() -> ring.owner().handOver(object, theirs)).isInstanceOf(RefusedException.class);
        var _ = ring.owner().cancelDestroy(object);
        isStillMine(object);
        assertThatThrownBy(() -> ring.other().handOver(object, theirs)).isInstanceOf(RefusedException.class);
        assertThat(handOver(object).at()).hasSize(5);
        assertThat(handOverAgain(object)).isInstanceOf(RefusedException.class);
        isTheirs(object);
    }

    @Test
    void fromOneTerminalToAnother(@TempDir Path here) throws Exception {
        String id = ring.put(m).object().toString();
        Path acceptance = here.resolve("from-bob.json");
        var _ = run("other", "accept", id, "-o", acceptance).expect(0);
        assertThat(run("other", "accept", id, "-o", acceptance).expect(2).err()).contains("exists");
        assertThat(run("credential", "hand-over", id.substring(0, 8), acceptance)
                        .expect(0)
                        .text())
                .contains(id + ": handed over at cc1, cc2, cc3, cc4, cc5");
        Path out = here.resolve("out");
        var _ = run("other", "get", id, "-o", out).expect(0);
        assertThat(Files.readAllBytes(out)).isEqualTo(m);
        assertThat(run("credential", "get", id, "-o", here.resolve("none"))
                        .expect(6)
                        .err())
                .contains("another user");
        assertThat(run("credential", "hand-over", id, here.resolve("nothing"))
                        .expect(2)
                        .err())
                .contains("there's no file");
        Files.writeString(acceptance, "{}");
        assertThat(run("credential", "hand-over", id, acceptance).expect(2).err())
                .contains("acceptance");
    }

    private static Cli.Result run(String credential, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(
                "--ring",
                ring.folder().path(),
                "--credential",
                ring.folder().path().resolve(credential)));
        return InProcess.run(all.toArray());
    }

    private static Exception handOverAgain(ObjectId object) {
        List<Exception> thrown = new ArrayList<>();
        try {
            var _ = handOver(object);
        } catch (Exception e) {
            thrown.add(e);
        }
        return thrown.getFirst();
    }
}
