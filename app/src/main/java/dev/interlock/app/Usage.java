package dev.interlock.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** How commands introduce themselves: the options that all have, the groups, the examples, and a line for wrong usage. */
final class Usage {
    private Usage() {}

    /** Gives this command and those below it what all have. */
    static void dress(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        spec.mixinStandardHelpOptions(false);
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("show this help")
                .build());
        flag(spec, "-q", "--quiet", "no hints and no bar: results, warnings and errors only", Screen::beQuiet);
        flag(spec, "-v", "--verbose", "say more on standard error, with the trace of an error", Screen::beVerbose);
        List<String> footer = new ArrayList<>(List.of(spec.usageMessage().footer()));
        List<String> examples = Catalogue.examplesOf(path(spec));
        if (!examples.isEmpty()) {
            footer.addFirst(examples.size() == 1 ? "%nExample:" : "%nExamples:");
            for (int i = 0; i < examples.size(); i++) {
                footer.add(1 + i, "  " + examples.get(i).replace("%", "%%"));
            }
        }
        spec.usageMessage()
                .footer(footer.toArray(String[]::new))
                .width(100)
                .adjustLineBreaksForWideCJKCharacters(false);
        if (spec.parent() == null) {
            spec.usageMessage().commandListHeading("");
            spec.usageMessage().sectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, help -> groups());
        }
        subcommands(command).forEach(Usage::dress);
    }

    static List<CommandLine> subcommands(CommandLine command) {
        return command.getSubcommands().values().stream().distinct().toList();
    }

    private static void flag(CommandSpec spec, String shortName, String longName, String what, Runnable chosen) {
        ISetter setter = new ISetter() {
            @Override
            public <T> T set(T value) {
                if (Boolean.TRUE.equals(value)) {
                    chosen.run();
                }
                return value;
            }
        };
        spec.addOption(OptionSpec.builder(shortName, longName)
                .type(boolean.class)
                .getter(new CommandLine.Model.IGetter() {
                    @Override
                    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as picocli declares it
                    public <T> T get() {
                        return (T) Boolean.FALSE;
                    }
                })
                .setter(setter)
                .description(what)
                .build());
    }

    /** As "ring create"; empty for interlock itself. */
    static String path(CommandSpec spec) {
        return spec.parent() == null ? "" : (path(spec.parent()) + " " + spec.name()).strip();
    }

    private static String groups() {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        Catalogue.all()
                .forEach((name, entry) -> groups.computeIfAbsent(entry.group(), group -> new ArrayList<>())
                        .add(String.format(Locale.ROOT, "  %-17s %s", name, entry.summary())));
        StringBuilder text = new StringBuilder();
        groups.forEach((group, lines) -> text.append("\n")
                .append(group)
                .append(":\n")
                .append(String.join("\n", lines))
                .append("\n"));
        return text.toString();
    }

    /** One line for what is wrong, with where to look. */
    static String wrong(CommandLine.ParameterException error) {
        CommandLine command = error.getCommandLine();
        String path = ("interlock " + path(command.getCommandSpec())).strip();
        if (error instanceof CommandLine.UnmatchedArgumentException unmatched
                && !subcommands(command).isEmpty()
                && !unmatched.getUnmatched().isEmpty()
                && !unmatched.getUnmatched().getFirst().startsWith("-")) {
            return noCommand(
                    path,
                    unmatched.getUnmatched().getFirst(),
                    command.getSubcommands().keySet());
        }
        String what = String.valueOf(error.getMessage()).lines().findFirst().orElse("wrong usage");
        if (error instanceof CommandLine.UnmatchedArgumentException unmatched && unmatched.isUnknownOption()) {
            List<String> near = unmatched.getSuggestions().stream()
                    .filter(option -> option.startsWith("--"))
                    .limit(1)
                    .toList();
            what = "unknown option " + String.join(", ", unmatched.getUnmatched())
                    + (near.isEmpty() ? "" : ", did you mean " + near.getFirst() + "?");
        }
        return Character.toLowerCase(what.charAt(0)) + what.substring(1) + " (`" + path + " --help` tells more)";
    }

    /** @param path as "interlock ring" */
    static String noCommand(String path, String word, Iterable<String> names) {
        List<String> near = Catalogue.near(word, names);
        return "there's no command `" + path + " " + printable(word) + "`"
                + (near.isEmpty() ? "" : ", did you mean " + String.join(" or ", near) + "?") + " (`" + path
                + " --help` lists them)";
    }

    private static String printable(String word) {
        return word.replaceAll("\\p{Cntrl}", "?");
    }
}
