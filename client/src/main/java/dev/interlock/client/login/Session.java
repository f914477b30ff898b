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

    @Override
    public void close() {
        opened.close();
    }
}
