package dev.interlock.protocol;

import static dev.interlock.protocol.MemoryRing.bytes;
import static dev.interlock.protocol.MemoryRing.xs;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.SealedException;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.MemoryRing.CloudProvider;
import dev.interlock.protocol.MemoryRing.DealtShare;
import dev.interlock.protocol.MemoryRing.Tap;
import dev.interlock.protocol.MemoryRing.Way;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.RestoreMessage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole writes and reads, between honest parties and others. */
final class MemoryRingTest {
    private static final ShareIndex X1 = new ShareIndex(1);
    private static final ShareIndex X2 = new ShareIndex(2);
    private static final ShareIndex X3 = new ShareIndex(3);
    private static final ShareIndex X4 = new ShareIndex(4);

    // ------------------------------------------------------------------------------------------ every quorum opens

    static Stream<Arguments> thresholds() {
        return IntStream.rangeClosed(2, 6)
                .boxed()
                .flatMap(n -> IntStream.rangeClosed(2, n).mapToObj(t -> Arguments.of(n, t)));
    }

    /** All schemes, all kinds of blinds, and all thresholds up to five providers. */
    static Stream<Arguments> ways() {
        return Way.all()
                .flatMap(way -> thresholds()
                        .filter(nt -> (int) nt.get()[0] <= 5)
                        .map(nt -> Arguments.of(way, nt.get()[0], nt.get()[1])));
    }

    @ParameterizedTest(name = "{0}, (n,t) = ({1},{2})")
    @MethodSource("ways")
    void everyQuorumOpensWhateverTheHomeAndNoSmallerOne(Way way, int n, int t) {
        MemoryRing memory = ring(n, t, 100 * n + t);
        Random order = new Random(n + t);
        for (int length : new int[] {0, 31, 1000}) {
            byte[] m = message(length);
            List<ShareIndex> path = shuffled(memory.all(), order);
            StatementHash object = memory.write(way, m, path);
            List<ShareIndex> homes = token(memory, path.getFirst(), object).homes();
            assertThat(homes).isEqualTo(path.subList(0, way.scheme().blinded() ? n - t + 1 : 1));

            for (List<ShareIndex> s : quorums(memory, t, order)) {
                for (boolean inS : new boolean[] {true, false}) {
                    homes.stream()
                            .filter(x -> s.contains(x) == inS)
                            .findAny()
                            .ifPresent(home -> assertThat(memory.read(object, s, home))
                                    .as("%d bytes, S = %s, home %s", length, s, home)
                                    .isEqualTo(m));
                }
            }
            for (List<ShareIndex> s : subsets(memory.all(), t - 1, order)) {
                tooFew(memory, way, object, s, homes.getFirst());
            }
        }
    }

    /** Two dealers; a dealer and a provider; as many providers as open. */
    static Stream<Arguments> dealers() {
        return Way.all()
                .filter(way -> way.scheme().blinded())
                .flatMap(way -> Stream.of(
                        Arguments.of(way, 2, List.of()),
                        Arguments.of(way, 1, List.of("cc4")),
                        Arguments.of(way, 0, List.of("cc5", "cc1", "cc2"))));
    }

    @ParameterizedTest(name = "{0}, {1} dealers and {2}")
    @MethodSource("dealers")
    void whatSeveralDealtOpensWithEveryQuorum(Way way, int dealers, List<String> dealing) {
        MemoryRing memory = new MemoryRing(5, 3, 11, Set.of(Profile.values()), dealers, dealing);
        Random order = new Random(dealers);
        for (int length : new int[] {0, 1000, ChunkLayout.CHUNK_BYTES + 1}) {
            byte[] m = message(length);
            StatementHash object = memory.write(way, m, shuffled(memory.all(), order));
            Token u = token(memory, X1, object);
            assertThat(u.dealt().summed()).isTrue();
            assertThat(u.dealers()).hasSize(dealers + dealing.size());
            Write.verifyRoots(memory.ring, u);
            for (List<ShareIndex> s : quorums(memory, 3, order)) {
                ShareIndex home =
                        u.homes().stream().filter(s::contains).findAny().orElse(u.home());
                assertThat(memory.read(object, s, home))
                        .as("%d bytes, S = %s", length, s)
                        .isEqualTo(m);
            }
            if (!way.scheme().sealed()) {
                memory.cc(X3).lose(object);
                memory.repair(object, List.of(X1, X4, X2), X3);
                List<ShareIndex> s = List.of(X3, X2, X4);
                ShareIndex home =
                        u.homes().stream().filter(s::contains).findAny().orElseThrow();
                assertThat(memory.read(object, inFront(home, s), home)).isEqualTo(m);
            }
        }
    }

