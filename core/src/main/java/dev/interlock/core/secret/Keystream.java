package dev.interlock.core.secret;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The bytes that a 32-byte seed expands to: AES-256-CTR of zeros, the counter block starting at zero.
 *
 * <p>Block i of 16 bytes is AES-256(seed, i), i as a 128-bit big-endian number (NIST SP 800-38A §6.5). Read in order, in
 * pieces of any length; the pieces don't change the stream. A seed serves one stream. Not safe for several threads.
 * Constant-time where the JDK's AES is (AES instructions).
 *
 * <p>The JDK's AES works on heap arrays only: the key schedule and a tile of at most 16 KiB of keystream lie on the
 * heap and are overwritten on close, which doesn't reach copies that the garbage collector made. The data themselves
 * never go there.
 */
public final class Keystream implements AutoCloseable {

    /** The size of a seed. */
    public static final int SEED_BYTES = 32;

    static final int MAX_TILE_BYTES = 16 * 1024;

    private static final int MIN_TILE_BYTES = 128;
    private static final int BLOCK_BYTES = 16;
    private static final byte[] ZEROS = new byte[MAX_TILE_BYTES];
    private static final Class<?> NATIVE = MemorySegment.NULL.getClass();
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final String TRANSFORMATION = "AES/CTR/NoPadding";

    /** Looked up once: searching all providers for every stream takes longer than a short stream. */
    private static final Provider PROVIDER;

