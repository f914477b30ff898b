package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, large files, and signals in the middle. */
@Timeout(400)
@Tag("long")
final class RingIT {
    /** The user's, where someone does stall. */
    private static final int SHORT_STALL_SECONDS = 5;

    private static final int LARGE_BYTES = 32 << 20;
    private static final int MIDDLE_BYTES = 8 << 20;

    @TempDir
    private static Path dir;

    private static ProcessRing ring;
    private static Cli cli;
    /** Noise of that length. */
    private static Path large;

    @BeforeAll
    static void start() throws IOException {
        ring = ProcessRing.start(dir.resolve("ring"), 3, 5);
        cli = ring.cli();
        large = ProcessRing.noise(dir.resolve("large"), LARGE_BYTES);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @AfterEach
    void allUp() {
        ring.up();
    }

    /** A put of the large file that is under way: the nodes hold some megabytes of it. */
    private static Process putUnderWay() {
        Process put = cli.start("put", large);
        Await.until("the put is in its middle", () -> {
            assertThat(put.isAlive()).isTrue();
            return ring.providers().stream().allMatch(provider -> ring.dataBytes(provider) > MIDDLE_BYTES);
        });
        return put;
    }

    private static int exit(Process process) throws InterruptedException {
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private static void nothingIsLeft() {
        for (String provider : ring.providers()) {
            Await.until(
                    "nothing is left at " + provider,
                    () -> ring.dataFiles(provider).isEmpty());
        }
        assertThat(cli.run("ls").expect(0).text()).doesNotContain(String.valueOf(LARGE_BYTES));
    }

    @Test
    void aProviderIsKilledInTheMiddleOfAPut() throws Exception {
        Process put = putUnderWay();
        // The one without a ciphertext, so not a home.
        String victim = ring.providers().stream()
                .filter(provider -> ring.dataFiles(provider).size() == 1)
                .findFirst()
                .orElseThrow();
        ring.kill(victim);
        assertThat(exit(put)).isEqualTo(3);
        ring.up();
        nothingIsLeft();

        String id = ring.put(large);
        for (String provider : ring.providers()) {
            assertThat(ring.dataFiles(provider).stream()
                            .map(file -> file.getFileName().toString().replaceFirst("[.].*", ""))
                            .distinct())
                    .as("of one generation, at " + provider)
                    .hasSize(1);
        }
        Path copy = dir.resolve("copy");
        assertThat(cli.run("get", id, "-o", copy).expect(0).out()).isEmpty();
        assertThat(Files.mismatch(large, copy)).isEqualTo(-1);
        Files.delete(copy);
        duringAGet(id);
        ring.destroy(id);
    }

    @Test
    void homeIsKilledInTheMiddleOfAPut() throws Exception {
        Process put = putUnderWay();
        List<String> names = ring.providers();
        // The homes are the first three of the path, which is the ring's order from somewhere on.
        int home = 0;
        while (ring.dataFiles(names.get(home)).size() != 2
                || ring.dataFiles(names.get((home + 4) % 5)).size() == 2) {
            home++;
        }
        ring.kill(names.get(home));
        assertThat(exit(put)).isEqualTo(3);
        ring.up();
        nothingIsLeft();
    }

    @Test
    void theClientIsKilledInTheMiddleOfAPut() throws Exception {
        Process put = putUnderWay();
        put.destroyForcibly();
        assertThat(exit(put)).isNotZero();
        nothingIsLeft();
    }

    /** With the large object there: it isn't put for each of these alone. */
    private static void duringAGet(String id) throws Exception {
        theClientIsKilled(id);
        oneProviderStops(id);
        threeProvidersStop(id);
        theUserTakesNothing(id);
    }

    private static void theClientIsKilled(String id) throws Exception {
        Path folder = Files.createDirectory(dir.resolve("killed-get"));
        Path copy = folder.resolve("copy");
        Process get = cli.start("get", id, "-o", copy);
        Await.until("the get is in its middle", () -> {
            assertThat(get.isAlive()).isTrue();
            return ProcessRing.list(folder).stream()
                    .anyMatch(file -> file.toFile().length() > MIDDLE_BYTES);
        });
        get.destroyForcibly();
        assertThat(exit(get)).isNotZero();
        assertThat(copy).doesNotExist();
        // The next one clears away what was left aside.
        Cli.Result unused = cli.run("get", id, "-o", copy).expect(0);
        assertThat(Files.mismatch(large, copy)).isEqualTo(-1);
        assertThat(ProcessRing.list(folder)).containsExactly(copy);
        Files.delete(copy);
    }

    /** A get that is under way, held there by the one who reads its output. */
    private static final class SlowGet {
        private final Process process;
        private final InputStream out;
        private final CompletableFuture<byte[]> err;
        private final byte[] begin;
        private final List<String> s;

        SlowGet(String id) throws IOException {
            for (String provider : ring.providers()) {
                Await.until(provider + " reads nothing", () -> !ring.reads(provider, id));
            }
            process = cli.builder("get", id, "--stall", SHORT_STALL_SECONDS).start();
            out = process.getInputStream();
            err = Cli.reading(process.getErrorStream());
            begin = out.readNBytes(MIDDLE_BYTES);
            assertThat(begin).hasSize(MIDDLE_BYTES);
            s = ring.providers().stream()
                    .filter(provider -> ring.reads(provider, id))
                    .toList();
            assertThat(s).hasSize(3);
        }

        /** Reads on. */
        Cli.Result finish() throws Exception {
            Cli.Result rest = Cli.finish(process, Cli.reading(out), err);
            byte[] all = Arrays.copyOf(begin, begin.length + rest.out().length);
            System.arraycopy(rest.out(), 0, all, begin.length, rest.out().length);
            return new Cli.Result(rest.exit(), all, rest.err());
        }
    }

    private static void oneProviderStops(String id) throws Exception {
        SlowGet get = new SlowGet(id);
        String victim = get.s.get(1);
        Cli.signal("STOP", ring.process(victim).pid());
        try {
            Cli.Result done = get.finish().expect(0);
            assertThat(done.err()).contains("skipped " + victim);
            assertThat(done.out()).isEqualTo(Files.readAllBytes(large));
        } finally {
            Cli.signal("CONT", ring.process(victim).pid());
        }
    }

    private static void threeProvidersStop(String id) throws Exception {
        SlowGet get = new SlowGet(id);
        List<String> victims = new ArrayList<>(get.s.subList(1, 3));
        victims.add(ring.providers().stream()
                .filter(provider -> !get.s.contains(provider))
                .findFirst()
                .orElseThrow());
        victims.forEach(victim -> Cli.signal("STOP", ring.process(victim).pid()));
        try {
            Cli.Result done = get.finish().expect(3);
            assertThat(done.err()).contains(victims);
            assertThat(done.out().length).isLessThan(LARGE_BYTES);
        } finally {
            victims.forEach(victim -> Cli.signal("CONT", ring.process(victim).pid()));
        }
    }

    /** Nobody waits for ever for a user who reads nothing. */
    private static void theUserTakesNothing(String id) throws Exception {
        SlowGet get = new SlowGet(id);
        for (String provider : get.s) {
            Await.until("the session ends at " + provider, () -> !ring.reads(provider, id));
        }
        get.process.destroyForcibly();
        assertThat(exit(get.process)).isNotZero();
    }
}
