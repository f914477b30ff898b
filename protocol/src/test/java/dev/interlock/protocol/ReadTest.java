package dev.interlock.protocol;

import static dev.interlock.protocol.MemoryRing.xs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.MemoryRing.Way;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What a reader plans and believes. */
final class ReadTest {
    private static final MemoryRing MEMORY = new MemoryRing(4, 3, 31);
    private static final StatementHash GENERATION = MEMORY.write(new byte[100], MEMORY.all());
    private static final Certificate CERTIFICATE = certificate(MEMORY, 1, GENERATION);
    private static final Token U_M = CERTIFICATE.token();
    private static final ObjectId OBJECT = U_M.object();

    private static Certificate certificate(MemoryRing memory, int x, StatementHash generation) {
        return RestoreMessage.decode(memory.cc(new ShareIndex(x)).proof(generation))
                .certificate();
    }

    private static PrivatePart told(Read.Plan plan, int x) {
        return PrivatePart.decode(plan.session().order("cc" + x).privatePart());
    }

    private static Read.Plan plan(List<ShareIndex> s, int home) {
        return plan(s, home, Blinding.EXPANDED);
    }

    private static Read.Plan plan(List<ShareIndex> s, int home, Blinding blinding) {
        return Read.plan(MEMORY.ring, U_M, MEMORY.maker, s, new ShareIndex(home), blinding);
    }

    @Test
    void homeGoesFirstWhereItIsInS() {
        assertThat(plan(xs(3, 4, 1), 1).path()).isEqualTo(xs(1, 3, 4));
        assertThat(plan(xs(1, 3, 4), 1).path()).isEqualTo(xs(1, 3, 4));
        assertThat(plan(xs(3, 4, 1), 2).path()).isEqualTo(xs(3, 4, 1));
    }

    @Test
    void everyProviderOfSGetsASeedOfItsOwnAndHomeOutsideSNone() {
        try (Read.Plan plan = plan(xs(3, 4, 1), 2)) {
            List<byte[]> seeds =
                    plan.path().stream().map(x -> told(plan, x.x()).seeds()).toList();
            assertThat(seeds)
                    .doesNotHaveDuplicates()
                    .allSatisfy(seed -> assertThat(seed).hasSize(Session.BLIND_SEED_BYTES));
            assertThat(told(plan, 2).seeds()).isEmpty();
            assertThat(plan.path().stream().map(x -> told(plan, x.x()).blinding()))
                    .containsOnly(Blinding.EXPANDED);
            assertThat(told(plan, 2).blinding()).isEqualTo(Blinding.NONE);
        }
    }

    @Test
    void fullBlindsNeedNoSeeds() {
        try (Read.Plan plan = plan(xs(3, 4, 1), 2, Blinding.FULL)) {
            assertThat(plan.blindSeeds()).isEmpty();
            for (ShareIndex x : plan.path()) {
                assertThat(told(plan, x.x()).blinding()).isEqualTo(Blinding.FULL);
                assertThat(told(plan, x.x()).seeds()).isEmpty();
            }
            assertThat(told(plan, 2).blinding()).isEqualTo(Blinding.NONE);
        }
    }

    @Test
    void onlyPublished2HasALambdaForTheUser() {
        try (Read.Plan plan = plan(xs(3, 4, 1), 2)) {
            assertThatThrownBy(plan::userLambda)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("protocol 3, blinded deals the user no share");
        }
        MemoryRing study = new MemoryRing(4, 3, 32, Set.of(Profile.PUBLISHED));
        Way published = new Way(new Scheme(2, Profile.PUBLISHED), Blinding.NONE);
        StatementHash generation = study.write(published, new byte[1], xs(2, 4, 1, 3));
        Token u = certificate(study, 2, generation).token();
        try (Read.Plan plan = Read.plan(study.ring, u, study.maker, xs(3, 1, 4), new ShareIndex(2), Blinding.NONE)) {
            assertThat(plan.blindSeeds()).isEmpty();
            // x_U = 5, beside 1, 3 and 4.
            assertThat(plan.userLambda()).isEqualTo(Lagrange.coefficient(0, 5, new int[] {1, 3, 4, 5}));
            // Written by way of 2, 4, 1, 3, and read the other way round.
            assertThat(plan.path()).isEqualTo(xs(3, 1, 4));
            assertThat(told(plan, 3).blinding()).isEqualTo(Blinding.NONE);
        }
    }

