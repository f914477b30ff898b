package dev.interlock.client;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.token.ObjectId;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/**
 * The certificates of one ring that this user checked: all providers of an object show the same one, every read shows it again, and a
 * check is n + 3 signatures. Known by all of their bytes. Full, it begins anew.
 */
final class CheckedCertificates {
    private static final int MOST = 1024;

    private final ConcurrentMap<Key, Certified> checked = new ConcurrentHashMap<>();

    private record Key(ObjectId object, ByteBuffer hash) {}

    /**
     * @param object that it was shown for
     * @param check made where these bytes weren't checked before, once for all that ask meanwhile; what it throws isn't kept
     */
    Certified checked(ObjectId object, byte[] encoded, Supplier<Certified> check) {
        if (checked.size() >= MOST) {
            checked.clear();
        }
        return checked.computeIfAbsent(new Key(object, ByteBuffer.wrap(Sha256.plain(encoded))), _ -> check.get());
    }
}
