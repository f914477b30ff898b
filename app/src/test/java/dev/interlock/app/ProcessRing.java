package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.protocol.ring.RingDescriptor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** A ring of processes that {@code interlock ring create} and {@code up} made. */
final class ProcessRing implements AutoCloseable {
    /** Generous, for a machine that does much else. */
    private static final int STALL_SECONDS = 20;

    private final Cli cli;
    private final Path path;

    private ProcessRing(Cli cli, Path path) {
        this.cli = cli;
        this.path = path;
    }

    static ProcessRing start(Path path, int t, int n) {
        return start(Cli.built(), path, t, n);
    }

    /** Of nodes that only start and answer, and are never asked to be fast: half as long to wait for. */
    static ProcessRing startSmall(Path path, int t, int n) {
        return start(Cli.built().with("INTERLOCK_NODE_JAVA_OPTS", Cli.FIRST_COMPILER), path, t, n);
    }

    private static ProcessRing start(Cli built, Path path, int t, int n) {
        Cli cli = built.with("INTERLOCK_RING", path);
        cli.run("ring", "create", path, "-n", n, "-t", t, "--base-port", TestRing.freePorts(n + 1))
                .expect(0);
        ProcessRing ring = new ProcessRing(cli, path);
        ring.up();
        return ring;
    }

    void up() {
        cli.run("ring", "up", path, "--stall", STALL_SECONDS).expect(0);
    }

    /** The command, with this ring as its default. */
    Cli cli() {
        return cli;
    }

    Path path() {
        return path;
    }

    RingDescriptor descriptor() {
        return RingFolder.open(path).descriptor();
    }

    List<String> providers() {
        return descriptor().providers().stream()
                .map(provider -> provider.name())
                .toList();
    }

    /** Of a node that runs. */
    ProcessHandle process(String node) {
        return new NodeProcess(path.resolve(node)).running().orElseThrow();
    }

    void kill(String node) {
        ProcessHandle process = process(node);
        process.destroyForcibly();
        Await.until(node + " is dead", () -> !process.isAlive());
    }

    /** The files of blobs in a provider's store. */
    List<Path> dataFiles(String provider) {
        return list(path.resolve(provider).resolve("store").resolve("objects"));
    }

    /** How many bytes of blobs a provider holds. */
    long dataBytes(String provider) {
        return dataFiles(provider).stream()
                .mapToLong(file -> {
                    try {
                        return Files.size(file);
                    } catch (IOException e) {
                        return 0; // Gone meanwhile.
                    }
                })
                .sum();
    }

    /** Does this provider serve a read of this object now? Then it has the file of its share open. */
    boolean reads(String provider, String id) {
        try (Stream<Path> open =
                Files.list(Path.of("/proc", String.valueOf(process(provider).pid()), "fd"))) {
            return open.anyMatch(file -> {
                try {
                    return Files.readSymbolicLink(file).toString().endsWith(".share");
                } catch (IOException e) {
                    return false; // Closed meanwhile.
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return the object's id */
    String put(Path file) {
        return cli.run("put", file).expect(0).text().strip();
    }

    /** Of the only object that there is. */
    void destroy(String id) {
        Cli.Result unused = cli.run("destroy", id).expect(0);
        for (String provider : providers()) {
            assertThat(dataFiles(provider)).isEmpty();
        }
    }

    /** A file of that many bytes, the same for the same length. */
    static Path noise(Path file, long length) throws IOException {
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

    static List<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        descriptor()
                .nodes()
                .forEach(card -> new NodeProcess(path.resolve(card.name()))
                        .running()
                        .ifPresent(process -> {
                            Cli.signal("CONT", process.pid());
                            process.destroyForcibly();
                        }));
    }
}
