package dev.interlock.core.sharing;

/**
 * How an object is cut into chunks, and where each lies in the pad and everything that is as long as it (SPEC §3).
 *
 * <p>Chunk k, from 0, is at most 1 MiB of data behind 64 fresh random bytes r_k; the empty object has one chunk without
 * data.
 *
 * @param length of the object in bytes, 0..2^40
 */
public record ChunkLayout(long length) {

    /** The data in every chunk but the last, which may have less. */
    public static final int CHUNK_BYTES = 1 << 20;

    /** The random bytes r_k before each chunk's data. */
    public static final int RANDOMIZER_BYTES = 64;

    /** The longest object: 1 TiB. */
    public static final long MAX_LENGTH = 1L << 40;

    /** @throws IllegalArgumentException if the length is outside 0..2^40 */
    public ChunkLayout {
        if (length < 0 || length > MAX_LENGTH) {
            throw new IllegalArgumentException("length is " + length + " bytes, must be in 0.." + MAX_LENGTH);
        }
    }

    /** The number of chunks, at least 1. */
    public int count() {
        return length == 0 ? 1 : (int) ((length - 1) / CHUNK_BYTES + 1);
    }

    /**
     * The bytes of data in chunk k, without r_k.
     *
     * @throws IndexOutOfBoundsException if there is no chunk k
     */
    public int dataLength(int k) {
        return (int) Math.min(CHUNK_BYTES, length - dataOffset(k));
    }

    /**
     * Where chunk k's data begin in the object.
     *
     * @throws IndexOutOfBoundsException if there is no chunk k
     */
    public long dataOffset(int k) {
        return (long) check(k) * CHUNK_BYTES;
    }

    /**
     * The bytes of pad that chunk k takes: r_k and the data.
     *
     * @throws IndexOutOfBoundsException if there is no chunk k
     */
    public int padLength(int k) {
        return RANDOMIZER_BYTES + dataLength(k);
    }

    /**
     * Where chunk k begins in the pad, at r_k.
     *
     * @throws IndexOutOfBoundsException if there is no chunk k
     */
    public long padOffset(int k) {
        return (long) check(k) * (RANDOMIZER_BYTES + CHUNK_BYTES);
    }

    /**
     * The chunk in which this byte of the pad lies.
     *
     * @param padPosition in 0..padTotal()−1
     * @throws IndexOutOfBoundsException if the pad has no such byte
     */
    public int chunkAt(long padPosition) {
        if (padPosition < 0 || padPosition >= padTotal()) {
            throw new IndexOutOfBoundsException("byte is " + padPosition + ", must be in 0.." + (padTotal() - 1));
        }
        return (int) (padPosition / (RANDOMIZER_BYTES + CHUNK_BYTES));
    }

    /** The bytes of pad that the whole object takes. */
    public long padTotal() {
        return length + (long) count() * RANDOMIZER_BYTES;
    }

    private int check(int k) {
        if (k < 0 || k >= count()) {
            throw new IndexOutOfBoundsException("chunk is " + k + ", must be in 0.." + (count() - 1));
        }
        return k;
    }
}
