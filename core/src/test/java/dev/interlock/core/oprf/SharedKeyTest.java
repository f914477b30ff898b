package dev.interlock.core.oprf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The key in shares: what any t of them give, and what is found out of those who answer something else. */
final class SharedKeyTest {
    private static final HexFormat HEX = HexFormat.of();
    private final SecureRandom random = new SecureRandom();

    private static List<ShareIndex> indices(int n) {
        // Those of a ring needn't be 1..n.
        return IntStream.rangeClosed(1, n)
                .mapToObj(i -> new ShareIndex(37 * i % 254 + 1))
                .toList();
    }

    private static Map<ShareIndex, Element> commitments(Map<ShareIndex, Scalar> shares) {
        Map<ShareIndex, Element> keys = new LinkedHashMap<>();
        shares.forEach((x, share) -> keys.put(x, Voprf.publicKey(share)));
        return keys;
    }

    private SharedKey.Answer answer(Scalar share, Element blinded) {
        Voprf.Evaluated evaluated =
                Voprf.evaluate(share, Voprf.publicKey(share), List.of(blinded), Scalar.random(random));
        return new SharedKey.Answer(evaluated.elements().getFirst(), evaluated.proof());
    }

    /** For every t of n up to 7, and all sets of t up to n = 5, the outputs of RFC 9497's single key. */
    @Test
    void everyThresholdGivesTheRfcsOutputs() {
        VoprfTest.Vector vector = VoprfTest.VECTORS.getFirst();
        Element blinded = VoprfTest.element(vector.blinded().getFirst());
        byte[] input = HEX.parseHex(vector.inputs().getFirst());
        Scalar blind = VoprfTest.scalar(vector.blinds().getFirst());
        for (int n = 2; n <= 7; n++) {
            for (int t = 2; t <= n; t++) {
                Map<ShareIndex, Scalar> shares =
                        SharedKey.deal(VoprfTest.rfcKey(), new Threshold(t, n), indices(n), random);
                Map<ShareIndex, Element> commitments = commitments(shares);
                assertThat(SharedKey.publicKey(t, commitments)).isEqualTo(Voprf.publicKey(VoprfTest.rfcKey()));
                Map<ShareIndex, Element> evaluated = new LinkedHashMap<>();
                shares.forEach((x, share) -> evaluated.put(x, blinded.times(share)));
                int sets = 0;
                for (int set = 0; set < 1 << n; set++) {
                    if (Integer.bitCount(set) != t || n > 5 && sets == 2) {
                        continue;
                    }
                    sets++;
                    Map<ShareIndex, SharedKey.Answer> right = new LinkedHashMap<>();
                    for (int i = 0; i < n; i++) {
                        ShareIndex x = indices(n).get(i);
                        if ((set & 1 << i) != 0) {
                            right.put(x, new SharedKey.Answer(evaluated.get(x), NO_PROOF));
                        }
                    }
                    Element combined = SharedKey.combine(t, right).orElseThrow();
                    assertThat(HEX.formatHex(Voprf.finish(input, blind, combined)))
                            .isEqualTo(vector.outputs().getFirst());
                    right.remove(right.keySet().iterator().next());
                    assertThat(SharedKey.combine(t, right)).isEmpty();
                    if (t > 2) {
                        // One fewer combine to something else.
                        assertThat(SharedKey.combine(t - 1, right).orElseThrow())
                                .isNotEqualTo(combined);
                    }
                }
            }
        }
    }

    private static final DleqProof NO_PROOF = new DleqProof(Scalar.of(1), Scalar.of(1));

    @Test
    void whoAnswersWronglyIsFound() {
        Map<ShareIndex, Scalar> shares = SharedKey.deal(Scalar.random(random), new Threshold(3, 5), indices(5), random);
        Map<ShareIndex, Element> commitments = commitments(shares);
        Element blinded = Voprf.blind(new byte[] {1}, Scalar.random(random));
        Element otherBlinded = Voprf.blind(new byte[] {1}, Scalar.random(random));
        ShareIndex one = indices(5).get(0);
        ShareIndex two = indices(5).get(1);
        SharedKey.Answer right = answer(shares.get(one), blinded);
        Element commitment = commitments.get(one);
        assertThat(SharedKey.isRight(commitment, blinded, right)).isTrue();
        // Another's share, another question, another element with this proof, this element with another's proof.
        SharedKey.Answer others = answer(shares.get(two), blinded);
        assertThat(SharedKey.isRight(commitment, blinded, others)).isFalse();
        assertThat(SharedKey.isRight(commitment, blinded, answer(shares.get(one), otherBlinded)))
                .isFalse();
        assertThat(SharedKey.isRight(commitment, blinded, new SharedKey.Answer(others.evaluated(), right.proof())))
                .isFalse();
        assertThat(SharedKey.isRight(commitment, blinded, new SharedKey.Answer(right.evaluated(), others.proof())))
                .isFalse();
    }

    @Test
    void sharesOfNoOnePolynomialAreFound() {
        Map<ShareIndex, Scalar> shares = SharedKey.deal(Scalar.random(random), new Threshold(3, 5), indices(5), random);
        Map<ShareIndex, Element> commitments = commitments(shares);
        assertThat(SharedKey.isConsistent(3, commitments)).isTrue();
        assertThat(SharedKey.isConsistent(2, commitments)).isFalse();
        assertThat(SharedKey.isConsistent(4, commitments)).isTrue();
        for (ShareIndex x : indices(5)) {
            Map<ShareIndex, Element> other = new LinkedHashMap<>(commitments);
            other.put(x, Voprf.publicKey(Scalar.random(random)));
            assertThat(SharedKey.isConsistent(3, other)).isFalse();
        }
        // All shares of a key of zero.
        Map<ShareIndex, Element> zero =
                commitments(SharedKey.deal(Scalar.of(0), new Threshold(3, 5), indices(5), random));
        assertThat(SharedKey.isConsistent(3, zero)).isFalse();
    }
}
