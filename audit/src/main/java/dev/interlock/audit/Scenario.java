package dev.interlock.audit;

import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import java.util.HashSet;
import java.util.List;

/**
 * What is audited: the write of one object, reads and repairs of it.
 *
 * @param blinding none in the published profile, and only there
 * @param userKey whether the user's key fell into the coalition's hands
 * @param repairs whether every provider was repaired by every t others, all in the same life of the object
 * @param seed of the choice of S where there are too many to try all
 */
public record Scenario(
        int n, int t, Scheme scheme, Blinding blinding, Reads reads, boolean userKey, boolean repairs, long seed) {
    public static final int MAX_PROVIDERS = 16;
    public static final int MAX_READS = 8;
    /** There are n·C(n−1, t) repairs. */
    public static final int MAX_REPAIRED = 7;

    /** @throws BadInputException that says what is legal */
    public Scenario {
        require(
                n >= Threshold.MIN_THRESHOLD && n <= MAX_PROVIDERS,
                "n is " + n + ", must be in " + Threshold.MIN_THRESHOLD + ".." + MAX_PROVIDERS + " for an audit");
        require(
                t >= Threshold.MIN_THRESHOLD && t <= n,
                "t is " + t + ", must be in " + Threshold.MIN_THRESHOLD + ".." + n + " with n = " + n);
        require(
                reads.count() >= 0 && reads.count() <= MAX_READS,
                "there are " + reads.count() + " reads, must be 0.." + MAX_READS + " for an audit");
        require(
                scheme.blinded() == (blinding != Blinding.NONE),
                scheme.blinded()
                        ? "the blinded profile has blinds: expanded or full"
                        : "the published profile has no blinds");
        require(
                !userKey || hasUserKey(scheme),
                "in " + scheme + " the user keeps no key that anyone could get hold of");
        require(!repairs || !scheme.sealed(), "protocol 1 keeps sealed shares at its homes, which no pass repairs");
        require(
                !repairs || n <= MAX_REPAIRED,
                "all repairs are audited together, with up to " + MAX_REPAIRED + " providers, not " + n);
        int readers = scheme.readers(new Threshold(t, n));
        switch (reads) {
            case Reads.Exactly(List<List<Integer>> sets) -> sets.forEach(s -> checkSet(s, readers, n));
            case Reads.Worst worst ->
                worst.size()
                        .ifPresent(size -> require(
                                size >= readers && size <= n,
                                "a read's S has " + size + " providers, must have " + readers + ".." + n));
        }
    }

    /** Whatever S is worst, without the user's key; blinds expanded where the scheme has any. */
    public static Scenario of(int n, int t, Scheme scheme, int reads) {
        return new Scenario(
                n,
                t,
                scheme,
                scheme.profile() == Profile.BLINDED ? Blinding.EXPANDED : Blinding.NONE,
                Reads.worst(reads),
                false,
                false,
                1);
    }

    public Scenario withUserKey() {
        return new Scenario(n, t, scheme, blinding, reads, true, repairs, seed);
    }

    public Scenario with(Reads otherReads) {
        return new Scenario(n, t, scheme, blinding, otherReads, userKey, repairs, seed);
    }

    public Scenario with(Blinding otherBlinding) {
        return new Scenario(n, t, scheme, otherBlinding, reads, userKey, repairs, seed);
    }

    /** With every provider repaired by every t others. */
    public Scenario withRepairs() {
        return new Scenario(n, t, scheme, blinding, reads, userKey, true, seed);
    }

    /** Protocols 1 and 2: the user keeps something between the write and a read. */
    public static boolean hasUserKey(Scheme scheme) {
        return scheme.protocol() != 3;
    }

    private static void checkSet(List<Integer> s, int readers, int n) {
        require(
                s.size() >= readers && s.size() <= n && new HashSet<>(s).size() == s.size(),
                "S = " + s + " must name " + readers + ".." + n + " different providers");
        s.forEach(x -> require(x >= 1 && x <= n, "S = " + s + " names x = " + x + ", must be in 1.." + n));
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new BadInputException(otherwise);
        }
    }
}
