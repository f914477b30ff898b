package dev.interlock.app;

import dev.interlock.core.encoding.ForeignText;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Peers;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code interlock} command: results on stdout, everything else on stderr. */
@Command(
        name = "interlock",
        version = "interlock 0.1.0",
        description =
                "Keeps secrets in clouds that needn't be trusted: any t of n providers open them, fewer learn nothing.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Start with:  interlock demo",
            "",
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 too few providers, 4 integrity (culprits named),",
            "            5 no such object or destroyed, 6 refused.",
            "INTERLOCK_RING and INTERLOCK_CREDENTIAL stand for --ring and --credential. INTERLOCK_RECORD names the folder",
            "of what was learned of providers; off keeps nothing."
        })
public final class Main implements Runnable {
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int TOO_FEW = 3;
    static final int INTEGRITY = 4;
    static final int NO_OBJECT = 5;
    static final int REFUSED = 6;

    private static final Set<String> ASKS_NODES =
            Set.of("put", "get", "ls", "info", "destroy", "schedule-destroy", "cancel-destroy", "repair");
    /** By name, in the order of the help. */
    private static final Map<String, Supplier<Object>> COMMANDS = commands();

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }

    public static void main(String[] args) {
        if (args.length > 0 && (args[0].equals("provider") || args[0].equals("dealer"))) {
            System.setProperty("interlock.log", System.getProperty("interlock.log", "INFO"));
        }
        if (args.length > 0 && ASKS_NODES.contains(args[0])) {
            Peers.prepare();
        }
        StandardOutput.install();
        System.exit(run(args));
    }

    static int run(String... args) {
        int code = commandLine(args)
                .setCaseInsensitiveEnumValuesAllowed(true)
                // A file's name may begin with @, and its content may be a secret.
                .setExpandAtFiles(false)
                .setExecutionExceptionHandler((error, command, parsed) -> explain(error))
                .execute(args);
        Optional<String> lost = StandardOutput.failed();
        lost.ifPresent(why -> System.err.println("interlock: " + why));
        return lost.isPresent() && code == 0 ? FAILED : code;
    }

    private static Map<String, Supplier<Object>> commands() {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("demo", DemoCommand::new);
        commands.put("put", PutCommand::new);
        commands.put("get", GetCommand::new);
        commands.put("ls", LsCommand::new);
        commands.put("info", InfoCommand::new);
        commands.put("destroy", DestroyCommand::new);
        commands.put("schedule-destroy", ScheduleDestroyCommand.Schedule::new);
        commands.put("cancel-destroy", ScheduleDestroyCommand.Cancel::new);
        commands.put("replace", RenewCommands.Replace::new);
        commands.put("refresh", RenewCommands.Refresh::new);
        commands.put("reshare", RenewCommands.Reshare::new);
        commands.put("follow", RenewCommands.Follow::new);
        commands.put("repair", RepairCommand::new);
        commands.put("status", StatusCommand::new);
        commands.put("ring", RingCommand::new);
        commands.put("credential", CredentialCommand::new);
        commands.put("keygen", KeygenCommand::new);
        commands.put("proof", ProofCommand::new);
        commands.put("evidence", EvidenceCommand::new);
        commands.put("receipts", ReceiptsCommand::new);
        commands.put("audit", AuditCommand::new);
        commands.put("log", LogCommand::new);
        commands.put("provider", () -> NodeCommand.of(Role.PROVIDER));
        commands.put("dealer", () -> NodeCommand.of(Role.DEALER));
        return commands;
    }

    /** The whole command, or as much of it as these arguments call. */
    private static CommandLine commandLine(String... args) {
        CommandLine interlock = new CommandLine(new Main());
        // Reading a command's options takes longer than many a command runs.
        Supplier<Object> called = args.length == 0 ? null : COMMANDS.get(args[0]);
        if (called != null) {
            return interlock.addSubcommand(called.get());
        }
        COMMANDS.values().forEach(command -> interlock.addSubcommand(command.get()));
        return interlock;
    }

    private static int explain(Exception error) {
        switch (error) {
            case InterlockException known -> System.err.println("interlock: " + known.explanation());
            case MalformedException malformed -> tell(malformed.getMessage());
            case BadSignatureException bad -> tell(bad.getMessage());
            case FileSystemException file
            when file.getFile() != null -> tell(file.getFile() + ": " + FileProblem.why(file));
            case IOException io -> tell(FileProblem.why(io));
            case InterruptedException interrupted -> System.err.println("interlock: interrupted");
            default -> {
                System.err.println("interlock: this is a fault in interlock itself, please report it:");
                error.printStackTrace();
            }
        }
        return exitCode(error);
    }

    private static void tell(@Nullable String message) {
        System.err.println("interlock: " + ForeignText.line(String.valueOf(message)));
    }

    static int exitCode(Exception error) {
        return switch (error) {
            case InterlockException known ->
                switch (known) {
                    case BadInputException bad -> USAGE;
                    case TooFewProvidersException few -> TOO_FEW;
                    case IntegrityException broken -> INTEGRITY;
                    case NoSuchObjectException none -> NO_OBJECT;
                    case DestroyedException gone -> NO_OBJECT;
                    case RefusedException refused -> REFUSED;
                    case NodeException failed -> FAILED;
                };
            case MalformedException malformed -> USAGE;
            case BadSignatureException bad -> INTEGRITY;
            default -> FAILED;
        };
    }
}
