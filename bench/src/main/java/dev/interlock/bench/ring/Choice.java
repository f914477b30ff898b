package dev.interlock.bench.ring;

import dev.interlock.bench.Options;
import dev.interlock.bench.Report;
import dev.interlock.bench.Suite;
import dev.interlock.client.Interlock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The suite {@code choice}: what one stopped provider of five costs small gets. The one that is stopped by SIGSTOP is the one
 * that the gets prefer just then, so that it is in the way.
 */
public final class Choice implements Suite {
    private static final int SECRET_BYTES = 32;
    private static final int OBJECTS = 20;
    private static final double MILLIS = 1e3;

    @Override
    public String name() {
        return "choice";
    }

    @Override
    public void run(Options options, Report report) throws Exception {
        int repetitions = options.quick() ? 3 : 5;
        int times = options.quick() ? 200 : 1000;
        try (RingProcesses ring = RingProcesses.of(options, 5, 3);
                Interlock interlock = ring.open()) {
            Secrets secrets = new Secrets(interlock, SECRET_BYTES, List.of());
            try {
                options.progress().println("choice: warming up");
                for (int i = 0; i < OBJECTS; i++) {
                    secrets.put();
                }
                latencies(options.quick() ? 1000 : 10_000, secrets);
                Figures figures = new Figures();
                for (int i = 0; i < repetitions; i++) {
                    options.progress().println("choice: repetition " + (i + 1) + " of " + repetitions);
                    double[] healthy = latencies(times, secrets);
                    String victim = interlock
                            .record()
                            .ranked(ring.descriptor().providers())
                            .getFirst()
                            .name();
                    long pid = Objects.requireNonNull(ring.pids().get(victim));
                    Runnable goOn = () -> signal("CONT", pid);
                    AtExit.register(goOn);
                    // Beside the gets: it comes in the middle of one.
                    Thread stop = Thread.ofPlatform().start(() -> signal("STOP", pid));
                    try {
                        figures.add(healthy, latencies(times, secrets));
                    } finally {
                        stop.join();
                        goOn.run();
                        AtExit.forget(goOn);
                    }
                    // Until it is back: it answers what it was asked, and is forgiven.
                    latencies(times, secrets);
                }
                figures.report(this, report, ring.shape());
                report.note(
                        name(),
                        times
                                + " gets a repetition, one at a time, through one SDK, every one checked; the provider that"
                                + " is ranked first is stopped by SIGSTOP in the middle of a get, and stays so");
            } finally {
                if (ring.isGiven()) {
                    secrets.destroyAll();
                }
            }
        }
    }

    /** One of each by repetition, in milliseconds. */
    private record Figures(
            List<Double> healthyMedians,
            List<Double> medians,
            List<Double> healthyTails,
            List<Double> tails,
            List<Double> longest) {
        Figures() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        void add(double[] healthy, double[] stopped) {
            healthyMedians.add(Statistics.median(healthy));
            medians.add(Statistics.median(stopped));
            healthyTails.add(Statistics.percentile(0.99, healthy));
            tails.add(Statistics.percentile(0.99, stopped));
            longest.add(Arrays.stream(stopped).max().orElseThrow());
        }

        void report(Suite suite, Report report, String shape) {
            String what = "get 32 B " + shape + ", one provider stopped, ";
            report.ratio(suite.name(), what + "median", "ms", medians, "healthy", healthyMedians, null);
            report.ratio(suite.name(), what + "p99", "ms", tails, "healthy", healthyTails, null);
            report.figure(suite.name(), what + "the longest", "ms", longest);
        }
    }

    private static double[] latencies(int times, Secrets secrets) throws Exception {
        double[] millis = new double[times];
        for (int i = 0; i < times; i++) {
            long begun = System.nanoTime();
            secrets.get();
            millis[i] = MILLIS * (System.nanoTime() - begun) / 1e9;
        }
        return millis;
    }

    private static void signal(String signal, long pid) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start();
            if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new IllegalStateException("kill -" + signal + " " + pid + " failed");
            }
        } catch (IOException e) {
            throw new IllegalStateException("kill -" + signal + " " + pid + " failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
