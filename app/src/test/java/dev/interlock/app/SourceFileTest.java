package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that aren't what the system says, or don't stay it. */
final class SourceFileTest {
    @TempDir
    Path folder;

    private SourceFile open(int bytes) throws IOException {
        Path path = Files.write(folder.resolve("file"), new byte[bytes]);
        return SourceFile.open(path, FileChannel.open(path)).orElseThrow();
    }

    private static void read(SourceFile file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1000);
        while (file.read(buffer) >= 0) {
            buffer.clear();
        }
    }

    @Test
    void aFileThatStaysAsItIs() throws IOException {
        try (SourceFile file = open(2500)) {
            assertThat(file.size()).isEqualTo(2500);
            read(file);
            file.position(0);
            read(file);
        }
    }

    @Test
    void theKernelsOwnFilesAreReadLikePipes() throws IOException {
        Path version = Path.of("/proc/version");
        try (FileChannel channel = FileChannel.open(version)) {
            assertThat(SourceFile.open(version, channel)).isEmpty();
            assertThat(channel.position()).isZero();
        }
    }

    @Test
    void oneThatGrowsIsNamedAndAPipeProposed() throws IOException {
        try (SourceFile file = open(100_000)) {
            Files.write(folder.resolve("file"), new byte[1], StandardOpenOption.APPEND);
            assertThatThrownBy(() -> read(file))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContainingAll(
                            "file was written to", "100000 bytes", "has more now", "interlock put - <");
        }
    }

    @Test
    void oneThatIsCutIsNamed() throws IOException {
        try (SourceFile file = open(100_000)) {
            try (FileChannel cut = FileChannel.open(folder.resolve("file"), StandardOpenOption.WRITE)) {
                cut.truncate(5000);
            }
            assertThatThrownBy(() -> read(file))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContainingAll("100000 bytes", "ends after 5000");
        }
    }

    @Test
    void oneThatIsWrittenOverIsNamed() throws IOException {
        try (SourceFile file = open(100_000)) {
            Files.setLastModifiedTime(folder.resolve("file"), FileTime.fromMillis(1));
            assertThatThrownBy(() -> read(file))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("some of it is old and some new");
        }
    }
}
