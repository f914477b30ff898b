package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A line of a listing.
 *
 * @param length in bytes
 * @param destroyAt the earliest time at which a provider is to destroy it
 * @param missing who was missing at the write and hasn't got its share yet
 * @param providers how many of those that answered list it as committed
 */
public record Listed(
        ObjectId object,
        int protocol,
        String profile,
        long length,
        Instant created,
        Optional<Instant> destroyAt,
        List<String> missing,
        int providers) {}
