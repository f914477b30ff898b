package dev.interlock.audit;

import dev.interlock.audit.Certificate.Term;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Findings and tables for people: plain text of at most 100 columns; and for programs. */
public final class Report {
    private static final int COLUMNS = 100;
    private static final int COALITIONS_SHOWN = 8;
    /** Columns of a row for coalitions. */
    private static final int EXAMPLES = 60;

    private Report() {}

    // ----------------------------------------------------------------------------------------------------- a finding

    public static String text(Finding finding) {
        Scenario scenario = finding.scenario();
        List<String> lines = new ArrayList<>();
        lines.addAll(wrap("", title(scenario) + "."));
        lines.addAll(wrap("", verdict(finding)));
        if (finding.coalitions().size() > 1) {
            lines.addAll(wrap("", "So do " + others(finding) + "."));
        }
        if (finding.size().isPresent() && !finding.sets().isEmpty()) {
            lines.addAll(wrap("", "S of the reads: " + sets(finding.sets()) + "."));
        }
        lines.addAll(wrap("", tried(finding)));
        if (!scenario.renewals().isEmpty()) {
            lines.addAll(wrap(
                    "",
                    "A coalition may be in other providers in each generation: cc1/2 is cc1 in generation 2, with"
                            + " what is stored there; who has cc1/1 and cc1/2 saw the renewal between them, too."));
        }
        lines.addAll(warnings(scenario, finding.irregular()));
        finding.certificate().ifPresent(certificate -> lines.addAll(how(certificate)));
        return String.join("\n", lines) + "\n";
    }

    /**
     * One line for each number of dealers, and of providers of a ring that the object left, that a coalition has in its hands.
     *
     * @param findings as {@link Audit#all} gives them
     */
    public static String text(List<Finding> findings) {
        Scenario scenario = findings.getFirst().scenario();
        boolean dealers = findings.getLast().corrupt().dealers() > 0;
        boolean moved = scenario.next().isPresent();
        String of = moved ? "B" : "the providers";
        List<String> lines = new ArrayList<>();
        lines.addAll(wrap("", title(scenario) + "."));
        lines.addAll(wrap(
                "",
                "How many of " + of + " learn m, and no fewer, with so many of "
                        + (dealers ? "the dealers" : "") + (dealers && moved ? " and of " : "") + (moved ? "A" : "")
                        + " in their hands" + (scenario.renewals().isEmpty() ? "" : " at a time") + ":"));
        lines.add("");
        lines.add(row(dealers ? "dealers" : "", moved ? "of A" : "", moved ? "of B" : "providers", "such as"));
        List<List<List<String>>> told = new ArrayList<>();
        List<Finding> news = new ArrayList<>();
        for (Finding finding : findings) {
            boolean known = told.contains(finding.coalitions());
            if (!known && finding.size().isPresent()) {
                told.add(finding.coalitions());
                news.add(finding);
            }
            String few =
                    finding.size().isPresent() ? String.valueOf(finding.size().getAsInt()) : "-";
            lines.add(row(
                    dealers
                            ? finding.corrupt().dealers() + " of "
                                    + scenario.dealers().alone()
                            : "",
                    moved ? String.valueOf(finding.corrupt().before()) : "",
                    few,
                    finding.size().isEmpty() ? "not even all" : known ? "the same" : examples(finding)));
        }
        lines.add("");
        lines.addAll(wrap("", tried(findings)));
        if (moved) {
            lines.addAll(wrap(
                    "",
                    "A is the ring that the object leaves, B the one that it moves into; for the move it was read through"
                            + " every S of A. Who is in one machine that serves both rings counts in both."));
        }
        lines.addAll(warnings(
                scenario,
                findings.stream()
                        .flatMap(one -> one.irregular().stream())
                        .distinct()
                        .toList()));
        for (Finding finding : news) {
            lines.add("");
            lines.add(and(finding.coalitions().getFirst())
                    + (finding.coalitions().getFirst().size() == 1 ? " learns m:" : " learn m:"));
            finding.certificate().ifPresent(certificate -> lines.addAll(how(certificate)));
        }
        return String.join("\n", lines) + "\n";
    }

