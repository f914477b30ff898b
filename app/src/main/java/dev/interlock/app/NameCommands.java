package dev.interlock.app;

import dev.interlock.client.Destruction;
import dev.interlock.client.Interlock;
import dev.interlock.client.Named;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.protocol.names.Lookalikes;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.names.NameVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is done with names: {@code interlock name}, {@code mv} and {@code rm}. */
final class NameCommands {
    private NameCommands() {}

    /** A new name as it was typed, with a warning where it could be taken for another. */
    static Name checked(String typed) {
        Name name = Name.of(typed);
        Lookalikes.warnings(name).forEach(why -> System.err.println("interlock: warning: " + why));
        return name;
    }

    /**
     * How naming an object went.
     *
     * @param version the number that it got; empty where it failed
     * @param failure empty where it didn't
     */
    record Given(Name name, Optional<Integer> version, Optional<InterlockException> failure) {
        /**
         * Says why an object has no name.
         *
         * @param degraded whether a name that isn't settled yet is good enough
         * @return the command's exit code
         */
        int exit(ObjectId object, boolean degraded, boolean json) {
            if (failure.isEmpty()) {
                return 0;
            }
            boolean unsettled = failure.get() instanceof UnsettledException;
            System.err.println("interlock: stored as object " + object
                    + (unsettled
                            ? ", whose name isn't settled yet"
                            : ", which has no name: `interlock name " + object + " NAME` gives it one"));
            int code = Failure.of(failure.get()).tell(json);
            return unsettled && degraded ? 0 : code;
        }
    }

    static Given give(Interlock interlock, Name name, ObjectId object, long length) {
        try {
            Named named = interlock.names().add(name, object, length);
            warn(named);
            return new Given(
                    name,
                    named.versions().versions().stream()
                            .filter(each -> each.object().equals(object))
                            .map(NameContent.Version::number)
                            .findFirst(),
                    Optional.empty());
        } catch (InterlockException e) {
            return new Given(name, Optional.empty(), Optional.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void warn(Named named) {
        named.wrong()
                .forEach(node -> System.err.println("interlock: " + node + " shows something under the name \""
                        + named.versions().name() + "\" that you never made; it was left out"));
    }

    /** What a name that was typed stands for. */
    record Found(NameContent.Versions all, NameContent.Version version) {
        void show(Map<String, Object> fields, boolean json) {
            fields.put("name", all.name() + (json ? "" : "@" + version.number()));
            List<Integer> numbers =
                    all.versions().stream().map(NameContent.Version::number).toList();
            if (json) {
                fields.put("version", version.number());
            }
            fields.put("versions", json ? numbers : numbers.toString().replaceAll("[\\[\\]]", ""));
        }
    }

    /** Empty where an id was typed. @throws NoSuchObjectException where there is no such name or version */
    static Optional<Found> find(Interlock interlock, String typed) throws InterruptedException {
        if (Ids.isId(typed)) {
            return Optional.empty();
        }
        NameVersion wanted = NameVersion.of(typed);
        Named named = interlock.names().find(wanted.name());
        warn(named);
        if (!named.settled()) {
            System.err.println("interlock: the name \"" + wanted.name() + "\" isn't settled: too few providers could be"
                    + " shown what it stands for now");
        }
        return Optional.of(new Found(named.versions(), interlock.names().version(wanted, named)));
    }

    /** Brings names to providers that haven't got them. */
    static void spread(Interlock interlock) throws InterruptedException {
        interlock
                .names()
                .spread()
                .forEach((node, why) ->
                        System.err.println("interlock: " + node + " has perhaps not all of your names: " + why));
    }

    /** A name for what has none. */
    @Command(
            name = "name",
            description = "Gives an object a name; if the name is there already, the object is its next version.",
            mixinStandardHelpOptions = true)
    static final class Give implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "OBJECT", description = "its id, the id's first digits, or another name")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String id;

        @Parameters(index = "1", paramLabel = "NAME", description = "as backups/db.key")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String typed;

        @Option(names = "--json", description = "for programs")
        private boolean json;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private RingOptions ring;

        @Override
        public Integer call() throws InterruptedException {
            String which = Ids.check(id);
            Name name = checked(typed);
            try (Interlock interlock = ring.open()) {
                ObjectId object = Ids.resolve(interlock, which);
                long length = interlock.info(object).token().length();
                Named named = interlock.names().add(name, object, length);
                warn(named);
                tell(
                        named,
                        named.versions().versions().stream()
                                .filter(each -> each.object().equals(object))
                                .findFirst(),
                        json);
                return 0;
            }
        }
    }

    private static void tell(Named named, Optional<NameContent.Version> which, boolean json) {
        NameContent.Version newest = which.or(named.versions()::newest).orElseThrow();
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("name", named.versions().name().text());
        said.put("version", newest.number());
        said.put("object", newest.object().toString());
        System.out.println(
                json ? Output.json(said) : named.versions().name() + "@" + newest.number() + " is " + newest.object());
    }

    /** Another name. */
    @Command(
            name = "mv",
            description = {
                "Gives what has a name another name, with all its versions and their numbers; no object moves.",
                "The new name is set before the old one goes: if it breaks off between, repeat it."
            },
            mixinStandardHelpOptions = true)
    static final class Move implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "NAME", description = "what it is called")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String from;

