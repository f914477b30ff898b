package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.client.GetOptions;
import dev.interlock.client.PutOptions;
import dev.interlock.client.Renewed;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.dealer.Noise;
import dev.interlock.node.store.BlobKind;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two dealers, whose shares are summed. */
@Timeout(240)
@Tag("long")
final class DealersTest {
    private static final int CHUNK = ChunkLayout.CHUNK_BYTES;

    @TempDir
    private static Path dir;

    private static TestRing ring;

    private static final List<Evidence> evidence = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT, 2, List.of());
        ring.owner().onLie(evidence::add);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @BeforeEach
    void allUp() {
        evidence.clear();
        ring.startAll();
    }

    @Test
    void everyLengthIsPutAndOpenedByAnyThree() {
        for (int length : new int[] {0, 1, 32, CHUNK - 1, CHUNK, 4 * CHUNK + 7}) {
            byte[] bytes = TestRing.random(length);
            Token token = ring.put(bytes);
            assertThat(token.dealers()).containsExactly("dealer1", "dealer2");
            assertThat(token.dealt().summed()).isTrue();
            for (List<String> three :
                    List.of(List.of("cc1", "cc2", "cc3"), List.of("cc5", "cc4", "cc3"), List.of("cc2", "cc5", "cc1"))) {
                assertThat(ring.get(token.object(), three.toArray(String[]::new)))
                        .isEqualTo(bytes);
            }
        }
    }

    @Test
    void manyAtOnceDontHoldEachOtherUp() throws Exception {
        byte[] bytes = TestRing.random(2 * CHUNK);
        List<Thread> threads = new ArrayList<>();
        List<ObjectId> put = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 6; i++) {
            threads.add(Thread.ofVirtual().start(() -> put.add(ring.put(bytes).object())));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(put).hasSize(6).allSatisfy(id -> assertThat(ring.get(id)).isEqualTo(bytes));
    }

    @Test
    void padsAndSharesAreRenewedByBoth() throws Exception {
        byte[] bytes = TestRing.random(CHUNK + 100);
        ObjectId object = ring.put(bytes).object();
        int generation = 1;
        for (boolean replaces : new boolean[] {false, true, false}) {
            generation++;
            List<Renewed> renewed = replaces
                    ? ring.owner().replace(List.of(object), Duration.ZERO, _ -> {})
                    : ring.owner().refresh(List.of(object), Duration.ZERO, _ -> {});
            assertThat(renewed).containsExactly(new Renewed.Done(object, generation));
            assertThat(ring.get(object, "cc2", "cc4", "cc5")).isEqualTo(bytes);
            assertThat(ring.get(object, "cc1", "cc3", "cc5")).isEqualTo(bytes);
        }
    }

    @Test
    void protocol1SealsTheSum() throws Exception {
        byte[] bytes = TestRing.random(2 * CHUNK + 1);
        OpeningKey key = OpeningKey.generate(Kem.X25519, new SecureRandom());
        Token token = ring.owner()
                .put(
                        Channels.newChannel(new ByteArrayInputStream(bytes)),
                        bytes.length,
                        PutOptions.sealedTo(key.recipient()),
                        _ -> {});
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        GetOptions options =
                new GetOptions(List.of(), Blinding.EXPANDED, Optional.of(key), Optional.empty(), GetOptions.Way.AUTO);
        ring.owner().get(token.object(), Channels.newChannel(out), options, _ -> {}, _ -> {});
        assertThat(out.toByteArray()).isEqualTo(bytes);
    }

    @Test
    void withoutOneOfThemNothingIsWrittenAndEverythingIsRead() throws Exception {
        byte[] bytes = TestRing.random(1000);
        ObjectId before = ring.put(bytes).object();
        ring.stop("dealer2");
        NodeException refused = catchThrowableOfType(NodeException.class, () -> ring.put(TestRing.random(CHUNK + 5)));
        assertThat(refused).hasMessageContaining("Nothing is written without dealer2");
        assertThat(refused.node()).isEqualTo("dealer2");
        List<Renewed> renewed = ring.owner().refresh(List.of(before), Duration.ZERO, _ -> {});
        assertThat(renewed.getFirst())
                .isInstanceOfSatisfying(
                        Renewed.Failed.class,
                        failed -> assertThat(failed.error().explanation())
                                .contains("dealer2", "Nothing is written without dealer2"));
        assertThat(ring.get(before)).isEqualTo(bytes);
        ring.start("dealer2");
        assertThat(ring.get(ring.put(bytes).object())).isEqualTo(bytes);
    }

    @Test
    void whichOfADealerAndAProviderLiedIsntClaimed() throws Exception {
        for (String liar : List.of("dealer1", "dealer2")) {
            for (int least : new int[] {Leaves.SALT_BYTES + 1, Leaves.SALT_BYTES}) {
                ring.stop(liar);
                ring.startDealer(
                        liar,
                        Noise.start(List.of()),
                        new WrongKernel(FieldKernels.chosen(), least, new AtomicInteger(1)));
                IntegrityException refused =
                        catchThrowableOfType(IntegrityException.class, () -> ring.put(TestRing.random(CHUNK + 10)));
                assertThat(refused)
                        .hasMessageContaining("don't lie on one polynomial")
                        .hasMessageContaining("or one of the dealers dealer1, dealer2; which of them can't be told")
                        .hasMessageContaining("Nothing was stored");
                assertThat(refused.culprits()).isEmpty();
                assertThat(evidence).isEmpty();
                ring.restart(liar);
            }
        }
        byte[] bytes = TestRing.random(100);
        assertThat(ring.get(ring.put(bytes).object())).isEqualTo(bytes);
    }

    @Test
    void aStoreThatKeepsAnotherShareThanItSignedForIsNamed() throws Exception {
        ring.stop("cc4");
        ring.startProvider("cc4", store -> WrongStore.of(store, BlobKind.SHARE), FieldKernels.chosen());
        for (int length : new int[] {32, 2 * CHUNK + 10}) {
            IntegrityException refused =
                    catchThrowableOfType(IntegrityException.class, () -> ring.put(TestRing.random(length)));
            assertThat(refused.culprits()).containsExactly("cc4");
        }
        assertThat(evidence)
                .hasSize(2)
                .allSatisfy(each -> assertThat(Evidence.decode(each.encode())
                                .verify(ring.owner().ring())
                                .liar()
                                .name())
                        .isEqualTo("cc4"));
        ring.restart("cc4");
    }

    @Test
    void whatNeedsSomebodyWhoKnowsTheSharesNeedsOneDealer() {
        for (PutOptions options : List.of(
                PutOptions.DEFAULT.published(),
                new PutOptions(
                        PutOptions.DEFAULT.scheme(),
                        PutOptions.DEFAULT.blinding(),
                        PutOptions.DEFAULT.recipient(),
                        PutOptions.DEFAULT.userKey(),
                        false,
                        1))) {
            assertThatThrownBy(() -> ring.owner()
                            .put(Channels.newChannel(new ByteArrayInputStream(new byte[5])), 5, options, _ -> {}))
                    .isInstanceOf(BadInputException.class)
                    .isInstanceOf(InterlockException.class)
                    .hasMessageContaining("has 2 dealers");
        }
    }
}
