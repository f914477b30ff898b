package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import java.nio.file.Path;
import java.security.SecureRandom;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code interlock credential …}: who a user is. */
@Command(
        name = "credential",
        description = "Makes a user's credential and shows the keys that operators let in.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class CredentialCommand implements Runnable {
    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "credential init or show?");
    }

    @Command(name = "init", description = "Makes a new credential. Whoever reads the file is you.")
    int init(@Parameters(paramLabel = "FILE") Path file) {
        CredentialFile.create(file, new SecureRandom());
        System.err.println(
                "A new credential is in " + file + ". `interlock credential show` prints what operators need.");
        return 0;
    }

    @Command(name = "show", description = "Prints, for every node of the ring, the public key by which it knows you.")
    int show(@Mixin RingOptions options) {
        RingDescriptor ring = options.descriptor();
        try (SeedCredential credential = CredentialFile.read(options.credentialFile())) {
            ring.nodes()
                    .map(NodeCard::name)
                    .forEach(node -> System.out.println(node + " " + credential.publicKey(ring.id(), node)));
        }
        return 0;
    }
}
