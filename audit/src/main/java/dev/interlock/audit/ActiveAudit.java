package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.protocol.error.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

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
     * @param dealers how many do nothing but deal; all but one are corrupt
     * @param dealing the names of providers that deal as well, where nobody else does: at least t, as a ring has to have
     * @param injections how many messages and answers the attackers may make, at most
     * @param scripts by name, as {@link #scripts()}
     */
    public record Bound(int n, int t, int dealers, List<String> dealing, int injections, List<String> scripts) {
        public Bound(int n, int t, int dealers, int injections, List<String> scripts) {
            this(n, t, dealers, List.of(), injections, scripts);
        }

        public Bound {
            scripts = List.copyOf(scripts);
            dealing = List.copyOf(dealing);
            if (n < 2 || n > MAX_PROVIDERS || t < 2 || t > n) {
                throw new BadInputException("an active audit has 2 to " + MAX_PROVIDERS
                        + " providers, of which 2 to all open an object, not n = " + n + " and t = " + t);
            }
            if (!dealing.isEmpty()) {
                int most = n;
                boolean known = dealing.stream()
                        .allMatch(name -> name.matches("cc[1-9]") && Integer.parseInt(name.substring(2)) <= most);
                if (dealers != 0
                        || dealing.size() < t
                        || !known
                        || dealing.stream().distinct().count() < dealing.size()) {
                    throw new BadInputException("in an active audit either 1 to 3 others deal, or at least t of the"
                            + " providers cc1 to cc" + n + ", not " + String.join(", ", dealing));
                }
            }
            if ((dealing.isEmpty() && dealers < 1) || dealers > 3 || injections < 0 || injections > 4) {
                throw new BadInputException("an active audit has 1 to 3 dealers and 0 to 4 injections, not " + dealers
                        + " and " + injections);
            }
            for (String script : scripts) {
                if (!ActiveAudit.scripts().contains(script)) {
                    throw new BadInputException(
                            "no script is called \"" + script + "\": " + String.join(", ", ActiveAudit.scripts()));
                }
                Script.unfit(script, n, t, dealers, dealing).ifPresent(why -> {
                    throw new BadInputException(why);
                });
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

    /** What it may do in such a ring. */
    public static List<String> scripts(int n, int t, int dealers, List<String> dealing) {
        return Script.NAMES.stream()
                .filter(name -> Script.unfit(name, n, t, dealers, dealing).isEmpty())
                .toList();
    }

    /** @param done told of each part as it ends */
    public static List<Explored> run(Bound bound, Consumer<Explored> done) {
        Threshold threshold = new Threshold(bound.t(), bound.n());
        List<Explored> all = new ArrayList<>();
        for (Set<ShareIndex> corrupt : Cast.sets(bound.n(), bound.t() - 1)) {
            for (String name : bound.scripts()) {
                Set<String> dealers = bound.dealing().isEmpty()
                        ? Cast.allButOne(bound.dealers())
                        : bound.dealing().stream()
                                .filter(each -> corrupt.contains(new ShareIndex(Integer.parseInt(each.substring(2)))))
                                .collect(Collectors.toSet());
                Cast cast = new Cast(threshold, bound.dealers(), bound.dealing(), corrupt, dealers);
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
