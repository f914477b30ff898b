package dev.interlock.bench.ring;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.bench.Options;
import dev.interlock.client.CredentialFile;
import dev.interlock.client.Interlock;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A ring of processes, as {@code interlock ring} makes and starts it. Closing it stops the nodes that were started here and
 * removes the folders that were made here; the end of the JVM does so, too.
 */
final class RingProcesses implements AutoCloseable {
    private static final Duration COMMAND = Duration.ofMinutes(30);
    /** The value of INTERLOCK_AGENT with which a command does its own work. */
    static final String NO_AGENT = "off";

    private static final Duration STOP = Duration.ofSeconds(10);
    /** File systems that hold their files in memory: an fsync there says nothing. */
    private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs", "rootfs");

    private final Options options;
    /** Everything that is made and removed here; a given ring's own folder isn't in it. */
    private final Path scratch;

    private final Path folder;
    private final boolean given;
    /** The nodes of a given ring that aren't ours to stop. */
    private final Set<Long> running;

    private final Runnable atExit = this::stopAll;
    private @Nullable RingDescriptor descriptor;
    private boolean closed;

    /** A command's end. */
    record Finished(String output, double seconds, long peakBytes) {}

    private RingProcesses(Options options, Path scratch, Path folder, boolean given, Set<Long> running) {
        this.options = options;
        this.scratch = scratch;
        this.folder = folder;
        this.given = given;
        this.running = running;
    }

    /** The ring that was given, or a new one of n and t. */
    static RingProcesses of(Options options, int n, int t) throws IOException, InterruptedException {
        return options.ring().isPresent() ? given(options, options.ring().get()) : create(options, n, t);
    }

    /** A new ring, all nodes up. */
    static RingProcesses create(Options options, int n, int t) throws IOException, InterruptedException {
        RingProcesses ring = asleep(options, n, t);
        try {
            Finished _ = ring.up();
            return ring;
        } catch (IOException | InterruptedException | RuntimeException e) {
            ring.close();
            throw e;
        }
    }

    /** A new ring, no node up. */
    static RingProcesses asleep(Options options, int n, int t) throws IOException, InterruptedException {
        Path scratch = scratch(options);
        RingProcesses ring = new RingProcesses(options, scratch, scratch.resolve("ring"), false, Set.of());
        AtExit.register(ring.atExit);
        try {
            options.progress()
                    .println("starting a ring, t = " + t + " of n = " + n + ", in " + scratch + " (" + ring.fileSystem()
                            + ")");
            ring.command("ring", "create", ring.folder.toString(), "-n", "" + n, "-t", "" + t);
            return ring;
        } catch (IOException | InterruptedException | RuntimeException e) {
            ring.close();
            throw e;
        }
    }

    /** Leads from the address that a node is known by to where it listens. */
    interface Way {
        /** Both are ports of this machine. */
        void lead(int from, int to) throws Exception;
    }

