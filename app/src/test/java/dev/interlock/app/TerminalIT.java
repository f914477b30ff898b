package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands at a terminal: the bar, and what an interruption leaves behind. */
@Timeout(600)
@Tag("long")
final class TerminalIT {
    private static final String CTRL_C = "\u0003";
    private static final String BAR = "[1-9][0-9]?% \\[=";
    private static final String ID = "[0-9a-f]{32}";

    @TempDir
    private static Path dir;

    private static ProcessRing ring;
    private static Path large;
    private static String id;
    private static Path larger;

    @BeforeAll
    static void start() throws IOException {
        ring = ProcessRing.start(dir.resolve("ring"), 2, 3);
        large = ProcessRing.noise(dir.resolve("large"), 9_000_000);
        PseudoTerminal.Result put = run(terminal().await(BAR), "put", large).expect(0);
        List<String> lines = put.screen().strip().lines().toList();
        // The bar ended before the id was printed.
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst()).matches("put  9\\.0 MB in \\d+ s, \\d+ MB/s");
        id = lines.getLast();
        assertThat(id).matches(ID);
        // Long enough to be met in the middle; of holes, since it is never stored.
        larger = dir.resolve("larger");
        try (RandomAccessFile file = new RandomAccessFile(larger.toFile(), "rw")) {
            file.setLength(300_000_000L);
        }
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    private static PseudoTerminal terminal() {
        return ring.cli().atTerminal(dir);
    }

    private static PseudoTerminal.Result run(PseudoTerminal terminal, Object... arguments) {
        return terminal.run(ring.cli().command(arguments));
    }

    @Test
    void theBarIsGoneInTheEnd() {
        Path copy = dir.resolve("copy");
        PseudoTerminal.Result got = run(terminal().await(BAR), "get", id.substring(0, 8), "-o", copy)
                .expect(0);
        assertThat(got.screen().strip()).matches("get  9\\.0 MB in \\d+ s, \\d+ MB/s");
        assertThat(copy).hasSameBinaryContentAs(large);
        PseudoTerminal.Result quiet = run(terminal(), "get", "--quiet", id, "-o", dir.resolve("quiet"))
                .expect(0);
        assertThat(quiet.raw()).isEmpty();
    }

    @Test
    void anInterruptedPutStoresNothing() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("interrupted-put"));
        PseudoTerminal.Result put = run(
                        terminal().await(BAR).type(CTRL_C), "put", larger, "--share", folder.resolve("key"))
                .expect(130);
        assertThat(put.screen()).endsWith("interlock: interrupted, nothing stored\n");
        assertThat(folder).isEmptyDirectory();
        assertThat(ring.cli().run("ls").expect(0).text()).contains(id).hasLineCount(2);
    }

    @ParameterizedTest
    @CsvSource({"INT,2,130", "HUP,1,129", "TERM,15,143"})
    void anInterruptedGetWritesNothing(String name, int number, int code) throws IOException {
        Path folder = Files.createDirectory(dir.resolve("interrupted-get-" + name));
        Path file = folder.resolve("copy");
        PseudoTerminal.Result got =
                run(terminal().await(BAR).signal(number), "get", id, "-o", file).expect(code);
        assertThat(got.screen()).endsWith("interlock: interrupted, " + file + " not written\n");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aClosedWindowLeavesNothingEither() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("closed"));
        PseudoTerminal.Result unused = run(
                        terminal().await(BAR).hangUp(), "put", larger, "--share", folder.resolve("key"))
                .expect(129);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void anInterruptedDemoStopsItsRing() throws IOException {
        Path folder = dir.resolve("demo");
        PseudoTerminal.Result demo = run(
                        terminal().await("five providers and a dealer").type(CTRL_C), "demo", "--dir", folder)
                .expect(130);
        assertThat(demo.screen()).contains("interlock: interrupted, the ring is stopped");
        assertThat(folder).doesNotExist();
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            assertThat(all.flatMap(process -> process.info().commandLine().stream())
                            .filter(line -> line.contains(folder.toString())))
                    .isEmpty();
        }
    }

    @Test
    void aPasswordIsTypedAndNotShown() throws IOException {
        Path tickets = dir.resolve("tickets");
        Files.writeString(
                tickets,
                ring.cli()
                        .run("ring", "ticket", ring.path(), "typist")
                        .expect(0)
                        .text());
        String password = "0verheard-on-the-train";
        PseudoTerminal.Result differing = run(
                        terminal()
                                .await("assword")
                                .type(password + "\n")
                                .await("again")
                                .type("another\n"),
                        "user",
                        "create",
                        "typist",
                        "--tickets",
                        tickets)
                .expect(2);
        assertThat(differing.screen()).contains("the two aren't the same; nothing was changed");
        PseudoTerminal.Result created = run(
                        terminal()
                                .await("assword")
                                .type(password + "\n")
                                .await("again")
                                .type(password + "\n"),
                        "user",
                        "create",
                        "typist",
                        "--tickets",
                        tickets)
                .expect(0);
        PseudoTerminal.Result listed = run(terminal().await("assword").type(password + "\n"), "ls", "--user", "typist")
                .expect(0);
        PseudoTerminal.Result interrupted =
                run(terminal().await("assword").type("0verheard" + CTRL_C), "ls", "--user", "typist");
        assertThat(interrupted.exit()).isEqualTo(130);
        for (PseudoTerminal.Result each : List.of(differing, created, listed, interrupted)) {
            assertThat(each.raw()).doesNotContain("0verheard").doesNotContain("another");
        }
        // Nobody is there to type.
        assertThat(ring.cli().run("ls", "--user", "typist").expect(2).err())
                .contains("there is no terminal to ask for the password: give --password-fd N");
    }

    @Test
    void aDemoDeletesNothingThatItDidNotMake() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("mine"));
        Files.writeString(folder.resolve("thesis"), "years of work");
        assertThat(ring.cli().run("demo", "--dir", folder).expect(2).err()).contains("isn't empty");
        assertThat(folder.resolve("thesis")).hasContent("years of work");
    }
}
