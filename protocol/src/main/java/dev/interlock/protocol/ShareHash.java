package dev.interlock.protocol;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.sharing.LinearHash;
import java.lang.foreign.MemorySegment;

/** H_ρ of a stored share, and of its salts by themselves: each lies on a polynomial of its own. */
public final class ShareHash implements AutoCloseable {
    /**
     * @param share H_ρ(f(x_i)), 16 bytes
     * @param salts H_ρ of its salts, one after the other, 16 bytes
     */
    public record Digest(byte[] share, byte[] salts) {}

    private final LinearHash share;
    private final LinearHash salts;

    /** @param seed ρ */
    public ShareHash(byte[] seed) {
        share = new LinearHash(seed);
        salts = new LinearHash(seed);
    }

    /** @param chunk the next one, behind its salt */
    public void update(MemorySegment chunk) {
        salts.update(chunk.asSlice(0, Leaves.SALT_BYTES));
        share.update(chunk.asSlice(Leaves.SALT_BYTES));
    }

    public Digest digest() {
        return new Digest(share.digest(), salts.digest());
    }

    @Override
    public void close() {
        share.close();
        salts.close();
    }
}
