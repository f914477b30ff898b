package dev.interlock.bench.ring;

import dev.interlock.bench.Goal;
import dev.interlock.bench.Options;
import dev.interlock.bench.Report;
import dev.interlock.bench.Suite;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Blinding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The suite {@code wan}: providers that lie in different clouds. Whoever connects to a node of the ring, user or node, goes over a {@link
 * Link} with 25 ms each way and 100 Mbit/s.
 */
public final class Wan implements Suite {
    /** Lines that are slower in everything make what computing costs small beside them: how protocols wait is seen so on a busy machine. */
    private static final int SLOWER = Integer.getInteger("interlock.bench.slower", 1);

    private static final Duration DELAY = Duration.ofMillis(25L * SLOWER);
    private static final double BYTES_PER_SECOND = 100e6 / 8 / SLOWER;
    private static final int SECRET_BYTES = 32;
    private static final int FAR = 10;
    private static final int AT_ONCE = 64;
    private static final int WARM_STREAMS = 2;
    private static final double MILLIS = 1e3;

    @Override
    public String name() {
        return "wan";
    }

    @Override
    public void run(Options options, Report report) throws Exception {
        int repetitions = options.quick() ? 3 : 5;
        int times = options.quick() ? 10 : 40;
        long bytes = options.quick() ? 64L << 20 : 256L << 20;
        Links links = new Links();
        try (links;
                RingProcesses ring = RingProcesses.behind(options, 5, 3, links::open)) {
            report.note(
                    name(),
                    "every connection to a node: " + DELAY.toMillis() + " ms each way and " + 100 / SLOWER
                            + " Mbit/s each way, by" + " proxies of the bench; the processes share this machine");
            small(options, report, ring, repetitions, times);
            streams(options, report, ring, links, repetitions, bytes);
            cold(options, report, ring, repetitions);
            oneFarAway(options, report, ring, links, repetitions, times);
        }
    }

    /** The proxies before the nodes of one ring. */
    private static final class Links implements AutoCloseable {
        private final List<Link> open = new ArrayList<>();

        void open(int from, int to) throws Exception {
            open.add(Link.open(from, to, DELAY, BYTES_PER_SECOND));
        }

        /** Puts a longer line before one node. */
        void lengthen(int at, int to) throws Exception {
            for (Link link : open) {
                if (link.port() == at) {
                    link.close();
                    open.remove(link);
                    open.add(Link.open(at, to, DELAY.multipliedBy(FAR), BYTES_PER_SECOND));
                    return;
                }
            }
            throw new IllegalStateException("no line leads from port " + at);
        }

        /** What passed each line since this was last asked. */
        List<Link.Flow> flows() {
            return open.stream().flatMap(link -> link.flows().stream()).toList();
        }

        @Override
        public void close() {
            open.forEach(Link::close);
        }
    }

    /**
     * Where the time of one stream goes, in seconds. The lines are those that carry the object.
     *
     * @param first until the first of them has something to carry
     * @param spread from there until the last of them has
     * @param carrying how long each carries, in the median; at the line's rate it would be the object's length by that rate
     * @param idle how long each has nothing to carry meanwhile, in the median
     * @param tail from the end of the last of them until the caller is told
     */
    private record Timeline(int lines, double first, double spread, double carrying, double idle, double tail) {
        static Timeline of(List<Link.Flow> flows, long bytes, long begun, long ended) {
            List<Link.Flow> full =
                    flows.stream().filter(flow -> flow.bytes() > bytes / 2).toList();
            long first = full.stream().mapToLong(Link.Flow::begunNanos).min().orElse(ended);
            long last = full.stream().mapToLong(Link.Flow::begunNanos).max().orElse(ended);
            long end = full.stream().mapToLong(Link.Flow::endedNanos).max().orElse(ended);
            double[] carrying = full.stream()
                    .mapToDouble(flow -> (flow.endedNanos() - flow.begunNanos()) / 1e9)
                    .toArray();
            double[] idle =
                    full.stream().mapToDouble(flow -> flow.idleNanos() / 1e9).toArray();
            return new Timeline(
                    full.size(),
                    (first - begun) / 1e9,
                    (last - first) / 1e9,
                    carrying.length == 0 ? 0 : Statistics.median(carrying),
                    idle.length == 0 ? 0 : Statistics.median(idle),
                    (ended - end) / 1e9);
        }

        String text() {
            return String.format(
                    Locale.ROOT,
                    "%d lines carry it: the first from %.2f s on, the last %.2f s later, each for %.2f s, %.2f of them idle; %.2f s from the"
                            + " end of all to that of the call",
                    lines,
                    first,
                    spread,
                    carrying,
                    idle,
                    tail);
        }
    }

