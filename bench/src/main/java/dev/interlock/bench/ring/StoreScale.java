package dev.interlock.bench.ring;

import dev.interlock.bench.Goal;
import dev.interlock.bench.Options;
import dev.interlock.bench.Report;
import dev.interlock.bench.Suite;
import dev.interlock.bench.WrongResultException;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import dev.interlock.node.store.Stores;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The suite {@code store}: what a provider's store costs with many objects beside the same store with few, and what an operation costs its
 * node and its database, in processor time, bytes and transactions; by itself, then behind a real ring.
 */
public final class StoreScale implements Suite {
    private static final double MILLIS = 1e3;
    private static final int PAGE = 1000;
    private static final int USERS = 10_000;
    private static final int CLIENTS = 64;
    private static final String FEW = "few stored";
    /** Both rings have a provider with each of the stores, the others are embedded. */
    private static final int N = 3;

    private static final int T = 2;

    @Override
    public String name() {
        return "store";
    }

    @Override
    public void run(Options options, Report report) throws Exception {
        try (Run run = new Run(options, report)) {
            run.fill();
            run.alone();
            run.costs();
            run.rotation();
            run.behindRings();
        }
    }

    private final class Run implements AutoCloseable {
        private final Options options;
        private final Report report;
        private final long wanted;
        /** How many there are. */
        private long count;

        private final int times;
        private final Path base;
        private final @Nullable StoreServer server;
        private final byte[] owner = user(1, 0);
        private final Map<String, Queue<Store.Generation>> put = new LinkedHashMap<>();

        Run(Options options, Report report) throws Exception {
            this.options = options;
            this.report = report;
            this.wanted = options.quick() ? 20_000 : 1_000_000;
            this.count = wanted;
            this.times = options.quick() ? 20 : 50;
            this.base = options.stores().isPresent()
                    ? Files.createDirectories(options.stores().get().toAbsolutePath())
                    : Files.createTempDirectory("interlock-bench-stores");
            this.server =
                    options.rows().isPresent() ? new StoreServer(options.rows().get()) : null;
            for (String which : List.of("few", "many")) {
                Path node = Files.createDirectories(base.resolve(which));
                put.put(which, new ConcurrentLinkedQueue<>());
                configure(node, which, "");
            }
        }

        private void configure(Path node, String which, String more) throws IOException {
            if (options.rows().isPresent()) {
                String rows = options.rows().get();
                Files.writeString(
                        node.resolve("store.conf"),
                        "rows " + rows + (rows.contains("?") ? "&" : "?") + "schema=bench_" + which + more + "\n");
            }
        }

        private static byte[] user(int kind, int number) {
            byte[] user = new byte[Store.USER_BYTES];
            user[0] = (byte) kind;
            user[1] = (byte) number;
            user[2] = (byte) (number >> 8);
            return user;
        }

        private SealedStore open(String which) {
            return Stores.of(base.resolve(which), new SecureRandom(), Clock.systemUTC());
        }

        /** Half are one user's, the rest of 10,000 others. */
        void fill() throws Exception {
            StoreFill.Template template = StoreFill.Template.ofSecret(owner);
            for (String which : List.of("few", "many")) {
                long objects = which.equals("few") ? 2L * PAGE + 2000 : wanted;
                try (SealedStore store = open(which)) {
                    long there = store.usage(Optional.empty()).objects();
                    if (which.equals("many")) {
                        count = Math.max(there, wanted);
                    }
                    if (there >= objects) {
                        continue;
                    }
                    options.progress().println("store: filling " + which + " from " + there + " to " + objects);
                    long begun = System.nanoTime();
                    StoreFill.fill(
                            store,
                            template,
                            objects - there,
                            n -> n % 2 == 0 ? owner : user(2, (int) ((there + n) / 2 % USERS)));
                    report.note(
                            name(),
                            "filled " + which + " with " + (objects - there) + " objects, 512 at once, "
                                    + Math.round((objects - there) / ((System.nanoTime() - begun) / 1e9))
                                    + " a second");
                }
            }
            if (server != null) {
                server.analyze("bench_many");
                server.analyze("bench_few");
            }
        }

        private record Measured(List<Double> few, List<Double> many) {
            Measured() {
                this(new ArrayList<>(), new ArrayList<>());
            }
        }

