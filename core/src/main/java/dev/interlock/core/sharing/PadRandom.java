package dev.interlock.core.sharing;

import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;

/**
 * The dealer's bulk randomness: AES-256-CTR with fast key erasure (SPEC §13).
 *
 * <p>Each key gives at most 1 MiB; then the next 32 bytes of its stream become the next key and the old one is wiped, so
 * that whoever seizes the memory learns nothing of what was given out before (D. J. Bernstein, "Fast-key-erasure
 * random-number generators", 2017). {@link #forget} does the same at once. Not safe for several threads.
 */
public final class PadRandom implements AutoCloseable {

    static final int BYTES_PER_KEY = 1 << 20;

    private final SecretBytes nextKey = SecretBytes.allocate(Keystream.SEED_BYTES);
    private Keystream keystream;
    private int left = BYTES_PER_KEY;

    /** A stream of its own, keyed with 32 bytes of the source. */
    public PadRandom(SecureRandom source) {
        try (SecretBytes seed = SecretBytes.random(Keystream.SEED_BYTES, source)) {
            keystream = new Keystream(seed);
        }
    }

    /**
     * The stream of this seed, always the same: the seed must be fresh, uniform and used nowhere else.
     *
     * @param seed 32 bytes, copied
     * @throws IllegalArgumentException if the seed has another size
     */
    public PadRandom(SecretBytes seed) {
        keystream = new Keystream(seed);
    }

    /** Overwrites the segment with uniform bytes. */
    public void fill(MemorySegment out) {
        long size = out.byteSize();
        long length;
        for (long offset = 0; offset < size; offset += length) {
            length = Math.min(size - offset, left);
            keystream.fill(out.asSlice(offset, length));
            left -= (int) length;
            if (left == 0) {
                forget();
            }
        }
    }

    /** Takes a new key out of the stream and wipes the old one: from here on nothing given out can be computed again. */
    public void forget() {
        keystream.fill(nextKey.segment());
        keystream.close();
        keystream = new Keystream(nextKey);
        nextKey.segment().fill((byte) 0);
        left = BYTES_PER_KEY;
    }

    /** For tests: what the current key expands to. */
    Keystream keystream() {
        return keystream;
    }

    /** Wipes everything; closing again does nothing. */
    @Override
    public void close() {
        keystream.close();
        nextKey.close();
    }
}
