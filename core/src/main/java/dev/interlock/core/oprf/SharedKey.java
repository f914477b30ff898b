package dev.interlock.core.oprf;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An OPRF key that nobody has: Shamir's shares s_i = f(x_i) modulo the group's order, with every s_i·G as a commitment. Any t
 * evaluated elements combine to what the key itself would give, each proven against its commitment.
 */
public final class SharedKey {
    private SharedKey() {}

    /**
     * The shares of a key.
     *
     * @param xs n indices, distinct
     * @return by index, in the order given; the caller closes them
     */
    public static Map<ShareIndex, Scalar> deal(
            Scalar key, Threshold threshold, List<ShareIndex> xs, SecureRandom random) {
        requireDistinct(xs);
        if (xs.size() != threshold.n()) {
            throw new IllegalArgumentException(xs.size() + " indices for n = " + threshold.n());
        }
        List<Scalar> coefficients = new ArrayList<>();
        try {
            for (int k = 1; k < threshold.t(); k++) {
                coefficients.add(Scalar.random(random));
            }
            Map<ShareIndex, Scalar> shares = new LinkedHashMap<>();
            for (ShareIndex x : xs) {
                shares.put(x, at(key, coefficients, Scalar.of(x.x())));
            }
            return shares;
        } finally {
            coefficients.forEach(Scalar::close);
        }
    }

    /** Horner, from the highest coefficient down to the key. */
    static Scalar at(Scalar key, List<Scalar> coefficients, Scalar x) {
        Scalar sum = Scalar.of(0);
        for (Scalar coefficient : coefficients.reversed()) {
            try (Scalar before = sum;
                    Scalar grown = before.plus(coefficient)) {
                sum = grown.times(x);
            }
        }
        try (Scalar before = sum) {
            return before.plus(key);
        }
    }

    /**
     * Whether commitments lie on one polynomial of degree below t: all further ones are what the first t say. Then any t of the
     * providers give the same key.
     */
    public static boolean isConsistent(int t, Map<ShareIndex, Element> commitments) {
        List<ShareIndex> xs = commitments.keySet().stream().toList();
        if (xs.size() < t) {
            return false;
        }
        List<ShareIndex> base = xs.subList(0, t);
        for (ShareIndex x : xs.subList(t, xs.size())) {
            if (!interpolate(base, commitments, x.x()).isSame(of(x, commitments))) {
                return false;
            }
        }
        // A key of zero would make every output the same.
        return !interpolate(base, commitments, 0).isIdentity();
    }

    /** The key's own public key, of commitments that are consistent. */
    public static Element publicKey(int t, Map<ShareIndex, Element> commitments) {
        return interpolate(commitments.keySet().stream().limit(t).toList(), commitments, 0);
    }

    /** What a provider answered. */
    public record Answer(Element evaluated, DleqProof proof) {}

    /** Whether an answer is that of the share that was committed to. */
    public static boolean isRight(Element commitment, Element blinded, Answer answer) {
        return Voprf.isProven(commitment, List.of(blinded), List.of(answer.evaluated()), answer.proof());
    }

    /**
     * The evaluated element of the key, from t answers that are right: Lagrange in the exponent.
     *
     * @return empty where there are fewer than t
     */
    public static Optional<Element> combine(int t, Map<ShareIndex, Answer> right) {
        if (right.size() < t) {
            return Optional.empty();
        }
        Map<ShareIndex, Element> elements = new TreeMap<>((a, b) -> Integer.compare(a.x(), b.x()));
        right.forEach((x, answer) -> elements.put(x, answer.evaluated()));
        return Optional.of(interpolate(elements.keySet().stream().limit(t).toList(), elements, 0));
    }

    /** Σ λ_{S,z}(i)·E_i; coefficients and points are public. */
    static Element interpolate(List<ShareIndex> set, Map<ShareIndex, Element> elements, int z) {
        return Element.sum(
                set.stream().map(x -> of(x, elements)).toList(),
                set.stream().map(x -> lambda(set, x, z)).toList());
    }

    private static Element of(ShareIndex x, Map<ShareIndex, Element> elements) {
        Element element = elements.get(x);
        if (element == null) {
            throw new IllegalArgumentException("no element of x = " + x.x());
        }
        return element;
    }

    /** λ_{S,z}(i) = Π_{j ∈ S∖i} (z − x_j) / (x_i − x_j). */
    static Scalar lambda(List<ShareIndex> set, ShareIndex x, int z) {
        Scalar above = Scalar.of(1);
        Scalar below = Scalar.of(1);
        for (ShareIndex other : set) {
            if (!other.equals(x)) {
                above = above.times(Scalar.of(z).minus(Scalar.of(other.x())));
                below = below.times(Scalar.of(x.x()).minus(Scalar.of(other.x())));
            }
        }
        return above.times(below.inverse());
    }

    private static void requireDistinct(List<ShareIndex> xs) {
        if (new HashSet<>(xs).size() != xs.size()) {
            throw new IllegalArgumentException("an index stands twice");
        }
    }
}
