package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Proof;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock proof ID -o FILE}, {@code interlock proof verify FILE}. */
@Command(
        name = "proof",
        description = "Writes a proof that all providers took part in the put of an object; `proof verify` checks one,"
                + " offline.",
        customSynopsis = {"interlock proof [OPTIONS] ID -o FILE", "interlock proof verify [OPTIONS] FILE"},
        mixinStandardHelpOptions = true,
        subcommands = ProofCommand.Verify.class)
final class ProofCommand implements Callable<Integer> {
    // Both are needed, but not with a subcommand, and picocli would ask for them even then.
    @Parameters(paramLabel = "ID", arity = "0..1", description = "the object's id, or its first digits")
    private @Nullable String id;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "a new file for the proof")
    private @Nullable Path output;

    @Option(names = "--force", description = "replace the file if it exists")
    private boolean force;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (id == null || output == null) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "which object, and where to? Give its ID and --output FILE");
        }
        String typed = Ids.check(id);
        try (Interlock interlock = ring.open();
                OutputFile file = OutputFile.create(output, force, ring.files())) {
            file.publish(interlock.proof(Ids.resolve(interlock, typed)).encode());
            return 0;
        }
    }

    /** Checks a proof without asking anyone. */
    @Command(
            name = "verify",
            description = "Checks a proof against a ring's descriptor, offline, and says who took part and when.",
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {
        /** More than the proof of 254 providers and several dealers has. */
        private static final int MAX_BYTES = 1 << 20;

        @Parameters(paramLabel = "FILE", description = "the proof")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Path file;

        @Option(names = "--json", description = "for programs")
        private boolean json;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private RingOptions options;

        @Override
        public Integer call() throws IOException {
            RingDescriptor ring = options.descriptor();
            Proof proof = Proof.decode(DocumentFile.read(file, MAX_BYTES, "proof"));
            Token u = proof.verify(ring);
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("object", u.object().toString());
            fields.put("ring", ring.name() + " " + ring.id());
            fields.put("created", Instant.ofEpochMilli(u.createdMillis()).toString());
            fields.put("length", u.length());
            fields.put("scheme", u.scheme().toString());
            List<String> names =
                    proof.providers().stream().map(Proof.Certificate::name).toList();
            fields.put("signed", names);
            if (json) {
                System.out.println(Output.json(fields));
            } else {
                System.out.println("All " + names.size() + " providers took part: " + String.join(", ", names) + ".");
                fields.remove("signed");
                fields.forEach((name, value) -> System.out.printf("%-8s %s%n", name, value));
            }
            return 0;
        }
    }
}
