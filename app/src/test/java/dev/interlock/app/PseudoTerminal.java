package dev.interlock.app;

import dev.interlock.protocol.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A command at a terminal: what a person waits for and types, and what they see in the end. Needs python3. */
final class PseudoTerminal {
    private static final int LIMIT_SECONDS = 180;
    /** Takes no column. */
    private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");

    private final Map<String, String> environment;
    private final Path cwd;
    private final List<Map<String, Object>> steps = new ArrayList<>();

    PseudoTerminal(Path cwd, Map<String, String> environment) {
        this.cwd = cwd;
        this.environment = environment;
    }

    /** The outcome as the driver says it. */
    record Driven(int exit, String raw, String missing) {}

    /**
     * What a command came to.
     *
     * @param exit as a shell says it: 128 and the number for a signal
     * @param screen the lines that stand on the screen in the end
     * @param raw everything that the terminal was sent
     */
    record Result(int exit, String screen, String raw) {
        Result expect(int code) {
            if (exit != code) {
                throw new AssertionError("exit code " + exit + ", expected " + code + "\n" + screen);
            }
            return this;
        }
    }

    /** Goes on once this was shown. */
    PseudoTerminal await(String pattern) {
        steps.add(Map.of("expect", pattern));
        return this;
    }

    PseudoTerminal type(String keys) {
        steps.add(Map.of("send", keys));
        return this;
    }

    /** @param number as 15 for TERM */
    PseudoTerminal signal(int number) {
        steps.add(Map.of("signal", number));
        return this;
    }

    /** Closes the window. */
    PseudoTerminal hangUp() {
        steps.add(Map.of("hangup", true));
        return this;
    }

    Result run(List<String> command) {
        Map<String, Object> task = new LinkedHashMap<>();
        task.put("command", command);
        task.put("cwd", cwd.toString());
        task.put("seconds", LIMIT_SECONDS);
        task.put("steps", steps);
        ProcessBuilder builder = new ProcessBuilder("python3", "-c", driver());
        builder.environment().keySet().removeIf(name -> name.startsWith("INTERLOCK_"));
        builder.environment().put("INTERLOCK_RECORD", "off");
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new AssertionError("commands at a terminal are tested by python3, which isn't on the PATH", e);
        }
        try {
            CompletableFuture<byte[]> out = Cli.reading(process.getInputStream());
            CompletableFuture<byte[]> err = Cli.reading(process.getErrorStream());
            try (var in = process.getOutputStream()) {
                in.write(Json.write(task));
            }
            if (!process.waitFor(LIMIT_SECONDS + 30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("the pseudo-terminal hung: " + command);
            }
            if (process.exitValue() != 0) {
                throw new AssertionError(new String(err.get(60, TimeUnit.SECONDS), StandardCharsets.UTF_8));
            }
            Driven driven = Json.read("the driver's answer", out.get(60, TimeUnit.SECONDS), Driven.class);
            if (!driven.missing().isEmpty()) {
                throw new AssertionError("never shown: " + driven.missing() + "; exit code " + driven.exit() + "\n"
                        + screen(driven.raw()));
            }
            return new Result(driven.exit(), screen(driven.raw()), driven.raw());
        } catch (AssertionError e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static String driver() {
        try (InputStream script = PseudoTerminal.class.getResourceAsStream("/pseudo_terminal.py")) {
            if (script == null) {
                throw new AssertionError("no pseudo_terminal.py");
            }
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** What stands there after returns to the line's start, clearings and new lines. */
    static String screen(String raw) {
        List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
        int column = 0;
        Matcher colour = COLOUR.matcher(raw);
        for (int i = 0; i < raw.length(); i++) {
            StringBuilder line = lines.getLast();
            char c = raw.charAt(i);
            if (c == '\r') {
                column = 0;
            } else if (c == '\n') {
                lines.add(new StringBuilder());
                column = 0;
            } else if (raw.startsWith("\u001b[K", i)) {
                line.setLength(Math.min(line.length(), column));
                i += 2;
            } else if (colour.region(i, raw.length()).lookingAt()) {
                i = colour.end() - 1;
            } else {
                while (line.length() <= column) {
                    line.append(' ');
                }
                line.setCharAt(column++, c);
            }
        }
        return String.join(
                "\n",
                lines.stream().map(each -> each.toString().stripTrailing()).toList());
    }
}
