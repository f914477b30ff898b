package dev.interlock.node.admission;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The nonces of requests that haven't expired: each counts against its user's allowance until it may be forgotten. Where all of them
 * together have used up what there is, whoever holds the most gives way: the half of its nonces that expire first are forgotten, and
 * a floor under that user's requests keeps them from coming again. So nobody's requests keep another user's out.
 */
public final class Nonces {
    private final Allowance allowance;
    private final ConcurrentMap<Nonce, Kept> kept = new ConcurrentHashMap<>();
    /** Before what expiry requests of a user aren't taken any more. */
    private final ConcurrentMap<String, Long> floors = new ConcurrentHashMap<>();

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
     * @return false when it was used before, or may have been
     */
    public boolean use(String holder, byte[] nonce, long expiresMillis) {
        ByteBuffer bytes = ByteBuffer.wrap(nonce);
        Nonce key = new Nonce(bytes.getLong(), bytes.getLong());
        if (kept.containsKey(key) || expiresMillis < floors.getOrDefault(holder, Long.MIN_VALUE)) {
            return false;
        }
        if (allowance.isUsedUp()) {
            makeRoom(holder);
        }
        allowance.reserve(holder, 1);
        if (kept.putIfAbsent(key, new Kept(expiresMillis, holder)) != null) {
            allowance.giveBack(holder, 1);
            return false;
        }
        if (expiresMillis < floors.getOrDefault(holder, Long.MIN_VALUE)) {
            // It was raised meanwhile, and a nonce like this one may have been forgotten then.
            forget(key, holder);
            return false;
        }
        return true;
    }

    /** For one who isn't the one that holds the most. */
    private synchronized void makeRoom(String holder) {
        if (!allowance.isUsedUp()) {
            return;
        }
        // All nonces are looked at where half of somebody's go, and not for each request of who has used up what there
        // is.
        String most = allowance.largestHolder().orElse(holder);
        if (most.equals(holder)) {
            return;
        }
        long[] expiries = kept.values().stream()
                .filter(each -> each.holder().equals(most))
                .mapToLong(Kept::expiresMillis)
                .toArray();
        Arrays.sort(expiries);
        long floor = expiries[expiries.length / 2] + 1;
        floors.merge(most, floor, Math::max);
        kept.forEach((nonce, each) -> {
            if (each.holder().equals(most) && each.expiresMillis() < floor) {
                forget(nonce, most);
            }
        });
    }

    private void forget(Nonce nonce, String holder) {
        if (kept.remove(nonce) != null) {
            allowance.giveBack(holder, 1);
        }
    }

    /** Forgets those whose requests have expired. */
    public void sweep(long nowMillis) {
        for (Iterator<Map.Entry<Nonce, Kept>> each = kept.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<Nonce, Kept> entry = each.next();
            if (entry.getValue().expiresMillis() < nowMillis) {
                forget(entry.getKey(), entry.getValue().holder());
            }
        }
        floors.values().removeIf(floor -> floor < nowMillis);
    }
}
