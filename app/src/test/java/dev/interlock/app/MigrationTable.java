package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.ObjectId;
import dev.interlock.node.store.Engine;
import dev.interlock.protocol.error.DestroyedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code interlock provider migrate-store} in processes of its own, killed at one step after the other and repeated: there ahead of the
 * running provider, there, back ahead, and back; and with files that can't grow. Nothing is lost, and nothing is left behind.
 */
@Timeout(1800)
final class MigrationTable {
    private static final Duration LIMIT = Duration.ofSeconds(300);
    private static final int EVERY = Integer.getInteger("interlock.migration.every", 1);

    @TempDir
    private Path dir;

    private final Map<ObjectId, byte[]> there = new LinkedHashMap<>();
    private final List<ObjectId> gone = new ArrayList<>();
    private TestRing ring;
    private Path node;

    /** The command, and what it says at each of its steps. */
    private final class Run implements AutoCloseable {
        private final Process process;
        private final BufferedReader lines;
        private final StringBuilder said = new StringBuilder();

        Run(List<String> before, List<String> to, String... options) throws IOException {
            List<String> command = new ArrayList<>(before);
            command.addAll(ProviderProcess.command("provider", "migrate-store", node));
            command.addAll(List.of(options));
            to.forEach(address -> command.addAll(List.of("--to", address)));
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            lines = process.inputReader();
        }

        /**
         * Kills it at the line of this number, from 0 on; false where it had ended before, as it should: after a kill at its last
         * steps the provider's start has ended it.
         */
        boolean isKilledAt(int line) throws IOException {
            for (int i = 0; i <= line; i++) {
                String next = lines.readLine();
                if (next == null) {
                    int exit = end();
                    assertThat(exit == 0 || said.toString().contains(" already"))
                            .as("exit %d: %s", exit, said)
                            .isTrue();
                    return false;
                }
                said.append(next).append('\n');
            }
            process.toHandle().destroyForcibly();
            end();
            return true;
        }

        int end() throws IOException {
            for (String next = lines.readLine(); next != null; next = lines.readLine()) {
                said.append(next).append('\n');
            }
            return process.onExit()
                    .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
                    .join()
                    .exitValue();
        }

        @Override
        public void close() {
            process.toHandle().destroyForcibly();
        }
    }

    private void ends(List<String> to, String... options) throws IOException {
        try (Run run = new Run(List.of(), to, options)) {
            assertThat(run.end()).as(run.said.toString()).isZero();
        }
    }

    /** With files of so many KiB at most, as on a disk that is full. */
    private void isFull(int kilobytes, List<String> to, String... options) throws IOException {
        List<String> limited = List.of("bash", "-c", "ulimit -f " + kilobytes + "; exec \"$@\"", "bash");
        try (Run run = new Run(limited, to, options)) {
            assertThat(run.end()).as(run.said.toString()).isNotZero();
            assertThat(run.said.toString()).containsAnyOf("File too large", "full", "no room");
            System.out.println(run.said
                    .toString()
                    .strip()
                    .lines()
                    .reduce((_, last) -> last)
                    .orElse(""));
        }
    }

    private void put(int length) {
        byte[] bytes = TestRing.random(length);
        there.put(ring.put(bytes).object(), bytes);
    }

    private void destroy() throws InterruptedException {
        ObjectId victim = there.keySet().iterator().next();
        assertThat(ring.owner().destroy(victim, List.of(), _ -> {}).missing()).isZero();
        there.remove(victim);
        gone.add(victim);
    }

    private void assertServes() {
        there.forEach((id, bytes) -> assertThat(ring.get(id, "cc1", "cc2")).isEqualTo(bytes));
        gone.forEach(id -> assertThatThrownBy(() -> ring.get(id, "cc1", "cc2")).isInstanceOf(DestroyedException.class));
    }

    /** What there is of any store in the provider's folder. */
    private Set<String> files() throws IOException {
        try (Stream<Path> files = Files.list(node)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("store"))
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void killedAnywhere() throws Exception {
        try (TestRing started = TestRing.start(dir, 2, 3, TestRing.PATIENT, _ -> Engine.EMBEDDED)) {
            ring = started;
            node = ring.node("cc1");
            for (int length : new int[] {0, 100, 100, 70_000, 200_000, 200_000, 1 << 20, 3 << 20, 200_000}) {
                put(length);
            }
            destroy();
            List<String> engines = Engine.addresses("migrated");
            Engine.S3.configure(dir.resolve("probe"), "", "migrated");
            Files.copy(dir.resolve("probe/s3.credentials"), node.resolve("s3.credentials"));

            move(engines, EVERY, 2);
            assertThat(files()).containsExactlyInAnyOrder("store", "store.conf");
            assertThat(node.resolve("store/store.db")).doesNotExist();
            assertThat(node.resolve("store/objects")).doesNotExist();
            put(200_000);
            destroy();
            assertServes();

            // Back, where the disk is as full as may be.
            isFull(512, List.of("folder"), "--ahead", "--rate", "1000");
            assertServes();
            ring.stop("cc1");
            isFull(64, List.of("folder"));
            ring.start("cc1");
            assertServes();
            move(List.of("folder"), EVERY, 3);
            assertThat(files()).containsExactly("store");
            assertThat(Engine.S3.blobsOf(dir.resolve("probe")))
                    .as("left in the bucket")
                    .isEmpty();
            assertServes();
        }
    }

    /**
     * @param every it is killed at each step, or at each second or third one
     * @param startEvery how often, where it was killed, the provider runs in between
     */
    private void move(List<String> to, int every, int startEvery) throws Exception {
        int kills = 0;
        // Slow enough to be killed between two blobs.
        for (int line = 0; ; line++) {
            try (Run run = new Run(List.of(), to, "--ahead", "--rate", "2")) {
                if (!run.isKilledAt(line)) {
                    break;
                }
            }
            kills++;
            put(100_000);
            destroy();
        }
        for (long millis = 1500; millis <= 6000; millis += 1500) {
            put(3 << 20);
            AtomicBoolean ended = new AtomicBoolean();
            try (Run run = new Run(List.of(), to, "--ahead", "--rate", "2")) {
                ended.set(run.process.waitFor(millis, TimeUnit.MILLISECONDS));
            }
            kills += ended.get() ? 0 : 1;
        }
        ends(to, "--ahead", "--rate", "1000");
        ring.stop("cc1");
        for (int round = 0; ; round++) {
            try (Run run = new Run(List.of(), to)) {
                if (!run.isKilledAt(round * every)) {
                    break;
                }
            }
            kills++;
            if (round % startEvery == 0) {
                ring.start("cc1");
                assertServes();
                put(100_000);
                ring.stop("cc1");
            }
        }
        System.out.println(to + ": killed " + kills + " times");
        ring.start("cc1");
        assertServes();
    }
}
