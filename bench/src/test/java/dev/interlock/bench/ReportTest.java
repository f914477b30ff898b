package dev.interlock.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReportTest {
    private final Report report = new Report();

    @Test
    void theMedianIsTheMiddleOrBetweenTheTwoInTheMiddle() {
        assertThat(Report.Spread.of(List.of(3.0, 1.0, 2.0))).isEqualTo(new Report.Spread(2, 1, 3));
        assertThat(Report.Spread.of(List.of(4.0, 1.0, 2.0, 10.0))).isEqualTo(new Report.Spread(3, 1, 10));
        assertThat(Report.Spread.of(List.of(7.0))).isEqualTo(new Report.Spread(7, 7, 7));
    }

    @Test
    void figuresThatSayNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> Report.Spread.of(List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> Report.Spread.of(List.of(1.0, Double.NaN)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> report.ratio("s", "w", "s", List.of(1.0, 2.0), "limit", List.of(1.0), null))
                .withMessageContaining("2 figures but 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> report.ratio("s", "w", "s", List.of(1.0), "limit", List.of(0.0), null));
    }

    /** Not the ratio of the medians: what disturbs the machine meets both of a repetition. */
    @Test
    void ratiosAreMadeRepetitionByRepetition() {
        report.ratio("s", "w", "s", List.of(1.0, 20.0, 3.0), "limit", List.of(2.0, 10.0, 3.0), null);
        Report.Row row = report.rows().getFirst();
        assertThat(row.figure().median()).isEqualTo(3);
        assertThat(row.comparison().limit().median()).isEqualTo(3);
        assertThat(row.comparison().ratio()).isEqualTo(new Report.Spread(1, 0.5, 2));
        assertThat(row.comparison().met()).isNull();
    }

    @Test
    void goalsIncludeTheirBound() {
        assertThat(Goal.atLeast(0.95).met(0.95)).isTrue();
        assertThat(Goal.atLeast(0.95).met(0.949)).isFalse();
        assertThat(Goal.atMost(1.5).met(1.5)).isTrue();
        assertThat(Goal.atMost(1.5).met(1.51)).isFalse();
        assertThat(Goal.atLeast(0.95)).hasToString("≥ 0.95");
        assertThat(Goal.atMost(256)).hasToString("≤ 256");
    }

    @Test
    void printsWhatWasMetAndWhatWasNot() {
        report.ratio("kernels", "layer", "GB/s", List.of(20.0), "plain XOR", List.of(20.0), Goal.atLeast(0.95));
        report.ratio("stream", "put", "s", List.of(4.0), "bound", List.of(2.0), Goal.atMost(1.5));
        report.figure("stream", "hash", "GB/s", List.of(1.372));
        report.note("stream", "1 GiB");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        report.print(new PrintStream(out, true, StandardCharsets.UTF_8));
        assertThat(out.toString(StandardCharsets.UTF_8).lines().map(String::strip))
                .contains(
                        "layer  20.0 GB/s  plain XOR 20.0 GB/s  1.00 [1.00–1.00]  ≥ 0.95  yes",
                        "put   4.00 s     bound 2.00 s  2.00 [2.00–2.00]  ≤ 1.50  NO",
                        "hash  1.37 GB/s",
                        "1 GiB",
                        "1 of 2 goals met");
    }

    @Test
    void partsOfTheSameNameAddUp() {
        report.part("put", "s", "put", "hash", 1);
        report.part("put", "s", "put", "hash", 0.5);
        assertThat(report.bars().get("put").bars().get("put").get("hash")).isCloseTo(1.5, within(1e-9));
    }

    @Test
    void theJsonHasEveryFigure() {
        report.ratio("kernels", "layer", "GB/s", List.of(1.0), "plain XOR", List.of(2.0), Goal.atLeast(0.95));
        report.point("plot", "bytes", "GB/s", "layer", 64, 1.5);
        String json = new String(ReportJson.write(Machine.now(), report), StandardCharsets.UTF_8);
        assertThat(json.replaceAll("\\s", ""))
                .contains(
                        "\"ratio\":{\"median\":0.5,\"min\":0.5,\"max\":0.5}",
                        "\"goal\":{\"kind\":\"AT_LEAST\",\"bound\":0.95},\"met\":false",
                        "\"layer\":[{\"x\":64.0,\"y\":1.5}]",
                        "\"processors\":");
    }
}
