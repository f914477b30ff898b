package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.Profile;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.Stores;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A ring of the product's own processes, to be killed at any moment. They end with this one where it ends in order. */
final class KilledRing implements AutoCloseable {
    private static final Duration STALL = Duration.ofSeconds(20);
    private static final Duration START = Duration.ofSeconds(180);

    private final RingFolder folder;
    private final Map<String, Process> processes = new LinkedHashMap<>();

    private KilledRing(RingFolder folder) {
        this.folder = folder;
    }

    static KilledRing start(Path dir, int t, int n) throws IOException, InterruptedException {
        return start(created(dir, t, n));
    }

    /** Whose owner is that of another ring. */
    static KilledRing startFor(KilledRing same, Path dir, int t, int n) throws IOException, InterruptedException {
        return start(created(dir, t, n).takeCredential(same.folder.path().resolve(RingFolder.CREDENTIAL)));
    }

    private static RingFolder created(Path dir, int t, int n) {
        return RingFolder.create(
                dir, dir.getFileName().toString(), t, n, 1, TestRing.freePorts(n + 1), EnumSet.allOf(Profile.class));
    }

    private static KilledRing start(RingFolder folder) throws IOException, InterruptedException {
        KilledRing ring = new KilledRing(folder);
        try {
            ring.startAll();
            return ring;
        } catch (IOException | InterruptedException | RuntimeException e) {
            ring.close();
            throw e;
        }
    }

    void startAll() throws IOException, InterruptedException {
        for (String name : names()) {
            begin(name);
        }
        for (String name : names()) {
            await(name);
        }
    }

    /** All nodes, the dealer too. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        folder.descriptor().nodes().forEach(card -> names.add(card.name()));
        return names;
    }

    List<String> providers() {
        return folder.descriptor().providers().stream()
                .map(provider -> provider.name())
                .toList();
    }

    Path folder() {
        return folder.path();
    }

    Path node(String name) {
        return folder.path().resolve(name);
    }

    private synchronized void begin(String name) throws IOException {
        NodeCard card = NodeFolder.open(node(name)).card();
        Path jar = Cli.built().jar();
        List<String> command = Cli.jvm(jar, Cli.FIRST_COMPILER, "-Xmx128m");
        command.addAll(List.of(
                "-cp",
                jar.toString(),
                Main.class.getName(),
                card.role().name().toLowerCase(Locale.ROOT),
                node(name).toString()));
        processes.put(
                name,
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(
                                node(name).resolve("out").toFile()))
                        .start());
    }

    private void await(String name) throws IOException, InterruptedException {
        NodeCard card = NodeFolder.open(node(name)).card();
        long end = System.nanoTime() + START.toNanos();
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(card.host(), card.port()), 1000);
                return;
            } catch (IOException e) {
                Process process = process(name);
                if (System.nanoTime() > end || !process.isAlive()) {
                    throw new IOException(
                            name + " doesn't start: "
                                    + Files.readString(node(name).resolve("out")),
                            e);
                }
                Thread.sleep(20);
            }
        }
    }

    private synchronized Process process(String name) {
        return processes.get(name);
    }

    /** SIGKILL, and a new process that answers. */
    void kill(String name, Duration down) throws IOException, InterruptedException {
        end(name);
        Thread.sleep(down);
        begin(name);
        await(name);
    }

    /** A new process in the place of one that ended. */
    void revive(String name) throws IOException, InterruptedException {
        begin(name);
        await(name);
    }

    RingDescriptor descriptor() {
        return folder.descriptor();
    }

    Deadlines deadlines() {
        return Deadlines.stallAfter(STALL);
    }

    /** SIGKILL. */
    void end(String name) throws InterruptedException {
        Process process = process(name);
        process.destroyForcibly();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException(name + " doesn't end");
        }
    }

    void killAll() throws InterruptedException {
        for (String name : names()) {
            end(name);
        }
    }

    Interlock open() {
        return Interlock.open(
                folder.descriptor(), CredentialFile.read(folder.credential()), Deadlines.stallAfter(STALL));
    }

    /** What a thief finds: a copy of a provider's store while it is down. */
    Path steal(String name, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(node(name).resolve("store"))) {
            for (Path from : all.toList()) {
                Path copy =
                        to.resolve(node(name).resolve("store").relativize(from).toString());
                if (Files.isDirectory(from)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(from, copy);
                }
            }
        }
        return to;
    }

    /** The store of a provider that is down. */
    SealedStore store(String name) {
        return store(node(name).resolve("store"));
    }

    static SealedStore store(Path folder) {
        return Stores.embedded(folder, new SecureRandom(), Clock.systemUTC());
    }

    @Override
    public void close() {
        processes.values().forEach(Process::destroyForcibly);
    }
}
