package dev.interlock.bench.kernels;

import dev.interlock.bench.Goal;
import dev.interlock.bench.Options;
import dev.interlock.bench.Report;
import dev.interlock.bench.Suite;
import dev.interlock.bench.WrongResultException;
import dev.interlock.core.field.FieldKernels;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The suite {@code kernels}: the field and the sharing over it, in JMH's forks and once more in a plain run. */
public final class Kernels implements Suite {

    /** From here on a call's fixed cost is nothing, and the goals hold. */
    static final int GOALS_FROM_BYTES = 64 * 1024;

    static final Goal LAYER_GOAL = Goal.atLeast(0.95);

    private static final List<Integer> SIZES = List.of(1, 13, 64, 207, 4098, 64 << 10, 1 << 20, 16 << 20);

    /** As a provider's, see the launcher. */
    private static final List<String> JVM = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-Xmx1g");

    private static final List<String> VECTOR = List.of("--add-modules", "jdk.incubator.vector");

    /** A line of the table; without a limit a bare figure. */
    private record Line(
            String figure, @Nullable String limit, @Nullable Goal goal) {}

    private static List<Line> lines(Bout bout) {
        return switch (bout) {
            case LAYER ->
                List.of(
                        new Line("layer", "plain XOR", LAYER_GOAL),
                        new Line("layer", "plain copy", null),
                        new Line("hop with blind", "layer", null));
            case SWAR ->
                List.of(
                        new Line("layer", "plain XOR", null),
                        new Line("layer", "plain copy", null),
                        new Line("reference", null, null));
            case DEAL ->
                List.of(
                        new Line("deal", "generator", Goal.atLeast(0.55)),
                        new Line("deal", "AES-256-CTR", null),
                        new Line("deal", "codahale", Goal.atLeast(200)),
                        new Line("deal", "Bouncy Castle", Goal.atLeast(250)),
                        new Line("deal", "tiemens", null));
            case COMBINE ->
                List.of(
                        new Line("combine", "plain XOR", Goal.atLeast(0.6)),
                        new Line("combine", "Bouncy Castle", Goal.atLeast(400)),
                        new Line("combine", "codahale", null),
                        new Line("combine", "tiemens", null));
            case JDK ->
                List.of(
                        new Line("SHA-256", null, null),
                        new Line("AES-256-CTR", null, null),
                        new Line("AES-256-GCM", null, null));
        };
    }

    @Override
    public String name() {
        return "kernels";
    }

    @Override
    public void run(Options options, Report report) throws RunnerException {
        for (Bout bout : Bout.values()) {
            Map<Integer, Map<String, List<Double>>> rates = new TreeMap<>();
            for (int size : sizes(options, bout)) {
                options.progress().println("kernels: " + title(bout) + ", " + size(size));
                rates.put(size, measure(bout, size, options.quick()));
            }
            write(report, bout, rates);
        }
        options.progress().println("kernels: plain run");
        new PlainRun(FieldKernels.chosen(), options.quick()).run(name(), report);
        report.note(
                name(),
                "Sizes and rates count the object's bytes, whatever is read and written for each. Rates are by the"
                        + " thread's processor time, in turns of 0.3 ms.");
        report.note(
                name(),
                "The generator makes the 3 bytes that a byte of pad takes, in 12 KiB that stay in the first-level"
                        + " cache; peers get at most 32 KiB a call (tiemens 47 bytes).");
    }

    /** In GB/s by contender, one for each iteration of JMH. */
    private static Map<String, List<Double>> measure(Bout bout, int size, boolean quick) throws RunnerException {
        List<String> jvm = new ArrayList<>(JVM);
        if (bout != Bout.SWAR) {
            jvm.addAll(VECTOR);
        }
        TimeValue time = TimeValue.milliseconds(quick ? 300 : 400);
        Collection<RunResult> results;
        try {
            results = new Runner(new OptionsBuilder()
                            .include(TurnBenchmark.class.getName().replace(".", "\\.") + "\\.round$")
                            .param("bout", bout.name())
                            .param("size", String.valueOf(size))
                            .warmupIterations(2)
                            .warmupTime(time)
                            .measurementIterations(quick ? 5 : 7)
                            .measurementTime(time)
                            .jvmArgs(jvm.toArray(String[]::new))
                            .verbosity(VerboseMode.SILENT)
                            .shouldFailOnError(true)
                            .build())
                    .run();
        } catch (RunnerException e) {
            throw wrongResult(e).orElseThrow(() -> e);
        }
        return rates(bout, size, results);
    }

