package dev.interlock.app;

import dev.interlock.core.token.Profile;
import dev.interlock.node.NodeFolder;
import dev.interlock.wire.Deadlines;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * A short life of a whole ring in one process, from which the JVM learns what to have ready at its next start (JEP 483, 514,
 * 515). Run by {@code .mvn/rehearse.sh} after a build; no command, and nothing depends on it.
 */
final class Rehearsal {
    private static final int LARGE_BYTES = 6 << 20;
    private static final int ROUNDS = 5;

    private final Path folder;
    private final PrintStream console = System.out;

    private Rehearsal(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory("interlock-rehearsal-");
        try {
            new Rehearsal(folder).run();
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> {
                    try {
                        Files.delete(file);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }
        }
        // Without waiting for the pools of libraries.
        System.exit(0);
    }

    private void run() throws Exception {
        RingFolder ring =
                RingFolder.create(folder.resolve("ring"), "rehearsal", 2, 3, 1, 0, EnumSet.allOf(Profile.class));
        List<AutoCloseable> nodes = new ArrayList<>();
        try {
            for (Path node : ring.nodes()) {
                nodes.add(NodeCommand.start(NodeFolder.open(node), Deadlines.DEFAULT, List.of()));
            }
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
            command("ls", "--ring", ring.path().toString());
            command("info", id, "--ring", ring.path().toString());
            command("destroy", id, "--ring", ring.path().toString());
            command("ring", "status", ring.path().toString());
        } finally {
            for (AutoCloseable node : nodes) {
                node.close();
            }
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
