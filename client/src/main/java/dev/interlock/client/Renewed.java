package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.InterlockException;
import java.util.Optional;

/** What a replacement, a refresh or a move did about one object. */
public sealed interface Renewed {
    /** The id that its owner knows. */
    ObjectId object();

    /**
     * The new generation is durable at all its providers, and has taken the old one's place.
     *
     * @param generation its number
     */
    record Done(ObjectId object, long generation) implements Renewed {}

    /** It can't be renewed in this way, or needn't be. */
    record LeftAlone(ObjectId object, String why, Optional<Advice> advice) implements Renewed {
        LeftAlone(ObjectId object, String why) {
            this(object, why, Optional.empty());
        }

        LeftAlone(ObjectId object, String why, Advice advice) {
            this(object, why, Optional.of(advice));
        }
    }

    /** The object is as it was, or, where the error says so, it isn't known yet; repeating is safe. */
    record Failed(ObjectId object, InterlockException error) implements Renewed {}
}
