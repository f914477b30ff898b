package dev.interlock.app;

import dev.interlock.client.Destruction;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock destroy ID}. */
@Command(
        name = "destroy",
        description = "Has the providers erase their shares of an object, for ever.",
        mixinStandardHelpOptions = true)
final class DestroyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "OBJECT", description = "its name, its id, or the id's first digits")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Option(names = "--at", paramLabel = "NAME", split = ",", description = "only at these providers (default: all)")
    private List<String> at = List.of();

    @Option(
            names = "--receipts",
            paramLabel = "FILE",
            description =
                    "a new file for the providers' signed receipts; `interlock receipts verify` checks it offline")
    private @Nullable Path receipts;

    @Option(names = "--json", description = "for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws IOException, InterruptedException {
        String typed = Ids.check(id);
        // Before anything is erased: receipts that can't be kept are no reason to destroy first.
        try (Interlock interlock = ring.open();
                OutputFile file = receipts == null ? null : OutputFile.create(receipts, false)) {
            ObjectId object = Ids.resolve(interlock, typed);
            int n = interlock.ring().threshold().n();
            Destruction done = interlock.destroy(object, at, erased -> {
                if (!json) {
                    System.out.println(erased.provider() + " erased its share (" + erased.count() + " of " + n + ")"
                            + (erased.last() ? ": from now on nobody can open the object" : ""));
                }
            });
            if (file != null) {
                file.publish(done.proof().encode());
            }
            done.failures()
                    .forEach((name, why) -> System.err.println("interlock: " + name + " didn't erase its share: " + why
                            + (done.told().containsKey(name)
                                    ? ". It erases it when it is back: "
                                            + String.join(", ", done.told().get(name)) + " will tell it"
                                    : "")));
            if (json) {
                Map<String, @Nullable Object> said = new LinkedHashMap<>();
                said.put("object", object.toString());
                said.put("erased", List.copyOf(done.receipts().keySet()));
                said.put("failed", done.failures());
                said.put("told", done.told());
                said.put("providers", n);
                said.put("missing", done.missing());
                said.put(
                        "unrecoverableSince",
                        done.unrecoverableSince().map(Object::toString).orElse(null));
                System.out.println(Output.json(said));
            } else {
                System.out.println(object + ": " + done.receipts().size() + " of " + n
                        + " providers erased their share; "
                        + (done.missing() == 0
                                ? "destroyed"
                                : done.missing() + " of " + n + " haven't signed that they did"
                                        + done.unrecoverableSince().map(_ -> "").orElse("; it can still be opened"))
                        + done.unrecoverableSince()
                                .map(when -> ", unrecoverable since " + Output.time(when)
                                        + (done.missing() == 0 ? "" : " if these receipts are true"))
                                .orElse(""));
            }
            return done.unrecoverableSince().isPresent() ? 0 : Main.TOO_FEW;
        }
    }
}
