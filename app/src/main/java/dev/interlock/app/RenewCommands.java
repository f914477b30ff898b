package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.NamesMoved;
import dev.interlock.client.Renewed;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.BadInputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock replace} and {@code interlock refresh}: a new generation of objects. */
final class RenewCommands {
    private static final double SECOND = 1e9;

    private RenewCommands() {}

    /** What is done to many objects, one after the other. */
    interface Work {
        List<Renewed> run(Interlock interlock, List<ObjectId> objects, Duration pace, Consumer<Renewed> done)
                throws InterruptedException;
    }

    /** What both take. */
    static final class Options {
        @Parameters(
                paramLabel = "ID",
                arity = "0..*",
                description = "these objects, each by its id or the first digits of it")
        private List<String> ids = new ArrayList<>();

        @Option(names = "--all", description = "all of yours")
        private boolean all;

        @Option(
                names = "--rate",
                paramLabel = "N",
                description =
                        "at most so many objects a second, to leave the ring to others (default: as fast as it goes)")
        private double rate;

        @Option(names = "--json", description = "for programs")
        private boolean json;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private RingOptions ring;

        /** @param did "replaced" */
        int run(String did, Work work) throws InterruptedException {
            if (rate < 0 || Double.isNaN(rate)) {
                throw new BadInputException("--rate is a number of objects a second above 0, not " + rate);
            }
            if (all == !ids.isEmpty()) {
                throw new BadInputException("give the ids of objects, or --all");
            }
            ids.forEach(Ids::check);
            Duration pace = rate == 0 ? Duration.ZERO : Duration.ofNanos((long) (SECOND / rate));
            List<Renewed> done;
            try (Interlock interlock = ring.open()) {
                List<ObjectId> objects = Ids.resolve(interlock, ids);
                done = work.run(interlock, objects, pace, each -> tell(did, each));
            }
            long renewed = count(done, Renewed.Done.class);
            long left = count(done, Renewed.LeftAlone.class);
            long failed = count(done, Renewed.Failed.class);
            if (json) {
                Map<String, Object> said = new LinkedHashMap<>();
                said.put(did, renewed);
                said.put("leftAlone", left);
                said.put("failed", failed);
                said.put("objects", done.stream().map(each -> row(did, each)).toList());
                System.out.println(Output.json(said));
            } else {
                System.out.println(Output.count(renewed, "object") + " " + did + ", " + left + " left alone, " + failed
                        + " failed" + (failed == 0 ? "" : "; those are as they were. Repeat it for them"));
            }
            return done.stream()
                    .map(each -> each instanceof Renewed.Failed(ObjectId _, var error) ? Main.exitCode(error) : 0)
                    .filter(code -> code != 0)
                    .findFirst()
                    .orElse(0);
        }

        private synchronized void tell(String did, Renewed renewed) {
            switch (renewed) {
                case Renewed.Done(ObjectId object, long generation) -> {
                    if (!json) {
                        System.out.println(object + ": " + did + ", generation " + generation);
                    }
                }
                case Renewed.LeftAlone(ObjectId object, String why, var advice) ->
                    System.err.println("interlock: " + object + " left alone: " + Wording.with(why, advice));
                case Renewed.Failed(ObjectId object, var error) ->
                    System.err.println("interlock: " + object + " not " + did + ": "
                            + Wording.with(error.explanation(), error.advice()));
            }
        }

        private static long count(List<Renewed> done, Class<? extends Renewed> outcome) {
            return done.stream().filter(outcome::isInstance).count();
        }

