package dev.interlock.app;

import dev.interlock.audit.ActiveAudit;
import dev.interlock.audit.ActiveReport;
import dev.interlock.audit.AttackFile;
import dev.interlock.audit.Audit;
import dev.interlock.audit.Dealers;
import dev.interlock.audit.Finding;
import dev.interlock.audit.Picture;
import dev.interlock.audit.Reads;
import dev.interlock.audit.Report;
import dev.interlock.audit.Scenario;
import dev.interlock.audit.Table;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code interlock audit}: what coalitions learn. Needs no ring. */
@Command(
        name = "audit",
        description = {
            "Finds the smallest coalition of providers that learns a message, and shows how.",
            "It runs the protocol's own steps over linear forms, takes what each provider sees, and computes whether the "
                    + "message follows from it. Providers are taken as curious, not lying; channels and ciphers as perfect.",
            "With --active t−1 providers and a second user also send whatever they can make of what they know, wherever the "
                    + "protocol's own acceptance code takes messages, up to so many; an attack is printed message by message.",
            "With --coalitions it attacks instead: real nodes in this process, of which t−1 and a second user see, lie and send "
                    + "whatever they can, while an owner puts, gets, renews, repairs and destroys."
        },
        mixinStandardHelpOptions = true)
final class AuditCommand implements Callable<Integer> {
    private static final long MAX_ATTACK_BYTES = 1 << 20;
    private static final List<Work.Kind> RENEWALS = List.of(Work.Kind.REPLACE, Work.Kind.REFRESH);

    @Option(
            names = "-n",
            paramLabel = "N",
            defaultValue = "5",
            description = "how many providers, 2 to 16 (default: ${DEFAULT-VALUE})")
    private int n;

    @Option(
            names = "-t",
            paramLabel = "T",
            defaultValue = "3",
            description = "how many open an object, 2 to N (default: ${DEFAULT-VALUE})")
    private int t;

    @Option(names = "--protocol", paramLabel = "1|2|3", defaultValue = "3", description = "default: ${DEFAULT-VALUE}")
    private int protocol;

    @Option(
            names = "--profile",
            paramLabel = "blinded|published",
            defaultValue = "blinded",
            description = "default: ${DEFAULT-VALUE}")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String profile;

    @Option(
            names = "--blinds",
            paramLabel = "expanded|full",
            description = "in the blinded profile: grown from seeds, or as long as the message (default: expanded)")
    private @Nullable String blinds;

    @Option(
            names = "--reads",
            paramLabel = "R",
            description = "how many reads, 0 to 8, through the providers that are worst (default: 1)")
    private @Nullable Integer reads;

    @Option(
            names = "--s",
            paramLabel = "1,2,3",
            description = "a read through these providers; once for each read, instead of --reads")
    private List<String> sets = new ArrayList<>();

    @Option(names = "--with-user-key", description = "the coalition got hold of the user's key (protocols 1 and 2)")
    private boolean userKey;

    @Option(
            names = "--repairs",
            description = "every provider was also repaired, by every t others (protocols 2 and 3)")
    private boolean repairs;

    @Option(
            names = "--renewals",
            description =
                    "the object's pad was then replaced and its shares refreshed, with reads and repairs after each; "
                            + "the coalition may move to other providers each time (protocols 2 and 3, blinded)")
    private boolean renewals;

    @Option(
            names = "--dealers",
            paramLabel = "D|cc1,cc2",
            description =
                    "how many dealers the shares are summed from, 1 to 4, with a line for each number of them in the "
                            + "coalition's hands; or the names of providers that deal (default: one, outside the coalition)")
    private @Nullable String dealers;

    @Option(
            names = "--reshare-to",
            paramLabel = "N,T",
            description =
                    "the object then moves into another ring of N providers and threshold T, with reads there, too; a "
                            + "line for each number of the first ring's providers in the coalition's hands (protocol 3, blinded)")
    private @Nullable String next;

