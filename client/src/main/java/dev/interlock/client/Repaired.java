package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.InterlockException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a repair did about one object. */
public sealed interface Repaired {
    ObjectId object();

    /**
     * The provider holds it again, durably.
     *
     * @param helpers whose layers gave the share
     * @param avoided who was left out after a try that failed, and why
     */
    record Restored(ObjectId object, List<String> helpers, Map<String, String> avoided) implements Repaired {}

    /** The provider never lost it. */
    record Present(ObjectId object) implements Repaired {}

    /** It isn't to be repaired, or can't be in this way. */
    record LeftAlone(ObjectId object, String why, Optional<Advice> advice) implements Repaired {
        LeftAlone(ObjectId object, String why) {
            this(object, why, Optional.empty());
        }

        LeftAlone(ObjectId object, String why, Advice advice) {
            this(object, why, Optional.of(advice));
        }
    }

    /** It should have been; nothing was left behind, and another repair may do better. */
    record Failed(ObjectId object, InterlockException error) implements Repaired {}
}
