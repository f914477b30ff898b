package dev.interlock.bench.ring;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.bench.WrongResultException;
import dev.interlock.node.NodeFolder;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peer;
import dev.interlock.wire.Peers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What this machine does without Interlock: the parts that no put and no get can do without, each measured bare. */
final class Limits implements AutoCloseable {
    private static final int PIECE_BYTES = 64 << 10;
    private static final int RECORD_BYTES = 4 << 10;
    private static final int BLOCK_BYTES = 1 << 20;
    private static final int WARM_REQUESTS = 50;
    private static final int TRIES = 5;
    private static final byte[] PIECE = new Content(0, PIECE_BYTES).bytes();
    private static final byte[] QUESTION = new Content(1, BareTls.QUESTION_BYTES).bytes();
    private static final byte[] RECORD = new Content(2, RECORD_BYTES).bytes();
    private static final Deadlines DEADLINES = Deadlines.DEFAULT;

    private final Path scratch;
    private final LimitServer.Child server;
    private final Peers peers;
    private final Peer peer;
    private final BareTls bare;

    /** What it took to pass bytes through TLS: on the clock, and of both ends' CPUs. */
    record Pipe(double seconds, double cpuSeconds) {}

    private Limits(Path scratch, LimitServer.Child server, Peers peers, Peer peer, BareTls bare) {
        this.scratch = scratch;
        this.server = server;
        this.peers = peers;
        this.peer = peer;
        this.bare = bare;
    }

    /** Starts the other end of the channels; files go beside the ring's stores. */
    static Limits start(RingProcesses ring) throws IOException {
        NodeCard lent = ring.descriptor().providers().getFirst().card();
        LimitServer.Child server = LimitServer.start(ring.node(lent));
        Peers peers = new Peers(Optional.empty(), DEADLINES);
        NodeCard card = NodeCard.of(
                lent.role(), lent.name(), "127.0.0.1:" + server.port(), lent.tlsPin(), lent.key(), lent.sealing());
        BareTls bare = BareTls.to(NodeFolder.open(ring.node(lent)), server.barePort());
        Limits limits = new Limits(ring.scratch(), server, peers, peers.to(card), bare);
        limits.warm();
        return limits;
    }

    /** The first answers of a new process may take longer than a deadline on a busy machine. */
    private void warm() {
        for (int failures = 0; ; ) {
            try {
                for (int i = 0; i < WARM_REQUESTS; i++) {
                    ask();
                }
                return;
            } catch (NodeException e) {
                if (++failures == TRIES) {
                    close();
                    throw e;
                }
            }
        }
    }

    /** Streams bytes to the other process through TLS and nothing else. */
    Pipe tlsPipe(long bytes) throws IOException, InterruptedException {
        long self = ProcessHandle.current().pid();
        double cpu = Proc.cpuSeconds(self) + Proc.cpuSeconds(server.pid());
        long begun = System.nanoTime();
        long arrived = bare.pipe(bytes, PIECE);
        double seconds = secondsSince(begun);
        if (arrived != bytes) {
            throw new WrongResultException("of " + bytes + " bytes, " + arrived + " came through the TLS pipe");
        }
        return new Pipe(seconds, Proc.cpuSeconds(self) + Proc.cpuSeconds(server.pid()) - cpu);
    }

    /** The median of so many questions and answers through TLS alone, one after the other, in seconds. */
    double bareRoundTrip(int count) throws Exception {
        return median(count, this::askBare);
    }

    /** Questions and answers a second through TLS alone, so many at once, each on a connection of its own. */
    double bareRequestsPerSecond(int atOnce, Duration duration) throws Exception {
        return Load.run(atOnce, duration, this::askBare).perSecond();
    }

    private void askBare() throws IOException, InterruptedException {
        requireAnswer(bare.ask(QUESTION));
    }

    /** The median of so many bare requests, one after the other, in seconds. */
    double roundTrip(int count) throws Exception {
        return median(count, this::ask);
    }

