package dev.interlock.core.token;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import java.util.List;

/**
 * The commitments to the shares of one dealing.
 *
 * @param dealer its name in the ring
 * @param summed whether what was dealt was added to the shares before: then no dealer knows them, and each provider signed the
 *     root of its own
 * @param roots one for each provider of the object, in its order
 */
public record Dealt(String dealer, boolean summed, List<ShareRoot> roots) {
    public Dealt {
        roots = List.copyOf(roots);
    }

    /** Shares as they were dealt, with the dealer's signatures. */
    public Dealt(String dealer, List<ShareRoot> roots) {
        this(dealer, false, roots);
    }

    /** @throws MalformedException when this dealing has no share for the provider */
    public ShareRoot rootOf(ShareIndex x) {
        return roots.stream()
                .filter(root -> root.x().equals(x))
                .findFirst()
                .orElseThrow(() -> new MalformedException(
                        "the dealing of " + dealer + " has no share root for the provider with x = " + x.x()));
    }
}