    static {
        try {
            PROVIDER = Cipher.getInstance(TRANSFORMATION).getProvider();
        } catch (GeneralSecurityException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final CipherKey key;
    private final Cipher cipher;
    private byte[] tile = new byte[0];
    private long position;
    private boolean closed;

    /**
     * The stream from its start.
     *
     * @param seed {@value #SEED_BYTES} bytes, copied
     * @throws IllegalArgumentException if the seed has another size
     */
    public Keystream(MemorySegment seed) {
        if (seed.byteSize() != SEED_BYTES) {
            throw new IllegalArgumentException("seed has " + seed.byteSize() + " bytes, must have " + SEED_BYTES);
        }
        key = CipherKey.copyOf(seed);
        try {
            cipher = Cipher.getInstance(TRANSFORMATION, PROVIDER);
        } catch (GeneralSecurityException e) {
            key.close();
            throw unexpected(e);
        }
        seek(0);
    }

    /** The stream from its start; the seed may be closed afterwards. */
    public Keystream(SecretBytes seed) {
        this(seed.segment());
    }

    /**
     * The stream from the given byte on.
     *
     * @param offset in bytes, 0 or more; takes the same time wherever it is
     * @throws IllegalArgumentException if the seed hasn't {@value #SEED_BYTES} bytes or the offset is negative
     */
    public static Keystream at(MemorySegment seed, long offset) {
        requireNotNegative("offset", offset);
        Keystream keystream = new Keystream(seed);
        keystream.skip(offset);
        return keystream;
    }

    /** The stream from the given byte on; the seed may be closed afterwards. */
    public static Keystream at(SecretBytes seed, long offset) {
        return at(seed.segment(), offset);
    }

    /** XORs the next {@code data.byteSize()} bytes of the stream into the data, in place. */
    public void addTo(MemorySegment data) {
        requireOpen();
        long size = data.byteSize();
        int length;
        for (long offset = 0; offset < size; offset += length) {
            length = next(size - offset);
            addTile(data, offset, tile, length);
        }
    }

    /** Writes the next {@code out.byteSize()} bytes of the stream. */
    public void fill(MemorySegment out) {
        requireOpen();
        long size = out.byteSize();
        int length;
        for (long offset = 0; offset < size; offset += length) {
            length = next(size - offset);
            MemorySegment.copy(tile, 0, out, ValueLayout.JAVA_BYTE, offset, length);
        }
    }

    /**
     * Leaves out the next n bytes, in the same time whatever n is.
     *
     * @throws IllegalArgumentException if n is negative or leads beyond 2^63−1
     */
    public void skip(long n) {
        requireOpen();
        requireNotNegative("n", n);
        if (n > Long.MAX_VALUE - position) {
            throw new IllegalArgumentException("skipping " + n + " bytes from " + position + " leads beyond 2^63-1");
        }
        if (n > 0) {
            seek(position + n);
        }
    }

    /** Wipes the seed, the key schedule and the tile as far as the JDK lets us; closing again does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Arrays.fill(tile, (byte) 0);
        key.close();
        try {
            // The JDK zeroes the old key schedule when another key comes.
            cipher.init(
                    Cipher.ENCRYPT_MODE,
                    new SecretKeySpec(ZEROS, 0, SEED_BYTES, "AES"),
                    new IvParameterSpec(ZEROS, 0, BLOCK_BYTES));
        } catch (GeneralSecurityException e) {
            throw unexpected(e);
        }
    }

    /** For tests: the array itself. */
    byte[] tile() {
        return tile;
    }

    /** For tests. */
    CipherKey key() {
        return key;
    }

    private static void addTile(MemorySegment data, long offset, byte[] tile, int length) {
        int bound = length - length % Long.BYTES;
        // Two equal loops; in the first one the compiler knows that no array is behind the data (see VectorKernel).
        if (data.getClass() == NATIVE) {
            for (int i = 0; i < bound; i += Long.BYTES) {
                addLong(data, offset + i, tile, i);
            }
        } else {
            for (int i = 0; i < bound; i += Long.BYTES) {
                addLong(data, offset + i, tile, i);
            }
        }
        for (int i = bound; i < length; i++) {
            byte sum = (byte) (data.get(ValueLayout.JAVA_BYTE, offset + i) ^ tile[i]);
            data.set(ValueLayout.JAVA_BYTE, offset + i, sum);
        }
    }

    private static void addLong(MemorySegment data, long offset, byte[] tile, int i) {
        long sum = data.get(ValueLayout.JAVA_LONG_UNALIGNED, offset) ^ (long) LONGS.get(tile, i);
        data.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, sum);
    }

    /** Puts up to {@code wanted} bytes into the tile and returns their number. */
    private int next(long wanted) {
        int length = (int) Math.min(wanted, MAX_TILE_BYTES);
        if (tile.length < length) {
            Arrays.fill(tile, (byte) 0);
            // The next power of two: most streams are short and should cost no 16 KiB.
            tile = new byte[Math.max(MIN_TILE_BYTES, Integer.highestOneBit(length - 1) << 1)];
        }
        encryptZeros(length);
        position += length;
        return length;
    }

    private void seek(long target) {
        byte[] counter = new byte[BLOCK_BYTES];
        long block = target / BLOCK_BYTES;
        for (int i = 0; i < Long.BYTES; i++) {
            counter[BLOCK_BYTES - 1 - i] = (byte) (block >>> (8 * i));
        }
        try {
            cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(counter));
        } catch (GeneralSecurityException e) {
            throw unexpected(e);
        }
        position = target - target % BLOCK_BYTES;
        if (position < target) {
            next(target - position);
        }
    }

    private void encryptZeros(int length) {
        try {
            int written = cipher.update(ZEROS, 0, length, tile, 0);
            if (written != length) {
                throw new IllegalStateException("AES-CTR gave " + written + " bytes for " + length);
            }
        } catch (GeneralSecurityException e) {
            throw unexpected(e);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the keystream was closed and wiped");
        }
    }

    private static void requireNotNegative(String what, long n) {
        if (n < 0) {
            throw new IllegalArgumentException(what + " is " + n + ", must be at least 0");
        }
    }

    private static IllegalStateException unexpected(GeneralSecurityException e) {
        return new IllegalStateException("AES-256-CTR doesn't work in this JVM", e);
    }
}
