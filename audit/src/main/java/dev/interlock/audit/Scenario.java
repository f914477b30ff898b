package dev.interlock.audit;

import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What is audited: the write of one object, its renewals, its move into another ring, and reads and repairs of each
 * generation.
 *
 * @param dealers who deals, the same in both rings
 * @param blinding none in the published profile, and only there
 * @param userKey whether the user's key fell into the coalition's hands
 * @param reads those of each generation, through the same S in each
 * @param repairs whether every provider was repaired by every t others, all in the same generation, and that in each
 * @param renewals replacements of the pad and refreshes of the shares, one after another. A coalition may then be in other
 *     providers in each generation
 * @param next the ring that the object moves into in the end, if it does: with other providers, though the same machines may
 *     stand behind them; its n and t. It's read through every S there is for the move, as if all attempts but the last broke off
 * @param seed of the choice of S where there are too many to try all
 */
public record Scenario(
        int n,
        int t,
        Dealers dealers,
        Scheme scheme,
        Blinding blinding,
        Reads reads,
        boolean userKey,
        boolean repairs,
        List<Work.Kind> renewals,
        Optional<Threshold> next,
        long seed) {
    public static final int MAX_PROVIDERS = 16;
    public static final int MAX_READS = 8;
    /** There are n·C(n−1, t) repairs. */
    public static final int MAX_REPAIRED = 7;
    /** Of all generations: a coalition is a choice among them. */
    public static final int MAX_SHARES = 21;
    /** Of the rings that an object leaves and moves into. */
    public static final int MAX_MOVED = 16;

    /** @throws BadInputException that says what is legal */
    public Scenario {
        checkRing(n, t);
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
                renewals.stream().allMatch(kind -> kind == Work.Kind.REPLACE || kind == Work.Kind.REFRESH),
                "an object is renewed by replace or refresh");
        checkMove(n, next, scheme, reads, dealers);
        int shares = n * (1 + renewals.size()) + next.map(Threshold::n).orElse(0);
        require(
                renewals.isEmpty() || shares <= MAX_SHARES,
                "all generations are audited together, with up to " + MAX_SHARES + " shares, not " + shares);
        for (int x : dealers.providers()) {
            require(x >= 1 && x <= n, "cc" + x + " deals, must be in cc1..cc" + n);
        }
        switch (reads) {
            case Reads.Exactly(List<List<Integer>> sets) -> sets.forEach(s -> checkSet(s, t, n));
            case Reads.Worst worst ->
                worst.size()
                        .ifPresent(size -> require(
                                size >= t && size <= n,
                                "a read's S has " + size + " providers, must have " + t + ".." + n));
        }
    }

    private static void checkRing(int n, int t) {
        require(
                n >= Threshold.MIN_THRESHOLD && n <= MAX_PROVIDERS,
                "n is " + n + ", must be in " + Threshold.MIN_THRESHOLD + ".." + MAX_PROVIDERS + " for an audit");
        require(
                t >= Threshold.MIN_THRESHOLD && t <= n,
                "t is " + t + ", must be in " + Threshold.MIN_THRESHOLD + ".." + n + " with n = " + n);
    }

    private static void checkMove(int n, Optional<Threshold> next, Scheme scheme, Reads reads, Dealers dealers) {
        if (next.isEmpty()) {
            return;
        }
        require(
                scheme.blinded() && scheme.protocol() == 3,
                "objects of protocol 3 move into another ring; of the blinded profile for an audit");
        require(
                reads instanceof Reads.Worst worst && worst.size().isEmpty() && !worst.different(),
                "where an object moves, its reads go through whatever S is worst");
        require(
                dealers.providers().isEmpty(),
                "providers that deal and a move into another ring are audited one without the other");
        int providers = n + next.get().n();
        require(
                providers <= MAX_MOVED,
                "two rings are audited together with up to " + MAX_MOVED + " providers, not " + providers);
    }

    /** Whatever S is worst, without the user's key; one dealer; blinds expanded where the scheme has any. */
    public static Scenario of(int n, int t, Scheme scheme, int reads) {
        return new Scenario(
                n,
                t,
                Dealers.ONE,
                scheme,
                scheme.profile() == Profile.BLINDED ? Blinding.EXPANDED : Blinding.NONE,
                Reads.worst(reads),
                false,
                false,
                List.of(),
                Optional.empty(),
                1);
    }

    public Scenario with(Dealers who) {
        return new Scenario(n, t, who, scheme, blinding, reads, userKey, repairs, renewals, next, seed);
    }

    public Scenario withUserKey() {
        return new Scenario(n, t, dealers, scheme, blinding, reads, true, repairs, renewals, next, seed);
    }

    public Scenario with(Reads otherReads) {
        return new Scenario(n, t, dealers, scheme, blinding, otherReads, userKey, repairs, renewals, next, seed);
    }

    public Scenario with(Blinding otherBlinding) {
        return new Scenario(n, t, dealers, scheme, otherBlinding, reads, userKey, repairs, renewals, next, seed);
    }

    /** With every provider repaired by every t others. */
    public Scenario withRepairs() {
        return new Scenario(n, t, dealers, scheme, blinding, reads, userKey, true, renewals, next, seed);
    }

    /** With these renewals, one after another. */
    public Scenario withRenewals(List<Work.Kind> kinds) {
        return new Scenario(n, t, dealers, scheme, blinding, reads, userKey, repairs, kinds, next, seed);
    }

    /**
     * With a move into a ring of this n and t in the end.
     *
     * @throws BadInputException that says what is legal
     */
    public Scenario movedTo(int otherN, int otherT) {
        checkRing(otherN, otherT);
        return new Scenario(
                n,
                t,
                dealers,
                scheme,
                blinding,
                reads,
                userKey,
                repairs,
                renewals,
                Optional.of(new Threshold(otherT, otherN)),
                seed);
    }

    /** How many generations of the object there are, in both rings. */
    int generations() {
        return 1 + renewals.size() + (next.isPresent() ? 1 : 0);
    }

    /** The ring in which the object is in this generation, from 1. */
    Threshold ring(int generation) {
        return next.filter(_ -> generation == generations()).orElse(first());
    }

    /** The ring that the object is written into. */
    Threshold first() {
        return new Threshold(t, n);
    }

    /** The ring in which the object is in the end. */
    Threshold last() {
        return next.orElse(first());
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
