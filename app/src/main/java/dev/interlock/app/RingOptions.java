package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.client.Interlock;
import dev.interlock.client.ProviderRecord;
import dev.interlock.client.RecordFile;
import dev.interlock.client.login.Session;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
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

    /** Of another ring, where the session counts that is held for this one; null for its own. */
    private @Nullable RingId sessionOf;

    private RingOptions(Path ring, @Nullable Path credential, double stallSeconds, @Nullable RingId sessionOf) {
        this.ring = ring;
        this.credential = credential;
        this.stallSeconds = stallSeconds;
        this.sessionOf = sessionOf;
    }

    /** The same for another ring, where one is who one is here unless a file says otherwise. */
    RingOptions at(Path other, @Nullable Path otherCredential) {
        Path own = Files.isDirectory(other) ? other.resolve(RingFolder.CREDENTIAL) : null;
        Path file = otherCredential != null ? otherCredential : own != null && Files.exists(own) ? own : null;
        if (file == null && hasSession()) {
            return new RingOptions(other, null, stallSeconds, descriptor().id());
        }
        return new RingOptions(other, file == null ? credentialFile() : file, stallSeconds, null);
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

    /**
     * Who the user is: by a login where one is asked for; by the file that is named; by the session that the agent holds; else by the
     * file in the ring's folder.
     */
    private Credential credential() throws InterruptedException {
        Optional<UserName> user = login.user();
        if (user.isPresent()) {
            Session unsealed = login(user.get());
            session = unsealed;
            return unsealed.credential();
        }
        if (namedCredential().isEmpty() && Visit.current().isPresent()) {
            Optional<Credential> held = Visit.current().get().session(sessionRing());
            if (held.isPresent()) {
                return held.get();
            }
        }
        return CredentialFile.read(SecretFile.check(credentialFile(), "the credential"));
    }

    /**
     * Who is logged in at this ring, for a command that names nobody.
     *
     * @throws BadInputException where nobody is, or the agent doesn't do this command
     */
    UserName loggedIn() {
        return Visit.current()
                .flatMap(visit -> visit.user(descriptor().id()))
                .map(LoginOptions::name)
                .orElseThrow(this::nobody);
    }

    /** Theirs, for this command; the caller closes it. */
    Credential loggedInCredential() {
        return Visit.current()
                .flatMap(visit -> visit.session(descriptor().id()))
                .orElseThrow(this::nobody);
    }

    private BadInputException nobody() {
        return new BadInputException("whose? " + heldElsewhere()
                + "Give NAME, whose password is asked for then, or log in with `interlock user login NAME`");
    }

    private RingId sessionRing() {
        return sessionOf == null ? descriptor().id() : sessionOf;
    }

    /** Whether the command is done by an agent that holds a session for it. */
    private boolean hasSession() {
        return login.user().isEmpty()
                && namedCredential().isEmpty()
                && Visit.current()
                        .filter(visit -> visit.hasSession(sessionRing()))
                        .isPresent();
    }

    private void forgetLogin() {
        if (session != null) {
            session.close();
            session = null;
        }
    }

    /** Has the login that {@link #open} made, if it did, shared anew among the ring's providers. */
    void reshareLogin() throws InterruptedException {
        if (session != null) {
            UserCommand.reshare(this, session);
        } else if (hasSession()) {
            // What the agent holds opens no lock.
            System.err.println(
                    "interlock: the login's own shares stay as they are; `interlock user refresh NAME` has them"
                            + " made anew, with the password");
        }
    }

    /** A login at this ring, with the password that is asked for. */
    Session login(UserName name) throws InterruptedException {
        RingDescriptor descriptor = descriptor();
        byte[] password = Password.bytes(password("Password of " + name + " at " + descriptor.name() + ": "));
        try {
            return login(name, Lock.Kind.PASSWORD, password);
        } finally {
            Arrays.fill(password, (byte) 0);
        }
    }

    /** A login; where a change of the root secret broke off before, it goes on with that first. */
    Session login(UserName name, Lock.Kind kind, byte[] secret) throws InterruptedException {
        RingDescriptor descriptor = descriptor();
        Session opened = LoginOptions.login(kind, secret, name, descriptor, deadlines());
        try {
            return NewRoot.finish(opened, descriptor, deadlines(), System.err);
        } catch (InterlockException | InterruptedException e) {
            opened.close();
            throw e;
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
        if (login.user().isEmpty() && !hasSession()) {
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

    /** The file that is named for this command, where one is: it goes before a session. */
    Optional<Path> namedCredential() {
        return given(credential, "INTERLOCK_CREDENTIAL");
    }

    /** The credential in the ring's folder, where there is one: a session goes before it. */
    Optional<Path> folderCredential() {
        return Optional.of(ringPath())
                .filter(Files::isDirectory)
                .map(path -> path.resolve(RingFolder.CREDENTIAL))
                .filter(Files::exists);
    }

    Path credentialFile() {
        return namedCredential().orElseGet(() -> {
            Path path = ringPath();
            if (Files.isDirectory(path)) {
                return path.resolve(RingFolder.CREDENTIAL);
            }
            throw new BadInputException("who are you? " + heldElsewhere()
                    + "Give --credential FILE, set INTERLOCK_CREDENTIAL, or log in with `interlock user login NAME`");
        });
    }

    /** A command that does its own work has no session, though its user may be logged in. */
    private String heldElsewhere() {
        if (Visit.current().isPresent()) {
            return "";
        }
        RingId id = descriptor().id();
        return AgentSessions.held(Visit.environment()).stream()
                .filter(each -> each.ring().equals(id))
                .map(each -> "The agent holds a session of " + each.user()
                        + ", and didn't do this command (docs/agent.md says when). ")
                .findFirst()
                .orElse("");
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
