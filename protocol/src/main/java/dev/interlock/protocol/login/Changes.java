package dev.interlock.protocol.login;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * By which records a login's record may be followed (SPEC §17), as each provider decides it before it signs for the next one.
 *
 * <p>What a lock opens allows every change. A root secret alone allows none: it signs records of its own version, and neither the
 * word of a lock's login key nor the identity of the next version derives from it.
 */
public final class Changes {
    private final RingId ring;
    private final String node;
    private final ShareIndex x;

    /** At one provider. */
    public Changes(RingId ring, String node, ShareIndex x) {
        this.ring = ring;
        this.node = node;
        this.x = x;
    }

    /**
     * Allows a change or throws.
     *
     * @param before that counts here
     * @param held what this provider has signed for and doesn't count
     * @param by which of the locks of the record before
     * @param change the signature of its login key for this provider
     * @throws RefusedException for another user's record, one of the past, or one that doesn't go with what is under way
     * @throws dev.interlock.core.signature.BadSignatureException when whoever made it opened no lock of the record before
     */
    public void require(LoginRecord before, LoginRecord next, List<LoginRecord> held, Lock.Kind by, byte[] change) {
        if (next.identity().equals(before.identity())) {
            requireSameRoot(before, next);
        } else {
            requireNextRoot(before, next, held);
        }
        if (next.version() <= before.version()) {
            throw refused("is at version " + before.version() + " here, and this record is version " + next.version());
        }
        Lock opened = before.lock(by).orElseThrow(() -> refused("has no such lock"));
        // A provider that is new since then has no login key yet, and the others' word is missing without theirs.
        opened.loginKey(x)
                .ifPresent(key ->
                        key.verify(Purpose.LOGIN_CHANGE, Messages.changeMessage(ring, node, next.hash()), change));
    }

    private void requireSameRoot(LoginRecord before, LoginRecord next) {
        if (!next.line().isSameRoot(before.line())) {
            throw refused("has another next root secret here than in this record");
        }
        if (next.line().since() < before.line().since()) {
            throw refused("has been brought over further than this record says");
        }
    }

    private void requireNextRoot(LoginRecord before, LoginRecord next, List<LoginRecord> held) {
        RootLine line = next.line();
        List<VerifyingKey> earlier = new ArrayList<>(before.line().earlier());
        earlier.add(before.identity());
        if (!next.identity().equals(before.line().next())
                || !line.earlier().equals(earlier)
                || earlier.contains(line.next())
                || line.next().equals(next.identity())) {
            throw new RefusedException(node + ": the name " + before.name() + " is taken");
        }
        if (line.since() != before.line().since()) {
            throw refused("has something to bring over that this record doesn't say");
        }
        // What goes on to another root than this one would leave one of the two with nobody who has it.
        boolean other = held.stream()
                .anyMatch(each -> each.identity().equals(before.identity())
                        ? !each.line().isSameRoot(before.line())
                        : !each.identity().equals(next.identity()));
        if (other) {
            throw refused("is being changed to another root secret just now; log in, and repeat it");
        }
        boolean old =
                next.locks().stream().anyMatch(lock -> before.lock(lock.kind()).equals(Optional.of(lock)));
        if (old) {
            throw refused("has a lock in this record that seals the root secret of before");
        }
    }

    private RefusedException refused(String what) {
        return new RefusedException(node + ": the login " + what);
    }

    /**
     * The version of a record that follows: above each that may still come to count.
     *
     * @param shown by any provider. What neither this root nor the next one signed isn't this user's, and nobody holds it for theirs
     * @throws RefusedException where there is none left
     */
    public static long nextVersion(LoginRecord before, Stream<LoginRecord> shown) {
        long highest = shown.filter(each -> each.identity().equals(before.identity())
                        || each.identity().equals(before.line().next()))
                .mapToLong(LoginRecord::version)
                .reduce(before.version(), Math::max);
        if (highest == Long.MAX_VALUE) {
            throw new RefusedException("the login of " + before.name() + " has come to the last version that there is");
        }
        return highest + 1;
    }

    /**
     * Whether a record that counts from now on ends one that was signed for and doesn't: what is earlier, or goes on to a root that can't
     * follow any more.
     */
    public static boolean ends(LoginRecord counts, LoginRecord held) {
        return counts.isLaterThan(held)
                || !(held.identity().equals(counts.identity())
                        || held.identity().equals(counts.line().next()));
    }
}