        @Parameters(index = "1", paramLabel = "NEW-NAME", description = "what to call it; no name that is there")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String to;

        @Option(names = "--json", description = "for programs")
        private boolean json;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private RingOptions ring;

        @Override
        public Integer call() throws InterruptedException {
            Name before = Name.of(from);
            Name after = checked(to);
            try (Interlock interlock = ring.open()) {
                Named named = interlock.names().move(before, after);
                warn(named);
                tell(named, Optional.empty(), json);
                return 0;
            }
        }
    }

    /** The end of names, and of what they stand for. */
    @Command(
            name = "rm",
            description = {
                "Destroys the objects that a name stands for, all its versions, and takes the name away; with @N that version alone.",
                "It asks first. With --keep the objects stay, and are found by their ids."
            },
            mixinStandardHelpOptions = true)
    static final class Remove implements Callable<Integer> {
        @Parameters(paramLabel = "NAME", arity = "1..*", description = "as backups/db.key, or backups/db.key@2")
        private List<String> typed = new ArrayList<>();

        @Option(names = "--keep", description = "take the name away, and destroy nothing")
        private boolean keep;

        @Option(
                names = {"-y", "--yes"},
                description = "don't ask")
        private boolean yes;

        @Option(names = "--json", description = "for programs")
        private boolean json;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private RingOptions ring;

        @Override
        public Integer call() throws InterruptedException {
            List<NameVersion> names = typed.stream().map(NameVersion::of).toList();
            if (!keep && !yes && (json || !Output.terminal())) {
                throw new BadInputException("rm destroys what a name stands for, for ever, and there's nobody to ask:"
                        + " give --yes, or --keep to take the name alone away");
            }
            try (Interlock interlock = ring.open()) {
                List<Map<String, Object>> done = new ArrayList<>();
                int code = 0;
                for (NameVersion name : names) {
                    int one = remove(interlock, name, done);
                    code = code == 0 ? one : code;
                }
                if (json) {
                    System.out.println(Output.json(done));
                }
                return code;
            }
        }

        private int remove(Interlock interlock, NameVersion name, List<Map<String, Object>> done)
                throws InterruptedException {
            Named named = interlock.names().find(name.name());
            NameContent.Version wanted = interlock.names().version(name, named);
            Set<ObjectId> objects = new LinkedHashSet<>();
            if (name.version().isPresent()) {
                objects.add(wanted.object());
            } else {
                named.versions().versions().forEach(each -> objects.add(each.object()));
            }
            if (!keep && !yes && !agreed(name, objects.size())) {
                System.err.println("interlock: " + name + " left alone");
                return Main.FAILED;
            }
            Interruption.means(() -> "and the name \"" + name + "\" may be left: repeat it");
            // First what it stands for: a name whose objects are still there isn't forgotten.
            if (!keep) {
                for (ObjectId object : objects) {
                    Destruction destruction = interlock.destroy(object, List.of(), _ -> {});
                    if (destruction.unrecoverableSince().isEmpty()) {
                        destruction
                                .failures()
                                .forEach((node, why) ->
                                        System.err.println("interlock: " + node + " didn't erase its share: " + why));
                        System.err.println("interlock: " + object + " can still be opened, so " + name
                                + " stays; repeat it when more providers can be reached");
                        return Main.TOO_FEW;
                    }
                    if (!json) {
                        System.out.println(object + ": "
                                + (destruction.missing() == 0
                                        ? "destroyed"
                                        : destruction.missing() + " of "
                                                + interlock.ring().threshold().n()
                                                + " haven't signed that they erased their share, and will be told"));
                    }
                }
            }
            Named left = interlock.names().remove(name.name(), objects);
            warn(left);
            Map<String, Object> said = new LinkedHashMap<>();
            said.put("name", name.toString());
            said.put("objects", objects.stream().map(ObjectId::toString).toList());
            said.put("destroyed", !keep);
            done.add(said);
            if (!json) {
                System.out.println(name
                        + (keep ? " taken away from " : " removed, with ")
                        + Output.count(objects.size(), "object"));
            }
            return 0;
        }

        private static boolean agreed(NameVersion name, int count) {
            return Output.answer("Destroy " + Output.count(count, "object") + " of " + name + " for ever? [y/N] ")
                    .filter(answer -> answer.strip().matches("[yY]|[yY]es"))
                    .isPresent();
        }
    }
}
