package dev.interlock.core.secret;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Secret bytes off the heap, wiped on close.
 *
 * <p>Every method but {@link #close} throws IllegalStateException after close. A {@link #segment} kept beyond close
 * reads as zeros or throws IllegalStateException; it never reaches freed memory. Closing while another thread still
 * works on the segment is the caller's mistake: that thread sees zeros or an exception.
 *
 * <p>There is deliberately no {@code equals}, {@code hashCode} or {@code toString} that looks at the content. What is
 * never closed is never wiped.
 */
public final class SecretBytes implements AutoCloseable {

    /**
     * From here on memory is given back at once by an arena of its own, whose close interrupts every thread for about
     * 0.1 ms; below, the garbage collector frees what was wiped, for less than 1 µs. Large buffers can't be left to it:
     * they exhaust the limit of direct memory long before the heap needs collecting.
     */
    static final long OWN_ARENA_BYTES = 64 * 1024;

    /** A cache line, so that vectors don't straddle two. */
    private static final long ALIGNMENT = 64;

    private static final int RANDOM_TILE_BYTES = 4096;

    private final MemorySegment segment;
    private final @Nullable Arena ownArena;
    private volatile boolean closed;

    SecretBytes(MemorySegment segment, @Nullable Arena ownArena) {
        this.segment = segment;
        this.ownArena = ownArena;
    }

    /**
     * Zeroed bytes.
     *
     * @param size in bytes, 0 or more
     * @throws IllegalArgumentException if the size is negative
     */
    @SuppressWarnings("MustBeClosedChecker") // closed with the object that is returned
    public static SecretBytes allocate(long size) {
        if (size < 0) {
            throw new IllegalArgumentException("size is " + size + " bytes, must be at least 0");
        }
        if (size < OWN_ARENA_BYTES) {
            return new SecretBytes(Arena.ofAuto().allocate(size, ALIGNMENT), null);
        }
        Arena arena = Arena.ofShared();
        try {
            return new SecretBytes(arena.allocate(size, ALIGNMENT), arena);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Random bytes.
     *
     * @param size in bytes, 0 or more
     * @param random slow, so meant for seeds; {@link Keystream} is for bulk
     * @throws IllegalArgumentException if the size is negative
     */
    public static SecretBytes random(long size, SecureRandom random) {
        SecretBytes secret = allocate(size);
        byte[] tile = new byte[(int) Math.min(size, RANDOM_TILE_BYTES)];
        try {
            for (long offset = 0; offset < size; offset += tile.length) {
                random.nextBytes(tile);
                int length = (int) Math.min(tile.length, size - offset);
                MemorySegment.copy(tile, 0, secret.segment, ValueLayout.JAVA_BYTE, offset, length);
            }
            return secret;
        } catch (Throwable e) {
            secret.close();
            throw e;
        } finally {
            Arrays.fill(tile, (byte) 0);
        }
    }

    /** A copy; the caller's array stays as it is. */
    public static SecretBytes copyOf(byte[] bytes) {
        return copyOf(MemorySegment.ofArray(bytes));
    }

    /** A copy; the caller's segment stays as it is. */
    public static SecretBytes copyOf(MemorySegment bytes) {
        SecretBytes secret = allocate(bytes.byteSize());
        secret.segment.copyFrom(bytes);
        return secret;
    }

    /** A copy that leaves the caller's array zeroed. The collector may have moved the array before: no full wipe. */
    public static SecretBytes taking(byte[] bytes) {
        try {
            return copyOf(bytes);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    /**
     * The bytes themselves, for any thread.
     *
     * <p>Don't give their address to native code that may still use it after close, and don't keep slices beyond it.
     */
    public MemorySegment segment() {
        requireOpen();
        return segment;
    }

    /** The size in bytes. */
    public long size() {
        requireOpen();
        return segment.byteSize();
    }

    /** A copy on the heap, for APIs that need an array. The caller wipes it. */
    public byte[] copyToHeap() {
        requireOpen();
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    /**
     * Wipes the bytes; closing again does nothing.
     *
     * @throws IllegalStateException if another thread has the memory in an I/O call just now; the bytes are wiped, and
     *     a second close frees them
     */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            segment.fill((byte) 0);
        }
        if (ownArena != null && ownArena.scope().isAlive()) {
            ownArena.close();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the secret was closed and wiped");
        }
    }
}
