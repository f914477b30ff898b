package dev.interlock.app;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.CredentialFile;
import dev.interlock.node.NodeFolder;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peer;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * One provider of a ring of processes under a stranger's worst and a user's worst, while another user gets: whether it lives,
 * what it takes, and what that other user notices. Prints the table of docs/threat-model.md.
 */
final class Siege implements AutoCloseable {
    private static final String TARGET = "cc1";
    private static final int CONNECTIONS = 1000;
    private static final int QUIET_SECONDS = 15;
    /** The heap, as much beside it for buffers, and the code and threads of the JVM. */
    private static final long MAX_RESIDENT_MB = 420;

    private static final long MAX_LOG_BYTES = 1_000_000;

    private final ProcessRing ring;
    private final RingDescriptor descriptor;
    private final Deadlines deadlines = Deadlines.stallAfter(Duration.ofSeconds(20));
    private final Process victim;
    /** What it said of each get. */
    private final BlockingQueue<String> gets = new LinkedBlockingQueue<>();

    private final ProcessHandle process;

    /** What one phase came to. */
    private record Row(
            String what, int gets, int failed, double p99Millis, long residentMb, long logBytes, long diskBytes) {}

    private interface Attack {
        void run() throws Exception;
    }

    private Siege(Path dir) throws IOException {
        this.ring = ProcessRing.start(dir.resolve("ring"), 2, 3);
        this.descriptor = ring.descriptor();
        CredentialFile.create(dir.resolve("attacker"), new SecureRandom());
        try (Credential attacker = CredentialFile.read(dir.resolve("attacker"))) {
            for (NodeCard card : descriptor.nodes().toList()) {
                NodeFolder.open(ring.path().resolve(card.name()))
                        .allow(
                                "attacker",
                                attacker.publicKey(descriptor.id(), card.name()).toString());
            }
        }
        this.process = ring.process(TARGET);
        this.victim = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        SiegeVictim.class.getName(),
                        ring.path().toString(),
                        TARGET)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                victim.inputReader().lines().forEach(gets::add);
            } catch (UncheckedIOException e) {
                // It was ended.
            }
        });
    }

    /** What is got all the while, one after the other, from the node that is attacked and another one. */
    private Row phase(String what, int seconds, List<Attack> attacks) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        long log = size(ring.path().resolve(TARGET).resolve("log"));
        long disk = folder(ring.path().resolve(TARGET));
        long resident = 0;
        List<Long> nanos = new ArrayList<>();
        int failed = 0;
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Attack attack : attacks) {
                var _ = threads.submit(() -> {
                    while (!over.get()) {
                        try {
                            attack.run();
                        } catch (Exception e) {
                            // What else should happen to it; again.
                        }
                    }
                });
            }
            gets.clear();
            while (System.nanoTime() < end) {
                String get = gets.poll(100, TimeUnit.MILLISECONDS);
                if (get != null && get.equals("failed")) {
                    failed++;
                } else if (get != null) {
                    nanos.add(Long.parseLong(get));
                }
                resident = Math.max(resident, resident());
            }
            over.set(true);
            threads.shutdownNow();
        }
        Collections.sort(nanos);
        double p99 = nanos.isEmpty() ? Double.NaN : nanos.get((int) (nanos.size() * 0.99)) / 1e6;
        return new Row(
                what,
                nanos.size(),
                failed,
                p99,
                resident,
                size(ring.path().resolve(TARGET).resolve("log")) - log,
                folder(ring.path().resolve(TARGET)) - disk);
    }

    private long resident() throws IOException {
        if (!process.isAlive()) {
            return 0;
        }
        return Files.readAllLines(Path.of("/proc", String.valueOf(process.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .sum();
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private static long folder(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.mapToLong(file -> {
                        try {
                            return Files.isRegularFile(file) ? Files.size(file) : 0;
                        } catch (IOException e) {
                            return 0; // Gone meanwhile.
                        }
                    })
                    .sum();
        }
    }

    private NodeCard card() {
        return descriptor.node(TARGET).orElseThrow();
    }

    private static String id() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private List<Attack> stranger(RawUser nobody) {
        List<Attack> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            all.add(() -> body(nobody, "/v1/sessions/" + id() + "/token", Optional.empty(), 20 << 20));
        }
        all.add(() -> {
            byte[] _ = nobody.peer(TARGET)
                    .call(HttpMethod.GET, "/v1/objects?after=" + id(), Optional.of("x".repeat(3000)), new byte[0]);
        });
        all.add(() -> frames(
                false,
                stream -> List.of(
                        RawHttp2.frame(RawHttp2.HEADERS, 5, stream, RawHttp2.request("GET", "/v1/objects/" + id())),
                        RawHttp2.frame(RawHttp2.RST_STREAM, 0, stream, new byte[4]))));
        all.add(() -> frames(
                true,
                _ -> List.of(RawHttp2.frame(RawHttp2.CONTINUATION, 0, 1, RawHttp2.fields("x", "y".repeat(100))))));
        all.add(() -> frames(
                false,
                stream -> List.of(RawHttp2.frame(RawHttp2.HEADERS, 5, stream, RawHttp2.request("GET", "/health")))));
        all.add(() -> {
            List<Socket> held = new ArrayList<>();
            try {
                for (int i = 0; i < CONNECTIONS; i++) {
                    Socket socket = new Socket(card().host(), card().port());
                    held.add(socket);
                    socket.getOutputStream().write(TestRing.random(1 + i % 700));
                }
                Thread.sleep(1000);
            } finally {
                for (Socket socket : held) {
                    socket.close();
                }
            }
        });
        return all;
    }

    /** Frames on one connection, until it is closed; the answers' windows stay shut. */
    private void frames(boolean afterHeaders, IntFunction<List<byte[]>> next) throws Exception {
        try (RawHttp2 raw = new RawHttp2(card(), RawHttp2.setting(4, 0))) {
            if (afterHeaders) {
                raw.push(RawHttp2.frame(RawHttp2.HEADERS, 1, 1, RawHttp2.request("GET", "/health")));
            }
            for (int stream = 3; raw.send(next.apply(stream).toArray(byte[][]::new)); stream += 2) {}
        }
    }

    private static void body(RawUser from, String path, Optional<String> header, int bytes) throws Exception {
        Peer.Upload upload = from.peer(TARGET).upload(path, header);
        byte[] piece = new byte[256 << 10];
        try {
            for (int sent = 0; sent < bytes; sent += piece.length) {
                upload.send(Unpooled.wrappedBuffer(piece), Duration.ofSeconds(5));
            }
        } finally {
            upload.fail(new RefusedException("enough"));
        }
    }

    private List<Attack> user(RawUser user, List<HandWrite> writes) {
        List<Attack> all = new ArrayList<>();
        AtomicLong next = new AtomicLong();
        for (int i = 0; i < 4; i++) {
            all.add(() -> {
                HandWrite write = writes.get((int) (next.getAndIncrement() % writes.size()));
                write.orderAt(TARGET);
            });
            all.add(() -> {
                String session = id();
                body(
                        user,
                        "/v1/sessions/" + session + "/token",
                        Optional.of(user.header(TARGET, Operation.TOKEN, session, new byte[0])),
                        33 << 20);
            });
            all.add(() -> {
                String session = id();
                body(
                        user,
                        "/v1/sessions/" + session + "/stations/0",
                        Optional.of(user.header(TARGET, Operation.STREAM, session, new byte[0])),
                        4 << 20);
            });
            all.add(() -> {
                String object = id();
                user.call(TARGET, HttpMethod.GET, "/v1/objects/" + object, Operation.INFO, object, new byte[0]);
            });
        }
        return all;
    }

    private String usedAfterwards() {
        try (RawUser asking =
                RawUser.of(descriptor, CredentialFile.read(ring.path().resolve("credential")), deadlines)) {
            byte[] all = asking.peer(TARGET).call(HttpMethod.GET, "/metrics", Optional.empty(), new byte[0]);
            return String.join(
                    ", ",
                    new String(all, StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> line.startsWith("interlock_allowance_held{") && !line.endsWith(" 0.0"))
                            .toList());
        }
    }

    @Override
    public void close() {
        victim.destroy();
        ring.close();
    }

    /** @param arguments the seconds of each attack */
    public static void main(String[] arguments) throws Exception {
        int seconds = arguments.length == 0 ? 60 : Integer.parseInt(arguments[0]);
        Path dir = Files.createTempDirectory("interlock-siege-");
        boolean good = true;
        try (Siege siege = new Siege(dir);
                RawUser nobody = RawUser.of(siege.descriptor, new Stranger(dir).credential(), siege.deadlines);
                RawUser user =
                        RawUser.of(siege.descriptor, CredentialFile.read(dir.resolve("attacker")), siege.deadlines)) {
            List<HandWrite> writes = new ArrayList<>();
            for (int i = 0; i < 3000; i++) {
                writes.add(new HandWrite(user, new byte[100]));
            }
            List<Row> rows = new ArrayList<>();
            // Its JVM is warm then.
            var _ = siege.phase("warming up", QUIET_SECONDS, List.of());
            rows.add(siege.phase("quiet", QUIET_SECONDS, List.of()));
            rows.add(siege.phase("a stranger", seconds, siege.stranger(nobody)));
            rows.add(siege.phase("quiet again", QUIET_SECONDS, List.of()));
            rows.add(siege.phase("a user", seconds, siege.user(user, writes)));
            rows.add(siege.phase("a minute of quiet", 60, List.of()));
            double quiet = rows.getFirst().p99Millis();
            System.out.println("| | gets of another user | failed | p99 / quiet | resident | log | disk |");
            System.out.println("|---|---|---|---|---|---|---|");
            for (Row row : rows) {
                System.out.printf(
                        Locale.ROOT,
                        "| %s | %d | %d | %.1f | %d MB | %d kB | %d kB |%n",
                        row.what(),
                        row.gets(),
                        row.failed(),
                        row.p99Millis() / quiet,
                        row.residentMb(),
                        row.logBytes() / 1000,
                        row.diskBytes() / 1000);
                good &= row.residentMb() <= MAX_RESIDENT_MB && row.logBytes() < MAX_LOG_BYTES;
            }
            boolean alive = siege.process.isAlive();
            System.out.println("alive: " + alive + "; still held after the minute: " + siege.usedAfterwards());
            good &= alive && rows.getLast().failed() == 0;
        }
        System.exit(good ? 0 : 1);
    }

    /** A credential that no node serves. */
    private record Stranger(Path dir) {
        Credential credential() {
            CredentialFile.create(dir.resolve("stranger"), new SecureRandom());
            return CredentialFile.read(dir.resolve("stranger"));
        }
    }
}
