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
 * @param epoch of the ring, in which it was written
 * @param left who still has what it was in an earlier epoch, though it is of this one
 */
public record Listed(
        ObjectId object,
        int protocol,
        String profile,
        long length,
        Instant created,
        Optional<Instant> destroyAt,
        List<String> missing,
        int providers,
        int epoch,
        List<String> left) {}
