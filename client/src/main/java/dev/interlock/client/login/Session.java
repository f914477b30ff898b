package dev.interlock.client.login;

import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.request.SeedCredential;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a login unsealed. Closing wipes it.
 *
 * <p>The providers are told in the background that it succeeded (SPEC §17, login, step 5). What changes, forgets or shows what that makes
 * at them, as their guesses, known devices and record, begins with {@link #awaitTold()}, as {@link Accounts} do.
 */
public final class Session implements AutoCloseable {
    private final CertifiedRecord record;
    private final Lock.Kind by;
    private final LoginAttempt.Opened opened;
    private final List<String> wrong;
    private final Map<String, String> absent;
    private final Successes successes;
    private final Optional<Logins> owned;

    Session(
            CertifiedRecord record,
            Lock.Kind by,
            LoginAttempt.Opened opened,
            List<String> wrong,
            Map<String, String> absent,
            Successes successes,
            Optional<Logins> owned) {
        this.record = record;
        this.by = by;
        this.opened = opened;
        this.wrong = wrong;
        this.absent = absent;
        this.successes = successes;
        this.owned = owned;
    }

    /** The record that was opened. */
    public CertifiedRecord record() {
        return record;
    }

    /** With what it was. */
    public Lock.Kind by() {
        return by;
    }

    public LoginAttempt.Opened opened() {
        return opened;
    }

    /** The providers that answered something that isn't so. */
    public List<String> wrong() {
        return wrong;
    }

    /** Why others gave no answer, by provider. */
    public Map<String, String> absent() {
        return absent;
    }

    /** Who the user is, for as long as it is wanted; the caller closes it. */
    public SeedCredential credential() {
        return opened.root().credential();
    }

    /** The same where a later record of the same locks counts by now; only one of the two is closed. */
    public Session of(CertifiedRecord later) {
        return new Session(later, by, opened, wrong, absent, successes, owned);
    }

    /** The same, which closes what it was made by; only one of the two is closed. */
    public Session closing(Logins logins) {
        return new Session(record, by, opened, wrong, absent, successes, Optional.of(logins));
    }

    /**
     * Waits until each provider that was asked knows that this login succeeded, or failed to answer, but not longer than
     * {@link Logins#GRACE} after it did.
     */
    public void awaitTold() throws InterruptedException {
        successes.await();
    }

    /**
     * The same for who has more patience.
     *
     * @return whether there is nobody left to wait for
     */
    public boolean awaitTold(Duration patience) throws InterruptedException {
        return successes.await(patience);
    }

    @Override
    public void close() {
        opened.close();
        owned.ifPresent(Logins::close);
    }
}
