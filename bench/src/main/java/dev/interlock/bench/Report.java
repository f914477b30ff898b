package dev.interlock.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a run measured: tables of ratios, notes, and series for the plots. */
public final class Report {

    /** The middle of some figures and how far they spread. */
    public record Spread(double median, double min, double max) {

        /** @throws IllegalArgumentException if there are no figures or one isn't finite */
        public static Spread of(List<Double> figures) {
            if (figures.isEmpty()) {
                throw new IllegalArgumentException("got no figures, need at least 1");
            }
            double[] sorted =
                    figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            if (!Arrays.stream(sorted).allMatch(Double::isFinite)) {
                throw new IllegalArgumentException("figures must be finite: " + figures);
            }
            int middle = sorted.length / 2;
            double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
            return new Spread(median, sorted[0], sorted[sorted.length - 1]);
        }
    }

    /**
     * What a figure is compared with.
     *
     * @param ratio figure ÷ limit by repetition
     * @param goal what its median must reach
     * @param met whether it does; null without a goal
     */
    public record Comparison(
            String limitName,
            Spread limit,
            Spread ratio,
            @Nullable Goal goal,
            @Nullable Boolean met) {}

    /** One line of a suite's table. */
    public record Row(
            String suite,
            String what,
            String unit,
            Spread figure,
            @Nullable Comparison comparison) {}

    /** A plot of lines; both axes are logarithmic. */
    public record Lines(String xLabel, String yLabel, Map<String, List<Point>> lines) {}

    /** A point of a line. */
    public record Point(double x, double y) {}

    /** A plot of stacked bars: for every bar its parts, in the order in which they came. */
    public record Bars(String unit, Map<String, Map<String, Double>> bars) {}

    /** A remark on a suite. */
    public record Note(String suite, String text) {}

    private final List<Row> rows = new ArrayList<>();
    private final List<Note> notes = new ArrayList<>();
    private final Map<String, Lines> lines = new LinkedHashMap<>();
    private final Map<String, Bars> bars = new LinkedHashMap<>();

    /**
     * A figure and the limit that it is measured against, one of each by repetition.
     *
     * @param unit of both, for example GB/s or ms
     * @param limits as many as there are figures
     * @throws IllegalArgumentException if the numbers of figures differ or are 0, or one isn't finite
     */
    public void ratio(
            String suite,
            String what,
            String unit,
            List<Double> figures,
            String limitName,
            List<Double> limits,
            @Nullable Goal goal) {
        if (figures.size() != limits.size()) {
            throw new IllegalArgumentException(what + ": " + figures.size() + " figures but " + limits.size()
                    + " of the limit, expected one for each repetition");
        }
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < figures.size(); i++) {
            ratios.add(figures.get(i) / limits.get(i));
        }
        Spread ratio = Spread.of(ratios);
        Boolean met = goal == null ? null : goal.met(ratio.median());
        Comparison comparison = new Comparison(limitName, Spread.of(limits), ratio, goal, met);
        rows.add(new Row(suite, what, unit, Spread.of(figures), comparison));
    }

    /** A bare figure, for tables without a limit. */
    public void figure(String suite, String what, String unit, List<Double> figures) {
        rows.add(new Row(suite, what, unit, Spread.of(figures), null));
    }

    /** One point of a line of a plot with logarithmic axes. */
    public void point(String plot, String xLabel, String yLabel, String line, double x, double y) {
        lines.computeIfAbsent(plot, _ -> new Lines(xLabel, yLabel, new LinkedHashMap<>()))
                .lines()
                .computeIfAbsent(line, _ -> new ArrayList<>())
                .add(new Point(x, y));
    }

    /** One part of a stacked bar. */
    public void part(String plot, String unit, String bar, String part, double value) {
        bars.computeIfAbsent(plot, _ -> new Bars(unit, new LinkedHashMap<>()))
                .bars()
                .computeIfAbsent(bar, _ -> new LinkedHashMap<>())
                .merge(part, value, Double::sum);
    }

    /** A remark that belongs to the figures: what the machine was doing, what a limit means. */
    public void note(String suite, String text) {
        notes.add(new Note(suite, text));
    }

    /** All figures in the order in which they came. */
    public List<Row> rows() {
        return List.copyOf(rows);
    }

    /** All remarks. */
    public List<Note> notes() {
        return List.copyOf(notes);
    }

    /** The plots of lines by name. */
    public Map<String, Lines> lines() {
        return lines;
    }

    /** The plots of bars by name. */
    public Map<String, Bars> bars() {
        return bars;
    }

    /** A table and the remarks of every suite. */
    public void print(PrintStream out) {
        Set<String> suites = new LinkedHashSet<>();
        rows.forEach(row -> suites.add(row.suite()));
        notes.forEach(note -> suites.add(note.suite()));
        for (String suite : suites) {
            out.println();
            out.println(suite);
            List<Row> here =
                    rows.stream().filter(row -> row.suite().equals(suite)).toList();
            if (!here.isEmpty()) {
                out.println();
                Table.print(out, here.stream().map(Report::cells).toList());
            }
            List<Note> remarks =
                    notes.stream().filter(note -> note.suite().equals(suite)).toList();
            if (!remarks.isEmpty()) {
                out.println();
                remarks.forEach(note -> out.println("  " + note.text()));
            }
        }
        long goals = rows.stream().filter(row -> met(row) != null).count();
        long met = rows.stream().filter(row -> Boolean.TRUE.equals(met(row))).count();
        if (goals > 0) {
            out.println();
            out.println(met + " of " + goals + " goals met");
        }
    }

    private static @Nullable Boolean met(Row row) {
        return row.comparison() == null ? null : row.comparison().met();
    }

    /** What a table says of a row, by column. */
    static Map<String, String> cells(Row row) {
        Map<String, String> cells = new LinkedHashMap<>();
        cells.put("what", row.what());
        cells.put("median", number(row.figure().median()) + " " + row.unit());
        Comparison comparison = row.comparison();
        Goal goal = comparison == null ? null : comparison.goal();
        cells.put(
                "limit",
                comparison == null
                        ? ""
                        : comparison.limitName() + " "
                                + number(comparison.limit().median()) + " " + row.unit());
        cells.put("ratio", comparison == null ? "" : ratio(comparison.ratio()));
        cells.put("goal", goal == null ? "" : goal.toString());
        cells.put(
                "met",
                goal == null || comparison == null
                        ? ""
                        : goal.met(comparison.ratio().median()) ? "yes" : "NO");
        return cells;
    }

    private static String ratio(Spread ratio) {
        return number(ratio.median()) + " [" + number(ratio.min()) + "–" + number(ratio.max()) + "]";
    }

    /** Three digits that count, without an exponent. */
    static String number(double value) {
        double size = Math.abs(value);
        int decimals = size >= 99.95 || size == 0 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : size >= 0.0995 ? 3 : 5;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
