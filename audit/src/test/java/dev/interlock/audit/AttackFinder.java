package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.protocol.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
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
        List<String> lines = new ArrayList<>();
        for (Attack attack : attacks(n, t, dealers, corrupt, script, injections)) {
            lines.add(attack.harm().stream()
                            .map(each -> each.kind().name())
                            .distinct()
                            .collect(Collectors.joining("+")) + " in "
                    + attack.steps().size() + ": "
                    + attack.steps().stream().map(Attack.Step::words).collect(Collectors.joining("; ")));
        }
        return String.join("\n", lines);
    }

    private static List<Attack> attacks(int n, int t, int dealers, String corrupt, String script, int injections) {
        Set<ShareIndex> xs = List.of(corrupt.split(",")).stream()
                .map(x -> new ShareIndex(Integer.parseInt(x)))
                .collect(Collectors.toSet());
        Cast cast = new Cast(new Threshold(t, n), dealers, xs, Cast.allButOne(dealers));
        Explorer explorer = new Explorer(cast, Script.of(cast, script), injections);
        return explorer.attacks();
    }

    /**
     * @param kind of harm; of several such attacks the one that does most
     * @param rules what was taken out, for people
     * @return {@link AttackFile}, as JSON
     */
    public static String file(
            int n, int t, int dealers, String corrupt, String script, int injections, String kind, String rules) {
        Attack most = attacks(n, t, dealers, corrupt, script, injections).stream()
                .filter(attack -> attack.harm().stream()
                        .anyMatch(harm -> harm.kind().name().equals(kind)))
                .max(Comparator.comparingLong(attack ->
                        attack.harm().stream().map(Attack.Harm::kind).distinct().count()))
                .orElseThrow();
        ActiveAudit.Bound bound = new ActiveAudit.Bound(n, t, dealers, injections, List.of(script));
        return new String(Json.write(AttackFile.of(bound, most, rules)), StandardCharsets.UTF_8);
    }
}
