package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.Listed;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code interlock ls}. */
@Command(name = "ls", description = "Lists your objects, newest first.", mixinStandardHelpOptions = true)
final class LsCommand implements Callable<Integer> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

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
            List<Map<String, Object>> rows = objects.stream()
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

    private Map<String, Object> row(Listed object, RingDescriptor descriptor, boolean scheduled, boolean degraded) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", object.object().toString());
        row.put(json ? "length" : "size", json ? object.length() : Output.size(object.length()));
        row.put("created", json ? object.created().toString() : TIME.format(object.created()));
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
                            .map(at -> json ? at.toString() : "at " + TIME.format(at))
                            .orElse(""));
        }
        return row;
    }
}
