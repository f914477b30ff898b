package dev.interlock.core.commitment;

import dev.interlock.core.token.StatementHash;
import java.lang.foreign.MemorySegment;

/**
 * The leaves of the trees (SPEC §3). Those of chunks and shares hash 64 secret random bytes before what it commits to, so that they tell
 * nothing about a guessable chunk, not even to unbounded computing. Feed the pieces in order, then {@link #leaf}.
 */
public final class Leaves {
    public static final int SALT_BYTES = 64;

    private final Sha256 hash;

    private Leaves(Sha256 hash) {
        this.hash = hash;
    }

    /** leaf_k = SHA-256(label ‖ k ‖ r_k ‖ m_k): what follows is r_k ‖ m_k, in any pieces. */
    public static Leaves ofChunk(int k) {
        return new Leaves(Sha256.labelled("interlock/v1/chunk-leaf").u64(k));
    }

    /** SHA-256(label ‖ H(w) ‖ x_i ‖ k ‖ salt ‖ share chunk): what follows is the 64-byte salt, then the chunk. */
    public static Leaves ofShare(StatementHash w, int x, int k) {
        return new Leaves(Sha256.labelled("interlock/v1/share-leaf")
                .update(w.bytes())
                .u8(x)
                .u64(k));
    }

    /**
     * SHA-256(label ‖ H(w) ‖ k ‖ c_k): what follows is the ciphertext's chunk. Without a salt: the chunk is as uniform as
     * the pad that is on it.
     */
    public static Leaves ofCiphertext(StatementHash w, int k) {
        return new Leaves(Sha256.labelled("interlock/v1/ciphertext-leaf")
                .update(w.bytes())
                .u64(k));
    }

    public Leaves update(MemorySegment piece) {
        hash.update(piece);
        return this;
    }

    /** 32 bytes; ends this leaf. */
    public byte[] leaf() {
        return hash.digest();
    }
}
