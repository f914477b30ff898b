package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.client.DeviceBook;
import dev.interlock.client.Interlock;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.RecoveryCode;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.Stretching;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.file.FileProblem;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock user …}: a login with a name and a password. */
@Command(
        name = "user",
        description = "Makes and changes logins: a name and a password in place of a credential file.",
        mixinStandardHelpOptions = true,
        subcommands = RootCommand.class,
        synopsisSubcommandLabel = "COMMAND")
final class UserCommand implements Runnable {
    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec.commandLine(),
                "create, adopt, login, logout, whoami, passwd, recover, refresh, root, devices or forget?");
    }

    @Command(
            name = "create",
            description = {
                "Enrols a new user at all nodes of a ring, with a ticket of each node's operator.",
                "Takes all providers. Where one doesn't answer nobody is enrolled: repeat it then, with the same tickets."
            })
    int create(
            @Mixin RingOptions options,
            @Parameters(paramLabel = "NAME", description = "a-z, 0-9, \".\", \"-\", \"_\"") String name,
            @Option(
                            names = "--tickets",
                            paramLabel = "FILE",
                            required = true,
                            description =
                                    "the lines of `interlock provider ticket` and `interlock dealer ticket`, one a"
                                            + " node")
                    Path tickets,
            @Option(names = "--no-recovery", description = "make no recovery code: who forgets the password loses all")
                    boolean noRecovery)
            throws InterruptedException {
        return enrol(options, name, tickets, noRecovery, () -> RootSecret.random(new SecureRandom()));
    }

    @Command(
            name = "adopt",
            description = {
                "Enrols who has a credential file; all that is theirs stays theirs, and the file goes on working.",
                "Takes all providers. Where one doesn't answer nobody is enrolled: repeat it then, with the same tickets."
            })
    int adopt(
            @Mixin RingOptions options,
            @Parameters(paramLabel = "NAME", description = "a-z, 0-9, \".\", \"-\", \"_\"") String name,
            @Option(
                            names = "--tickets",
                            paramLabel = "FILE",
                            required = true,
                            description =
                                    "the lines of `interlock provider ticket` and `interlock dealer ticket`, one a"
                                            + " node")
                    Path tickets,
            @Option(names = "--no-recovery", description = "make no recovery code") boolean noRecovery)
            throws InterruptedException {
        return enrol(
                options,
                name,
                tickets,
                noRecovery,
                () -> new RootSecret(
                        CredentialFile.readSecret(SecretFile.check(options.credentialFile(), "the credential"))));
    }

    private static int enrol(
            RingOptions options, String text, Path ticketFile, boolean noRecovery, Supplier<RootSecret> rootOf)
            throws InterruptedException {
        UserName name = LoginOptions.name(text);
        RingDescriptor ring = options.descriptor();
        Deadlines deadlines = options.deadlines();
        Map<String, String> tickets = tickets(ticketFile);
        SecureRandom random = new SecureRandom();
        byte[] code = RecoveryCode.random(random);
        char[] typed = options.newPassword("New password of " + name + " at " + ring.name() + ": ");
        tellStrength(typed);
        byte[] password = Password.bytes(typed);
        try (Logins logins = new Logins(ring, deadlines, random, Clock.systemUTC());
                RootSecret root = rootOf.get()) {
            Accounts.Done done = new Accounts(logins)
                    .enrol(
                            name,
                            root,
                            password,
                            Stretching.standard(random),
                            noRecovery ? Optional.empty() : Optional.of(code),
                            tickets);
            System.out.println(name + " is enrolled at all providers of " + ring.name());
            if (!noRecovery) {
                System.err.println(
                        "interlock: the recovery code opens the login when the password is forgotten. Write it"
                                + " down now; it isn't shown again:");
                char[] words = RecoveryCode.words(code);
                System.err.println(words);
                Arrays.fill(words, '\0');
            }
            done.unserved()
                    .forEach((node, why) ->
                            System.err.println("interlock: " + node + " doesn't serve " + name + " yet: " + why));
            Screen.hint("Log in from anywhere:  interlock user login " + name + " --ring RING");
            return done.unserved().isEmpty() ? 0 : Main.FAILED;
        } finally {
            Arrays.fill(password, (byte) 0);
            Arrays.fill(code, (byte) 0);
        }
    }

    private static void tellStrength(char[] password) {
        System.err.println("interlock: this password is " + Password.strength(password)
                + ". It is what stands between your secrets and whoever has t providers");
    }

    private static Map<String, String> tickets(Path file) {
        try {
            Map<String, String> tickets = new LinkedHashMap<>();
            String text = new String(SmallFile.read(file), StandardCharsets.US_ASCII);
            for (String line : text.lines().map(String::strip).toList()) {
                if (line.isEmpty() || line.startsWith("#")) {
                    continue;
                }
                String[] words = line.split("\\s+", -1);
                if (words.length != 2) {
                    throw new BadInputException(file + " has a line that is no ticket: a node's name and 32 digits of"
                            + " 0-9a-f, as `interlock provider ticket` prints them");
                }
                tickets.put(words[0], words[1]);
            }
            return tickets;
        } catch (IOException e) {
            throw new BadInputException("can't read the tickets " + FileProblem.at(file, e));
        }
    }

    @Command(
            name = "login",
            description = {
                "Logs in. The agent then holds the session, in memory alone, and commands at this ring need nothing else; where"
                        + " none runs, one is started.",
                "It makes this device one that strangers' guesses don't lock out."
            })
    int login(
            @Mixin RingOptions options,
            @Parameters(paramLabel = "NAME", description = "who logs in") String name,
            @Option(
                            names = "--idle",
                            paramLabel = "TIME",
                            defaultValue = "30m",
                            description = "how long without a command until the session is wiped, as in 90s, 30m or 8h"
                                    + " (default: ${DEFAULT-VALUE})")
                    String idle,
            @Option(names = "--no-agent", description = "keep no session: try the password, and have the device known")
                    boolean noAgent)
            throws InterruptedException {
        Duration time = ScheduleDestroyCommand.duration("--idle", idle);
        UserName user = LoginOptions.name(name);
        RingDescriptor ring = options.descriptor();
        try (Session session = options.login(user)) {
            Optional<AgentSessions.Link> agent =
                    noAgent ? Optional.empty() : AgentSessions.Link.openOrStart(System.getenv());
            if (agent.isPresent()) {
                try (AgentSessions.Link link = agent.get()) {
                    link.hold(
                            AgentSessions.ownBuild(),
                            ring,
                            user,
                            time,
                            session.opened().root());
                }
            }
            note(session, user, options);
            System.out.println("logged in as " + user + " at " + ring.name());
            if (agent.isEmpty()) {
                Screen.hint("interlock: no agent holds the session: give --user " + name + " to each command");
                return 0;
            }
            Screen.hint("interlock: the agent holds the session until no command has used it for " + idle
                    + "; `interlock user logout` ends it");
            options.namedCredential()
                    .ifPresent(file -> System.err.println(
                            "interlock: warning: commands that name a credential, as $INTERLOCK_CREDENTIAL does, use that: "
                                    + file));
            options.folderCredential()
                    .ifPresent(file -> System.err.println(
                            "interlock: warning: until then commands go by this session and not by " + file));
        }
        return 0;
    }

    /** Has the user's other devices know of this one, and providers that were away of those that were forgotten; best effort. */
    static void note(Session session, UserName user, RingOptions options) throws InterruptedException {
        RingDescriptor ring = options.descriptor();
        try (DeviceFile device = DeviceFile.open(ring, user);
                Interlock interlock = Interlock.open(ring, session.credential(), options.deadlines())) {
            DeviceBook book = interlock.devices();
            if (device.isKnown()) {
                book.note(device.secret(), DeviceLines.ownLabel());
            }
            tellAbsent(book.tell(user), "may still know a device that was forgotten");
        } catch (InterlockException e) {
            System.err.println(
                    "interlock: this device isn't among those of `interlock user devices` yet: " + e.explanation());
        }
    }

    @Command(
            name = "logout",
            description = "Has the agent wipe the session at the ring that is named, or all of them where none is.")
    int logout(@Mixin RingOptions options, @Option(names = "--all", description = "at all rings") boolean all) {
        Optional<RingId> ring =
                all ? Optional.empty() : options.descriptorIfGiven().map(RingDescriptor::id);
        try (AgentSessions.Link link = AgentSessions.Link.open(System.getenv()).orElse(null)) {
            List<HeldCredentials.Whose> wiped = link == null ? List.of() : link.drop(ring);
            wiped.forEach(each -> System.out.println("logged out: " + each.user() + " at " + each.ringName()));
            if (wiped.isEmpty()) {
                System.out.println("nobody was logged in");
            }
            return 0;
        } catch (IOException e) {
            System.err.println("interlock: the agent doesn't answer, and may hold sessions still: end its process");
            return Main.FAILED;
        }
    }

    @Command(
            name = "whoami",
            description = {
                "Shows whose sessions the agent holds, and when they end if no command uses them.",
                "With a NAME: logs in, and shows the login's record and who answers for it."
            })
    int whoami(
            @Mixin RingOptions options,
            @Parameters(paramLabel = "NAME", arity = "0..1", description = "who logs in") @Nullable String name,
            @Option(names = "--json", description = "for programs") boolean json)
            throws InterruptedException {
        if (name == null) {
            return sessions(options.descriptorIfGiven().map(RingDescriptor::id), json);
        }
        try (Session session = options.login(LoginOptions.name(name))) {
            LoginRecord record = session.record().record();
            Map<String, @Nullable Object> row = new LinkedHashMap<>();
            row.put("user", record.name().text());
            row.put("ring", options.descriptor().name());
            row.put("identity", record.identity().toString());
            row.put("version", json ? record.version() : String.valueOf(record.version()));
            boolean recovery = record.lock(Lock.Kind.RECOVERY).isPresent();
            row.put("recovery", json ? recovery : recovery ? "yes" : "no");
            row.put("wrong", json ? session.wrong() : String.join(", ", session.wrong()));
            row.put(
                    "absent",
                    json
                            ? List.copyOf(session.absent().keySet())
                            : String.join(", ", session.absent().keySet()));
            if (json) {
                System.out.println(Output.json(List.of(row)));
            } else {
                Output.table(List.of(row));
            }
        }
        return 0;
    }

    private static int sessions(Optional<RingId> ring, boolean json) {
        List<Map<String, @Nullable Object>> rows = new ArrayList<>();
        for (HeldCredentials.Whose each : AgentSessions.held(System.getenv())) {
            if (ring.isEmpty() || ring.get().equals(each.ring())) {
                Map<String, @Nullable Object> row = new LinkedHashMap<>();
                row.put("user", each.user());
                row.put("ring", each.ringName());
                row.put("until", Output.time(Instant.now().plus(each.left())));
                rows.add(row);
            }
        }
        if (json) {
            System.out.println(Output.json(rows));
        } else if (rows.isEmpty()) {
            System.err.println("interlock: no agent holds a session" + (ring.isEmpty() ? "" : " at this ring")
                    + ": `interlock user login NAME` makes one");
        } else {
            Output.table(rows);
        }
        return rows.isEmpty() ? Main.FAILED : 0;
    }

    @Command(
            name = "passwd",
            description = {
                "Changes a login's password, with all providers.",
                "With --password-fd it reads two lines: the present password, then the new one."
            })
    int passwd(@Mixin RingOptions options, @Parameters(paramLabel = "NAME", description = "whose") String name)
            throws InterruptedException {
        UserName user = LoginOptions.name(name);
        try (Session session = options.login(user)) {
            return change(options, session);
        }
    }

    @Command(
            name = "recover",
            description = {
                "Gives a login a new password by its recovery code, with all providers.",
                "With --password-fd it reads two lines: the recovery code, then the new password."
            })
    int recover(@Mixin RingOptions options, @Parameters(paramLabel = "NAME", description = "whose") String name)
            throws InterruptedException {
        UserName user = LoginOptions.name(name);
        char[] typed = options.password("Recovery code of " + user + ": ");
        byte[] code;
        try {
            code = RecoveryCode.parse(typed);
        } catch (MalformedException e) {
            throw new BadInputException(String.valueOf(e.getMessage()));
        } finally {
            Arrays.fill(typed, '\0');
        }
        try (Session session = options.login(user, Lock.Kind.RECOVERY, code)) {
            return change(options, session);
        } finally {
            Arrays.fill(code, (byte) 0);
        }
    }

    private static int change(RingOptions options, Session session) throws InterruptedException {
        UserName name = session.record().record().name();
        RingDescriptor ring = options.descriptor();
        char[] typed = options.newPassword("New password of " + name + ": ");
        tellStrength(typed);
        byte[] password = Password.bytes(typed);
        SecureRandom random = new SecureRandom();
        try (Logins logins = new Logins(ring, options.deadlines(), random, Clock.systemUTC())) {
            Accounts.Done done = new Accounts(logins).change(session, password, Stretching.standard(random));
            System.out.println("the new password of " + name + " works");
            System.out.println(
                    done.missing().isEmpty()
                            ? "the old one is dead: no provider has its part of it any more"
                            : "the old one isn't dead yet: " + done.missing().size() + " of "
                                    + ring.providers().size() + " providers still have their part of it ("
                                    + String.join(", ", done.missing()) + "); the next login tells them");
            if (leavesCodeBehind(done.record().record(), ring)) {
                System.err.println("interlock: the recovery code of " + name + " opens nothing any more: too few of the"
                        + " providers that it was shared among are in the ring. `interlock user root rotate " + name
                        + "` makes a new one");
            }
            return 0;
        } finally {
            Arrays.fill(password, (byte) 0);
        }
    }

    private static boolean leavesCodeBehind(LoginRecord record, RingDescriptor ring) {
        return record.lock(Lock.Kind.RECOVERY)
                .filter(lock -> ring.providers().stream()
                                .filter(provider -> lock.keys().containsKey(provider.x()))
                                .count()
                        < lock.t())
                .isPresent();
    }

    @Command(
            name = "refresh",
            description = {
                "Has all providers share a login's keys anew; the password stays. What was stolen of fewer than t providers before is",
                "worth nothing after. A provider that lost its store, was restored from a backup or is new gets its part."
            })
    int refresh(@Mixin RingOptions options, @Parameters(paramLabel = "NAME", description = "whose") String name)
            throws InterruptedException {
        try (Session session = options.login(LoginOptions.name(name))) {
            reshare(options, session);
        }
        return 0;
    }

    /** Says what came of it. */
    static void reshare(RingOptions options, Session session) throws InterruptedException {
        try (Logins logins = logins(options)) {
            Accounts.Done done = new Accounts(logins).reshare(session);
            System.err.println(
                    "interlock: the login of " + session.record().record().name()
                            + " is shared anew among all providers"
                            + (done.missing().isEmpty()
                                    ? ""
                                    : "; " + String.join(", ", done.missing()) + " may still have a share of before"));
        }
    }

    @Command(
            name = "devices",
            description = {
                "Lists the devices that have logged in, each with its label, and how many providers know it.",
                "What only a provider knows of, and no device of yours noted, is listed with that provider's name."
            })
    int devices(
            @Mixin RingOptions options,
            @Parameters(
                            paramLabel = "NAME",
                            arity = "0..1",
                            description = "whose (default: who is logged in, and no password is asked for)")
                    @Nullable
                    String name,
            @Option(names = "--json", description = "for programs") boolean json)
            throws InterruptedException {
        if (name == null) {
            devices(options, options.loggedIn(), options::loggedInCredential, json);
            return 0;
        }
        UserName user = LoginOptions.name(name);
        try (Session session = options.login(user)) {
            // This one is shown, too.
            session.awaitTold();
            devices(options, user, session::credential, json);
        }
        return 0;
    }

    private static void devices(RingOptions options, UserName user, Supplier<Credential> who, boolean json)
            throws InterruptedException {
        try (Credential credential = who.get();
                Interlock interlock = Interlock.open(options.descriptor(), who.get(), options.deadlines());
                Logins logins = logins(options)) {
            tellAbsent(interlock.devices().tell(user), "may still know a device that was forgotten");
            DeviceLines lines = DeviceLines.of(interlock, new Accounts(logins).devices(credential, user), user);
            if (json) {
                System.out.println(Output.json(lines.rows(true)));
            } else {
                Output.table(lines.rows(false));
            }
            tellAbsent(lines.absent(), "didn't say");
        }
    }

    @Command(
            name = "forget",
            description = {
                "Has all providers forget these devices, or all devices where none is named: each counts as a stranger until"
                        + " it logs in again.",
                "Providers that are down are told at the next login, on whatever device."
            })
    int forget(
            @Mixin RingOptions options,
            @Parameters(index = "0", paramLabel = "NAME", description = "whose") String name,
            @Parameters(
                            index = "1..*",
                            arity = "0..*",
                            paramLabel = "DEVICE",
                            description = "as `interlock user devices` shows it, or its beginning")
                    @Nullable
                    List<String> which)
            throws InterruptedException {
        UserName user = LoginOptions.name(name);
        RingDescriptor ring = options.descriptor();
        try (Session session = options.login(user);
                Credential credential = session.credential();
                Interlock interlock = Interlock.open(ring, session.credential(), options.deadlines());
                Logins logins = logins(options)) {
            // Who hears of this login after it has forgotten its device would know it again.
            session.awaitTold();
            DeviceLines lines = DeviceLines.of(interlock, new Accounts(logins).devices(credential, user), user);
            List<DeviceLines.Line> chosen = lines.chosen(which == null ? List.of() : which);
            DeviceBook book = interlock.devices();
            book.forget(chosen.stream()
                    .map(DeviceLines.Line::device)
                    .flatMap(Optional::stream)
                    .toList());
            Map<String, String> absent = new TreeMap<>(book.tell(user));
            for (DeviceLines.Line line : chosen) {
                if (line.device().isEmpty()) {
                    try {
                        book.forget(user, line.unlistedAt(), line.key());
                    } catch (InterlockException e) {
                        absent.put(line.unlistedAt(), e.explanation());
                    }
                }
            }
            chosen.forEach(line -> System.out.println("forgotten: " + line.said()));
            tellAbsent(absent, "may still know them, and is told at the next login");
            return absent.isEmpty() ? 0 : Main.TOO_FEW;
        }
    }

    static Logins logins(RingOptions options) {
        return new Logins(options.descriptor(), options.deadlines(), new SecureRandom(), Clock.systemUTC());
    }

    static void tellAbsent(Map<String, String> absent, String what) {
        absent.forEach((node, why) -> System.err.println("interlock: " + node + " " + what + ": " + why));
    }
}
