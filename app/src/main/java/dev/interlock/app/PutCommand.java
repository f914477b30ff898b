package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.PutOptions;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock put FILE}. */
@Command(
        name = "put",
        description =
                "Stores a file with all providers of the ring and prints the object's id; with --name it can be asked for by that.",
        mixinStandardHelpOptions = true)
final class PutCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "what to store; - reads standard input")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String file;

    @Option(
            names = "--allow-degraded",
            paramLabel = "K",
            description = "put although up to K providers can't be reached: their shares wait for them at others"
                    + " (protocols 2 and 3; default: ${DEFAULT-VALUE})",
            defaultValue = "0")
    private int allowDegraded;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "what to call it, as backups/db.key; if the name is there already, this is its next version")
    private @Nullable String name;

    @Option(names = "--json", description = "for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private SchemeOptions scheme;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Scheme chosen = scheme.scheme();
        Optional<Name> called = Optional.ofNullable(name).map(NameCommands::checked);
        try (Interlock interlock = ring.open();
                UserKeyTarget userKey = UserKeyTarget.create(scheme.userKeyFile());
                Input input = file.equals("-") ? Input.standard() : Input.file(Path.of(file));
                Progress progress = new Progress("put", "checking that any t providers open it")) {
            PutOptions options = scheme.with(userKey.output()).allowingDegraded(allowDegraded);
            warn(chosen, interlock.ring());
            interlock.onRepeat(why -> System.err.println("interlock: " + why.explanation()
                    + ". It's put again, with every provider signing for what it hands on"));
            Interruption.means(() -> progress.allPassed()
                    ? "and whether it was stored isn't known: `interlock ls` shows it if it was"
                    : "nothing stored");
            progress.start(input.length());
            Token token;
            try {
                token = interlock.put(input.channel(), input.length(), options, progress);
            } catch (TooFewProvidersException e) {
                throw advised(e, chosen, interlock.ring());
            } finally {
                progress.end();
            }
            List<String> missing = token.missing().stream()
                    .map(x -> interlock.ring().provider(x).name())
                    .toList();
            if (!missing.isEmpty()) {
                System.err.println("interlock: put without " + String.join(", ", missing)
                        + ". What is theirs waits for them at others; `interlock info " + token.object()
                        + "` tells when they have it");
            }
            Interruption.means(
                    () -> "stored as object " + token.object() + ", and whether it has its name isn't known");
            Optional<NameCommands.Given> given =
                    called.map(each -> NameCommands.give(interlock, each, token.object(), input.length()));
            Map<String, Object> said = new LinkedHashMap<>();
            said.put("object", token.object().toString());
            said.put("length", input.length());
            said.put("protocol", chosen.protocol());
            said.put("profile", chosen.profile().text());
            said.put("missing", missing);
            given.flatMap(NameCommands.Given::version).ifPresent(version -> {
                said.put("name", called.orElseThrow().text());
                said.put("version", version);
            });
            System.out.println(json ? Output.json(said) : token.object().toString());
            if (StandardOutput.failed().isPresent()) {
                System.err.println("interlock: stored all the same, as object " + token.object());
            }
            return given.map(each -> each.exit(token.object(), allowDegraded > 0, json))
                    .orElse(0);
        }
    }

    /** With what would let the put go through although some are missing, where anything does. */
    private TooFewProvidersException advised(TooFewProvidersException error, Scheme chosen, RingDescriptor ring) {
        Threshold threshold = ring.threshold();
        if (!chosen.blinded() || chosen.sealed() || ring.dealers().size() > 1) {
            return error;
        }
        int missing = threshold.n() - error.available();
        if (error.available() > threshold.t()) {
            return missing > allowDegraded ? error.advising(new Advice.WriteWithout(missing)) : error;
        }
        return error.advising(new Advice.WritersNeeded(threshold.t() + 1, threshold.n()));
    }

    /** What the user must know before it's too late. */
    private void warn(Scheme chosen, RingDescriptor descriptor) {
        scheme.userKeyFile()
                .ifPresent(
                        share -> System.err.println(
                                "interlock: " + share
                                        + (chosen.blinded()
                                                ? " will be the key of this object: without it nobody can ever open it, not even all "
                                                        + descriptor.threshold().n()
                                                        + " providers together. Keep a copy of it."
                                                : " will be your share of this object: without it you can't get it back. Keep a copy of it.")));
        if (!chosen.blinded()) {
            System.err.println("interlock: " + Leak.of(chosen, descriptor.threshold()));
        }
    }

    /** Bytes whose number is known, as a put needs them. */
    private record Input(ReadableByteChannel channel, long length, AutoCloseable closing) implements AutoCloseable {
        static Input file(Path path) throws IOException {
            try {
                if (Files.isDirectory(path)) {
                    throw new BadInputException(path + " is a folder; put takes a file (tar -c " + path
                            + " | interlock put - stores a folder)");
                }
                if (Files.exists(path) && !Files.isRegularFile(path)) {
                    return spooled(FileChannel.open(path));
                }
                FileChannel channel = FileChannel.open(path);
                Optional<SourceFile> whole = SourceFile.open(path, channel);
                if (whole.isEmpty()) {
                    try (channel) {
                        return spooled(channel);
                    }
                }
                return new Input(whole.get(), whole.get().size(), whole.get());
            } catch (NoSuchFileException e) {
                throw new BadInputException("there's no file " + path);
            }
        }

        static Input standard() throws IOException {
            Input input = spooled(Channels.newChannel(System.in));
            if (input.length() == 0) {
                // The program before the pipe may have failed; a shell doesn't tell.
                System.err.println("interlock: standard input was empty: an object of 0 bytes is stored");
            }
            return input;
        }

        private static Input spooled(ReadableByteChannel source) throws IOException {
            Spool spool = Spool.of(source, new SecureRandom());
            return new Input(spool, spool.length(), spool);
        }

        @Override
        public void close() throws IOException {
            try {
                closing.close();
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}
