package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.client.Interlock;
import dev.interlock.client.ProviderRecord;
import dev.interlock.client.RecordFile;
import dev.interlock.client.login.CredentialSource;
import dev.interlock.client.login.Session;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.file.FileProblem;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every command that speaks to a ring takes. */
final class RingOptions {
    @Option(
            names = "--ring",
            paramLabel = "PATH",
            description = "the ring's descriptor, or the folder of `ring create` (default: $INTERLOCK_RING)")
    private @Nullable Path ring;

    @Option(
            names = "--credential",
            paramLabel = "FILE",
            description = "who you are (default: $INTERLOCK_CREDENTIAL, or the one in the ring's folder)")
    private @Nullable Path credential;

    @Option(
            names = "--stall",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "how long a provider may be silent before others take its place (default: ${DEFAULT-VALUE})")
    private double stallSeconds;

    @Mixin
    private LoginOptions login = new LoginOptions();

    private Password.@Nullable Source passwords;

    /** Of the login by which {@link #open} knows who the user is. */
    private @Nullable Session session;

    RingOptions() {}

    private RingOptions(Path ring, @Nullable Path credential, double stallSeconds) {
        this.ring = ring;
        this.credential = credential;
        this.stallSeconds = stallSeconds;
    }

    /** The same for another ring, where one is who one is here unless a file says otherwise. */
    RingOptions at(Path other, @Nullable Path otherCredential) {
        Path own = Files.isDirectory(other) ? other.resolve(RingFolder.CREDENTIAL) : null;
        Path who =
                otherCredential != null ? otherCredential : own != null && Files.exists(own) ? own : credentialFile();
        return new RingOptions(other, who, stallSeconds);
    }

    Interlock open() throws InterruptedException {
        RingDescriptor descriptor = descriptor();
        Clock clock = Clock.systemUTC();
        Optional<RecordFile> file = recordFile(descriptor);
        ProviderRecord record = file.map(each -> each.read(clock))
                .orElseGet(() -> new ProviderRecord(ProviderRecord.State.EMPTY, clock));
        Deadlines deadlines = deadlines();
        Credential who = credential();
        Interlock interlock = Visit.current()
                .flatMap(visit -> visit.connections(deadlines))
                .map(warm -> Interlock.open(descriptor, who, warm, record))
                .orElseGet(() -> Interlock.open(descriptor, who, deadlines, record));
        interlock.onLie(evidence -> EvidenceCommand.keep(descriptor, evidence));
        interlock.onClose(() -> {
            forgetLogin();
            file.ifPresent(each -> each.save(record));
        });
        return interlock;
    }

    private void forgetLogin() {
        if (session != null) {
            session.close();
            session = null;
        }
    }

    /** Who the user is: by a login where one is asked for, else by a file. */
    private Credential credential() throws InterruptedException {
        Optional<UserName> user = login.user();
        CredentialSource source = user.isPresent()
                ? () -> {
                    Session unsealed = login(user.get());
                    session = unsealed;
                    return unsealed.credential();
                }
                : () -> CredentialFile.read(SecretFile.check(credentialFile(), "the credential"));
        return source.unseal();
    }

    /** Has the login that {@link #open} made, if it did, shared anew among the ring's providers. */
    void reshareLogin() throws InterruptedException {
        if (session != null) {
            UserCommand.reshare(this, session);
        }
    }

    /** A login at this ring, with the password that is asked for. */
    Session login(UserName name) throws InterruptedException {
        RingDescriptor descriptor = descriptor();
        byte[] password = Password.bytes(password("Password of " + name + " at " + descriptor.name() + ": "));
        try {
            return LoginOptions.login(Lock.Kind.PASSWORD, password, name, descriptor, deadlines());
        } finally {
            Arrays.fill(password, (byte) 0);
        }
    }

    /** From the terminal or the descriptor, one after another; the caller wipes it. */
    char[] password(String prompt) {
        return passwords().read(prompt);
    }

    char[] newPassword(String prompt) {
        return passwords().readNew(prompt);
    }

