package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.ObjectStatus;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock info ID}. */
@Command(
        name = "info",
        description = "Shows an object's token, checked under its certificate, and its state at every provider.",
        mixinStandardHelpOptions = true)
final class InfoCommand implements Callable<Integer> {
    @Parameters(paramLabel = "OBJECT", description = "its name, its id, or the id's first digits")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Option(names = "--json", description = "for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws InterruptedException {
        String typed = Ids.check(id);
        try (Interlock interlock = ring.open()) {
            Optional<NameCommands.Found> named = NameCommands.find(interlock, typed);
            ObjectId object = named.isPresent() ? named.get().version().object() : Ids.resolve(interlock, typed);
            ObjectStatus status = interlock.info(object);
            Token token = status.token();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("object", object.toString());
            named.ifPresent(each -> each.show(fields, json));
            fields.put("length", token.length());
            fields.put("chunks", token.layout().count());
            Instant created = Instant.ofEpochMilli(token.createdMillis());
            fields.put("created", json ? created.toString() : Output.time(created));
            fields.put("generation", token.number());
            fields.put("protocol", token.scheme().protocol());
            fields.put("profile", token.scheme().profile().text());
            fields.put("ring", token.ring().toString());
            fields.put("epoch", token.epoch());
            fields.put(
                    "threshold",
                    token.threshold().t() + " of " + token.threshold().n());
            fields.put(
                    "homes",
                    String.join(
                            ", ",
                            token.homes().stream()
                                    .map(x -> interlock.ring().everProvider(x).name())
                                    .toList()));
            fields.put("dealers", json ? token.dealers() : String.join(", ", token.dealers()));
            fields.put("commitment", HexFormat.of().formatHex(token.commitment()));
            fields.put(
                    "signatures",
                    status.signatures() + " of " + token.threshold().n() + ", all valid");
            if (json) {
                fields.put("degraded", status.waiting());
            } else if (!status.waiting().isEmpty()) {
                fields.put("degraded", degraded(status.waiting()));
            }
            if (json) {
                fields.put(
                        "undecided",
                        status.undecided().stream().map(InfoCommand::row).toList());
                fields.put("providers", status.states());
                System.out.println(Output.json(fields));
            } else {
                fields.forEach((name, value) -> System.out.printf("%-11s %s%n", name, value));
                status.states().forEach((name, state) -> System.out.printf("  %-9s %s%n", name, state));
                status.undecided()
                        .forEach(each -> System.out.println("undecided: generation " + each.number() + ", prepared at "
                                + String.join(", ", each.at()) + "; `interlock settle " + object + "` decides it"));
            }
            return 0;
        }
    }

    private static Map<String, Object> row(ObjectStatus.Undecided undecided) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("session", undecided.generation().toString());
        row.put("generation", undecided.number());
        row.put("at", undecided.at());
        return row;
    }

    /** As "cc2's share waits at cc1 and cc4". */
    private static String degraded(Map<String, List<String>> waiting) {
        return waiting.entrySet().stream()
                .map(each -> each.getKey()
                        + (each.getValue().isEmpty()
                                ? "'s share is lost"
                                : "'s share waits at " + String.join(" and ", each.getValue())))
                .collect(Collectors.joining("; "));
    }
}
