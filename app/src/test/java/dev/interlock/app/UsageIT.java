package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wrong usage: exit code 2, a sentence, and nothing is made. */
@Timeout(240)
@Tag("long")
final class UsageIT {
    private final Cli cli = Cli.built();

    @TempDir
    private Path dir;

    @ParameterizedTest
    @CsvSource({"5,6", "5,1", "1,1", "255,3"})
    void ringsThatCannotBe(int n, int t) {
        Path ring = dir.resolve("ring");
        assertThat(cli.run("ring", "create", ring, "-n", n, "-t", t).expect(2).err())
                .contains("t = " + t + " of n = " + n, "2 <= t <= n <= 254");
        assertThat(ring).doesNotExist();
    }

    @Test
    void aFolderThatIsInUse() throws Exception {
        Files.writeString(dir.resolve("mine"), "mine");
        assertThat(cli.run("ring", "create", dir).expect(2).err()).contains("exists");
        assertThat(dir.toFile().list()).containsExactly("mine");
        assertThat(cli.run("ring", "up", dir).expect(2).err()).contains("no ring's folder");
    }

    @Test
    void withoutARing() {
        assertThat(cli.run("ls").expect(2).err()).contains("which ring?");
        assertThat(cli.with("INTERLOCK_RING", dir.resolve("nowhere"))
                        .run("ls")
                        .expect(2)
                        .err())
                .contains("can't read the ring descriptor");
        assertThat(cli.run("fly").expect(2).err()).contains("fly");
        assertThat(cli.run().expect(2).err()).contains("which command?");
    }

    @Test
    void cardsThatAreNone() throws Exception {
        Path card = dir.resolve("card");
        Files.writeString(card, "no card");
        assertThat(cli.run("ring", "assemble", card, "-t", 2, "-o", dir.resolve("ring"), "--key", dir.resolve("key"))
                        .expect(2)
                        .err())
                .contains(card.toString());
        assertThat(dir.toFile().list()).containsExactly("card");
    }
}
