package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.client.Estimate;
import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.ProviderRecord;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.random.DealerRandom;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.dealer.DealerNode;
import dev.interlock.node.dealer.Noise;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.provider.ProviderNode;
import dev.interlock.node.store.Engine;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.Stores;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A ring in this JVM: real TLS on loopback, real SQLite, nodes that stop and start again. */
final class TestRing implements AutoCloseable {
    /** Over other engines, on a machine that runs their servers as well, an honest answer takes longer. */
    private static final int SLOWER = System.getProperty("interlock.engines") == null ? 1 : 4;

    /** Far from any honest wait, for tests that don't wait for anybody to give up. */
    static final Duration PATIENT = Duration.ofSeconds(30L * SLOWER);
    /** For tests that do. */
    static final Duration SHORT = Duration.ofSeconds(2L * SLOWER);

    /** Loaded only by who starts a ring here: the tables run without the engines' tests. */
    private static final class Engines {
        /**
         * Under all stores, unless a test says otherwise: -Dinterlock.engines=POSTGRES_S3 tries every test of rings on others, and with
         * several, as POSTGRES_S3,S3,EMBEDDED, the providers have them by turns.
         */
        private static final List<Engine> ALL = Stream.of(
                        System.getProperty("interlock.engines", "EMBEDDED").split(",", -1))
                .map(name -> Engine.valueOf(name).started())
                .toList();
    }

    private final RingFolder folder;
    private final Deadlines deadlines;
    private final Function<String, Engine> engines;
    private static final AtomicInteger RINGS = new AtomicInteger();

    private final Map<String, AutoCloseable> running = new TreeMap<>();
    private final Interlock owner;
    private final Interlock other;
    private final Interlock stranger;

    private TestRing(RingFolder folder, Deadlines deadlines) {
        this(folder, deadlines, TestRing::byTurns);
    }

    private TestRing(RingFolder folder, Deadlines deadlines, Function<String, Engine> engines) {
        this.folder = folder;
        this.deadlines = deadlines;
        this.engines = engines;
        RingDescriptor ring = folder.descriptor();
        Path path = folder.path();
        CredentialFile.create(path.resolve("other"), new SecureRandom());
        CredentialFile.create(path.resolve("stranger"), new SecureRandom());
        try (Credential credential = credential("other")) {
            folder.nodes().stream()
                    .map(NodeFolder::open)
                    .forEach(node -> node.allow(
                            "other",
                            credential.publicKey(ring.id(), node.card().name()).toString()));
        }
        ring.providers()
                .forEach(provider -> configure(
                        provider.card().name(), engines.apply(provider.card().name())));
        folder.descriptor().nodes().forEach(card -> start(card.name()));
        this.owner = client("credential");
        this.other = client("other");
        this.stranger = client("stranger");
    }

    private static Deadlines after(Duration stall) {
        Deadlines usual = Deadlines.stallAfter(stall);
        return new Deadlines(usual.connect(), usual.answer().multipliedBy(SLOWER), usual.stall(), usual.settle());
    }

    private static Engine byTurns(String provider) {
        return Engines.ALL.get((Integer.parseInt(provider.substring(2)) - 1) % Engines.ALL.size());
    }

    /** Where a test brings a provider's store back from a copy of its folder. */
    static Function<String, Engine> embeddedAt(String provider) {
        return name -> name.equals(provider) ? Engine.EMBEDDED : byTurns(name);
    }

    static TestRing start(Path dir, int t, int n, Duration stall) {
        return start(dir, t, n, stall, EnumSet.allOf(Profile.class));
    }

    static TestRing start(Path dir, int t, int n, Duration stall, Set<Profile> profiles) {
        return new TestRing(
                RingFolder.create(dir.resolve("ring-" + t + "-" + n), "test", t, n, 1, freePorts(n + 1), profiles),
                after(stall));
    }

    /** @param engines by the providers' names */
    static TestRing start(Path dir, int t, int n, Duration stall, Function<String, Engine> engines) {
        return new TestRing(
                RingFolder.create(
                        dir.resolve("ring-" + t + "-" + n),
                        "test",
                        t,
                        n,
                        1,
                        freePorts(n + 1),
                        EnumSet.allOf(Profile.class)),
                after(stall),
                engines);
    }

    /** Makes a provider that stands still use these engines, with nothing in them yet. */
    void configure(String name, Engine engine) {
        if (engine != Engine.EMBEDDED) {
            String own = "ring" + RINGS.incrementAndGet() + "_" + name;
            engine.configure(node(name), own, own);
        }
    }

    /** Whose owner is that of another ring. */
    static TestRing startFor(TestRing same, Path dir, int t, int n, Duration stall) {
        return new TestRing(
                RingFolder.create(
                                dir.resolve("ring-" + t + "-" + n),
                                "test",
                                t,
                                n,
                                1,
                                freePorts(n + 1),
                                EnumSet.allOf(Profile.class))
                        .takeCredential(same.folder.path().resolve(RingFolder.CREDENTIAL)),
                after(stall));
    }

