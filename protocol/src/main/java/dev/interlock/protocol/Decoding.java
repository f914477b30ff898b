package dev.interlock.protocol;

import dev.interlock.core.sharing.ReedSolomon;
import dev.interlock.core.sharing.ShareIndex;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which shares of a chunk are wrong where each is what its provider is bound to, and the chunk that they open isn't what was put:
 * the decoding of SPEC §9. What it finds is the reader's own finding, for it rests on what only the reader opens.
 */
public final class Decoding {
    /** Of the sets that are tried one by one. Each costs an opened chunk. */
    private static final int MOST_TRIES = 2_000;

    private Decoding() {}

    /** Opens the chunk. */
    public interface Judge {
        /** @return whether the shares of these t, and the ciphertext, open what was put: whether its leaf holds */
        boolean opens(List<ShareIndex> shares);
    }

    /**
     * @param hashes H_ρ of each share of the chunk, all under one ρ that was drawn after they came; t or more
     * @return whose share is off the polynomial on which those that open the chunk lie; empty where none do. Any ⌊(m−t)/2⌋ of m are
     *     found at once; more, up to m − t, as long as there are no more than {@value #MOST_TRIES} sets of t to try
     */
    public static Optional<Set<ShareIndex>> off(int t, Map<ShareIndex, byte[]> hashes, Judge judge) {
        List<ShareIndex> points = List.copyOf(hashes.keySet());
        Optional<BitSet> errors =
                ReedSolomon.errors(points.stream().mapToInt(ShareIndex::x).toArray(), List.copyOf(hashes.values()), t);
        if (errors.isPresent()) {
            Set<ShareIndex> off = new LinkedHashSet<>();
            errors.get().stream().mapToObj(points::get).forEach(off::add);
            List<ShareIndex> on =
                    points.stream().filter(x -> !off.contains(x)).limit(t).toList();
            if (judge.opens(on)) {
                return Optional.of(off);
            }
            if (off.isEmpty()) {
                // Any other t open the same.
                return Optional.empty();
            }
        }
        return tries(points.size(), t) <= MOST_TRIES
                ? tried(t, points, 0, new ArrayList<>(), hashes, judge)
                : Optional.empty();
    }

    /** The sets of t one after the other, each ascending. */
    private static Optional<Set<ShareIndex>> tried(
            int t,
            List<ShareIndex> points,
            int from,
            List<ShareIndex> begun,
            Map<ShareIndex, byte[]> hashes,
            Judge judge) {
        if (begun.size() == t) {
            return judge.opens(List.copyOf(begun))
                    ? Optional.of(offThePolynomialOf(t, begun, hashes))
                    : Optional.empty();
        }
        for (int i = from; i < points.size(); i++) {
            begun.add(points.get(i));
            Optional<Set<ShareIndex>> off = tried(t, points, i + 1, begun, hashes, judge);
            begun.removeLast();
            if (off.isPresent()) {
                return off;
            }
        }
        return Optional.empty();
    }

    private static Set<ShareIndex> offThePolynomialOf(int t, List<ShareIndex> on, Map<ShareIndex, byte[]> hashes) {
        Set<ShareIndex> off = new LinkedHashSet<>();
        hashes.forEach((x, hash) -> {
            Map<ShareIndex, byte[]> with = new LinkedHashMap<>();
            on.forEach(each -> with.put(each, hashes.get(each)));
            with.put(x, hash);
            if (!WriteCheck.onOnePolynomial(t, with)) {
                off.add(x);
            }
        });
        return off;
    }

    /** n over t, or a number above the most. */
    private static long tries(int n, int t) {
        long tries = 1;
        for (int i = 1; i <= Math.min(t, n - t) && tries <= MOST_TRIES; i++) {
            tries = tries * (n - Math.min(t, n - t) + i) / i;
        }
        return tries;
    }
}
