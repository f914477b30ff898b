package dev.interlock.app;

import dev.interlock.app.thin.Seat;
import dev.interlock.app.thin.Thin;
import dev.interlock.core.token.Profile;
import dev.interlock.node.NodeFolder;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * A short life of a whole ring, from which the JVM learns what to have ready at its next start (JEP 483, 514, 515): its
 * nodes in one process, the commands in another, because each would burden the other's start. Run by
 * {@code .mvn/rehearse.sh} after a build; no command, and nothing depends on it.
 */
final class Rehearsal {
    private static final int LARGE_BYTES = 6 << 20;
    private static final int ROUNDS = 5;
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Path folder;
    private final PrintStream console = System.out;

    private Rehearsal(Path folder) {
        this.folder = folder;
    }

    /** @param args {@code nodes} or {@code commands}, and a folder that both share */
    public static void main(String[] args) throws Exception {
        Rehearsal rehearsal = new Rehearsal(Path.of(args[1]));
        if (args[0].equals("nodes")) {
            rehearsal.nodes();
        } else {
            rehearsal.commands();
        }
        // Without waiting for the pools of libraries.
        System.exit(0);
    }

    private void nodes() throws Exception {
        RingFolder ring =
                RingFolder.create(folder.resolve("ring"), "rehearsal", 2, 3, 1, 0, EnumSet.allOf(Profile.class));
        for (Path node : ring.nodes()) {
            String role = NodeFolder.open(node).card().role().toString();
            // As `ring up` starts them, and the last one as an operator does.
            Thread.ofPlatform().daemon().start(() -> {
                int code = node.equals(ring.nodes().getLast())
                        ? Main.run(role, node.toString())
                        : NodeMain.run(role, node.toString(), "20");
                throw new IllegalStateException(node + " ended with " + code);
            });
        }
        try (Peers peers = new Peers(Optional.empty(), Deadlines.DEFAULT)) {
            for (NodeCard card : ring.descriptor().nodes().toList()) {
                await(card.name(), () -> RingNodes.state(peers, card).answers());
            }
        }
        Files.createFile(folder.resolve("up"));
        await(folder.resolve("over"));
    }

    private void commands() throws Exception {
        await(folder.resolve("up"));
        Peers.prepare();
        try {
            String ring = folder.resolve("ring").toString();
            Path small = Files.write(folder.resolve("small"), new byte[32]);
            Path large = Files.write(folder.resolve("large"), new byte[LARGE_BYTES]);
            String key = folder.resolve("key").toString();
            String to = command("keygen", "-o", key);
            String share = folder.resolve("share").toString();
            for (int round = 0; round < ROUNDS; round++) {
                get(put(small));
            }
            get(put(large));
            get(put(small, "--to", to), "--key", key);
            get(put(small, "--share", share), "--share", share);
            String id = put(small);
            command("ls", "--ring", ring);
            command("info", id, "--ring", ring);
            command("get", id, "--ring", ring);
            command("destroy", id, "--ring", ring);
            command("ring", "status", ring);
            String last = put(small);
            thin(last);
        } finally {
            Files.createFile(folder.resolve("over"));
        }
    }

    /** The start of the small command that asks an agent, with the flags that the launcher gives it. */
    private void thin(String id) throws Exception {
        Path jar = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        Path socket = Files.createDirectory(
                        folder.resolve("agent"),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
                .resolve("agent");
        VisitStreams.install();
        try (Agent agent = Agent.start(socket, jar, LIMIT, Main::run)) {
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    agent.serve();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            ProcessBuilder thin = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx32m",
                    "-XX:-UsePerfData",
                    "-Djdk.reflect.useNativeAccessorOnly=true",
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:AOTCacheOutput=" + jar.resolveSibling("thin.aot"),
                    "-Dinterlock.launcher=/bin/false",
                    // A recording JVM is slow, and a machine that builds has much to do.
                    "-Dinterlock.agent.answer=" + LIMIT.toMillis(),
                    "-cp",
                    jar.resolveSibling("interlock-thin.jar").toString(),
                    Thin.class.getName(),
                    "get",
                    id,
                    "--ring",
                    folder.resolve("ring").toString());
            thin.environment().put(Seat.VARIABLE, socket.toString());
            Process process = thin.inheritIO().start();
            if (process.waitFor() != 0) {
                throw new IllegalStateException("the thin command ended with " + process.exitValue());
            }
        }
    }

    private static void await(Path file) throws InterruptedException {
        await(file.toString(), () -> Files.exists(file));
    }

    private static void await(String what, BooleanSupplier isThere) throws InterruptedException {
        for (long end = System.nanoTime() + LIMIT.toNanos(); !isThere.getAsBoolean(); ) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(what + " isn't there after " + LIMIT.toSeconds() + " s");
            }
            Thread.sleep(50);
        }
    }

    private String put(Path file, String... options) {
        return command(with(List.of("put", file.toString()), options));
    }

    private void get(String id, String... options) {
        String output = folder.resolve("output").toString();
        command(with(List.of("get", id, "-o", output, "--force"), options));
    }

    private String[] with(List<String> command, String... options) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(options));
        all.addAll(List.of("--ring", folder.resolve("ring").toString()));
        return all.toArray(String[]::new);
    }

    /** What the command prints. */
    private String command(String... arguments) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            int exit = Main.run(arguments);
            if (exit != 0) {
                throw new IllegalStateException(String.join(" ", arguments) + " ended with " + exit);
            }
        } finally {
            System.setOut(console);
        }
        return printed.toString(StandardCharsets.UTF_8).strip();
    }
}
