package dev.interlock.client.login;

import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.request.Credential;
import java.util.List;

/** A client that has a record certified and keeps the certificate to itself, to show it when it likes. */
public final class KeptBack {
    private KeptBack() {}

    /** New shares of a login's keys, which all providers hold and which don't count. */
    public static CertifiedRecord sharedAnew(Logins logins, Session session) throws InterruptedException {
        try (Credential user = session.credential()) {
            return new Accounts(logins).sharedAnew(session, user);
        }
    }

    /** @return who took it */
    public static List<String> show(Logins logins, CertifiedRecord record, List<String> nodes)
            throws InterruptedException {
        return logins.spread(record, nodes);
    }
}
