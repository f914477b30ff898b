package dev.interlock.bench.ring;

import dev.interlock.bench.WrongResultException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Random;

/**
 * The bytes of one object: of any length, made and checked without being held. Different objects have different bytes, so
 * that one in place of the other is noticed.
 *
 * @param seed which object's
 * @param length in bytes
 */
record Content(long seed, long length) {
    // A prime length, so that no two chunks, pieces or frames of an object begin at the same byte of the block.
    private static final int BLOCK_BYTES = 1_048_573;
    private static final byte[] BLOCK = block();

    private static byte[] block() {
        byte[] block = new byte[BLOCK_BYTES];
        new Random(1).nextBytes(block);
        return block;
    }

    byte[] bytes() {
        byte[] all = new byte[Math.toIntExact(length)];
        for (int done = 0; done < all.length; ) {
            ByteBuffer slice = slice(done, all.length - done);
            int bytes = slice.remaining();
            slice.get(all, done, bytes);
            done += bytes;
        }
        return all;
    }

    /** What a put reads. */
    ReadableByteChannel source() {
        return new Source();
    }

    /** What a get writes to: throws at the first wrong byte, and at its close if bytes are missing. */
    Check check() {
        return new Check();
    }

    /** The bytes from here on, at most as many as wanted, at least 1. */
    private ByteBuffer slice(long position, long wanted) {
        int begin = (int) Math.floorMod(seed * 7919 + position, (long) BLOCK_BYTES);
        return ByteBuffer.wrap(BLOCK, begin, (int) Math.min(wanted, BLOCK_BYTES - begin));
    }

    private final class Source implements ReadableByteChannel {
        private long position;

        @Override
        public int read(ByteBuffer to) {
            int before = to.remaining();
            while (to.hasRemaining() && position < length) {
                ByteBuffer slice = slice(position, Math.min(to.remaining(), length - position));
                position += slice.remaining();
                to.put(slice);
            }
            return before > 0 && before == to.remaining() ? -1 : before - to.remaining();
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    /** Compares what is written with what it must be. */
    final class Check implements WritableByteChannel {
        private long position;

        @Override
        public int write(ByteBuffer from) {
            int before = from.remaining();
            if (before > length - position) {
                throw new WrongResultException(
                        "object " + seed + " has more than the " + length + " bytes that were put");
            }
            while (from.hasRemaining()) {
                ByteBuffer slice = slice(position, from.remaining());
                ByteBuffer part = from.slice(from.position(), slice.remaining());
                int wrong = part.mismatch(slice);
                if (wrong >= 0) {
                    throw new WrongResultException(
                            "byte " + (position + wrong) + " of object " + seed + " isn't the one that was put");
                }
                position += slice.remaining();
                from.position(from.position() + slice.remaining());
            }
            return before;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            if (position != length) {
                throw new WrongResultException(
                        "object " + seed + " has " + position + " bytes, " + length + " were put");
            }
        }
    }
}
