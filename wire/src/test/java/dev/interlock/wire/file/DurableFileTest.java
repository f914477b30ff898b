package dev.interlock.wire.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.wire.file.DurableFile.Access;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file is there whole under its name or not at all, and nobody else's link is written through. */
final class DurableFileTest {
    private static final byte[] CONTENT = "secret\n".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path folder;

    @Test
    void writesForItsOwnerAloneAndLeavesNothingElse() throws IOException {
        Path file = folder.resolve("key");
        DurableFile.writeNew(file, Access.OWNER, CONTENT);
        assertThat(file).hasBinaryContent(CONTENT);
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(names()).containsExactly("key");
    }

    @Test
    void hasItsPermissionsBeforeItsContent() throws IOException {
        try (DurableFile file = DurableFile.create(folder.resolve("key"), Access.OWNER)) {
            assertThat(Files.size(file.aside())).isZero();
            assertThat(Files.getPosixFilePermissions(file.aside()))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        }
        assertThat(names()).isEmpty();
    }

    @Test
    void neverReplacesWhatIsThereUnlessToldTo() throws IOException {
        Path file = Files.writeString(folder.resolve("key"), "old");
        assertThatThrownBy(() -> DurableFile.writeNew(file, Access.OWNER, CONTENT))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent("old");
        DurableFile.write(file, Access.OWNER, CONTENT);
        assertThat(file).hasBinaryContent(CONTENT);
        assertThat(names()).containsExactly("key");
    }

    @Test
    void writesThroughNoLink() throws IOException {
        Path victim = Files.writeString(folder.resolve("victim"), "theirs");
        Path link = Files.createSymbolicLink(folder.resolve("key"), victim);
        Path nowhere = Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("planted"));
        assertThatThrownBy(() -> DurableFile.writeNew(link, Access.OWNER, CONTENT))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> DurableFile.writeNew(nowhere, Access.OWNER, CONTENT))
                .isInstanceOf(FileAlreadyExistsException.class);
        DurableFile.write(link, Access.OWNER, CONTENT);
        assertThat(victim).hasContent("theirs");
        assertThat(Files.isSymbolicLink(link)).isFalse();
        assertThat(Files.exists(folder.resolve("planted"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
    }

    @Test
    void hasAnotherNameEachTimeUntilItIsWhole() throws IOException {
        Path target = folder.resolve("out");
        try (DurableFile one = DurableFile.create(target, Access.OWNER);
                DurableFile two = DurableFile.create(target, Access.OWNER)) {
            assertThat(one.aside()).isNotEqualTo(two.aside());
            one.channel().write(ByteBuffer.wrap(CONTENT));
            one.publish();
            assertThatThrownBy(two::publish).isInstanceOf(FileAlreadyExistsException.class);
        }
        assertThat(names()).containsExactly("out");
        assertThat(target).hasBinaryContent(CONTENT);
    }

    @Test
    void removesWhatAKilledProcessLeftAndNothingElse() throws IOException {
        Files.writeString(folder.resolve(".out.interlock-part-" + "0123456789abcdef01234567"), "left");
        List<Path> others = List.of(
                folder.resolve(".out.interlock-part-short"),
                folder.resolve(".other.interlock-part-" + "0123456789abcdef01234567"),
                folder.resolve("victim"));
        for (Path other : others) {
            Files.writeString(other, "theirs");
        }
        Path link = folder.resolve(".out.interlock-part-" + "aaaaaaaaaaaaaaaaaaaaaaaa");
        Files.createSymbolicLink(link, folder.resolve("victim"));
        try (DurableFile live = DurableFile.create(folder.resolve("out"), Access.OWNER);
                DurableFile another = DurableFile.create(folder.resolve("out"), Access.OWNER)) {
            assertThat(names())
                    .contains(live.aside().getFileName().toString())
                    .contains(another.aside().getFileName().toString())
                    .doesNotContain(".out.interlock-part-0123456789abcdef01234567");
            assertThat(others).allSatisfy(other -> assertThat(other).hasContent("theirs"));
        }
    }

    @Test
    void createsFoldersForTheirOwnerAlone() throws IOException {
        Path deep = folder.resolve("a/b/c");
        DurableFile.createFolder(deep);
        DurableFile.createFolder(deep);
        assertThat(Files.getPosixFilePermissions(folder.resolve("a")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(deep).isDirectory();
        Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> DurableFile.createFolder(folder.resolve("file")))
                .isInstanceOf(FileAlreadyExistsException.class);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
