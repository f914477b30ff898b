package dev.interlock.bench.ring;

import dev.interlock.bench.Goal;
import dev.interlock.bench.Options;
import dev.interlock.bench.Report;
import dev.interlock.bench.Suite;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.admission.Allowances;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The suite {@code scale}: what a put and a get cost with more providers, bytes, clients and stored objects. */
public final class Scale implements Suite {
    private static final int SECRET_BYTES = 32;
    private static final double MILLIS = 1e3;
    private static final double GIB = 1 << 30;
    private static final String PUT = "put";
    private static final String GET = "get";

    @Override
    public String name() {
        return "scale";
    }

    @Override
    public void run(Options options, Report report) throws Exception {
        Run run = new Run(options, report);
        run.byProviders();
        run.byThreshold();
        run.byClientsAndSize();
        run.byObjects();
        run.outlook();
    }

    private final class Run {
        private final Options options;
        private final Report report;
        private final boolean quick;
        private final Outlook.Builder outlook = new Outlook.Builder();

        Run(Options options, Report report) {
            this.options = options;
            this.report = report;
            this.quick = options.quick();
        }

        void byProviders() throws Exception {
            for (int n : quick ? new int[] {3, 5, 9} : new int[] {3, 5, 9, 15}) {
                Cost cost = cost(n, n / 2 + 1);
                outlook.providers(n, cost.putMillis, cost.putCpu);
                points("providers", "providers n, t the majority", n, cost);
            }
        }

        void byThreshold() throws Exception {
            for (int t : quick ? new int[] {2, 4, 7} : new int[] {2, 3, 4, 5, 6, 7}) {
                Cost cost = cost(7, t);
                outlook.threshold(t, cost.getMillis, cost.getCpu);
                points("threshold", "threshold t of 7", t, cost);
            }
        }

        /** Latency of a secret; CPU of all processes for a GiB, and of its TLS passes and hashes alone. */
        private record Cost(
                double putMillis, double getMillis, double putCpu, double getCpu, double putBound, double getBound) {}

        private Cost cost(int n, int t) throws Exception {
            long bytes = (quick ? 16L : 64L) << 20;
            try (RingProcesses ring = RingProcesses.create(options, n, t);
                    Limits limits = Limits.start(ring);
                    Interlock interlock = ring.open()) {
                Secrets secrets = new Secrets(interlock, SECRET_BYTES, List.of());
                Secrets large = new Secrets(interlock, bytes, List.of());
                secrets.warm(quick ? 5 : 200);
                large.warm(quick ? 1 : 3);
                limits.tlsPipe(bytes);
                large.destroyAll();
                List<Double> putCpu = new ArrayList<>();
                List<Double> getCpu = new ArrayList<>();
                List<Double> tls = new ArrayList<>();
                List<Double> hash = new ArrayList<>();
                List<Double> putMillis = new ArrayList<>();
                List<Double> getMillis = new ArrayList<>();
                for (int i = 0; i < (quick ? 1 : 5); i++) {
                    tls.add(limits.tlsPipe(bytes).cpuSeconds() / bytes);
                    hash.add(Limits.sha256(bytes) / bytes);
                    putCpu.add(cpuOf(ring, large::put) / bytes * GIB);
                    getCpu.add(cpuOf(ring, large::get) / bytes * GIB);
                    large.destroyAll();
                    putMillis.add(MILLIS * secrets.putSeconds(quick ? 5 : 30));
                    getMillis.add(MILLIS * secrets.getSeconds(quick ? 5 : 30));
                }
                String shape = " " + ring.shape();
                report.figure(name(), "put 32 B" + shape, "ms", putMillis);
                report.figure(name(), "get 32 B" + shape, "ms", getMillis);
                StreamModel model = StreamModel.of(ring.threshold());
                double perTls = Statistics.median(tls);
                double perHash = Statistics.median(hash);
                report.figure(name(), "put " + Numbers.size(bytes) + shape + ", CPU of all", "CPU-s/GiB", putCpu);
                report.figure(name(), "get " + Numbers.size(bytes) + shape + ", CPU of all", "CPU-s/GiB", getCpu);
                return new Cost(
                        Statistics.median(putMillis),
                        Statistics.median(getMillis),
                        Statistics.median(putCpu),
                        Statistics.median(getCpu),
                        GIB * (model.putPasses() * perTls + model.putHashes() * perHash),
                        GIB * (model.getPasses() * perTls + model.getHashes() * perHash));
            }
        }

