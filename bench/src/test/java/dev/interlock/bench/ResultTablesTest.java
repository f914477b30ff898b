package dev.interlock.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ResultTablesTest {
    private static final String DOCUMENT = """
            # Figures
            <!-- bench one -->
            old
            <!-- end one -->
            between
            <!-- bench two -->
            <!-- end two -->
            """;

    private static Report report(String suite) {
        Report report = new Report();
        report.ratio(suite, "put", "ms", List.of(2.0, 3.0, 4.0), "a|b", List.of(1.0, 1.0, 1.0), Goal.atMost(2));
        report.note(suite, "a remark");
        return report;
    }

    @Test
    void onlyTheTableOfWhatRanIsReplaced() {
        String text = ResultTables.into(DOCUMENT, Machine.now(), report("one"), " --quick");
        assertThat(text)
                .startsWith("# Figures\n<!-- bench one -->\n`./interlock bench one --quick` on ")
                .contains("| put | 3.00 ms | a\\|b 1.00 ms | 3.00 [2.00–4.00] | ≤ 2.00 | NO |", "- a remark\n")
                .endsWith("<!-- end one -->\nbetween\n<!-- bench two -->\n<!-- end two -->\n")
                .doesNotContain("old");
        assertThat(ResultTables.into(text, Machine.now(), report("one"), " --quick"))
                .isEqualTo(text);
    }

    @Test
    void aSuiteWithoutAPlaceIsRefused() {
        assertThatThrownBy(() -> ResultTables.into(DOCUMENT, Machine.now(), report("three"), ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("three");
        assertThat(ResultTables.hasPlace("<!-- bench one -->\n", "one")).isFalse();
    }

    /** What {@code bench --all} would find out after hours. */
    @Test
    void everySuiteHasItsPlaceInTheDocument() throws IOException {
        String document = Files.readString(Path.of("..", "docs", "performance.md"));
        assertThat(Bench.SUITES).isNotEmpty().allMatch(suite -> ResultTables.hasPlace(document, suite.name()));
    }
}
