package dev.interlock.audit;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What an audit found.
 *
 * @param corrupt whom the coalition has in its hands beside them
 * @param size how many providers, in any one generation, the smallest coalition has that learns m, of the last ring if the
 *     object moved; none if not even all of them together do
 * @param coalitions all of that size, by the names of their members, for the choice of S below; first the one that the
 *     certificate tells of. With renewals cc1/2 is cc1 in generation 2, and those are here that have the fewest in all
 * @param sets the S of each read with which they do; of the last ring behind those of the first
 * @param certificate how it does
 * @param choices how many choices of S were tried
 * @param allChoices how many there are; more than were tried if some were drawn by the scenario's seed
 * @param irregular what broke a rule of the protocol, in words
 */
public record Finding(
        Scenario scenario,
        Corrupt corrupt,
        OptionalInt size,
        List<List<String>> coalitions,
        List<List<Integer>> sets,
        Optional<Certificate> certificate,
        int choices,
        double allChoices,
        List<String> irregular) {
    public Finding {
        coalitions = List.copyOf(coalitions);
        sets = List.copyOf(sets);
        irregular = List.copyOf(irregular);
    }

    /** Whether some choices of S weren't tried. */
    public boolean sampled() {
        return choices < allChoices;
    }

    /** Whether fewer than t providers learn m, t of the last ring. */
    public boolean leaks() {
        return size.isPresent() && size.getAsInt() < scenario.last().t();
    }
}
