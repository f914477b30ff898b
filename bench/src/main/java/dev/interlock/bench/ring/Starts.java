package dev.interlock.bench.ring;

import dev.interlock.bench.Goal;
import dev.interlock.bench.Options;
import dev.interlock.bench.Report;
import dev.interlock.bench.Suite;
import dev.interlock.bench.WrongResultException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The suite {@code starts}: what somebody meets first, whole commands and all, in rings that were made for it. */
public final class Starts implements Suite {
    private static final int N = 5;
    private static final int T = 3;
    private static final int SECRET_BYTES = 32;
    private static final long FILE_BYTES = 146_000_000;
    private static final Duration AGENT = Duration.ofMinutes(2);
    private static final double MILLIS = 1e3;

    @Override
    public String name() {
        return "starts";
    }

    @Override
    public void run(Options options, Report report) throws Exception {
        int repetitions = options.quick() ? 3 : 5;
        List<Double> up = new ArrayList<>();
        List<Double> rates = new ArrayList<>();
        for (int i = 0; i < repetitions; i++) {
            options.progress().println("starts: fresh ring, repetition " + (i + 1) + " of " + repetitions);
            try (RingProcesses ring = RingProcesses.asleep(options, N, T)) {
                up.add(ring.up().seconds());
                rates.add(FILE_BYTES / 1e6 / firstPut(ring));
                if (i == repetitions - 1) {
                    commands(options, report, ring, repetitions);
                }
            }
        }
        against(report, (N + 1) + " nodes up, `ring up`", "s", up, 5, Goal.atMost(1));
        against(report, "first put of 146 MB in a fresh ring, whole command", "MB/s", rates, 30, Goal.atLeast(1));
        demo(options, report, repetitions);
    }

    private void against(Report report, String what, String unit, List<Double> figures, double bound, Goal goal) {
        report.ratio(name(), what, unit, figures, "asked for:", Collections.nCopies(figures.size(), bound), goal);
    }

    private static double firstPut(RingProcesses ring) throws IOException, InterruptedException {
        Path file = ring.scratch().resolve("file");
        Path copy = ring.scratch().resolve("copy");
        try (ReadableByteChannel in = new Content(1, FILE_BYTES).source()) {
            Files.copy(Channels.newInputStream(in), file);
        }
        RingProcesses.Finished put = ring.asUser("put", file.toString());
        RingProcesses.Finished _ = ring.asUser("get", put.output(), "-o", copy.toString());
        if (Files.mismatch(file, copy) >= 0) {
            throw new WrongResultException("the first object of a fresh ring came back changed");
        }
        Files.delete(file);
        Files.delete(copy);
        return put.seconds();
    }

