package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.protocol.error.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The auditor as attacker: t − 1 providers and a second user, and all dealers but one where there are several, send what they can
 * make of what they know, wherever the product's acceptance code takes messages; systematically, up to so many.
 */
public final class ActiveAudit {
    private ActiveAudit() {}

    /** What can be explored in reasonable time. */
    public static final int MAX_PROVIDERS = 7;

    /**
     * @param n providers
     * @param t of them open an object; t − 1 are corrupt
     * @param dealers how many deal; all but one are corrupt
     * @param injections how many messages and answers the attackers may make, at most
     * @param scripts by name, as {@link #scripts()}
     */
    public record Bound(int n, int t, int dealers, int injections, List<String> scripts) {
        public Bound {
            scripts = List.copyOf(scripts);
            if (n < 2 || n > MAX_PROVIDERS || t < 2 || t > n) {
                throw new BadInputException("an active audit has 2 to " + MAX_PROVIDERS
                        + " providers, of which 2 to all open an object, not n = " + n + " and t = " + t);
            }
            if (dealers < 1 || dealers > 3 || injections < 0 || injections > 4) {
                throw new BadInputException("an active audit has 1 to 3 dealers and 0 to 4 injections, not " + dealers
                        + " and " + injections);
            }
            for (String script : scripts) {
                if (!ActiveAudit.scripts().contains(script)) {
                    throw new BadInputException(
                            "no script is called \"" + script + "\": " + String.join(", ", ActiveAudit.scripts()));
                }
            }
        }
    }

    /**
     * One script with one choice of corrupt parties, explored.
     *
     * @param tried how many messages and answers
     * @param accepted how many of them were let in
     * @param ends how many ways there were to the end
     */
    public record Explored(
            String script, Set<String> corrupt, long tried, long accepted, long ends, List<Attack> attacks) {}

    /** What the victim may do. */
    public static List<String> scripts() {
        return Script.NAMES;
    }

    /** @param done told of each part as it ends */
    public static List<Explored> run(Bound bound, Consumer<Explored> done) {
        Threshold threshold = new Threshold(bound.t(), bound.n());
        List<Explored> all = new ArrayList<>();
        for (Set<ShareIndex> corrupt : Cast.sets(bound.n(), bound.t() - 1)) {
            for (String name : bound.scripts()) {
                Cast cast = new Cast(threshold, bound.dealers(), corrupt, Cast.allButOne(bound.dealers()));
                Explorer explorer = new Explorer(cast, Script.of(cast, name), bound.injections());
                List<Attack> attacks = explorer.attacks();
                Set<String> names = new TreeSet<>(cast.corruptDealers);
                corrupt.forEach(x -> names.add(cast.name(x)));
                Explored one = new Explored(
                        name, names, explorer.tried(), explorer.accepted(), explorer.ends(), List.copyOf(attacks));
                all.add(one);
                done.accept(one);
            }
        }
        return all;
    }
}
