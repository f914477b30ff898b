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
    int init(@Parameters(paramLabel = "FILE", description = "a new file") Path file) {
        CredentialFile.create(file, new SecureRandom());
        System.err.println(
                "interlock: " + file
                        + " is who you are. Whoever has it opens all that is yours; whoever loses it has lost that. Keep a copy.");
        Screen.hint("What operators need:  interlock credential show --ring RING --credential " + file);
        return 0;
    }

    @Command(name = "show", description = "Prints, for every node of the ring, the public key by which it knows you.")
    int show(@Mixin RingOptions options) {
        RingDescriptor ring = options.descriptor();
        try (SeedCredential credential =
                CredentialFile.read(SecretFile.check(options.credentialFile(), "the credential"))) {
            ring.nodes()
                    .map(NodeCard::name)
                    .forEach(node -> System.out.println(node + " " + credential.publicKey(ring.id(), node)));
        }
        return 0;
    }
}