    /** Each beside a Java program that only prints a word, which is as quick as a command in Java can be. */
    private void commands(Options options, Report report, RingProcesses ring, int repetitions)
            throws IOException, InterruptedException {
        byte[] bytes = new Content(2, SECRET_BYTES).bytes();
        Path secret = Files.write(ring.scratch().resolve("secret"), bytes);
        Path folder = Files.createDirectory(
                ring.scratch().resolve("agent"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path socket = folder.resolve("agent");
        List<Double> words = new ArrayList<>();
        List<Double> puts = new ArrayList<>();
        List<Double> gets = new ArrayList<>();
        List<Double> agentPuts = new ArrayList<>();
        List<Double> agentGets = new ArrayList<>();
        Process agent = startAgent(options, socket);
        Runnable stop = agent::destroyForcibly;
        AtExit.register(stop);
        try {
            // The agent's first commands warm it up; without one nothing is warm, ever.
            for (int i = -10; i < repetitions; i++) {
                List<Double> late = i < 0 ? new ArrayList<>() : agentPuts;
                String id = put(ring, socket.toString(), secret, late);
                get(ring, socket.toString(), id, bytes, i < 0 ? new ArrayList<>() : agentGets);
            }
            for (int i = 0; i < repetitions; i++) {
                options.progress().println("starts: commands, repetition " + (i + 1) + " of " + repetitions);
                words.add(MILLIS * word());
                String id = put(ring, RingProcesses.NO_AGENT, secret, puts);
                get(ring, RingProcesses.NO_AGENT, id, bytes, gets);
            }
        } finally {
            AtExit.forget(stop);
            agent.destroy();
            var _ = agent.waitFor();
        }
        String limit = "a Java program that prints a word";
        report.ratio(name(), "`put` of 32 B, whole command", "ms", puts, limit, words, null);
        report.ratio(name(), "`get` of 32 B, whole command", "ms", gets, limit, words, null);
        report.ratio(name(), "`put` of 32 B through the agent", "ms", agentPuts, limit, words, null);
        report.ratio(name(), "`get` of 32 B through the agent", "ms", agentGets, limit, words, null);
        against(report, "`get` of 32 B through the agent", "ms", agentGets, 150, Goal.atMost(1));
    }

    private static Process startAgent(Options options, Path socket) throws IOException, InterruptedException {
        AtExit.requireRunning();
        ProcessBuilder builder = new ProcessBuilder(
                        options.home().resolve("interlock").toAbsolutePath().toString(), "agent")
                .redirectErrorStream(true)
                .redirectOutput(socket.resolveSibling("log").toFile());
        builder.environment().put("INTERLOCK_AGENT", socket.toString());
        Process agent = builder.start();
        long end = System.nanoTime() + AGENT.toNanos();
        while (!Files.exists(socket)) {
            if (!agent.isAlive() || System.nanoTime() > end) {
                var _ = agent.destroyForcibly();
                throw new IOException("the agent didn't start: " + Files.readString(socket.resolveSibling("log")));
            }
            Thread.sleep(20);
        }
        return agent;
    }

    private static String put(RingProcesses ring, String agent, Path secret, List<Double> millis)
            throws IOException, InterruptedException {
        RingProcesses.Finished put = ring.through(agent, "put", secret.toString());
        millis.add(MILLIS * put.seconds());
        return put.output();
    }

    private static void get(RingProcesses ring, String agent, String id, byte[] bytes, List<Double> millis)
            throws IOException, InterruptedException {
        Path copy = ring.scratch().resolve("copy");
        RingProcesses.Finished get = ring.through(agent, "get", id, "-o", copy.toString());
        millis.add(MILLIS * get.seconds());
        if (!Arrays.equals(Files.readAllBytes(copy), bytes)) {
            throw new WrongResultException("a secret of " + bytes.length + " bytes came back changed");
        }
        Files.delete(copy);
    }

    private static double word() throws IOException, InterruptedException {
        AtExit.requireRunning();
        long begun = System.nanoTime();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Word.class.getName())
                .redirectErrorStream(true)
                .start();
        String printed = process.inputReader().readLine();
        int code = process.waitFor();
        if (code != 0 || !Word.WORD.equals(printed)) {
            throw new IOException("the program that prints a word printed " + printed);
        }
        return (System.nanoTime() - begun) / 1e9;
    }

    /** Prints a word. */
    static final class Word {
        private static final String WORD = "ready";

        private Word() {}

        public static void main(String[] args) {
            System.out.println(WORD);
        }
    }

    private void demo(Options options, Report report, int repetitions) throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory("interlock-bench-");
        List<Double> seconds = new ArrayList<>();
        try {
            for (int i = 0; i < repetitions; i++) {
                options.progress().println("starts: demo, repetition " + (i + 1) + " of " + repetitions);
                RingProcesses.Finished demo = RingProcesses.command(options, scratch, RingProcesses.NO_AGENT, "demo");
                seconds.add(demo.seconds());
            }
        } finally {
            Files.deleteIfExists(scratch.resolve("record"));
            Files.deleteIfExists(scratch);
        }
        against(report, "`demo`, from start to end", "s", seconds, 45, Goal.atMost(1));
    }
}
