package dev.interlock.app;

import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeLock;
import dev.interlock.node.store.Stores;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** A node as a process of its own, known by its folder. */
final class NodeProcess {
    private static final String SENTENCE = "interlock: ";
    private static final int MAX_LAST_BYTES = 64 << 10;
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
            // A node's code is wide and flat: compiled by the second compiler at the JVM's own thresholds, most of it
            // never pays for that, and a ring's first minutes go to compilers. Five times as hot, it does.
            "-XX:Tier4InvocationThreshold=25000",
            "-XX:Tier4MinInvocationThreshold=3000",
            "-XX:Tier4CompileThreshold=75000",
            "-XX:Tier4BackEdgeThreshold=200000",
            // At each start the HTTP library multiplies in binary fields, for a table of curves that nobody here uses:
            // over before the second compiler is through with it, which would spend a quarter of its time there.
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=CompileThresholdScaling,com.linecorp.armeria.internal.shaded.bouncycastle.math.ec.LongArray::*,10.0",
            // Called once for each 16 or 64 KiB, these would wait longest for the second compiler, and the processor's
            // own AES and GHASH are reached only through its code: AES runs at a twentieth of its speed before.
            "-XX:CompileCommand=CompileThresholdScaling,com.sun.crypto.provider.CounterMode::*,0.01",
            "-XX:CompileCommand=CompileThresholdScaling,com.sun.crypto.provider.GHASH::*,0.01",
            "-XX:CompileCommand=CompileThresholdScaling,com.sun.crypto.provider.GaloisCounterMode::implGCMCrypt,0.01",
            // Counting buffers is for tests: it makes stack traces all the time.
            "-Dio.netty.leakDetection.level=disabled",
            // Events that nobody records load the recorder's module.
            "-Dio.netty.jfr.enabled=false",
            // Its file would lie in /tmp, and a full /tmp be told on standard output.
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError");

    /** How the launcher names a program whose path the JVM can't take. */
    private static final String BY_DESCRIPTOR = "/proc/self/fd/3/";

    private static final Lock STARTS = new ReentrantLock();

    private final NodeFolder folder;
    /** How long the log was when the process was started here. */
    private long logged;

    NodeProcess(Path folder) {
        this.folder = NodeFolder.open(folder);
    }

    String name() {
        return folder.card().name();
    }

    NodeCard card() {
        return folder.card();
    }

    /** The process, when one runs that can be named. A number alone proves nothing: it must hold the node's lock. */
    Optional<ProcessHandle> running() {
        return holder().flatMap(NodeLock.Holder::process);
    }

    /** Who has the node's lock. */
    Optional<NodeLock.Holder> holder() {
        return NodeLock.holder(folder.path());
    }

    /** Which process of this node said last that it serves. */
    Optional<String> lastServing() {
        return NodeLock.lastServing(folder.path());
    }

