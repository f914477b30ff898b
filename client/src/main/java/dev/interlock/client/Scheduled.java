package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What the providers say when an object is to be destroyed later, or no longer.
 *
 * @param times by provider that answered, when it destroys; empty when it doesn't any more
 * @param failures by provider, why it didn't take it
 * @param acknowledged whether all that have a part of it took it, or enough did and the rest can't be reached
 * @param open whether those that don't destroy it, as they said just now, can open it
 * @param maybeOpen the same, with those that failed
 */
public record Scheduled(
        ObjectId object,
        Map<String, Optional<Instant>> times,
        Map<String, String> failures,
        boolean acknowledged,
        boolean open,
        boolean maybeOpen) {}
