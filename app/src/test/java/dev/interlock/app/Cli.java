package dev.interlock.app;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The {@code interlock} command as its users run it: the built jar, in processes of its own. */
final class Cli {
    /** No command takes a tenth of it by itself; a machine that does much else is no failure. */
    private static final long LIMIT_SECONDS = 180;
    /** As for most commands in the launcher: all but this one end before the second compiler is of use. */
    private static final String LONG = "demo";

    static final String FIRST_COMPILER = "-XX:TieredStopAtLevel=1";

    private final Path jar;
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> before = new ArrayList<>();

    private Cli(Path jar) {
        this.jar = jar;
    }

    /** What a command came to. */
    record Result(int exit, byte[] out, String err) {
        String text() {
            return new String(out, StandardCharsets.UTF_8);
        }

        Result expect(int code) {
            if (exit != code) {
                throw new AssertionError("exit code " + exit + ", expected " + code + "\n" + text() + "\n" + err);
            }
            return this;
        }
    }

    /** Of app/target, where Maven's package phase puts it. */
    static Cli built() {
        Path module = Path.of(System.getProperty("basedir", "app"));
        Path jar = Path.of(System.getProperty(
                        "interlock.jar", module.resolve("target/interlock.jar").toString()))
                .toAbsolutePath();
        if (!Files.isRegularFile(jar)) {
            throw new AssertionError("no " + jar + ": these tests run after the package phase");
        }
        return new Cli(jar);
    }

    Path jar() {
        return jar;
    }

    /** The same program elsewhere. */
    Cli at(Path otherJar) {
        return copy(otherJar);
    }

    Cli with(String variable, Object value) {
        Cli copy = copy(jar);
        copy.environment.put(variable, value.toString());
        return copy;
    }

    /** @param wrapper a command that runs the one after it */
    Cli behind(String... wrapper) {
        Cli copy = copy(jar);
        copy.before.addAll(List.of(wrapper));
        return copy;
    }

    private Cli copy(Path otherJar) {
        Cli copy = new Cli(otherJar);
        copy.environment.putAll(environment);
        copy.before.addAll(before);
        return copy;
    }

    ProcessBuilder builder(Object... arguments) {
        boolean isLong = arguments.length > 0 && arguments[0].equals(LONG);
        List<String> command = new ArrayList<>(before);
        command.addAll(isLong ? jvm(jar) : jvm(jar, FIRST_COMPILER));
        command.addAll(List.of("-cp", jar.toString(), Main.class.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("INTERLOCK_"));
        // Nothing of a test's rings in the home of whoever runs it.
        builder.environment().put("INTERLOCK_RECORD", "off");
        builder.environment().putAll(environment);
        return builder;
    }

    /** The whole command line. */
    List<String> command(Object... arguments) {
        return builder(arguments).command();
    }

    /** The same environment, at a terminal. */
    PseudoTerminal atTerminal(Path cwd) {
        return new PseudoTerminal(cwd, environment);
    }

    /** Java as the launcher runs it for this jar. */
    static List<String> jvm(Path jar, String... flags) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC"));
        command.addAll(List.of(flags));
        // It makes starts quicker; one that doesn't fit is passed over in silence.
        Path prepared = jar.resolveSibling("command.aot");
        if (Files.isRegularFile(prepared)) {
            command.addAll(List.of("-XX:AOTCache=" + prepared, "-Xlog:aot*=off"));
        }
        return command;
    }

    /** In the background; its output is thrown away. */
    Process start(Object... arguments) {
        try {
            return builder(arguments)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Result run(Object... arguments) {
        return run(new byte[0], arguments);
    }

    Result run(byte[] input, Object... arguments) {
        try {
            Process process = builder(arguments).start();
            CompletableFuture<byte[]> out = reading(process.getInputStream());
            CompletableFuture<byte[]> err = reading(process.getErrorStream());
            CompletableFuture<Void> in = CompletableFuture.runAsync(
                    () -> {
                        try (var stdin = process.getOutputStream()) {
                            stdin.write(input);
                        } catch (IOException e) {
                            // A command that doesn't read its input closes it.
                        }
                    },
                    Thread::startVirtualThread);
            Result result = finish(process, out, err);
            in.get(60, TimeUnit.SECONDS);
            return result;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static CompletableFuture<byte[]> reading(InputStream stream) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return stream.readAllBytes();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                Thread::startVirtualThread);
    }

    static Result finish(Process process, CompletableFuture<byte[]> out, CompletableFuture<byte[]> err)
            throws Exception {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            // Politely first: it may have processes of its own to end.
            process.destroy();
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            throw new AssertionError("it hung for " + LIMIT_SECONDS + " s; it had said: "
                    + new String(err.get(60, TimeUnit.SECONDS), StandardCharsets.UTF_8));
        }
        return new Result(
                process.exitValue(),
                out.get(60, TimeUnit.SECONDS),
                new String(err.get(60, TimeUnit.SECONDS), StandardCharsets.UTF_8));
    }

    /** {@code kill -SIGNAL PID}. */
    static void signal(String signal, long pid) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, String.valueOf(pid)).start();
            if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new AssertionError("kill -" + signal + " " + pid + " failed");
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
