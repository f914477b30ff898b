package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a command may write, and what becomes of what is there. */
final class OutputFileTest {
    @TempDir
    Path folder;

    private static void write(Path target, boolean force, Path... needed) throws IOException {
        try (OutputFile file = OutputFile.create(target, force, List.of(needed))) {
            ByteBuffer content = ByteBuffer.wrap("new".getBytes(StandardCharsets.US_ASCII));
            while (content.hasRemaining()) {
                var _ = file.channel().write(content);
            }
            file.publish();
        }
    }

    private List<String> entries() {
        return List.of(folder.toFile().list());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 200, 239, 240, 255})
    void everyNameThatTheFileSystemTakes(int bytes) throws IOException {
        Path target = folder.resolve("a".repeat(bytes));
        write(target, false);
        assertThat(target).hasContent("new");
        write(target, true);
        assertThat(entries()).containsExactly("a".repeat(bytes));
    }

    @Test
    void aLinkStillLeadsToWhatWasReplaced() throws IOException {
        Path real = Files.writeString(folder.resolve("real"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("real"));
        assertThatThrownBy(() -> write(link, false)).isInstanceOf(BadInputException.class);
        write(link, true);
        assertThat(link).isSymbolicLink();
        assertThat(real).hasContent("new");
        Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("later"));
        write(dangling, false);
        assertThat(folder.resolve("later")).hasContent("new");
        Path circle = Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
        assertThatThrownBy(() -> write(circle, true)).hasMessageContaining("circle");
    }

    @Test
    void modeAndOwnerAreKept() throws IOException {
        Path file = Files.writeString(folder.resolve("conf"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        write(file, true);
        assertThat(file).hasContent("new");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
        // What is new is private.
        Path fresh = folder.resolve("fresh");
        write(fresh, true);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fresh)))
                .isEqualTo("rw-------");
    }

    @Test
    void otherNamesOfTheFileAreKept() throws IOException {
        Path file = Files.writeString(folder.resolve("one"), "older and longer");
        Path other = Files.createLink(folder.resolve("two"), file);
        write(file, true);
        assertThat(other).hasContent("new");
        assertThat(Files.isSameFile(file, other)).isTrue();
        assertThat(entries()).containsExactlyInAnyOrder("one", "two");
    }

    @Test
    void whatTheCommandNeedsIsNeverReplaced() throws IOException {
        Path key = Files.writeString(folder.resolve("key"), "secret");
        Path link = Files.createSymbolicLink(folder.resolve("link"), key);
        for (Path target : List.of(key, link, folder.resolve(".").resolve("key"))) {
            assertThatThrownBy(() -> write(target, true, folder.resolve("none"), key))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContainingAll(target.toString(), "itself needs");
        }
        assertThat(key).hasContent("secret");
    }

    @Test
    void whatIsNoNameOfAFile() {
        assertThatThrownBy(() -> write(Path.of(""), false)).hasMessageContaining("no name of a file");
        assertThatThrownBy(() -> write(folder, true)).hasMessageContaining("is a folder");
        assertThatThrownBy(() -> write(folder.resolve("none/x"), true)).hasMessageContaining("there's no folder");
        assertThatThrownBy(() -> write(Path.of("/dev/null"), true)).hasMessageContaining("no regular file");
    }

    @Test
    void nothingIsLeftOfWhatWasNotFinished() throws IOException {
        Path target = folder.resolve("out");
        try (OutputFile file = OutputFile.create(target, false)) {
            var _ = file.channel().write(ByteBuffer.wrap(new byte[5]));
        }
        assertThat(entries()).isEmpty();
    }
}