    private static List<ShareIndex> inFront(ShareIndex home, List<ShareIndex> s) {
        return Stream.concat(Stream.of(home), s.stream().filter(x -> !x.equals(home)))
                .toList();
    }

    /** What reached it from one dealer is what that one signed; it could name it, and does. */
    @Test
    void aDealerThatSendsAnotherShareThanItSignedForIsNamedByItsProvider() {
        MemoryRing memory = new MemoryRing(3, 2, 12, Set.of(Profile.BLINDED), 2, List.of());
        AtomicInteger lines = new AtomicInteger();
        memory.with(new Tap() {
            @Override
            public DealtShare dealt(ShareIndex to, DealtShare share) {
                // The second dealer's first.
                if (lines.incrementAndGet() == 4) {
                    share.share().set(JAVA_BYTE, 3, (byte) (share.share().get(JAVA_BYTE, 3) ^ 1));
                }
                return share;
            }
        });
        assertThatThrownBy(() -> memory.write(message(100), memory.all()))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("dealer2"));
    }

    /** A wrong share under a good signature, and a wrong sum, look alike. */
    @Test
    void aSumOffThePolynomialNamesNobody() {
        for (ShareIndex odd : List.of(X1, X4)) {
            MemoryRing memory = new MemoryRing(5, 3, 13, Set.of(Profile.BLINDED), 2, List.of());
            memory.with(new Tap() {
                @Override
                public CheckAnswer answered(ShareIndex by, CheckAnswer answer) {
                    byte[] hash = answer.share().clone();
                    hash[0] ^= (byte) (by.equals(odd) ? 1 : 0);
                    return new CheckAnswer(hash, answer.salts(), answer.ciphertext(), null);
                }
            });
            assertThatThrownBy(() -> memory.write(message(100), memory.all()))
                    .isInstanceOfSatisfying(
                            IntegrityException.class,
                            e -> assertThat(e.culprits()).isEmpty())
                    .hasMessageContaining(". It was cc" + odd.x()
                            + " or one of the dealers dealer1, dealer2; which of them can't be told");
        }
    }

    /** Every provider refuses. In protocol 1, where none is asked, fewer than t sealed shares don't make m. */
    private static void tooFew(MemoryRing memory, Way way, StatementHash object, List<ShareIndex> s, ShareIndex home) {
        if (way.scheme().sealed()) {
            assertThatThrownBy(() -> memory.read(object, s, home)).isInstanceOf(IntegrityException.class);
            return;
        }
        Token u = token(memory, home, object);
        if (s.isEmpty()) {
            assertThatThrownBy(() -> Read.plan(memory.ring, u, memory.maker, s, home, way.blinding()))
                    .isInstanceOf(MalformedException.class);
            return;
        }
        try (Read.Plan plan = Read.plan(memory.ring, u, memory.maker, s, home, way.blinding())) {
            for (ShareIndex asked : plan.path()) {
                assertThatThrownBy(() -> memory.cc(asked).accept(memory.order(plan.session(), asked)))
                        .isInstanceOf(MalformedException.class)
                        .hasMessageStartingWith("a read needs ");
            }
        }
    }

    /** All quorums of the fewest, and one with a provider more. */
    private static List<List<ShareIndex>> quorums(MemoryRing memory, int readers, Random order) {
        List<List<ShareIndex>> quorums = new ArrayList<>(subsets(memory.all(), readers, order));
        if (readers < memory.all().size()) {
            quorums.add(shuffled(memory.all(), order).subList(0, readers + 1));
        }
        return quorums;
    }

    static Stream<Way> everyWay() {
        return Way.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("everyWay")
    void anObjectOfSeveralChunksOpens(Way way) {
        for (int length : new int[] {
            ChunkLayout.CHUNK_BYTES - 1,
            ChunkLayout.CHUNK_BYTES,
            ChunkLayout.CHUNK_BYTES + 1,
            2 * ChunkLayout.CHUNK_BYTES + 5
        }) {
            MemoryRing memory = ring(3, 2, length);
            byte[] m = message(length);
            StatementHash object = memory.write(way, m, memory.all());
            assertThat(Arrays.equals(memory.read(object, xs(2, 3), X1), m))
                    .as("%d bytes", length)
                    .isTrue();
        }
    }

    /** Where points are what it is about, they aren't 1..n in this order. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("everyWay")
    void sixProvidersInAnyOrderOpen(Way way) {
        MemoryRing memory = ring(6, 4, 60);
        byte[] m = message(64);
        StatementHash object = memory.write(way, m, xs(6, 2, 5, 1, 4, 3));
        assertThat(memory.read(object, xs(3, 6, 1, 4), new ShareIndex(6))).isEqualTo(m);
        assertThat(memory.read(object, xs(5, 4, 3, 1), new ShareIndex(6))).isEqualTo(m);
    }

    @Test
    void fewerThanTAreRefusedByEveryProvider() {
        MemoryRing memory = new MemoryRing(5, 3, 1);
        StatementHash object = memory.write(message(64), memory.all());
        for (CloudProvider home : memory.providers()) {
            if (home.ciphertexts.containsKey(object)) {
                assertThatThrownBy(() -> memory.read(object, xs(4, 5), home.x))
                        .isInstanceOf(MalformedException.class)
                        .hasMessage("a read needs t = 3 providers, the order names 2");
            }
        }
    }

    // ------------------------------------------------------------------------------ protocol 1: what the homes have

    private static Way sealedWay(Profile profile) {
        return new Way(new Scheme(1, profile), profile == Profile.BLINDED ? Blinding.EXPANDED : Blinding.NONE);
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void theProvidersForgetTheirSharesAndTheHomesHaveAllOfThemSealed(Profile profile) {
        MemoryRing memory = ring(5, 3, 18);
        StatementHash object = memory.write(sealedWay(profile), message(100), xs(4, 1, 5, 2, 3));
        List<ShareIndex> homes = profile == Profile.BLINDED ? xs(4, 1, 5) : xs(4);
        for (CloudProvider provider : memory.providers()) {
            assertThat(provider.shares).isEmpty();
            assertThat(provider.ciphertexts.containsKey(object)).isEqualTo(homes.contains(provider.x));
            if (homes.contains(provider.x)) {
                assertThat(provider.sealedShares.get(object)).containsOnlyKeys(memory.all());
            } else {
                assertThat(provider.sealedShares).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void whatIsSealedToAKeyOfBothKindsOpens(Profile profile) {
        MemoryRing memory = ring(3, 2, 19).with(Kem.XWING);
        byte[] m = message(100);
        StatementHash object = memory.write(sealedWay(profile), m, memory.all());
        assertThat(memory.read(object, xs(3, 2), X1)).isEqualTo(m);
    }

    @Test
    void aFlippedBitInASealedShareIsCaughtWhereverItIs() {
        MemoryRing memory = ring(3, 2, 20);
        byte[] m = message(100);
        StatementHash object = memory.write(sealedWay(Profile.BLINDED), m, memory.all());
        byte[] sealed = memory.cc(X1).sealedShares.get(object).get(X2);
        for (int at = 0; at < sealed.length; at++) {
            sealed[at] ^= 0x40;
            Class<?> fault = at >= 50 && at < 82 ? IntegrityException.class : SealedException.class;
            assertThatThrownBy(() -> memory.read(object, xs(1, 2), X1))
                    .as("byte %d of %d", at, sealed.length)
                    .isInstanceOf(fault);
            sealed[at] ^= 0x40;
        }
        assertThat(memory.read(object, xs(1, 2), X1)).isEqualTo(m);
    }

    /** What home gives for x = 2 is that of x = 3, whole and unchanged. */
    @Test
    void aSealedShareInTheWrongPlaceIsCaught() {
        MemoryRing memory = ring(3, 2, 21);
        StatementHash object = memory.write(sealedWay(Profile.BLINDED), message(100), memory.all());
        Map<ShareIndex, byte[]> sealed = memory.cc(X1).sealedShares.get(object);
        sealed.put(X2, sealed.get(X3));
        assertThatThrownBy(() -> memory.read(object, xs(1, 2), X1))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("cc1"))
                .hasMessage(
                        "the sealed share x = 2 of " + token(memory, X1, object).object()
                                + " at cc1: its leaves aren't those that the token commits to");
    }

    @Test
    void anotherPrivateKeyOpensNothing() {
        MemoryRing memory = ring(3, 2, 22);
        StatementHash object = memory.write(sealedWay(Profile.BLINDED), message(100), memory.all());
        memory.with(Kem.X25519);
        assertThatThrownBy(() -> memory.read(object, xs(1, 2), X1)).isInstanceOf(SealedException.WrongKey.class);
    }

    // --------------------------------------------------------------------- the published profile, to the letter

    /** Home gives c to the user, and gets something else back: c under a K that is new in every read. */
    @Test
    void inThePublishedProtocol3TheUserPutsAFreshKeyOn() {
        MemoryRing memory = ring(4, 3, 23);
        byte[] m = message(100);
        StatementHash object = memory.write(new Way(new Scheme(3, Profile.PUBLISHED), Blinding.NONE), m, memory.all());
        String c = HexFormat.of().formatHex(bytes(memory.cc(X1).ciphertexts.get(object)));
        List<String> gotByUser = new ArrayList<>();
        List<String> sentByUser = new ArrayList<>();
        memory.with(new Tap() {
            @Override
            public void arrives(Station at, MemorySegment stream) {
                if (at.source() instanceof Station.User) {
                    sentByUser.add(HexFormat.of().formatHex(bytes(stream)));
                }
            }

            @Override
            public void leaves(Station from, MemorySegment stream) {
                if (from.sink() instanceof Station.User) {
                    gotByUser.add(HexFormat.of().formatHex(bytes(stream)));
                }
            }
        });
        for (int read = 0; read < 2; read++) {
            assertThat(memory.read(object, xs(1, 3, 4), X1)).isEqualTo(m);
        }
        assertThat(gotByUser).hasSize(4);
        assertThat(List.of(gotByUser.get(0), gotByUser.get(2))).containsOnly(c);
        assertThat(List.of(gotByUser.get(1), gotByUser.get(3))).doesNotHaveDuplicates();
        assertThat(sentByUser).hasSize(2).doesNotHaveDuplicates().doesNotContain(c);
    }

    /** The paper's ring leaks (docs/threat-model.md): CC_1 alone sees f(x_1) in what it adds, and with K out m. */
    @Test
    void inThePublishedProtocol2HomeAloneReadsTheObject() {
        MemoryRing memory = ring(3, 2, 24);
        byte[] m = message(200);
        Way published = new Way(new Scheme(2, Profile.PUBLISHED), Blinding.NONE);
        memory.write(published, m, memory.all());
        assertThat(spanOf(memory, List.of(X1)).contains(m)).isTrue();
    }

    // ------------------------------------------------------------------------- wrong bytes are caught before release

    /** Home 4, not in S = {1, 2, 3}: the route has four stations, each of which lies about some byte of its output. */
    @ParameterizedTest(name = "station {0}, byte {1}")
    @MethodSource("lies")
    void aFlippedBitOnTheWayIsCaught(int place, int at) {
        MemoryRing memory = new MemoryRing(4, 3, 2);
        StatementHash object = memory.write(message(100), xs(4, 1, 2, 3));
        memory.with(new Tap() {
            @Override
            public void leaves(Station from, MemorySegment stream) {
                if (from.place() == place) {
                    flip(stream, at);
                }
            }
        });
        assertThatThrownBy(() -> memory.read(object, xs(1, 2, 3), X4))
                .isInstanceOf(IntegrityException.class)
                .hasMessage("chunk 0 of " + token(memory, X4, object).object()
                        + " isn't what was put: one of cc4, cc1, cc2, cc3 sent wrong bytes."
                        + " Nothing of it was released");
        assertThat(memory.with(new Tap() {}).read(object, xs(1, 2, 3), X4)).isEqualTo(message(100));
    }

    /** The random bytes r_k, the first and the last byte of the data. */
    static Stream<Arguments> lies() {
        return IntStream.range(0, 4)
                .boxed()
                .flatMap(place -> Stream.of(0, 63, 64, 163).map(at -> Arguments.of(place, at)));
    }

    @Test
    void theChunkThatIsWrongIsNamed() {
        MemoryRing memory = new MemoryRing(3, 2, 3);
        StatementHash object = memory.write(message(2 * ChunkLayout.CHUNK_BYTES + 5), memory.all());
        long inChunk1 = new ChunkLayout(2 * ChunkLayout.CHUNK_BYTES + 5).padOffset(1);
        flip(memory.cc(X1).ciphertexts.get(object), inChunk1);
        assertThatThrownBy(() -> memory.read(object, xs(1, 2), X1))
                .isInstanceOf(IntegrityException.class)
                .hasMessageStartingWith(
                        "chunk 1 of " + token(memory, X1, object).object());
    }

    @Test
    void aFlippedBitInTheStoredCiphertextIsCaught() {
        MemoryRing memory = new MemoryRing(3, 2, 4);
        StatementHash object = memory.write(message(31), memory.all());
        flip(memory.cc(X1).ciphertexts.get(object), 94);
        assertThatThrownBy(() -> memory.read(object, xs(1, 2), X1)).isInstanceOf(IntegrityException.class);
        assertThat(memory.read(object, xs(1, 2), X2)).as("the other copy").isEqualTo(message(31));
    }

    @Test
    void aFlippedBitInAStoredShareIsCaught() {
        MemoryRing memory = new MemoryRing(3, 2, 5);
        StatementHash object = memory.write(message(31), memory.all());
        flip(memory.cc(X2).shares.get(object).share(), 0);
        assertThatThrownBy(() -> memory.read(object, xs(1, 2), X1)).isInstanceOf(IntegrityException.class);
        assertThat(memory.read(object, xs(1, 3), X1)).as("without the liar").isEqualTo(message(31));
    }

    @Test
    void aFlippedBitDuringTheWriteIsCaughtBeforeItEnds() {
        for (int hop = 1; hop <= 3; hop++) {
            ShareIndex liar = new ShareIndex(hop);
            MemoryRing memory = new MemoryRing(3, 2, 6);
            memory.with(new Tap() {
                @Override
                public void leaves(Station from, MemorySegment stream) {
                    if (from.provider().equals(liar) && from.layered()) {
                        flip(stream, 70);
                    }
                }
            });
            assertThatThrownBy(() -> memory.write(message(SmallRead.MAX_BYTES + 1), memory.all()))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("doesn't open to it");
        }
    }

    @Test
    void aShareThatIsOnNoPolynomialIsCaughtBeforeTheWriteEnds() {
        for (int x = 1; x <= 3; x++) {
            ShareIndex liar = new ShareIndex(x);
            MemoryRing memory = new MemoryRing(3, 2, 6);
            memory.with(new Tap() {
                @Override
                public CheckAnswer answered(ShareIndex by, CheckAnswer answer) {
                    return by.equals(liar)
                            ? new CheckAnswer(
                                    flipped(answer.share(), 3), answer.salts(), answer.ciphertext(), answer.before())
                            : answer;
                }
            });
            assertThatThrownBy(() -> memory.write(message(31), memory.all()))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("one polynomial");
        }
    }

    @Test
    void aSaltThatIsOnNoPolynomialIsCaughtBeforeTheWriteEnds() {
        MemoryRing memory = new MemoryRing(3, 2, 6);
        memory.with(new Tap() {
            @Override
            public CheckAnswer answered(ShareIndex by, CheckAnswer answer) {
                return by.equals(X2)
                        ? new CheckAnswer(
                                answer.share(), flipped(answer.salts(), 0), answer.ciphertext(), answer.before())
                        : answer;
            }
        });
        assertThatThrownBy(() -> memory.write(message(31), memory.all()))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("salts don't lie on one polynomial");
    }

    @Test
    void aHomeThatAnswersForAnotherCiphertextIsCaughtBeforeTheWriteEnds() {
        MemoryRing memory = new MemoryRing(3, 2, 6);
        memory.with(new Tap() {
            @Override
            public CheckAnswer answered(ShareIndex by, CheckAnswer answer) {
                byte[] hash = answer.ciphertext();
                return by.equals(X2) && hash != null
                        ? new CheckAnswer(answer.share(), answer.salts(), flipped(hash, 0), answer.before())
                        : answer;
            }
        });
        assertThatThrownBy(() -> memory.write(message(31), memory.all()))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("ciphertext at cc2");
    }

    /** What a home signs for is part of its participation: nothing is certified without it, or with another's. */
    @Test
    void aHomeThatSignsForNothingOrForAnotherCiphertextStopsTheWrite() {
        for (Optional<byte[]> root : List.<Optional<byte[]>>of(Optional.empty(), Optional.of(new byte[32]))) {
            MemoryRing memory = new MemoryRing(3, 2, 6);
            memory.with(new Tap() {
                @Override
                public Participation signed(ShareIndex by, Participation participation) {
                    return by.equals(X2) ? new Participation(root, participation.signature()) : participation;
                }
            });
            assertThatThrownBy(() -> memory.write(message(31), memory.all()))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("don't hold");
        }
    }

    @Test
    void aFlippedBitInTheManifestIsCaught() {
        MemoryRing memory = new MemoryRing(3, 2, 7);
        StatementHash object = memory.write(message(31), memory.all());
        memory.with(new Tap() {
            @Override
            public RestoreMessage told(ShareIndex by, RestoreMessage proof) {
                byte[] manifest = proof.manifest().clone();
                manifest[31] ^= 1;
                return new RestoreMessage(proof.certificate(), manifest);
            }
        });
        assertThatThrownBy(() -> memory.read(object, xs(1, 2), X1))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the manifest of " + token(memory, X1, object).object()
                        + " isn't the one that its token commits to");
    }

    /** A home that shows fewer signers, a token of its own making, or a chain that the user never certified. */
    @Test
    void aGenerationThatIsntCertifiedIsNotBelieved() {
        MemoryRing memory = new MemoryRing(3, 2, 8);
        StatementHash object = memory.write(message(31), memory.all());
        StatementHash other = memory.write(message(32), memory.all());
        Certificate good = RestoreMessage.decode(memory.cc(X1).proof(object)).certificate();
        Certificate another = RestoreMessage.decode(memory.cc(X1).proof(other)).certificate();
        SignatureChain chain = good.chain();

        byte[] later = chain.token().clone();
        later[later.length - 1] ^= 1;
        notBelieved(memory, object, good.with(new SignatureChain(later, chain.participations())), "signature");
        notBelieved(
                memory,
                object,
                good.with(
                        new SignatureChain(chain.token(), chain.participations().subList(0, 2))),
                "the certificate signature");
        notBelieved(
                memory,
                object,
                new Certificate(good.ownerSignature(), chain, another.signature()),
                "the certificate signature");
        notBelieved(
                memory,
                object,
                new Certificate(another.ownerSignature(), chain, good.signature()),
                "the statement signature");
    }

    private static void notBelieved(MemoryRing memory, StatementHash object, Certificate told, String rule) {
        memory.with(new Tap() {
            @Override
            public RestoreMessage told(ShareIndex by, RestoreMessage proof) {
                return new RestoreMessage(told, proof.manifest());
            }
        });
        assertThatThrownBy(() -> memory.read(object, xs(1, 2), X1))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("cc1"))
                .hasMessageStartingWith("what cc1 says of ")
                .hasMessageContaining("isn't certified: ")
                .hasMessageContaining(rule);
        memory.with(new Tap() {});
    }

    // ------------------------------------------------------------------------------------------- a dealer that lies

    @Test
    void aShareThatIsNotThatOfItsRootIsRefusedAndTheDealerNamed() {
        for (int at : new int[] {0, 64, 94}) {
            refusesShare(share -> {
                MemorySegment changed = MemorySegment.ofArray(bytes(share.share()));
                flip(changed, at);
                return new DealtShare(changed, share.salts(), share.root());
            });
        }
        refusesShare(share -> {
            MemorySegment salt = MemorySegment.ofArray(bytes(share.salts().getFirst()));
            flip(salt, 0);
            return new DealtShare(share.share(), List.of(salt), share.root());
        });
    }

    @Test
    void rootsThatTheDealerDidntSignInThisSessionAreRefusedAndTheDealerNamed() {
        MemoryRing memory = new MemoryRing(3, 2, 9);
        List<DealtShare> dealt = new ArrayList<>();
        memory.with(new Tap() {
            @Override
            public DealtShare dealt(ShareIndex to, DealtShare share) {
                dealt.add(share);
                // CC_2 gets what is CC_1's.
                return to.equals(X2) ? dealt.getFirst() : share;
            }
        });
        assertThatThrownBy(() -> memory.write(message(31), memory.all()))
                .isInstanceOf(IntegrityException.class)
                .hasMessageEndingWith("isn't the one that its root commits to");

        refusesShare(share -> {
            byte[] signature = share.root().signatures().getFirst().clone();
            signature[0] ^= 1;
            Dealt forged = new Dealt(false, share.root().roots(), List.of(signature));
            return new DealtShare(share.share(), share.salts(), forged);
        });
        // What it signed for the session before, whole.
        DealtShare before = dealt.get(1);
        refusesShare(_ -> before);
    }

    private interface Lie {
        DealtShare about(DealtShare share);
    }

    private static void refusesShare(Lie lie) {
        MemoryRing memory = new MemoryRing(3, 2, 10);
        memory.with(new Tap() {
            @Override
            public DealtShare dealt(ShareIndex to, DealtShare share) {
                return to.equals(X2) ? lie.about(share) : share;
            }
        });
        assertThatThrownBy(() -> memory.write(message(31), memory.all()))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("dealer1"));
        assertThat(memory.cc(X2).shares).as("kept by CC_2").isEmpty();
    }

    // ------------------------------------------------------------------------------------ a chain that doesn't hold

    @Test
    void aProviderThatSignsSomethingElseStopsTheWrite() {
        for (ShareIndex liar : xs(1, 2, 3)) {
            MemoryRing memory = new MemoryRing(3, 2, 11);
            memory.with(new Tap() {
                @Override
                public Participation signed(ShareIndex by, Participation participation) {
                    byte[] signature = memory.cc(liar).key.sign(Purpose.PARTICIPATION, new byte[32]);
                    return by.equals(liar)
                            ? new Participation(participation.ciphertextRoot(), signature)
                            : participation;
                }
            });
            assertThatThrownBy(() -> memory.write(message(31), memory.all()))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("don't hold: the participation signature");
        }
    }

    /** The signature of one session is none in another: H(w) stands under it. */
    @Test
    void aParticipationOfAnotherSessionIsNotTaken() {
        MemoryRing memory = new MemoryRing(3, 2, 13);
        StatementHash other = memory.write(message(31), memory.all());
        Participation foreign = RestoreMessage.decode(memory.cc(X3).proof(other))
                .certificate()
                .chain()
                .participations()
                .get(2);
        memory.with(new Tap() {
            @Override
            public Participation signed(ShareIndex by, Participation participation) {
                return by.equals(X3) ? foreign : participation;
            }
        });
        assertThatThrownBy(() -> memory.write(message(31), memory.all()))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("don't hold: the participation signature");
    }

    /** A provider commits nothing but what the session key certified, over the token that it signed itself. */
    @Test
    void nothingElseIsCommitted() {
        MemoryRing memory = new MemoryRing(3, 2, 14);
        StatementHash one = memory.write(message(31), memory.all());
        StatementHash two = memory.write(message(31), memory.all());
        Certificate other = RestoreMessage.decode(memory.cc(X1).proof(two)).certificate();
        assertThatThrownBy(() -> memory.cc(X1).commit(one, other.encode()))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the certificate is for another token than the one signed here");
        Certificate good = RestoreMessage.decode(memory.cc(X1).proof(one)).certificate();
        Certificate byHome = Certificate.sign(memory.cc(X1).key, good.ownerSignature(), good.chain());
        assertThatThrownBy(() -> memory.cc(X2).commit(one, byHome.encode())).isInstanceOf(BadSignatureException.class);
    }

    // --------------------------------------------------------------------------------------- what a coalition knows

    /**
     * After a write and two reads with different S: is m a combination of what t−1 providers saw? This asks of one run
     * with random bytes, in which a vector of 200 bytes is in the span by chance with 2^(−1400).
     */
    @ParameterizedTest(name = "(n,t) = ({0},{1})")
    @MethodSource("thresholds")
    void fewerThanTProvidersCantCombineWhatTheySawIntoTheObject(int n, int t) {
        for (Blinding blinding : List.of(Blinding.EXPANDED, Blinding.FULL)) {
            fewerThanTCantCombine(n, t, new Way(Scheme.DEFAULT, blinding));
        }
    }

    private static void fewerThanTCantCombine(int n, int t, Way way) {
        MemoryRing memory = new MemoryRing(n, t, 1000 * n + t);
        byte[] m = message(200);
        StatementHash object = memory.write(way, m, memory.all());
        List<ShareIndex> last = memory.all().subList(n - t, n);
        memory.read(object, memory.all().subList(0, t), X1);
        memory.read(object, last, X1);

        for (List<ShareIndex> coalition : subsets(memory.all(), t - 1, new Random(1))) {
            assertThat(spanOf(memory, coalition).contains(m))
                    .as("the coalition %s", coalition)
                    .isFalse();
        }
        // That it could be otherwise: t of them, a home among them, need nothing else.
        assertThat(spanOf(memory, memory.all().subList(0, t)).contains(m)).isTrue();
    }

    /** In protocol 2 not even all of them: b_U is the user's. */
    @Test
    void withoutTheUserKeyAllProvidersTogetherCantReadProtocol2() {
        for (Blinding blinding : List.of(Blinding.EXPANDED, Blinding.FULL)) {
            MemoryRing memory = new MemoryRing(3, 2, 25);
            byte[] m = message(200);
            StatementHash object = memory.write(new Way(new Scheme(2, Profile.BLINDED), blinding), m, memory.all());
            memory.read(object, xs(1, 3), X1);
            memory.read(object, xs(3, 2), X2);
            assertThat(spanOf(memory, memory.all()).contains(m)).isFalse();
        }
    }

    /** The blinds do it: with everyone's, home alone would read what the user sends it. */
    @Test
    void withoutTheBlindsHomeAloneWouldReadTheObject() {
        MemoryRing memory = new MemoryRing(5, 3, 15);
        byte[] m = message(200);
        memory.write(m, memory.all());
        Span home = spanOf(memory, List.of(X1));
        assertThat(home.contains(m)).isFalse();
        for (CloudProvider other : memory.providers()) {
            // The order came first, and with it the seed of B_i.
            home.add(data(other.seen.getFirst()));
        }
        assertThat(home.contains(m)).isTrue();
    }

    private static Span spanOf(MemoryRing memory, List<ShareIndex> coalition) {
        Span span = new Span();
        coalition.forEach(x -> memory.cc(x).seen.forEach(vector -> span.add(data(vector))));
        return span;
    }

    private static byte[] data(byte[] vector) {
        return Arrays.copyOfRange(vector, ChunkLayout.RANDOMIZER_BYTES, vector.length);
    }

    @Test
    void noStreamIsEverSentTwiceNorIsTheObjectInOne() {
        MemoryRing memory = new MemoryRing(5, 3, 16);
        Set<String> streams = new HashSet<>();
        Tap listener = new Tap() {
            @Override
            public void leaves(Station from, MemorySegment stream) {
                // What homes pass on among themselves, and send to S, is the ciphertext: one and the same.
                if (from.layered()) {
                    assertThat(streams.add(HexFormat.of().formatHex(bytes(stream))))
                            .as("the stream from station %s is new", from)
                            .isTrue();
                }
            }
        };
        byte[] m = message(64);
        StatementHash object = memory.with(listener).write(m, memory.all());
        for (int again = 0; again < 2; again++) {
            memory.read(object, xs(1, 2, 3), X1);
            memory.read(object, xs(5, 4, 3), X2);
        }
        assertThat(streams)
                .hasSize(5 + 4 * 3)
                .noneMatch(stream -> stream.contains(HexFormat.of().formatHex(m)));
    }

    /** The same object, twice: nothing about the second tells that it is the first. */
    @Test
    void twoWritesOfTheSameObjectShareNothing() {
        MemoryRing memory = new MemoryRing(3, 2, 17);
        byte[] m = message(64);
        StatementHash first = memory.write(m, memory.all());
        StatementHash second = memory.write(m, memory.all());
        assertThat(second).isNotEqualTo(first);
        assertThat(token(memory, X1, second).commitment())
                .isNotEqualTo(token(memory, X1, first).commitment());
        assertThat(bytes(memory.cc(X1).ciphertexts.get(second)))
                .isNotEqualTo(bytes(memory.cc(X1).ciphertexts.get(first)));
    }

    private static Token token(MemoryRing memory, ShareIndex from, StatementHash object) {
        return RestoreMessage.decode(memory.cc(from).proof(object))
                .certificate()
                .token();
    }

    // -------------------------------------------------------------------------------------------------------- small

    /** A ring that serves both profiles. */
    private static MemoryRing ring(int n, int t, long seed) {
        return new MemoryRing(n, t, seed, Set.of(Profile.values()));
    }

    private static byte[] message(int length) {
        return new SeededRandom(length).bytes(length);
    }

    private static void flip(MemorySegment bytes, long at) {
        bytes.set(JAVA_BYTE, at, (byte) (bytes.get(JAVA_BYTE, at) ^ 0x40));
    }

    private static List<ShareIndex> shuffled(List<ShareIndex> xs, Random random) {
        List<ShareIndex> order = new ArrayList<>(xs);
        Collections.shuffle(order, random);
        return order;
    }

    /** Every subset of this size, each in an order of its own. */
    private static List<List<ShareIndex>> subsets(List<ShareIndex> all, int size, Random random) {
        List<List<ShareIndex>> subsets = new ArrayList<>();
        for (int mask = 0; mask < 1 << all.size(); mask++) {
            if (Integer.bitCount(mask) == size) {
                int bits = mask;
                subsets.add(shuffled(
                        IntStream.range(0, all.size())
                                .filter(i -> (bits >>> i & 1) == 1)
                                .mapToObj(all::get)
                                .toList(),
                        random));
            }
        }
        return subsets;
    }

    private static byte[] flipped(byte[] bytes, int at) {
        byte[] other = bytes.clone();
        other[at] ^= 1;
        return other;
    }
}
