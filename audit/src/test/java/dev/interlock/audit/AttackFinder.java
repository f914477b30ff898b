package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What is run in a class loader from which rules were taken out; all that goes in and comes out is text. */
public final class AttackFinder {
    private AttackFinder() {}

    /**
     * @param corrupt x of each corrupt provider, with commas between
     * @return a line for each attack: kinds of harm, how many messages, then these
     */
    public static String find(int n, int t, int dealers, String corrupt, String script, int injections) {
        Set<ShareIndex> xs = List.of(corrupt.split(",")).stream()
                .map(x -> new ShareIndex(Integer.parseInt(x)))
                .collect(Collectors.toSet());
        Cast cast = new Cast(new Threshold(t, n), dealers, xs, Cast.allButOne(dealers));
        Explorer explorer = new Explorer(cast, Script.of(cast, script), injections);
        List<String> lines = new ArrayList<>();
        for (Attack attack : explorer.attacks()) {
            lines.add(attack.harm().stream()
                            .map(each -> each.kind().name())
                            .distinct()
                            .collect(Collectors.joining("+")) + " in "
                    + attack.steps().size() + ": " + String.join("; ", attack.steps()));
        }
        return String.join("\n", lines);
    }
}