        /** The stores by themselves, by turns. */
        void alone() throws Exception {
            String row = count + " objects";
            Map<String, Measured> all = new LinkedHashMap<>();
            for (int i = 0; i < (options.quick() ? 3 : 5); i++) {
                for (String which : List.of("few", "many")) {
                    long begun = System.nanoTime();
                    try (SealedStore store = open(which)) {
                        add(all, "start", which, (System.nanoTime() - begun) / 1e9);
                        measure(store, which, all);
                    }
                }
            }
            all.forEach((what, measured) -> report.ratio(
                    name(),
                    what + ", " + row,
                    what.equals("start") ? "s" : "ms",
                    measured.many,
                    FEW,
                    measured.few,
                    what.equals("start") || what.startsWith("every") ? null : Goal.atMost(1.3)));
        }

        private void measure(SealedStore store, String which, Map<String, Measured> all) throws Exception {
            StoreFill.Template template = StoreFill.Template.ofSecret(owner);
            Queue<Store.Generation> mine = Objects.requireNonNull(put.get(which));
            List<Store.Generation> later =
                    pages(store, which.equals("few") ? 1 : (int) Math.min(100, count / PAGE / 4), 1);
            Optional<StatementHash> after = Optional.of(later.getFirst().id());
            // Until what is compiled is compiled, and what is cached is cached.
            for (int i = 0; i < times; i++) {
                mine.add(template.add(store, owner));
                get(store, later);
            }
            add(all, "put", which, millis(times, () -> mine.add(template.add(store, owner))));
            add(all, "get", which, millis(times, () -> get(store, later)));
            add(all, "list, first page of 1000", which, millis(5, () -> page(store, Optional.empty())));
            add(all, "list, a later page of 1000", which, millis(5, () -> store.list(owner, after, PAGE)));
            add(all, "destroy", which, millis(times, () -> destroy(store, mine)));
            add(all, "every second's housekeeping", which, millis(20, () -> housekeeping(store)));
        }

        private static void add(Map<String, Measured> all, String what, String which, double figure) {
            Measured measured = all.computeIfAbsent(what, _ -> new Measured());
            (which.equals("few") ? measured.few : measured.many).add(figure);
        }

        private static double millis(int times, Load.Task task) throws Exception {
            double[] seconds = new double[times];
            for (int i = 0; i < times; i++) {
                long begun = System.nanoTime();
                task.run();
                seconds[i] = (System.nanoTime() - begun) / 1e9;
            }
            return MILLIS * Statistics.median(seconds);
        }

        /** As a small get does: the row, the manifest, share and ciphertext. */
        private static void get(SealedStore store, List<Store.Generation> from) throws WrongResultException {
            Store.Generation generation = from.get(ThreadLocalRandom.current().nextInt(from.size()));
            if (store.current(generation.object()).isEmpty()) {
                throw new WrongResultException("an object that was put isn't there");
            }
            if (store.manifest(generation.id()).length != 32) {
                throw new WrongResultException("the manifest of " + generation.id() + " has another length");
            }
            for (BlobKind kind : List.of(BlobKind.SHARE, BlobKind.CIPHERTEXT)) {
                try (Blob blob = store.open(generation.id(), kind);
                        Arena arena = Arena.ofConfined()) {
                    MemorySegment record = arena.allocate(blob.recordBytes(0));
                    blob.read(0, record);
                }
            }
        }

        private List<Store.Generation> page(SealedStore store, Optional<StatementHash> after)
                throws WrongResultException {
            List<StoredObject> page = store.list(owner, after, PAGE);
            if (page.size() != PAGE) {
                throw new WrongResultException("a page has " + page.size() + " objects, not " + PAGE);
            }
            return page.stream().map(StoredObject::generation).toList();
        }

        /** Pages of the owner's, from so far down. */
        private List<Store.Generation> pages(SealedStore store, int from, int pages) throws WrongResultException {
            List<Store.Generation> found = new ArrayList<>();
            Optional<StatementHash> after = Optional.empty();
            for (int page = 0; page < from + pages; page++) {
                List<Store.Generation> one = page(store, after);
                after = Optional.of(one.getLast().id());
                if (page >= from) {
                    found.addAll(one);
                }
            }
            return found;
        }

        private static void destroy(SealedStore store, Queue<Store.Generation> from) {
            Store.Generation generation = from.remove();
            store.destroy(
                    generation.id(),
                    new Store.Scope(generation.object(), Optional.empty()),
                    StoreFill.Template.bytes(400),
                    StoreFill.Template.bytes(300));
        }

        private static void housekeeping(SealedStore store) {
            store.pruneBurns(Instant.now());
            var _ = store.due(Instant.now());
            var _ = store.inDoubt();
            var _ = store.unfinished(Optional.empty(), 100);
            var _ = store.notices(100);
            var _ = store.usage(Optional.empty());
        }

