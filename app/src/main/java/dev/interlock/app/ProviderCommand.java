package dev.interlock.app;

import dev.interlock.protocol.ring.Role;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock provider …}: one provider, by its operator. */
@Command(
        name = "provider",
        description = "Runs one provider in the foreground, or prepares its folder.",
        mixinStandardHelpOptions = true)
final class ProviderCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", arity = "0..1", description = "the provider's folder")
    private @Nullable Path dir;

    @Option(
            names = "--stall",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "longest silence of another node (default: ${DEFAULT-VALUE})")
    private double stall;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        if (dir == null) {
            throw new CommandLine.ParameterException(spec.commandLine(), "which folder?");
        }
        return NodeCommands.run(Role.PROVIDER, dir, stall);
    }

    @Command(name = "init", description = "Makes a provider's keys in a new folder and prints its public card.")
    int init(
            @Parameters(paramLabel = "DIR") Path folder,
            @Option(names = "--name", required = true, description = "its name in the ring") String name,
            @Option(
                            names = "--address",
                            required = true,
                            paramLabel = "HOST:PORT",
                            description = "where others reach it")
                    String address) {
        return NodeCommands.init(Role.PROVIDER, folder, name, address);
    }

    @Command(name = "join", description = "Has the provider serve the ring of a descriptor that names it.")
    int join(
            @Parameters(paramLabel = "DIR") Path folder,
            @Parameters(paramLabel = "RING", description = "the descriptor of `interlock ring assemble`")
                    Path descriptor) {
        return NodeCommands.join(Role.PROVIDER, folder, descriptor);
    }

    @Command(name = "allow", description = "Lets a user in.")
    int allow(
            @Parameters(paramLabel = "DIR") Path folder,
            @Parameters(paramLabel = "NAME", description = "what the operator calls the user") String name,
            @Parameters(paramLabel = "KEY", description = "the line for this node of `interlock credential show`")
                    String key) {
        return NodeCommands.allow(Role.PROVIDER, folder, name, key);
    }
}
