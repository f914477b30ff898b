package dev.interlock.audit;

import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.message.Order;
import java.util.HashSet;
import java.util.List;

/**
 * What is audited: the write of one object, its renewals, and reads and repairs of each generation.
 *
 * @param blinding none in the published profile, and only there
 * @param userKey whether the user's key fell into the coalition's hands
 * @param reads those of each generation, through the same S in each
 * @param repairs whether every provider was repaired by every t others, all in the same generation, and that in each
 * @param renewals replacements of the pad and refreshes of the shares, one after another. A coalition may then be in other
 *     providers in each generation
 * @param seed of the choice of S where there are too many to try all
 */
public record Scenario(
        int n,
        int t,
        Scheme scheme,
        Blinding blinding,
        Reads reads,
        boolean userKey,
        boolean repairs,
        List<Order.Kind> renewals,
        long seed) {
    public static final int MAX_PROVIDERS = 16;
    public static final int MAX_READS = 8;
    /** There are n·C(n−1, t) repairs. */
    public static final int MAX_REPAIRED = 7;
    /** Of all generations: a coalition is a choice among them. */
    public static final int MAX_SHARES = 21;

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
        renewals = List.copyOf(renewals);
        require(
                renewals.isEmpty() || (scheme.blinded() && !scheme.sealed()),
                "pads and shares are renewed in protocols 2 and 3 of the blinded profile only");
        require(
                renewals.stream().allMatch(kind -> kind == Order.Kind.REPLACE || kind == Order.Kind.REFRESH),
                "an object is renewed by replace or refresh");
        int shares = n * (1 + renewals.size());
        require(
                renewals.isEmpty() || shares <= MAX_SHARES,
                "all generations are audited together, with up to " + MAX_SHARES + " shares, not " + shares);
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
                List.of(),
                1);
    }

    public Scenario withUserKey() {
        return new Scenario(n, t, scheme, blinding, reads, true, repairs, renewals, seed);
    }

    public Scenario with(Reads otherReads) {
        return new Scenario(n, t, scheme, blinding, otherReads, userKey, repairs, renewals, seed);
    }

    public Scenario with(Blinding otherBlinding) {
        return new Scenario(n, t, scheme, otherBlinding, reads, userKey, repairs, renewals, seed);
    }

    /** With every provider repaired by every t others. */
    public Scenario withRepairs() {
        return new Scenario(n, t, scheme, blinding, reads, userKey, true, renewals, seed);
    }

    /** With these renewals, one after another. */
    public Scenario withRenewals(List<Order.Kind> kinds) {
        return new Scenario(n, t, scheme, blinding, reads, userKey, repairs, kinds, seed);
    }

    /** How many generations of the object there are. */
    int generations() {
        return 1 + renewals.size();
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
