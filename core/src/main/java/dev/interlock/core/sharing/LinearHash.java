package dev.interlock.core.sharing;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.interlock.core.secret.Keystream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * H_ρ of SPEC §4: a random GF(2^8)-linear hash with 16 bytes of output. H(u ⊕ λ·v) = H(u) ⊕ λ·H(v) for all u, v and λ, so
 * that what holds between shares holds between their hashes; and two different inputs of one length have the same hash
 * with probability at most 2^(−64) + 2^(−128), over a seed that was chosen independently of both.
 *
 * <p>The input is cut into rows of {@value #ROW_BYTES} bytes, the last ones as if filled up with zeros, and the rows into
 * groups of four. The sums of three rows of a group each make it eight rows, a word of the extended Hamming code: two groups
 * that differ in a column differ in at least four of the eight there. Each of the eight goes, times a random coefficient of
 * the group, into two sums of its own, so that a column in which inputs differ leaves all 16 sums the same with probability
 * at most 2^(−8·4·2). Then each column w of the sums goes through a random 16×16 matrix of its own: H = Σ_w R_w·A[w], which is the
 * same for two different A with probability 2^(−128).
 *
 * <p>The coefficients are bytes of {@link Keystream} over ρ: those of group g at 16·g; R_w, column after column, at 2^48 +
 * 256·w. They are public. Constant-time in the input; what is made of it lies on the heap and is overwritten on close. Not
 * safe for several threads.
 */
public final class LinearHash implements AutoCloseable {
    /** The size of ρ. */
    public static final int SEED_BYTES = Keystream.SEED_BYTES;
    /** The size of the hash. */
    public static final int BYTES = 16;

    static final int ROW_BYTES = 32;
    static final int GROUP_BYTES = 4 * ROW_BYTES;

    /** So many groups are multiplied out; from then on buckets are cheaper, which cost the same for any number of groups. */
    static final int FEW_GROUPS = 16;

    private static final int SUMS = 16;
    private static final int ROW_LONGS = ROW_BYTES / Long.BYTES;
    private static final int GROUP_LONGS = GROUP_BYTES / Long.BYTES;
    private static final int BATCH_GROUPS = 32;
    private static final int COEFFICIENTS = 256;
    private static final long MATRICES_AT = 1L << 48;
    private static final long HIGHEST_BITS = 0x8080808080808080L;
    private static final long LOWEST_BITS = 0x0101010101010101L;

    private final MemorySegment seed;
    private final Keystream coefficients;
    private final long[] sums = new long[SUMS * ROW_LONGS];

    /** Whole groups that wait, and the beginning of the next one. */
    private final long[] batch = new long[BATCH_GROUPS * GROUP_LONGS];

    private final MemorySegment waiting = MemorySegment.ofArray(batch);
    private final byte[] keys = new byte[BATCH_GROUPS * SUMS];

    /** For each sum and each coefficient the sum of the rows that go there times it; once there are more than a few groups. */
    private long @Nullable [] buckets;

    private int filled;
    private long groups;

    /** @param seed ρ, {@value #SEED_BYTES} bytes; public once everybody is bound to what is hashed */
    public LinearHash(byte[] seed) {
        this.seed = MemorySegment.ofArray(seed.clone());
        this.coefficients = new Keystream(this.seed);
    }

    /** Hashes the next bytes of the input, in pieces of any length. */
    public void update(MemorySegment piece) {
        long length = piece.byteSize();
        long part;
        for (long done = 0; done < length; done += part) {
            part = Math.min(length - done, waiting.byteSize() - filled);
            MemorySegment.copy(piece, done, waiting, filled, part);
            filled += (int) part;
            if (filled == waiting.byteSize()) {
                absorb();
            }
        }
    }

    /** The groups that wait; the last one must have been filled up with zeros. */
    private void absorb() {
        int count = (filled + GROUP_BYTES - 1) / GROUP_BYTES;
        Arrays.fill(keys, (byte) 0);
        coefficients.addTo(MemorySegment.ofArray(keys).asSlice(0, (long) count * SUMS));
        int few = Math.clamp(FEW_GROUPS - groups, 0, count);
        for (int group = 0; group < few; group++) {
            multiply(group);
        }
        if (few < count) {
            if (buckets == null) {
                buckets = new long[SUMS * COEFFICIENTS * ROW_LONGS];
            }
            sort(batch, few, count, keys, buckets);
        }
        groups += count;
        filled = 0;
    }

    /** One group, each product by itself. */
    private void multiply(int group) {
        for (int i = 0; i < ROW_LONGS; i++) {
            int at = group * GROUP_LONGS + i;
            long r0 = batch[at];
            long r1 = batch[at + ROW_LONGS];
            long r2 = batch[at + 2 * ROW_LONGS];
            long r3 = batch[at + 3 * ROW_LONGS];
            addTwice(group, 0, i, r0);
            addTwice(group, 2, i, r1);
            addTwice(group, 4, i, r2);
            addTwice(group, 6, i, r3);
            addTwice(group, 8, i, r1 ^ r2 ^ r3);
            addTwice(group, 10, i, r0 ^ r2 ^ r3);
            addTwice(group, 12, i, r0 ^ r1 ^ r3);
            addTwice(group, 14, i, r0 ^ r1 ^ r2);
        }
    }

    private void addTwice(int group, int a, int i, long row) {
        sums[a * ROW_LONGS + i] ^= times(keys[group * SUMS + a], row);
        sums[(a + 1) * ROW_LONGS + i] ^= times(keys[group * SUMS + a + 1], row);
    }

    /** Eight secret bytes, each times one coefficient: no branch and no table on the bytes. */
    private static long times(byte coefficient, long bytes) {
        long product = 0;
        for (int bit = 7; bit >= 0; bit--) {
            product = timesX(product) ^ (bytes & -(long) (coefficient >>> bit & 1));
        }
        return product;
    }

    private static long timesX(long bytes) {
        long carries = bytes & HIGHEST_BITS;
        return (bytes ^ carries) << 1 ^ (carries - (carries >>> 7) & 0x1B * LOWEST_BITS);
    }

    /**
     * Adds each row of the groups from..to−1 to the buckets of its two coefficients: an addition where a product would be, and
     * one product for each bucket at the end. Which bucket it is depends on coefficients only.
     */
    private static void sort(long[] rows, int from, int to, byte[] keys, long[] buckets) {
        for (int group = from; group < to; group++) {
            int at = group * GROUP_LONGS;
            int key = group * SUMS;
            long a0 = rows[at];
            long a1 = rows[at + 1];
            long a2 = rows[at + 2];
            long a3 = rows[at + 3];
            long b0 = rows[at + 4];
            long b1 = rows[at + 5];
            long b2 = rows[at + 6];
            long b3 = rows[at + 7];
            long c0 = rows[at + 8];
            long c1 = rows[at + 9];
            long c2 = rows[at + 10];
            long c3 = rows[at + 11];
            long d0 = rows[at + 12];
            long d1 = rows[at + 13];
            long d2 = rows[at + 14];
            long d3 = rows[at + 15];
            put(buckets, 0, keys, key, a0, a1, a2, a3);
            put(buckets, 2, keys, key, b0, b1, b2, b3);
            put(buckets, 4, keys, key, c0, c1, c2, c3);
            put(buckets, 6, keys, key, d0, d1, d2, d3);
            long all0 = a0 ^ b0 ^ c0 ^ d0;
            long all1 = a1 ^ b1 ^ c1 ^ d1;
            long all2 = a2 ^ b2 ^ c2 ^ d2;
            long all3 = a3 ^ b3 ^ c3 ^ d3;
            put(buckets, 8, keys, key, all0 ^ a0, all1 ^ a1, all2 ^ a2, all3 ^ a3);
            put(buckets, 10, keys, key, all0 ^ b0, all1 ^ b1, all2 ^ b2, all3 ^ b3);
            put(buckets, 12, keys, key, all0 ^ c0, all1 ^ c1, all2 ^ c2, all3 ^ c3);
            put(buckets, 14, keys, key, all0 ^ d0, all1 ^ d1, all2 ^ d2, all3 ^ d3);
        }
    }

    private static void put(long[] buckets, int a, byte[] keys, int key, long r0, long r1, long r2, long r3) {
        int one = (a * COEFFICIENTS + (keys[key + a] & 0xFF)) * ROW_LONGS;
        buckets[one] ^= r0;
        buckets[one + 1] ^= r1;
        buckets[one + 2] ^= r2;
        buckets[one + 3] ^= r3;
        int other = ((a + 1) * COEFFICIENTS + (keys[key + a + 1] & 0xFF)) * ROW_LONGS;
        buckets[other] ^= r0;
        buckets[other + 1] ^= r1;
        buckets[other + 2] ^= r2;
        buckets[other + 3] ^= r3;
    }

    /**
     * Σ_c c·bucket_c = Σ_k x^k·(the sum of the buckets of all c with bit k). From the highest bit down, the upper half of the
     * buckets is that sum, and is then added to the lower half, which stands for all of them.
     */
    private void empty(long[] buckets) {
        long[] ofBit = new long[ROW_LONGS];
        long[] product = new long[ROW_LONGS];
        for (int a = 0; a < SUMS; a++) {
            int at = a * COEFFICIENTS * ROW_LONGS;
            for (int half = COEFFICIENTS / 2 * ROW_LONGS; half >= ROW_LONGS; half /= 2) {
                for (int i = 0; i < half; i++) {
                    ofBit[i % ROW_LONGS] ^= buckets[at + half + i];
                    buckets[at + i] ^= buckets[at + half + i];
                }
                for (int i = 0; i < ROW_LONGS; i++) {
                    product[i] = timesX(product[i]) ^ ofBit[i];
                    ofBit[i] = 0;
                }
            }
            for (int i = 0; i < ROW_LONGS; i++) {
                sums[a * ROW_LONGS + i] ^= product[i];
                product[i] = 0;
            }
        }
    }

    /** {@value #BYTES} bytes; ends this hash. */
    public byte[] digest() {
        if (filled > 0) {
            waiting.asSlice(filled).fill((byte) 0);
            absorb();
        }
        if (buckets != null) {
            empty(buckets);
        }
        MemorySegment columns = MemorySegment.ofArray(sums);
        byte[] matrix = new byte[SUMS * BYTES];
        MemorySegment words = MemorySegment.ofArray(matrix);
        long[] halves = new long[BYTES / Long.BYTES];
        try (Keystream matrices = Keystream.at(seed, MATRICES_AT)) {
            for (int w = 0; w < ROW_BYTES; w++) {
                Arrays.fill(matrix, (byte) 0);
                matrices.addTo(words);
                for (int a = 0; a < SUMS; a++) {
                    addTimes(words, a * BYTES, columns.get(JAVA_BYTE, a * ROW_BYTES + w), halves);
                }
            }
        }
        close();
        byte[] hash = new byte[BYTES];
        MemorySegment.copy(MemorySegment.ofArray(halves), 0, MemorySegment.ofArray(hash), 0, BYTES);
        return hash;
    }

    /** Adds 16 public bytes, each times one secret one, without a branch or a table on it. */
    private static void addTimes(MemorySegment bytes, int at, int secret, long[] sum) {
        for (int half = 0; half < sum.length; half++) {
            long shifted = bytes.get(JAVA_LONG_UNALIGNED, at + (long) half * Long.BYTES);
            for (int bit = 0; bit < 8; bit++) {
                sum[half] ^= shifted & -(long) (secret >>> bit & 1);
                shifted = timesX(shifted);
            }
        }
    }

    @Override
    public void close() {
        coefficients.close();
        Arrays.fill(sums, 0);
        Arrays.fill(batch, 0);
        if (buckets != null) {
            Arrays.fill(buckets, 0);
        }
    }
}
