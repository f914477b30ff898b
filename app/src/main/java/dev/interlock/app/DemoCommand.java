package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.client.Destruction;
import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.PutOptions;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.wire.Deadlines;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code interlock demo}: the whole story on loopback, with real processes. */
@Command(
        name = "demo",
        description = "Shows the whole story on this machine: a ring of real processes, put, get, kill, destroy.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    private static final int N = 5;
    private static final int T = 3;
    private static final Duration STALL = Duration.ofSeconds(20);
    private static final String SECRET = "The combination of the safe is 31-4-15.\n";

    @Option(names = "--keep", description = "leave the ring up, and its folder there")
    private boolean keep;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "a new or empty folder for the ring (default: a temporary one)")
    private @Nullable Path dir;

    private final List<Map<String, Object>> story = new ArrayList<>();
    /** The digests of what was put. */
    private final Map<Path, byte[]> originals = new HashMap<>();

    private boolean asExpected = true;

    @Override
    public Integer call() throws IOException, InterruptedException {
        DemoFolder folder = DemoFolder.create(dir);
        Thread teller = Thread.currentThread();
        CountDownLatch told = new CountDownLatch(1);
        // Who ends the ring: one of them, and at an interruption until the process has ended.
        Lock ending = new ReentrantLock();
        Thread stopper = Thread.ofPlatform().unstarted(() -> {
            ending.lock();
            stopChildren();
            teller.interrupt();
            awaitEnd(told);
            folder.deleteQuietly();
        });
        Runtime.getRuntime().addShutdownHook(stopper);
        Interruption.means(() -> "the ring is stopped");
        RingFolder ring = RingFolder.create(folder.ring(), "demo", T, N, 1, 0, Set.of(Profile.BLINDED));
        try {
            tell(ring, folder.path());
        } finally {
            told.countDown();
            ending.lock();
            try {
                if (!keep) {
                    say("");
                    say("Stopping the ring.");
                    RingCommand.down(ring);
                    folder.delete();
                }
            } finally {
                ending.unlock();
            }
        }
        Runtime.getRuntime().removeShutdownHook(stopper);
        if (keep) {
            say("");
            say("The ring stays up:  export INTERLOCK_RING=" + ring.path());
            say("Stop it with:       interlock ring down " + ring.path());
        }
        return asExpected ? 0 : Main.FAILED;
    }

    /** What is written beside this would be left behind. Who was about to start a node never comes, and writes nothing. */
    private static void awaitEnd(CountDownLatch told) {
        try {
            var _ = told.await(500, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** All nodes, those included that have only begun to start: each is a child of this process. */
    private static void stopChildren() {
        long end = System.nanoTime()
                + Duration.ofSeconds(NodeCommand.CLOSE_SECONDS + 5).toNanos();
        // The story goes on beside this, and may be starting nodes.
        NodeProcess.startNoMore();
        while (true) {
            List<ProcessHandle> children = ProcessHandle.current()
                    .children()
                    .filter(ProcessHandle::isAlive)
                    .toList();
            if (children.isEmpty()) {
                return;
            }
            boolean late = System.nanoTime() > end;
            children.forEach(late ? ProcessHandle::destroyForcibly : ProcessHandle::destroy);
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void tell(RingFolder ring, Path folder) throws IOException, InterruptedException {
        title("A ring: five providers and a dealer, each a process of its own; any 3 of 5 open an object");
        long begun = System.nanoTime();
        up(ring);
        note("start 1 dealer and 5 providers", "all answer", begun, 0);
        try (Interlock interlock = Interlock.open(
                ring.descriptor(), CredentialFile.read(ring.credential()), Deadlines.stallAfter(STALL))) {
            Path large = largeFile(folder);
            Path small = folder.resolve(DemoFolder.SMALL);
            Files.writeString(small, SECRET);

            title("Put: the file passes round the ring, each provider adds its layer of the pad");
            Token file = put(interlock, large);
            Token text = put(interlock, small);

            title("What each node holds of the file: noise");
            show(ring, file);

            title("Get: any three take their layers off again");
            get(interlock, file, large, folder, "get the file");
            get(interlock, text, small, folder, "get the text");

            title("Kill two providers with SIGKILL, the file's home among them, and get it again");
            List<String> dead = new ArrayList<>(file.providers().subList(0, 2).stream()
                    .map(x -> interlock.ring().provider(x).name())
                    .toList());
            dead.forEach(name -> kill(ring, name));
            get(interlock, file, large, folder, "get the file with " + String.join(", ", dead) + " dead");

            title("Kill a third: two are left, and two of five learn nothing");
            String third = interlock.ring().provider(file.providers().get(2)).name();
            kill(ring, third);
            dead.add(third);
            refused(interlock, file.object(), "get the file with three dead");

            title("Start them again");
            begun = System.nanoTime();
            int started = up(ring);
            note("restart " + String.join(", ", dead), started + " nodes started", begun, 0);
            get(interlock, file, large, folder, "get the file");

            title("Destroy the text at three providers: then nobody can open it, not even all five");
            begun = System.nanoTime();
            AtomicInteger line = new AtomicInteger();
            Destruction destroyed = interlock.destroy(text.object(), List.of("cc1", "cc2", "cc3"), erased -> {
                say("  " + erased.provider() + " erased its share (" + erased.count() + " of " + N + ")");
                if (erased.last()) {
                    line.set(erased.count());
                }
            });
            expect(destroyed.unrecoverableSince().isPresent());
            note(
                    "destroy the text at cc1, cc2, cc3",
                    destroyed.receipts().size() + " receipts, unrecoverable at " + line,
                    begun,
                    0);
            refused(interlock, text.object(), "get the text");
        }
        title("What happened");
        Output.table(story);
    }

    /** Each node is told of as soon as it answers. @return how many were started */
    private static int up(RingFolder ring) throws InterruptedException {
        int all = ring.nodes().size();
        Set<String> running = ring.nodes().stream()
                .map(NodeProcess::new)
                .filter(node -> node.running().isPresent())
                .map(NodeProcess::name)
                .collect(Collectors.toSet());
        AtomicInteger answering = new AtomicInteger(running.size());
        waitFor(answering.get(), all);
        try {
            return RingCommand.up(ring, STALL, node -> {
                if (!running.contains(node.name())) {
                    Screen.clear();
                    say("  " + node.name() + "  pid "
                            + node.running().map(ProcessHandle::pid).orElse(-1L));
                    waitFor(answering.incrementAndGet(), all);
                }
            });
        } finally {
            Screen.clear();
        }
    }

    private static void waitFor(int answering, int all) {
        if (answering < all && Screen.isTerminal()) {
            Screen.status("  starting: " + answering + " of " + all + " nodes answer");
        }
    }

    private Token put(Interlock interlock, Path file) throws IOException, InterruptedException {
        long length = Files.size(file);
        long begun = System.nanoTime();
        try (FileChannel in = FileChannel.open(file);
                Progress progress = new Progress("put", "checking that any t providers open it")) {
            progress.start(length);
            Token token = interlock.put(in, length, PutOptions.DEFAULT, progress);
            progress.end();
            note("put " + file.getFileName() + ", " + Output.size(length), "id " + token.object(), begun, length);
            return token;
        }
    }

    private void get(Interlock interlock, Token token, Path original, Path folder, String what)
            throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Path copy = folder.resolve(DemoFolder.COPY);
        Fetched fetched;
        try (OutputFile out = OutputFile.create(copy, false);
                Progress progress = new Progress("get", "")) {
            fetched = interlock.get(token.object(), out.channel(), GetOptions.DEFAULT, progress::start, progress);
            out.publish();
        }
        long ended = System.nanoTime();
        if (!originals.containsKey(original)) {
            originals.put(original, digest(original));
        }
        boolean same = MessageDigest.isEqual(originals.get(original), digest(copy));
        expect(same);
        note(
                what,
                (same ? "same SHA-256, opened by " : "WRONG SHA-256, opened by ") + String.join(", ", fetched.route()),
                begun,
                ended,
                token.length());
        Files.delete(copy);
    }

    private void refused(Interlock interlock, ObjectId object, String what) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Path copy = Files.createTempFile("interlock-demo-", ".copy");
        try (FileChannel out = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            interlock.get(object, out);
            expect(false);
            note(what, "OPENED, which must not be", begun, 0);
        } catch (InterlockException e) {
            expect(Files.size(copy) == 0);
            say("  interlock: " + e.explanation());
            note(what, "refused, exit code " + Main.exitCode(e), begun, 0);
        } finally {
            Files.delete(copy);
        }
    }

    private void kill(RingFolder ring, String name) {
        new NodeProcess(ring.path().resolve(name)).running().ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
            say("  " + name + ", process " + process.pid() + ": killed");
        });
    }

    private void show(RingFolder ring, Token token) throws IOException {
        for (Path node : ring.nodes()) {
            Path objects = node.resolve("store").resolve("objects");
            if (!Files.isDirectory(objects)) {
                say("  " + node.getFileName() + ": nothing; it dealt and forgot");
                continue;
            }
            for (String kind : List.of("share", "ciphertext")) {
                Path file = objects.resolve(token.id() + "." + kind);
                if (Files.isRegularFile(file)) {
                    say(String.format(
                            "  %-4s %-10s %9s  %s…",
                            node.getFileName(), kind, Output.size(Files.size(file)), hex(file)));
                }
            }
        }
    }

    private static String hex(Path file) throws IOException {
        byte[] bytes = new byte[16];
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            in.readFully(bytes);
        }
        return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }

    /** A real file of 100 MB or more that every JDK carries. */
    private static Path largeFile(Path folder) throws IOException {
        Path modules = Path.of(System.getProperty("java.home"), "lib", "modules");
        if (Files.isRegularFile(modules) && Files.size(modules) >= 100_000_000) {
            return modules;
        }
        // A JDK image without one: its own files, end to end.
        Path joined = folder.resolve(DemoFolder.LARGE);
        try (FileChannel out = FileChannel.open(joined, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                Stream<Path> files = Files.walk(Path.of(System.getProperty("java.home")))) {
            List<Path> regular = files.filter(Files::isRegularFile).toList();
            while (out.position() < 100_000_000) {
                for (Path file : regular) {
                    try (FileChannel in = FileChannel.open(file)) {
                        out.transferFrom(in, out.position(), in.size());
                        out.position(out.size());
                    }
                }
            }
        }
        return joined;
    }

    private static byte[] digest(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha256.update(buffer, 0, n);
            }
            return sha256.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void expect(boolean holds) {
        asExpected &= holds;
    }

    private void note(String what, String outcome, long begunNanos, long bytes) {
        note(what, outcome, begunNanos, System.nanoTime(), bytes);
    }

    private void note(String what, String outcome, long begunNanos, long endedNanos, long bytes) {
        long nanos = endedNanos - begunNanos;
        String seconds = String.format(Locale.ROOT, "%.2f", nanos / 1e9);
        String rate = bytes >= 1_000_000 ? Output.rate(bytes, nanos) : "";
        say("  " + what + ": " + outcome + " (" + seconds + " s" + (rate.isEmpty() ? "" : ", " + rate) + ")");
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("step", what);
        row.put("outcome", outcome);
        row.put("seconds", seconds);
        row.put("rate", rate);
        story.add(row);
    }

    private static void title(String text) {
        System.out.println();
        System.out.println("== " + text);
    }

    private static void say(String text) {
        System.out.println(text);
    }
}