        /** What operations that come together cost, of the store with many objects. */
        void costs() throws Exception {
            // The first time for the compiler.
            costs(options.quick() ? 200 : 1000, false);
            costs(options.quick() ? 500 : 2000, true);
            if (server != null) {
                double objects;
                try (SealedStore store = open("many")) {
                    objects = store.usage(Optional.empty()).objects();
                }
                double sum = 0;
                for (Map.Entry<String, Long> each : server.sizes("bench_many").entrySet()) {
                    double bytes = each.getValue() / objects;
                    sum += bytes;
                    if (bytes >= 1) {
                        report.figure(name(), "size: " + each.getKey(), "bytes an object", List.of(bytes));
                    }
                }
                report.figure(name(), "size: all", "bytes an object", List.of(sum));
            }
        }

        private void costs(int some, boolean counts) throws Exception {
            try (SealedStore store = open("many")) {
                StoreFill.Template template = StoreFill.Template.ofSecret(owner);
                Queue<Store.Generation> mine = Objects.requireNonNull(put.get("many"));
                List<Store.Generation> stored = pages(store, (int) Math.min(20, count / PAGE / 4), 5);
                StoreFill.Numbered put = _ -> mine.add(
                        template.add(store, user(2, ThreadLocalRandom.current().nextInt(USERS))));
                cost(store, "put", some, put, counts);
                cost(store, "get", some, _ -> get(store, stored), counts);
                cost(store, "list of 1000", some / 40, _ -> page(store, Optional.empty()), counts);
                cost(store, "destroy", some - 100, _ -> destroy(store, mine), counts);
                // As docs/scale/scale.py has it.
                StoreFill.Numbered mixed = n -> {
                    double part = n % 1000 / 1000.0;
                    if (part < 0.93) {
                        get(store, stored);
                    } else if (part < 0.99) {
                        put.run(n);
                    } else if (part < 0.995) {
                        var _ = page(store, Optional.empty());
                    } else {
                        destroy(store, mine);
                    }
                };
                cost(store, "mixed operation", some, mixed, counts);
            }
        }

        private void cost(SealedStore store, String what, int some, StoreFill.Numbered task, boolean counts)
                throws Exception {
            long self = ProcessHandle.current().pid();
            double node = Proc.cpuSeconds(self);
            double database = server == null ? 0 : server.cpuSeconds().orElse(Double.NaN);
            long log = server == null ? 0 : server.logBytes();
            long transactions = store.transactions();
            long begun = System.nanoTime();
            StoreFill.atOnce(CLIENTS, some, task);
            double seconds = (System.nanoTime() - begun) / 1e9;
            if (!counts) {
                return;
            }
            figure(what, "CPU of the store", "ms", MILLIS * (Proc.cpuSeconds(self) - node) / some);
            if (server != null) {
                figure(
                        what,
                        "CPU of the database",
                        "ms",
                        MILLIS * (server.cpuSeconds().orElse(Double.NaN) - database) / some);
                figure(what, "log of the database", "bytes", (server.logBytes() - log) / (double) some);
            }
            figure(what, "transactions", "", (store.transactions() - transactions) / (double) some);
            figure(what, "rate, 64 at once", "1/s", some / seconds);
        }

        private void figure(String what, String of, String unit, double figure) {
            if (Double.isFinite(figure)) {
                report.figure(name(), "cost of a " + what + ": " + of, unit, List.of(figure));
            }
        }

        /** A rotation of keys, which here comes with each destroy. */
        void rotation() throws Exception {
            if (server == null) {
                return;
            }
            Measured measured = new Measured();
            double cpu = 0;
            for (String which : List.of("few", "many")) {
                configure(base.resolve(which), which, "&erasure=PT0S");
                StoreFill.Template template = StoreFill.Template.ofSecret(owner);
                try (SealedStore store = open(which)) {
                    for (int i = 0; i < 3; i++) {
                        Queue<Store.Generation> one = new ConcurrentLinkedQueue<>();
                        one.add(template.add(store, owner));
                        double before = Proc.cpuSeconds(ProcessHandle.current().pid())
                                + server.cpuSeconds().orElse(Double.NaN);
                        double seconds = millis(1, () -> destroy(store, one)) / MILLIS;
                        cpu = Proc.cpuSeconds(ProcessHandle.current().pid())
                                + server.cpuSeconds().orElse(Double.NaN)
                                - before;
                        (which.equals("few") ? measured.few : measured.many).add(seconds);
                    }
                } finally {
                    configure(base.resolve(which), which, "");
                }
            }
            report.ratio(
                    name(), "a rotation of keys, " + count + " objects", "s", measured.many, FEW, measured.few, null);
            if (Double.isFinite(cpu)) {
                report.figure(name(), "a rotation of keys, CPU of store and database", "s", List.of(cpu));
            }
        }

