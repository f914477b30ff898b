package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.Profile;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A ring of {@link LyingNode} processes. They end with this one, however it ends. */
final class LyingRing implements AutoCloseable {
    /** Far from any honest wait, on a machine that does much else. */
    private static final Duration PATIENT = Duration.ofSeconds(30);
    /** For a user who waits for somebody silent; still long enough for the honest ones. */
    private static final Duration SHORT = Duration.ofSeconds(5);

    private final RingFolder folder;
    private final Map<String, Node> nodes = new LinkedHashMap<>();

    private record Node(Process process, BufferedReader answers) {}

    private LyingRing(RingFolder folder) {
        this.folder = folder;
    }

    /** Of the built jar, and the tests' classes. */
    static LyingRing start(Path dir, int t, int n) throws IOException {
        LyingRing ring = new LyingRing(RingFolder.create(
                dir.resolve("ring"), "liars", t, n, 1, TestRing.freePorts(n + 1), EnumSet.allOf(Profile.class)));
        try {
            for (Path node : ring.folder.nodes()) {
                ring.begin(node);
            }
            for (Node node : ring.nodes.values()) {
                var _ = expect(node, "ready");
            }
            return ring;
        } catch (IOException | RuntimeException e) {
            ring.close();
            throw e;
        }
    }

    private void begin(Path node) throws IOException {
        Path jar = Cli.built().jar();
        List<String> command = Cli.jvm(jar, Cli.FIRST_COMPILER, "-Xmx128m");
        command.addAll(List.of(
                "-cp",
                jar + System.getProperty("path.separator") + jar.resolveSibling("test-classes"),
                LyingNode.class.getName(),
                node.toString(),
                String.valueOf(PATIENT.toSeconds())));
        Process process = new ProcessBuilder(command)
                .redirectError(node.resolve("log").toFile())
                .start();
        nodes.put(node.getFileName().toString(), new Node(process, process.inputReader(StandardCharsets.UTF_8)));
    }

    private static String expect(Node node, String answer) throws IOException {
        String line = node.answers().readLine();
        while (line != null && !line.startsWith(answer)) {
            line = node.answers().readLine();
        }
        if (line == null) {
            throw new IOException("a node ended: its log tells why");
        }
        return line.substring(answer.length());
    }

    /** @return whether it lied since the last time */
    boolean lie(String name, LyingNode.Fault fault) {
        Node node = nodes.get(name);
        try {
            node.process().getOutputStream().write((fault + "\n").getBytes(StandardCharsets.UTF_8));
            node.process().getOutputStream().flush();
            return !expect(node, "told ").equals("0");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGSTOP. */
    void silence(String name) {
        Cli.signal("STOP", nodes.get(name).process().pid());
    }

    void wake(String name) {
        Cli.signal("CONT", nodes.get(name).process().pid());
    }

    RingDescriptor descriptor() {
        return folder.descriptor();
    }

    List<String> providers() {
        return descriptor().providers().stream()
                .map(provider -> provider.name())
                .toList();
    }

    /** A user that nobody keeps waiting. */
    Interlock open() {
        return open(PATIENT);
    }

    /** A user that gives up those who are silent. */
    Interlock openImpatient() {
        return open(SHORT);
    }

    private Interlock open(Duration stall) {
        return Interlock.open(descriptor(), CredentialFile.read(folder.credential()), Deadlines.stallAfter(stall));
    }

    @Override
    public void close() {
        nodes.values().forEach(node -> node.process().destroyForcibly());
    }
}