    private static List<Double> roundTrips(int count, double roundTrips) {
        List<Double> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(2 * DELAY.toMillis() * roundTrips);
        }
        return all;
    }

    private void small(Options options, Report report, RingProcesses ring, int repetitions, int times)
            throws Exception {
        List<Double> puts = new ArrayList<>();
        List<Double> gets = new ArrayList<>();
        SmallModel model = SmallModel.of(ring.threshold());
        try (Interlock interlock = ring.open()) {
            Secrets secrets = new Secrets(interlock, SECRET_BYTES, List.of());
            // As in the suite small: a ring half warm computes for longer than the line takes.
            Duration warm = Duration.ofSeconds(options.quick() ? 20 : 100);
            // Few at first: of 64 puts in a ring that has just started some have no answer within its deadline.
            int warmed = Load.run(AT_ONCE / 8, warm.dividedBy(5), secrets::put).count();
            warmed += Load.run(AT_ONCE, warm, secrets::put).count();
            warmed += Load.run(AT_ONCE, warm.dividedBy(2), secrets::get).count();
            report.note(name(), "after " + warmed + " small puts and gets to warm up");
            for (int i = 0; i < repetitions; i++) {
                options.progress().println("wan: small objects, repetition " + (i + 1) + " of " + repetitions);
                puts.add(MILLIS * secrets.putSeconds(times));
                gets.add(MILLIS * secrets.getSeconds(times));
            }
        }
        String shape = " 32 B " + ring.shape() + ", warm";
        report.ratio(
                name(),
                "get" + shape,
                "ms",
                gets,
                "1 round trip",
                roundTrips(repetitions, model.getRoundTrips()),
                Goal.atMost(1.2));
        report.ratio(
                name(),
                "put" + shape,
                "ms",
                puts,
                model.putRoundTrips() + " round trips",
                roundTrips(repetitions, model.putRoundTrips()),
                Goal.atMost(1.2));
    }

    /** Each by an SDK of its own, whose first connections it opens: TCP and TLS are a round trip each. */
    private void cold(Options options, Report report, RingProcesses ring, int repetitions) throws Exception {
        List<Double> gets = new ArrayList<>();
        Content content = new Content(7, SECRET_BYTES);
        ObjectId object;
        try (Interlock interlock = ring.open()) {
            object = interlock.put(content.source(), SECRET_BYTES).object();
        }
        for (int i = 0; i < repetitions; i++) {
            options.progress().println("wan: first get, repetition " + (i + 1) + " of " + repetitions);
            try (Interlock interlock = ring.open();
                    Content.Check check = content.check()) {
                long begun = System.nanoTime();
                interlock.get(object, check, get(), _ -> {}, _ -> {});
                gets.add(MILLIS * (System.nanoTime() - begun) / 1e9);
            }
        }
        report.ratio(
                name(),
                "get 32 B " + ring.shape() + ", first of a new SDK",
                "ms",
                gets,
                "TCP, TLS, 1 round trip",
                roundTrips(repetitions, 3),
                Goal.atMost(1.2));
    }

    /** So large that the legs until the first byte is there count little: what is asked is whether the line is full then. */
    private void streams(Options options, Report report, RingProcesses ring, Links links, int repetitions, long bytes)
            throws Exception {
        List<Double> puts = new ArrayList<>();
        List<Double> gets = new ArrayList<>();
        List<Double> line = new ArrayList<>();
        List<Double> busy = new ArrayList<>();
        int cores = Runtime.getRuntime().availableProcessors();
        try (Interlock interlock = ring.open()) {
            for (int i = 0; i < WARM_STREAMS; i++) {
                options.progress().println("wan: streams, warming up");
                Content content = new Content(200 + i, bytes);
                ObjectId object = interlock.put(content.source(), bytes).object();
                try (Content.Check check = content.check()) {
                    interlock.get(object, check, get(), _ -> {}, _ -> {});
                }
                var _ = interlock.destroy(object, List.of(), _ -> {});
            }
            for (int i = 0; i < repetitions; i++) {
                options.progress().println("wan: streams, repetition " + (i + 1) + " of " + repetitions);
                Content content = new Content(100 + i, bytes);
                List<Link.Flow> _ = links.flows();
                double cpu = ring.cpuSecondsWithClient();
                long begun = System.nanoTime();
                ObjectId object = interlock.put(content.source(), bytes).object();
                long ended = System.nanoTime();
                double seconds = (ended - begun) / 1e9;
                puts.add(bytes / 1e6 / seconds);
                busy.add((ring.cpuSecondsWithClient() - cpu) / seconds / cores);
                report.note(
                        name(),
                        String.format(Locale.ROOT, "a put of %.2f s: ", seconds)
                                + Timeline.of(links.flows(), bytes, begun, ended)
                                        .text());
                begun = System.nanoTime();
                try (Content.Check check = content.check()) {
                    interlock.get(object, check, get(), _ -> {}, _ -> {});
                }
                gets.add(bytes / 1e6 / ((System.nanoTime() - begun) / 1e9));
                line.add(BYTES_PER_SECOND / 1e6);
                var _ = interlock.destroy(object, List.of(), _ -> {});
            }
        }
        String shape = " " + (bytes >> 20) + " MiB " + ring.shape();
        report.ratio(name(), "put" + shape, "MB/s", puts, "the line", line, Goal.atLeast(0.8));
        report.ratio(name(), "get" + shape, "MB/s", gets, "the line", line, Goal.atLeast(0.8));
        report.figure(name(), "put" + shape + ", part of the cores that ring and lines use", "", busy);
    }

    /** One provider ten times as far away as the others costs a get nothing. */
    private void oneFarAway(Options options, Report report, RingProcesses ring, Links links, int repetitions, int times)
            throws Exception {
        List<Double> gets = new ArrayList<>();
        try (Interlock interlock = ring.open()) {
            Secrets secrets = new Secrets(interlock, SECRET_BYTES, List.of());
            secrets.warm(10);
            ring.lengthen(ring.descriptor().providers().getFirst().card(), links::lengthen);
            secrets.getSeconds(5);
            for (int i = 0; i < repetitions; i++) {
                options.progress().println("wan: one far away, repetition " + (i + 1) + " of " + repetitions);
                gets.add(MILLIS * secrets.getSeconds(times));
            }
        }
        report.ratio(
                name(),
                "get 32 B " + ring.shape() + ", one provider " + FAR + " times as far",
                "ms",
                gets,
                "1 round trip",
                roundTrips(repetitions, 1),
                Goal.atMost(1.2));
    }

    private static GetOptions get() {
        return new GetOptions(List.of(), Blinding.EXPANDED, Optional.empty(), Optional.empty(), GetOptions.Way.AUTO);
    }
}