    /** The paper: CC_1 takes its own layer off, then CC_|t|, …, CC_|2|, and the user the one of its own point. */
    @Test
    void inThePublishedProtocol2Cc1ComesFirstAndTheOthersComeBackwards() {
        MemoryRing study = new MemoryRing(4, 3, 33, Set.of(Profile.PUBLISHED));
        Way published = new Way(new Scheme(2, Profile.PUBLISHED), Blinding.NONE);
        StatementHash generation = study.write(published, new byte[1], xs(2, 4, 1, 3));
        Token u = certificate(study, 2, generation).token();
        try (Read.Plan plan = Read.plan(study.ring, u, study.maker, xs(4, 1, 2), new ShareIndex(2), Blinding.NONE)) {
            assertThat(plan.path()).isEqualTo(xs(2, 1, 4));
        }
        try (Read.Plan plan = Read.plan(study.ring, u, study.maker, xs(4, 2, 3, 1), new ShareIndex(2), Blinding.NONE)) {
            assertThat(plan.path()).isEqualTo(xs(2, 3, 1, 4));
        }
    }

    @Test
    void anOrderSaysWhatIsReadAndNoMore() {
        try (Read.Plan plan = plan(xs(3, 4, 1), 1)) {
            Order order = plan.session().order("cc4");
            Statement w = Statement.decode(order.statement());
            assertThat(w.work()).isEqualTo(new Work.Read(xs(1, 3, 4), new ShareIndex(1), 100, GENERATION));
            assertThat(w.hash()).isEqualTo(plan.id());
            assertThat(w.object()).isEqualTo(OBJECT);
            assertThat(w.number()).isEqualTo(1);
            assertThat(w.scheme()).isEqualTo(Scheme.DEFAULT);
            assertThat(w.parties().stream().map(Statement.Party::name)).containsExactly("cc1", "cc3", "cc4");
            assertThat(order.ownerSignature()).isEmpty();
            assertThat(PrivatePart.decode(order.privatePart()).asks()).isEqualTo(MEMORY.asking("cc4"));
        }
    }

    private static Session accepted(Read.Plan plan, int x) {
        String name = "cc" + x;
        return Session.accept(
                MEMORY.ring, new ShareIndex(x), plan.session().order(name), MEMORY.asking(name), MEMORY.maker.now());
    }

    /** A statement that was made from the token of another generation is for that one, whatever the object. */
    @Test
    void anOrderFitsTheGenerationThatItNamesAlone() {
        try (Read.Plan plan = plan(xs(3, 4, 1), 1);
                Session session = accepted(plan, 4)) {
            Read.checkOrder(session, U_M);
            StatementHash another = MEMORY.write(new byte[100], MEMORY.all());
            Token other = certificate(MEMORY, 1, another).token();
            assertThatThrownBy(() -> Read.checkOrder(session, other))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the order doesn't fit the token of " + OBJECT);
        }
        // Of another length, or from a provider that is no home.
        List<Work.Read> unfit = List.of(
                new Work.Read(xs(1, 3, 4), new ShareIndex(1), 101, GENERATION),
                new Work.Read(xs(4, 3, 1), new ShareIndex(4), 100, GENERATION));
        for (Work.Read work : unfit) {
            PlannedSession planned = PlannedSession.of(
                    MEMORY.ring,
                    MEMORY.maker.credential(),
                    Scheme.DEFAULT,
                    U_M.statement().title(),
                    1,
                    work,
                    Blinding.FULL,
                    Map.of(),
                    MEMORY.random,
                    MEMORY.maker.now());
            try (Session session = Session.accept(
                    MEMORY.ring, new ShareIndex(3), planned.order("cc3"), MEMORY.asking("cc3"), MEMORY.maker.now())) {
                assertThatThrownBy(() -> Read.checkOrder(session, U_M)).isInstanceOf(MalformedException.class);
            }
        }
    }

