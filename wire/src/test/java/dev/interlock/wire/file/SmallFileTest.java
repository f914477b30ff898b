package dev.interlock.wire.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SmallFileTest {
    private static final byte[] TEXT = "one\ntwo\n".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    /** The system's own full device. */
    @Test
    void noRoomIsSaidWithThePath() {
        Path full = Path.of("/dev/full");
        assertThatThrownBy(() -> Files.write(full, TEXT)).isInstanceOfSatisfying(IOException.class, e -> {
            assertThat(FileProblem.isNoRoom(e)).isTrue();
            assertThat(FileProblem.at(full, e)).isEqualTo("/dev/full: No space left on device");
        });
    }

    @Test
    void reasonsAreWords() {
        assertThatThrownBy(() -> Files.readAllBytes(folder.resolve("none")))
                .isInstanceOfSatisfying(
                        IOException.class,
                        e -> assertThat(FileProblem.at(folder, e))
                                .isEqualTo(folder.resolve("none") + ": there's no such file or folder"));
        assertThat(FileProblem.why(new FileSystemException("f", null, "Read-only file system")))
                .isEqualTo("Read-only file system");
        assertThat(FileProblem.isOutOfDescriptors(
                        new IllegalStateException(new IOException("accept: Too many open files"))))
                .isTrue();
    }

    @Test
    void whatEditorsOfWindowsAddIsTakenAway() throws IOException {
        Path file = folder.resolve("card");
        Files.writeString(file, "\uFEFFone\r\ntwo\r\n");
        assertThat(SmallFile.readDocument(file)).isEqualTo(TEXT);
        assertThat(SmallFile.read(file)).isEqualTo("one\r\ntwo\r\n".getBytes(StandardCharsets.UTF_8));
        Files.writeString(file, "\r\none\rtwo\r");
        assertThat(SmallFile.readDocument(file)).isEqualTo("\none\rtwo\r".getBytes(StandardCharsets.UTF_8));
    }
}
