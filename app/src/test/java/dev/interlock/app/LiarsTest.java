package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.client.GetOptions;
import dev.interlock.client.PutOptions;
import dev.interlock.client.UserKeyFile;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Token;
import dev.interlock.node.dealer.Noise;
import dev.interlock.node.store.BlobKind;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Providers and dealers that lie: no put of theirs is acknowledged, no read of theirs is wrong, and they are named. */
@Timeout(240)
@Tag("long")
final class LiarsTest {
    private static final int CHUNK = ChunkLayout.CHUNK_BYTES;

    @TempDir
    private Path dir;

    private TestRing ring;
    private final List<Evidence> evidence = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT);
        ring.owner().onLie(evidence::add);
    }

    @AfterEach
    void stop() {
        ring.close();
    }

    private RingDescriptor descriptor() {
        return ring.owner().ring();
    }

    private Set<String> accused() {
        return evidence.stream()
                .map(each -> Evidence.decode(each.encode())
                        .verify(descriptor())
                        .liar()
                        .name())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private IntegrityException refusedPut(int length) throws Exception {
        byte[] bytes = TestRing.random(length);
        IntegrityException refused = catchThrowableOfType(IntegrityException.class, () -> ring.put(bytes));
        assertThat(refused).hasMessageContaining("failed its check").hasMessageContaining("Nothing was stored");
        assertThat(ring.owner().list()).isEmpty();
        return refused;
    }

    @Test
    void aStoreThatKeepsAWrongShareIsNamedBeforeThePutEnds() throws Exception {
        ring.stop("cc4");
        ring.startProvider("cc4", store -> WrongStore.of(store, BlobKind.SHARE), FieldKernels.chosen());
        for (int length : new int[] {32, CHUNK, 2 * CHUNK + 10}) {
            assertThat(refusedPut(length).culprits()).containsExactly("cc4");
            assertThat(accused()).containsExactly("cc4");
        }
        assertThat(evidence).hasSize(3);
        ring.restart("cc4");
        byte[] bytes = TestRing.random(1000);
        assertThat(ring.get(ring.put(bytes).object())).isEqualTo(bytes);
    }

    @Test
    void aHomeThatKeepsAWrongCiphertextIsNamedBeforeThePutEnds() throws Exception {
        ring.stop("cc2");
        ring.startProvider("cc2", store -> WrongStore.of(store, BlobKind.CIPHERTEXT), FieldKernels.chosen());
        int refused = 0;
        // It is home to three objects of five.
        for (int i = 0; i < 30 && refused < 2; i++) {
            byte[] bytes = TestRing.random(CHUNK + 10);
            try {
                Token token = ring.put(bytes);
                assertThat(ring.homes(token)).doesNotContain("cc2");
                assertThat(ring.get(token.object())).isEqualTo(bytes);
            } catch (IntegrityException e) {
                refused++;
                assertThat(e.culprits()).containsExactly("cc2");
            }
        }
        assertThat(refused).isEqualTo(2);
        assertThat(accused()).containsExactly("cc2");
    }

    /** What a put that can't be made again is refused with. */
    private IntegrityException refusedPut(byte[] bytes, PutOptions options) {
        IntegrityException refused = catchThrowableOfType(
                IntegrityException.class, () -> ring.owner().put(new Seekable(bytes), bytes.length, options, _ -> {}));
        assertThat(refused).hasMessageContaining("failed its check").hasMessageContaining("Nothing was stored");
        return refused;
    }

    @Test
    void aHopThatChangesTheStreamIsNamedWhereThePutCanBeMadeAgain() throws Exception {
        List<IntegrityException> repeated = new CopyOnWriteArrayList<>();
        ring.owner().onRepeat(repeated::add);
        ring.stop("cc3");
        ring.startProvider("cc3", store -> store, new WrongKernel(Integer.MAX_VALUE));
        // A pipe can't be read again: it is only said that it was one of the hops.
        IntegrityException unnamed = refusedPut(CHUNK + 10);
        assertThat(unnamed).hasMessageContaining("all shares are right").hasMessageContaining("cc3");
        assertThat(unnamed.culprits()).isEmpty();
        assertThat(repeated).isEmpty();
        byte[] bytes = TestRing.random(CHUNK + 10);
        OpeningKey key = OpeningKey.generate(Kem.X25519, new SecureRandom());
        Path file = dir.resolve("key");
        try (UserKeyTarget userKey = UserKeyTarget.create(Optional.of(file))) {
            for (PutOptions options : List.of(
                    PutOptions.DEFAULT,
                    PutOptions.DEFAULT.blindedBy(Blinding.FULL),
                    PutOptions.withUserKey(userKey.output().orElseThrow(), false),
                    PutOptions.sealedTo(key.recipient()),
                    PutOptions.sealedTo(key.recipient()).published(),
                    new PutOptions(
                            new Scheme(3, Profile.PUBLISHED),
                            Blinding.NONE,
                            Optional.empty(),
                            Optional.empty(),
                            false,
                            0))) {
                repeated.clear();
                assertThat(refusedPut(bytes, options).culprits()).containsExactly("cc3");
                assertThat(repeated).hasSize(1);
            }
        }
        assertThat(file).doesNotExist();
        for (int length : new int[] {0, 32, CHUNK}) {
            assertThat(refusedPut(TestRing.random(length), PutOptions.DEFAULT).culprits())
                    .containsExactly("cc3");
        }
        assertThat(ring.owner().list()).isEmpty();
        assertThat(evidence).isEmpty();
    }

    @Test
    void whoShowsSomethingElseThanItReceivedIsNamedAndNotTheOneBefore() throws Exception {
        ring.stop("cc1", "cc3");
        // Something must be wrong, or nobody looks.
        ring.startProvider("cc1", store -> store, new WrongKernel(Integer.MAX_VALUE));
        ring.startProvider("cc3", store -> WrongStore.of(store, BlobKind.RECEIVED), FieldKernels.chosen());
        Set<String> named = new TreeSet<>();
        for (int i = 0; i < 100 && named.size() < 2; i++) {
            named.addAll(refusedPut(TestRing.random(1000), PutOptions.DEFAULT).culprits());
            assertThat(Set.of("cc1", "cc3")).containsAll(named);
        }
        // Whichever comes first on the way.
        assertThat(named).containsExactly("cc1", "cc3");
    }

    @Test
    void aHopThatChangesTheStreamOnceSpoilsOneTryOnly() throws Exception {
        List<IntegrityException> repeated = new CopyOnWriteArrayList<>();
        ring.owner().onRepeat(repeated::add);
        ring.stop("cc3");
        ring.startProvider("cc3", store -> store, new WrongKernel(1));
        byte[] bytes = TestRing.random(CHUNK + 10);
        Path file = dir.resolve("key");
        try (UserKeyTarget userKey = UserKeyTarget.create(Optional.of(file))) {
            PutOptions options = PutOptions.withUserKey(userKey.output().orElseThrow(), true);
            Token token = ring.owner().put(new Seekable(bytes), bytes.length, options, _ -> {});
            assertThat(repeated).hasSize(1);
            assertThat(repeated.getFirst()).hasMessageContaining("one of the hops");
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            GetOptions get = new GetOptions(
                    List.of(),
                    Blinding.EXPANDED,
                    Optional.empty(),
                    Optional.of(UserKeyFile.open(file)),
                    GetOptions.Way.AUTO);
            ring.owner().get(token.object(), Channels.newChannel(out), get, _ -> {}, _ -> {});
            assertThat(out.toByteArray()).isEqualTo(bytes);
        }
        assertThat(ring.owner().list()).hasSize(1);
        ring.providers()
                .forEach(name -> assertThat(ring.dataFiles(name))
                        .noneMatch(path -> path.toString().endsWith("received")));
    }

    @Test
    void aDealerWhoseSharesDontFitIsNamedBeforeThePutEnds() throws Exception {
        ring.stop("dealer1");
        WrongKernel wrong = new WrongKernel(FieldKernels.chosen(), Leaves.SALT_BYTES + 1, new AtomicInteger(1));
        ring.startDealer("dealer1", Noise.start(List.of()), wrong);
        IntegrityException refused = refusedPut(CHUNK + 10);
        assertThat(refused).hasMessageContaining("dealer1 dealt shares");
        assertThat(refused.culprits()).containsExactly("dealer1");
        assertThat(evidence).isEmpty();
    }

    @Test
    void aDealerWhoseSaltsDontFitIsNamedBeforeThePutEnds() throws Exception {
        ring.stop("dealer1");
        // The first that it deals.
        ring.startDealer("dealer1", Noise.start(List.of()), new WrongKernel(1));
        IntegrityException refused = refusedPut(CHUNK + 10);
        assertThat(refused).hasMessageContaining("dealer1 dealt salts");
        assertThat(refused.culprits()).containsExactly("dealer1");
        assertThat(evidence).isEmpty();
    }

    @Test
    void everyPairOfLiarsIsSurvivedAndNobodyElseIsBlamed() throws Exception {
        byte[] bytes = TestRing.random(CHUNK + 10_000);
        List<String> names = IntStream.rangeClosed(1, 5).mapToObj(i -> "cc" + i).toList();
        Map<Set<String>, ObjectId> objects = new LinkedHashMap<>();
        for (int a = 0; a < names.size(); a++) {
            for (int b = a; b < names.size(); b++) {
                objects.put(
                        new TreeSet<>(Set.copyOf(List.of(names.get(a), names.get(b)))),
                        ring.put(bytes).object());
            }
        }
        for (String name : names) {
            Map<ObjectId, LyingStore.Lie> lies = new LinkedHashMap<>();
            objects.forEach((liars, object) -> lies.put(
                    object,
                    (kind, honest) -> liars.contains(name) && kind.equals(BlobKind.SHARE)
                            ? LyingStore.flipped(honest, liars.size() == 1 ? honest.length - 1 : 5000)
                            : honest));
            LyingStore.replace(ring, name, lies);
        }
        for (Map.Entry<Set<String>, ObjectId> each : objects.entrySet()) {
            evidence.clear();
            assertThat(ring.get(each.getValue())).isEqualTo(bytes);
            assertThat(each.getKey()).containsAll(accused());
            // All liars are among these, whichever are the quickest.
            for (String liar : each.getKey()) {
                evidence.clear();
                List<String> from = new ArrayList<>(names);
                each.getKey().stream().filter(other -> !other.equals(liar)).forEach(from::remove);
                assertThat(direct(each.getValue(), from)).isEqualTo(bytes);
                assertThat(Set.of(liar)).containsAll(accused());
            }
        }
    }

    private byte[] direct(ObjectId object, List<String> from) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        GetOptions options =
                new GetOptions(from, Blinding.EXPANDED, Optional.empty(), Optional.empty(), GetOptions.Way.DIRECT);
        ring.owner().get(object, Channels.newChannel(out), options, _ -> {}, _ -> {});
        return out.toByteArray();
    }

    @Test
    void evidenceProvesNothingOnceItIsChanged() throws Exception {
        Token token = ring.put(TestRing.random(2 * CHUNK));
        Token other = ring.put(TestRing.random(10));
        LyingStore.replace(
                ring,
                "cc1",
                Map.of(
                        token.object(),
                        (kind, honest) -> kind.equals(BlobKind.SHARE) ? LyingStore.flipped(honest, 70) : honest));
        assertThatThrownBy(() -> direct(token.object(), List.of("cc1", "cc2", "cc3")))
                .isInstanceOf(IntegrityException.class);
        Evidence good = evidence.getFirst();
        assertThat(good.verify(descriptor()).liar().name()).isEqualTo("cc1");
        byte[] file = good.encode();

        Holding said = good.said();
        Holding another = new Holding(
                said.ring(), other.id(), said.part(), said.x(), said.chunk(), said.hash(), said.signature());
        provesNothing(new Evidence(good.chain(), another, good.leaves()));
        byte[] right = token.dealt().rootOf(said.x()).root();
        Holding honest = new Holding(
                said.ring(), said.generation(), said.part(), said.x(), Holding.WHOLE, right, said.signature());
        provesNothing(new Evidence(good.chain(), honest, good.leaves()));
        provesNothing(new Evidence(ring.owner().proof(other.object()).chain(), said, good.leaves()));
        assertThatThrownBy(() -> Evidence.decode(java.util.Arrays.copyOf(file, file.length - 2)))
                .isInstanceOf(RuntimeException.class);
    }

    private void provesNothing(Evidence forged) {
        assertThatThrownBy(() -> Evidence.decode(forged.encode()).verify(descriptor()))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("proves nothing");
    }
}
