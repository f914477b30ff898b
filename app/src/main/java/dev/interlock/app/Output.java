package dev.interlock.app;

import dev.interlock.core.encoding.ForeignText;
import dev.interlock.protocol.Json;
import java.io.Console;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

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
        for (List<String> line : cells) {
            StringBuilder text = new StringBuilder();
            for (int c = 0; c < columns.size(); c++) {
                int column = c;
                int width = cells.stream()
                        .mapToInt(cell -> cell.get(column).length())
                        .max()
                        .orElse(0);
                text.append(line.get(c)).append(" ".repeat(width - line.get(c).length() + 2));
            }
            System.out.println(text.toString().stripTrailing());
        }
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

    static String rate(long bytes, long nanos) {
        return String.format(Locale.ROOT, "%.0f MB/s", bytes / 1e6 / (nanos / 1e9));
    }

    static boolean terminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    }

    /** A bar on stderr while a terminal looks on and there's something to wait for; silent otherwise. */
    static final class Progress implements AutoCloseable, LongConsumer {
        private static final long WORTH_A_BAR_BYTES = 8 << 20;

        private final String task;
        private Optional<ProgressBar> bar = Optional.empty();

        Progress(String task) {
            this.task = task;
        }

        void start(long totalBytes) {
            if (terminal() && totalBytes > WORTH_A_BAR_BYTES) {
                bar = Optional.of(new ProgressBarBuilder()
                        .setTaskName(task)
                        .setInitialMax(totalBytes)
                        .setUnit(" MB", 1_000_000)
                        .setStyle(ProgressBarStyle.ASCII)
                        .showSpeed()
                        .build());
            }
        }

        @Override
        public void accept(long bytes) {
            bar.ifPresent(shown -> shown.stepBy(bytes));
        }

        @Override
        public void close() {
            bar.ifPresent(ProgressBar::close);
        }
    }
}
