package dev.interlock.app;

import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock evidence verify FILE}. */
@Command(
        name = "evidence",
        description = "Checks evidence against a provider that lied; put and get write such files when they find one.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = EvidenceCommand.Verify.class)
final class EvidenceCommand {
    /** More than the leaves of the longest object. */
    private static final int MAX_BYTES = 256 << 20;

    /** Writes evidence into the current folder and says so. What is there already stays. */
    static void keep(RingDescriptor ring, Evidence evidence) {
        Evidence.Finding finding = evidence.verify(ring);
        Path file = file(evidence.token().object(), finding.liar());
        String kept = "the evidence is in " + file;
        try {
            DurableFile.writeNew(Visit.absolute(file), DurableFile.Access.EVERYONE, evidence.encode());
        } catch (FileAlreadyExistsException e) {
            // Of an earlier lie about the same object.
        } catch (IOException e) {
            kept = "the evidence can't be written to " + FileProblem.at(file, e);
        }
        System.err.println("interlock: " + finding.what() + "; " + kept);
    }

    /** Where evidence against a provider, found at an object, is kept. */
    static Path file(ObjectId object, Provider liar) {
        return Path.of(object + "." + liar.name() + ".evidence");
    }

    /** Checks evidence without asking anyone. */
    @Command(
            name = "verify",
            description = "Checks evidence against a ring's descriptor, offline, and says who lied and how.",
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "the evidence")
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
            Evidence evidence = Evidence.decode(DocumentFile.read(file, MAX_BYTES, "evidence"));
            Evidence.Finding finding = evidence.verify(ring);
            if (json) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("object", evidence.token().object().toString());
                fields.put("ring", ring.name() + " " + ring.id());
                fields.put("liar", finding.liar().name());
                fields.put("what", finding.what());
                System.out.println(Output.json(fields));
            } else {
                System.out.println(finding.what() + ".");
            }
            return 0;
        }
    }
}
