package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Operation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A second user who knows what a provider knows of another's session: the statement w, and even what others are told. */
@Timeout(240)
final class ActiveAttackTest {
    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static RawUser raw;
    private static RawUser second;

    private final byte[] m = TestRing.random(1000);
    private HandWrite write;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        raw = RawUser.of(ring, "credential");
        second = RawUser.of(ring, "other");
    }

    @AfterAll
    static void stop() {
        second.close();
        raw.close();
        ring.close();
    }

    @BeforeEach
    void plan() {
        write = new HandWrite(raw, m);
    }

    @AfterEach
    void close() {
        write.close();
    }

    private static void sent(RawUser user, String node, Order order) {
        boolean deals = node.startsWith("dealer");
        byte[] _ = user.call(
                node,
                HttpMethod.POST,
                deals ? "/v1/deals" : "/v1/sessions",
                deals ? Operation.DEAL : Operation.ORDER,
                Statement.hash(order.statement()).toString(),
                order.encode());
    }

    private static void refused(RawUser user, String node, Order order, String what) {
        assertThatThrownBy(() -> sent(user, node, order))
                .as("%s at %s", what, node)
                .isInstanceOfAny(RefusedException.class, BadInputException.class);
    }

    private List<String> parties() {
        List<String> all = new ArrayList<>(write.route());
        all.add("dealer1");
        return all;
    }

    private void isStored(Dealt dealt) throws InterruptedException {
        SignatureChain chain = write.chain(dealt);
        write.commit(chain, write.route());
        assertThat(ring.get(write.object())).isEqualTo(m);
    }

    /** One pad for two sessions would be no pad: what is dealt to w goes to whom w names, once. */
    @Test
    void nobodyElseHasAnythingDealtToAStatement() throws InterruptedException {
        write.orders();
        for (String node : parties()) {
            refused(second, node, write.plan().session().order(node), "another user's order");
        }
        var deal = write.deal();
        byte[] passed = write.stream();
        assertThat(passed).isNotEmpty();
        isStored(write.dealt(deal));
    }

    /** Who comes first with another's statement uses nothing up: the owner's own order is still taken. */
    @Test
    void whoComesFirstWithAnothersStatementUsesNothingUp() throws InterruptedException {
        for (String node : parties()) {
            refused(second, node, write.plan().session().order(node), "another user's order, first");
        }
        write.orders();
        var deal = write.deal();
        byte[] passed = write.stream();
        assertThat(passed).isNotEmpty();
        isStored(write.dealt(deal));
    }

    /** The id hangs on the owner's key, so that a statement about an object is its owner's or nobody's. */
    @Test
    void nobodyElseMakesAGenerationOfAnObject() {
        Title victims = ring.put(m).statement().title();
        try (HandWrite mine = new HandWrite(second, m);
                SigningKey own = second.credential().ownerKey(1, new byte[32])) {
            for (String node : parties()) {
                Order order = mine.plan().session().order(node);
                Statement w = Statement.decode(order.statement());
                Statement about = of(w, w.scheme(), victims, w.number(), w.work(), w.expiryMillis());
                for (byte[] signature : List.of(order.ownerSignature(), about.sign(own), new byte[64])) {
                    refused(
                            second,
                            node,
                            new Order(about.encode(), signature, order.privatePart()),
                            "another's object");
                }
                refused(second, node, new Order(about.encode(), new byte[0], order.privatePart()), "unsigned");
            }
        }
    }

    @Test
    void everyFieldOfAStatementIsUnderItsOwnersSignature() {
        for (String node : parties()) {
            Order order = write.plan().session().order(node);
            Statement w = Statement.decode(order.statement());
            Map<String, Statement> changed = new LinkedHashMap<>();
            Work.Write work = (Work.Write) w.work();
            changed.put("number", of(w, w.scheme(), w.title(), w.number() + 1, work, w.expiryMillis()));
            changed.put("expiry", of(w, w.scheme(), w.title(), w.number(), work, w.expiryMillis() + 1));
            changed.put("expired", of(w, w.scheme(), w.title(), w.number(), work, 1));
            changed.put("scheme", of(w, new Scheme(2, Profile.BLINDED), w.title(), w.number(), work, w.expiryMillis()));
            changed.put("session key", withKey(w));
            changed.forEach((field, other) ->
                    refused(raw, node, new Order(other.encode(), order.ownerSignature(), order.privatePart()), field));
        }
    }

    /** Each party is told what w says that it is told: another's part, or a changed one, is none. */
    @Test
    void aPrivatePartThatIsNotTheOneHashedIsRefused() {
        List<String> all = parties();
        for (int i = 0; i < all.size(); i++) {
            Order order = write.plan().session().order(all.get(i));
            Order others = write.plan().session().order(all.get((i + 1) % all.size()));
            refused(
                    raw,
                    all.get(i),
                    new Order(order.statement(), order.ownerSignature(), others.privatePart()),
                    "another's private part");
            byte[] flipped = order.privatePart().clone();
            flipped[flipped.length - 1] ^= 1;
            refused(raw, all.get(i), new Order(order.statement(), order.ownerSignature(), flipped), "a flipped bit");
        }
    }

    /** A provider that knows another's generation can't have it read, renewed or destroyed, whoever helps it. */
    @Test
    void whatIsKnownOfAnObjectOpensItToNobody() {
        Token token = ring.put(m);
        for (String node : ring.route(token)) {
            for (String path : List.of("/manifest", "/parts/share")) {
                assertThatThrownBy(() -> second.call(
                                node,
                                HttpMethod.GET,
                                "/v1/objects/" + token.id() + path,
                                path.equals("/manifest") ? Operation.MANIFEST : Operation.PART,
                                token.id() + (path.equals("/manifest") ? "" : "/share"),
                                new byte[0]))
                        .isInstanceOf(InterlockException.class);
            }
        }
        assertThat(ring.get(token.object())).isEqualTo(m);
    }

    private static Statement of(Statement w, Scheme scheme, Title title, long number, Work work, long expiry) {
        return new Statement(
                w.ring(), w.epoch(), w.threshold(), scheme, title, number, expiry, work, w.parties(), w.sessionKey());
    }

    private static Statement withKey(Statement w) {
        try (SigningKey key = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, second.random()))) {
            return new Statement(
                    w.ring(),
                    w.epoch(),
                    w.threshold(),
                    w.scheme(),
                    w.title(),
                    w.number(),
                    w.expiryMillis(),
                    w.work(),
                    w.parties(),
                    key.verifyingKey());
        }
    }
}
