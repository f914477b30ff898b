package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.DEALER;
import static dev.interlock.core.token.Sample.EPOCH;
import static dev.interlock.core.token.Sample.LENGTH;
import static dev.interlock.core.token.Sample.OBJECT;
import static dev.interlock.core.token.Sample.RING;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import org.junit.jupiter.api.Test;

/** A dealer's word for one share holds for that share alone. */
final class ShareRootTest {
    private static final ShareIndex X = new ShareIndex(9);
    private static final ShareRoot ROOT = Sample.root(X);

    @Test
    void theDealersWordHolds() {
        ROOT.verify(DEALER.verifyingKey(), RING, EPOCH, OBJECT, LENGTH);
    }

    @Test
    void itHoldsForNoOtherDealerRingEpochObjectOrLength() {
        ObjectId object = ObjectId.parse("00112233445566778899aabbccddeefe");
        RingId ring = RingId.parse("ffeeddccbbaa99887766554433221101");
        rejected(() -> ROOT.verify(Sample.key(X).verifyingKey(), RING, EPOCH, OBJECT, LENGTH));
        rejected(() -> ROOT.verify(DEALER.verifyingKey(), ring, EPOCH, OBJECT, LENGTH));
        rejected(() -> ROOT.verify(DEALER.verifyingKey(), RING, EPOCH + 1, OBJECT, LENGTH));
        rejected(() -> ROOT.verify(DEALER.verifyingKey(), RING, EPOCH, object, LENGTH));
        rejected(() -> ROOT.verify(DEALER.verifyingKey(), RING, EPOCH, OBJECT, LENGTH + 1));
    }

    @Test
    void itHoldsForNoOtherProviderOrRoot() {
        rejectedAsMade(new ShareRoot(new ShareIndex(4), ROOT.root(), ROOT.signature()));
        for (int i = 0; i < 32; i++) {
            byte[] root = ROOT.root().clone();
            root[i] ^= 1;
            rejectedAsMade(new ShareRoot(X, root, ROOT.signature()));
        }
        rejectedAsMade(
                new ShareRoot(X, ROOT.root(), Sample.root(new ShareIndex(4)).signature()));
    }

    private static void rejectedAsMade(ShareRoot root) {
        rejected(() -> root.verify(DEALER.verifyingKey(), RING, EPOCH, OBJECT, LENGTH));
    }

    private static void rejected(Runnable verify) {
        assertThatThrownBy(verify::run)
                .isInstanceOf(BadSignatureException.class)
                .hasMessageStartingWith("the share root signature");
    }
}
