package dev.interlock.core.sharing;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.interlock.core.secret.Keystream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * H_ρ of DESIGN §8: a random GF(2^8)-linear hash with 16 bytes of output. H(u ⊕ λ·v) = H(u) ⊕ λ·H(v) for all u, v and λ,
 * so that what holds between shares holds between their hashes; and two different inputs of one length have the same hash
 * with probability below 2^(−127), over a seed that was chosen independently of both.
 *
 * <p>The input is cut into rows of {@value #ROW_BYTES} bytes, the last one as if filled up with zeros. First every row j
 * goes, times 16 random coefficients c_j, into 16 sums as wide as a row: A_a = Σ_j c_{j,a}·row_j. A column in which two
 * inputs differ has the same 16 sums with probability 2^(−128). Then each column w of the sums goes through a random 16×16
 * matrix of its own: H = Σ_w R_w·A[w], which is the same for two different A with probability 2^(−128).
 *
 * <p>The coefficients are bytes of {@link Keystream} over ρ: c_j at 16·j; R_w, column after column, at 2^48 + 256·w.
 * Constant-time in the input; the sums lie on the heap and are overwritten on close. Not safe for several threads.
 */
public final class LinearHash implements AutoCloseable {
    /** The size of ρ. */
    public static final int SEED_BYTES = Keystream.SEED_BYTES;
    /** The size of the hash. */
    public static final int BYTES = 16;

    static final int ROW_BYTES = 1024;
    private static final int ROW_LONGS = ROW_BYTES / Long.BYTES;
    private static final long MATRICES_AT = 1L << 48;
    private static final long LOW_BITS = 0x0101010101010101L;

    private final MemorySegment seed;
    private final Keystream coefficients;
    private final long[][] sums = new long[BYTES][ROW_LONGS];
    /** The row times every polynomial of degree below 4, and times x^4 and each of those: half a coefficient looks one up. */
    private final long[][] low = new long[16][ROW_LONGS];

    private final long[][] high = new long[16][ROW_LONGS];
    private final MemorySegment row = MemorySegment.ofArray(low[1]);
    private final byte[] next = new byte[BYTES];
    private int filled;
    private int columns;

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
            part = Math.min(length - done, ROW_BYTES - filled);
            MemorySegment.copy(piece, done, row, filled, part);
            filled += (int) part;
            columns = Math.max(columns, filled);
            if (filled == ROW_BYTES) {
                absorb();
            }
        }
    }

    private void absorb() {
        times(low[1], low[2]);
        times(low[2], low[4]);
        times(low[4], low[8]);
        times(low[8], high[1]);
        times(high[1], high[2]);
        times(high[2], high[4]);
        times(high[4], high[8]);
        for (int i = 3; i < 16; i++) {
            int top = Integer.highestOneBit(i);
            if (i != top) {
                sum(low[top], low[i - top], low[i]);
                sum(high[top], high[i - top], high[i]);
            }
        }
        Arrays.fill(next, (byte) 0);
        coefficients.addTo(MemorySegment.ofArray(next));
        for (int a = 0; a < BYTES; a++) {
            add(low[next[a] & 0xF], high[next[a] >>> 4 & 0xF], sums[a]);
        }
        filled = 0;
    }

    /** Every byte times x. */
    private static void times(long[] v, long[] product) {
        for (int i = 0; i < ROW_LONGS; i++) {
            long carries = v[i] >>> 7 & LOW_BITS;
            product[i] = (v[i] & ~(LOW_BITS << 7)) << 1 ^ carries ^ carries << 1 ^ carries << 3 ^ carries << 4;
        }
    }

    private static void sum(long[] u, long[] v, long[] sum) {
        for (int i = 0; i < ROW_LONGS; i++) {
            sum[i] = u[i] ^ v[i];
        }
    }

    private static void add(long[] u, long[] v, long[] sum) {
        for (int i = 0; i < ROW_LONGS; i++) {
            sum[i] ^= u[i] ^ v[i];
        }
    }

    /** {@value #BYTES} bytes; ends this hash. */
    public byte[] digest() {
        if (filled > 0) {
            row.asSlice(filled).fill((byte) 0);
            absorb();
        }
        byte[] matrix = new byte[BYTES * BYTES];
        MemorySegment words = MemorySegment.ofArray(matrix);
        long[] halves = new long[2];
        try (Keystream matrices = Keystream.at(seed, MATRICES_AT)) {
            for (int w = 0; w < columns; w++) {
                Arrays.fill(matrix, (byte) 0);
                matrices.addTo(words);
                for (int a = 0; a < BYTES; a++) {
                    int secret = MemorySegment.ofArray(sums[a]).get(JAVA_BYTE, w);
                    addTimes(words, a * BYTES, secret, halves);
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
                long carries = shifted >>> 7 & LOW_BITS;
                shifted = (shifted & ~(LOW_BITS << 7)) << 1 ^ carries * 0x1B;
            }
        }
    }

    @Override
    public void close() {
        coefficients.close();
        for (long[][] secret : new long[][][] {sums, low, high}) {
            for (long[] each : secret) {
                Arrays.fill(each, 0);
            }
        }
    }
}
