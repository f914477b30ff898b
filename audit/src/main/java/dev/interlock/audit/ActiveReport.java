package dev.interlock.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an active audit found, for people and for programs. */
public final class ActiveReport {
    private ActiveReport() {}

    /** Sizes by script, then each attack message by message, or that there is none. */
    public static String text(ActiveAudit.Bound bound, List<ActiveAudit.Explored> explored) {
        StringBuilder text = new StringBuilder();
        text.append("n = %d, t = %d: %d of the providers and a second user attack%s; up to %d of their messages%n%n"
                .formatted(
                        bound.n(),
                        bound.t(),
                        bound.t() - 1,
                        bound.dealers() <= 1
                                ? bound.dealing().isEmpty() ? "" : "; " + String.join(", ", bound.dealing()) + " deal"
                                : ", and " + (bound.dealers() - 1) + " of " + bound.dealers() + " dealers",
                        bound.injections()));
        text.append(
                "  %-14s %12s %12s %12s %9s%n".formatted("the user does", "tried", "let in", "ways to end", "attacks"));
        for (String script : bound.scripts()) {
            List<ActiveAudit.Explored> of =
                    explored.stream().filter(one -> one.script().equals(script)).toList();
            text.append("  %-14s %12d %12d %12d %9d%n"
                    .formatted(
                            script,
                            of.stream().mapToLong(ActiveAudit.Explored::tried).sum(),
                            of.stream()
                                    .mapToLong(ActiveAudit.Explored::accepted)
                                    .sum(),
                            of.stream().mapToLong(ActiveAudit.Explored::ends).sum(),
                            of.stream().mapToLong(one -> one.attacks().size()).sum()));
        }
        text.append('\n');
        List<Attack> attacks =
                explored.stream().flatMap(one -> one.attacks().stream()).toList();
        attacks.forEach(attack -> text.append(text(attack)).append('\n'));
        return text.append(
                        attacks.isEmpty()
                                ? "Within this bound nothing is given away, lost, destroyed or revived against its owner's word, nobody honest"
                                        + " is blamed or misled, and no guess too many is answered.\n"
                                : attacks.size() + " attacks.\n")
                .toString();
    }

    private static String text(Attack attack) {
        StringBuilder text = new StringBuilder();
        text.append("ATTACK on \"")
                .append(attack.script())
                .append("\" by ")
                .append(String.join(", ", attack.corrupt()));
        text.append(" and a second user:\n");
        for (int i = 0; i < attack.steps().size(); i++) {
            text.append("  %d. %s%n".formatted(i + 1, attack.steps().get(i).words()));
        }
        for (Attack.Harm harm : attack.harm()) {
            text.append("  => ")
                    .append(harm.kind())
                    .append(": ")
                    .append(harm.what())
                    .append('\n');
            harm.how().ifPresent(how -> {
                text.append("     m =\n");
                how.terms()
                        .forEach(term -> text.append("       %s(%s)   %s: %s%n"
                                .formatted(
                                        term.factor() == 1 ? "" : "0x%02x·".formatted(term.factor()),
                                        term.form(),
                                        term.party(),
                                        term.what())));
            });
        }
        return text.toString();
    }

    /** The same as JSON. */
    public static Map<String, Object> fields(ActiveAudit.Bound bound, List<ActiveAudit.Explored> explored) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("n", bound.n());
        fields.put("t", bound.t());
        fields.put("dealers", bound.dealers());
        fields.put("dealing", bound.dealing());
        fields.put("injections", bound.injections());
        List<Map<String, Object>> rows = new ArrayList<>();
        for (ActiveAudit.Explored one : explored) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("script", one.script());
            row.put("corrupt", one.corrupt());
            row.put("tried", one.tried());
            row.put("accepted", one.accepted());
            row.put("ends", one.ends());
            row.put(
                    "attacks",
                    one.attacks().stream()
                            .map(attack -> AttackFile.of(bound, attack, ""))
                            .toList());
            rows.add(row);
        }
        fields.put("explored", rows);
        return fields;
    }
}
