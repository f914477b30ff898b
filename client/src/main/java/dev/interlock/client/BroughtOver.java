package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import java.util.List;
import java.util.Map;

/**
 * What was brought over to the newest version of a user's root secret.
 *
 * @param names how many names
 * @param objects handed over
 * @param untold of those, which some providers don't know yet to be; the owner's next command about one tells them
 * @param left why others weren't handed over; nothing of them is lost, and whoever has an earlier root alone commands none of them
 */
public record BroughtOver(int names, List<ObjectId> objects, Map<ObjectId, String> untold, Map<ObjectId, String> left) {
    /** Whether nothing of an earlier root is left. */
    public boolean isAll() {
        return left.isEmpty();
    }
}
