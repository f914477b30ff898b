package dev.interlock.core.oprf;

import dev.interlock.core.sharing.ShareIndex;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * New shares of the same OPRF key, for the same holders or others (Desmedt and Jajodia; Herzberg et al.), made by t that have one.
 * Each deals its share s_j by a polynomial g_j of its own, g_j(0) = s_j, and commits to its coefficients (Feldman). The new share
 * of x is Σ λ_{S,0}(j)·g_j(x) over any t dealers S: a point of Σ λ_j·g_j, which at 0 is the key, and else is uniform as long as
 * one dealer is honest.
 */
public final class Resharing {
    private Resharing() {}

    /**
     * What a holder deals.
     *
     * @param commitments to the coefficients of its polynomial, A_0 = s_j·G first; t of them; public
     * @param parts g_j(x) for each receiver alone; the caller closes them
     */
    public record Dealt(List<Element> commitments, Map<ShareIndex, Scalar> parts) {}

    /** @param t of the new sharing */
    public static Dealt deal(Scalar share, int t, List<ShareIndex> receivers, SecureRandom random) {
        List<Scalar> coefficients = new ArrayList<>();
        try {
            for (int k = 1; k < t; k++) {
                coefficients.add(Scalar.random(random));
            }
            List<Element> commitments = new ArrayList<>(List.of(Voprf.publicKey(share)));
            coefficients.forEach(each -> commitments.add(Voprf.publicKey(each)));
            Map<ShareIndex, Scalar> parts = new LinkedHashMap<>();
            for (ShareIndex x : receivers) {
                parts.put(x, SharedKey.at(share, coefficients, Scalar.of(x.x())));
            }
            return new Dealt(commitments, parts);
        } finally {
            coefficients.forEach(Scalar::close);
        }
    }

    /** g_j(x)·G, from the commitments: Horner, from the highest coefficient down. */
    public static Element committed(List<Element> commitments, ShareIndex x) {
        Scalar at = Scalar.of(x.x());
        Element sum = commitments.getLast();
        for (Element each : commitments.subList(0, commitments.size() - 1).reversed()) {
            sum = sum.times(at).plus(each);
        }
        return sum;
    }

    /** Whether a part is what its dealer committed to for this receiver. */
    public static boolean isPart(Scalar part, Element committed) {
        return Voprf.publicKey(part).equals(committed);
    }

    /**
     * A receiver's new share.
     *
     * @param parts by their dealers, as many as it took to have one share
     */
    public static Scalar share(Map<ShareIndex, Scalar> parts) {
        List<ShareIndex> dealers = List.copyOf(parts.keySet());
        Scalar sum = Scalar.of(0);
        for (ShareIndex dealer : dealers) {
            try (Scalar before = sum;
                    Scalar term = of(parts, dealer).times(SharedKey.lambda(dealers, dealer, 0))) {
                sum = before.plus(term);
            }
        }
        return sum;
    }

    /** The commitment to a receiver's new share, from what each dealer committed to for it. */
    public static Element commitment(Map<ShareIndex, Element> committed) {
        List<ShareIndex> dealers = List.copyOf(committed.keySet());
        return SharedKey.interpolate(dealers, committed, 0);
    }

    private static Scalar of(Map<ShareIndex, Scalar> parts, ShareIndex dealer) {
        Scalar part = parts.get(dealer);
        if (part == null) {
            throw new IllegalArgumentException("no part of x = " + dealer.x());
        }
        return part;
    }
}