        /** Two rings, by turns: the first provider of one has few objects, that of the other many. */
        void behindRings() throws Exception {
            try (RingProcesses one = ring("few");
                    RingProcesses two = ring("many");
                    Interlock here = one.open();
                    Interlock there = two.open()) {
                List<String> from = one.descriptor().providers().stream()
                        .limit(T)
                        .map(Provider::name)
                        .toList();
                Secrets few = new Secrets(here, 32, from);
                Secrets many = new Secrets(there, 32, from);
                for (Secrets each : List.of(few, many)) {
                    each.warm(options.quick() ? 10 : 100);
                }
                Measured puts = new Measured();
                Measured gets = new Measured();
                Measured lists = new Measured();
                int some = options.quick() ? 10 : 40;
                for (int i = 0; i < (options.quick() ? 3 : 7); i++) {
                    puts.few.add(MILLIS * few.putSeconds(some));
                    puts.many.add(MILLIS * many.putSeconds(some));
                    gets.few.add(MILLIS * few.getSeconds(some));
                    gets.many.add(MILLIS * many.getSeconds(some));
                    lists.few.add(millis(some, here::list));
                    lists.many.add(millis(some, there::list));
                }
                String row = " 32 B through a ring, " + count + " objects stored";
                report.ratio(name(), "put" + row, "ms", puts.many, FEW, puts.few, Goal.atMost(1.3));
                report.ratio(name(), "get" + row, "ms", gets.many, FEW, gets.few, Goal.atMost(1.3));
                report.ratio(
                        name(),
                        "list through a ring, " + count + " objects stored",
                        "ms",
                        lists.many,
                        FEW,
                        lists.few,
                        Goal.atMost(1.3));
                nodeCost(two, "put", many::put);
                nodeCost(two, "get", many::get);
                nodeCost(two, "list", there::list);
                two.stop(two.descriptor().providers().getFirst().card());
                one.stop(one.descriptor().providers().getFirst().card());
                bringBack(one, "few");
                bringBack(two, "many");
            }
        }

        private RingProcesses ring(String which) throws Exception {
            RingProcesses ring = RingProcesses.asleep(options, N, T);
            try {
                NodeCard first = ring.descriptor().providers().getFirst().card();
                Files.move(
                        base.resolve(which).resolve("store"), ring.node(first).resolve("store"));
                Path conf = base.resolve(which).resolve("store.conf");
                if (Files.exists(conf)) {
                    Files.copy(conf, ring.node(first).resolve("store.conf"));
                }
                var _ = ring.up();
                return ring;
            } catch (Exception e) {
                bringBack(ring, which);
                ring.close();
                throw e;
            }
        }

        private void bringBack(RingProcesses ring, String which) throws IOException {
            Path store =
                    ring.node(ring.descriptor().providers().getFirst().card()).resolve("store");
            if (Files.exists(store)) {
                Files.move(store, base.resolve(which).resolve("store"));
            }
        }

        /** CPU of the node whose store it is, and of its database, for each with 16 at once. */
        private void nodeCost(RingProcesses ring, String what, Load.Task task) throws Exception {
            long pid = Objects.requireNonNull(
                    ring.pids().get(ring.descriptor().providers().getFirst().name()));
            int some = options.quick() ? 50 : what.equals("list") ? 200 : 1000;
            double node = Proc.cpuSeconds(pid);
            double database = server == null ? 0 : server.cpuSeconds().orElse(Double.NaN);
            StoreFill.atOnce(16, some, _ -> task.run());
            figure(what + " through a ring", "CPU of the node", "ms", MILLIS * (Proc.cpuSeconds(pid) - node) / some);
            if (server != null) {
                figure(
                        what + " through a ring",
                        "CPU of the database",
                        "ms",
                        MILLIS * (server.cpuSeconds().orElse(Double.NaN) - database) / some);
            }
        }

        @Override
        public void close() throws IOException, SQLException {
            if (server != null) {
                server.close();
            }
            if (options.stores().isEmpty()) {
                try (Stream<Path> files = Files.walk(base)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        }
    }
}