    private Password.Source passwords() {
        Password.Source source = passwords;
        if (source == null) {
            source = Password.Source.of(login.descriptor());
            passwords = source;
        }
        return source;
    }

    /** Where this user's record of the ring's providers is kept; empty if none is. */
    static Optional<RecordFile> recordFile(RingDescriptor ring) {
        return recordFolder(Visit.environment())
                .map(Visit::absolute)
                .map(folder -> new RecordFile(folder, ring, warning -> System.err.println("interlock: " + warning)));
    }

    /**
     * As the XDG base directory specification has it, which calls for passing over a relative path; empty for a user
     * without a home.
     */
    static Optional<Path> recordFolder(Map<String, String> environment) {
        String named = environment.getOrDefault("INTERLOCK_RECORD", "");
        if (!named.isEmpty()) {
            return named.equals("off") ? Optional.empty() : Optional.of(Path.of(named));
        }
        // The platform's user.home comes from the password file, and is "?" for a user who isn't in it.
        return absolute(environment.getOrDefault("XDG_STATE_HOME", ""))
                .or(() -> absolute(environment.getOrDefault("HOME", System.getProperty("user.home", "")))
                        .map(home -> home.resolve(".local").resolve("state")))
                .map(state -> state.resolve("interlock"));
    }

    private static Optional<Path> absolute(String folder) {
        return Optional.of(Path.of(folder)).filter(Path::isAbsolute);
    }

    Deadlines deadlines() {
        if (!(stallSeconds >= 0.1 && stallSeconds <= 3600)) {
            throw new BadInputException("--stall must be 0.1 to 3600 seconds, not " + stallSeconds);
        }
        return Deadlines.stallAfter(Duration.ofMillis((long) (stallSeconds * 1000)));
    }

    RingDescriptor descriptor() {
        Path path = ringPath();
        return read(Files.isDirectory(path) ? path.resolve(RingFolder.DESCRIPTOR) : path);
    }

    /** The ring, where one is named. */
    Optional<RingDescriptor> descriptorIfGiven() {
        return given(ring, "INTERLOCK_RING").isPresent() ? Optional.of(descriptor()) : Optional.empty();
    }

    static RingDescriptor read(Path file) {
        try {
            return RingDescriptor.open(SmallFile.readDocument(file));
        } catch (IOException e) {
            throw new BadInputException("can't read the ring descriptor " + FileProblem.at(file, e));
        }
    }

    /** The files that the command speaks to the ring with: ring, credential, and what lies beside them in a ring's folder. */
    List<Path> files() {
        List<Path> files = new ArrayList<>();
        if (login.user().isEmpty()) {
            files.add(credentialFile());
        }
        Path path = ringPath();
        if (Files.isDirectory(path)) {
            files.addAll(List.of(
                    path.resolve(RingFolder.DESCRIPTOR),
                    path.resolve(RingFolder.CREDENTIAL),
                    path.resolve(RingFolder.RING_KEY)));
        } else {
            files.add(path);
        }
        recordFile(descriptor()).ifPresent(record -> files.add(record.path()));
        return files;
    }

    private Path ringPath() {
        return given(ring, "INTERLOCK_RING")
                .orElseThrow(() -> new BadInputException(
                        "which ring? Give --ring PATH or set INTERLOCK_RING to a descriptor or to a folder made by"
                                + " `interlock ring create`"));
    }

    Path credentialFile() {
        return given(credential, "INTERLOCK_CREDENTIAL").orElseGet(() -> {
            Path path = ringPath();
            if (Files.isDirectory(path)) {
                return path.resolve(RingFolder.CREDENTIAL);
            }
            throw new BadInputException("who are you? Give --credential FILE or set INTERLOCK_CREDENTIAL");
        });
    }

    private static Optional<Path> given(@Nullable Path option, String variable) {
        if (option != null) {
            return Optional.of(option);
        }
        return Optional.ofNullable(Visit.environment().get(variable))
                .filter(value -> !value.isEmpty())
                .map(Path::of);
    }
}
