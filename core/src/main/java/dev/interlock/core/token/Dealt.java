package dev.interlock.core.token;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import java.util.List;

/** What one dealer committed to: its name in the ring and a share root for each provider of the object, in its order. */
public record Dealt(String dealer, List<ShareRoot> roots) {
    public Dealt {
        roots = List.copyOf(roots);
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