    private static Map<String, List<Double>> rates(Bout bout, int size, Collection<RunResult> results) {
        Map<String, List<Double>> rates = new TreeMap<>();
        List<String> names = bout.open(FieldKernels.chosen(), 1).contenders().stream()
                .map(Contender::name)
                .toList();
        for (RunResult run : results) {
            for (BenchmarkResult fork : run.getBenchmarkResults()) {
                for (IterationResult iteration : fork.getIterationResults()) {
                    Map<String, Result> counters = iteration.getSecondaryResults();
                    for (int i = 0; i < names.size(); i++) {
                        Result<?> rate = counters.get("rate" + i);
                        if (rate == null || rate.getScore() <= 0) {
                            throw new IllegalStateException(
                                    names.get(i) + " had no turn at " + size(size) + " in " + iteration);
                        }
                        rates.computeIfAbsent(names.get(i), _ -> new ArrayList<>())
                                .add(rate.getScore());
                    }
                }
            }
        }
        return rates;
    }

    /** JMH says only that something failed in its fork; what, is among the causes. */
    static Optional<WrongResultException> wrongResult(Throwable failed) {
        if (failed instanceof WrongResultException wrong) {
            return Optional.of(wrong);
        }
        List<Throwable> reasons = new ArrayList<>(List.of(failed.getSuppressed()));
        if (failed.getCause() != null) {
            reasons.add(failed.getCause());
        }
        return reasons.stream().flatMap(reason -> wrongResult(reason).stream()).findFirst();
    }

    private static void write(Report report, Bout bout, Map<Integer, Map<String, List<Double>>> rates) {
        for (Line line : lines(bout)) {
            rates.forEach((size, at) -> {
                String what = what(bout, line.figure()) + ", " + size(size);
                List<Double> figures = figures(at, line.figure());
                if (line.limit() == null) {
                    report.figure("kernels", what, "GB/s", figures);
                } else {
                    Goal goal = size >= GOALS_FROM_BYTES ? line.goal() : null;
                    report.ratio("kernels", what, "GB/s", figures, line.limit(), figures(at, line.limit()), goal);
                }
            });
        }
        rates.forEach((size, at) -> at.forEach((name, figures) -> {
            // The same limits again, without vectors.
            if (bout != Bout.SWAR || !name.startsWith("plain")) {
                report.point(
                        "kernels-" + plot(bout),
                        "bytes a call",
                        "GB/s",
                        what(bout, name),
                        size,
                        Report.Spread.of(figures).median());
            }
        }));
    }

    private static List<Double> figures(Map<String, List<Double>> rates, String name) {
        List<Double> figures = rates.get(name);
        if (figures == null) {
            throw new IllegalStateException("nobody is called " + name + " among " + rates.keySet());
        }
        return figures;
    }

    private static List<Integer> sizes(Options options, Bout bout) {
        if (!options.quick()) {
            return SIZES;
        }
        return switch (bout) {
            case LAYER -> List.of(207, 64 << 10, 1 << 20);
            case DEAL, COMBINE -> List.of(64 << 10, 1 << 20);
            case SWAR, JDK -> List.of(64 << 10);
        };
    }

    private static String what(Bout bout, String contender) {
        return bout == Bout.SWAR && contender.equals("layer") ? "layer without the module" : contender;
    }

    private static String title(Bout bout) {
        return switch (bout) {
            case LAYER -> "layer";
            case SWAR -> "layer without the vector module";
            case DEAL -> "deal";
            case COMBINE -> "combine";
            case JDK -> "hash and ciphers of the JDK";
        };
    }

    private static String plot(Bout bout) {
        return switch (bout) {
            case LAYER, SWAR -> "layer";
            case DEAL -> "deal";
            case COMBINE -> "combine";
            case JDK -> "jdk";
        };
    }

    /** 64 KiB: binary units, as buffers are counted. */
    static String size(int bytes) {
        if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
            return (bytes >> 20) + " MiB";
        }
        if (bytes >= 1 << 10 && bytes % (1 << 10) == 0) {
            return (bytes >> 10) + " KiB";
        }
        return String.format(Locale.ROOT, "%d B", bytes);
    }
}
