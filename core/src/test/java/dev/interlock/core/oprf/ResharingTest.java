package dev.interlock.core.oprf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** New shares of the same key: for the same holders and others, by any t, checked against what their dealers committed to. */
final class ResharingTest {
    private final SecureRandom random = new SecureRandom();
    private final Scalar key = Scalar.random(random);

    private static List<ShareIndex> xs(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(ShareIndex::new).toList();
    }

    private Map<ShareIndex, Resharing.Dealt> deal(Map<ShareIndex, Scalar> shares, int t, List<ShareIndex> receivers) {
        Map<ShareIndex, Resharing.Dealt> all = new LinkedHashMap<>();
        shares.forEach((x, share) -> all.put(x, Resharing.deal(share, t, receivers, random)));
        return all;
    }

    private static Map<ShareIndex, Scalar> combine(
            Map<ShareIndex, Resharing.Dealt> dealt, List<ShareIndex> dealers, List<ShareIndex> receivers) {
        Map<ShareIndex, Scalar> next = new LinkedHashMap<>();
        for (ShareIndex x : receivers) {
            Map<ShareIndex, Scalar> parts = new LinkedHashMap<>();
            Map<ShareIndex, Element> committed = new LinkedHashMap<>();
            for (ShareIndex dealer : dealers) {
                Resharing.Dealt each = dealt.get(dealer);
                parts.put(dealer, each.parts().get(x));
                committed.put(dealer, Resharing.committed(each.commitments(), x));
                assertThat(Resharing.isPart(parts.get(dealer), committed.get(dealer)))
                        .isTrue();
            }
            next.put(x, Resharing.share(parts));
            assertThat(Voprf.publicKey(next.get(x))).isEqualTo(Resharing.commitment(committed));
        }
        return next;
    }

    private static Map<ShareIndex, Element> commitments(Map<ShareIndex, Scalar> shares) {
        Map<ShareIndex, Element> all = new LinkedHashMap<>();
        shares.forEach((x, share) -> all.put(x, Voprf.publicKey(share)));
        return all;
    }

    /** Any t of before, to any t and n of after: the key stays, and all t of after give it. */
    @Test
    void theKeyStays() {
        Map<ShareIndex, Scalar> shares = SharedKey.deal(key, new Threshold(3, 5), xs(1, 5), random);
        for (int[] next : new int[][] {{3, 1, 5}, {2, 1, 3}, {4, 3, 8}}) {
            List<ShareIndex> receivers = xs(next[1], next[2]);
            Map<ShareIndex, Resharing.Dealt> dealt = deal(shares, next[0], receivers);
            for (List<ShareIndex> dealers :
                    List.of(xs(1, 3), xs(3, 5), List.of(new ShareIndex(5), new ShareIndex(1), new ShareIndex(2)))) {
                Map<ShareIndex, Element> after = commitments(combine(dealt, dealers, receivers));
                assertThat(SharedKey.isConsistent(next[0], after)).isTrue();
                assertThat(SharedKey.publicKey(next[0], after)).isEqualTo(Voprf.publicKey(key));
            }
        }
    }

    /** t − 1 shares of before and t − 1 of after are of two polynomials. */
    @Test
    void beforeAndAfterDontFit() {
        Map<ShareIndex, Scalar> before = SharedKey.deal(key, new Threshold(3, 5), xs(1, 5), random);
        Map<ShareIndex, Scalar> after = combine(deal(before, 3, xs(1, 5)), xs(1, 3), xs(1, 5));
        Map<ShareIndex, Scalar> mixed = new LinkedHashMap<>(before);
        mixed.put(new ShareIndex(3), after.get(new ShareIndex(3)));
        assertThat(SharedKey.publicKey(3, commitments(mixed))).isNotEqualTo(Voprf.publicKey(key));
        assertThat(SharedKey.publicKey(3, commitments(after))).isEqualTo(Voprf.publicKey(key));
    }

    /**
     * What t − 1 see of an honest dealer's dealing fits every share that it could have: for another one there is a polynomial with the
     * same parts. They also see commitments, which hide as the discrete logarithm does.
     */
    @Test
    void fewerThanTPartsFitEveryShare() {
        Scalar share = Scalar.random(random);
        List<ShareIndex> corrupt = xs(1, 2);
        Resharing.Dealt dealt = Resharing.deal(share, 3, xs(1, 5), random);
        Scalar other = Scalar.random(random);
        // The polynomial through (0, other) and what the two have; at 3 it is something else than what was dealt.
        List<ShareIndex> base = List.of(new ShareIndex(1), new ShareIndex(2), new ShareIndex(3));
        Scalar third = third(other, dealt, corrupt);
        Map<ShareIndex, Scalar> points = new LinkedHashMap<>();
        corrupt.forEach(x -> points.put(x, dealt.parts().get(x)));
        points.put(base.getLast(), third);
        assertThat(Resharing.share(points).isSame(other)).isTrue();
        assertThat(third.isSame(dealt.parts().get(base.getLast()))).isFalse();
    }

    /** The value at 3 of the polynomial of degree 2 that is this at 0 and what was dealt at 1 and 2. */
    private static Scalar third(Scalar atZero, Resharing.Dealt dealt, List<ShareIndex> corrupt) {
        List<ShareIndex> base = List.of(new ShareIndex(1), new ShareIndex(2), new ShareIndex(3));
        Scalar left = atZero;
        for (ShareIndex x : corrupt) {
            left = left.minus(dealt.parts().get(x).times(SharedKey.lambda(base, x, 0)));
        }
        return left.times(SharedKey.lambda(base, base.getLast(), 0).inverse());
    }

    /** A part changed by one, another receiver's, another dealing's: none is what was committed to. */
    @Test
    void aWrongPartIsFound() {
        Scalar share = Scalar.random(random);
        Resharing.Dealt dealt = Resharing.deal(share, 3, xs(1, 5), random);
        Resharing.Dealt again = Resharing.deal(share, 3, xs(1, 5), random);
        ShareIndex one = new ShareIndex(1);
        Element committed = Resharing.committed(dealt.commitments(), one);
        assertThat(Resharing.isPart(dealt.parts().get(one), committed)).isTrue();
        assertThat(Resharing.isPart(dealt.parts().get(one).plus(Scalar.of(1)), committed))
                .isFalse();
        assertThat(Resharing.isPart(dealt.parts().get(new ShareIndex(2)), committed))
                .isFalse();
        assertThat(Resharing.isPart(again.parts().get(one), committed)).isFalse();
        assertThat(dealt.commitments().getFirst()).isEqualTo(Voprf.publicKey(share));
        assertThat(again.commitments().getFirst()).isEqualTo(dealt.commitments().getFirst());
        assertThat(again.commitments().get(1)).isNotEqualTo(dealt.commitments().get(1));
    }
}