    /** Starts the node; it outlives this process and its terminal, and logs to its folder. */
    Process start(Duration stall) {
        logged = logBytes();
        List<String> command = new ArrayList<>();
        String classPath = System.getProperty("java.class.path");
        if (classPath.startsWith(BY_DESCRIPTOR)) {
            // A colon in the program's path, see the launcher: descriptors aren't handed on, so it is opened anew.
            command.addAll(List.of("/bin/sh", "-c", "exec 3<\"$0\" && exec \"$@\"", program(classPath)));
        }
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
        command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
        Path prepared = Path.of(classPath).resolveSibling("node.aot");
        if (Files.isRegularFile(prepared)) {
            // One that doesn't fit any more is passed over in silence.
            command.addAll(List.of("-XX:AOTCache=" + prepared, "-Xlog:aot*=off"));
        }
        if (Stores.areInFolder(folder.path())) {
            // It trusts pins alone; the HTTP library would read the JDK's authorities for a check of its own.
            command.add("-Djavax.net.ssl.trustStore=NONE");
        }
        command.add("-Djava.library.path="
                + Path.of(classPath).resolveSibling("lib").resolve("native"));
        command.add("-cp");
        command.add(classPath);
        command.add(NodeMain.class.getName());
        command.add(folder.card().role().toString());
        command.add(folder.path().toString());
        command.add(String.valueOf(stall.toMillis() / 1000.0));
        STARTS.lock();
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
        } finally {
            STARTS.unlock();
        }
    }

    /** For the end of this process: who would start a node from now on waits for that end. */
    static void startNoMore() {
        STARTS.lock();
    }

    private static String program(String classPath) {
        try {
            return Path.of(classPath).resolveSibling(".").toRealPath().toString();
        } catch (IOException e) {
            throw new BadInputException("can't start nodes: " + FileProblem.at(Path.of(classPath), e));
        }
    }

    private static void end(List<ProcessHandle> processes) {
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
    }

    /** Processes that wait to serve this node: they say so when they are started, and have its lock's file open. Only Linux shows them. */
    private Stream<ProcessHandle> standbys() {
        return ProcessHandle.allProcesses()
                .filter(process -> words(process).contains("--standby"))
                .filter(process -> hasOpen(process, folder.path().resolve("lock")))
                .filter(process -> running().filter(process::equals).isEmpty());
    }

    /** Of its command line, which the JDK doesn't tell where it is long. */
    private static List<String> words(ProcessHandle process) {
        try {
            Path line = Path.of("/proc", String.valueOf(process.pid()), "cmdline");
            return List.of(Files.readString(line, StandardCharsets.ISO_8859_1).split("\0", -1));
        } catch (IOException e) {
            return List.of();
        }
    }

    private static boolean hasOpen(ProcessHandle process, Path file) {
        try (DirectoryStream<Path> open =
                Files.newDirectoryStream(Path.of("/proc", String.valueOf(process.pid()), "fd"))) {
            for (Path each : open) {
                if (Files.exists(each) && Files.isSameFile(each, file)) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // It has just ended, or is another user's.
        }
        return false;
    }

    /** Those that serve this node, of which there may be several. */
    private List<NodeLock.Holder> holders() {
        return folder.ofAllProcesses("lock").stream()
                .map(lock -> NodeLock.holder(lock.resolveSibling("")))
                .flatMap(Optional::stream)
                .toList();
    }

    /** SIGTERM to all of them at once, and SIGKILL to those that don't listen. @return how many nodes ran */
    static int stop(List<NodeProcess> nodes) {
        List<ProcessHandle> processes = new ArrayList<>();
        List<String> unnamed = new ArrayList<>();
        int stopped = 0;
        for (NodeProcess node : nodes) {
            List<NodeLock.Holder> holders = node.holders();
            List<ProcessHandle> named = holders.stream()
                    .map(NodeLock.Holder::process)
                    .flatMap(Optional::stream)
                    .toList();
            processes.addAll(named);
            if (named.size() < holders.size()) {
                unnamed.add(node.name());
            } else if (!named.isEmpty()) {
                stopped++;
            }
        }
        // First those that would go on in the place of one that ends.
        end(nodes.stream().flatMap(NodeProcess::standbys).toList());
        end(processes);
        if (!unnamed.isEmpty()) {
            throw new NodeException(
                    unnamed.getFirst(),
                    stopped + " nodes stopped. " + String.join(", ", unnamed)
                            + " runs, and the file `lock` in its"
                            + " folder doesn't name the process that holds it: stop it by hand (`fuser FOLDER/lock` finds it)");
        }
        return stopped;
    }

    /** Why a node that was started here isn't there: its own sentence. */
    String lastWords() {
        Path log = folder.path().resolve("log");
        try (FileChannel file = FileChannel.open(log)) {
            file.position(Math.max(logged <= file.size() ? logged : 0, file.size() - MAX_LAST_BYTES));
            String text = new String(Channels.newInputStream(file).readAllBytes(), StandardCharsets.UTF_8);
            return lastSentence(text) + " (more in " + log + ")";
        } catch (IOException e) {
            return FileProblem.at(log, e);
        }
    }

    /** Of what a process printed: what it says of itself, else its last line that is none of a trace. */
    static String lastSentence(String printed) {
        List<String> lines = printed.lines()
                .filter(line -> !line.isBlank() && !Character.isWhitespace(line.charAt(0)))
                .toList();
        return lines.reversed().stream()
                .filter(line -> line.startsWith(SENTENCE))
                .findFirst()
                .map(line -> line.substring(SENTENCE.length()))
                .orElseGet(() -> lines.isEmpty() ? "it said nothing" : lines.getLast());
    }

    private long logBytes() {
        try {
            return Files.size(folder.path().resolve("log"));
        } catch (IOException e) {
            return 0;
        }
    }
}
