package dev.interlock.core.token;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import java.util.HashSet;
import java.util.List;

/**
 * The commitments to an object's shares, and who dealt them.
 *
 * @param dealers their names in the ring; every share is the sum of what each of them dealt
 * @param summed whether the shares are sums that no dealer knows, of several dealers' or of what was there before: then each
 *     provider signed the root of its own; where there's one dealer alone, it signed them all
 * @param roots one for each provider of the object, in its order
 */
public record Dealt(List<String> dealers, boolean summed, List<ShareRoot> roots) {
    /** A byte counts them. */
    public static final int MAX_DEALERS = 0xFF;

    /** @throws MalformedException when the parts don't fit together */
    public Dealt {
        dealers = List.copyOf(dealers);
        roots = List.copyOf(roots);
        if (dealers.isEmpty() || dealers.size() > MAX_DEALERS || new HashSet<>(dealers).size() != dealers.size()) {
            throw new MalformedException("shares are dealt by 1 to " + MAX_DEALERS + " different dealers");
        }
        if (dealers.size() > 1 && !summed) {
            throw new MalformedException("no dealer can sign for shares that " + dealers.size() + " dealers made");
        }
    }

    /** Shares as one dealer dealt them, with its signatures. */
    public Dealt(String dealer, List<ShareRoot> roots) {
        this(List.of(dealer), false, roots);
    }

    /** The dealers, for people. */
    public String names() {
        return String.join(", ", dealers);
    }

    /** @throws MalformedException when the provider has no share */
    public ShareRoot rootOf(ShareIndex x) {
        return roots.stream()
                .filter(root -> root.x().equals(x))
                .findFirst()
                .orElseThrow(() -> new MalformedException(
                        "the dealing of " + names() + " has no share root for the provider with x = " + x.x()));
    }
}
