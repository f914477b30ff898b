package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import java.time.Instant;
import java.util.Optional;

/**
 * A line of a listing.
 *
 * @param length in bytes
 * @param destroyAt the earliest time at which a provider is to destroy it
 * @param providers how many of those that answered list it as committed
 */
public record Listed(
        ObjectId object,
        int protocol,
        String profile,
        long length,
        Instant created,
        Optional<Instant> destroyAt,
        int providers) {}
