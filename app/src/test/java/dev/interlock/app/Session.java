package dev.interlock.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of what a person types at a terminal and what they read, from docs/sessions. In a block of the kind {@code console} a
 * line that begins with {@code $} is typed; what follows is what the screen shows then, with {@code [exit code N]} where it
 * isn't 0. {@code <id>}, {@code <id2>} and the like are the same object's id wherever they stand, {@code <time>} is a time,
 * {@code <n>} a number, {@code …} anything within a line, and a line of {@code …} alone any lines. {@code ^C} at the end of a
 * line of output is typed once that line was shown.
 */
final class Session {
    private static final Pattern PLACE = Pattern.compile("<(id[0-9]*|key[0-9]*|time|n)>|…");
    private static final Pattern EXIT = Pattern.compile("\\[exit code (\\d+)]");

    private Session() {}

    /** @param typed the command; @param shown the lines that answer it */
    private record Step(int line, String typed, List<String> shown, int exit, String interruptedAfter) {}

    /** Walks the page and compares every line of it. */
    static void walk(Path page, Path cwd, Map<String, String> environment) throws IOException {
        Map<String, String> known = new HashMap<>();
        for (Step step : steps(page)) {
            String typed = filled(step.typed(), known);
            PseudoTerminal terminal = new PseudoTerminal(cwd, environment);
            if (!step.interruptedAfter().isEmpty()) {
                terminal.await(pattern(step.interruptedAfter(), new HashMap<>(known), new ArrayList<>())
                                .replaceAll("\\(\\?<\\w+>", "("))
                        .type("\u0003");
            }
            PseudoTerminal.Result result = terminal.run(List.of("bash", "-c", typed));
            String where = page.getFileName() + ":" + step.line() + ": $ " + typed + "\n";
            List<String> names = new ArrayList<>();
            StringBuilder expected = new StringBuilder();
            for (String line : step.shown()) {
                expected.append(line.equals("…") ? "(?:[^\\n]*\\n)*?" : pattern(line, known, names) + "\\n");
            }
            String screen = result.screen().stripTrailing();
            Matcher matcher = Pattern.compile(expected.toString()).matcher(screen.isEmpty() ? "" : screen + "\n");
            if (!matcher.matches()) {
                throw new AssertionError(where + "shows\n" + screen + "\nand not\n" + String.join("\n", step.shown())
                        + "\nexit code " + result.exit());
            }
            for (String name : names) {
                known.put(name, matcher.group(name));
            }
            if (result.exit() != step.exit()) {
                throw new AssertionError(where + "exit code " + result.exit() + ", not " + step.exit() + "\n" + screen);
            }
        }
    }

    /** What was shown under these names before. */
    private static String filled(String typed, Map<String, String> known) {
        String filled = typed;
        for (Map.Entry<String, String> each : known.entrySet()) {
            filled = filled.replace("<" + each.getKey() + ">", each.getValue());
        }
        return filled;
    }

    private static String pattern(String line, Map<String, String> known, List<String> names) {
        StringBuilder pattern = new StringBuilder();
        Matcher place = PLACE.matcher(line);
        int from = 0;
        while (place.find()) {
            pattern.append(escaped(line.substring(from, place.start())));
            from = place.end();
            String name = place.group(1);
            if (name == null) {
                pattern.append("[^\\n]*");
            } else if (name.equals("time")) {
                pattern.append("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
            } else if (name.equals("n")) {
                pattern.append("\\d+");
            } else if (known.containsKey(name)) {
                pattern.append(escaped(known.get(name)));
            } else if (names.contains(name)) {
                pattern.append("\\k<").append(name).append('>');
            } else {
                names.add(name);
                pattern.append("(?<")
                        .append(name)
                        .append(">")
                        .append(name.startsWith("id") ? "[0-9a-f]{32}" : "\\S+")
                        .append(')');
            }
        }
        return pattern.append(escaped(line.substring(from))).toString();
    }

    /** For the patterns of Java and of the pseudo-terminal's driver alike. */
    private static String escaped(String text) {
        return text.replaceAll("[^\\p{Alnum}\\s\"'`:;,=/<>%&~@!_-]", "\\\\$0");
    }

    private static List<Step> steps(Path page) throws IOException {
        List<Step> steps = new ArrayList<>();
        boolean inside = false;
        int at = 0;
        int number = 0;
        String typed = null;
        String interrupted = "";
        int exit = 0;
        List<String> shown = new ArrayList<>();
        for (String line : Files.readAllLines(page)) {
            number++;
            boolean starts = inside && line.startsWith("$ ");
            boolean ends = inside && line.equals("```");
            if ((starts || ends) && typed != null) {
                steps.add(new Step(at, typed, List.copyOf(shown), exit, interrupted));
                typed = null;
                exit = 0;
                interrupted = "";
                shown.clear();
            }
            if (line.equals("```console")) {
                inside = true;
            } else if (ends) {
                inside = false;
            } else if (starts) {
                typed = line.substring(2);
                at = number;
            } else if (inside) {
                Matcher code = EXIT.matcher(line);
                if (code.matches()) {
                    exit = Integer.parseInt(code.group(1));
                } else if (line.endsWith("^C")) {
                    // The terminal shows what is typed, and takes the changing line away after it.
                    interrupted = line.substring(0, line.length() - 2).stripTrailing();
                } else {
                    shown.add(line);
                }
            }
        }
        return steps;
    }
}
