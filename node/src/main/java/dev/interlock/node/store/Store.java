package dev.interlock.node.store;

import dev.interlock.core.token.ObjectId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The objects of one provider, each pending → prepared → committed → destroyed. Safe for use by many threads. Every
 * method that changes something returns only after the change is durable; byte arrays are opaque here.
 *
 * <p>An object that gets a new pad or new shares is continued by another with an id of its own, the next generation of
 * the same origin. Committing that one replaces the one before in the same moment: of an origin, at most one object is
 * committed.
 *
 * <p>All methods throw {@link StoreException.Failed} when the disk or the engine fails, and
 * {@link IllegalStateException} after {@link #close}.
 */
public interface Store extends AutoCloseable {
    int OWNER_BYTES = 32;
    int SESSION_BYTES = 16;

    /**
     * Starts an object, in memory only: it vanishes with the process unless it is prepared.
     *
     * @param owner the owner's key, 32 bytes
     * @throws StoreException.ObjectExists when the id is known in any state, pending and destroyed included
     */
    default PendingObject begin(ObjectId id, byte[] owner) {
        return begin(id, owner, id, 1);
    }

    /**
     * Like {@link #begin(ObjectId, byte[])}, for any generation. What is said here of a later one is looked at again
     * when it is prepared. It may be the first of its origin here.
     *
     * @param origin the id of the first generation, for which it is the id itself
     * @param generation counted from 1
     * @throws StoreException.ObjectExists when the id is known in any state
     * @throws StoreException.Busy when this is a later generation, and another object of the origin is pending or
     *     prepared
     * @throws StoreException.Destroyed when this is a later generation, and one of the origin was destroyed
     * @throws StoreException.WrongState when this is a later generation, and one of the origin belongs to another owner
     *     or is committed with the same generation or a higher one
     */
    PendingObject begin(ObjectId id, byte[] owner, ObjectId origin, int generation);

    /** Empty for an object that is unknown or only pending. */
    Optional<StoredObject> find(ObjectId id);

    /**
     * Of the objects with this origin the committed or destroyed one of the highest generation; where there is none, the
     * prepared one. Never a replaced one.
     */
    Optional<StoredObject> current(ObjectId origin);

    /** The owner's committed objects, newest first, all in memory: page where there may be many. */
    default List<StoredObject> list(byte[] owner) {
        return list(owner, Optional.empty(), Integer.MAX_VALUE);
    }

    /**
     * One page of {@link #list(byte[])}.
     *
     * @param after the last object of the page before; empty for the first page
     * @param limit how many at most, at least 1
     */
    List<StoredObject> list(byte[] owner, Optional<ObjectId> after, int limit);

    /** The objects that are prepared and not committed, oldest first. */
    List<ObjectId> inDoubt();

    /**
     * Opens a blob of a prepared or committed object for reading. Destroying, replacing or forgetting the object ends it.
     *
     * @throws StoreException.NoSuchObject when the object is unknown or pending, or has no such blob here
     * @throws StoreException.Destroyed when the object was destroyed
     * @throws StoreException.Replaced when a later generation took its place
     */
    Blob open(ObjectId id, BlobKind kind);

    /**
     * The bytes given to {@link PendingObject#prepare}.
     *
     * @throws StoreException.NoSuchObject when the object is unknown or pending
     * @throws StoreException.Destroyed when the object was destroyed
     * @throws StoreException.Replaced when a later generation took its place
     * @throws StoreException.DamagedRecord when what is stored isn't what was written
     */
    byte[] manifest(ObjectId id);

    /** A commit after which nothing is left to do. */
    default void commit(ObjectId id, byte[] chain) {
        commit(id, chain, false);
    }

    /**
     * Makes a prepared object committed. Does nothing when it is committed already, where the first chain stays, or was
     * replaced.
     *
     * <p>In the same moment the committed object of an earlier generation is replaced: when this returns, its key, blobs
     * and manifest are gone as with {@link #destroy}, and repeating finishes what a failed call left undone. Its time to
     * be destroyed passes on to the later one. A prepared object that comes after a later generation was committed is
     * replaced itself.
     *
     * @param chain replaces the chain given to prepare
     * @param unfinished whether {@link #unfinished} is to name it
     * @throws StoreException.NoSuchObject when the object is unknown or pending
     * @throws StoreException.Destroyed when the object, or another generation of it, was destroyed
     */
    void commit(ObjectId id, byte[] chain, boolean unfinished);

    /**
     * Gives a committed object another chain. Does nothing to an object that isn't committed.
     *
     * @param unfinished whether {@link #unfinished} is to name it from now on
     */
    void extend(ObjectId id, byte[] chain, boolean unfinished);

    /**
     * Committed objects that aren't finished, oldest first, but for those that are to be destroyed.
     *
     * @param after the last one of the page before; empty for the first page
     * @param limit how many at most
     */
    List<StoredObject> unfinished(Optional<ObjectId> after, int limit);

    /** Removes one blob of an object, which isn't overwritten first; does nothing when there is none. */
    void discard(ObjectId id, BlobKind kind);

    /**
     * Removes a prepared object without a trace, its key first. Does nothing when the object is unknown or pending.
     *
     * @throws StoreException.WrongState when the object is committed, replaced or destroyed
     */
    void forget(ObjectId id);

    /**
     * Makes a prepared or committed object a tombstone. When this returns, its key, blobs and manifest are gone from
     * every file of the store, and blobs that were open are at their end. May be repeated, which finishes what a
     * failed call left undone; the first receipt stays.
     *
     * <p>Other generations of it go in the same moment: a prepared one as with {@link #forget}, a committed one as if
     * replaced. One that is pending can't be prepared any more.
     *
     * @throws StoreException.NoSuchObject when the object is unknown or pending
     * @throws StoreException.Replaced when a later generation took its place, which is the one to destroy
     */
    void destroy(ObjectId id, byte[] receipt);

    /**
     * Sets when a committed object is to be destroyed, or takes that back. Nothing else happens at that time by itself.
     *
     * @throws StoreException.NoSuchObject when the object is unknown or pending
     * @throws StoreException.WrongState when the object isn't committed
     */
    void schedule(ObjectId id, Optional<Instant> destroyAt);

    /** The committed objects whose time to be destroyed has come. */
    List<ObjectId> due(Instant now);

    /**
     * A message about an object for another node.
     *
     * @param bytes opaque here
     */
    record Notice(ObjectId object, String node, byte[] bytes) {}

    /** Keeps a notice until it is dropped; the first one for an object and a node stays. */
    void keep(Notice notice);

    /** All notices that are kept, at most so many. */
    List<Notice> notices(int limit);

    /** Does nothing when there is none for this object and node. */
    void drop(ObjectId object, String node);

    /**
     * Uses up a session.
     *
     * @param session 16 bytes
     * @param expires when the session's requests are refused for their age, so that the mark may be pruned
     * @return true the first time, false ever after
     */
    boolean burn(byte[] session, Instant expires);

    /** Forgets the burns that expired before now. */
    void pruneBurns(Instant now);

    /** How many transactions were made durable since the store was opened: operations that come together share one. */
    long transactions();

    /** Waits for writes under way, gives up pending objects, ends open blobs. */
    @Override
    void close();
}
