package dev.interlock.node.store;

import dev.interlock.core.token.ObjectId;
import java.time.Instant;
import java.util.Optional;

/**
 * What the store knows about an object besides its blobs.
 *
 * @param origin the id of the first generation, by which the owner knows the object; there it is the id itself
 * @param generation counted from 1
 * @param owner the owner's key, 32 bytes
 * @param receipt there when destroyed
 * @param destroyAt when it is to be destroyed, where that was asked for
 * @param prepared to the millisecond, like the other times
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes to pass on; nobody compares such records
public record StoredObject(
        ObjectId id,
        ObjectId origin,
        int generation,
        byte[] owner,
        ObjectState state,
        byte[] token,
        byte[] chain,
        Optional<byte[]> receipt,
        Instant prepared,
        Optional<Instant> committed,
        Optional<Instant> destroyAt,
        Optional<Instant> destroyed) {}
