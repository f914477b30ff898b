import com.sun.tools.attach.VirtualMachine;
import dev.interlock.client.CredentialFile;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Flame graphs of a ring at work, see flame.sh: a client in this process, and the nodes of a ring that runs. Kept to what the SDK had at
 * its first version, so that old sources can be seen by it, too.
 */
final class Flame {
    private static final int SECRET_BYTES = 32;
    private static final int AT_ONCE = 16;
    private static final long MILLI = 1_000_000;
    /** What is narrower isn't drawn. */
    private static final double CUT = 0.003;

    private static final int WIDTH = 1200;
    private static final int ROW = 15;

    private final Path ring;
    private final String library;
    private final Path out;
    private final String label;
    private final Map<String, List<Long>> processes = new LinkedHashMap<>();

    private Flame(Path ring, String library, Path out, String label) throws IOException {
        this.ring = ring;
        this.library = library;
        this.out = out;
        this.label = label;
        processes.put("client", List.of(ProcessHandle.current().pid()));
        processes.put("providers", new ArrayList<>());
        processes.put("dealer", new ArrayList<>());
        try (Stream<Path> nodes = Files.list(ring)) {
            for (Path node : nodes.filter(each -> Files.exists(each.resolve("pid"))).sorted().toList()) {
                long pid = Long.parseLong(Files.readString(node.resolve("pid")).strip());
                String command = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
                processes.get(command.contains("\0dealer\0") ? "dealer" : "providers").add(pid);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length != 6) {
            throw new IllegalArgumentException("usage: Flame RING LIBRARY OUT LABEL WARM-SECONDS STREAM-MIB");
        }
        new Flame(Path.of(args[0]), args[1], Path.of(args[2]), args[3])
                .run(Integer.parseInt(args[4]), Long.parseLong(args[5]) << 20);
        // The libraries' threads aren't waited for.
        System.exit(0);
    }

    private void run(int warmSeconds, long streamBytes) throws Exception {
        RingDescriptor descriptor = RingDescriptor.open(Files.readAllBytes(ring.resolve("ring")));
        try (Interlock user = Interlock.open(descriptor, CredentialFile.read(ring.resolve("credential")), Deadlines.DEFAULT)) {
            List<ObjectId> objects = new ArrayList<>();
            while (objects.size() < 20) {
                patient(() -> objects.add(put(user, SECRET_BYTES)));
            }
            long puts = load(AT_ONCE, warmSeconds, () -> patient(() -> put(user, SECRET_BYTES)));
            long gets = load(AT_ONCE, warmSeconds, () -> patient(() -> get(user, objects)));
            System.err.println(label + ": after " + puts + " puts and " + gets + " gets, " + AT_ONCE + " at once");
            int seconds = Math.max(5, warmSeconds / 3);
            profile("get", "a get of 32 bytes, one at a time", () -> load(1, seconds, () -> get(user, objects)));
            profile("put", "a put of 32 bytes, one at a time", () -> load(1, seconds, () -> put(user, SECRET_BYTES)));
            put(user, streamBytes / 4);
            put(user, streamBytes / 4);
            profile("stream", "a put of " + (streamBytes >> 20) + " MiB", () -> {
                put(user, streamBytes);
                return 1;
            });
        }
    }

    private interface Task {
        void run() throws Exception;
    }

    /** While a ring of cold processes warms up on a busy machine, a deadline may pass. */
    private static void patient(Task task) throws InterruptedException {
        try {
            task.run();
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            System.err.println("once more: " + e.getMessage());
        }
    }

    private interface Counted {
        long run() throws Exception;
    }

    private static long load(int clients, int seconds, Task task) throws Exception {
        AtomicLong count = new AtomicLong();
        long end = System.nanoTime() + seconds * 1000 * MILLI;
        List<Future<Void>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < clients; i++) {
                all.add(threads.submit(() -> {
                    do {
                        task.run();
                        count.incrementAndGet();
                    } while (System.nanoTime() - end < 0);
                    return null;
                }));
            }
        }
        for (Future<Void> each : all) {
            each.get();
        }
        return count.get();
    }

    private static ObjectId put(Interlock user, long bytes) throws Exception {
        byte[] block = new byte[1 << 20];
        ThreadLocalRandom.current().nextBytes(block);
        return user.put(new ReadableByteChannel() {
            private long left = bytes;

            @Override
            public int read(ByteBuffer to) {
                if (left == 0) {
                    return -1;
                }
                int length = (int) Math.min(Math.min(left, block.length), to.remaining());
                to.put(block, 0, length);
                left -= length;
                return length;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        }, bytes).object();
    }

    private static void get(Interlock user, List<ObjectId> objects) throws Exception {
        var _ = user.get(
                objects.get(ThreadLocalRandom.current().nextInt(objects.size())),
                Channels.newChannel(java.io.OutputStream.nullOutputStream()));
    }

    // ---- The profiler, in every process ----

    private void profile(String what, String title, Counted work) throws Exception {
        each("start,event=ctimer,interval=1ms,threads,cstack=vm");
        long begun = System.nanoTime();
        long busy = processorNanos();
        long count = work.run();
        double millis = (processorNanos() - busy) * 1.0 / MILLI;
        double seconds = (System.nanoTime() - begun) / 1e9;
        Map<String, Long> stacks = new TreeMap<>();
        for (Map.Entry<String, List<Long>> group : processes.entrySet()) {
            for (long pid : group.getValue()) {
                Path file = Files.createTempFile(ring, "profile", ".txt");
                command(pid, "stop,collapsed,threads,file=" + file);
                for (String line : Files.readAllLines(file)) {
                    int space = line.lastIndexOf(' ');
                    stacks.merge(
                            group.getKey() + ";" + tidy(line.substring(0, space)),
                            Long.parseLong(line.substring(space + 1)),
                            Long::sum);
                }
                Files.delete(file);
            }
        }
        // So many milliseconds were used, whatever a sample stands for: the kernel takes one a tick at most, often of 4 ms.
        long samples = stacks.values().stream().mapToLong(Long::longValue).sum();
        String head = String.format(
                Locale.ROOT,
                "%s, %s: %d in %.1f s, %.2f ms of the processor each",
                title,
                label,
                count,
                seconds,
                millis / count);
        Node root = new Node();
        stacks.forEach((stack, value) -> root.add(stack.split(";"), 0, value));
        Files.writeString(out.resolve("flame-" + what + "-" + label + ".svg"), svg(head, root));
        System.out.println("## " + head);
        parts(stacks, samples);
    }

    /** Of all processes since they began. */
    private long processorNanos() {
        return processes.values().stream()
                .flatMap(List::stream)
                .map(pid -> ProcessHandle.of(pid).orElseThrow().info().totalCpuDuration().orElseThrow())
                .mapToLong(Duration::toNanos)
                .sum();
    }

    private void each(String command) throws Exception {
        for (List<Long> group : processes.values()) {
            for (long pid : group) {
                command(pid, command);
            }
        }
    }

    private void command(long pid, String command) throws Exception {
        VirtualMachine vm = VirtualMachine.attach(Long.toString(pid));
        try {
            vm.loadAgentPath(library, command);
        } finally {
            vm.detach();
        }
    }

    /** Threads by kind, classes without their packages, no hidden names. */
    private static String tidy(String stack) {
        String[] frames = stack.split(";");
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < frames.length; i++) {
            String frame = i == 0 ? thread(frames[i]) : frame(frames[i]);
            // What every virtual thread and event loop begins with says nothing.
            if (i > 0 && isScaffold(frame)) {
                continue;
            }
            all.append(all.isEmpty() ? "" : ";").append(frame);
            if (i == 0 && frame.equals("compilers")) {
                break; // what they are busy with says nothing of the work
            }
        }
        return all.toString();
    }

    private static boolean isScaffold(String frame) {
        return frame.startsWith("AbstractChannelHandlerContext.")
                || frame.startsWith("ByteToMessageDecoder.")
                || frame.startsWith("ForkJoin")
                || frame.startsWith("Thread.run")
                || frame.startsWith("Continuation.")
                || frame.startsWith("VirtualThread.runContinuation")
                || frame.startsWith("VirtualThread.run")
                || frame.startsWith("VThreadContinuation")
                || frame.startsWith("ThreadPerTaskExecutor")
                || frame.startsWith("FutureTask.")
                || frame.startsWith("Executors$")
                || frame.startsWith("FastThreadLocalRunnable")
                || frame.startsWith("SingleThreadEventExecutor")
                || frame.startsWith("SingleThreadIoEventLoop")
                || frame.startsWith("ThreadExecutorMap")
                || frame.equals("start_thread")
                || frame.equals("thread_native_entry")
                || frame.equals("thread_start")
                || frame.equals("clone3")
                || frame.equals("__clone3")
                || frame.startsWith("JavaThread::")
                || frame.startsWith("Thread::call_run")
                || frame.startsWith("JavaCalls::")
                || frame.equals("call_stub")
                || frame.contains("$$Lambda");
    }

    private static String thread(String name) {
        String plain = name.replaceAll("^\\[|\\]$|tid=\\d+| tid=\\d+", "").strip();
        String lower = plain.toLowerCase(Locale.ROOT);
        if (lower.contains("compiler") || lower.startsWith("c1 ") || lower.startsWith("c2 ")) {
            return "compilers";
        }
        if (lower.contains("forkjoinpool") || lower.contains("carrier")) {
            return "virtual threads";
        }
        if (lower.contains("interlock-peers")) {
            return "event loops, to others";
        }
        if (lower.contains("armeria") || lower.contains("epoll") || lower.contains("interlock-")) {
            return "event loops, from others";
        }
        if (lower.startsWith("vm ") || lower.contains("gc") || lower.contains("reference")) {
            return "the JVM's own";
        }
        return plain.replaceAll("[-# ]*\\d+.*$", "").isEmpty() ? "others" : plain.replaceAll("[-# ]*\\d+.*$", "");
    }

    private static String frame(String frame) {
        String plain = frame.replaceAll("_\\[.\\]$", "");
        int method = plain.lastIndexOf('.');
        int slash = plain.lastIndexOf('/', method < 0 ? plain.length() : method);
        return plain.substring(slash + 1).replaceAll("[+/]0x[0-9a-f]+", "").replaceAll("\\.\\d+$", "");
    }

    // ---- What kind of work it is ----

    private record Kind(String name, List<String> frames) {}

    /** The first that the innermost frames name wins. */
    private static final List<Kind> KINDS = List.of(
            new Kind("compilers", List.of("compilers")),
            new Kind("garbage, other threads of the JVM", List.of("the JVM's own")),
            new Kind(
                    "signatures (Ed25519, P-256)",
                    List.of("Ed25519", "EdDSA", "EdEC", "EdwardsPoint", "ECDSA", "Curve25519", "X25519", "IntegerPolynomial", "XDH", "MontgomeryInteger", "ECOperations")),
            new Kind("SQLite", List.of("sqlite3", "NativeDB", "SQLite")),
            new Kind("TLS (BoringSSL)", List.of("SSL_", "SSL.", "OpenSslEngine", "bssl", "aes_gcm", "gcm_", "CRYPTO_gcm", "netty_internal_tcnative", "BIO_", "ChaCha")),
            new Kind("AES-GCM of the JDK", List.of("GaloisCounterMode", "galoisCounterMode", "GHASH", "CounterMode", "counterMode", "AESCrypt", "ghash")),
            new Kind("SHA-2", List.of("SHA2", "SHA5", "sha256", "sha512", "DigestBase", "SHA$")),
            new Kind("ChaCha20, random", List.of("ChaCha20", "SecureRandom", "Keystream", "DealerRandom", "NativePRNG", "DRBG")),
            new Kind("the field, write check", List.of("ByteSpace", "FieldKernel", "LinearHash", "BulkKernel", "Gf256", "ShareHash", "kernel")),
            new Kind("files", List.of("FileDispatcher", "FileChannel", "pwrite", "fdatasync", "DurableFile")),
            new Kind("sockets", List.of("writev", "sendmsg", "__libc_send", "__send", "__libc_recv", "recv", "LinuxSocket", "NativeDatagram", "Socket.read", "Socket.write", "netty_unix_socket", "netty_epoll_native_sp")),
            new Kind("threads woken and waiting", List.of("epoll_wait", "eventfd", "futex", "pthread_cond", "Unsafe.park", "Unsafe.unpark", "Unsafe_Park", "Unsafe_Unpark", "LockSupport", "signalWork", "awaitWork", "VirtualThread.park", "VirtualThread.unpark", "VirtualThread.yield", "VirtualThread.submit", "Native.epollWait")),
            new Kind("JSON", List.of("jackson", "ObjectMapper", "JsonParser", "JsonGenerator", "Json.")),
            new Kind("HTTP/2 and its library", List.of("Http2", "Http1", "Hpack", "Armeria", "HttpResponse", "HttpRequest", "HttpData", "RequestContext", "StreamMessage", "Http", "DefaultServiceRequest", "Subscri")),
            new Kind("Netty", List.of("ChannelHandler", "AbstractChannel", "ByteBuf", "PoolArena", "SslHandler", "Epoll", "ChannelPipeline", "EventLoop", "Recycler", "PoolChunk")),
            new Kind("interpreted and linked by the JVM", List.of("Interpreter", "LinkResolver", "SystemDictionary", "Deoptimization")));

    private static final String REST = "Interlock's own code and the rest";

    private static void parts(Map<String, Long> stacks, long samples) {
        Map<String, Map<String, Long>> parts = new LinkedHashMap<>();
        KINDS.forEach(kind -> parts.put(kind.name(), new TreeMap<>()));
        parts.put(REST, new TreeMap<>());
        Map<String, Long> sums = new TreeMap<>();
        stacks.forEach((stack, value) -> {
            String process = stack.substring(0, stack.indexOf(';'));
            parts.get(kindOf(stack)).merge(process, value, Long::sum);
            sums.merge(process, value, Long::sum);
        });
        System.out.println("| kind of work | client | providers | dealer | all |");
        System.out.println("|---|---|---|---|---|");
        parts.forEach((kind, by) -> System.out.println("| " + kind + " | " + percents(by, samples) + " |"));
        System.out.println("| all | " + percents(sums, samples) + " |");
    }

    private static String percents(Map<String, Long> by, long samples) {
        long all = by.values().stream().mapToLong(Long::longValue).sum();
        return percent(by.getOrDefault("client", 0L), samples)
                + " | " + percent(by.getOrDefault("providers", 0L), samples)
                + " | " + percent(by.getOrDefault("dealer", 0L), samples)
                + " | " + percent(all, samples);
    }

    private static String percent(long part, long all) {
        return String.format(Locale.ROOT, "%.1f %%", 100.0 * part / all);
    }

    private static String kindOf(String stack) {
        String[] frames = stack.split(";");
        for (int i = frames.length - 1; i > 0; i--) {
            for (Kind kind : KINDS) {
                for (String name : kind.frames()) {
                    if (frames[i].contains(name)) {
                        return kind.name();
                    }
                }
            }
        }
        return REST;
    }

    // ---- The picture ----

    private static final class Node {
        long value;
        final Map<String, Node> inner = new TreeMap<>();

        void add(String[] frames, int at, long count) {
            value += count;
            if (at < frames.length) {
                inner.computeIfAbsent(frames[at], _ -> new Node()).add(frames, at + 1, count);
            }
        }

        int depth(long least) {
            return 1 + inner.values().stream().filter(each -> each.value >= least).mapToInt(each -> each.depth(least)).max().orElse(0);
        }
    }

    private static String svg(String head, Node root) {
        long least = Math.max(1, Math.round(root.value * CUT));
        int height = (root.depth(least) + 2) * ROW;
        StringBuilder text = new StringBuilder();
        text.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ").append(WIDTH).append(' ').append(height)
                .append("\" font-family=\"monospace\" font-size=\"10\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"4\" y=\"11\" font-size=\"12\">")
                .append(escaped(head)).append("</text>\n");
        draw(text, root, 0, 1, root.value, least);
        return text.append("</svg>\n").toString();
    }

    private static void draw(StringBuilder text, Node node, double x, int row, long all, long least) {
        List<Map.Entry<String, Node>> inner = node.inner.entrySet().stream()
                .filter(each -> each.getValue().value >= least)
                .sorted(Comparator.comparing(Map.Entry<String, Node>::getKey))
                .toList();
        double at = x;
        for (Map.Entry<String, Node> each : inner) {
            double width = (double) WIDTH * each.getValue().value / all;
            String name = each.getKey();
            int letters = (int) (width / 6.1);
            text.append(String.format(
                    Locale.ROOT,
                    "<g><title>%s, %.1f %%</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"14\" fill=\"%s\"/>",
                    escaped(name),
                    100.0 * each.getValue().value / all,
                    at,
                    row * ROW,
                    Math.max(0.5, width - 0.3),
                    colour(name, row)));
            if (letters > 3) {
                String shown = name.length() <= letters ? name : name.substring(0, letters - 1) + "…";
                text.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\">%s</text>", at + 1, row * ROW + 11, escaped(shown)));
            }
            text.append("</g>\n");
            draw(text, each.getValue(), at, row + 1, all, least);
            at += width;
        }
    }

    private static String colour(String name, int row) {
        if (row <= 2) {
            return row == 1 ? "#c8c8c8" : "#dcdcdc";
        }
        return switch (kindOf("x;" + name)) {
            case "signatures (Ed25519, P-256)" -> "#f4a582";
            case "TLS (BoringSSL)", "AES-GCM of the JDK", "SHA-2", "ChaCha20, random" -> "#fddbc7";
            case "SQLite", "files" -> "#b8e186";
            case "sockets", "threads woken and waiting" -> "#d9c2e9";
            case "HTTP/2 and its library", "Netty" -> "#92c5de";
            case "the field, write check" -> "#ffe08a";
            default -> "#eeeeee";
        };
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
