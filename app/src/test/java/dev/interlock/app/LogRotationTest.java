package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that has become long begins anew under the process that appends to it. */
final class LogRotationTest {
    @TempDir
    private Path folder;

    @Test
    void aLongLogBeginsAnew() throws IOException {
        Path log = folder.resolve("log");
        // As a process appends to it whose output was redirected.
        try (OutputStream out = Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            write(out, "first\n");
            LogRotation.rotate(log, 6);
            assertThat(log).hasContent("first\n");
            write(out, "second\n");
            LogRotation.rotate(log, 6);
            assertThat(log).isEmptyFile();
            assertThat(folder.resolve("log.1")).hasContent("first\nsecond\n");
            write(out, "third\n");
            assertThat(log).hasContent("third\n");
            write(out, "fourth\n");
            LogRotation.rotate(log, 6);
            assertThat(folder.resolve("log.1")).hasContent("third\nfourth\n");
        }
        try (var left = Files.list(folder)) {
            assertThat(left).hasSize(2);
        }
    }

    private static void write(OutputStream out, String line) throws IOException {
        out.write(line.getBytes(StandardCharsets.US_ASCII));
    }
}