    @Test
    void aClosedPlanHasNoSeedsLeft() {
        Read.Plan plan = plan(xs(3, 4, 1), 1);
        List<SecretBytes> seeds = List.copyOf(plan.blindSeeds().values());
        plan.close();
        assertThat(seeds)
                .hasSize(3)
                .allSatisfy(seed -> assertThatThrownBy(seed::copyToHeap).isInstanceOf(IllegalStateException.class));
    }

    @Test
    void everyReadIsANewSessionWithFreshBlinds() {
        try (Read.Plan one = plan(xs(3, 4, 1), 1);
                Read.Plan two = plan(xs(3, 4, 1), 1)) {
            assertThat(one.id()).isNotEqualTo(two.id());
            for (ShareIndex x : one.path()) {
                assertThat(told(one, x.x()).seeds())
                        .isNotEqualTo(told(two, x.x()).seeds());
            }
        }
    }

    @Test
    void aCertifiedGenerationIsBelieved() {
        assertThat(Read.checkCertificate(MEMORY.ring, OBJECT, CERTIFICATE, "cc1"))
                .usingRecursiveComparison()
                .isEqualTo(U_M);
    }

    /** Nobody's word replaces a certificate, and whoever shows one that doesn't hold is named. */
    @Test
    void nothingElseIsBelieved() {
        SignatureChain chain = CERTIFICATE.chain();
        SignatureChain shorter =
                new SignatureChain(chain.token(), chain.participations().subList(0, 3));
        Certificate another = certificate(MEMORY, 1, MEMORY.write(new byte[100], MEMORY.all()));
        Map<Certificate, String> wrong = Map.of(
                new Certificate(new byte[64], chain, CERTIFICATE.signature()),
                "",
                new Certificate(CERTIFICATE.ownerSignature(), chain, new byte[64]),
                "",
                new Certificate(another.ownerSignature(), chain, CERTIFICATE.signature()),
                "",
                new Certificate(CERTIFICATE.ownerSignature(), chain, another.signature()),
                "",
                CERTIFICATE.with(shorter),
                "",
                another,
                "it is the token of another object or ring");
        wrong.forEach((certificate, rule) -> assertThatThrownBy(
                        () -> Read.checkCertificate(MEMORY.ring, OBJECT, certificate, "cc3"))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("cc3"))
                .hasMessageStartingWith("what cc3 says of " + OBJECT + " isn't certified: " + rule));
    }

    /** The same providers may form two rings; what they signed in one is nothing in the other. */
    @Test
    void aTokenOfAnotherRingOfTheSameProvidersIsNotBelieved() {
        try (SigningKey otherKey = new SigningKey(SecretBytes.random(32, MEMORY.random))) {
            RingDescriptor other = RingDescriptor.open(RingDescriptor.assemble(
                    otherKey,
                    "other",
                    3,
                    Set.of(Profile.BLINDED),
                    MEMORY.ring.nodes().toList()));
            assertThatThrownBy(() -> Read.checkCertificate(other, OBJECT, CERTIFICATE, "cc1"))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("it is the token of another object or ring");
        }
    }

    @Test
    void bytesThatAreNoTokenAreNotBelieved() {
        SignatureChain garbage =
                new SignatureChain(new byte[] {1, 2, 3}, CERTIFICATE.chain().participations());
        assertThatThrownBy(() -> Read.checkCertificate(MEMORY.ring, OBJECT, CERTIFICATE.with(garbage), "cc3"))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("cc3"));
    }

    @Test
    void aSealedShareIsCheckedAgainstTheTokenAndItsLeaves() {
        ShareIndex x = new ShareIndex(3);
        MemoryRing.DealtShare dealt = MEMORY.cc(x).shares.get(GENERATION);
        MemorySegment salt = dealt.salts().getFirst();
        byte[] leaf = Write.shareLeaf(GENERATION, x, 0, salt, dealt.share());
        Read.checkShareLeaves(U_M, "cc1", x, leaf);
        Read.checkShareChunk(U_M, "cc1", x, leaf, 0, salt, dealt.share());

        String share = "the sealed share x = 3 of " + OBJECT + " at cc1: ";
        byte[] other = leaf.clone();
        other[31] ^= 1;
        fromHome(() -> Read.checkShareLeaves(U_M, "cc1", x, other), share + "its leaves aren't those");
        fromHome(
                () -> Read.checkShareChunk(U_M, "cc1", x, other, 0, salt, dealt.share()),
                share + "chunk 0 isn't what was dealt");
        MemorySegment otherSalt = MemorySegment.ofArray(new byte[64]);
        fromHome(
                () -> Read.checkShareChunk(U_M, "cc1", x, leaf, 0, otherSalt, dealt.share()),
                share + "chunk 0 isn't what was dealt");
        // That of another provider.
        ShareIndex four = new ShareIndex(4);
        fromHome(() -> Read.checkShareLeaves(U_M, "cc1", four, leaf), "the sealed share x = 4 of " + OBJECT);
        fromHome(
                () -> Read.checkShareChunk(U_M, "cc1", four, leaf, 0, salt, dealt.share()),
                "the sealed share x = 4 of " + OBJECT);
    }

    private static void fromHome(ThrowingCallable check, String message) {
        assertThatThrownBy(check)
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("cc1"))
                .hasMessageStartingWith(message);
    }

    /** Three shares of a constant 7, which is then in c too. */
    @Test
    void thePadIsRemovedByTheLayersOfT() {
        byte[] c = {7 ^ 1, 7 ^ 2};
        List<ShareIndex> s = xs(4, 1, 3);
        for (ShareIndex x : s) {
            assertThat(c).doesNotContain(1, 2);
            MemorySegment share = MemorySegment.ofArray(new byte[] {7, 7});
            Read.removeLayer(new ByteSpace(), s, x, share, MemorySegment.ofArray(c));
        }
        assertThat(c).containsExactly(1, 2);
    }

    @Test
    void aChunkInAnotherPlaceIsNotReleased() {
        StatementHash generation = MEMORY.write(new byte[ChunkLayout.CHUNK_BYTES + 100], MEMORY.all());
        Token u = certificate(MEMORY, 1, generation).token();
        byte[] chunk = MEMORY.random.bytes(164);
        byte[] leaf = Write.chunkLeaf(0, MemorySegment.ofArray(chunk));
        byte[] twice = new byte[64];
        System.arraycopy(leaf, 0, twice, 0, 32);
        System.arraycopy(leaf, 0, twice, 32, 32);
        try (Read.Plan plan =
                Read.plan(MEMORY.ring, u, MEMORY.maker, xs(3, 4, 1), new ShareIndex(1), Blinding.EXPANDED)) {
            Read.checkChunk(plan, twice, 0, MemorySegment.ofArray(chunk));
            assertThatThrownBy(() -> Read.checkChunk(plan, twice, 1, MemorySegment.ofArray(chunk)))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessage(
                            "chunk 1 of " + u.object() + " isn't what was put: one of cc1, cc3, cc4 sent wrong bytes."
                                    + " Nothing of it was released");
        }
    }

    /** Its leaf makes h by itself, so no manifest is asked for, and none that is given counts. */
    @Test
    void aSingleChunkIsCheckedAgainstTheTokenItself() {
        byte[] chunk = MEMORY.random.bytes(164);
        byte[] leaf = Write.chunkLeaf(0, MemorySegment.ofArray(chunk));
        try (Read.Plan plan = plan(xs(3, 4, 1), 1)) {
            assertThatThrownBy(() -> Read.checkChunk(plan, leaf, 0, MemorySegment.ofArray(chunk)))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageStartingWith("chunk 0 of " + OBJECT + " isn't what was put");
        }
    }
}