    private static String row(String dealers, String before, String size, String such) {
        return ("  " + (dealers.isEmpty() ? "" : "%-9s".formatted(dealers))
                        + (before.isEmpty() ? "" : "%-6s".formatted(before)) + "%-11s".formatted(size) + such)
                .stripTrailing();
    }

    /** On one line. */
    private static String examples(Finding finding) {
        int shown = 1;
        String text = examples(finding, shown);
        while (shown < finding.coalitions().size()
                && examples(finding, shown + 1).length() <= EXAMPLES) {
            shown++;
            text = examples(finding, shown);
        }
        return text;
    }

    private static String examples(Finding finding, int shown) {
        int more = finding.coalitions().size() - shown;
        return finding.coalitions().stream()
                        .limit(shown)
                        .map(c -> String.join("+", c))
                        .collect(Collectors.joining(", "))
                + (more > 0 ? " and " + more + " more" : "");
    }

    /** Of all rows together: they try the same choices. */
    private static String tried(List<Finding> findings) {
        Finding first = findings.getFirst();
        if (first.allChoices() <= 1) {
            return "";
        }
        String all = String.format(Locale.ROOT, "%,.0f", first.allChoices());
        return first.sampled() ? tried(first) : "All " + all + " choices of S were tried; none is worse.";
    }

    private static List<String> warnings(Scenario scenario, List<String> irregular) {
        List<String> lines = new ArrayList<>();
        if (scenario.dealers().tooFew(scenario.t())) {
            lines.addAll(wrap(
                    "",
                    "Fewer than t providers hold every dealing: without a dealer of its own a ring needs at least t = "
                            + scenario.t() + " providers that deal."));
        }
        irregular.forEach(what -> lines.addAll(wrap("", "Against the protocol: " + what + ".")));
        return lines;
    }

    private static List<String> how(Certificate certificate) {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.addAll(explanation(certificate));
        lines.add("");
        lines.addAll(symbols(certificate));
        return lines;
    }

    private static String title(Scenario scenario) {
        int reads = scenario.reads().count();
        String blinds =
                scenario.scheme().blinded() ? " (blinds " + scenario.blinding().text() + ")" : "";
        return capital(scenario.scheme().toString()) + blinds + ", n = " + scenario.n() + ", t = " + scenario.t()
                + dealers(scenario.dealers()) + ": " + written(scenario)
                + (reads == 0 ? "no read" : reads == 1 ? "1 read" : reads + " reads")
                + (scenario.repairs() ? ", every provider repaired by every " + scenario.t() + " others" : "")
                + (scenario.userKey() ? ", the user's key in the coalition's hands" : "");
    }

    private static String dealers(Dealers dealers) {
        if (dealers.equals(Dealers.ONE)) {
            return "";
        }
        return ", dealt by " + and(dealers.names());
    }

    private static String written(Scenario scenario) {
        List<String> passes = new ArrayList<>(List.of("a write"));
        scenario.renewals().forEach(kind -> passes.add(kind == Work.Kind.REPLACE ? "a replacement" : "a refresh"));
        scenario.next()
                .ifPresent(next -> passes.add("a move into another ring, n = " + next.n() + ", t = " + next.t()));
        if (passes.size() == 1) {
            return "a write and ";
        }
        return and(passes) + (scenario.reads().count() == 0 ? ", " : ", each followed by ");
    }

    private static String verdict(Finding finding) {
        int t = finding.scenario().t();
        String key = finding.scenario().userKey() ? " and the user's key" : "";
        if (finding.size().isEmpty()) {
            return "No coalition learns m: not even all " + finding.scenario().n() + " providers" + key + " together.";
        }
        int size = finding.size().getAsInt();
        String who = and(finding.coalitions().getFirst()) + key;
        String verb = size == 1 && key.isEmpty() ? " learns m" : " learn m";
        return who + verb + ": " + size + (size == 1 ? " provider" : " providers")
                + (finding.scenario().renewals().isEmpty() ? "" : " at a time")
                + (size == 1 ? " is" : " are") + " enough, "
                + (size < t ? "fewer than t = " + t + "." : size == t ? "and no fewer: exactly t." : "and no fewer.");
    }

