package dev.interlock.node.store;

import java.time.Instant;
import java.util.Optional;

/**
 * What the store knows about a generation besides its blobs.
 *
 * @param user the key of the user whose it is, 32 bytes
 * @param certificate empty while it is only prepared
 * @param command by which it was destroyed
 * @param receipt there when destroyed
 * @param prepared to the millisecond, like the other times
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes to pass on; nobody compares such records
public record StoredObject(
        Store.Generation generation,
        byte[] user,
        ObjectState state,
        byte[] token,
        byte[] certificate,
        Optional<byte[]> command,
        Optional<byte[]> receipt,
        Instant prepared,
        Optional<Instant> committed,
        Optional<Instant> destroyed) {}
