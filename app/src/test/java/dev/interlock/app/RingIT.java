package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, large files, and signals in the middle. */
@Timeout(400)
final class RingIT {
    /** The nodes': generous, for a machine that does much else. */
    private static final int STALL_SECONDS = 20;
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
        ring = ProcessRing.start(dir.resolve("ring"), 3, 5, STALL_SECONDS);
        cli = ring.cli();
        large = noise("large", LARGE_BYTES);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @AfterEach
    void allUp() {
        ring.up(STALL_SECONDS);
    }

    private static Path noise(String name, long length) throws IOException {
        Path file = dir.resolve(name);
        SplittableRandom random = new SplittableRandom(length);
        byte[] piece = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long left = length; left > 0; left -= piece.length) {
                random.nextBytes(piece);
                out.write(piece, 0, (int) Math.min(piece.length, left));
            }
        }
        return file;
    }

    private static String put(Path file) {
        return cli.run("put", file).expect(0).text().strip();
    }

    private static void destroy(String id) {
        Cli.Result unused = cli.run("destroy", id).expect(0);
        for (String provider : ring.providers()) {
            assertThat(ring.dataFiles(provider)).isEmpty();
        }
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
        ring.up(STALL_SECONDS);
        nothingIsLeft();

        String id = put(large);
        for (String provider : ring.providers()) {
            assertThat(ring.dataFiles(provider))
                    .isNotEmpty()
                    .allMatch(file -> file.getFileName().toString().startsWith(id));
        }
        Path copy = dir.resolve("copy");
        assertThat(cli.run("get", id, "-o", copy).expect(0).out()).isEmpty();
        assertThat(Files.mismatch(large, copy)).isEqualTo(-1);
        Files.delete(copy);
        duringAGet(id);
        destroy(id);
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
        ring.up(STALL_SECONDS);
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
            return list(folder).stream().anyMatch(file -> file.toFile().length() > MIDDLE_BYTES);
        });
        get.destroyForcibly();
        assertThat(exit(get)).isNotZero();
        assertThat(copy).doesNotExist();
        // The next one clears away what was left aside.
        Cli.Result unused = cli.run("get", id, "-o", copy).expect(0);
        assertThat(Files.mismatch(large, copy)).isEqualTo(-1);
        assertThat(list(folder)).containsExactly(copy);
        Files.delete(copy);
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
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
            assertThat(done.err()).contains("went round " + victim);
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

    @Test
    void throughPipes() {
        byte[] bytes = TestRing.random(12_000_000);
        String id = cli.run(bytes, "put", "-").expect(0).text().strip();
        assertThat(id).matches("[0-9a-f]{32}");
        assertThat(cli.run("get", id).expect(0).out()).isEqualTo(bytes);
        assertThat(cli.run("get", id, "-o", "-").expect(0).out()).isEqualTo(bytes);
        noRoomOnTheUsersDisk(id);
        anOutputFileThatExists(id, bytes);
        destroy(id);
        assertThat(cli.run("get", id).expect(5).err()).contains("destroyed");
        assertThat(cli.run("info", id).expect(0).text()).contains("destroyed at");
    }

    private static void noRoomOnTheUsersDisk(String id) {
        Path folder = dir.resolve("full");
        assertThat(folder.toFile().mkdir()).isTrue();
        // 8 MiB in blocks of 512 bytes: no file may grow longer.
        Cli limited = cli.behind("sh", "-c", "ulimit -f 16384; exec \"$@\"", "sh");
        Path copy = folder.resolve("copy");
        Cli.Result failed = limited.run("get", id, "-o", copy).expect(1);
        assertThat(failed.err()).contains("File too large").contains(copy.toString());
        assertThat(folder.toFile().list()).isEmpty();
        Cli.Result spooled = limited.run(new byte[10_000_000], "put", "-").expect(1);
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
            assertThat(list(folder)).containsExactly(file);
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
        String id = put(small);

        Cli keeping = cli.with("INTERLOCK_RECORD", dir.resolve("record"));
        assertThat(keeping.run("get", id).expect(0).text()).isEqualTo("a secret");
        assertThat(keeping.run("status").expect(0).text()).contains("sound", "cc1", "cc5");

        assertThat(cli.run("get", "0".repeat(32)).expect(5).err()).contains("no object " + "0".repeat(32));
        for (String odd : new String[] {"../../etc/passwd", "a\nb", id + "\n", "идентификатор", "", id.substring(1)}) {
            assertThat(cli.run("get", odd).expect(2).err())
                    .contains("is no object id")
                    .hasLineCount(1);
        }
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
        ring.up(STALL_SECONDS);
        assertThat(cli.run("get", id).expect(0).text()).isEqualTo("a secret");
        destroy(id);
    }

    @Test
    void aDamagedShareHasExitCode4() throws Exception {
        Path file = noise("medium", 300_000);
        String id = put(file);
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
        ring.up(STALL_SECONDS);
        Path copy = dir.resolve("damaged");
        assertThat(cli.run("get", id, "-o", copy).expect(4).err()).contains("cc", "damaged");
        assertThat(copy).doesNotExist();
        assertThat(cli.run("get", id).expect(4).out()).isEmpty();
        destroy(id);
    }
}
