package dev.interlock.bench.ring;

import dev.interlock.bench.Goal;
import dev.interlock.bench.Options;
import dev.interlock.bench.Report;
import dev.interlock.bench.Suite;
import dev.interlock.bench.WrongResultException;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The suite {@code stream}: one large object through a ring, against what TLS, SHA-256 and the disk take for it. */
public final class Stream implements Suite {
    private static final String PLOT = "stream-cpu";
    private static final double GIB = 1 << 30;
    private static final double GB = 1e9;
    private static final double MIB = 1 << 20;
    private static final double MEMORY_GOAL_MIB = 256;
    private static final String SDK = "client (SDK)";

    @Override
    public String name() {
        return "stream";
    }

    @Override
    public void run(Options options, Report report) throws Exception {
        long bytes = options.quick() ? 128L << 20 : 1L << 30;
        int repetitions = options.quick() ? 2 : 5;
        try (RingProcesses ring = RingProcesses.of(options, 5, 3);
                Limits limits = Limits.start(ring);
                Interlock interlock = ring.open()) {
            StreamModel model = StreamModel.of(ring.threshold());
            ring.requireRoom(2L * model.putCopies() * bytes);
            new Run(options, report, ring, limits, interlock, model, bytes).measure(repetitions);
            memory(options, report, ring, model, options.quick() ? 512L << 20 : 4L << 30);
        }
    }

    private final class Run {
        private final Options options;
        private final Report report;
        private final RingProcesses ring;
        private final Limits limits;
        private final Interlock interlock;
        private final StreamModel model;
        private final long bytes;
        private final int cores = Runtime.getRuntime().availableProcessors();

        private final List<StreamModel.Machine> machines = new ArrayList<>();
        private final List<Double> pipes = new ArrayList<>();
        private final List<Double> alone = new ArrayList<>();
        private final List<Operation> puts = new ArrayList<>();
        private final List<Operation> gets = new ArrayList<>();

        /** What one put or get took: on the clock, and of the CPU of every process. */
        private record Operation(double seconds, Map<String, Double> cpu) {
            double cpuSeconds() {
                return cpu.values().stream().mapToDouble(Double::doubleValue).sum();
            }
        }

        Run(
                Options options,
                Report report,
                RingProcesses ring,
                Limits limits,
                Interlock interlock,
                StreamModel model,
                long bytes) {
            this.options = options;
            this.report = report;
            this.ring = ring;
            this.limits = limits;
            this.interlock = interlock;
            this.model = model;
            this.bytes = bytes;
        }

        void measure(int repetitions) throws Exception {
            long warm = bytes / 2;
            options.progress().println("stream: warming up");
            for (int i = 0; i < 2; i++) {
                Limits.sha256(warm);
                limits.tlsPipe(warm);
                putAndGet(new Content(100 + i, warm));
            }
            puts.clear();
            gets.clear();
            for (int i = 0; i < repetitions; i++) {
                options.progress().println("stream: repetition " + (i + 1) + " of " + repetitions);
                limits();
                putAndGet(new Content(i, bytes));
            }
            report(repetitions, warm);
        }

        private void limits() throws Exception {
            Limits.Pipe pipe = limits.tlsPipe(bytes);
            long hashed = bytes / 4;
            double hash = Limits.sha256(hashed) / hashed;
            double write = limits.diskWrite(8, bytes) / bytes;
            alone.add(limits.diskWrite(1, bytes) / bytes);
            double read = limits.cachedRead(bytes) / bytes;
            pipes.add(pipe.seconds() / bytes);
            machines.add(new StreamModel.Machine(pipe.cpuSeconds() / bytes, hash, write, read, cores));
        }

        private void putAndGet(Content content) throws Exception {
            ObjectId[] object = new ObjectId[1];
            puts.add(timed(() -> object[0] =
                    interlock.put(content.source(), content.length()).object()));
            gets.add(timed(() -> {
                try (Content.Check check = content.check()) {
                    interlock.get(object[0], check);
                }
            }));
            // Its room on the disk is for the next.
            interlock.destroy(object[0], List.of(), _ -> {});
        }

        private Operation timed(Load.Task task) throws Exception {
            Map<String, Double> before = cpuSeconds();
            long begun = System.nanoTime();
            task.run();
            double seconds = (System.nanoTime() - begun) / 1e9;
            Map<String, Double> used = cpuSeconds();
            used.replaceAll((process, after) -> after - before.getOrDefault(process, 0.0));
            return new Operation(seconds, used);
        }

        private Map<String, Double> cpuSeconds() throws IOException {
            Map<String, Double> seconds = new LinkedHashMap<>();
            seconds.put(SDK, Proc.cpuSeconds(ProcessHandle.current().pid()));
            seconds.putAll(ring.cpuSeconds());
            return seconds;
        }

