package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the commands take, print and exit with, in a ring of real processes. */
@Timeout(400)
@Tag("long")
final class RingCommandsIT {
    @TempDir
    private static Path dir;

    private static ProcessRing ring;
    private static Cli cli;

    @BeforeAll
    static void start() {
        ring = ProcessRing.startSmall(dir.resolve("ring"), 3, 5);
        cli = ring.cli();
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @AfterEach
    void allUp() {
        ring.up();
    }

    @Test
    void throughPipes() {
        byte[] bytes = TestRing.random(5_000_000);
        String id = cli.run(bytes, "put", "-").expect(0).text().strip();
        assertThat(id).matches("[0-9a-f]{32}");
        assertThat(cli.run("get", id).expect(0).out()).isEqualTo(bytes);
        assertThat(cli.run("get", id, "-o", "-").expect(0).out()).isEqualTo(bytes);
        noRoomOnTheUsersDisk(id);
        anOutputFileThatExists(id, bytes);
        ring.destroy(id);
        assertThat(cli.run("get", id).expect(5).err()).contains("destroyed");
        assertThat(cli.run("info", id).expect(0).text()).contains("destroyed at");
    }

    private static void noRoomOnTheUsersDisk(String id) {
        Path folder = dir.resolve("full");
        assertThat(folder.toFile().mkdir()).isTrue();
        // 4 MiB in blocks of 512 bytes: no file may grow longer. The TLS library, which is unpacked, is shorter.
        Cli limited = cli.behind("sh", "-c", "ulimit -f 8192; exec \"$@\"", "sh");
        Path copy = folder.resolve("copy");
        Cli.Result failed = limited.run("get", id, "-o", copy).expect(1);
        assertThat(failed.err()).contains("File too large").contains(copy.toString());
        assertThat(folder.toFile().list()).isEmpty();
        Cli.Result spooled = limited.run(new byte[5_000_000], "put", "-").expect(1);
        assertThat(spooled.err()).contains("File too large");
    }

    private static void anOutputFileThatExists(String id, byte[] bytes) {
        try {
            Path folder = Files.createDirectory(dir.resolve("existing"));
            Path file = folder.resolve("file");
            Files.writeString(file, "mine");
            assertThat(cli.run("get", id, "-o", file).expect(2).err()).contains("exists", "--force");
            assertThat(file).hasContent("mine");
            Cli.Result unused = cli.run("get", id, "-o", file, "--force").expect(0);
            assertThat(file).hasBinaryContent(bytes);
            assertThat(ProcessRing.list(folder)).containsExactly(file);
            assertThat(cli.run("get", id, "-o", folder).expect(2).err()).contains("is a folder");
            assertThat(cli.run("get", id, "-o", "/dev/null", "--force")
                            .expect(2)
                            .err())
                    .contains("/dev/null");
            assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void exitCodesAndTheirMessages() throws Exception {
        Path small = dir.resolve("small");
        Files.writeString(small, "a secret");
        String id = ring.put(small);

        Cli keeping = cli.with("INTERLOCK_RECORD", dir.resolve("record"));
        assertThat(keeping.run("get", id).expect(0).text()).isEqualTo("a secret");
        assertThat(keeping.run("status").expect(0).text()).contains("sound", "cc1", "cc5");

        assertThat(cli.run("get", "0".repeat(32)).expect(5).err()).contains("no object " + "0".repeat(32));
        for (String odd : new String[] {"../../etc/passwd", "a\nb", id + "\n", ""}) {
            assertThat(cli.run("get", odd).expect(2).err())
                    .containsPattern("can't be a name|a name is empty")
                    .hasLineCount(1);
        }
        assertThat(cli.run("get", "идентификатор").expect(5).err()).contains("has the name \"идентификатор\"");
        assertThat(cli.run("get", id.substring(1)).expect(5).err()).contains("begins with " + id.substring(1));
        assertThat(cli.run("put", dir.resolve("nowhere")).expect(2).err()).contains("no file");
        assertThat(cli.run("put", dir).expect(2).err()).contains("is a folder");

        Path stranger = dir.resolve("stranger");
        Cli.Result made = cli.run("credential", "init", stranger).expect(0);
        assertThat(made.err()).contains(stranger.toString());
        assertThat(cli.with("INTERLOCK_CREDENTIAL", stranger)
                        .run("get", id)
                        .expect(6)
                        .err())
                .contains("doesn't know this user");

        ring.kill("cc1");
        ring.kill("cc2");
        assertThat(cli.run("get", id).expect(0).text()).isEqualTo("a secret");
        assertThat(cli.run("put", small).expect(3).err()).contains("cc1", "cc2").doesNotContain("cc3");
        ring.kill("cc3");
        assertThat(cli.run("get", id).expect(3).err())
                .contains("cc1", "cc2", "cc3", "needs 3")
                .doesNotContain("cc4");
        assertThat(cli.run("ring", "status", ring.path()).expect(3).text()).contains("down");
        ring.up();
        assertThat(cli.run("get", id).expect(0).text()).isEqualTo("a secret");
        ring.destroy(id);
    }

    @Test
    void aDamagedShareHasExitCode4() throws Exception {
        Path file = ProcessRing.noise(dir.resolve("medium"), 300_000);
        String id = ring.put(file);
        List<String> names = ring.providers();
        // In every share: whichever three serve, one of them is the first to find it.
        for (String provider : names) {
            ring.kill(provider);
            Path share = ring.dataFiles(provider).stream()
                    .filter(each -> each.toString().endsWith(".share"))
                    .findFirst()
                    .orElseThrow();
            byte[] bytes = Files.readAllBytes(share);
            bytes[1000] ^= 4;
            Files.write(share, bytes);
        }
        ring.up();
        Path copy = dir.resolve("damaged");
        assertThat(cli.run("get", id, "-o", copy).expect(4).err()).contains("cc", "damaged");
        assertThat(copy).doesNotExist();
        assertThat(cli.run("get", id).expect(4).out()).isEmpty();
        ring.destroy(id);
    }
}
