package dev.interlock.protocol;

import static dev.interlock.protocol.MemoryRing.xs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.ChainMessage;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a reader plans and believes. */
final class ReadTest {
    private static final MemoryRing MEMORY = new MemoryRing(4, 3, 31);
    private static final ObjectId OBJECT = MEMORY.write(new byte[100], MEMORY.all(), 2);
    private static final ChainMessage PROOF =
            ChainMessage.decode(MEMORY.cc(new ShareIndex(1)).proof(OBJECT));
    private static final Token U_M = Token.decode(PROOF.chain().token());

    private static Read.Plan plan(List<ShareIndex> s, int home) {
        return Read.plan(MEMORY.ring, U_M, s, new ShareIndex(home), MEMORY.random);
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
            assertThat(order.dealer()).isNull();
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
    void aChunkInAnotherPlaceIsNotReleased() {
        byte[] chunk = MEMORY.random.bytes(164);
        byte[] leaf = Write.chunkLeaf(0, MemorySegment.ofArray(chunk));
        byte[] twice = new byte[64];
        System.arraycopy(leaf, 0, twice, 0, 32);
        System.arraycopy(leaf, 0, twice, 32, 32);
        try (Read.Plan plan = plan(xs(3, 4, 1), 1)) {
            Read.checkChunk(plan, twice, 0, MemorySegment.ofArray(chunk));
            assertThatThrownBy(() -> Read.checkChunk(plan, twice, 1, MemorySegment.ofArray(chunk)))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessage("chunk 1 of " + OBJECT + " isn't what was put: one of cc1, cc3, cc4 sent wrong bytes."
                            + " Nothing of it was released");
        }
    }
}