    /** The median of bare requests, so many at the same time, until the last of them is answered; in seconds. */
    double roundTripOf(int atOnce, int count) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < atOnce; i++) {
                all.add(() -> {
                    ask();
                    return true;
                });
            }
            return median(count, () -> {
                for (Future<Boolean> each : threads.invokeAll(all)) {
                    each.get();
                }
            });
        }
    }

    /** What a task takes, one after the other, in seconds. */
    private static double median(int count, Load.Task task) throws Exception {
        double[] seconds = new double[count];
        for (int i = 0; i < count; i++) {
            long begun = System.nanoTime();
            task.run();
            seconds[i] = secondsSince(begun);
        }
        return Statistics.median(seconds);
    }

    /** Bare requests a second, so many at once. */
    double requestsPerSecond(int atOnce, Duration duration) throws Exception {
        return Load.run(atOnce, duration, this::ask).perSecond();
    }

    private void ask() {
        requireAnswer(peer.call(HttpMethod.POST, "/ask", Optional.empty(), QUESTION));
    }

    private static void requireAnswer(byte[] answer) {
        if (!Arrays.equals(answer, Arrays.copyOf(QUESTION, LimitServer.ANSWER_BYTES))) {
            throw new WrongResultException("the bare server answered with other bytes than it must");
        }
    }

    /** The median time of an append of 4 KiB and its fdatasync, so many files at once, in seconds. */
    double fsync(int writers, int each) throws Exception {
        Queue<Double> seconds = new ConcurrentLinkedQueue<>();
        inParallel(writers, file -> {
            for (int i = 0; i < each; i++) {
                long begun = System.nanoTime();
                append(file);
                seconds.add(secondsSince(begun));
            }
        });
        return Statistics.median(List.copyOf(seconds));
    }

    /** Appends of 4 KiB a second, each with its own fdatasync, of each of so many files at once. */
    double fsyncsPerSecond(int writers, Duration duration) throws Exception {
        Queue<Double> rates = new ConcurrentLinkedQueue<>();
        inParallel(writers, file -> {
            long begun = System.nanoTime();
            int count = 0;
            do {
                append(file);
                count++;
            } while (System.nanoTime() - begun < duration.toNanos());
            rates.add(count / secondsSince(begun));
        });
        return Statistics.median(List.copyOf(rates));
    }

    private static void append(FileChannel file) throws IOException {
        writeFully(file, ByteBuffer.wrap(RECORD));
        file.force(false); // fdatasync
    }

    /** Writes so many bytes in all, to so many files at once, until they're durable; in seconds. */
    double diskWrite(int files, long bytes) throws Exception {
        byte[] block = new Content(3, BLOCK_BYTES).bytes();
        long begun = System.nanoTime();
        double[] end = new double[1];
        inParallel(files, file -> {
            for (long done = 0; done < bytes / files; done += BLOCK_BYTES) {
                writeFully(file, ByteBuffer.wrap(block, 0, (int) Math.min(BLOCK_BYTES, bytes / files - done)));
            }
            file.force(true);
            synchronized (end) {
                // Removing the files isn't part of it.
                end[0] = secondsSince(begun);
            }
        });
        return end[0];
    }

    /** Reads so many bytes that were just written, from the page cache; in seconds. */
    double cachedRead(long bytes) throws IOException {
        Path path = Files.createTempFile(scratch, "limit-", "");
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
            block.put(new Content(4, BLOCK_BYTES).bytes());
            for (long done = 0; done < bytes; done += BLOCK_BYTES) {
                writeFully(file, block.flip().limit(BLOCK_BYTES));
            }
            file.position(0);
            long begun = System.nanoTime();
            for (long done = 0; done < bytes; ) {
                int read = file.read(block.clear());
                if (read < 0) {
                    throw new WrongResultException("a file of " + bytes + " bytes ends after " + done);
                }
                done += read;
            }
            return secondsSince(begun);
        } finally {
            Files.deleteIfExists(path);
        }
    }

    /** Hashes so many bytes with the JDK's SHA-256 on one core; in seconds. */
    static double sha256(long bytes) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            byte[] block = new Content(5, BLOCK_BYTES).bytes();
            long begun = System.nanoTime();
            for (long done = 0; done < bytes; done += BLOCK_BYTES) {
                sha256.update(block, 0, (int) Math.min(BLOCK_BYTES, bytes - done));
            }
            sha256.digest();
            return secondsSince(begun);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the Java platform has no SHA-256", e);
        }
    }

    private interface Writer {
        void write(FileChannel file) throws Exception;
    }

    private void inParallel(int files, Writer writer) throws Exception {
        List<Path> paths = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(files)) {
            List<Callable<Boolean>> tasks = new ArrayList<>();
            for (int i = 0; i < files; i++) {
                Path path = Files.createTempFile(scratch, "limit-", "");
                paths.add(path);
                tasks.add(() -> {
                    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
                        writer.write(file);
                    }
                    return true;
                });
            }
            for (Future<Boolean> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            for (Path path : paths) {
                Files.deleteIfExists(path);
            }
        }
    }

    private static void writeFully(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    @Override
    public void close() {
        bare.close();
        peers.close();
        server.close();
    }
}
