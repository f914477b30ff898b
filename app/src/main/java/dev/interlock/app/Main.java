package dev.interlock.app;

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
import java.io.IOException;
import java.nio.file.FileSystemException;
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
        subcommands = {
            DemoCommand.class,
            PutCommand.class,
            GetCommand.class,
            LsCommand.class,
            InfoCommand.class,
            DestroyCommand.class,
            RingCommand.class,
            CredentialCommand.class,
            KeygenCommand.class,
            ProofCommand.class,
            AuditCommand.class
        },
        footer = {
            "",
            "Start with:  interlock demo",
            "",
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 too few providers, 4 integrity (culprits named),",
            "            5 no such object or destroyed, 6 refused.",
            "INTERLOCK_RING and INTERLOCK_CREDENTIAL stand for --ring and --credential."
        })
public final class Main implements Runnable {
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int TOO_FEW = 3;
    static final int INTEGRITY = 4;
    static final int NO_OBJECT = 5;
    static final int REFUSED = 6;

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
        System.exit(run(args));
    }

    static int run(String... args) {
        return new CommandLine(new Main())
                .addSubcommand(NodeCommand.of(Role.PROVIDER))
                .addSubcommand(NodeCommand.of(Role.DEALER))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((error, command, parsed) -> explain(error))
                .execute(args);
    }

    private static int explain(Exception error) {
        switch (error) {
            case InterlockException known -> System.err.println("interlock: " + known.explanation());
            case MalformedException malformed -> System.err.println("interlock: " + malformed.getMessage());
            case BadSignatureException bad -> System.err.println("interlock: " + bad.getMessage());
            case FileSystemException file ->
                System.err.println("interlock: " + file.getFile() + ": "
                        + (file.getReason() == null ? file.getClass().getSimpleName() : file.getReason()));
            case IOException io -> System.err.println("interlock: " + io.getMessage());
            case InterruptedException interrupted -> System.err.println("interlock: interrupted");
            default -> {
                System.err.println("interlock: this is a fault in interlock itself, please report it:");
                error.printStackTrace();
            }
        }
        return exitCode(error);
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
