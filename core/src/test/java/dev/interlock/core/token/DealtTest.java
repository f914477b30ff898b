package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.DEALER;
import static dev.interlock.core.token.Sample.PROVIDERS;
import static dev.interlock.core.token.Sample.key;
import static dev.interlock.core.token.Sample.keys;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A dealer's word holds for all its shares, in one session. */
final class DealtTest {
    private static final StatementHash W = Sample.statement().hash();
    private static final Dealt DEALT = Sample.dealt(Sample.statement());

    private static void verify(Dealt dealt, StatementHash w) {
        dealt.verify(DEALER.verifyingKey(), keys(), w);
    }

    private static void rejected(Dealt dealt, StatementHash w) {
        assertThatThrownBy(() -> verify(dealt, w)).isInstanceOf(BadSignatureException.class);
    }

    @Test
    void theDealersWordHoldsInItsSessionAlone() {
        verify(DEALT, W);
        rejected(DEALT, new StatementHash(1, 2, 3, 4));
        assertThatThrownBy(() -> DEALT.verify(key(1).verifyingKey(), keys(), W))
                .isInstanceOf(BadSignatureException.class);
    }

    @Test
    void noRootCanBeChangedMovedOrLeftOut() {
        for (int i = 0; i < PROVIDERS.size(); i++) {
            List<ShareRoot> roots = new ArrayList<>(DEALT.roots());
            byte[] other = roots.get(i).root().clone();
            other[31] ^= 1;
            roots.set(i, new ShareRoot(PROVIDERS.get(i), other));
            rejected(new Dealt(false, roots, DEALT.signatures()), W);
            roots.remove(i);
            rejected(new Dealt(false, roots, DEALT.signatures()), W);
        }
        rejected(new Dealt(false, DEALT.roots().reversed(), DEALT.signatures()), W);
    }

    @Test
    void aSumIsItsProvidersWord() {
        List<byte[]> signatures = DEALT.roots().stream()
                .map(root -> Dealt.signSum(key(root.x()), W, root))
                .toList();
        Dealt sums = new Dealt(true, DEALT.roots(), signatures);
        verify(sums, W);
        rejected(sums, new StatementHash(1, 2, 3, 4));
        rejected(new Dealt(true, DEALT.roots(), signatures.reversed()), W);
        // A dealer's word, and a provider's, are for different purposes: neither serves as the other.
        rejected(new Dealt(true, DEALT.roots().subList(0, 1), DEALT.signatures()), W);
        rejected(new Dealt(false, DEALT.roots().subList(0, 1), signatures.subList(0, 1)), W);
    }

    @Test
    void theEncodingIsStrict() {
        byte[] bytes = DEALT.encode();
        assertThat(bytes).hasSize(Dealt.dealtBytes(PROVIDERS.size()));
        Sample.readStrictly(bytes, each -> Dealt.decode("dealer1", each));
        Sample.everyByteCounts(bytes, each -> Dealt.decode("dealer1", each).encode());
    }

    @Test
    void aRootOfNobodyIsNamed() {
        assertThat(DEALT.rootOf(new ShareIndex(4)).root()).containsOnly(4);
        assertThatThrownBy(() -> DEALT.rootOf(new ShareIndex(5)))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the dealing has no share root for x = 5");
        assertThatThrownBy(() -> new ShareRoot(new ShareIndex(4), new byte[31]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Dealt(true, DEALT.roots(), DEALT.signatures()))
                .isInstanceOf(MalformedException.class)
                .hasMessage("1 signatures for 3 sums");
    }
}
