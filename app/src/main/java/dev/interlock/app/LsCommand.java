package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.Listed;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code interlock ls}. */
@Command(name = "ls", description = "Lists your objects, newest first.", mixinStandardHelpOptions = true)
final class LsCommand implements Callable<Integer> {
    @Option(names = "--json", description = "for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws InterruptedException {
        try (Interlock interlock = ring.open()) {
            List<Listed> objects = interlock.list();
            RingDescriptor descriptor = interlock.ring();
            boolean scheduled =
                    objects.stream().anyMatch(object -> object.destroyAt().isPresent());
            boolean degraded =
                    objects.stream().anyMatch(object -> !object.missing().isEmpty());
            List<Map<String, @Nullable Object>> rows = objects.stream()
                    .map(object -> row(object, descriptor, scheduled, degraded))
                    .toList();
            if (json) {
                System.out.println(Output.json(rows));
            } else {
                Output.table(rows);
            }
            return 0;
        }
    }

    private Map<String, @Nullable Object> row(
            Listed object, RingDescriptor descriptor, boolean scheduled, boolean degraded) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put(json ? "object" : "id", object.object().toString());
        row.put(json ? "length" : "size", json ? object.length() : Output.size(object.length()));
        row.put("created", json ? object.created().toString() : Output.time(object.created()));
        row.put("protocol", object.protocol());
        row.put("profile", object.profile());
        row.put(
                "providers",
                json
                        ? object.providers()
                        : object.providers() + " of "
                                + descriptor.at(object.epoch()).threshold().n());
        if (json || descriptor.epochs().size() > 1) {
            row.put("epoch", object.epoch());
        }
        if (json || degraded) {
            row.put("missing", json ? object.missing() : String.join(", ", object.missing()));
        }
        if (json || scheduled) {
            row.put(
                    json ? "destroyAt" : "destroyed",
                    object.destroyAt()
                            .map(at -> json ? at.toString() : "at " + Output.time(at))
                            .orElse(json ? null : ""));
        }
        return row;
    }
}
