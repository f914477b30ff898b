package dev.interlock.client.login;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.DealtShare;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.request.Credential;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A client that has a record certified and keeps the certificate to itself, to show it when it likes. */
public final class KeptBack {
    private KeptBack() {}

    /** New shares of a login's keys, which all providers hold and which don't count. */
    public static CertifiedRecord sharedAnew(Logins logins, Session session) throws InterruptedException {
        try (Credential user = session.credential()) {
            return new Accounts(logins).sharedAnew(session, user);
        }
    }

    /**
     * The same where providers dealt this one a part of another dealing than they committed to. Nothing of that counts either.
     *
     * @param liars who dealt so
     * @param receiver who complains
     */
    public static CertifiedRecord misdealt(Logins logins, Session session, Set<String> liars, String receiver)
            throws InterruptedException {
        LoginRecord before = session.record().record();
        Accounts accounts = new Accounts(logins);
        ShareIndex x = logins.ring().provider(receiver).orElseThrow().x();
        try (Credential user = session.credential()) {
            Logins.Records records = accounts.ready(session);
            Map<String, Map<Lock.Kind, DealtShare>> dealt =
                    new LinkedHashMap<>(logins.deal(user, before).answers());
            Map<String, Map<Lock.Kind, DealtShare>> others =
                    logins.deal(user, before).answers();
            for (String liar : liars) {
                Map<Lock.Kind, DealtShare> lies = new LinkedHashMap<>();
                dealt.get(liar).forEach((kind, share) -> {
                    Map<ShareIndex, byte[]> sealed = new LinkedHashMap<>(share.sealed());
                    sealed.put(x, others.get(liar).get(kind).sealed().get(x));
                    lies.put(kind, new DealtShare(kind, share.commitments(), sealed));
                });
                dealt.put(liar, lies);
            }
            return accounts.sharedAnew(session, user, records, DealtKeys.of(logins.ring(), before, dealt, Map.of()));
        }
    }

    /** @return who took it */
    public static List<String> show(Logins logins, CertifiedRecord record, List<String> nodes)
            throws InterruptedException {
        return logins.spread(record, nodes);
    }
}
