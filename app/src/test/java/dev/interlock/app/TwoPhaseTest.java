package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Settled;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.node.NodeFolder;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.request.Operation;
import dev.interlock.wire.Peer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A write is visible at all its providers or vanishes from all of them, whoever is missing at its end. */
@Timeout(240)
@Tag("long")
final class TwoPhaseTest {
    @TempDir
    private Path dir;

    private final byte[] m = TestRing.random(200_000);
    private TestRing ring;
    private RawUser raw;
    private HandWrite write;

    @BeforeEach
    void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.SHORT);
        raw = RawUser.of(ring, "credential");
        write = new HandWrite(raw, m);
    }

    @AfterEach
    void stop() {
        write.close();
        raw.close();
        ring.close();
    }

    private ObjectState state(String provider) {
        ObjectId object = write.object();
        byte[] info = raw.call(
                provider, HttpMethod.GET, "/v1/objects/" + object, Operation.INFO, object.toString(), new byte[0]);
        return Json.read("the info", info, ObjectInfo.class).state();
    }

    private boolean vanished(String provider) {
        try {
            assertThat(state(provider)).isEqualTo(ObjectState.PREPARED);
            return false;
        } catch (NoSuchObjectException e) {
            return ring.dataFiles(provider).isEmpty();
        }
    }

    private void vanishesEverywhere() {
        for (String provider : ring.providers()) {
            Await.until("the object is gone from " + provider, () -> vanished(provider));
        }
        assertThatThrownBy(() -> ring.get(write.object())).isInstanceOf(NoSuchObjectException.class);
        // What the disk holds of it is gone, too; the ids in the rows with it.
        ring.stop(ring.providers().toArray(String[]::new));
        for (String provider : ring.providers()) {
            assertThat(ring.placesWith(provider, write.object().bytes()))
                    .as(provider)
                    .isEmpty();
        }
        ring.startAll();
    }

    /** Its owner has it decided: nobody can show a certificate, and all say that they confirm none. */
    private void isGivenUp() throws InterruptedException {
        assertThat(ring.owner().settle(write.object()))
                .singleElement()
                .isInstanceOfSatisfying(
                        Settled.Abandoned.class,
                        given -> assertThat(given.forgotten()).isNotEmpty());
        vanishesEverywhere();
        assertThatThrownBy(() -> ring.owner().settle(write.object())).isInstanceOf(NoSuchObjectException.class);
    }

    @Test
    void committedEverywhere() throws Exception {
        SignatureChain chain = write.upToTheChain();
        for (String provider : ring.providers()) {
            assertThat(state(provider)).isEqualTo(ObjectState.PREPARED);
        }
        assertThat(ring.owner().list()).isEmpty();
        write.commit(chain, write.route());
        for (String provider : ring.providers()) {
            assertThat(state(provider)).isEqualTo(ObjectState.COMMITTED);
        }
        assertThat(ring.get(write.object())).isEqualTo(m);
        // Committing twice is committing once.
        write.commit(chain, write.route());
        assertThat(ring.get(write.object())).isEqualTo(m);
    }

    /** No provider's word decides: what all took part in is committed by the session key's, whoever was away meanwhile. */
    @Test
    void homeDiesBetweenChainAndCommit() throws Exception {
        SignatureChain chain = write.upToTheChain();
        ring.restart(write.route().getFirst());
        for (String provider : ring.providers()) {
            assertThat(state(provider)).isEqualTo(ObjectState.PREPARED);
        }
        write.commit(chain, write.route());
        assertThat(ring.get(write.object())).isEqualTo(m);
    }

    @Test
    void onceItIsGivenUpNoCertificateCounts() throws Exception {
        SignatureChain chain = write.upToTheChain();
        isGivenUp();
        for (String provider : write.route()) {
            assertThatThrownBy(() -> write.commit(chain, List.of(provider))).isInstanceOf(InterlockException.class);
        }
        vanishesEverywhere();
    }

    @Test
    void homeStaysAwayForLongerThanAnyoneWaits() throws Exception {
        SignatureChain unused = write.upToTheChain();
        String home = write.route().getFirst();
        ring.stop(home);
        // The others can't know, so they keep it, whatever the time, and its owner can't have it decided either.
        assertThat(ring.owner().settle(write.object())).singleElement().isInstanceOf(Settled.Open.class);
        String other = write.route().getLast();
        assertThat(state(other)).isEqualTo(ObjectState.PREPARED);
        assertThatThrownBy(() -> ring.get(write.object())).isInstanceOf(InterlockException.class);
        ring.start(home);
        isGivenUp();
    }

    @Test
    void theUserDiesBetweenChainAndCommit() throws Exception {
        SignatureChain unused = write.upToTheChain();
        isGivenUp();
    }

    @Test
    void theUserDiesBeforeTheChain() {
        Peer.Call deal = write.orders().deal();
        byte[] passed = write.stream();
        assertThat(passed).isNotEmpty();
        assertThat(write.dealt(deal).roots()).hasSize(3);
        assertThat(ring.dataFiles("cc1")).hasSize(2);
        vanishesEverywhere();
    }

    @Test
    void theUserDiesInTheMiddleOfTheStream() {
        Peer.Call deal = write.orders().deal();
        byte[] flow = write.blinded();
        assertThatThrownBy(() -> write.stream(Arrays.copyOf(flow, flow.length / 2)))
                .isInstanceOf(InterlockException.class);
        deal.cancel();
        vanishesEverywhere();
    }

    @Test
    void aProviderDiesBeforeTheChain() throws Exception {
        Peer.Call deal = write.orders().deal();
        byte[] passed = write.stream();
        assertThat(passed).isNotEmpty();
        var dealt = write.dealt(deal);
        ring.restart("cc2");
        assertThatThrownBy(() -> write.chain(dealt)).isInstanceOf(InterlockException.class);
        isGivenUp();
    }

    @Test
    void theCommitIsLostAtOneProvider() {
        SignatureChain chain = write.upToTheChain();
        List<String> route = write.route();
        write.commit(chain, route.subList(0, 2));
        // It learns of it when it's asked to serve, without waiting for its own question.
        assertThat(ring.get(write.object(), route.get(2), route.get(0))).isEqualTo(m);
        assertThat(state(route.get(2))).isEqualTo(ObjectState.COMMITTED);
    }

    @Test
    void theCommitReachesHomeAlone() throws Exception {
        SignatureChain chain = write.upToTheChain();
        List<String> route = write.route();
        write.commit(chain, route.subList(0, 1));
        // By themselves, and then home isn't needed.
        Await.until("both others list it", () -> ring.owner().list().getFirst().providers() == 3);
        ring.stop(route.get(0));
        assertThat(ring.get(write.object())).isEqualTo(m);
    }

    @Test
    void theCommitReachesHomeAloneAndTheOthersRestart() throws Exception {
        SignatureChain chain = write.upToTheChain();
        List<String> route = write.route();
        write.commit(chain, route.subList(0, 1));
        ring.restart(route.get(1), route.get(2));
        Await.until("both others list it", () -> ring.owner().list().getFirst().providers() == 3);
        assertThat(ring.get(write.object(), route.get(1), route.get(2))).isEqualTo(m);
    }

    /** Nobody makes a provider commit without the session key's word, home neither. */
    @Test
    void aCommitNeedsItsCertificateAndItsUser() {
        SignatureChain chain = write.upToTheChain();
        byte[] owners = write.plan().session().ownerSignature();
        Certificate good = write.plan().session().certify(chain);
        List<Participation> fewer = new ArrayList<>(chain.participations());
        fewer.removeLast();
        SignatureChain incomplete = new SignatureChain(chain.token(), fewer);
        List<Participation> forged = new ArrayList<>(chain.participations());
        forged.set(2, new Participation(forged.get(2).ciphertextRoot(), new byte[64]));
        for (Certificate wrong : List.of(
                new Certificate(owners, chain, new byte[64]),
                Certificate.sign(NodeFolder.open(ring.node("cc1")).signingKey(), owners, chain),
                new Certificate(owners, incomplete, good.signature()),
                new Certificate(owners, new SignatureChain(chain.token(), forged), good.signature()))) {
            assertThatThrownBy(() -> write.show(wrong, List.of("cc1")))
                    .isInstanceOfAny(BadInputException.class, RefusedException.class);
        }
        try (RawUser other = RawUser.of(ring, "other")) {
            assertThatThrownBy(() -> other.call(
                            "cc1",
                            HttpMethod.POST,
                            "/v1/objects/" + write.session() + "/commit",
                            Operation.COMMIT,
                            write.session(),
                            good.encode()))
                    .isInstanceOf(RefusedException.class);
        }
        assertThat(state("cc1")).isEqualTo(ObjectState.PREPARED);
        assertThatThrownBy(() -> ring.get(write.object())).isInstanceOf(InterlockException.class);
    }
}