    @Option(names = "--all", description = "a table of every ring up to 7 providers, every scheme, 0 to 3 reads")
    private boolean all;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "1",
            description =
                    "chooses the reads to try where there are too many, and what coalitions do (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(
            names = "--active",
            description =
                    "explore what attackers can send while a user puts, gets, renews, repairs, moves and destroys, and while "
                            + "one enrols, logs in and changes the password")
    private boolean active;

    @Option(
            names = "--injections",
            paramLabel = "K",
            description = "with --active: how many messages and false answers, 0 to 4 (default: 1)")
    private @Nullable Integer injections;

    @Option(
            names = "--script",
            paramLabel = "NAME",
            description =
                    "with --active: only this of \"put and get\", replace, refresh, repair, move, destroy, \"attested put\", "
                            + "\"degraded put\", \"hand over\", buy, follow, \"published put\", login")
    private List<String> scripts = new ArrayList<>();

    @Option(
            names = "--replay",
            paramLabel = "FILE",
            description =
                    "make an attack again, one of those that --active --json prints, against a ring of processes on this machine, "
                            + "whose corrupt providers are in this one")
    private @Nullable Path replay;

    @Option(
            names = "--picture",
            paramLabel = "FILE",
            description =
                    "write a page of pictures instead: what each party of a (3,2) ring sees, and an attack (SVG in HTML)")
    private @Nullable Path picture;

    @Option(
            names = "--coalitions",
            paramLabel = "LIVES",
            description =
                    "so many objects' lives under attack, each from its own seed, in rings of (3,2), (4,2), (5,3)")
    private @Nullable Integer coalitions;

    @Option(names = "--json", description = "for programs")
    private boolean json;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (coalitions != null) {
            return attack(coalitions);
        }
        if (replay != null) {
            return replay(replay);
        }
        if (picture != null) {
            try (OutputFile file = OutputFile.create(picture, false)) {
                file.publish(Picture.page().getBytes(StandardCharsets.UTF_8));
            }
            return 0;
        }
        if (active) {
            return explore();
        }
        if (injections != null || !scripts.isEmpty()) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--injections and --script go with --active");
        }
        if (all) {
            Table table = Table.all(seed);
            print(json ? Output.json(Report.fields(table)) + "\n" : Report.text(table));
        } else {
            Scenario scenario = scenario();
            int corrupt = dealers == null ? 0 : scenario.dealers().alone();
            if (corrupt > 0 || scenario.next().isPresent()) {
                List<Finding> findings = Audit.all(scenario, corrupt);
                print(
                        json
                                ? Output.json(findings.stream()
                                                .map(Report::fields)
                                                .toList()) + "\n"
                                : Report.text(findings));
            } else {
                Finding finding = Audit.run(scenario);
                print(json ? Output.json(Report.fields(finding)) + "\n" : Report.text(finding));
            }
        }
        return 0;
    }

    private int explore() {
        List<String> dealing =
                dealers != null && dealers.startsWith("cc") ? List.of(dealers.split(",", -1)) : List.of();
        boolean providers = !dealing.isEmpty();
        int alone = dealers == null
                ? 1
                : providers
                        ? 0
                        : numbers(
                                        dealers,
                                        "--dealers " + dealers + ": with --active a number, or the names of providers")
                                .getFirst();
        ActiveAudit.Bound bound = new ActiveAudit.Bound(
                n,
                t,
                alone,
                dealing,
                injections == null ? 1 : injections,
                scripts.isEmpty() ? ActiveAudit.scripts(n, t, alone, dealing) : scripts);
        Interruption.means(() -> "no result");
        try {
            List<ActiveAudit.Explored> explored = ActiveAudit.run(bound, one -> {
                if (Screen.isTerminal()) {
                    Screen.status(one.script() + ", corrupt " + String.join(", ", one.corrupt()));
                }
            });
            Screen.clear();
            print(json ? Output.json(ActiveReport.fields(bound, explored)) + "\n" : ActiveReport.text(bound, explored));
            return explored.stream().allMatch(one -> one.attacks().isEmpty()) ? 0 : Main.FAILED;
        } finally {
            Screen.clear();
        }
    }

    private int replay(Path file) throws Exception {
        AttackFile attack = AttackFile.read(DocumentFile.read(file, MAX_ATTACK_BYTES, "attack"));
        System.setProperty("interlock.log", System.getProperty("interlock.log", "OFF"));
        Path dir = Files.createTempDirectory("interlock-replay-");
        // Whatever ends this process: its nodes end, too, and hold nothing that anybody needs.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            Replay.stop(attack, dir);
            DemoFolder.deleteTreeQuietly(dir);
        }));
        Interruption.means(() -> "no result");
        List<String> told = new ArrayList<>();
        try {
            Replay.Result result = Replay.run(attack, dir, _ -> false, line -> {
                told.add(line);
                if (!json) {
                    print(line + "\n");
                }
            });
            print(json ? Output.json(new Replayed(told, result.broken())) + "\n" : verdict(result));
            return result.broken().isEmpty() ? 0 : Main.FAILED;
        } finally {
            DemoFolder.deleteTreeQuietly(dir);
        }
    }

    /** For programs. */
    private record Replayed(List<String> told, List<String> broken) {}

    private static String verdict(Replay.Result result) {
        StringBuilder text = new StringBuilder("\n");
        result.broken().forEach(each -> text.append("=> ").append(each).append('\n'));
        return text.append(
                        result.broken().isEmpty()
                                ? "=> The plaintext isn't a combination of what they saw; what was acknowledged opens; nothing was destroyed"
                                        + " but by its owner; nobody else is blamed, and nobody misled.\n"
                                : "")
                .toString();
    }

    private int attack(int lives) throws Exception {
        if (lives < 1) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--coalitions " + lives + ": at least one life");
        }
        // What nodes say of those that lie is part of the play.
        System.setProperty("interlock.log", System.getProperty("interlock.log", "OFF"));
        Path dir = Files.createTempDirectory("interlock-coalitions-");
        // Whatever ends this process: its rings hold nothing that anybody needs.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> DemoFolder.deleteTreeQuietly(dir)));
        Interruption.means(() -> "no result");
        try {
            Coalitions.Result result = Coalitions.run(lives, seed, 0, dir, AuditCommand::show);
            print(json ? Output.json(result) + "\n" : text(lives, result));
            return result.violations().isEmpty() ? 0 : Main.FAILED;
        } finally {
            Screen.clear();
        }
    }

    private static void show(String text) {
        if (Screen.isTerminal()) {
            Screen.status("lives " + text);
        }
    }

    private String text(int lives, Coalitions.Result result) {
        StringBuilder text = new StringBuilder();
        text.append(lives)
                .append(" lives of objects under attack, in rings of (3,2), (4,2), (5,3); seed ")
                .append(seed)
                .append("\n\n");
        result.counts().forEach((what, count) -> text.append("%8d  %s%n".formatted(count, what)));
        text.append("\nWhat the coalitions sent, and what came of it:\n\n");
        result.outcomes()
                .forEach((move, came) -> text.append("  %-52s %s%n"
                        .formatted(
                                move,
                                came.entrySet().stream()
                                        .map(each -> each.getValue() + " " + each.getKey())
                                        .collect(Collectors.joining(", ")))));
        text.append('\n');
        result.violations().forEach(each -> text.append(each).append("\n\n"));
        return text.append(
                        result.violations().isEmpty()
                                ? "No message was given away, nothing acknowledged was lost, nothing was destroyed but by its owner,"
                                        + " nobody else was blamed.\n"
                                : result.violations().size() + " violations.\n")
                .toString();
    }

    private static void print(String text) {
        System.out.print(text);
        System.out.flush();
    }

    private Scenario scenario() {
        Scheme scheme = new Scheme(protocol, Profile.parse(profile));
        Scenario scenario = new Scenario(
                n,
                t,
                dealers == null ? Dealers.ONE : Dealers.parse(dealers),
                scheme,
                blinding(scheme),
                reads(),
                userKey,
                repairs,
                renewals ? RENEWALS : List.of(),
                Optional.empty(),
                seed);
        if (next == null) {
            return scenario;
        }
        List<Integer> other = numbers(next, "--reshare-to " + next + " must be N,T, as in 7,4");
        if (other.size() != 2) {
            throw new BadInputException("--reshare-to " + next + " must be N,T, as in 7,4");
        }
        return scenario.movedTo(other.getFirst(), other.getLast());
    }

    private Blinding blinding(Scheme scheme) {
        if (blinds == null) {
            return scheme.blinded() ? Blinding.EXPANDED : Blinding.NONE;
        }
        return Blinding.parse(blinds);
    }

    private Reads reads() {
        if (sets.isEmpty()) {
            return Reads.worst(reads == null ? 1 : reads);
        }
        if (reads != null) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--reads and --s exclude each other: every --s is one read");
        }
        return Reads.exactly(sets.stream().map(AuditCommand::set).toList());
    }

    private static List<Integer> set(String text) {
        return numbers(text, "--s " + text + " must be provider numbers with commas between, as in 1,2,3");
    }

    private static List<Integer> numbers(String text, String otherwise) {
        try {
            return Arrays.stream(text.split(",", -1))
                    .map(String::strip)
                    .map(Integer::valueOf)
                    .toList();
        } catch (NumberFormatException e) {
            throw new BadInputException(otherwise);
        }
    }
}