        private void report(int repetitions, long warm) throws IOException {
            String shape = Numbers.size(bytes) + " " + ring.shape();
            report.ratio(
                    name(),
                    "put " + shape,
                    "s",
                    seconds(puts),
                    "bound",
                    machines.stream().map(m -> model.putSeconds(bytes, m)).toList(),
                    Goal.atMost(1.5));
            report.ratio(
                    name(),
                    "get " + shape,
                    "s",
                    seconds(gets),
                    "bound",
                    machines.stream().map(m -> model.getSeconds(bytes, m)).toList(),
                    Goal.atMost(1.5));
            report.ratio(
                    name(),
                    "put, CPU of all processes",
                    "CPU-s",
                    puts.stream().map(Operation::cpuSeconds).toList(),
                    "TLS and SHA-256",
                    machines.stream().map(m -> model.putCpu(bytes, m)).toList(),
                    null);
            report.ratio(
                    name(),
                    "get, CPU of all processes",
                    "CPU-s",
                    gets.stream().map(Operation::cpuSeconds).toList(),
                    "TLS and SHA-256",
                    machines.stream().map(m -> model.getCpu(bytes, m)).toList(),
                    null);
            figure("put", "GB/s", seconds(puts).stream().map(s -> bytes / s / GB));
            figure("get", "GB/s", seconds(gets).stream().map(s -> bytes / s / GB));
            figure(
                    "limit: TLS pipe between two processes",
                    "GB/s",
                    pipes.stream().map(s -> 1 / s / GB));
            figure("limit: TLS pipe, both ends", "CPU-s/GiB", machines.stream().map(m -> m.tlsCpu() * GIB));
            figure("limit: SHA-256, a core", "GB/s", machines.stream().map(m -> 1 / m.hashCpu() / GB));
            figure(
                    "limit: disk write, 8 files at once",
                    "GB/s",
                    machines.stream().map(m -> 1 / m.write() / GB));
            figure("limit: disk write, 1 file", "GB/s", alone.stream().map(s -> 1 / s / GB));
            figure("limit: read from the page cache", "GB/s", machines.stream().map(m -> 1 / m.read() / GB));
            parts("put", puts, model.putPasses(), model.putHashes());
            parts("get", gets, model.getPasses(), model.getHashes());
            note("put bound: the longer of CPU (" + model.putPasses() + " TLS passes and " + model.putHashes()
                    + " SHA-256 of each byte, over " + cores + " cores) and disk (" + model.putCopies()
                    + " copies, 8 files at once)");
            note("get bound: the longer of CPU (" + model.getPasses() + " TLS passes and " + model.getHashes()
                    + " SHA-256 of each byte, over " + cores + " cores) and reading " + model.getReads()
                    + " copies from the page cache");
            StreamModel.Machine last = machines.getLast();
            note("in the last repetition the put's bound was its "
                    + (model.putCpu(bytes, last) / cores >= model.putCopies() * bytes * last.write() ? "CPU" : "disk")
                    + ": CPU " + Numbers.two(model.putCpu(bytes, last) / cores) + " s, disk "
                    + Numbers.two(model.putCopies() * bytes * last.write()) + " s");
            note(repetitions + " repetitions, each limit, put, get in turn, after 2 puts and gets of "
                    + Numbers.size(warm) + " to warm up; stores on " + ring.fileSystem());
        }

        private void figure(String what, String unit, java.util.stream.Stream<Double> figures) {
            report.figure(name(), what, unit, figures.toList());
        }

        private void note(String text) {
            report.note(name(), text);
        }

        private static List<Double> seconds(List<Operation> operations) {
            return operations.stream().map(Operation::seconds).toList();
        }

        /** Two bars: what every process used, and what the bound is made of; medians, for a GiB. */
        private void parts(String what, List<Operation> operations, int passes, int hashes) {
            for (String process : operations.getFirst().cpu().keySet()) {
                double used = Statistics.median(
                        operations.stream().map(o -> o.cpu().get(process)).toList());
                report.part(PLOT, "CPU-s/GiB", what, process, used / bytes * GIB);
            }
            report.part(
                    PLOT,
                    "CPU-s/GiB",
                    what + ", bound",
                    "TLS",
                    GIB
                            * passes
                            * Statistics.median(machines.stream()
                                    .map(StreamModel.Machine::tlsCpu)
                                    .toList()));
            report.part(
                    PLOT,
                    "CPU-s/GiB",
                    what + ", bound",
                    "SHA-256",
                    GIB
                            * hashes
                            * Statistics.median(machines.stream()
                                    .map(StreamModel.Machine::hashCpu)
                                    .toList()));
        }
    }

    /** The peaks of all processes while an object goes through them as a user has it go: by two commands. */
    private void memory(Options options, Report report, RingProcesses ring, StreamModel model, long bytes)
            throws IOException, InterruptedException {
        Content content = new Content(99, bytes);
        ring.requireRoom((model.putCopies() + 2) * content.length());
        options.progress().println("stream: memory while " + Numbers.size(content.length()) + " go through");
        Path file = ring.scratch().resolve("in");
        Path got = ring.scratch().resolve("out");
        try (FileChannel to = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                ReadableByteChannel source = content.source()) {
            for (long done = 0; done < content.length(); ) {
                done += to.transferFrom(source, done, content.length() - done);
            }
        }
        Map<String, Long> pids = ring.pids();
        for (long pid : pids.values()) {
            Proc.resetPeak(pid);
        }
        Map<String, Double> peaks = new LinkedHashMap<>();
        RingProcesses.Finished put = ring.asUser("put", file.toString());
        peaks.put("interlock put", put.peakBytes() / MIB);
        RingProcesses.Finished get = ring.asUser("get", put.output(), "-o", got.toString());
        peaks.put("interlock get", get.peakBytes() / MIB);
        for (Map.Entry<String, Long> node : pids.entrySet()) {
            peaks.put(node.getKey(), Proc.peakBytes(node.getValue()) / MIB);
        }
        try (FileChannel from = FileChannel.open(got);
                Content.Check check = content.check()) {
            for (long done = 0; done < from.size(); ) {
                done += from.transferTo(done, from.size() - done, check);
            }
        }
        var _ = ring.asUser("destroy", put.output());
        Files.delete(file);
        Files.delete(got);
        peaks.forEach((process, peak) -> report.ratio(
                name(),
                "peak resident, " + process + ", " + Numbers.size(content.length()),
                "MiB",
                List.of(peak),
                "at most",
                List.of(MEMORY_GOAL_MIB),
                Goal.atMost(1)));
        if (peaks.containsValue(0.0)) {
            throw new WrongResultException("a command ended before its memory could be looked at: " + peaks);
        }
    }
}
