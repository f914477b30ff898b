package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import java.time.Instant;

/**
 * A line of a listing.
 *
 * @param length in bytes
 * @param providers how many of those that answered list it as committed
 */
public record Listed(ObjectId object, int protocol, String profile, long length, Instant created, int providers) {}
