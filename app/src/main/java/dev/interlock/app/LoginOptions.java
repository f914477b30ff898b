package dev.interlock.app;

import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Being somebody by a name and a password, in place of a credential file. */
final class LoginOptions {
    @Option(
            names = "--user",
            paramLabel = "NAME",
            description = "log in as NAME, with a password, in place of a credential file")
    private @Nullable String user;

    @Option(
            names = "--password-fd",
            paramLabel = "N",
            description = "read the password from file descriptor N, a line (default: ask at the terminal)")
    private @Nullable Integer descriptor;

    /** Who is to log in, where somebody is. */
    Optional<UserName> user() {
        return Optional.ofNullable(user).map(LoginOptions::name);
    }

    /** Where passwords come from; null for the terminal. */
    @Nullable
    Integer descriptor() {
        return descriptor;
    }

    static UserName name(String text) {
        try {
            return new UserName(text);
        } catch (MalformedException e) {
            throw new BadInputException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Logs in, and tells of providers that answered wrongly. They hear in the background that it succeeded; the session's end waits for
     * that.
     */
    static Session login(Lock.Kind kind, byte[] secret, UserName name, RingDescriptor ring, Deadlines deadlines)
            throws InterruptedException {
        Logins logins = new Logins(ring, deadlines, new SecureRandom(), Clock.systemUTC());
        try (DeviceFile device = DeviceFile.open(ring, name)) {
            Session session = logins.login(name, kind, secret, device.secret()).closing(logins);
            device.keep();
            session.wrong()
                    .forEach(node -> System.err.println("interlock: " + node
                            + " answered this login with something that isn't so: it has another share than it says, or"
                            + " lies. The others sufficed"));
            return session;
        } catch (InterruptedException | RuntimeException e) {
            logins.close();
            throw e;
        }
    }
}