    /** Of the blinded profile and the published one, with as many dealers, and providers that deal. */
    static TestRing start(Path dir, int t, int n, Duration stall, int dealers, List<String> dealing) {
        return start(dir, t, n, stall, dealers, dealing, TestRing::byTurns);
    }

    /** @param engines by the providers' names */
    static TestRing start(
            Path dir,
            int t,
            int n,
            Duration stall,
            int dealers,
            List<String> dealing,
            Function<String, Engine> engines) {
        return new TestRing(
                RingFolder.create(
                        dir.resolve("ring-" + t + "-" + n),
                        "test",
                        t,
                        n,
                        dealers,
                        dealing,
                        freePorts(n + dealers),
                        EnumSet.allOf(Profile.class)),
                after(stall),
                engines);
    }

    /** The first of as many free ports, below those that outgoing connections take; no two test processes share any. */
    static int freePorts(int count) {
        int from = 4_000 + 7_000 * Integer.getInteger("interlock.fork", 1);
        while (true) {
            int base = ThreadLocalRandom.current().nextInt(from, from + 7_000 - count);
            List<ServerSocket> held = new ArrayList<>();
            try {
                for (int i = 0; i < count; i++) {
                    held.add(new ServerSocket(base + i, 1, InetAddress.getByName("127.0.0.1")));
                }
                return base;
            } catch (IOException taken) {
                // Another range.
            } finally {
                held.forEach(TestRing::release);
            }
        }
    }

