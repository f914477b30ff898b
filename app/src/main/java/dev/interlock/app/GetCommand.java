package dev.interlock.app;

import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.PrivateKeyFile;
import dev.interlock.client.UserKeyFile;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock get ID -o FILE}. */
@Command(
        name = "get",
        description = "Opens an object with any t providers and writes it to a file, or to standard output.",
        mixinStandardHelpOptions = true)
final class GetCommand implements Callable<Integer> {
    @Parameters(paramLabel = "OBJECT", description = "its name, its id, or the id's first digits")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "where to; without it, or with -, standard output")
    private @Nullable String output;

    @Option(names = "--force", description = "replace the output file if it exists")
    private boolean force;

    @Option(
            names = "--from",
            paramLabel = "NAME",
            split = ",",
            description = "use only these providers, at least t (default: those with the best record)")
    private List<String> from = List.of();

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description = "protocol 1: the private key that `interlock keygen` made")
    private @Nullable Path key;

    @Option(
            names = "--share",
            paramLabel = "FILE",
            description = "protocol 2: the key of this object that `interlock put` wrote")
    private @Nullable Path share;

    @Option(
            names = "--blinds",
            paramLabel = "KIND",
            description = "expanded from 32 bytes, or full: as long as the message (default: expanded)")
    private @Nullable String blinds;

    @Option(
            names = "--route",
            paramLabel = "WAY",
            description = "ring: the object passes the ring; direct: shares straight from their providers, each chunk"
                    + " checked; auto: ring, and direct where that fails (default: auto)")
    private String route = "auto";

    @Option(names = "--json", description = "say on stderr what was done, for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws IOException, InterruptedException {
        String typed = Ids.check(id);
        try (Interlock interlock = ring.open();
                Keys keys = keys();
                Progress progress = new Progress("get", "")) {
            ObjectId object = Ids.resolve(interlock, typed);
            Fetched fetched;
            if (output == null || output.equals("-")) {
                fetched = toStandardOutput(interlock, object, keys.options());
            } else {
                try (OutputFile file = OutputFile.create(Path.of(output), force, needed(interlock, object))) {
                    Interruption.means(() -> output + " not written");
                    fetched = interlock.get(object, file.channel(), keys.options(), progress::start, progress);
                    file.publish();
                }
            }
            progress.end();
            fetched.found()
                    .values()
                    .forEach(
                            what -> System.err.println(
                                    "interlock: " + what
                                            + ". That is this read's finding; nobody else can check it, so there is no evidence of it"));
            fetched.detours().forEach((node, why) -> System.err.println("interlock: skipped " + node + ": " + why));
            if (json) {
                Map<String, Object> said = new LinkedHashMap<>();
                said.put("object", object.toString());
                said.put("length", fetched.token().length());
                said.put("providers", fetched.route());
                said.put("home", fetched.home());
                said.put("found", fetched.found());
                said.put("detours", fetched.detours());
                System.err.println(Output.json(said));
                // Here it is the result.
                return System.err.checkError() ? Main.FAILED : 0;
            }
            return 0;
        }
    }

    /** What the output is never written over: with it the only key of the object could be gone. */
    private List<Path> needed(Interlock interlock, ObjectId object) {
        List<Path> needed = new ArrayList<>(ring.files());
        Stream.of(key, share).flatMap(Stream::ofNullable).forEach(needed::add);
        interlock.ring().everyProvider().forEach(liar -> needed.add(EvidenceCommand.file(object, liar)));
        return needed;
    }

    /** What the user keeps, for as long as the get takes. */
    private record Keys(GetOptions options) implements AutoCloseable {
        @Override
        public void close() {
            options.privateKey().ifPresent(OpeningKey::close);
        }
    }

    private Keys keys() {
        Optional<UserKeyFile> userKey = Optional.ofNullable(share).map(UserKeyFile::open);
        Blinding blinding = SchemeOptions.blinding(blinds);
        Optional<OpeningKey> privateKey = Optional.ofNullable(key).map(PrivateKeyFile::read);
        Keys keys = new Keys(new GetOptions(from, blinding, privateKey, userKey, way()));
        try {
            // Only what is a key is secret.
            Stream.of(key, share).flatMap(Stream::ofNullable).forEach(file -> SecretFile.check(file, "the key"));
            return keys;
        } catch (RuntimeException e) {
            keys.close();
            throw e;
        }
    }

    private GetOptions.Way way() {
        return switch (route) {
            case "auto" -> GetOptions.Way.AUTO;
            case "ring" -> GetOptions.Way.RING;
            case "direct" -> GetOptions.Way.DIRECT;
            default -> throw new BadInputException("--route is ring, direct or auto, not \"" + route + "\"");
        };
    }

    private Fetched toStandardOutput(Interlock interlock, ObjectId object, GetOptions options)
            throws IOException, InterruptedException {
        boolean guarded = output == null && Output.terminal();
        // Not closed: standard output is the process's, not ours.
        WritableByteChannel out = StandardOutput.channel();
        return interlock.get(
                object,
                out,
                options,
                length -> {
                    if (guarded && length > 4096) {
                        throw new BadInputException("the object has " + Output.size(length)
                                + ", too much for a terminal: give -o FILE, or -o - to have it all the same");
                    }
                },
                bytes -> {});
    }
}
