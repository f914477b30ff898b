package dev.interlock.protocol;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The blinds of a pass from which nobody takes any off (SPEC §10): every pair of its members shares a seed, both add its
 * expansion, and so ΣB_i = 0 without anyone knowing another's.
 */
final class PairedBlinds {
    private PairedBlinds() {}

    /**
     * Fresh seeds for one pass.
     *
     * @return for each member the seeds that it shares with every other one, in the members' order, one behind the other;
     *     the caller's to close
     */
    static Map<ShareIndex, SecretBytes> seeds(List<ShareIndex> members, SecureRandom random) {
        Map<ShareIndex, SecretBytes> all = new LinkedHashMap<>();
        List<MemorySegment> segments = new ArrayList<>();
        for (ShareIndex member : members) {
            SecretBytes own = SecretBytes.allocate((long) Session.BLIND_SEED_BYTES * (members.size() - 1));
            all.put(member, own);
            segments.add(own.segment());
        }
        for (int i = 0; i < members.size(); i++) {
            for (int j = 0; j < i; j++) {
                try (SecretBytes seed = SecretBytes.random(Session.BLIND_SEED_BYTES, random)) {
                    // Of the others, j is the j-th for i, and i the (i−1)-th for j.
                    place(segments.get(i), j, seed);
                    place(segments.get(j), i - 1, seed);
                }
            }
        }
        return all;
    }

    private static void place(MemorySegment seeds, int at, SecretBytes seed) {
        MemorySegment.copy(seed.segment(), 0, seeds, (long) at * Session.BLIND_SEED_BYTES, Session.BLIND_SEED_BYTES);
    }
}
