package dev.interlock.node.store;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.Session;
import dev.interlock.wire.file.Reserve;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Another process that works on a store, says on stdout how far it is, and can be killed. */
final class ChildJvm implements AutoCloseable {
    static final int RECORD_BYTES = 64 << 10;
    static final int LARGE_RECORDS = 8;

    private final Process process;
    private final BufferedReader lines;

    private ChildJvm(Process process) {
        this.process = process;
        this.lines = process.inputReader(StandardCharsets.UTF_8);
    }

    static ChildJvm start(String task, Path folder, Object... arguments) throws IOException {
        return startBehind(List.of(), task, folder, arguments);
    }

    /** @param wrapper a command that runs the one after it */
    static ChildJvm startBehind(List<String> wrapper, String task, Path folder, Object... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                ChildJvm.class.getName(),
                task,
                folder.toString()));
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        return new ChildJvm(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** The next line; null at the end. */
    String line() throws IOException {
        return lines.readLine();
    }

    List<String> rest() {
        return lines.lines().toList();
    }

    /** SIGKILL. */
    void kill() {
        // By its handle: the process itself would close its output, too.
        process.toHandle().destroyForcibly();
        process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() throws IOException {
        kill();
        lines.close();
    }

    // Surefire's own class path may be a booter's.
    private static String classPath() {
        return Stream.of(
                        ChildJvm.class,
                        SealedStore.class,
                        StatementHash.class,
                        Session.class,
                        Reserve.class,
                        org.sqlite.JDBC.class,
                        org.slf4j.Logger.class)
                .map(type -> {
                    try {
                        return Path.of(type.getProtectionDomain()
                                        .getCodeSource()
                                        .getLocation()
                                        .toURI())
                                .toString();
                    } catch (URISyntaxException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .distinct()
                .collect(Collectors.joining(System.getProperty("path.separator")));
    }

    public static void main(String[] arguments) throws InterruptedException {
        Path folder = Path.of(arguments[1]);
        switch (arguments[0]) {
            case "open" -> {
                try (SealedStore store = Fixture.open(folder)) {
                    say("opened " + store.inDoubt().size());
                } catch (StoreException e) {
                    say(e.getClass().getSimpleName() + " " + e.getMessage());
                }
            }
            case "hold" -> {
                Store store = Fixture.open(folder);
                say("holding");
                waitForKill(store);
            }
            case "append" -> append(Fixture.open(folder), StatementHash.parse(arguments[2]));
            case "transient" -> appendTransient(Fixture.open(folder), StatementHash.parse(arguments[2]));
            case "prepare" -> prepare(Fixture.open(folder), StatementHash.parse(arguments[2]));
            case "commits" -> commits(Fixture.open(folder));
            case "destroys" -> destroys(Fixture.open(folder));
            case "swaps" -> swaps(Fixture.open(folder));
            case "fill" -> fill(folder);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void append(Store store, StatementHash id) throws InterruptedException {
        PendingObject object = Fixture.begin(store, id);
        Fixture.write(object, id, BlobKind.CIPHERTEXT, RECORD_BYTES, 100);
        Blob share = object.create(BlobKind.SHARE, RECORD_BYTES, 1000L * RECORD_BYTES);
        Fixture.fill(share, id, BlobKind.SHARE, 100);
        say("appended");
        waitForKill(store);
    }

    private static void appendTransient(Store store, StatementHash id) throws InterruptedException {
        PendingObject object = Fixture.begin(store, id);
        Fixture.write(object, id, BlobKind.sealedShare(1), RECORD_BYTES, 2L * RECORD_BYTES);
        Fixture.write(object, id, BlobKind.sealedShare(254), RECORD_BYTES, 2L * RECORD_BYTES);
        Blob share = object.createTransient(BlobKind.SHARE, RECORD_BYTES, 100L * RECORD_BYTES);
        Fixture.fill(share, id, BlobKind.SHARE, 10);
        say("appended");
        waitForKill(store);
    }

    private static void prepare(Store store, StatementHash id) throws InterruptedException {
        PendingObject object = Fixture.begin(store, id);
        Fixture.write(object, id, BlobKind.SHARE, RECORD_BYTES, (long) LARGE_RECORDS * RECORD_BYTES);
        Fixture.write(object, id, BlobKind.CIPHERTEXT, RECORD_BYTES, 100);
        object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        say("prepared");
        waitForKill(store);
    }

    // Small and large objects from several threads, until killed.
    private static void commits(Store store) {
        for (int thread = 0; thread < 4; thread++) {
            int records = thread == 0 ? LARGE_RECORDS : 1;
            Thread.ofPlatform().start(() -> {
                while (true) {
                    StatementHash id = Fixture.newId();
                    Fixture.put(store, id, RECORD_BYTES, records == 1 ? 100 : (long) records * RECORD_BYTES);
                    say(id.toString());
                }
            });
        }
    }

    // One generation after the other of each object, from several threads, until killed.
    private static void swaps(Store store) {
        for (StoredObject first : store.list(Fixture.USER)) {
            long totalBytes;
            try (Blob share = store.open(Fixture.id(first), BlobKind.SHARE)) {
                totalBytes = share.records() == 1 ? 100 : (long) LARGE_RECORDS * RECORD_BYTES;
            }
            Thread.ofPlatform().start(() -> {
                for (int generation = 2; ; generation++) {
                    StatementHash id = Fixture.newId();
                    ObjectId object = first.generation().object();
                    Store.Generation next = new Store.Generation(id, object, 1, generation, true);
                    Fixture.prepare(store, next, RECORD_BYTES, totalBytes);
                    var _ = store.commit(id, Fixture.CERTIFICATE);
                    say(id + " " + object + " " + generation);
                }
            });
        }
    }

    private static void destroys(Store store) {
        for (StatementHash id :
                store.list(Fixture.USER).stream().map(Fixture::id).toList()) {
            Fixture.destroy(store, id, Fixture.filled(100, 9));
            say(id.toString());
        }
    }

    // Appends until the limit on file sizes stops it.
    private static void fill(Path folder) {
        try (SealedStore store = Fixture.open(folder)) {
            StatementHash id = Fixture.newId();
            try (PendingObject object = Fixture.begin(store, id)) {
                Blob share = object.create(BlobKind.SHARE, 1 << 20, 64 << 20);
                try {
                    Fixture.fill(share, id, BlobKind.SHARE, 64);
                } catch (StoreException e) {
                    say(e.getClass().getSimpleName() + " " + e.getMessage());
                }
                say("readable " + share.records());
            }
            say("files " + Fixture.dataFiles(folder).size());
            StatementHash small = Fixture.newId();
            Fixture.put(store, small, 100, 100);
            say("then " + Fixture.isWhole(store, small, BlobKind.SHARE, 1));
        }
    }

    private static void waitForKill(Store store) throws InterruptedException {
        Thread.sleep(60_000);
        store.close();
    }

    private static synchronized void say(String line) {
        PrintStream out = System.out;
        out.println(line);
        out.flush();
    }
}
