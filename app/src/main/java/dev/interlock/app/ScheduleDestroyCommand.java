package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.Scheduled;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.BadInputException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock schedule-destroy ID} and {@code interlock cancel-destroy ID}. */
final class ScheduleDestroyCommand {
    private static final Pattern AFTER = Pattern.compile("([1-9][0-9]{0,8})([smhd])");

    private ScheduleDestroyCommand() {}

    /** Destroying in two steps: the first. */
    @Command(
            name = "schedule-destroy",
            description = "Has the providers destroy an object at a later time, and close it until then.",
            mixinStandardHelpOptions = true)
    static final class Schedule implements Callable<Integer> {
        @Parameters(paramLabel = "OBJECT", description = "its name, its id, or the id's first digits")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String id;

        @Option(
                names = "--after",
                paramLabel = "TIME",
                defaultValue = "7d",
                description = "from now: a number and s, m, h or d, up to 366d (default: ${DEFAULT-VALUE})")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String after;

        @Option(names = "--json", description = "for programs")
        private boolean json;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private RingOptions ring;

        @Override
        public Integer call() throws InterruptedException {
            String typed = Ids.check(id);
            Duration duration = duration("--after", after);
            try (Interlock interlock = ring.open()) {
                ObjectId object = Ids.resolve(interlock, typed);
                Scheduled done = interlock.scheduleDestroy(object, duration);
                tell(done, json);
                if (!json) {
                    System.out.println(object + ": "
                            + done.times().values().stream()
                                    .flatMap(Optional::stream)
                                    .min(Instant::compareTo)
                                    .map(at -> "to be destroyed at " + Output.time(at) + " by "
                                            + done.times().size() + " of "
                                            + interlock.ring().threshold().n() + " providers"
                                            + (done.maybeOpen()
                                                    ? "; the others can still open it"
                                                    : "; nobody can open it until then, unless you take it back: "
                                                            + "interlock cancel-destroy " + object))
                                    .orElse("nobody took it"));
                }
                return done.maybeOpen() ? Main.TOO_FEW : 0;
            }
        }
    }

    /** And taking it back. */
    @Command(
            name = "cancel-destroy",
            description = "Takes a schedule-destroy back: what isn't destroyed yet can be opened again.",
            mixinStandardHelpOptions = true)
    static final class Cancel implements Callable<Integer> {
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
                ObjectId object = Ids.resolve(interlock, typed);
                Scheduled done = interlock.cancelDestroy(object);
                tell(done, json);
                if (!json) {
                    long keep = done.times().values().stream()
                            .filter(Optional::isEmpty)
                            .count();
                    System.out.println(object + ": " + keep + " of "
                            + interlock.ring().threshold().n() + " providers keep it"
                            + (done.open() ? "; it can be opened again" : ", too few to open it")
                            + (done.acknowledged()
                                    ? ""
                                    : "; too few took it back for good: repeat this when the others answer"));
                }
                return done.acknowledged() && done.open() ? 0 : Main.TOO_FEW;
            }
        }
    }

    private static void tell(Scheduled done, boolean json) {
        done.failures().forEach((name, why) -> System.err.println("interlock: " + name + " didn't take it: " + why));
        if (json) {
            Map<String, @Nullable Object> said = new LinkedHashMap<>();
            said.put("object", done.object().toString());
            Map<String, @Nullable String> times = new LinkedHashMap<>();
            done.times()
                    .forEach((name, at) ->
                            times.put(name, at.map(Instant::toString).orElse(null)));
            said.put(
                    "destroyAt",
                    done.times().values().stream()
                            .flatMap(Optional::stream)
                            .min(Instant::compareTo)
                            .map(Instant::toString)
                            .orElse(null));
            said.put("times", times);
            said.put("failed", done.failures());
            said.put("open", done.open());
            said.put("acknowledged", done.acknowledged());
            System.out.println(Output.json(said));
        }
    }

    /** @param option for the message: "--after" */
    static Duration duration(String option, String text) {
        Matcher parts = AFTER.matcher(text);
        if (!parts.matches()) {
            throw new BadInputException(option + " " + text + " must be a number and s, m, h or d, as in 7d or 12h");
        }
        long number = Long.parseLong(parts.group(1));
        return switch (parts.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }
}
