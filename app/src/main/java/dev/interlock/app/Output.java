package dev.interlock.app;

import dev.interlock.core.encoding.ForeignText;
import dev.interlock.protocol.Json;
import java.io.ByteArrayOutputStream;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** How results look. */
final class Output {
    private Output() {}

    static String json(Object value) {
        // Jackson escapes less than a terminal obeys; its line ends are the only ones.
        return new String(Json.write(value), StandardCharsets.UTF_8)
                .lines()
                .map(ForeignText::line)
                .collect(Collectors.joining("\n"));
    }

    /** The same in one line, for a stream on which other lines stand as well. */
    static String jsonLine(Object value) {
        // Within a text a newline is escaped: these are all between values.
        return json(value).replaceAll("\\s*\n\\s*", " ").strip();
    }

    /** Rows with the same keys; the keys are the header. */
    static void table(List<? extends Map<String, ?>> rows) {
        if (rows.isEmpty()) {
            return;
        }
        List<String> columns = new ArrayList<>(rows.getFirst().keySet());
        List<List<String>> cells = new ArrayList<>();
        cells.add(
                columns.stream().map(column -> column.toUpperCase(Locale.ROOT)).toList());
        rows.forEach(row -> cells.add(columns.stream()
                .map(column -> ForeignText.line(String.valueOf(row.get(column))))
                .toList()));
        int[] widths = new int[columns.size()];
        cells.forEach(line -> {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], line.get(c).length());
            }
        });
        StringBuilder text = new StringBuilder();
        for (List<String> line : cells) {
            for (int c = 0; c < widths.length; c++) {
                text.append(line.get(c));
                if (c < widths.length - 1) {
                    text.append(" ".repeat(widths[c] - line.get(c).length() + 2));
                }
            }
            while (!text.isEmpty() && text.charAt(text.length() - 1) == ' ') {
                text.setLength(text.length() - 1);
            }
            text.append('\n');
        }
        // At once: many lines one by one cost more than making them.
        System.out.print(text);
        System.out.flush();
    }

    /** 317.4 MB: decimal units, as disks and networks count. */
    static String size(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 999.95 && unit < 4) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %sB", value, "kMGTP".charAt(unit));
    }

    /** 1 object, 2 objects. */
    static String count(long number, String thing) {
        return number + " " + thing + (number == 1 ? "" : "s");
    }

    /** A point in time as every command shows it: UTC, to the second. */
    static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static String rate(long bytes, long nanos) {
        return String.format(Locale.ROOT, "%.0f MB/s", bytes / 1e6 / (nanos / 1e9));
    }

    /** What a person types at the terminal; empty where nobody does. */
    static Optional<String> answer(String question) {
        System.out.print(question);
        System.out.flush();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            // An agent reads at the terminal of the process that it works for.
            for (int each = System.in.read(); each != '\n'; each = System.in.read()) {
                if (each < 0) {
                    return Optional.empty();
                }
                line.write(each);
            }
            return Optional.of(line.toString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static boolean terminal() {
        return Visit.current()
                .map(Visit::isTerminal)
                .orElseGet(() -> Optional.ofNullable(System.console())
                        .filter(Console::isTerminal)
                        .isPresent());
    }
}