    private static void release(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    void start(String... names) {
        for (String name : names) {
            NodeFolder node = NodeFolder.open(node(name));
            if (node.card().role() == Role.DEALER) {
                startDealer(name, noise());
            } else {
                startProvider(name, node.auditLog(Clock.systemUTC()));
            }
        }
    }

    /** Starts a provider that stands still, with this log. */
    void startProvider(String name, AuditLog audit) {
        startProvider(name, audit, store -> store, FieldKernels.chosen());
    }

    /** Starts a provider that stands still, with this arithmetic, and a store behind this. */
    void startProvider(String name, UnaryOperator<Store> store, FieldKernel kernel) {
        startProvider(name, NodeFolder.open(node(name)).auditLog(Clock.systemUTC()), store, kernel);
    }

    private void startProvider(String name, AuditLog audit, UnaryOperator<Store> store, FieldKernel kernel) {
        startProvider(name, audit, store, kernel, Optional.empty(), deadlines);
    }

    /** Starts a provider that stands still and waits no longer than this. */
    void startImpatient(String name, Duration stall) {
        startProvider(name, Optional.empty(), after(stall));
    }

    private void startProvider(
            String name,
            AuditLog audit,
            UnaryOperator<Store> store,
            FieldKernel kernel,
            Optional<DealerRandom> random,
            Deadlines deadlines) {
        ProviderNode provider = new ProviderNode(
                NodeFolder.open(node(name)),
                audit,
                store.apply(openStore(name)),
                kernel,
                new SecureRandom(),
                deadlines,
                Clock.systemUTC());
        if (descriptor().provider(name).filter(descriptor()::deals).isPresent()) {
            provider.deal(FieldKernels.chosen(), random.isPresent() ? random.get() : noise());
        }
        provider.start();
        running.put(name, provider);
    }

    private static DealerRandom noise() {
        try {
            return Noise.start(List.of());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Starts a provider that stands still and deals, with this randomness. */
    void startDealingProvider(String name, DealerRandom random) {
        startProvider(name, Optional.of(random), deadlines);
    }

    private void startProvider(String name, Optional<DealerRandom> random, Deadlines waits) {
        startProvider(
                name,
                NodeFolder.open(node(name)).auditLog(Clock.systemUTC()),
                store -> store,
                FieldKernels.chosen(),
                random,
                waits);
    }

    /** Starts a dealer that stands still, with this randomness. */
    void startDealer(String name, DealerRandom random) {
        startDealer(name, random, FieldKernels.chosen());
    }

    void startDealer(String name, DealerRandom random, FieldKernel kernel) {
        NodeFolder folder = NodeFolder.open(node(name));
        Clock clock = Clock.systemUTC();
        DealerNode dealer = new DealerNode(folder, folder.auditLog(clock), kernel, random, deadlines, clock);
        dealer.start();
        running.put(name, dealer);
    }

    /** Has something else that was started stand in for a node that stands still; stopped as that one. */
    void standIn(String name, AutoCloseable other) {
        running.put(name, other);
    }

    void stop(String... names) {
        // A server waits for its last answers: all at once.
        List<Future<?>> stopping = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (String name : names) {
                AutoCloseable node = running.remove(name);
                stopping.add(threads.submit(() -> {
                    node.close();
                    return name;
                }));
            }
        }
        stopping.forEach(Future::resultNow);
    }

    void restart(String... names) {
        stop(names);
        start(names);
    }

    /** Starts what doesn't run. */
    void startAll() {
        descriptor().nodes().filter(card -> !running.containsKey(card.name())).forEach(card -> start(card.name()));
    }

    /** Its disk is gone, and it starts anew. */
    void loseStore(String name) throws IOException {
        stop(name);
        try (Stream<Path> files = Files.walk(storeFolder(name))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        if (Files.exists(node(name).resolve("store.conf"))) {
            configure(name, engines.apply(name));
        }
        start(name);
    }

    SealedStore openStore(String name) {
        return Stores.of(node(name), new SecureRandom(), Clock.systemUTC());
    }

    RingDescriptor descriptor() {
        return folder.descriptor();
    }

    RingFolder folder() {
        return folder;
    }

    Path node(String name) {
        return folder.path().resolve(name);
    }

    Path storeFolder(String name) {
        return node(name).resolve("store");
    }

    Deadlines deadlines() {
        return deadlines;
    }

    /** Whom {@code ring create} lets in. */
    Interlock owner() {
        return owner;
    }

    /** A second user whom every node lets in. */
    Interlock other() {
        return other;
    }

    /** A user whom no node lets in. */
    Interlock stranger() {
        return stranger;
    }

    Interlock client(String credentialFile) {
        return Interlock.open(descriptor(), credential(credentialFile), deadlines);
    }

    /**
     * To which these are known as quick, and no other is known: it asks them first, and waits for them. When they are slow it
     * goes by what it sees, so a test that needs them tries again with another.
     */
    Interlock clientAskingFirst(String credentialFile, Collection<String> names) {
        Clock clock = Clock.systemUTC();
        long now = clock.millis();
        Estimate quick = new Estimate(0, 60_000, 1);
        Map<String, ProviderRecord.Seen> seen = new TreeMap<>();
        names.forEach(name -> seen.put(name, new ProviderRecord.Seen(1, 0, 0, quick, now, 0, 0, 0)));
        ProviderRecord record = new ProviderRecord(new ProviderRecord.State(Estimate.NONE, seen), clock);
        return Interlock.open(descriptor(), credential(credentialFile), deadlines, record);
    }

    Credential credential(String file) {
        return CredentialFile.read(folder.path().resolve(file));
    }

    /** The names of an object's providers in the order of its write, home first. */
    List<String> route(Token token) {
        return token.providers().stream()
                .map(x -> descriptor().provider(x).name())
                .toList();
    }

    List<String> homes(Token token) {
        return token.homes().stream().map(x -> descriptor().provider(x).name()).toList();
    }

    List<String> providers() {
        return descriptor().providers().stream()
                .map(provider -> provider.name())
                .toList();
    }

    /** The large blobs in a provider's store, by the files that they are in, or would be if they weren't in a bucket. */
    List<Path> dataFiles(String name) {
        Path folder = storeFolder(name).resolve("objects");
        return engines.apply(name).blobsOf(node(name)).stream()
                .map(folder::resolve)
                .toList();
    }

    /** Where any of these bytes are in what a provider keeps: files of its folder, rows of its tables, blobs of its bucket. */
    List<String> placesWith(String name, byte[]... any) {
        List<String> places = new ArrayList<>(Engine.elsewhere(node(name), List.of(any)));
        for (byte[] bytes : any) {
            FileSearch.filesWith(node(name), bytes).forEach(file -> places.add(file.toString()));
        }
        return places;
    }

    /** What is stored of a large blob. */
    byte[] stored(String name, Path blob) {
        return Engine.stored(node(name), blob.getFileName().toString());
    }

    /** Changes a bit of a large blob, wherever it lies. */
    void flip(String name, String blob, long at) {
        byte[] bytes = Engine.stored(node(name), blob);
        bytes[Math.toIntExact(at)] ^= 0x10;
        Engine.damage(node(name), blob, bytes);
    }

    Token put(byte[] bytes) {
        return put(owner, bytes);
    }

    static Token put(Interlock user, byte[] bytes) {
        try {
            return user.put(Channels.newChannel(new ByteArrayInputStream(bytes)), bytes.length);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    byte[] get(ObjectId object, String... from) {
        return get(owner, object, from);
    }

    static byte[] get(Interlock user, ObjectId object, String... from) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        get(user, object, out, from);
        return out.toByteArray();
    }

    /** What came out stays in {@code out} when this throws. */
    static Fetched get(Interlock user, ObjectId object, ByteArrayOutputStream out, String... from) {
        try {
            return user.get(object, Channels.newChannel(out), from(from), length -> {}, done -> {});
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** By these providers. */
    static GetOptions from(String... names) {
        return new GetOptions(
                List.of(names), Blinding.EXPANDED, Optional.empty(), Optional.empty(), GetOptions.Way.AUTO);
    }

    static byte[] random(int length) {
        byte[] bytes = new byte[length];
        ThreadLocalRandom.current().nextBytes(bytes);
        return bytes;
    }

    @Override
    public void close() {
        owner.close();
        other.close();
        stranger.close();
        stop(running.keySet().toArray(String[]::new));
    }
}
