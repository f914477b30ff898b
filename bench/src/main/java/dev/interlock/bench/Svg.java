package dev.interlock.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The plots of a report as SVG, 800 pixels wide, on whatever background: lines and text are readable on light and dark. */
final class Svg {
    private static final int WIDTH = 800;
    private static final int LINE_HEIGHT = 16;
    private static final List<String> COLOURS =
            List.of("#3b82c4", "#d9822b", "#2a9d6f", "#c0508f", "#8c7ae6", "#a3902a", "#b8442f", "#8a8f98");

    private static final String STYLE = "text{font:13px system-ui,sans-serif;fill:#57606a}"
            + ".title{font-size:16px;font-weight:600}.axis{stroke:#57606a}.grid{stroke:#8a8f98;stroke-opacity:.25}"
            + ".line{fill:none;stroke-width:2}.end{text-anchor:end}.middle{text-anchor:middle}.in{fill:#fff}"
            + "@media(prefers-color-scheme:dark){text{fill:#adb5bd}.axis{stroke:#adb5bd}.in{fill:#fff}}";

    private final StringBuilder body = new StringBuilder();

    private Svg() {}

    /** A document by the name of each plot. */
    static Map<String, String> plots(Report report) {
        Map<String, String> plots = new LinkedHashMap<>();
        report.lines().forEach((name, lines) -> plots.put(name, lines(name, lines)));
        report.bars().forEach((name, bars) -> plots.put(name, bars(name, bars)));
        return plots;
    }

    /** Lines over two logarithmic axes, each named at its right end. */
    static String lines(String name, Report.Lines plot) {
        int bottom = 430;
        Axis x = Axis.over(points(plot).map(Report.Point::x).toList(), 70, 600);
        Axis y = Axis.over(points(plot).map(Report.Point::y).toList(), bottom, 60);
        Svg svg = new Svg();
        svg.text(70, 28, "title", name);
        svg.text(70, 50, "", plot.yLabel());
        svg.text(600, bottom + 42, "end", plot.xLabel());
        for (double tick : x.ticks()) {
            svg.line(x.at(tick), 60, x.at(tick), bottom, "grid");
            svg.text(x.at(tick), bottom + 20, "middle", tickText(tick));
        }
        for (double tick : y.ticks()) {
            svg.line(70, y.at(tick), 600, y.at(tick), "grid");
            svg.text(62, y.at(tick) + 4, "end", tickText(tick));
        }
        svg.line(70, bottom, 600, bottom, "axis");
        svg.line(70, 60, 70, bottom, "axis");

        record End(String line, String colour, double y) {}
        List<End> ends = new ArrayList<>();
        plot.lines().forEach((line, unsorted) -> {
            String colour = COLOURS.get(ends.size() % COLOURS.size());
            List<Report.Point> points = unsorted.stream()
                    .sorted(Comparator.comparingDouble(Report.Point::x))
                    .toList();
            StringBuilder path = new StringBuilder();
            for (Report.Point point : points) {
                path.append(number(x.at(point.x())))
                        .append(',')
                        .append(number(y.at(point.y())))
                        .append(' ');
            }
            svg.add("<polyline class=\"line\" stroke=\"%s\" points=\"%s\"/>"
                    .formatted(colour, path.toString().strip()));
            for (Report.Point point : points) {
                svg.add("<circle fill=\"%s\" r=\"3\" cx=\"%s\" cy=\"%s\"/>"
                        .formatted(colour, number(x.at(point.x())), number(y.at(point.y()))));
            }
            ends.add(new End(line, colour, y.at(points.getLast().y())));
        });
        // Names that would lie on one another are moved down.
        double free = 60;
        for (End end : ends.stream().sorted(Comparator.comparingDouble(End::y)).toList()) {
            double at = Math.max(end.y(), free);
            svg.add("<rect fill=\"%s\" x=\"612\" y=\"%s\" width=\"10\" height=\"3\"/>"
                    .formatted(end.colour(), number(at - 1)));
            svg.text(628, at + 4, "", end.line());
            free = at + LINE_HEIGHT;
        }
        return svg.document(Math.max(490, free + LINE_HEIGHT));
    }

