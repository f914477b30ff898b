package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.PutOptions;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.token.Token;
import dev.interlock.node.dealer.Noise;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.SmallRead;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.wire.Peer;
import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A small put is checked by what the providers answer with their signatures, and whoever answers wrongly is named. */
@Timeout(240)
final class SmallPutTest {
    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static final AtomicReference<Lie> LIE = new AtomicReference<>(Lie.NONE);
    private static final List<Evidence> EVIDENCE = new CopyOnWriteArrayList<>();
    private static final List<IntegrityException> REPEATED = new CopyOnWriteArrayList<>();
    /** What the user sent, to whom. */
    private static final List<String> ASKED = new CopyOnWriteArrayList<>();

    /** What cc1 does when it reads what it has stored in a put. */
    private enum Lie {
        NONE,
        SHARE,
        SALT,
        CIPHERTEXT,
        LONG_SHARE,
        SHORT_SHARE,
        NO_SHARE,
        LONG_CIPHERTEXT,
        NO_CIPHERTEXT;

        boolean isAbout(BlobKind kind) {
            return this != NONE && kind.equals(name().endsWith("CIPHERTEXT") ? BlobKind.CIPHERTEXT : BlobKind.SHARE);
        }

        int length(int honest) {
            return switch (this) {
                case LONG_SHARE, LONG_CIPHERTEXT -> honest + 1;
                case SHORT_SHARE -> honest - 1;
                case NO_SHARE, NO_CIPHERTEXT -> 0;
                default -> honest;
            };
        }

        /** Whether it is too long to be read. */
        boolean isLong() {
            return name().startsWith("LONG");
        }
    }

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        ring.stop("cc1");
        ring.startProvider("cc1", SmallPutTest::lying, FieldKernels.chosen());
        ring.owner().onLie(EVIDENCE::add);
        ring.owner().onRepeat(REPEATED::add);
        ring.owner().onRequest((node, operation, _, _) -> ASKED.add(operation.name()));
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @AfterEach
    void honestAgain() {
        LIE.set(Lie.NONE);
        EVIDENCE.clear();
        REPEATED.clear();
    }

    private static Store lying(Store honest) {
        return Altered.of(Store.class, honest, "begin", () -> {}, begun -> lying((PendingObject) begun));
    }

    /** Once it is prepared: until then the pass reads it. */
    private static PendingObject lying(PendingObject honest) {
        AtomicBoolean prepared = new AtomicBoolean();
        return proxy(PendingObject.class, (called, arguments) -> {
            Object result = called.invoke(honest, arguments);
            prepared.compareAndSet(false, called.getName().equals("prepare"));
            return called.getName().equals("create") ? lying((Blob) result, (BlobKind) arguments[0], prepared) : result;
        });
    }

    private static Blob lying(Blob honest, BlobKind kind, AtomicBoolean prepared) {
        return proxy(Blob.class, (called, arguments) -> {
            Lie lie = prepared.get() && LIE.get().isAbout(kind) ? LIE.get() : Lie.NONE;
            return switch (called.getName()) {
                case "recordBytes" -> lie.length((int) called.invoke(honest, arguments));
                case "read" -> {
                    byte[] there = new byte[honest.recordBytes(0)];
                    honest.read((int) arguments[0], MemorySegment.ofArray(there));
                    spoil(lie, there);
                    MemorySegment to = (MemorySegment) arguments[1];
                    int length = (int) Math.min(to.byteSize(), there.length);
                    MemorySegment.copy(there, 0, to, ValueLayout.JAVA_BYTE, 0, length);
                    yield null;
                }
                default -> called.invoke(honest, arguments);
            };
        });
    }

    private static void spoil(Lie lie, byte[] record) {
        switch (lie) {
            case SHARE, CIPHERTEXT -> record[record.length - 1] ^= 1;
            case SALT -> record[3] ^= 1;
            default -> {}
        }
    }

