package dev.interlock.node.store;

import java.util.List;
import java.util.Optional;

/**
 * What is kept of users' names: of each user one entry under each tag, the latest one by (number, hash). Entries are opaque here.
 * Safe for use by many threads; what changes something returns only after it is durable.
 */
public interface NameStore {
    int TAG_BYTES = 32;

    /**
     * One state of an entry.
     *
     * @param owner the owner's key for names, 32 bytes, which an entry keeps
     * @param tag 32 bytes
     * @param number orders the states of an entry; where two have the same, their hashes do
     * @param hash 32 bytes
     * @param before the hash of the state that it continues, 32 bytes
     * @param entry opaque
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    record Kept(byte[] owner, byte[] tag, long number, byte[] hash, byte[] before, byte[] entry) {}

    /** An entry is kept under this tag of another owner's key than the one that is set. */
    final class OtherOwner extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Keeps each of these entries where it is later than what there is; all of them, or none when this throws.
     *
     * @param user the key of the user who asks, 32 bytes
     * @param maxBytes of what is returned
     * @return what was there and isn't what the entry continues, of its number less one or above: entries that somebody set meanwhile;
     *     as many as fit
     * @throws OtherOwner when one of them isn't the owner's of what there is
     */
    List<byte[]> set(byte[] user, List<Kept> entries, int maxBytes);

    /** How many of these entries aren't there yet under any number. */
    long missing(byte[] user, List<byte[]> tags);

    /**
     * What there is under some tags.
     *
     * @param looked how many of the tags were looked up, from the first on, until the bytes were used up
     * @param entries those that there are, in the order of the tags
     */
    record Found(int looked, List<byte[]> entries) {}

    /**
     * Looks entries up.
     *
     * @param maxBytes how many bytes at most, but for one entry
     */
    Found find(byte[] user, List<byte[]> tags, int maxBytes);

    /**
     * A page of a user's entries, in the order of their tags.
     *
     * @param after the tag before the first one; empty for the first page
     * @param maxBytes how many bytes at most, but for one entry
     */
    List<byte[]> list(byte[] user, Optional<byte[]> after, int maxEntries, int maxBytes);

    /**
     * The state of an entry without it.
     *
     * @param tag 32 bytes
     * @param hash 32 bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    record State(byte[] tag, long number, byte[] hash) {}

    /**
     * The states of a user's entries, in the order of their tags.
     *
     * @param after the tag before the first one; empty from the beginning
     * @param upTo the last tag; empty to the end
     */
    List<State> states(byte[] user, Optional<byte[]> after, Optional<byte[]> upTo, int max);
}
