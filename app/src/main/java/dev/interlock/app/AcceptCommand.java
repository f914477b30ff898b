package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock accept ID -o FILE}. */
@Command(
        name = "accept",
        description = {
            "Writes what the owner of an object needs to hand it over to you: give them the file, which holds nothing secret.",
            "Asks no provider, and changes nothing by itself."
        },
        mixinStandardHelpOptions = true)
final class AcceptCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "the object's whole id, from its owner")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "a new file for it")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path output;

    @Option(names = "--force", description = "replace the file if it exists")
    private boolean force;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws IOException, InterruptedException {
        ObjectId object = ObjectId.parse(id);
        try (Interlock interlock = ring.open();
                OutputFile file = OutputFile.create(output, force, ring.files())) {
            file.publish(interlock.accept(object).encode());
            return 0;
        }
    }
}