    /** A new ring whose nodes are reached only by ways of the caller's, all nodes up. */
    static RingProcesses behind(Options options, int n, int t, Way way) throws Exception {
        Path scratch = scratch(options);
        RingProcesses ring = new RingProcesses(options, scratch, scratch.resolve("ring"), false, Set.of());
        AtExit.register(ring.atExit);
        try {
            options.progress().println("starting a ring, t = " + t + " of n = " + n + ", in " + scratch);
            ring.command("ring", "create", ring.folder.toString(), "-n", "" + n, "-t", "" + t);
            for (NodeCard card : ring.descriptor().nodes().toList()) {
                int behind = freePort();
                Files.writeString(ring.node(card).resolve("listen"), "127.0.0.1:" + behind);
                way.lead(port(card), behind);
            }
            Finished _ = ring.up();
            return ring;
        } catch (Exception e) {
            ring.close();
            throw e;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static int port(NodeCard card) {
        return Integer.parseInt(card.address().substring(card.address().lastIndexOf(':') + 1));
    }

    /** Has another way lead to one of them. */
    void lengthen(NodeCard card, Way way) throws Exception {
        String behind = Files.readString(node(card).resolve("listen")).strip();
        way.lead(port(card), Integer.parseInt(behind.substring(behind.lastIndexOf(':') + 1)));
    }

    private static RingProcesses given(Options options, Path dir) throws IOException, InterruptedException {
        // So that the nodes that are started here are known by it.
        Path folder = dir.toAbsolutePath().normalize();
        // Beside its stores, for the same disk.
        Path scratch = Files.createTempDirectory(folder, "bench-");
        RingProcesses ring = new RingProcesses(options, scratch, folder, true, nodesIn(folder));
        AtExit.register(ring.atExit);
        try {
            Finished _ = ring.up();
            return ring;
        } catch (IOException | InterruptedException | RuntimeException e) {
            ring.close();
            throw e;
        }
    }

    /** A new folder on a disk, if there's one at hand. */
    private static Path scratch(Options options) throws IOException {
        Path target = options.home().toAbsolutePath().resolve("target");
        for (Path parent : List.of(Path.of(System.getProperty("java.io.tmpdir")), target)) {
            if (Files.isDirectory(parent)
                    && !IN_MEMORY.contains(Files.getFileStore(parent).type())) {
                return Files.createTempDirectory(parent, "interlock-bench-");
            }
        }
        return Files.createTempDirectory("interlock-bench-");
    }

    /** Starts the nodes that don't run. */
    Finished up() throws IOException, InterruptedException {
        return command("ring", "up", folder.toString());
    }

    RingDescriptor descriptor() {
        RingDescriptor known = descriptor;
        if (known == null) {
            try {
                known = RingDescriptor.open(Files.readAllBytes(folder.resolve("ring")));
                descriptor = known;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return known;
    }

    Threshold threshold() {
        return descriptor().threshold();
    }

    /** "(5,3)", as the tables say it. */
    String shape() {
        return "(" + threshold().n() + "," + threshold().t() + ")";
    }

    /** Whether the ring outlives this run, so that what is put must be destroyed again. */
    boolean isGiven() {
        return given;
    }

    /** Where a node's keys and store are. */
    Path node(NodeCard card) {
        return folder.resolve(card.name());
    }

    /** A folder for files beside the stores. */
    Path scratch() {
        return scratch;
    }

    /** Type and device of the file system that the stores are on. */
    String fileSystem() throws IOException {
        FileStore store = Files.getFileStore(scratch);
        return store.type() + " on " + store.name() + (IN_MEMORY.contains(store.type()) ? ", in memory" : "");
    }

    /** @throws IOException unless the disk has this much room */
    void requireRoom(long bytes) throws IOException {
        long usable = Files.getFileStore(scratch).getUsableSpace();
        if (usable < bytes) {
            throw new IOException("the disk of " + scratch + " has " + (usable >> 20) + " MiB of room, " + (bytes >> 20)
                    + " MiB are needed");
        }
    }

    /** A user of the ring in this process. */
    Interlock open() {
        return Interlock.open(descriptor(), CredentialFile.read(folder.resolve("credential")), Deadlines.DEFAULT);
    }

    /** The process of every node, in the ring's order, dealers last. */
    Map<String, Long> pids() throws IOException {
        Map<String, Long> pids = new LinkedHashMap<>();
        for (NodeCard card : descriptor().nodes().toList()) {
            pids.put(
                    card.name(),
                    Long.parseLong(Files.readString(node(card).resolve("pid")).strip()));
        }
        return pids;
    }

    /** What every node's process has used of the CPU so far, in seconds. */
    Map<String, Double> cpuSeconds() throws IOException {
        Map<String, Double> seconds = new LinkedHashMap<>();
        for (Map.Entry<String, Long> node : pids().entrySet()) {
            seconds.put(node.getKey(), Proc.cpuSeconds(node.getValue()));
        }
        return seconds;
    }

    /** What all parties have used of the CPU so far, in seconds: every node, and this process. */
    double cpuSecondsWithClient() throws IOException {
        double nodes =
                cpuSeconds().values().stream().mapToDouble(Double::doubleValue).sum();
        return Proc.cpuSeconds(ProcessHandle.current().pid()) + nodes;
    }

    /** The sum of a meter of that name over the providers; empty if they don't have it. */
    OptionalDouble meter(String name) {
        double sum = 0;
        boolean found = false;
        try (Peers peers = new Peers(Optional.empty(), Deadlines.DEFAULT)) {
            for (Provider provider : descriptor().providers()) {
                byte[] text = peers.to(provider.card()).call(HttpMethod.GET, "/metrics", Optional.empty(), new byte[0]);
                OptionalDouble value = meterIn(new String(text, StandardCharsets.UTF_8), name);
                found |= value.isPresent();
                sum += value.orElse(0);
            }
        }
        return found ? OptionalDouble.of(sum) : OptionalDouble.empty();
    }

    /** @param text as Prometheus has it; a counter's name may end with {@code _total} there */
    static OptionalDouble meterIn(String text, String name) {
        return text.lines()
                .map(line -> line.strip().split(" ", -1))
                .filter(words -> words.length == 2 && (words[0].equals(name) || words[0].equals(name + "_total")))
                .mapToDouble(words -> Double.parseDouble(words[1]))
                .findFirst();
    }

    /** Runs a command as this ring's user. */
    Finished asUser(String... arguments) throws IOException, InterruptedException {
        return through(NO_AGENT, arguments);
    }

    /** The same where an agent is looked for there. */
    Finished through(String agent, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(arguments));
        command.addAll(List.of(
                "--ring",
                folder.toString(),
                "--credential",
                folder.resolve("credential").toString()));
        return command(options, scratch, agent, command.toArray(String[]::new));
    }

    private Finished command(String... arguments) throws IOException, InterruptedException {
        return command(options, scratch, NO_AGENT, arguments);
    }

    /**
     * Runs {@code ./interlock} and waits for its end.
     *
     * @param scratch a folder for what it says
     * @param agent where an agent is looked for, or {@link #NO_AGENT}
     * @throws IOException when it fails, with what it said
     */
    static Finished command(Options options, Path scratch, String agent, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = Stream.concat(
                        Stream.of(options.home()
                                .resolve("interlock")
                                .toAbsolutePath()
                                .toString()),
                        Arrays.stream(arguments))
                .toList();
        Path said = Files.createTempFile(scratch, "said-", "");
        Path errors = Files.createTempFile(scratch, "errors-", "");
        AtExit.requireRunning();
        long begun = System.nanoTime();
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("INTERLOCK_AGENT", agent);
        builder.environment().put("INTERLOCK_RECORD", scratch.resolve("record").toString());
        Process process = builder.redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(said.toFile())
                .redirectError(errors.toFile())
                .start();
        try {
            long peak = 0;
            // The launcher becomes the command's JVM by exec. The peak only grows: the last look is the nearest.
            while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
                peak = Math.max(peak, peakBytes(process.pid()));
                if (System.nanoTime() - begun > COMMAND.toNanos()) {
                    throw new IOException(
                            String.join(" ", command) + " hasn't ended for " + COMMAND.toSeconds() + " s");
                }
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            if (process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " ended with exit code " + process.exitValue()
                        + " and said: " + Files.readString(said) + Files.readString(errors));
            }
            return new Finished(Files.readString(said).strip(), seconds, peak);
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(said);
            Files.deleteIfExists(errors);
        }
    }

    private static long peakBytes(long pid) {
        try {
            return Proc.peakBytes(pid);
        } catch (IOException | IllegalArgumentException e) {
            return 0; // it has just ended
        }
    }

    /** Stops one node. */
    void stop(NodeCard card) throws IOException {
        stop(Set.of(pids().get(card.name())));
    }

    @Override
    public void close() {
        AtExit.forget(atExit);
        stopAll();
    }

    private synchronized void stopAll() {
        if (closed) {
            return;
        }
        closed = true;
        // Twice, for one that was just about to start another.
        for (int i = 0; i < 2; i++) {
            Set<Long> ours = given ? nodesIn(folder) : processesWith(scratch.toString());
            ours.removeAll(running);
            stop(ours);
        }
        try {
            remove(scratch);
        } catch (IOException e) {
            throw new UncheckedIOException("can't remove " + scratch, e);
        }
    }

    /** The nodes of a ring that were started by this path. */
    private static Set<Long> nodesIn(Path folder) {
        Set<Long> nodes = processesWith(" provider " + folder + "/");
        nodes.addAll(processesWith(" dealer " + folder + "/"));
        return nodes;
    }

    /** The other processes that have this in their command lines. */
    private static Set<Long> processesWith(String text) {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid ->
                        pid != ProcessHandle.current().pid() && commandLine(pid).contains(text))
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static String commandLine(long pid) {
        try {
            return Proc.commandLine(pid);
        } catch (IOException e) {
            return ""; // it has just ended, or is another user's
        }
    }

    private static void stop(Set<Long> pids) {
        List<ProcessHandle> handles =
                pids.stream().map(ProcessHandle::of).flatMap(Optional::stream).toList();
        handles.forEach(ProcessHandle::destroy);
        for (ProcessHandle handle : handles) {
            try {
                var _ = handle.onExit().get(STOP.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                handle.destroyForcibly();
            } catch (Exception e) {
                throw new IllegalStateException("while stopping process " + handle.pid(), e);
            }
        }
    }

    private static void remove(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> paths = Files.walk(folder)) {
            all = new ArrayList<>(paths.toList());
        }
        for (Path path : all.reversed()) {
            Files.deleteIfExists(path);
        }
    }
}
