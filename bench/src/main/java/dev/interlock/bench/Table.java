package dev.interlock.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Rows in aligned columns. */
final class Table {
    private Table() {}

    /** Prints rows with the same keys; the keys are the header. */
    static void print(PrintStream out, List<Map<String, String>> rows) {
        List<String> columns = List.copyOf(rows.getFirst().keySet());
        List<List<String>> lines = new ArrayList<>();
        lines.add(
                columns.stream().map(column -> column.toUpperCase(Locale.ROOT)).toList());
        rows.forEach(row -> lines.add(
                columns.stream().map(column -> row.getOrDefault(column, "")).toList()));
        int[] widths = new int[columns.size()];
        for (List<String> line : lines) {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], line.get(c).length());
            }
        }
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder("  ");
            for (int c = 0; c < widths.length; c++) {
                text.append(line.get(c))
                        .append(" ".repeat(widths[c] - line.get(c).length() + 2));
            }
            out.println(text.toString().stripTrailing());
        }
    }
}
