package dev.interlock.protocol;

import static dev.interlock.protocol.MemoryRing.xs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.MemoryRing.Way;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.ChainMessage;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What a reader plans and believes. */
final class ReadTest {
    private static final MemoryRing MEMORY = new MemoryRing(4, 3, 31);
    private static final ObjectId OBJECT = MEMORY.write(new byte[100], MEMORY.all());
    private static final ChainMessage PROOF =
            ChainMessage.decode(MEMORY.cc(new ShareIndex(1)).proof(OBJECT));
    private static final Token U_M = Token.decode(PROOF.chain().token());

    private static Read.Plan plan(List<ShareIndex> s, int home) {
        return plan(s, home, Blinding.EXPANDED);
    }

    private static Read.Plan plan(List<ShareIndex> s, int home, Blinding blinding) {
        return Read.plan(MEMORY.ring, U_M, s, new ShareIndex(home), blinding, MEMORY.random);
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
                    plan.path().stream().map(x -> Read.order(plan, x).blind()).toList();
            assertThat(seeds)
                    .doesNotHaveDuplicates()
                    .allSatisfy(seed -> assertThat(seed).hasSize(Session.BLIND_SEED_BYTES));
            assertThat(Read.order(plan, new ShareIndex(2)).blind()).isEmpty();
            assertThat(plan.path().stream().map(x -> Read.order(plan, x).blinds()))
                    .containsOnly("expanded");
            assertThat(Read.order(plan, new ShareIndex(2)).blinds()).isEqualTo("none");
        }
    }

    @Test
    void fullBlindsNeedNoSeeds() {
        try (Read.Plan plan = plan(xs(3, 4, 1), 2, Blinding.FULL)) {
            assertThat(plan.blindSeeds()).isEmpty();
            for (ShareIndex x : plan.path()) {
                assertThat(Read.order(plan, x).blinds()).isEqualTo("full");
                assertThat(Read.order(plan, x).blind()).isEmpty();
            }
            assertThat(Read.order(plan, new ShareIndex(2)).blinds()).isEqualTo("none");
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
        ObjectId object = study.write(published, new byte[1], xs(2, 4, 1, 3));
        ChainMessage proof = ChainMessage.decode(study.cc(new ShareIndex(2)).proof(object));
        Token u = Token.decode(proof.chain().token());
        try (Read.Plan plan = Read.plan(study.ring, u, xs(1, 3), new ShareIndex(2), Blinding.NONE, study.random)) {
            assertThat(plan.blindSeeds()).isEmpty();
            // x_U = 5, between 1, 3 and 5.
            assertThat(plan.userLambda()).isEqualTo(Lagrange.coefficient(0, 5, new int[] {1, 3, 5}));
            assertThat(Read.order(plan, new ShareIndex(3)).blinds()).isEqualTo("none");
        }
    }

    @Test
    void anOrderSaysWhatIsReadAndNoMore() {
        try (Read.Plan plan = plan(xs(3, 4, 1), 1)) {
            Order order = Read.order(plan, new ShareIndex(4));
            assertThat(order.kind()).isEqualTo(Order.Kind.READ);
            assertThat(order.object()).isEqualTo(OBJECT.toString());
            assertThat(order.path()).containsExactly(1, 3, 4);
            assertThat(order.homes()).containsExactly(1);
            assertThat(order.length()).isEqualTo(100);
            assertThat(order.protocol()).isEqualTo(3);
            assertThat(order.profile()).isEqualTo("blinded");
            assertThat(order.dealers()).isEmpty();
            assertThat(order.recipient()).isNull();
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
            assertThat(one.session()).isNotEqualTo(two.session());
            for (ShareIndex x : one.path()) {
                assertThat(Read.order(one, x).blind())
                        .isNotEqualTo(Read.order(two, x).blind());
            }
        }
    }

    @Test
    void aTokenUnderAllSignaturesIsBelieved() {
        assertThat(Read.checkToken(MEMORY.ring, OBJECT, PROOF.chain(), "cc1"))
                .usingRecursiveComparison()
                .isEqualTo(U_M);
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
            assertThatThrownBy(() -> Read.checkToken(other, OBJECT, PROOF.chain(), "cc1"))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("it is the token of another object or ring");
        }
    }

    @Test
    void bytesThatAreNoTokenAreNotBelieved() {
        SignatureChain garbage =
                new SignatureChain(new byte[] {1, 2, 3}, PROOF.chain().signatures());
        assertThatThrownBy(() -> Read.checkToken(MEMORY.ring, OBJECT, garbage, "cc3"))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("cc3"));
    }

    @Test
    void aSealedShareIsCheckedAgainstTheTokenAndItsLeaves() {
        ShareIndex x = new ShareIndex(3);
        MemoryRing.DealtShare dealt = MEMORY.cc(x).shares.get(OBJECT);
        MemorySegment salt = dealt.salts().getFirst();
        byte[] leaf = Write.shareLeaf(OBJECT, x, 0, salt, dealt.share());
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
        ObjectId object = MEMORY.write(new byte[ChunkLayout.CHUNK_BYTES + 100], MEMORY.all());
        Token u = Token.decode(ChainMessage.decode(MEMORY.cc(new ShareIndex(1)).proof(object))
                .chain()
                .token());
        byte[] chunk = MEMORY.random.bytes(164);
        byte[] leaf = Write.chunkLeaf(0, MemorySegment.ofArray(chunk));
        byte[] twice = new byte[64];
        System.arraycopy(leaf, 0, twice, 0, 32);
        System.arraycopy(leaf, 0, twice, 32, 32);
        try (Read.Plan plan =
                Read.plan(MEMORY.ring, u, xs(3, 4, 1), new ShareIndex(1), Blinding.EXPANDED, MEMORY.random)) {
            Read.checkChunk(plan, twice, 0, MemorySegment.ofArray(chunk));
            assertThatThrownBy(() -> Read.checkChunk(plan, twice, 1, MemorySegment.ofArray(chunk)))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessage("chunk 1 of " + object + " isn't what was put: one of cc1, cc3, cc4 sent wrong bytes."
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