    private static String others(Finding finding) {
        List<List<String>> rest =
                finding.coalitions().subList(1, finding.coalitions().size());
        String shown = rest.stream()
                .limit(COALITIONS_SHOWN)
                .map(c -> String.join("+", c))
                .collect(Collectors.joining(", "));
        int more = rest.size() - COALITIONS_SHOWN;
        return more > 0 ? shown + " and " + more + " more" : shown;
    }

    private static String sets(List<List<Integer>> sets) {
        return sets.stream()
                .map(s -> s.stream().map(x -> "cc" + x).collect(Collectors.joining(", ", "(", ")")))
                .collect(Collectors.joining(", "));
    }

    private static String tried(Finding finding) {
        if (finding.allChoices() <= 1) {
            return "";
        }
        String all = String.format(Locale.ROOT, "%,.0f", finding.allChoices());
        return finding.sampled()
                ? "Of " + all + " choices of S " + String.format(Locale.ROOT, "%,d", finding.choices())
                        + " were tried, drawn with seed " + finding.scenario().seed() + "."
                : "All " + all + " choices of S were tried; "
                        + (finding.size().isPresent() ? "none is worse." : "none leaks.");
    }

    /** Sentences: who saw what where, and what to multiply it with. */
    private static List<String> explanation(Certificate certificate) {
        Map<String, List<Term>> byParty = certificate.terms().stream()
                .collect(Collectors.groupingBy(Term::party, LinkedHashMap::new, Collectors.toList()));
        List<String> lines = new ArrayList<>();
        byParty.forEach((party, terms) -> lines.addAll(wrap(
                "  ",
                (party.startsWith("the") ? capital(party) + " gives " : party + " adds ")
                        + and(terms.stream().map(Report::product).toList()) + ".")));
        lines.addAll(wrap("  ", "The sum of it all is m: everything else cancels."));
        return lines;
    }

    private static String product(Term term) {
        return (term.factor() == 1 ? "" : "0x%02x times ".formatted(term.factor())) + term.what();
    }

    private static List<String> symbols(Certificate certificate) {
        int party = certificate.terms().stream()
                .mapToInt(term -> term.party().length())
                .max()
                .orElse(0);
        List<String> lines = new ArrayList<>();
        lines.add("In symbols, over GF(2^8), where + is XOR:");
        for (Term term : certificate.terms()) {
            String head = "  %s  0x%02x · ("
                    .formatted(term.party() + " ".repeat(party - term.party().length()), term.factor());
            List<String> wrapped = wrap(" ".repeat(head.length()), term.form() + ")");
            lines.add(head + wrapped.getFirst().strip());
            lines.addAll(wrapped.subList(1, wrapped.size()));
        }
        lines.add("  = m");
        return lines;
    }

    public static Map<String, Object> fields(Finding finding) {
        Scenario scenario = finding.scenario();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("n", scenario.n());
        fields.put("t", scenario.t());
        fields.put("protocol", scenario.scheme().protocol());
        fields.put("profile", scenario.scheme().profile().text());
        fields.put("blinds", scenario.blinding().text());
        fields.put("reads", scenario.reads().count());
        fields.put("repairs", scenario.repairs());
        fields.put(
                "renewals",
                scenario.renewals().stream()
                        .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                        .toList());
        fields.put("dealers", scenario.dealers().names());
        fields.put(
                "movedTo",
                scenario.next().map(next -> List.of(next.n(), next.t())).orElse(List.of()));
        fields.put("dealersCorrupt", finding.corrupt().dealers());
        fields.put("beforeCorrupt", finding.corrupt().before());
        fields.put("userKey", scenario.userKey());
        fields.put("seed", scenario.seed());
        fields.put("learn", finding.size().isPresent());
        fields.put("size", size(finding.size()));
        fields.put("coalitions", finding.coalitions());
        fields.put("sets", finding.sets());
        fields.put("choicesTried", finding.choices());
        fields.put("choices", BigDecimal.valueOf(finding.allChoices()).toBigInteger());
        fields.put("irregular", finding.irregular());
        fields.put("certificate", finding.certificate().map(Certificate::terms).orElse(List.of()));
        return fields;
    }

