package dev.interlock.node.store;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
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
    int USER_BYTES = 32;

    /**
     * What names a generation and says where it stands.
     *
     * @param id H(w)
     * @param object whose generation it is
     * @param epoch of the ring, in which it was written
     * @param number orders the generations of one object in one epoch; where two have the same, their ids do
     * @param continues whether it continues a generation: then time alone never forgets it
     */
    record Generation(StatementHash id, ObjectId object, int epoch, long number, boolean continues) {
        /** Whether this comes after another generation of the same object and epoch. */
        public boolean isLaterThan(Generation other) {
            return number != other.number ? number > other.number : id.compareTo(other.id) > 0;
        }
    }

    /** So many generations of one object may be prepared at once. */
    int MOST_PREPARED = 4;

    /**
     * Starts a generation, in memory only: it vanishes with the process unless it is prepared. Others of the object may be pending,
     * prepared or committed; all this is looked at again when it is prepared.
     *
     * @param user the key of the user who asks, 32 bytes: whoever asks for the object later must have it, too
     * @throws StoreException.ObjectExists when the id is known in any state, pending, replaced and destroyed included
     * @throws StoreException.Busy when {@link #MOST_PREPARED} generations of the object are prepared
     * @throws StoreException.Destroyed when the object was destroyed here for ever, or this generation lies within what was
     *     destroyed of its epoch
     * @throws StoreException.WrongState when a generation of the object belongs to another user, or a later one of the epoch is
     *     committed
     */
    PendingObject begin(Generation generation, byte[] user);

    /** Empty for a generation that is unknown or only pending. */
    Optional<StoredObject> find(StatementHash id);

    /**
     * Of the object's generations the committed or destroyed one of the highest epoch, then the latest; where there is none, the
     * latest prepared one. Never a replaced one.
     */
    Optional<StoredObject> current(ObjectId object);

    /** The object's prepared generations, the latest first; at most {@link #MOST_PREPARED}. */
    List<StoredObject> prepared(ObjectId object);

    /**
     * All that is to be said of an object, as it was at one moment.
     *
     * @param current as {@link #current}
     * @param prepared as {@link #prepared}
     * @param schedule as {@link #schedule(ObjectId)}
     * @param handover as {@link #lastHandover}
     */
    record Standing(
            StoredObject current,
            List<StoredObject> prepared,
            Optional<Schedule> schedule,
            Optional<byte[]> handover) {}

    /** By one question of the engine: what users ask most. Empty where there is no {@link #current} generation. */
    Optional<Standing> standing(ObjectId object);

    /** The user's committed objects, newest first, all in memory: page where there may be many. */
    default List<StoredObject> list(byte[] user) {
        return list(user, Optional.empty(), Integer.MAX_VALUE);
    }

    /**
     * One page of {@link #list(byte[])}. Of an object with committed generations of several epochs the one of the highest.
     *
     * @param after the last object of the page before; empty for the first page
     * @param limit how many at most, at least 1
     */
    List<StoredObject> list(byte[] user, Optional<StatementHash> after, int limit);

    /** The generations that are prepared and not committed, oldest first. */
    List<StatementHash> inDoubt();

    /**
     * Opens a blob of a prepared or committed generation for reading. Destroying, replacing or forgetting it ends the blob.
     *
     * @throws StoreException.NoSuchObject when it is unknown or pending, or has no such blob here
     * @throws StoreException.Destroyed when it was destroyed
     * @throws StoreException.Replaced when a later generation took its place
     */
    Blob open(StatementHash id, BlobKind kind);

    /**
     * The bytes given to {@link PendingObject#prepare}.
     *
     * @throws StoreException.NoSuchObject when it is unknown or pending
     * @throws StoreException.Destroyed when it was destroyed
     * @throws StoreException.Replaced when a later generation took its place
     * @throws StoreException.DamagedRecord when what is stored isn't what was written
     */
    byte[] manifest(StatementHash id);

    /** A commit after which nothing is left to do. */
    default List<StatementHash> commit(StatementHash id, byte[] certificate) {
        return commit(id, certificate, false);
    }

    /**
     * Makes a prepared generation committed. Does nothing when it is committed already, where the first certificate stays, or was
     * replaced.
     *
     * <p>In the same moment everything earlier of the object in the same epoch, committed or prepared, is replaced: when this
     * returns, its keys, blobs and manifests are gone as with {@link #destroy}, and repeating finishes what a failed call left
     * undone. Prepared generations that are later stay. One that is itself earlier than a committed one is replaced itself.
     *
     * @param unfinished whether {@link #unfinished} is to name it
     * @return the generations that were replaced
     * @throws StoreException.NoSuchObject when it is unknown or pending
     * @throws StoreException.Denied when {@link #deny} was called for it
     * @throws StoreException.Destroyed when it lies within what was destroyed of the object
     */
    List<StatementHash> commit(StatementHash id, byte[] certificate, boolean unfinished);

    /** Keeps the certificate of a prepared generation that was {@link #deny denied}: it is served, and not confirmed. */
    void show(StatementHash id, byte[] certificate);

    /**
     * Gives a committed generation another certificate. Does nothing to one that isn't committed.
     *
     * @param unfinished whether {@link #unfinished} is to name it from now on
     */
    void extend(StatementHash id, byte[] certificate, boolean unfinished);

    /**
     * Committed generations that aren't finished, oldest first, but for those of objects that are to be destroyed.
     *
     * @param after the last one of the page before; empty for the first page
     * @param limit how many at most
     */
    List<StoredObject> unfinished(Optional<StatementHash> after, int limit);

    /** Removes one blob of a generation, which isn't overwritten first; does nothing when there is none. */
    void discard(StatementHash id, BlobKind kind);

    /**
     * Removes a prepared generation without a trace but for what {@link #deny} and {@link #abandon} keep, its key first. Does nothing
     * when it is unknown or pending.
     *
     * @throws StoreException.WrongState when it is committed, replaced or destroyed
     */
    void forget(StatementHash id);

    // ---- What was said of generations, whether or not they are here ----

    /**
     * Notes durably that this provider said that it knows no certificate of a generation, so that it never confirms one.
     *
     * @param expires as of {@link #burn}: once a statement has expired and nothing of it is here, it needs no note; the note stays
     *     for as long as the generation is here
     * @return false, and nothing is noted, when the generation is committed or replaced here
     */
    boolean deny(StatementHash id, Instant expires);

    boolean isDenied(StatementHash id);

    /** Keeps the proof that a generation was abandoned, and forgets the generation if it is prepared; once. */
    void abandon(StatementHash id, byte[] abandonment, Instant expires);

    /** The proof given to {@link #abandon}. */
    Optional<byte[]> abandonment(StatementHash id);

    // ---- The end of objects ----

    /**
     * What is ended of an object: one epoch's generations up to one of them, or all for ever.
     *
     * @param upTo where it isn't for ever
     */
    record Scope(ObjectId object, Optional<Generation> upTo) {}

    /** The latest generation within the scope that is prepared, committed or destroyed here. */
    Optional<StoredObject> latest(Scope scope);

    /**
     * Makes what lies within the scope a tombstone. When this returns, its keys, blobs and manifests are gone from every file of the
     * store, and blobs that were open are at their end. May be repeated, which finishes what a failed call left undone; the first
     * receipt and command stay. Nothing within the scope can be begun, prepared or committed any more.
     *
     * @param id the latest generation within the scope that is prepared, committed or destroyed here: the tombstone
     * @param command by which it is destroyed
     * @throws StoreException.NoSuchObject when that generation is unknown or pending
     */
    void destroy(StatementHash id, Scope scope, byte[] command, byte[] receipt);

    /**
     * When an object is to be destroyed.
     *
     * @param number orders schedules and cancels
     * @param destroyAt empty where it was taken back
     * @param command by which
     * @param bound whether this provider said that it's due and it knows nothing later: it confirms no cancel any more
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    record Schedule(ObjectId object, long number, Optional<Instant> destroyAt, byte[] command, boolean bound) {}

    /** Keeps a schedule, or what takes one back, where its number is the highest; at a tie what takes it back. */
    void schedule(Schedule schedule);

    /**
     * An object became another user's.
     *
     * @param place of the handover, from 0: each object has one for each place
     * @param user whose it is now, a key of 32 bytes
     * @param command by which, opaque
     * @param commands what all providers are to be told, opaque
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    record HandedOver(ObjectId object, int place, byte[] user, byte[] command, byte[] commands) {}

    /**
     * Makes all generations of an object another user's, and forgets what was said of its schedule, in one moment.
     *
     * @throws StoreException.WrongState where another handover is kept for that place
     */
    void handOver(HandedOver handedOver);

    /** All of an object, in their order. */
    List<HandedOver> handovers(ObjectId object);

    /** The command of the last one alone. */
    Optional<byte[]> lastHandover(ObjectId object);

    /** The highest that was kept. */
    Optional<Schedule> schedule(ObjectId object);

    /** Marks the schedule as {@link Schedule#bound}; does nothing when another one is the highest by now. */
    void bind(ObjectId object, long number);

    /** The objects, committed here, whose time to be destroyed has come. */
    List<ObjectId> due(Instant now);

    /**
     * A command about an object for another node.
     *
     * @param bytes opaque here
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    record Notice(ObjectId object, String node, byte[] bytes) {}

    /** Keeps a notice until it is dropped; of the same bytes one stays. */
    void keep(Notice notice);

    /** All notices that are kept, at most so many, oldest first. */
    List<Notice> notices(int limit);

    /** Does nothing when there is no such notice. */
    void drop(Notice notice);

    // ---- Once ----

    /**
     * Uses up a statement.
     *
     * @param expires when orders with it are refused for their age, so that the mark may be pruned
     * @return true the first time, false ever after; false, too, for what expires before the floor that pruning raised
     */
    boolean burn(StatementHash w, Instant expires);

    /** Forgets the burns, denials and abandonments that expired before now, once a durable floor at now keeps them from coming again. */
    void pruneBurns(Instant now);

    /** Before what expiry this store can't tell what was said and done: the highest of the floor and an hour after it was made. */
    Instant floor();

    /** What is kept of users' names, in the same store. */
    NameStore names();

    /**
     * What is stored for somebody.
     *
     * @param objects generations, replaced and destroyed ones among them until they are forgotten, and entries of names
     * @param bytes of their blobs, before they are sealed, and of those entries
     */
    record Usage(long objects, long bytes) {}

    /** @param user empty for all together */
    Usage usage(Optional<byte[]> user);

    /** The users' logins, which end with this store. */
    LoginStore logins();

    /** Who serves this store beside this process. */
    default Processes processes() {
        return Processes.ALONE;
    }

    /** For another process, by which these generations have ended: whatever reads or makes them here ends, too. */
    default void endHere(List<StatementHash> generations) {}

    /** For another process, which erased the keys of all epochs before this one: this one forgets them. */
    default void forgetKeysBefore(long epoch) {}

    /** How many transactions were made durable since the store was opened: operations that come together share one. */
    long transactions();

    /** Waits for writes under way, gives up pending objects, ends open blobs. */
    @Override
    void close();
}