    private interface Answer {
        @Nullable
        Object of(Method called, Object[] arguments) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, called, arguments) -> {
                    try {
                        return answer.of(called, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    private static InterlockException refused(byte[] m) throws Exception {
        int before = ring.owner().list().size();
        InterlockException refused = catchThrowableOfType(
                InterlockException.class,
                () -> ring.owner().put(new Seekable(m), m.length, PutOptions.DEFAULT, _ -> {}));
        assertThat(refused).isNotNull();
        assertThat(ring.owner().list()).hasSize(before);
        return refused;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 32, SmallRead.MAX_BYTES})
    void noQuestionIsAskedForIt(int length) {
        byte[] m = TestRing.random(length);
        ASKED.clear();
        Token token = ring.put(m);
        assertThat(ASKED).filteredOn("TOKEN"::equals).hasSize(3);
        assertThat(ASKED).doesNotContain("CHECK");
        assertThat(ring.get(token.object())).isEqualTo(m);
    }

    @Test
    void whatIsLongerIsCheckedByHash() {
        byte[] m = TestRing.random(SmallRead.MAX_BYTES + 1);
        ASKED.clear();
        Token token = ring.put(m);
        assertThat(ASKED).filteredOn("CHECK"::equals).hasSize(3);
        assertThat(ring.get(token.object())).isEqualTo(m);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void whoAnswersWithSomethingElseIsNamed(Lie lie) throws Exception {
        LIE.set(lie);
        int refused = 0;
        // It is home to two objects of three.
        for (int i = 0; i < 50 && refused < 1; i++) {
            byte[] m = TestRing.random(32);
            int before = ring.owner().list().size();
            try {
                Token token = ring.put(m);
                assertThat(ring.homes(token)).doesNotContain("cc1");
                assertThat(lie.isAbout(BlobKind.CIPHERTEXT)).isTrue();
            } catch (IntegrityException e) {
                refused++;
                assertThat(lie.isLong()).isFalse();
                assertThat(e.culprits()).containsExactly("cc1");
                assertThat(e).hasMessageContaining("cc1 stored another ").hasMessageContaining("Nothing was stored");
                assertThat(ring.owner().list()).hasSize(before);
            } catch (InterlockException e) {
                // What is longer than it can be isn't read: that is no answer.
                refused++;
                assertThat(lie.isLong()).isTrue();
                assertThat(e).hasMessageContaining("cc1");
                assertThat(ring.owner().list()).hasSize(before);
            }
        }
        assertThat(refused).isEqualTo(1);
        assertThat(REPEATED).isEmpty();
        boolean said = lie == Lie.SHARE || lie == Lie.SALT || lie == Lie.CIPHERTEXT;
        // Who gives it once more gives it under its signature.
        assertThat(EVIDENCE)
                .hasSizeGreaterThanOrEqualTo(said ? 1 : 0)
                .allSatisfy(each ->
                        assertThat(each.verify(ring.descriptor()).liar().name()).isEqualTo("cc1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"shares", "salts"})
    void aDealerWhosePolynomialsDontFitIsNamed(String what) throws Exception {
        ring.stop("dealer1");
        int least = what.equals("shares") ? Leaves.SALT_BYTES + 1 : Leaves.SALT_BYTES;
        ring.startDealer(
                "dealer1", Noise.start(List.of()), new WrongKernel(FieldKernels.chosen(), least, new AtomicInteger(1)));
        try {
            InterlockException refused = refused(TestRing.random(32));
            assertThat(refused).hasMessageContaining("dealer1 dealt " + what);
            assertThat(((IntegrityException) refused).culprits()).containsExactly("dealer1");
            assertThat(EVIDENCE).isEmpty();
            assertThat(REPEATED).isEmpty();
        } finally {
            ring.restart("dealer1");
        }
    }

    @Test
    void aHopThatChangesTheStreamIsFoundAndTheAttestedPutNamesIt() throws Exception {
        ring.stop("cc3");
        ring.startProvider("cc3", store -> store, new WrongKernel(Integer.MAX_VALUE));
        try {
            InterlockException refused = refused(TestRing.random(32));
            assertThat(((IntegrityException) refused).culprits()).containsExactly("cc3");
            assertThat(REPEATED).hasSize(1);
            assertThat(REPEATED.getFirst())
                    .hasMessageContaining("all shares are right")
                    .hasMessageContaining("changed it");
            assertThat(REPEATED.getFirst().culprits()).isEmpty();
        } finally {
            ring.restart("cc3");
        }
    }

    /** Puts until cc3 was the last hop once more, and lied; whatever is acknowledged can be read. */
    private static Optional<InterlockException> putUntilItLies(
            LyingLastHop liar, Function<byte[], ReadableByteChannel> in) throws Exception {
        int told = liar.told();
        for (int i = 0; i < 50; i++) {
            byte[] m = TestRing.random(32);
            int before = ring.owner().list().size();
            Optional<InterlockException> refused = Optional.empty();
            try {
                Token token = ring.owner().put(in.apply(m), m.length, PutOptions.DEFAULT, _ -> {});
                for (List<String> two : List.of(List.of("cc1", "cc2"), List.of("cc1", "cc3"), List.of("cc2", "cc3"))) {
                    assertThat(ring.get(token.object(), two.toArray(String[]::new)))
                            .isEqualTo(m);
                }
            } catch (InterlockException e) {
                refused = Optional.of(e);
            }
            assertThat(ring.owner().list()).hasSize(refused.isPresent() ? before : before + 1);
            if (liar.told() > told) {
                return refused;
            }
        }
        throw new AssertionError("cc3 is never the last");
    }

    /**
     * It was the last hop or that home: which of them can't be told, so that the put is made again, attested, where the ciphertext
     * goes from home to home. What can't be read again isn't put.
     */
    @Test
    @Tag("long")
    void aLastHopThatGivesOneHomeAnotherCiphertextIsFound() throws Exception {
        LyingLastHop liar = new LyingLastHop();
        ring.stop("cc3");
        try {
            liar.start(ring, "cc3");
            List<String> homes = List.of("cc2", "cc1");
            for (int to = 0; to < homes.size(); to++) {
                liar.tells(LyingLastHop.Lie.OTHER, to);
                String who = homes.get(to) + ", or cc3 which sent it to the homes, changed it";
                REPEATED.clear();
                assertThat(putUntilItLies(liar, Seekable::new)).isEmpty();
                assertThat(REPEATED)
                        .singleElement()
                        .satisfies(found -> assertThat(found)
                                .hasMessageContaining("all shares are right")
                                .hasMessageContaining(who))
                        .satisfies(found -> assertThat(found.culprits()).isEmpty());
                assertThat(putUntilItLies(liar, m -> Channels.newChannel(new ByteArrayInputStream(m))))
                        .get()
                        .asInstanceOf(InstanceOfAssertFactories.type(IntegrityException.class))
                        .satisfies(refused -> assertThat(refused)
                                .hasMessageContaining(who)
                                .hasMessageContaining("Nothing was stored"))
                        .satisfies(refused -> assertThat(refused.culprits()).isEmpty());
                assertThat(REPEATED).hasSize(1);
            }
            assertThat(EVIDENCE).isEmpty();
        } finally {
            honestAgain("cc3");
        }
    }

    /** That home doesn't sign, and says who sent it nothing. */
    @Test
    @Tag("long")
    void aLastHopThatGivesOneHomeNothingIsNamed() throws Exception {
        LyingLastHop liar = new LyingLastHop();
        ring.stop("cc2", "cc3");
        try {
            // Who gets nothing; all others, and the user, wait longer than that.
            ring.startImpatient("cc2", TestRing.SHORT);
            liar.start(ring, "cc3");
            isNamed(liar, LyingLastHop.Lie.EMPTY, "cc3 broke off its stream");
            isNamed(liar, LyingLastHop.Lie.NOTHING, "cc3 stalled: nothing moved");
            assertThat(REPEATED).isEmpty();
            assertThat(EVIDENCE).isEmpty();
        } finally {
            honestAgain("cc2", "cc3");
        }
    }

    private static void isNamed(LyingLastHop liar, LyingLastHop.Lie lie, String why) throws Exception {
        liar.tells(lie, 0);
        List<String> said = new ArrayList<>();
        // On a machine that does much else somebody honest may be too slow for cc2 before cc3 has its turn.
        while (said.size() < 5 && said.stream().noneMatch(each -> each.contains(why))) {
            said.add(putUntilItLies(liar, Seekable::new).orElseThrow().getMessage());
        }
        assertThat(said).anySatisfy(each -> assertThat(each).contains(why));
    }

    private static void honestAgain(String... names) {
        ring.startAll();
        ring.restart(names);
    }

    /** Each answer has a share: it goes to who ordered, once, after the signature. */
    @Test
    void onlyTheSessionsUserIsAnsweredAndOnce() {
        byte[] m = TestRing.random(32);
        List<byte[]> parts = new ArrayList<>();
        try (RawUser raw = RawUser.of(ring, "credential");
                RawUser other = RawUser.of(ring, "other");
                HandWrite write = new HandWrite(raw, m)) {
            Peer.Call deal = write.orders().deal();
            byte[] _ = write.stream();
            byte[] message = write.message(write.dealt(deal)).encode();
            String path = "/v1/sessions/" + write.session();
            assertThatThrownBy(() -> other.call(
                            "cc1", HttpMethod.POST, path + "/token", Operation.TOKEN, write.session(), message))
                    .isInstanceOf(RefusedException.class);
            String part = write.session() + "/share/0";
            assertThatThrownBy(() -> raw.call(
                            "cc1",
                            HttpMethod.GET,
                            path + "/parts/share?from=0",
                            Operation.SESSION_PART,
                            part,
                            new byte[0]))
                    .isInstanceOf(RefusedException.class);
            assertThatThrownBy(() -> raw.call(
                            "cc1", HttpMethod.POST, path + "/check", Operation.CHECK, write.session(), new byte[32]))
                    .isInstanceOf(RefusedException.class);
            parts.add(write.token("cc1", message));
            assertThatThrownBy(() -> write.token("cc1", message)).isInstanceOf(RefusedException.class);
            assertThatThrownBy(() -> raw.call(
                            "cc1", HttpMethod.POST, path + "/check", Operation.CHECK, write.session(), new byte[32]))
                    .isInstanceOf(RefusedException.class);
            write.abandon();
        }
        // Participation, share behind its salt, ciphertext, each behind its length.
        assertThat(parts.getFirst()).hasSize(3 * 4 + 100 + 64 + 2 * (64 + m.length));
    }
}