    /** 0 for none: JSON's null would read as not known. It may stand for nobody else, too, which "learn" tells. */
    private static int size(OptionalInt size) {
        return size.orElse(0);
    }

    // ------------------------------------------------------------------------------------------------------- a table

    public static String text(Table table) {
        List<String> lines = new ArrayList<>();
        lines.add("The smallest coalition of providers that learns m, after 0, 1, 2, 3 reads with the worst S;");
        lines.add("+ key: with the user's key in its hands; - : not even all n together.");
        lines.add("");
        lines.add(line(
                table.columns().stream()
                        .map(column -> column.userKey()
                                ? ""
                                : "prot. " + column.scheme().protocol())
                        .toList(),
                "",
                ""));
        lines.add(line(
                table.columns().stream()
                        .map(column -> column.userKey()
                                ? ""
                                : column.scheme().profile().text())
                        .toList(),
                "",
                ""));
        lines.add(line(
                table.columns().stream()
                        .map(column -> column.userKey() ? "+ key" : "")
                        .toList(),
                "n",
                "t"));
        for (Table.Row row : table.rows()) {
            lines.add(line(
                    row.cells().stream().map(Report::cell).toList(), String.valueOf(row.n()), String.valueOf(row.t())));
        }
        lines.add("");
        lines.add(
                table.rows().stream().flatMap(row -> row.cells().stream()).anyMatch(Table.Cell::sampled)
                        ? "* not every choice of S was tried: drawn with seed " + table.seed() + "."
                        : "Every choice of S, of as many providers as the scheme needs to read, was tried.");
        return String.join("\n", lines) + "\n";
    }

    private static String line(List<String> cells, String n, String t) {
        return ("%-2s%-2s".formatted(n, t)
                        + cells.stream().map("%-9s"::formatted).collect(Collectors.joining(" ", " ", "")))
                .stripTrailing();
    }

    private static String cell(Table.Cell cell) {
        return cell.sizes().stream()
                        .map(size -> size.isPresent() ? String.valueOf(size.getAsInt()) : "-")
                        .collect(Collectors.joining(" "))
                + (cell.sampled() ? "*" : "");
    }

    public static List<Map<String, Object>> fields(Table table) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Table.Row row : table.rows()) {
            for (int i = 0; i < row.cells().size(); i++) {
                Scheme scheme = table.columns().get(i).scheme();
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("n", row.n());
                fields.put("t", row.t());
                fields.put("protocol", scheme.protocol());
                fields.put("profile", scheme.profile().text());
                fields.put("userKey", table.columns().get(i).userKey());
                fields.put(
                        "sizeByReads",
                        row.cells().get(i).sizes().stream().map(Report::size).toList());
                fields.put("sampled", row.cells().get(i).sampled());
                all.add(fields);
            }
        }
        return all;
    }

    // --------------------------------------------------------------------------------------------------------- words

    private static String and(List<String> parts) {
        int last = parts.size() - 1;
        return last == 0
                ? parts.getFirst()
                : String.join(", ", parts.subList(0, last)) + (last > 1 ? ", and " : " and ") + parts.get(last);
    }

    private static String capital(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    /** Lines of at most {@value #COLUMNS} columns; none for no text. */
    private static List<String> wrap(String indent, String text) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (!line.isEmpty() && indent.length() + line.length() + 1 + word.length() > COLUMNS) {
                lines.add(indent + line);
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        if (!line.isEmpty()) {
            lines.add(indent + line);
        }
        return lines;
    }
}
