package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.RecoveryCode;
import dev.interlock.protocol.login.Stretching;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock user root …}: what all of a user's keys derive from. */
@Command(
        name = "root",
        description = "Changes the root secret of a login, which all of a user's keys derive from.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class RootCommand implements Runnable {
    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "rotate?");
    }

    @Command(
            name = "rotate",
            description = {
                "Gives a login a new root secret, for a device that was stolen while it was logged in: what was taken out of it commands"
                        + " nothing any more. The password stays.",
                "Objects and names are brought over to the new one; all devices have to log in again, and a credential file of this"
                        + " user's works no more. Takes all providers. May be broken off and repeated: then it goes on."
            })
    int rotate(
            @Mixin RingOptions options,
            @Parameters(paramLabel = "NAME", description = "whose") String name,
            @Option(names = "--no-recovery", description = "make no recovery code: who forgets the password loses all")
                    boolean noRecovery,
            @Option(
                            names = "--idle",
                            paramLabel = "TIME",
                            defaultValue = "30m",
                            description =
                                    "where the agent holds a session of this user's: how long the new one is held without"
                                            + " a command, as in 90s, 30m or 8h (default: ${DEFAULT-VALUE})")
                    String idle)
            throws InterruptedException {
        Duration time = ScheduleDestroyCommand.duration("--idle", idle);
        UserName user = LoginOptions.name(name);
        RingDescriptor ring = options.descriptor();
        byte[] password = Password.bytes(options.password("Password of " + user + " at " + ring.name() + ": "));
        try (Session session = login(options, user, password)) {
            if (!session.record().record().line().isSettled()) {
                // One that broke off is brought to its end; whoever wants yet another root asks again.
                finish(options, session, user, time);
                return 0;
            }
            List<String> devices = labels(options, session);
            rotate(options, session, user, password, noRecovery);
            DeviceFile.forget(ring, user);
            try (Session next = login(options, user, password)) {
                finish(options, next, user, time);
            }
            System.out.println(
                    devices.isEmpty()
                            ? "no other device was logged in"
                            : "to log in again: " + String.join(", ", devices));
            return 0;
        } finally {
            Arrays.fill(password, (byte) 0);
        }
    }

    private static Session login(RingOptions options, UserName user, byte[] password) throws InterruptedException {
        return LoginOptions.login(Lock.Kind.PASSWORD, password, user, options.descriptor(), options.deadlines());
    }

    /** What the user's other devices are called. */
    private static List<String> labels(RingOptions options, Session session) throws InterruptedException {
        try (Interlock interlock = Interlock.open(options.descriptor(), session.credential(), options.deadlines())) {
            return interlock.devices().list().stream()
                    .filter(device -> !device.forgotten())
                    .map(NameContent.Device::label)
                    .toList();
        } catch (InterlockException e) {
            return List.of();
        }
    }

    private static void rotate(RingOptions options, Session session, UserName user, byte[] password, boolean noRecovery)
            throws InterruptedException {
        SecureRandom random = new SecureRandom();
        byte[] code = RecoveryCode.random(random);
        try (Logins logins = UserCommand.logins(options)) {
            if (!noRecovery) {
                System.err.println(
                        "interlock: the new recovery code, which counts once the new root does; the old one ends"
                                + " then. Write it down now; it isn't shown again:");
                char[] words = RecoveryCode.words(code);
                System.err.println(words);
                Arrays.fill(words, '\0');
            }
            Accounts.Done done = new Accounts(logins)
                    .rotate(
                            session,
                            password,
                            Stretching.standard(random),
                            noRecovery ? Optional.empty() : Optional.of(code));
            System.out.println(
                    user + " has a new root secret at " + options.descriptor().name() + ", version "
                            + done.record().record().line().version());
            done.missing()
                    .forEach(
                            node -> System.out.println(node + " goes by the one before until the next login tells it"));
        } finally {
            Arrays.fill(code, (byte) 0);
        }
    }

    private static void finish(RingOptions options, Session session, UserName user, Duration idle)
            throws InterruptedException {
        RingDescriptor ring = options.descriptor();
        Session _ = NewRoot.finish(session, ring, options.deadlines(), System.out);
        UserCommand.note(session, user, options);
        try (AgentSessions.Link link = AgentSessions.Link.open(System.getenv()).orElse(null)) {
            boolean held = link != null
                    && link.sessions().stream()
                            .anyMatch(each ->
                                    each.ring().equals(ring.id()) && each.user().equals(user.text()));
            if (held) {
                hold(ring, user, session, idle);
            }
        } catch (IOException e) {
            System.err.println("interlock: the agent doesn't answer, and may hold the root secret of before still");
        }
    }

    /** On a connection of its own: to the agent each asks one thing. */
    private static void hold(RingDescriptor ring, UserName user, Session session, Duration idle) {
        try (AgentSessions.Link link = AgentSessions.Link.open(System.getenv()).orElse(null)) {
            if (link != null) {
                link.hold(
                        AgentSessions.ownBuild(),
                        ring,
                        user,
                        idle,
                        session.opened().root());
                System.out.println("the agent holds the new root secret");
            }
        }
    }
}
