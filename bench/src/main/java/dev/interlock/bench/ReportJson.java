package dev.interlock.bench;

import dev.interlock.protocol.Json;
import java.util.List;
import java.util.Map;

/**
 * The report as JSON. Schema:
 *
 * <pre>
 * {"machine": {"java", "system", "processors", "load", "kernel"},
 *  "rows":    [{"suite", "what", "unit", "figure": SPREAD, "comparison": null or
 *               {"limitName", "limit": SPREAD, "ratio": SPREAD, "goal": null or {"kind": "AT_LEAST" | "AT_MOST", "bound"},
 *                "met": null | true | false}}],
 *  "notes":   [{"suite", "text"}],
 *  "lines":   {PLOT: {"xLabel", "yLabel", "lines": {LINE: [{"x", "y"}]}}},
 *  "bars":    {PLOT: {"unit", "bars": {BAR: {PART: number}}}}}
 * SPREAD = {"median", "min", "max"} over the repetitions; the ratio is figure / limit of the same repetition
 * </pre>
 */
final class ReportJson {
    private ReportJson() {}

    private record Document(
            Machine machine,
            List<Report.Row> rows,
            List<Report.Note> notes,
            Map<String, Report.Lines> lines,
            Map<String, Report.Bars> bars) {}

    static byte[] write(Machine machine, Report report) {
        return Json.write(new Document(machine, report.rows(), report.notes(), report.lines(), report.bars()));
    }
}