        private void points(String over, String label, double x, Cost cost) {
            String latency = "scale-" + over + "-latency";
            report.point(latency, label, "ms for 32 B", PUT, x, cost.putMillis);
            report.point(latency, label, "ms for 32 B", GET, x, cost.getMillis);
            String cpu = "scale-" + over + "-cpu";
            report.point(cpu, label, "CPU-s/GiB", PUT, x, cost.putCpu);
            report.point(cpu, label, "CPU-s/GiB", GET, x, cost.getCpu);
            report.point(cpu, label, "CPU-s/GiB", "put, TLS and SHA-256", x, cost.putBound);
            report.point(cpu, label, "CPU-s/GiB", "get, TLS and SHA-256", x, cost.getBound);
        }

        private static double cpuOf(RingProcesses ring, Load.Task task) throws Exception {
            double before = ring.cpuSecondsWithClient();
            task.run();
            return ring.cpuSecondsWithClient() - before;
        }

        /** Clients before sizes: the disk still writes the large objects for a while after they are put. */
        void byClientsAndSize() throws Exception {
            try (RingProcesses ring = RingProcesses.create(options, 5, 3);
                    Interlock interlock = ring.open()) {
                allowManyAtOnce(ring);
                Secrets secrets = new Secrets(interlock, SECRET_BYTES, List.of());
                // Else the curve would be one of warming up.
                Duration warm = Duration.ofSeconds(quick ? 2 : 90);
                var _ = Load.run(16, warm, secrets::put);
                var _ = Load.run(16, warm.dividedBy(3), secrets::get);
                for (int clients : quick ? new int[] {1, 8, 64, 256} : new int[] {1, 2, 4, 8, 16, 32, 64, 128, 256}) {
                    clients(ring, secrets, clients);
                }
                List<Long> sizes =
                        new ArrayList<>(List.of(32L, 1L << 10, 64L << 10, 1L << 20, 16L << 20, 256L << 20, 1L << 30));
                if (!quick) {
                    sizes.add(4L << 30);
                }
                for (long size : sizes) {
                    size(ring, interlock, size);
                }
            }
        }

        /** The clients are one user here, who may have 128 dealings at once. */
        private static void allowManyAtOnce(RingProcesses ring) throws IOException, InterruptedException {
            for (NodeCard node : ring.descriptor().nodes().toList()) {
                Files.writeString(
                        ring.node(node).resolve(Allowances.FILE),
                        "dealings 512 512\nrequests 2048 2048\nwaits 1024 1024\nfiles 1024 1024\n");
                ring.stop(node);
                var _ = ring.up();
            }
        }

        private void size(RingProcesses ring, Interlock interlock, long size) throws Exception {
            options.progress().println("scale: " + Numbers.size(size));
            ring.requireRoom((StreamModel.of(ring.threshold()).putCopies() + 1) * size);
            // About as many bytes for every size from 16 MiB to 256 MiB.
            int times = Math.clamp((256L << 20) / size, 1, quick ? 5 : 20);
            Secrets objects = new Secrets(interlock, size, List.of());
            List<Double> puts = new ArrayList<>();
            List<Double> gets = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                puts.add(objects.putSeconds(1));
                gets.add(objects.getSeconds(1));
                if (size > 1 << 20) {
                    objects.destroyAll();
                }
            }
            report.figure(name(), "put " + Numbers.size(size) + " " + ring.shape(), "s", puts);
            report.figure(name(), "get " + Numbers.size(size) + " " + ring.shape(), "s", gets);
            size("scale-size-time", "s", (double) size, Statistics.median(puts), Statistics.median(gets));
            double megabytes = size / 1e6;
            size(
                    "scale-size-rate",
                    "MB/s",
                    (double) size,
                    megabytes / Statistics.median(puts),
                    megabytes / Statistics.median(gets));
        }

        private void size(String plot, String unit, double size, double put, double get) {
            report.point(plot, "bytes of the object", unit, PUT, size, put);
            report.point(plot, "bytes of the object", unit, GET, size, get);
        }

        private void clients(RingProcesses ring, Secrets secrets, int clients) throws Exception {
            options.progress().println("scale: " + clients + " clients");
            Duration duration = Duration.ofSeconds(quick ? 1 : 8);
            load(ring, clients, PUT, duration, secrets::put);
            load(ring, clients, GET, duration, secrets::get);
        }

