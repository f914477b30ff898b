package dev.interlock.app;

import dev.interlock.client.PrivateKeyFile;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code interlock keygen -o FILE}. */
@Command(
        name = "keygen",
        description = "Makes a key pair for protocol 1 and prints the public key.",
        mixinStandardHelpOptions = true)
final class KeygenCommand implements Callable<Integer> {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "a new file for the private key")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path output;

    @Option(
            names = "--kem",
            paramLabel = "KEM",
            defaultValue = "x25519",
            description = "x25519, or xwing, which a quantum computer doesn't break (default: ${DEFAULT-VALUE})")
    private String kem = "";

    @Override
    public Integer call() {
        try (OpeningKey key = OpeningKey.generate(Kem.parse(kem), new SecureRandom())) {
            PrivateKeyFile.create(output, key);
            System.out.println(key.recipient());
            System.err.println("interlock: "
                    + "the private key is in " + output + ". Whoever has it opens what is put to the public key"
                    + " above; whoever loses it has lost that. Keep a copy.");
            return 0;
        }
    }
}
