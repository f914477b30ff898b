package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.SignatureChain;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A write is visible at all its providers or vanishes from all of them, whoever is missing at its end. */
@Timeout(90)
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
            assertThat(mentions(ring.storeFolder(provider), write.object().bytes()))
                    .as(provider)
                    .isEmpty();
        }
        ring.startAll();
    }

    private static List<Path> mentions(Path folder, byte[] bytes) {
        return FileSearch.filesWith(folder, bytes);
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

    @Test
    void homeDiesBetweenChainAndCommit() {
        SignatureChain chain = write.upToTheChain();
        ring.restart(write.route().getFirst());
        vanishesEverywhere();
        // Home's word is binding: what it forgot can't be committed any more.
        for (String provider : write.route()) {
            assertThatThrownBy(() -> write.commit(chain, List.of(provider))).isInstanceOf(NoSuchObjectException.class);
        }
    }

    @Test
    void homeStaysAwayForLongerThanAnyoneWaits() {
        SignatureChain unused = write.upToTheChain();
        String home = write.route().getFirst();
        ring.stop(home);
        // The others can't know, so they keep it, whatever the time.
        Await.until("cc2 has asked in vain", () -> state("cc2") == ObjectState.PREPARED);
        assertThatThrownBy(() -> ring.get(write.object())).isInstanceOf(InterlockException.class);
        ring.start(home);
        vanishesEverywhere();
    }

    @Test
    void theUserDiesBetweenChainAndCommit() {
        SignatureChain unused = write.upToTheChain();
        vanishesEverywhere();
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
    void aProviderDiesBeforeTheChain() {
        Peer.Call deal = write.orders().deal();
        byte[] passed = write.stream();
        assertThat(passed).isNotEmpty();
        var dealt = write.dealt(deal);
        ring.restart("cc2");
        assertThatThrownBy(() -> write.chain(dealt)).isInstanceOf(InterlockException.class);
        vanishesEverywhere();
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

    @Test
    void aCommitNeedsTheWholeChainAndItsUser() {
        SignatureChain chain = write.upToTheChain();
        List<byte[]> fewer = new ArrayList<>(chain.signatures());
        fewer.removeLast();
        SignatureChain incomplete = new SignatureChain(chain.token(), fewer);
        assertThatThrownBy(() -> write.commit(incomplete, List.of("cc1"))).isInstanceOf(BadInputException.class);
        List<byte[]> forged = new ArrayList<>(chain.signatures());
        forged.set(2, new byte[64]);
        assertThatThrownBy(() -> write.commit(new SignatureChain(chain.token(), forged), List.of("cc1")))
                .isInstanceOf(RefusedException.class);
        try (RawUser other = RawUser.of(ring, "other")) {
            assertThatThrownBy(() -> other.call(
                            "cc1",
                            HttpMethod.POST,
                            "/v1/objects/" + write.object() + "/commit",
                            Operation.COMMIT,
                            write.object().toString(),
                            chain.encode()))
                    .isInstanceOf(RefusedException.class);
        }
        assertThat(state("cc1")).isEqualTo(ObjectState.PREPARED);
        assertThatThrownBy(() -> ring.get(write.object())).isInstanceOf(InterlockException.class);
    }
}
