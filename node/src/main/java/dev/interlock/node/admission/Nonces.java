package dev.interlock.node.admission;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The nonces of requests that haven't expired: each counts against its user's allowance until it may be forgotten. */
public final class Nonces {
    private final Allowance allowance;
    private final ConcurrentMap<Nonce, Kept> kept = new ConcurrentHashMap<>();

    private record Nonce(long high, long low) {}

    /** Hundreds of thousands of these fit into a small heap. */
    private record Kept(long expiresMillis, String holder) {}

    public Nonces(Allowance allowance) {
        this.allowance = allowance;
    }

    /**
     * Uses a nonce up.
     *
     * @param nonce 16 bytes
     * @return false when it was used before
     */
    public boolean use(String holder, byte[] nonce, long expiresMillis) {
        ByteBuffer bytes = ByteBuffer.wrap(nonce);
        Nonce key = new Nonce(bytes.getLong(), bytes.getLong());
        if (kept.containsKey(key)) {
            return false;
        }
        allowance.reserve(holder, 1);
        if (kept.putIfAbsent(key, new Kept(expiresMillis, holder)) != null) {
            allowance.giveBack(holder, 1);
            return false;
        }
        return true;
    }

    /** Forgets those whose requests have expired. */
    public void sweep(long nowMillis) {
        for (Iterator<Map.Entry<Nonce, Kept>> each = kept.entrySet().iterator(); each.hasNext(); ) {
            Kept entry = each.next().getValue();
            if (entry.expiresMillis() < nowMillis) {
                each.remove();
                allowance.giveBack(entry.holder(), 1);
            }
        }
    }
}
