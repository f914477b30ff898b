package dev.interlock.client.login;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.Resharing;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.login.DealtShare;
import dev.interlock.protocol.login.Enrolment;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the providers dealt of a login's OPRF keys for a new sharing (SPEC §17). Any t dealings of a lock make one; whose is wrong,
 * or is said to be, is left out while enough others are there.
 */
final class DealtKeys {
    private final RingDescriptor ring;
    private final LoginRecord before;
    private final Map<Lock.Kind, Map<ShareIndex, DealtShare>> dealt = new LinkedHashMap<>();
    private final Map<String, String> why;
    private final Set<String> complaints = new LinkedHashSet<>();

    private DealtKeys(RingDescriptor ring, LoginRecord before, Map<String, String> absent) {
        this.ring = ring;
        this.before = before;
        this.why = new TreeMap<>(absent);
    }

    /**
     * Of what providers dealt, each dealing checked against the record's commitments.
     *
     * @param answers by provider
     * @param absent why the others gave none
     */
    static DealtKeys of(
            RingDescriptor ring,
            LoginRecord before,
            Map<String, Map<Lock.Kind, DealtShare>> answers,
            Map<String, String> absent) {
        DealtKeys keys = new DealtKeys(ring, before, absent);
        for (Provider provider : ring.providers()) {
            Map<Lock.Kind, DealtShare> given = answers.get(provider.name());
            if (given != null) {
                before.locks().forEach(lock -> keys.take(provider, lock, Optional.ofNullable(given.get(lock.kind()))));
            }
        }
        return keys;
    }

    private void take(Provider provider, Lock lock, Optional<DealtShare> share) {
        if (share.isEmpty()) {
            why.put(provider.name(), "has no share of it");
            return;
        }
        try {
            share.get().require(ring, lock, provider.x());
            dealt.computeIfAbsent(lock.kind(), _ -> new LinkedHashMap<>()).put(provider.x(), share.get());
        } catch (MalformedException e) {
            why.put(provider.name(), String.valueOf(e.getMessage()));
        }
    }

    /** The locks as they are to be. @throws TooFewProvidersException where fewer than t dealt */
    List<Lock> locks(Session session) {
        List<Lock> locks = new ArrayList<>();
        for (Lock lock : before.locks()) {
            locks.add(Enrolment.reshared(
                    ring,
                    lock,
                    chosen(lock),
                    session.by() == lock.kind() ? Optional.of(session.opened().secrets()) : Optional.empty()));
        }
        return locks;
    }

    /** For one provider. */
    Map<Lock.Kind, Messages.Told> toldTo(ShareIndex x) {
        Map<Lock.Kind, Messages.Told> told = new LinkedHashMap<>();
        for (Lock lock : before.locks()) {
            Map<ShareIndex, Messages.Part> parts = new LinkedHashMap<>();
            chosen(lock).forEach((dealer, each) -> {
                byte[] sealed = each.sealed().get(x);
                if (sealed == null) {
                    throw new IllegalStateException("a provider without a part");
                }
                parts.put(dealer, new Messages.Part(Resharing.committed(each.commitments(), x), sealed));
            });
            told.put(lock.kind(), new Messages.Parts(parts));
        }
        return told;
    }

    private Map<ShareIndex, DealtShare> chosen(Lock lock) {
        Map<ShareIndex, DealtShare> all = dealt.getOrDefault(lock.kind(), Map.of());
        Map<ShareIndex, DealtShare> chosen = new LinkedHashMap<>();
        all.entrySet().stream().limit(lock.t()).forEach(each -> chosen.put(each.getKey(), each.getValue()));
        if (chosen.size() < lock.t()) {
            if (!complaints.isEmpty()) {
                throw new IntegrityException(
                        "the keys of " + before.name() + " can't be shared anew, and are as they were: "
                                + String.join("; ", complaints) + ". Of each two, one lies",
                        List.of());
            }
            throw new TooFewProvidersException(
                    "sharing the keys of " + before.name() + " anew", lock.t(), chosen.size(), why);
        }
        return chosen;
    }

    /** One of the two lies. */
    void without(ShareIndex dealer, String receiver) {
        boolean known = dealt.values().stream().map(each -> each.remove(dealer)).toList().stream()
                .anyMatch(each -> each != null);
        if (!known) {
            throw new IntegrityException(
                    receiver + " complains of what nobody dealt to it (x = " + dealer.x() + ")", List.of(receiver));
        }
        complaints.add(
                receiver + " says that what " + ring.everProvider(dealer).name() + " dealt isn't what it committed to");
    }
}
