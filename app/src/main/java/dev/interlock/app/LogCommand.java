package dev.interlock.app;

import dev.interlock.node.NodeFolder;
import dev.interlock.node.UserList;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.log.Head;
import dev.interlock.node.log.Line;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
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
        @Parameters(paramLabel = "PATH", description = "a node's folder, or a copy of its audit.log")
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

        /** @throws IntegrityException unless all of it holds */
        LogCheck check(Consumer<Line> each) throws IOException {
            LogCheck log = LogCheck.verify(file(), kept(), each);
            Optional<RingDescriptor> descriptor = ring.descriptorIfGiven();
            if (descriptor.isPresent()) {
                NodeCard card = descriptor
                        .get()
                        .node(log.node())
                        .orElseThrow(() -> wrong("the ring has no node " + log.node()));
                if (!card.key().equals(log.key())) {
                    throw wrong("the log is signed with " + log.key() + ", and the key of " + log.node()
                            + " in the ring is " + card.key());
                }
            }
            return log;
        }

        Path file() {
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

        private IntegrityException wrong(String why) {
            return new IntegrityException(file() + ", line 1: " + why, List.of());
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
            LogCheck log = source.check(line -> {});
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
            if (json) {
                System.out.println(Output.json(fields));
                return 0;
            }
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
            return 0;
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
            System.out.println(source.check(line -> {}).head().line().text());
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
            LogCheck log = source.check(line -> {
                if (id != null && line.fields().getOrDefault("object", "").startsWith(id)) {
                    Stream.of("session", "generation")
                            .map(line.fields()::get)
                            .filter(Objects::nonNull)
                            .forEach(sessions::add);
                }
            });
            var _ = LogCheck.verify(source.file(), Optional.empty(), line -> {
                if (line.sequence() <= log.entries()
                        && (id == null
                                || line.fields().getOrDefault("object", "").startsWith(id)
                                || sessions.contains(line.fields().getOrDefault("session", ""))
                                || sessions.contains(line.fields().getOrDefault("generation", "")))) {
                    System.out.println(full ? line.text() : names.line(line));
                }
            });
            return 0;
        }
    }
}
