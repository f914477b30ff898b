package dev.interlock.bench;

import dev.interlock.bench.kernels.Kernels;
import dev.interlock.bench.ring.Choice;
import dev.interlock.bench.ring.Login;
import dev.interlock.bench.ring.Scale;
import dev.interlock.bench.ring.Small;
import dev.interlock.bench.ring.Starts;
import dev.interlock.bench.ring.StoreScale;
import dev.interlock.bench.ring.Stream;
import dev.interlock.bench.ring.Wan;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The {@code interlock bench} command: tables on stdout, everything else on stderr. */
@Command(
        name = "bench",
        description = {
            "Measures this machine's Interlock, as ratios to what the same run's bare parts reach.",
            "Checks every result: a wrong byte ends it with exit code 4."
        },
        mixinStandardHelpOptions = true,
        footer = {"", "Exit codes: 0 done, 1 failed, 2 wrong usage, 4 a result was wrong."})
public final class Bench implements Callable<Integer> {
    static final int FAILED = 1;
    static final int WRONG_RESULT = 4;

    static final List<Suite> SUITES = List.of(
            new Kernels(),
            new Stream(),
            new Small(),
            new Scale(),
            new StoreScale(),
            new Choice(),
            new Login(),
            new Wan(),
            new Starts());

    private final List<Suite> suites;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "SUITE",
            description =
                    "kernels, stream, small, scale, store, choice, login, wan or starts; without a name all of them in turn")
    private List<String> names = List.of();

    @Option(names = "--quick", description = "fewer sizes and repetitions")
    private boolean quick;

    @Option(
            names = "--all",
            description = "all suites, and their tables go into docs/performance.md; hours, without --quick")
    private boolean all;

    @Option(
            names = "--docs",
            description = "the tables of these suites go into docs/performance.md, in the place of their last ones")
    private boolean docs;

    @Option(names = "--json", paramLabel = "FILE", description = "write every figure to this file")
    private @Nullable Path json;

    @Option(names = "--svg", paramLabel = "DIR", description = "write the plots to this folder")
    private @Nullable Path svg;

    @Option(
            names = "--rows",
            paramLabel = "ADDRESS",
            description =
                    "the suite store measures rows in this database, postgresql://HOST/DATABASE?user=NAME, in schemas bench_few and bench_many")
    private @Nullable String rows;

    @Option(
            names = "--stores",
            paramLabel = "DIR",
            description = "the suite store keeps its filled stores here, and finds them filled when it runs again")
    private @Nullable Path stores;

    @Option(names = "--ring", paramLabel = "DIR", description = "measure this running ring, don't make one")
    private @Nullable Path ring;

    Bench(List<Suite> suites) {
        this.suites = suites;
    }

    public static void main(String[] args) {
        System.exit(run(SUITES, args));
    }

    static int run(List<Suite> suites, String... args) {
        return new CommandLine(new Bench(suites))
                .setExecutionExceptionHandler((error, command, parsed) -> explain(error))
                .execute(args);
    }

    @Override
    public Integer call() throws Exception {
        List<Suite> chosen = chosen();
        // Before hours of measuring, not after them.
        if (svg != null) {
            Files.createDirectories(svg);
        }
        if (json != null) {
            Files.write(json, new byte[0]);
        }
        Path home = Path.of(System.getProperty("interlock.home", "."));
        Path performance = home.resolve("docs").resolve("performance.md");
        if (all || docs) {
            requirePlaces(performance, chosen);
        }
        Options options = new Options(
                quick,
                Optional.ofNullable(ring),
                Optional.ofNullable(rows),
                Optional.ofNullable(stores),
                home,
                System.err);
        Report report = new Report();
        Machine machine = Machine.now();
        boolean wrong = false;
        try {
            for (Suite suite : chosen) {
                suite.run(options, report);
                if (all || docs) {
                    // Each as it ends: a later one may fail after an hour.
                    Files.writeString(
                            performance,
                            ResultTables.into(Files.readString(performance), machine, report, quick ? " --quick" : ""));
                }
            }
        } catch (WrongResultException e) {
            wrong = true;
            throw e;
        } finally {
            // What was measured before a failure stands; beside a wrong result nothing does.
            if (!wrong) {
                PrintStream out = System.out;
                out.println(machine.text());
                report.print(out);
            }
        }
        if (json != null) {
            Files.write(json, ReportJson.write(machine, report));
        }
        if (svg != null) {
            for (Map.Entry<String, String> plot : Svg.plots(report).entrySet()) {
                Files.writeString(svg.resolve(plot.getKey() + ".svg"), plot.getValue());
            }
        }
        return 0;
    }

    private static void requirePlaces(Path document, List<Suite> suites) throws IOException {
        String text = Files.readString(document);
        for (Suite suite : suites) {
            if (!ResultTables.hasPlace(text, suite.name())) {
                throw new IOException(document + " has no place for the table of " + suite.name());
            }
        }
    }

    private List<Suite> chosen() {
        if (all && !names.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--all runs all suites: name none, or use --docs");
        }
        if (names.isEmpty()) {
            return suites;
        }
        List<Suite> chosen = new ArrayList<>();
        for (String name : names) {
            chosen.add(suites.stream()
                    .filter(suite -> suite.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(),
                            "no suite is called " + name + ", there are "
                                    + String.join(
                                            ", ",
                                            suites.stream().map(Suite::name).toList()))));
        }
        return chosen;
    }

    private static int explain(Exception error) {
        if (error instanceof WrongResultException wrong) {
            System.err.println("bench: WRONG RESULT: " + wrong.getMessage());
            return WRONG_RESULT;
        }
        System.err.println("bench: failed");
        error.printStackTrace();
        return FAILED;
    }
}