    /** A horizontal bar of stacked parts for each name, on a common scale from zero. */
    static String bars(String name, Report.Bars plot) {
        Set<String> parts = new LinkedHashSet<>();
        plot.bars().values().forEach(bar -> parts.addAll(bar.keySet()));
        List<String> order = List.copyOf(parts);
        double longest =
                plot.bars().values().stream().mapToDouble(Svg::total).max().orElse(0);
        double scale = longest > 0 ? 540 / longest : 0;
        Svg svg = new Svg();
        svg.text(20, 28, "title", name + ", " + plot.unit());
        double at = 60;
        for (Map.Entry<String, Map<String, Double>> bar : plot.bars().entrySet()) {
            svg.text(140, at + 20, "end", bar.getKey());
            double left = 150;
            for (Map.Entry<String, Double> part : bar.getValue().entrySet()) {
                double width = part.getValue() * scale;
                svg.add("<rect fill=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"30\"/>"
                        .formatted(colour(order, part.getKey()), number(left), number(at), number(width)));
                if (width > 44) {
                    svg.text(left + width / 2, at + 20, "middle in", Report.number(part.getValue()));
                }
                left += width;
            }
            svg.text(left + 8, at + 20, "", Report.number(total(bar.getValue())));
            at += 44;
        }
        for (String part : order) {
            svg.add("<rect fill=\"%s\" x=\"150\" y=\"%s\" width=\"10\" height=\"10\"/>"
                    .formatted(colour(order, part), number(at + 3)));
            svg.text(168, at + 13, "", part);
            at += LINE_HEIGHT + 2;
        }
        return svg.document(at + LINE_HEIGHT);
    }

    /** A logarithmic scale from one pixel to another. */
    private record Axis(double low, double high, double from, double to) {

        static Axis over(List<Double> values, double from, double to) {
            List<Double> drawable =
                    values.stream().filter(value -> value > 0).sorted().toList();
            if (drawable.size() < values.size() || drawable.isEmpty()) {
                throw new IllegalArgumentException("a logarithmic axis needs values above 0: " + values);
            }
            double low = Math.log10(drawable.getFirst());
            double high = Math.log10(drawable.getLast());
            double margin = Math.max(0.05 * (high - low), 0.05);
            return new Axis(low - margin, high + margin, from, to);
        }

        double at(double value) {
            return from + (Math.log10(value) - low) / (high - low) * (to - from);
        }

        /** Powers of ten, or of them and their double and fivefold where there would be few. */
        List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            for (int power = (int) Math.floor(low); power <= high; power++) {
                for (int digit : high - low > 2 ? new int[] {1} : new int[] {1, 2, 5}) {
                    double tick = digit * Math.pow(10, power);
                    if (Math.log10(tick) >= low && Math.log10(tick) <= high) {
                        ticks.add(tick);
                    }
                }
            }
            return ticks;
        }
    }

    private static Stream<Report.Point> points(Report.Lines plot) {
        return plot.lines().values().stream().flatMap(List::stream);
    }

    private static double total(Map<String, Double> bar) {
        return bar.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    private static String colour(List<String> order, String part) {
        return COLOURS.get(order.indexOf(part) % COLOURS.size());
    }

    private void line(double x1, double y1, double x2, double y2, String kind) {
        add("<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>"
                .formatted(kind, number(x1), number(y1), number(x2), number(y2)));
    }

    private void text(double x, double y, String kind, String text) {
        add("<text class=\"%s\" x=\"%s\" y=\"%s\">%s</text>".formatted(kind, number(x), number(y), escape(text)));
    }

    private void add(String element) {
        body.append("  ").append(element).append('\n');
    }

    private String document(double height) {
        return String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%s\" viewBox=\"0 0 %d %s\">%n"
                        + "  <style>%s</style>%n%s</svg>%n",
                WIDTH,
                number(height),
                WIDTH,
                number(height),
                STYLE,
                body);
    }

    private static String tickText(double tick) {
        String[] prefixes = {"", "k", "M", "G", "T"};
        double value = tick;
        int prefix = 0;
        while (value >= 1000 && prefix < prefixes.length - 1) {
            value /= 1000;
            prefix++;
        }
        return value >= 1 ? Math.round(value) + prefixes[prefix] : String.format(Locale.ROOT, "%.2g", value);
    }

    private static String number(double pixel) {
        return String.format(Locale.ROOT, "%.1f", pixel);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
