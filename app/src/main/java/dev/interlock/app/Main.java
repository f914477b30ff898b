package dev.interlock.app;

import dev.interlock.wire.Peers;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code interlock} command: results on stdout, everything else on stderr. */
@Command(
        name = "interlock",
        versionProvider = Version.class,
        description = {"Threshold key management: any t of n independent providers open a secret, fewer than t cannot."
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 too few providers, 4 integrity (culprits",
            "            named), 5 no such object or destroyed, 6 refused, 7 too many wrong passwords: wait.",
            "INTERLOCK_RING and INTERLOCK_CREDENTIAL stand for --ring and --credential.",
            "INTERLOCK_RECORD names the folder of what was learned of providers; off keeps nothing."
        })
public final class Main implements Runnable {
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int TOO_FEW = 3;
    static final int INTEGRITY = 4;
    static final int NO_OBJECT = 5;
    static final int REFUSED = 6;
    static final int LOCKED_OUT = 7;

    private static final Set<String> ASKS_NODES = Set.of(
            "put",
            "get",
            "ls",
            "name",
            "mv",
            "rm",
            "info",
            "destroy",
            "schedule-destroy",
            "cancel-destroy",
            "repair",
            "settle",
            "hand-over",
            "user");

    private static final String V = "-V";
    private static final String VERSION = "--version";
    private static final Set<String> ASKS_VERSION = Set.of(V, VERSION);

    @CommandLine.Option(
            names = {V, VERSION},
            versionHelp = true,
            description = "show the version, its commit and the Java that runs it")
    @SuppressWarnings("unused") // picocli asks for it
    private boolean version;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec.commandLine(), "which command? `interlock demo` shows the whole story");
    }

    public static void main(String[] args) {
        boolean isAgent = args.length > 0 && args[0].equals("agent");
        if (args.length > 0 && (args[0].equals("provider") || args[0].equals("dealer"))) {
            System.setProperty("interlock.log", System.getProperty("interlock.log", "INFO"));
        } else if (!isAgent) {
            Interruption.arm();
        }
        if (args.length > 0 && ASKS_NODES.contains(args[0])) {
            Peers.prepare();
        }
        StandardOutput.install();
        int code = run(args);
        Interruption.over();
        System.exit(code);
    }

    static int run(String... typed) {
        String[] args = translated(typed);
        boolean json = List.of(args).contains("--json");
        if (args.length > 0 && !args[0].startsWith("-") && !Catalogue.all().containsKey(args[0])) {
            return Failure.usage(Usage.noCommand(
                            "interlock", args[0], Catalogue.all().keySet()))
                    .tell(json);
        }
        int code = commandLine(args)
                .setCaseInsensitiveEnumValuesAllowed(true)
                // A file's name may begin with @, and its content may be a secret.
                .setExpandAtFiles(false)
                .setParameterExceptionHandler(
                        (error, words) -> Failure.usage(Usage.wrong(error)).tell(json))
                .setExecutionExceptionHandler((error, command, parsed) -> explain(error, json))
                .execute(args);
        Optional<String> lost = StandardOutput.failed();
        lost.ifPresent(why -> System.err.println("interlock: " + why));
        return lost.isPresent() && code == 0 ? FAILED : code;
    }

    /** The command line with all commands, as the help, the completion and the manual describe it. */
    static CommandLine whole() {
        CommandLine interlock = new CommandLine(new Main());
        Catalogue.all()
                .forEach((name, entry) ->
                        interlock.addSubcommand(name, entry.command().get()));
        Usage.dress(interlock);
        return interlock;
    }

    /** The whole command, or as much of it as these arguments call. */
    static CommandLine commandLine(String... args) {
        // Reading a command's options takes longer than many a command runs.
        if (args.length == 1 && ASKS_VERSION.contains(args[0])) {
            CommandLine interlock = new CommandLine(new Main());
            Usage.dress(interlock);
            return interlock;
        }
        Catalogue.Entry called = args.length == 0 ? null : Catalogue.all().get(args[0]);
        if (called == null) {
            return whole();
        }
        CommandLine interlock = new CommandLine(new Main());
        interlock.addSubcommand(args[0], called.command().get());
        Usage.dress(interlock);
        return interlock;
    }

    /** What people try first, in this command's own words. */
    static String[] translated(String... args) {
        if (args.length == 0) {
            return args;
        }
        return switch (args[0]) {
            case "help" -> {
                String[] words = Arrays.copyOfRange(args, 1, args.length + 1);
                words[words.length - 1] = "--help";
                yield words;
            }
            case "version" -> new String[] {VERSION};
            case "list" -> {
                String[] words = args.clone();
                words[0] = "ls";
                yield words;
            }
            default -> args;
        };
    }

    private static int explain(Exception error, boolean json) {
        Failure failure = Failure.of(error);
        int code = failure.tell(json);
        if (failure.kind().equals("fault") || Screen.isVerbose()) {
            error.printStackTrace();
        }
        return code;
    }

    static int exitCode(Exception error) {
        return Failure.of(error).exit();
    }
}
