package dev.interlock.bench.ring;

import dev.interlock.bench.Goal;
import dev.interlock.bench.Options;
import dev.interlock.bench.Report;
import dev.interlock.bench.Suite;
import dev.interlock.client.Interlock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** The suite {@code small}: 32-byte secrets, one at a time and 64 at once, against bare round trips and fsyncs. */
public final class Small implements Suite {
    private static final int SECRET_BYTES = 32;
    private static final int AT_ONCE = 64;
    private static final double MILLIS = 1e3;

    @Override
    public String name() {
        return "small";
    }

    @Override
    public void run(Options options, Report report) throws Exception {
        try (RingProcesses ring = RingProcesses.of(options, 5, 3);
                Limits limits = Limits.start(ring);
                Interlock interlock = ring.open()) {
            Secrets secrets = new Secrets(interlock, SECRET_BYTES, List.of());
            try {
                options.progress().println("small: warming up");
                Duration window = Duration.ofSeconds(options.quick() ? 1 : 12);
                Duration most = Duration.ofSeconds(options.quick() ? 2 : 240);
                Load.Warmed puts = Load.untilSteady(AT_ONCE, window, most, secrets::put);
                Load.Warmed gets = Load.untilSteady(AT_ONCE, window, most, secrets::get);
                limits.roundTrip(options.quick() ? 200 : 5000);
                report.note(name(), warmed("puts", puts) + ", " + warmed("gets", gets) + ", through one SDK");
                report.note(name(), "stores on " + ring.fileSystem());
                oneAtATime(options, report, ring, limits, secrets);
                atOnce(options, report, ring, limits, secrets);
                commands(options, report, ring);
            } finally {
                if (ring.isGiven()) {
                    secrets.destroyAll();
                }
            }
        }
    }

    private static String warmed(String what, Load.Warmed warmed) {
        return "after " + warmed.count() + " " + what
                + (warmed.steady() ? ", when their rate had stopped rising" : ", whose rate was rising still");
    }

    private void oneAtATime(Options options, Report report, RingProcesses ring, Limits limits, Secrets secrets)
            throws Exception {
        SmallModel model = SmallModel.of(ring.threshold());
        int repetitions = options.quick() ? 3 : 7;
        int times = options.quick() ? 10 : 100;
        List<Double> puts = new ArrayList<>();
        List<Double> gets = new ArrayList<>();
        List<SmallModel.Machine> machines = new ArrayList<>();
        List<Double> bare = new ArrayList<>();
        for (int i = 0; i < repetitions; i++) {
            options.progress().println("small: one at a time, repetition " + (i + 1) + " of " + repetitions);
            bare.add(MILLIS * limits.bareRoundTrip(5 * times));
            machines.add(new SmallModel.Machine(
                    MILLIS * limits.roundTrip(5 * times),
                    MILLIS * limits.roundTripOf(model.t(), 5 * times),
                    MILLIS * limits.fsync(model.n(), times)));
            puts.add(MILLIS * secrets.putSeconds(times));
            gets.add(MILLIS * secrets.getSeconds(times));
        }
        String shape = "32 B " + ring.shape() + ", one at a time";
        report.ratio(
                name(),
                "put " + shape,
                "ms",
                puts,
                "bound",
                machines.stream().map(model::put).toList(),
                Goal.atMost(2.5));
        report.ratio(
                name(),
                "get " + shape,
                "ms",
                gets,
                "bound",
                machines.stream().map(model::get).toList(),
                Goal.atMost(2));
        report.figure(
                name(),
                "limit: bare HTTPS round trip",
                "ms",
                machines.stream().map(SmallModel.Machine::roundTrip).toList());
        report.figure(
                name(),
                "limit: bare HTTPS round trip, t = " + model.t() + " at once",
                "ms",
                machines.stream().map(SmallModel.Machine::roundTripToReaders).toList());
        report.figure(name(), "limit: TLS round trip without HTTP", "ms", bare);
        report.figure(
                name(),
                "limit: fsync, n = " + model.n() + " at once",
                "ms",
                machines.stream().map(SmallModel.Machine::fsyncByAll).toList());
        report.note(
                name(),
                "put bound: " + model.putRoundTrips() + " round trips and " + model.putFsyncsByAll()
                        + " fsyncs by n at once, one after the other");
        report.note(name(), "get bound: a round trip to t at once");
    }

