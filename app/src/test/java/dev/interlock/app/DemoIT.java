package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class DemoIT {
    @Test
    @Timeout(240)
    void tellsTheWholeStory(@TempDir Path dir) {
        Cli.Result demo = Cli.built().run("demo", "--dir", dir.resolve("demo")).expect(0);
        String table = demo.text().substring(demo.text().indexOf("== What happened"));
        List<String> rows =
                table.lines().skip(1).takeWhile(line -> !line.isBlank()).toList();
        assertThat(rows.getFirst()).contains("STEP", "OUTCOME", "SECONDS", "RATE");
        assertThat(rows).hasSize(12);
        assertThat(table).contains("MB/s", "same SHA-256", "refused, exit code 3", "refused, exit code 5");
        assertThat(table).contains("unrecoverable at 3").doesNotContain("WRONG", "must not");
        // Every process is stopped, and the folder is gone.
        assertThat(dir).isEmptyDirectory();
        assertThat(ProcessHandle.allProcesses()
                        .flatMap(process -> process.info().commandLine().stream())
                        .filter(line -> line.contains(dir.toString())))
                .isEmpty();
    }
}
