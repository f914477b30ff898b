package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.Repaired;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.BadInputException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock repair PROVIDER}. */
@Command(
        name = "repair",
        description = {
            "Gives a provider that lost its store back what it had of your objects: any t others",
            "rebuild its shares, and see none of them. May be broken off and repeated."
        },
        mixinStandardHelpOptions = true)
final class RepairCommand implements Callable<Integer> {
    private static final double SECOND = 1e9;

    @Parameters(index = "0", paramLabel = "PROVIDER", description = "its name; it runs, with its keys")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String provider;

    @Parameters(index = "1..*", paramLabel = "OBJECT", description = "only these objects (default: all of yours)")
    private List<String> ids = new ArrayList<>();

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "at most so many objects a second, to leave the ring to others (default: as fast as it goes)")
    private double rate;

    @Option(names = "--json", description = "for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws InterruptedException {
        if (rate < 0 || Double.isNaN(rate)) {
            throw new BadInputException("--rate is a number of objects a second above 0, not " + rate);
        }
        ids.forEach(Ids::check);
        Duration pace = rate == 0 ? Duration.ZERO : Duration.ofNanos((long) (SECOND / rate));
        List<Repaired> done;
        try (Interlock interlock = ring.open()) {
            List<ObjectId> objects = Ids.resolve(interlock, ids);
            done = interlock.repair(provider, objects, pace, this::tell);
            if (ids.isEmpty()) {
                NameCommands.spread(interlock);
                ring.reshareLogin();
            }
        }
        long restored = count(done, Repaired.Restored.class);
        long present = count(done, Repaired.Present.class);
        long left = count(done, Repaired.LeftAlone.class);
        long failed = count(done, Repaired.Failed.class);
        if (json) {
            Map<String, Object> said = new LinkedHashMap<>();
            said.put("provider", provider);
            said.put("restored", restored);
            said.put("present", present);
            said.put("leftAlone", left);
            said.put("failed", failed);
            said.put("objects", done.stream().map(RepairCommand::row).toList());
            System.out.println(Output.json(said));
        } else {
            System.out.println(provider + ": " + Output.count(restored, "object") + " repaired, " + present
                    + " were there, " + left
                    + " left alone, " + failed + " failed"
                    + (failed == 0 ? "" : ". Repeat it: what is there already stays"));
        }
        return done.stream()
                .map(each -> each instanceof Repaired.Failed(ObjectId _, var error) ? Main.exitCode(error) : 0)
                .filter(code -> code != 0)
                .findFirst()
                .orElse(0);
    }

    private synchronized void tell(Repaired repaired) {
        String object = repaired.object().toString();
        switch (repaired) {
            case Repaired.Restored restored -> {
                restored.avoided()
                        .forEach((name, why) -> System.err.println("interlock: without " + name + ": " + why));
                if (!json) {
                    System.out.println(object + ": repaired by " + String.join(", ", restored.helpers()));
                }
            }
            case Repaired.Present _ -> {}
            case Repaired.LeftAlone(ObjectId _, String why, var advice) ->
                System.err.println("interlock: " + object + " left alone: " + Wording.with(why, advice));
            case Repaired.Failed(ObjectId _, var error) ->
                System.err.println(
                        "interlock: " + object + " not repaired: " + Wording.with(error.explanation(), error.advice()));
        }
    }

    private static long count(List<Repaired> done, Class<? extends Repaired> outcome) {
        return done.stream().filter(outcome::isInstance).count();
    }

    private static Map<String, Object> row(Repaired repaired) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("object", repaired.object().toString());
        switch (repaired) {
            case Repaired.Restored restored -> {
                row.put("outcome", "restored");
                row.put("helpers", restored.helpers());
                row.put("avoided", restored.avoided());
            }
            case Repaired.Present _ -> row.put("outcome", "present");
            case Repaired.LeftAlone(ObjectId _, String why, var advice) -> {
                row.put("outcome", "left-alone");
                row.put("why", why);
                advice.ifPresent(what -> row.put("advice", Wording.of(what)));
            }
            case Repaired.Failed(ObjectId _, var error) -> {
                row.put("outcome", "failed");
                row.put("why", error.explanation());
            }
        }
        return row;
    }
}
