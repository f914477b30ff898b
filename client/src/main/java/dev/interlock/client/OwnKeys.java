package dev.interlock.client;

import dev.interlock.core.token.OwnerKey;
import dev.interlock.protocol.request.Credential;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The owner's keys that were found to be one user's: every provider's answer names the object's, every read anew, and each time it
 * would be derived. Whether a key is the user's follows from the credential and from all of what is remembered here, root version,
 * nonce and key, which is public; another's is never remembered. Full, it begins anew.
 */
final class OwnKeys {
    static final int MOST = 1024;

    private final Credential credential;
    private final ConcurrentMap<OwnerKey, Boolean> own = new ConcurrentHashMap<>();

    /** @param credential stays the caller's, and the same for as long as this is used */
    OwnKeys(Credential credential) {
        this.credential = credential;
    }

    /** As {@link Credential#owns}; derived once for all that ask meanwhile. */
    boolean contains(OwnerKey owner) {
        if (own.size() >= MOST) {
            own.clear();
        }
        return own.computeIfAbsent(owner, key -> credential.owns(key) ? true : null) != null;
    }

    /** How many are remembered. */
    int size() {
        return own.size();
    }
}