        private static Map<String, Object> row(String did, Renewed renewed) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("object", renewed.object().toString());
            switch (renewed) {
                case Renewed.Done(ObjectId _, long generation) -> {
                    row.put("outcome", did);
                    row.put("generation", generation);
                }
                case Renewed.LeftAlone(ObjectId _, String why, var advice) -> {
                    row.put("outcome", "left-alone");
                    row.put("why", why);
                    advice.ifPresent(what -> row.put("advice", Wording.of(what)));
                }
                case Renewed.Failed(ObjectId _, var error) -> {
                    row.put("outcome", "failed");
                    row.put("why", error.explanation());
                }
            }
            return row;
        }
    }

    /** A new pad. */
    @Command(
            name = "replace",
            description = {
                "Gives objects a new pad, and so new shares and ciphertexts. The plaintext is in the clear nowhere, the id stays,",
                "and what was stolen of the old pad is worth nothing. Needs all providers; may be broken off and repeated."
            },
            mixinStandardHelpOptions = true)
    static final class Replace implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Options options;

        @Override
        public Integer call() throws InterruptedException {
            return options.run("replaced", Interlock::replace);
        }
    }

    /** Another ring. */
    @Command(
            name = "reshare",
            description = {
                "Moves objects into another ring, with other providers, other t and n; the ids stay. Some ring opens each of them",
                "at any time; the old one destroys what it has only when the new one has it. Their names go along, with the numbers of",
                "their versions where these are free there. May be broken off and repeated: then it goes on."
            },
            mixinStandardHelpOptions = true)
    static final class Reshare implements Callable<Integer> {
        @Option(
                names = "--to",
                paramLabel = "RING",
                required = true,
                description = "the other ring's descriptor, or the folder of `ring create`")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Path to;

        @Option(
                names = "--to-credential",
                paramLabel = "FILE",
                description = "who you are there (default: the one in that ring's folder, or the same as here)")
        private @Nullable Path credential;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Options options;

        @Override
        public Integer call() throws InterruptedException {
            try (Interlock other = options.ring.at(to, credential).open()) {
                int[] worst = {0};
                int code = options.run("moved", (interlock, objects, pace, done) -> {
                    List<Renewed> moved = interlock.reshare(objects, other, pace, done);
                    worst[0] = tell(
                            interlock.reshareNames(objects, other), other.ring().name());
                    return moved;
                });
                return code != 0 ? code : worst[0];
            }
        }

        /** @return the exit code */
        private static int tell(NamesMoved names, String ring) {
            if (!names.names().isEmpty()) {
                System.err.println("interlock: " + Output.count(names.names().size(), "name") + " went along");
            }
            names.wrong().forEach((node, why) -> System.err.println("interlock: " + node + " was not used: " + why));
            names.wrongThere()
                    .forEach(node -> System.err.println("interlock: " + node + " of the ring \"" + ring
                            + "\" was not used: it shows an entry that you never made"));
            names.left()
                    .forEach((name, error) ->
                            System.err.println("interlock: \"" + name + "\" didn't go along, or not all" + " of it: "
                                    + Wording.with(error.explanation(), error.advice()) + ". Repeat it"));
            return names.left().values().stream()
                    .map(Main::exitCode)
                    .findFirst()
                    .orElse(0);
        }
    }

    /** The ring's present epoch. */
    @Command(
            name = "follow",
            description = {
                "Has objects follow a ring that changed: those of earlier epochs move into the present one, and what left the ring",
                "erases what it had; the ids stay. One epoch or the other opens each of them at any time. May be broken off and repeated."
            },
            mixinStandardHelpOptions = true)
    static final class Follow implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Options options;

        @Override
        public Integer call() throws InterruptedException {
            return options.run("moved", (interlock, objects, pace, done) -> {
                List<Renewed> moved = interlock.follow(objects, pace, done);
                if (objects.isEmpty()) {
                    NameCommands.spread(interlock);
                    options.ring.reshareLogin();
                }
                return moved;
            });
        }
    }

    /** New shares of the same pad. */
    @Command(
            name = "refresh",
            description = {
                "Gives objects new shares of the pads that they have: shares stolen before and after don't fit together.",
                "No ciphertext moves, the id stays. Needs all providers; may be broken off and repeated."
            },
            mixinStandardHelpOptions = true)
    static final class Refresh implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Options options;

        @Override
        public Integer call() throws InterruptedException {
            return options.run("refreshed", (interlock, objects, pace, done) -> {
                List<Renewed> refreshed = interlock.refresh(objects, pace, done);
                if (options.all) {
                    options.ring.reshareLogin();
                }
                return refreshed;
            });
        }
    }
}