    private void atOnce(Options options, Report report, RingProcesses ring, Limits limits, Secrets secrets)
            throws Exception {
        SmallModel model = SmallModel.of(ring.threshold());
        int repetitions = options.quick() ? 2 : 5;
        Duration duration = Duration.ofSeconds(options.quick() ? 1 : 8);
        Duration limit = Duration.ofSeconds(options.quick() ? 1 : 3);
        List<Double> puts = new ArrayList<>();
        List<Double> gets = new ArrayList<>();
        List<Double> fsyncs = new ArrayList<>();
        List<Double> requests = new ArrayList<>();
        List<Double> bare = new ArrayList<>();
        List<Double> transactions = new ArrayList<>();
        List<Double> busy = new ArrayList<>();
        int cores = Runtime.getRuntime().availableProcessors();
        List<Double> putLatencies = new ArrayList<>();
        List<Double> getLatencies = new ArrayList<>();
        Load.run(AT_ONCE, duration, secrets::put);
        Load.run(AT_ONCE, duration, secrets::get);
        for (int i = 0; i < repetitions; i++) {
            options.progress().println("small: 64 at once, repetition " + (i + 1) + " of " + repetitions);
            fsyncs.add(limits.fsyncsPerSecond(model.n(), limit));
            OptionalDouble before = ring.meter("interlock_store_transactions");
            double cpu = ring.cpuSecondsWithClient();
            Load.Result put = Load.run(AT_ONCE, duration, secrets::put);
            busy.add((ring.cpuSecondsWithClient() - cpu) / put.seconds() / cores);
            OptionalDouble after = ring.meter("interlock_store_transactions");
            requests.add(limits.requestsPerSecond(AT_ONCE, limit));
            bare.add(limits.bareRequestsPerSecond(AT_ONCE, limit));
            Load.Result get = Load.run(AT_ONCE, duration, secrets::get);
            puts.add(put.perSecond());
            gets.add(get.perSecond());
            putLatencies.add(MILLIS * Statistics.percentile(0.99, put.latencies()));
            getLatencies.add(MILLIS * Statistics.percentile(0.99, get.latencies()));
            if (before.isPresent() && after.isPresent()) {
                transactions.add((after.getAsDouble() - before.getAsDouble()) / put.count() / model.n());
            }
        }
        String shape = "32 B " + ring.shape() + ", " + AT_ONCE + " at once";
        report.ratio(
                name(),
                "put " + shape,
                "1/s",
                puts,
                "an fsync each",
                fsyncs.stream()
                        .map(rate -> rate / model.putTransactionsPerProvider())
                        .toList(),
                Goal.atLeast(1));
        report.ratio(
                name(),
                "put " + shape,
                "1/s",
                puts,
                "bare HTTPS",
                requests.stream().map(rate -> rate / model.putRequests()).toList(),
                null);
        report.ratio(
                name(),
                "get " + shape,
                "1/s",
                gets,
                "bare HTTPS",
                requests.stream().map(rate -> rate / model.getRequests()).toList(),
                Goal.atLeast(0.5));
        report.figure(name(), "put " + shape + ", p99", "ms", putLatencies);
        report.figure(name(), "get " + shape + ", p99", "ms", getLatencies);
        report.figure(name(), "put " + shape + ", part of the cores that the ring uses", "", busy);
        report.figure(name(), "limit: bare HTTPS, " + AT_ONCE + " at once", "1/s", requests);
        report.figure(name(), "limit: TLS without HTTP, " + AT_ONCE + " at once", "1/s", bare);
        report.figure(name(), "limit: fsyncs of each of n = " + model.n() + " at once", "1/s", fsyncs);
        if (!transactions.isEmpty()) {
            report.figure(name(), "put " + shape + ", transactions of a provider for an object", "", transactions);
        }
        report.note(
                name(),
                "an fsync each: what the same disk gives n processes at once, divided by the "
                        + model.putTransactionsPerProvider()
                        + " durable transactions that a put needs of each provider; above 1, objects share fsyncs;"
                        + " below 1 with the cores in full use, the CPU is the limit and not the disk");
        report.note(
                name(),
                "bare HTTPS: requests a second, " + AT_ONCE + " at once, divided by the " + model.getRequests()
                        + " requests that a get makes, or the " + model.putRequests() + " of a put");
    }

    /** For information: what a shell script sees. */
    private void commands(Options options, Report report, RingProcesses ring) throws IOException, InterruptedException {
        int repetitions = options.quick() ? 2 : 7;
        List<Double> puts = new ArrayList<>();
        List<Double> gets = new ArrayList<>();
        Path in = ring.scratch().resolve("in");
        Path out = ring.scratch().resolve("out");
        for (int i = 0; i < repetitions; i++) {
            options.progress().println("small: commands, repetition " + (i + 1) + " of " + repetitions);
            Content content = new Content(1_000_000 + i, SECRET_BYTES);
            Files.write(in, content.bytes());
            RingProcesses.Finished put = ring.asUser("put", in.toString());
            puts.add(MILLIS * put.seconds());
            gets.add(MILLIS
                    * ring.asUser("get", put.output(), "-o", out.toString()).seconds());
            try (FileChannel from = FileChannel.open(out);
                    Content.Check check = content.check()) {
                from.transferTo(0, from.size(), check);
            }
            Files.delete(in);
            Files.delete(out);
            if (ring.isGiven()) {
                var _ = ring.asUser("destroy", put.output());
            }
        }
        report.figure(name(), "./interlock put, 32 B, whole command", "ms", puts);
        report.figure(name(), "./interlock get, 32 B, whole command", "ms", gets);
        if (Files.exists(options.home().resolve("bench").resolve("clevis.sh"))) {
            report.note(name(), "bench/clevis.sh puts a get beside `clevis decrypt` and the same threshold");
        }
    }
}
