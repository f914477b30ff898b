package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.Settled;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock settle ID}. */
@Command(
        name = "settle",
        description = {
            "Decides what was left undecided of an object: what any provider knows to be committed is committed everywhere; what",
            "none of them knows to be committed is given up. May be broken off and repeated."
        },
        mixinStandardHelpOptions = true)
final class SettleCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "the object's id")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Option(names = "--json", description = "for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws InterruptedException {
        ObjectId object = ObjectId.parse(id);
        try (Interlock interlock = ring.open()) {
            List<Settled> settled = interlock.settle(object);
            if (json) {
                System.out.println(Output.json(Map.of(
                        "object",
                        object.toString(),
                        "settled",
                        settled.stream().map(SettleCommand::row).toList())));
            } else {
                settled.forEach(each -> System.out.println(object + ": " + text(each)));
                if (settled.isEmpty()) {
                    System.out.println(object + ": nothing is undecided");
                }
            }
            return settled.stream().allMatch(SettleCommand::isDecided) ? 0 : Main.TOO_FEW;
        }
    }

    private static boolean isDecided(Settled settled) {
        return switch (settled) {
            case Settled.Committed committed -> committed.acknowledged();
            case Settled.Abandoned _ -> true;
            case Settled.Open _ -> false;
        };
    }

    private static String text(Settled settled) {
        return switch (settled) {
            case Settled.Committed(
                    ObjectId _,
                    StatementHash _,
                    List<String> confirmed,
                    Map<String, String> failures,
                    boolean _) -> "committed by " + String.join(", ", confirmed) + because("not by", failures);
            case Settled.Abandoned(ObjectId _, StatementHash _, List<String> forgotten) ->
                "given up: no provider knew it to be committed; forgotten by " + String.join(", ", forgotten);
            case Settled.Open(ObjectId _, StatementHash _, Map<String, String> failures) ->
                "still undecided" + because("no word of", failures) + ". Repeat this when they answer";
        };
    }

    private static String because(String lead, Map<String, String> failures) {
        return failures.isEmpty()
                ? ""
                : "; " + lead + " "
                        + failures.entrySet().stream()
                                .map(each -> each.getKey() + " (" + each.getValue() + ")")
                                .collect(Collectors.joining(", "));
    }

    private static Map<String, Object> row(Settled settled) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("session", settled.generation().toString());
        switch (settled) {
            case Settled.Committed(
                    ObjectId _,
                    StatementHash _,
                    List<String> confirmed,
                    Map<String, String> failures,
                    boolean acknowledged) -> {
                row.put("outcome", "committed");
                row.put("confirmed", confirmed);
                row.put("failed", failures);
                row.put("acknowledged", acknowledged);
            }
            case Settled.Abandoned(ObjectId _, StatementHash _, List<String> forgotten) -> {
                row.put("outcome", "given-up");
                row.put("forgotten", forgotten);
            }
            case Settled.Open(ObjectId _, StatementHash _, Map<String, String> failures) -> {
                row.put("outcome", "undecided");
                row.put("failed", failures);
            }
        }
        return row;
    }
}
