package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.Profile;
import dev.interlock.node.NodeLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A ring that is stopped while other processes wait for its nodes' end. */
@Timeout(240)
final class RingDownTest {
    @TempDir
    private Path dir;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() {
        for (Process each : processes) {
            each.toHandle().destroyForcibly();
            each.onExit().orTimeout(30, TimeUnit.SECONDS).join();
        }
    }

    private Process process(Path node, Path log) throws IOException {
        Process started = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "provider",
                        node.toString(),
                        "--standby")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(log.toFile())
                .start();
        processes.add(started);
        return started;
    }

    @Test
    void whoWaitsIsEndedFirst() throws Exception {
        RingFolder ring = RingFolder.create(
                dir.resolve("ring"), "test", 2, 3, 1, TestRing.freePorts(4), EnumSet.of(Profile.BLINDED));
        Path node = ring.path().resolve("cc1");
        Process serving = process(node, dir.resolve("log-1"));
        Await.until(
                "the first serves",
                () -> NodeLock.holder(node).flatMap(NodeLock.Holder::process).isPresent());
        Path log = dir.resolve("log-2");
        Process waiting = process(node, log);
        Await.until("the second waits", () -> {
            try {
                return Files.exists(log) && Files.readString(log).contains("this one waits for its end");
            } catch (IOException e) {
                return false;
            }
        });
        Cli.Result down = InProcess.run("ring", "down", ring.path());

        assertThat(down.expect(0).text()).contains("1 node of");
        assertThat(serving.onExit().orTimeout(10, TimeUnit.SECONDS).join().isAlive())
                .isFalse();
        assertThat(waiting.onExit().orTimeout(10, TimeUnit.SECONDS).join().isAlive())
                .isFalse();
        assertThat(NodeLock.isHeld(node)).isFalse();
    }
}
