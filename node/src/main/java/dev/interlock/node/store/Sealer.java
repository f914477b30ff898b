package dev.interlock.node.store;

import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.token.StatementHash;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import javax.crypto.AEADBadTagException;

/**
 * Seals and opens the records of one blob with AES-256-GCM under the object's key, so that a flipped bit and a record
 * that was moved, swapped or cut are found by this provider itself. Integers are big-endian:
 *
 * <pre>
 * nonce  (12 bytes)  kind (1) ‖ x (1) ‖ 0 (2) ‖ k (8)
 * AAD    (30 bytes)  object id (16) ‖ kind (1) ‖ x (1) ‖ k (8) ‖ record length in bytes (4)
 * sealed             encrypted record ‖ tag (16)
 * </pre>
 *
 * A nonce is used once, because an object's key is fresh and its blob of one kind is appended to once; a transient blob
 * has a key of its own. One thread.
 */
final class Sealer implements AutoCloseable {
    static final int TAG_BYTES = AesGcm.TAG_BYTES;
    private static final int AAD_BYTES = StatementHash.BYTES + 2 + Long.BYTES + Integer.BYTES;

    private final AesGcm cipher;
    private final byte kind;
    private final byte x;
    private final byte[] id;

    private Sealer(AesGcm cipher, StatementHash id, BlobKind kind) {
        this.cipher = cipher;
        this.id = id.bytes();
        this.kind = (byte) kind.code();
        this.x = (byte) kind.x();
    }

    static Sealer sealing(StatementHash id, BlobKind kind, CipherKey key) {
        return new Sealer(AesGcm.sealing(key), id, kind);
    }

    static Sealer opening(StatementHash id, BlobKind kind, CipherKey key) {
        return new Sealer(AesGcm.opening(key), id, kind);
    }

    /** Puts record k, sealed, into the buffer, which has room for it and the tag. */
    void seal(int k, MemorySegment record, ByteBuffer sealed) {
        cipher.seal(nonce(k), associatedData(k, record.byteSize()), record, sealed);
    }

    /**
     * Opens record k into the segment, which has its length.
     *
     * @throws AEADBadTagException when the bytes aren't what was sealed as this record; the segment is zero then
     */
    void open(int k, ByteBuffer sealed, MemorySegment record) throws AEADBadTagException {
        cipher.open(nonce(k), associatedData(k, record.byteSize()), sealed, record);
    }

    /** Leaves the key to its owner. */
    @Override
    public void close() {
        cipher.close();
    }

    private byte[] nonce(long k) {
        return ByteBuffer.allocate(AesGcm.NONCE_BYTES)
                .put(0, kind)
                .put(1, x)
                .putLong(4, k)
                .array();
    }

    private byte[] associatedData(long k, long recordBytes) {
        return ByteBuffer.allocate(AAD_BYTES)
                .put(id)
                .put(kind)
                .put(x)
                .putLong(k)
                .putInt((int) recordBytes)
                .array();
    }
}
