package dev.interlock.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A process of its own that serves a provider's folder at a port of its own. */
final class ProviderProcess implements AutoCloseable {
    private final Process process;
    private final int port;
    private final Path log;

    ProviderProcess(Path node, int port, Path log, String... options) throws IOException {
        this.port = port;
        this.log = log;
        List<String> command = command("provider", node, "--listen", "127.0.0.1:" + port);
        command.addAll(List.of(options));
        this.process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** A command in a process of its own, which starts quickly and writes no file of the JVM's. */
    static List<String> command(Object... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        return command;
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As {@code kill -9}. */
    void kill() {
        process.toHandle().destroyForcibly();
        end();
    }

    /** As an operator ends it. */
    void stop() {
        process.destroy();
        end();
    }

    int end() {
        return process.onExit().orTimeout(60, TimeUnit.SECONDS).join().exitValue();
    }

    /** SIGSTOP or SIGCONT. */
    void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).start().waitFor();
    }

    @Override
    public void close() {
        process.toHandle().destroyForcibly();
        end();
    }
}
