package dev.interlock.core.sharing;

import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.Gf256;
import dev.interlock.core.secret.SecretBytes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Deals the pad of one object, piece by piece, and keeps nothing (SPEC §§4 and 8).
 *
 * <p>For every byte it draws a polynomial of its own, uniform among those of degree below t, and gives provider j its
 * value at x_j. The pad, the values at 0, is never computed. A dealing of zero draws among those whose value at 0 is zero. Constant-time in the polynomials. Not safe for several
 * threads.
 */
public final class PadDealer implements AutoCloseable {

    /** One coefficient's part of a tile: small enough for the fastest caches, large enough that calls cost little. */
    static final int TILE_BYTES = 8192;

    private final int t;
    private final int[] xs;
    /** powers[j][k − 1] = x_j^k for k in 1..t−1 */
    private final int[][] powers;

    private final FieldKernel kernel;
    private final PadRandom random;
    private final boolean ownsRandom;
    private @Nullable SecretBytes tile;
    private boolean closed;

    /**
     * A dealer that draws from the given randomness and, on close, makes it forget what was drawn.
     *
     * @param xs the n share indices, distinct, each in 1..254; copied
     * @param random stays the caller's to close
     * @throws IllegalArgumentException if there aren't n indices, or one is out of range or stands twice
     */
    public PadDealer(Threshold threshold, int[] xs, FieldKernel kernel, PadRandom random) {
        this(threshold, checked(threshold, xs), kernel, random, false);
    }

    /**
     * A dealer whose shares follow from the seed alone, the same ones every time.
     *
     * @param xs the n share indices, distinct, each in 1..254; copied
     * @param seed 32 bytes, copied; fresh, uniform and used nowhere else
     * @throws IllegalArgumentException if there aren't n indices, one is out of range or stands twice, or the seed has
     *     another size
     */
    public PadDealer(Threshold threshold, int[] xs, FieldKernel kernel, SecretBytes seed) {
        // Checked first: an exception must not leave randomness behind that nobody closes.
        this(threshold, checked(threshold, xs), kernel, new PadRandom(seed), true);
    }

    private PadDealer(Threshold threshold, int[] xs, FieldKernel kernel, PadRandom random, boolean ownsRandom) {
        this.t = threshold.t();
        this.xs = xs;
        this.powers = powers(xs, t);
        this.kernel = kernel;
        this.random = random;
        this.ownsRandom = ownsRandom;
    }

    /**
     * Deals the next bytes of the pad.
     *
     * @param length in bytes, 0 or more
     * @param sharesOut n segments of that length, in the order of the share indices; overwritten
     * @throws IllegalArgumentException if the number or a length is another
     * @throws IllegalStateException after close
     */
    public void next(int length, List<MemorySegment> sharesOut) {
        next(length, sharesOut, false);
    }

    /** The same with shares of zero: a_0 = 0, and the other coefficients uniform. */
    public void nextOfZero(int length, List<MemorySegment> sharesOut) {
        next(length, sharesOut, true);
    }

    private void next(int length, List<MemorySegment> sharesOut, boolean ofZero) {
        if (closed) {
            throw new IllegalStateException("the dealer was closed");
        }
        check(length, sharesOut);
        MemorySegment tile = tile(length);
        try {
            int part = Math.min(TILE_BYTES, length);
            MemorySegment drawn = tile.asSlice(0, (long) t * part);
            List<MemorySegment> a = coefficients(drawn, part);
            for (int offset = 0; offset < length; offset += part) {
                if (length - offset < part) {
                    part = length - offset;
                    drawn = tile.asSlice(0, (long) t * part);
                    a = coefficients(drawn, part);
                }
                dealTile(drawn, a, ofZero, offset, part, sharesOut);
            }
        } finally {
            tile.fill((byte) 0);
        }
    }

    /** Wipes what is left of the dealing and forgets its randomness; closing again does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (tile != null) {
            tile.close();
        }
        if (ownsRandom) {
            random.close();
        } else {
            random.forget();
        }
    }

    private void dealTile(
            MemorySegment drawn,
            List<MemorySegment> a,
            boolean ofZero,
            int offset,
            int part,
            List<MemorySegment> sharesOut) {
        // All of a_0..a_{t−1} in one draw, and uniform, zero included: a byte of a_0 that is never zero would rule out
        // one value of the message byte under it, and one of a_{t−1} would let t−1 providers rule out one value of the
        // pad. The paper's "a_0 and a_{t−1} nonzero" is meant for whole vectors, where it fails with chance 2^(−8L).
        random.fill(drawn);
        if (ofZero) {
            a.getFirst().fill((byte) 0);
        }
        List<MemorySegment> higher = a.subList(1, t);
        for (int j = 0; j < xs.length; j++) {
            MemorySegment share = sharesOut.get(j).asSlice(offset, part);
            kernel.addCombination(share, a.getFirst(), powers[j], higher);
        }
    }

    /** a_0..a_{t−1} where the draw puts them; cut once, since a new slice for every sum takes a tenth of its time. */
    private List<MemorySegment> coefficients(MemorySegment drawn, int part) {
        List<MemorySegment> a = new ArrayList<>(t);
        for (int k = 0; k < t; k++) {
            a.add(drawn.asSlice((long) k * part, part));
        }
        return a;
    }

    private MemorySegment tile(int length) {
        long size = (long) t * Math.min(length, TILE_BYTES);
        if (tile != null && tile.size() >= size) {
            return tile.segment();
        }
        if (tile != null) {
            tile.close();
        }
        // No larger than needed: most objects are one short piece.
        tile = SecretBytes.allocate(size);
        return tile.segment();
    }

    private void check(int length, List<MemorySegment> sharesOut) {
        if (length < 0) {
            throw new IllegalArgumentException("length is " + length + " bytes, must be at least 0");
        }
        Dealing.checkCount("share segments", sharesOut.size(), xs.length);
        for (MemorySegment share : sharesOut) {
            if (share.byteSize() != length) {
                throw new IllegalArgumentException(
                        "a share segment has " + share.byteSize() + " bytes, expected " + length);
            }
        }
    }

    private static int[] checked(Threshold threshold, int[] xs) {
        Dealing.checkCount("share indices", xs.length, threshold.n());
        ShareIndex.checkDistinct(xs);
        return xs.clone();
    }

    private static int[][] powers(int[] xs, int t) {
        int[][] powers = new int[xs.length][t - 1];
        for (int j = 0; j < xs.length; j++) {
            int power = 1;
            for (int k = 0; k < t - 1; k++) {
                power = Gf256.multiply(power, xs[j]);
                powers[j][k] = power;
            }
        }
        return powers;
    }
}
