package dev.interlock.app;

import dev.interlock.node.NodeFolder;
import dev.interlock.node.UserList;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.log.Head;
import dev.interlock.node.log.Line;
import dev.interlock.node.log.LogBinding;
import dev.interlock.node.log.LogCheck;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock log verify}, {@code interlock log head} and {@code interlock log show}. */
@Command(
        name = "log",
        description = "Checks and shows the audit log of a node, offline.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {LogCommand.Verify.class, LogCommand.PrintHead.class, LogCommand.Show.class})
final class LogCommand implements Runnable {
    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "verify, head or show?");
    }

    /** Which log, and what it is checked against. */
    static final class Source {
        @Parameters(
                paramLabel = "PATH",
                description = "a node's folder, with the logs of all its processes, or a copy of one")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Path path;

        @Option(
                names = "--since",
                paramLabel = "HEAD",
                description = "a head that was kept: a file with the line that `log head` printed, or the line itself")
        private @Nullable String since;

        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private RingOptions ring;

        /** Those of all processes of the node, by their numbers; one where the path is a log. */
        NavigableMap<Integer, Path> files() {
            NavigableMap<Integer, Path> files = new TreeMap<>();
            if (Files.isDirectory(path) && Files.exists(path.resolve("card"))) {
                NodeFolder node = NodeFolder.open(path);
                node.logs().forEach(files::put);
            }
            if (files.isEmpty()) {
                files.put(1, file());
            }
            return files;
        }

        /** @throws IntegrityException unless all of them hold, by themselves and beside each other */
        Map<Integer, LogCheck> checkAll(BiConsumer<Integer, Line> each) throws IOException {
            NavigableMap<Integer, Path> files = files();
            if (files.size() == 1) {
                Map.Entry<Integer, Path> only = files.firstEntry();
                return Map.of(only.getKey(), check(only.getValue(), kept(), line -> each.accept(only.getKey(), line)));
            }
            Map<Integer, LogCheck> all = new TreeMap<>();
            Optional<String> head = kept().map(kept -> kept.line().text());
            AtomicBoolean found = new AtomicBoolean(head.isEmpty());
            for (Map.Entry<Integer, Path> file : files.entrySet()) {
                all.put(file.getKey(), check(file.getValue(), Optional.empty(), line -> {
                    if (head.equals(Optional.of(line.text()))) {
                        found.set(true);
                    }
                    each.accept(file.getKey(), line);
                }));
            }
            if (!found.get()) {
                throw new IntegrityException(
                        "the head that was kept is in none of the logs in " + path + ": one was cut off or rewritten",
                        List.of());
            }
            long _ = LogBinding.verify(files);
            return all;
        }

        private LogCheck check(Path file, Optional<Head> since, Consumer<Line> each) throws IOException {
            LogCheck log = LogCheck.verify(file, since, each);
            Optional<RingDescriptor> descriptor = ring.descriptorIfGiven();
            if (descriptor.isPresent()) {
                NodeCard card = descriptor
                        .get()
                        .node(log.node())
                        .orElseThrow(() -> wrong(file, "the ring has no node " + log.node()));
                if (!card.key().equals(log.key())) {
                    throw wrong(
                            file,
                            "the log is signed with " + log.key() + ", and the key of " + log.node()
                                    + " in the ring is " + card.key());
                }
            }
            return log;
        }

        private Path file() {
            Path file = path;
            try {
                if (Files.readAttributes(file, BasicFileAttributes.class).isDirectory()) {
                    file = path.resolve(AuditLog.FILE);
                }
                if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
                    throw new BadInputException("there's no log " + file + ": it isn't a file");
                }
                return file;
            } catch (NoSuchFileException e) {
                throw new BadInputException("there's no log " + file);
            } catch (IOException e) {
                throw new BadInputException("can't read the log " + FileProblem.at(file, e));
            }
        }

        Optional<RingDescriptor> descriptor() {
            return ring.descriptorIfGiven();
        }

        /** The users of the node whose folder this is; none where it's a copy of the log alone. */
        Map<String, String> users() {
            return Files.isDirectory(path) ? allowed(NodeFolder.open(path)) : Map.of();
        }

        private static Map<String, String> allowed(NodeFolder node) {
            Map<String, String> names = new LinkedHashMap<>();
            new UserList(node).all().forEach(user -> names.put(user.key().toString(), user.name()));
            return names;
        }

        private static IntegrityException wrong(Path file, String why) {
            return new IntegrityException(file + ", line 1: " + why, List.of());
        }

        String keyFrom() {
            return ring.descriptorIfGiven()
                    .map(named -> "as the ring " + named.name() + " names it")
                    .orElse("as the log itself says; --ring RING checks whose it is");
        }

        private Optional<Head> kept() throws IOException {
            if (since == null) {
                return Optional.empty();
            }
            Path file = Path.of(since);
            if (since.indexOf(' ') < 0 && !Files.isRegularFile(file)) {
                throw new BadInputException("there's no file " + since + " with a head");
            }
            return Optional.of(Head.parse(Files.isRegularFile(file) ? Files.readString(file) : since));
        }
    }

    /** Checks all of it. */
    @Command(
            name = "verify",
            description = "Checks every line and signature of an audit log, and says what it covers.",
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Source source;

        @Option(names = "--json", description = "for programs")
        private boolean json;

        @Override
        public Integer call() throws IOException {
            Map<Integer, LogCheck> logs = source.checkAll((process, line) -> {});
            if (logs.size() > 1) {
                if (json) {
                    System.out.println(Output.json(logs.entrySet().stream()
                            .map(log -> {
                                Map<String, Object> fields = new LinkedHashMap<>();
                                fields.put("process", log.getKey());
                                fields.putAll(fields(log.getValue()));
                                return fields;
                            })
                            .toList()));
                    return 0;
                }
                System.out.println("The logs of " + logs.size() + " processes hold, beside each other, too.");
                logs.forEach((process, log) -> {
                    System.out.println();
                    System.out.println("Process " + process + ":");
                    print(log);
                });
                return 0;
            }
            LogCheck log = logs.values().iterator().next();
            if (json) {
                System.out.println(Output.json(fields(log)));
            } else {
                print(log);
            }
            return 0;
        }

        private static Map<String, Object> fields(LogCheck log) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("node", log.node());
            fields.put("key", log.key().toString());
            fields.put("entries", log.entries());
            fields.put("first", log.first().toString());
            fields.put("last", log.last().toString());
            fields.put("signed", log.head().signedSequence());
            fields.put("unsigned", log.unsigned());
            fields.put("recovered", log.recovered());
            fields.put("clockSetBack", log.steppedBack());
            fields.put("head", log.head().line().text());
            return fields;
        }

        private void print(LogCheck log) {
            System.out.println("The log of " + log.node() + " holds: "
                    + (log.entries() == 1 ? "1 entry" : log.entries() + " entries") + ", from "
                    + Output.time(log.first()) + " to " + Output.time(log.last()) + ".");
            System.out.println("key     " + log.key() + " (" + source.keyFrom() + ")");
            System.out.println("signed  up to entry " + log.head().signedSequence() + ", at "
                    + log.head().line().time()
                    + (log.unsigned() == 0 ? "" : "; the " + log.unsigned() + " entries after that are only chained"));
            if (log.recovered() > 0) {
                System.out.println("crashes " + Output.count(log.recovered(), "time")
                        + " a torn end was set aside, see RECOVERED");
            }
            if (log.steppedBack() > 0) {
                System.out.println("clock   " + Output.count(log.steppedBack(), "time") + " it was set back");
            }
            System.out.println("head    " + log.head().line().text());
        }
    }

    /** For keeping elsewhere. */
    @Command(
            name = "head",
            description = "Checks an audit log and prints its last signed head, one line to keep elsewhere.",
            mixinStandardHelpOptions = true)
    static final class PrintHead implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Source source;

        @Override
        public Integer call() throws IOException {
            source.checkAll((process, line) -> {})
                    .values()
                    .forEach(log -> System.out.println(log.head().line().text()));
            return 0;
        }
    }

    /** What it says of one object, or of all. */
    @Command(
            name = "show",
            description = {
                "Checks an audit log and prints its lines: names where they are known, and the first digits of ids;",
                "--full for the lines as they are."
            },
            mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Source source;

        @Option(names = "--object", paramLabel = "ID", description = "only what concerns this object and its sessions")
        private @Nullable String object;

        @Option(names = "--full", description = "the lines as they are, every digit of them")
        private boolean full;

        @Override
        public Integer call() throws IOException {
            // An entry may come before the one that says which object its session, or its generation, is of.
            Set<String> sessions = new HashSet<>();
            LogNames names = new LogNames(source.descriptor(), source.users());
            String id = object == null ? null : Ids.checkId(object);
            Map<Integer, LogCheck> logs = source.checkAll((process, line) -> {
                if (id != null && line.fields().getOrDefault("object", "").startsWith(id)) {
                    Stream.of("session", "generation")
                            .map(line.fields()::get)
                            .filter(Objects::nonNull)
                            .forEach(sessions::add);
                }
            });
            for (Map.Entry<Integer, Path> file : source.files().entrySet()) {
                long entries = Objects.requireNonNull(logs.get(file.getKey())).entries();
                String process = logs.size() == 1 ? "" : file.getKey() + "  ";
                var _ = LogCheck.verify(file.getValue(), Optional.empty(), line -> {
                    if (line.sequence() <= entries
                            && (id == null
                                    || line.fields().getOrDefault("object", "").startsWith(id)
                                    || sessions.contains(line.fields().getOrDefault("session", ""))
                                    || sessions.contains(line.fields().getOrDefault("generation", "")))) {
                        System.out.println(process + (full ? line.text() : names.line(line)));
                    }
                });
            }
            return 0;
        }
    }
}
