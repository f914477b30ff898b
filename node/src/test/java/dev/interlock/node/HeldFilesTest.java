package dev.interlock.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HeldFilesTest {
    @TempDir
    Path folder;

    private static void says(HeldFiles held, String what) {
        held.check();
        assertThat(held.problem()).hasValueSatisfying(why -> assertThat(why).contains(what));
    }

    @Test
    void whatBecomesOfAFileIsSaidUntilItIsBack() throws IOException {
        Path file = Files.writeString(folder.resolve("audit.log"), "line\n");
        HeldFiles held = new HeldFiles("cc1", List.of(file, folder.resolve("none")));
        Files.writeString(file, "another\n", StandardOpenOption.APPEND);
        held.check();
        assertThat(held.problem()).isEmpty();

        Path away = folder.resolve("away");
        Files.move(file, away);
        says(held, "audit.log was moved");
        Files.copy(away, file);
        says(held, "audit.log was replaced");
        Files.delete(file);
        Files.move(away, file);
        held.check();
        assertThat(held.problem()).isEmpty();

        try (FileChannel cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
            cut.truncate(3);
        }
        says(held, "audit.log was cut off");
    }
}
