package dev.interlock.node.store;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.RecordHash;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The logins of one provider: records with their shares, guesses, devices. Every method that changes something returns only after
 * the change is durable. Safe for use by many threads; which record may follow which is its caller's to decide, one at a time for
 * each name.
 */
public interface LoginStore {
    /**
     * A record that is held.
     *
     * @param record signed by its identity, opaque here
     * @param certified the same with all providers' signatures; empty while it doesn't count
     * @param user the key of the user whose login it is, 32 bytes
     * @param ticket the hash of the ticket by which it came; empty for a change
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes to pass on
    record Held(
            String name,
            RecordHash hash,
            long version,
            byte[] record,
            byte[] certified,
            byte[] user,
            byte[] ticket,
            Instant at) {
        public boolean counts() {
            return certified.length > 0;
        }
    }

    /** The one that counts. */
    Optional<Held> certified(String name);

    /** Those that don't count yet, the oldest first. */
    List<Held> prepared(String name);

    /**
     * Keeps a record with its shares, and erases others, in one moment. Where a record of the name counts, those that are erased are
     * remembered as {@link #dropped}; one that counts itself ends that.
     */
    void prepare(Held held, Map<Lock.Kind, SecretBytes> shares, List<RecordHash> erased);

    /** From now on this record counts, and others are erased: their shares are nowhere when this returns. */
    void certify(RecordHash hash, byte[] certified, List<RecordHash> erased);

    /**
     * Makes all that is one user's in this store another's, in one moment: the login, objects, names. It is the same person, by the key
     * of a new root secret.
     */
    void succeed(String name, byte[] before, byte[] now);

    /** Erases a user's names under keys of earlier versions of their root secret than this one. */
    void eraseEarlierNames(byte[] user, int rootVersion);

    /**
     * A share; the caller closes it.
     *
     * @throws StoreException.Failed when it is damaged
     */
    Optional<SecretBytes> share(RecordHash hash, Lock.Kind kind);

    /** Records of a name that gave way to others while they didn't count, since the one that counts now does. */
    List<RecordHash> dropped(String name);

    /** Erases the shares of all records of a name; the records stay. */
    void eraseShares(String name);

    /** Erases the shares of all records of all names; the records stay. @return how many shares there were */
    int eraseShares();

    /** A number that only grows, but in a store that was restored from a backup. */
    long mark();

    void raiseMark(long number);

    /**
     * What became of a guess.
     *
     * @param repeated whether this nonce was counted before; then nothing was decided
     */
    record Guess(boolean repeated, GuessLimit.Decision decision) {}

    /**
     * Counts one guess, unless it is refused.
     *
     * @param by the known device that asks, which has an allowance of its own; empty for all others together
     * @param nonce of the request, 16 bytes; it is known for as long as the guess counts, given back or not
     */
    Guess guess(String name, byte[] by, byte[] nonce, GuessLimit limit, Instant now);

    /**
     * Gives one guess back, and makes a device a known one.
     *
     * @return false where there is no such guess of that name, or it was given back before; then nothing changes
     */
    boolean giveBack(String name, byte[] nonce, byte[] device, int mostDevices, Instant now);

    /** A device that has logged in. */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    record Device(byte[] key, Instant last) {}

    boolean isDevice(String name, byte[] key);

    /** The newest first. */
    List<Device> devices(String name);

    /** @return false where it wasn't known */
    boolean forgetDevice(String name, byte[] key);
}
