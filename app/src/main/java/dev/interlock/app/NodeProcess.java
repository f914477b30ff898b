package dev.interlock.app;

import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeLock;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NodeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A node as a process of its own, known by its folder. */
final class NodeProcess {
    private static final Duration STOP = Duration.ofSeconds(NodeCommand.CLOSE_SECONDS + 5);
    private static final List<String> JVM = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-Xmx128m",
            // What streams through lies outside the heap: a larger nursery would only be touched and held.
            "-Xmn16m",
            // The second compiler's memory of the first minutes goes back to the system.
            "-XX:TrimNativeHeapInterval=5000",
            // Counting buffers is for tests: it makes stack traces all the time.
            "-Dio.netty.leakDetection.level=disabled",
            "-XX:+ExitOnOutOfMemoryError");

    private final NodeFolder folder;

    NodeProcess(Path folder) {
        this.folder = NodeFolder.open(folder);
    }

    String name() {
        return folder.card().name();
    }

    /** The process, when one runs. A pid file alone proves nothing: the node's lock must be held. */
    Optional<ProcessHandle> running() {
        if (!NodeLock.isHeld(folder.path())) {
            return Optional.empty();
        }
        try {
            return ProcessHandle.of(Long.parseLong(
                    Files.readString(folder.path().resolve("pid")).strip()));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Starts the node; it outlives this process and its terminal, and logs to its folder. */
    Process start(Duration stall) {
        List<String> command = new ArrayList<>();
        Path setsid = Path.of("/usr/bin/setsid");
        if (Files.isExecutable(setsid)) {
            // Out of this terminal's reach: its interrupt is for us, not for the node.
            command.add(setsid.toString());
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM);
        String options = System.getenv("INTERLOCK_NODE_JAVA_OPTS");
        if (options != null && !options.isBlank()) {
            command.addAll(List.of(options.strip().split("\\s+")));
        }
        String classPath = System.getProperty("java.class.path");
        Path prepared = Path.of(classPath).resolveSibling("node.aot");
        if (Files.isRegularFile(prepared)) {
            // One that doesn't fit any more is passed over in silence.
            command.addAll(List.of("-XX:AOTCache=" + prepared, "-Xlog:aot*=off"));
        }
        command.add("-Djava.library.path="
                + Path.of(classPath).resolveSibling("lib").resolve("native"));
        command.add("-cp");
        command.add(classPath);
        command.add(Main.class.getName());
        command.add(folder.card().role().toString());
        command.add(folder.path().toString());
        command.add("--stall");
        command.add(String.valueOf(stall.toMillis() / 1000.0));
        try {
            return new ProcessBuilder(command)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            folder.path().resolve("log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new BadInputException("can't start " + name() + ": " + e.getMessage());
        }
    }

    /** SIGTERM to all of them at once, and SIGKILL to those that don't listen. @return how many ran */
    static int stop(List<NodeProcess> nodes) {
        List<ProcessHandle> processes =
                nodes.stream().flatMap(node -> node.running().stream()).toList();
        processes.forEach(ProcessHandle::destroy);
        long end = System.nanoTime() + STOP.toNanos();
        for (ProcessHandle process : processes) {
            try {
                var _ = process.onExit().get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (Exception e) {
                process.destroyForcibly();
                var _ = process.onExit().join();
            }
        }
        return processes.size();
    }

    /** The end of the log, for a node that didn't come up. */
    NodeException failedToStart(String how) {
        List<String> tail = List.of();
        try {
            List<String> lines = Files.readAllLines(folder.path().resolve("log"));
            tail = lines.subList(Math.max(0, lines.size() - 3), lines.size());
        } catch (IOException e) {
            // Without a log there's nothing more to say.
        }
        return new NodeException(
                name(),
                name() + " " + how + ". The end of " + folder.path().resolve("log") + ": " + String.join(" / ", tail));
    }
}
