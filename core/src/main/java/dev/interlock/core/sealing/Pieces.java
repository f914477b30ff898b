package dev.interlock.core.sealing;

import dev.interlock.core.secret.AesGcm;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** What both ends say to AES-GCM about a piece. */
final class Pieces {
    private Pieces() {}

    static byte[] nonce(long k) {
        return ByteBuffer.allocate(AesGcm.NONCE_BYTES)
                .putLong(AesGcm.NONCE_BYTES - Long.BYTES, k)
                .array();
    }

    static byte[] associatedData(boolean last) {
        return new byte[] {(byte) (last ? 1 : 0)};
    }

    static void requireLengths(MemorySegment piece, MemorySegment sealed) {
        if (sealed.byteSize() != piece.byteSize() + AesGcm.TAG_BYTES) {
            throw new IllegalArgumentException("a piece of " + piece.byteSize() + " bytes is sealed in "
                    + (piece.byteSize() + AesGcm.TAG_BYTES) + ", not " + sealed.byteSize());
        }
    }
}
