package dev.interlock.app;

import dev.interlock.client.HandedOver;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Acceptances;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock hand-over ID FILE}. */
@Command(
        name = "hand-over",
        description = {
            "Makes an object another user's: it keeps its id, and from then on they alone open, renew and destroy it.",
            "You can't take it back. May be broken off and repeated."
        },
        mixinStandardHelpOptions = true)
final class HandOverCommand implements Callable<Integer> {
    /** More than that for 254 providers has. */
    private static final int MAX_BYTES = 1 << 20;

    @Parameters(index = "0", paramLabel = "OBJECT", description = "its name, its id, or the id's first digits")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Parameters(
            index = "1",
            paramLabel = "FILE",
            description = "what the next owner made for it with `interlock accept`")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path file;

    @Option(names = "--json", description = "for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws IOException, InterruptedException {
        String typed = Ids.check(id);
        Acceptances to = Acceptances.decode(DocumentFile.read(file, MAX_BYTES, "acceptance"));
        try (Interlock interlock = ring.open()) {
            ObjectId object = Ids.resolve(interlock, typed);
            HandedOver done = interlock.handOver(object, to);
            if (json) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("object", object.toString());
                fields.put("at", done.at());
                fields.put("failed", done.failures());
                System.out.println(Output.json(fields));
            } else {
                System.out.println(object + ": handed over at " + String.join(", ", done.at()));
                done.failures()
                        .forEach((name, why) -> System.err.println(
                                name + " doesn't know it yet (" + why + "); the next owner's commands tell it"));
            }
            return 0;
        }
    }
}
