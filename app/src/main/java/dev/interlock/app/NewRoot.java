package dev.interlock.app;

import dev.interlock.client.BroughtOver;
import dev.interlock.client.Interlock;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.login.RootLine;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Map;

/**
 * What is left to do once a login has a new root secret: every node is told, names and objects are brought over, and the record notes
 * that nothing is left. Each step may break off; whichever login comes next goes on.
 */
final class NewRoot {
    private NewRoot() {}

    /**
     * Does what is left, and says what was done.
     *
     * @param out where it says what was done
     * @return the session, of the record that counts after it; one of the two is closed
     * @throws InterlockException where names can't be brought over: without them nothing is found
     */
    static Session finish(Session session, RingDescriptor ring, Deadlines deadlines, PrintStream out)
            throws InterruptedException {
        RootLine line = session.record().record().line();
        if (line.isSettled()) {
            return session;
        }
        try (Logins logins = new Logins(ring, deadlines, new SecureRandom(), Clock.systemUTC());
                Interlock interlock = Interlock.open(ring, session.credential(), deadlines)) {
            Accounts accounts = new Accounts(logins);
            Map<String, String> untold = accounts.succeed(session);
            BroughtOver over = interlock.bringOver(line.since(), _ -> {});
            out.println("brought over to the new root secret: " + count(over.names(), "name") + ", "
                    + count(over.objects().size(), "object"));
            untold.forEach((node, why) ->
                    System.err.println("interlock: " + node + " doesn't know the new root secret yet: " + why));
            over.untold()
                    .forEach((object, why) -> System.err.println(
                            "interlock: " + object + " is handed over, and not everywhere known to be: " + why));
            over.left()
                    .forEach((object, why) ->
                            System.err.println("interlock: " + object + " isn't handed over yet: " + why));
            if (!untold.isEmpty() || !over.isAll()) {
                System.err.println("interlock: the next login goes on with what is left");
                return session;
            }
            return settled(accounts, session);
        }
    }

    private static Session settled(Accounts accounts, Session session) throws InterruptedException {
        try {
            return session.of(accounts.settle(session).record());
        } catch (TooFewProvidersException e) {
            System.err.println("interlock: the next login looks again whether anything is left: " + e.explanation());
            return session;
        }
    }

    private static String count(int count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }
}
