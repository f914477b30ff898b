package dev.interlock.app;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A command's manual page in roff, from its description. */
final class ManPage {
    private ManPage() {}

    /** As interlock-ring-create. */
    static String name(CommandLine command) {
        return ("interlock " + Usage.path(command.getCommandSpec())).strip().replace(' ', '-');
    }

    static String of(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        StringBuilder page = new StringBuilder();
        page.append(".TH ")
                .append(quoted(name(command).toUpperCase(java.util.Locale.ROOT)))
                .append(" 1\n");
        List<String> description = List.of(spec.usageMessage().description());
        section(page, "NAME");
        page.append(text(name(command)))
                .append(" \\- ")
                .append(text(summary(spec, description)))
                .append('\n');
        section(page, "SYNOPSIS");
        page.append(".nf\n").append(text(command.getHelp().synopsis(0).strip())).append("\n.fi\n");
        section(page, "DESCRIPTION");
        description.forEach(line -> page.append(text(plain(line))).append('\n'));
        List<CommandLine> below = Usage.subcommands(command);
        if (!below.isEmpty()) {
            section(page, "COMMANDS");
            below.forEach(each -> item(
                    page,
                    each.getCommandName(),
                    summary(
                            each.getCommandSpec(),
                            List.of(each.getCommandSpec().usageMessage().description()))));
        }
        List<PositionalParamSpec> parameters = spec.positionalParameters().stream()
                .filter(each -> !each.hidden())
                .toList();
        if (!parameters.isEmpty()) {
            section(page, "ARGUMENTS");
            parameters.forEach(
                    each -> item(page, each.paramLabel(), described(each.description(), each.defaultValue())));
        }
        section(page, "OPTIONS");
        for (OptionSpec each : spec.options()) {
            if (!each.hidden()) {
                String names = String.join(", ", each.names());
                boolean takes = each.arity().max() > 0;
                item(
                        page,
                        takes ? names + " " + each.paramLabel() : names,
                        described(each.description(), each.defaultValue()));
            }
        }
        List<String> footer = List.of(spec.usageMessage().footer());
        if (!footer.isEmpty()) {
            section(page, "EXAMPLES AND NOTES");
            page.append(".nf\n");
            footer.forEach(line -> page.append(text(plain(line).strip().isEmpty() ? "" : plain(line)))
                    .append('\n'));
            page.append(".fi\n");
        }
        return page.toString();
    }

    private static String summary(CommandSpec spec, List<String> description) {
        Catalogue.Entry entry = Catalogue.all().get(Usage.path(spec));
        return entry != null ? entry.summary() : description.isEmpty() ? spec.name() : plain(description.getFirst());
    }

    private static void section(StringBuilder page, String title) {
        page.append(".SH ").append(quoted(title)).append('\n');
    }

    private static void item(StringBuilder page, String what, String description) {
        page.append(".TP\n.B ")
                .append(text(what))
                .append('\n')
                .append(text(description))
                .append('\n');
    }

    private static String described(String[] lines, @org.jspecify.annotations.Nullable String fallback) {
        return Stream.of(lines)
                .map(line -> plain(line.replace("${DEFAULT-VALUE}", String.valueOf(fallback))))
                .collect(Collectors.joining(" "));
    }

    /** Without the directives of the help. */
    private static String plain(String line) {
        return Ansi.OFF.string(line.replace("%n", " ").replace("%%", "%"));
    }

    private static String quoted(String words) {
        return '"' + words + '"';
    }

    /** What roff takes for itself is escaped. */
    private static String text(String line) {
        return line.replace("\\", "\\e")
                .replace("-", "\\-")
                .lines()
                .map(each -> each.startsWith(".") || each.startsWith("'") ? "\\&" + each : each)
                .collect(Collectors.joining("\n"));
    }
}
