package dev.interlock.client.login;

import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.request.SeedCredential;
import java.util.List;
import java.util.Map;

/**
 * What a login unsealed. Closing wipes it.
 *
 * @param record that was opened
 * @param by with what
 * @param wrong the providers that answered something that isn't so
 * @param absent why others gave no answer, by provider
 */
public record Session(
        CertifiedRecord record,
        Lock.Kind by,
        LoginAttempt.Opened opened,
        List<String> wrong,
        Map<String, String> absent)
        implements AutoCloseable {

    /** Who the user is, for as long as it is wanted; the caller closes it. */
    public SeedCredential credential() {
        return opened.root().credential();
    }

    /** The same where a later record of the same locks counts by now; only one of the two is closed. */
    public Session of(CertifiedRecord later) {
        return new Session(later, by, opened, wrong, absent);
    }

    @Override
    public void close() {
        opened.close();
    }
}
