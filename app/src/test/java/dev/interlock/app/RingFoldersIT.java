package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Folders of rings that run, are started twice at once, copied while they run, and moved: a name or a port is no identity. */
@Timeout(400)
@Tag("long")
final class RingFoldersIT {
    private static final List<String> NODES = List.of("cc1", "cc2", "cc3", "dealer1");

    @TempDir
    private Path dir;

    private static final Cli CLI = Cli.built();

    @Test
    void aRingIsWhatItsFolderHoldsWhereverItLies() throws Exception {
        Path ring = dir.resolve("ring");
        Path copy = dir.resolve("copy");
        Path moved = dir.resolve("moved");
        var _ = RingFolder.create(ring, "test", 2, 3, 1, TestRing.freePorts(NODES.size()), EnumSet.of(Profile.BLINDED));
        try {
            twoUpsAtOnce(ring);
            String id = put(ring, "one");
            copyOf(ring, copy);

            // The copy has the original's ports, and pids of processes that aren't its own.
            assertThat(CLI.run("ring", "up", copy).exit()).isNotZero();
            Cli.Result down = CLI.run("ring", "down", copy).expect(0);
            assertThat(down.text() + down.err()).contains("0 nodes");
            assertThat(get(ring, id)).isEqualTo("one");

            String later = put(ring, "two");
            var _ = CLI.run("ring", "down", ring).expect(0);
            var _ = CLI.run("ring", "up", copy).expect(0);
            assertThat(get(copy, id)).isEqualTo("one");
            assertThat(CLI.run("get", later, "-o", "-", "--ring", copy)
                            .expect(5)
                            .err())
                    .contains("no object");
            var _ = CLI.run("ring", "down", copy).expect(0);

            var _ = Files.move(ring, moved);
            var _ = CLI.run("ring", "up", moved).expect(0);
            assertThat(get(moved, later)).isEqualTo("two");
            for (String node : NODES) {
                var _ = CLI.run("log", "verify", moved.resolve(node), "--ring", moved.resolve("ring"))
                        .expect(0);
            }
        } finally {
            for (Path each : List.of(ring, copy, moved)) {
                if (Files.isDirectory(each)) {
                    var _ = CLI.run("ring", "down", each);
                }
            }
        }
    }

    /** Both say that all answer, and nothing is started twice. */
    private static void twoUpsAtOnce(Path ring) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<Cli.Result>> both =
                    threads.invokeAll(List.of(() -> CLI.run("ring", "up", ring), () -> CLI.run("ring", "up", ring)));
            for (Future<Cli.Result> each : both) {
                var _ = each.get().expect(0);
            }
        }
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            long running = all.filter(process -> process.info()
                            .arguments()
                            .map(List::of)
                            .filter(words -> words.stream().anyMatch(word -> word.startsWith(ring + "/")))
                            .isPresent())
                    .count();
            assertThat(running).isEqualTo(NODES.size());
        }
    }

    private String put(Path ring, String text) throws IOException {
        Path file = dir.resolve(text);
        Files.writeString(file, text);
        return CLI.run("put", file, "--ring", ring).expect(0).text().strip();
    }

    private static String get(Path ring, String id) {
        return CLI.run("get", id, "-o", "-", "--ring", ring).expect(0).text();
    }

    private static void copyOf(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Path there = to.resolve(from.relativize(each).toString());
                if (Files.isDirectory(each)) {
                    Files.createDirectories(there);
                    Files.setPosixFilePermissions(there, Files.getPosixFilePermissions(each));
                } else if (Files.isRegularFile(each)) {
                    var _ = Files.copy(each, there, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }
}