        private void load(RingProcesses ring, int clients, String what, Duration duration, Load.Task task)
                throws Exception {
            double clientBefore = Proc.cpuSeconds(ProcessHandle.current().pid());
            Map<String, Double> before = ring.cpuSeconds();
            Load.Result result = Load.run(clients, duration, task);
            Map<String, Double> after = ring.cpuSeconds();
            double client = Proc.cpuSeconds(ProcessHandle.current().pid()) - clientBefore;
            double p50 = MILLIS * Statistics.percentile(0.5, result.latencies());
            double p99 = MILLIS * Statistics.percentile(0.99, result.latencies());
            String row = what + " 32 B " + ring.shape() + ", " + clients + (clients == 1 ? " client" : " clients");
            report.figure(name(), row, "1/s", List.of(result.perSecond()));
            report.figure(name(), row + ", p99", "ms", List.of(p99));
            report.point("scale-clients-rate", "clients at once", "1/s", what, clients, result.perSecond());
            report.point("scale-clients-latency", "clients at once", "ms", what + ", p50", clients, p50);
            report.point("scale-clients-latency", "clients at once", "ms", what + ", p99", clients, p99);
            double providers = ring.descriptor().providers().stream()
                    .mapToDouble(p -> after.getOrDefault(p.name(), 0.0) - before.getOrDefault(p.name(), 0.0))
                    .sum();
            double dealers = ring.descriptor().dealers().stream()
                    .mapToDouble(d -> after.getOrDefault(d.name(), 0.0) - before.getOrDefault(d.name(), 0.0))
                    .sum();
            // The last ones stand: the busiest.
            outlook.load(
                    what.equals(PUT),
                    new Outlook.Parts(
                            MILLIS * client / result.count(),
                            MILLIS * dealers / result.count(),
                            MILLIS * providers / ring.descriptor().providers().size() / result.count()));
        }

        /** Two rings side by side, in turn: one provider of the second has many objects. */
        void byObjects() throws Exception {
            long[] counts = quick ? new long[] {2_000, 20_000} : new long[] {10_000, 100_000, 1_000_000};
            int repetitions = quick ? 3 : 5;
            int times = quick ? 10 : 60;
            try (RingProcesses empty = RingProcesses.create(options, 5, 3);
                    RingProcesses full = RingProcesses.create(options, 5, 3);
                    Interlock here = empty.open();
                    Interlock there = full.open()) {
                full.requireRoom(4096 * counts[counts.length - 1] * 2);
                NodeCard filled = full.descriptor().providers().getFirst().card();
                // Gets go through the one that is filled, in whose place the other ring has an empty one.
                List<String> from = full.descriptor().providers().stream()
                        .limit(full.threshold().t())
                        .map(Provider::name)
                        .toList();
                Secrets few = new Secrets(here, SECRET_BYTES, from);
                Secrets many = new Secrets(there, SECRET_BYTES, from);
                few.warm(quick ? 10 : 200);
                ObjectId like = many.put();
                long stored = 0;
                for (long count : counts) {
                    options.progress().println("scale: filling " + filled.name() + " to " + count + " objects");
                    full.stop(filled);
                    StoreFill.fill(full.node(filled).resolve("store"), like, count - stored);
                    stored = count;
                    full.up();
                    // Who takes part in its place is as cold as the one that was started again.
                    empty.stop(empty.descriptor().providers().getFirst().card());
                    empty.up();
                    many.warm(quick ? 10 : 200);
                    few.warm(quick ? 10 : 200);
                    List<Double> putsFew = new ArrayList<>();
                    List<Double> putsMany = new ArrayList<>();
                    List<Double> getsFew = new ArrayList<>();
                    List<Double> getsMany = new ArrayList<>();
                    for (int i = 0; i < repetitions; i++) {
                        putsFew.add(MILLIS * few.putSeconds(times));
                        putsMany.add(MILLIS * many.putSeconds(times));
                        getsFew.add(MILLIS * few.getSeconds(times));
                        getsMany.add(MILLIS * many.getSeconds(times));
                    }
                    Goal goal = count == counts[counts.length - 1] ? Goal.atMost(1.2) : null;
                    String row = " 32 B, " + count + " objects stored";
                    report.ratio(name(), PUT + row, "ms", putsMany, "few stored", putsFew, goal);
                    report.ratio(name(), GET + row, "ms", getsMany, "few stored", getsFew, goal);
                    String label = "objects stored at a provider";
                    double x = count;
                    report.point("scale-objects", label, "ms for 32 B", PUT, x, Statistics.median(putsMany));
                    report.point("scale-objects", label, "ms for 32 B", GET, x, Statistics.median(getsMany));
                    report.point("scale-objects", label, "ms for 32 B", "put, few", x, Statistics.median(putsFew));
                    report.point("scale-objects", label, "ms for 32 B", "get, few", x, Statistics.median(getsFew));
                }
            }
        }

        void outlook() {
            int cores = Runtime.getRuntime().availableProcessors();
            outlook.build().sentences(cores).forEach(sentence -> report.note(name(), sentence));
        }
    }
}
