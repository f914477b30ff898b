package dev.interlock.bench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The tables of a document: each stands between {@code <!-- bench SUITE -->} and {@code <!-- end SUITE -->}, and a run of its suite
 * puts what it measured there. So no figure in it is older than the run that the line above it names.
 */
final class ResultTables {
    private ResultTables() {}

    /** The suites that a document has a place for. */
    static boolean hasPlace(String document, String suite) {
        int begin = document.indexOf(begin(suite));
        return begin >= 0 && document.indexOf(end(suite), begin) > begin;
    }

    /**
     * The document with the tables of this run; others stay.
     *
     * @param flags that the suites ran with, for the command above each table
     * @throws IllegalArgumentException when a suite of the report has no place in it
     */
    static String into(String document, Machine machine, Report report, String flags) {
        Set<String> suites = new LinkedHashSet<>();
        report.rows().forEach(row -> suites.add(row.suite()));
        report.notes().forEach(note -> suites.add(note.suite()));
        String text = document;
        for (String suite : suites) {
            if (!hasPlace(text, suite)) {
                throw new IllegalArgumentException("there is no place for the table of " + suite);
            }
            int from = text.indexOf(begin(suite)) + begin(suite).length();
            int to = text.indexOf(end(suite), from);
            text = text.substring(0, from) + table(suite, machine, report, flags) + text.substring(to);
        }
        return text;
    }

    private static String begin(String suite) {
        return "<!-- bench " + suite + " -->\n";
    }

    private static String end(String suite) {
        return "<!-- end " + suite + " -->";
    }

    private static String table(String suite, Machine machine, Report report, String flags) {
        List<String> lines = new ArrayList<>();
        lines.add("`./interlock bench " + suite + flags + "` on " + machine.text() + ":");
        List<Map<String, String>> rows = report.rows().stream()
                .filter(row -> row.suite().equals(suite))
                .map(Report::cells)
                .toList();
        if (!rows.isEmpty()) {
            lines.add("");
            lines.add(line(List.copyOf(rows.getFirst().keySet())));
            lines.add(rows.getFirst().keySet().stream().map(_ -> "---").collect(Collectors.joining("|", "|", "|")));
            rows.forEach(row -> lines.add(line(List.copyOf(row.values()))));
        }
        List<Report.Note> notes = report.notes().stream()
                .filter(note -> note.suite().equals(suite))
                .toList();
        if (!notes.isEmpty()) {
            lines.add("");
            notes.forEach(note -> lines.add("- " + note.text()));
        }
        return String.join("\n", lines) + "\n";
    }

    private static String line(List<String> cells) {
        return cells.stream().map(cell -> cell.replace("|", "\\|")).collect(Collectors.joining(" | ", "| ", " |"));
    }
}
