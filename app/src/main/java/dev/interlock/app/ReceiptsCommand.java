package dev.interlock.app;

import dev.interlock.core.token.Receipt;
import dev.interlock.protocol.Destroyed;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock receipts verify FILE}. */
@Command(
        name = "receipts",
        description = "Checks the receipts of a destruction, which `destroy --receipts FILE` keeps.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = ReceiptsCommand.Verify.class)
final class ReceiptsCommand {
    /** Checks receipts without asking anyone. */
    @Command(
            name = "verify",
            description =
                    "Checks receipts against a ring's descriptor, offline, and says whether anybody can still open"
                            + " the object (exit code 3 then).",
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {
        /** More than the receipts of 254 providers have. */
        private static final int MAX_BYTES = 1 << 20;

        @Parameters(paramLabel = "FILE", description = "the receipts")
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
            Destroyed destroyed = Destroyed.decode(DocumentFile.read(file, MAX_BYTES, "file of receipts"));
            Destroyed.Verdict verdict = destroyed.verify(ring);
            Optional<Instant> since = verdict.unrecoverableSince();
            int n = verdict.token().threshold().n();
            if (json) {
                Map<String, @Nullable Object> fields = new LinkedHashMap<>();
                fields.put("object", verdict.token().object().toString());
                fields.put("ring", ring.name() + " " + ring.id());
                fields.put("erased", verdict.providers());
                fields.put("providers", n);
                fields.put("unrecoverableSince", since.map(Instant::toString).orElse(null));
                System.out.println(Output.json(fields));
            } else {
                for (Receipt receipt : destroyed.receipts()) {
                    System.out.println(ring.provider(receipt.x()).name() + " erased its share at "
                            + Output.time(Instant.ofEpochMilli(receipt.destroyedMillis())));
                }
                System.out.println(verdict.token().object() + ": "
                        + verdict.providers().size() + " of " + n
                        + " providers erased their share; "
                        + since.map(at -> "unrecoverable since " + Output.time(at)
                                        + (verdict.providers().size() == n ? "" : " if these receipts are true"))
                                .orElse("it can still be opened"));
            }
            return since.isEmpty() ? Main.TOO_FEW : 0;
        }
    }
}
