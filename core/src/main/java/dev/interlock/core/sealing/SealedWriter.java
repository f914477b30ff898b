package dev.interlock.core.sealing;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.CipherKey;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import org.bouncycastle.crypto.hpke.HPKEContextWithEncapsulation;

/**
 * Seals one stream to a public key, piece by piece in order, under a key that is fresh: no nonce comes twice. Where the
 * pieces lie is {@link SealedLayout}'s. One thread.
 */
public final class SealedWriter implements AutoCloseable {
    private final byte[] header;
    private final CipherKey key;
    private final AesGcm cipher;
    private long next;
    private boolean ended;

    public SealedWriter(RecipientKey to, Sealing what, SecureRandom random) {
        HPKEContextWithEncapsulation context = Hpke.sender(to, what.info(), random);
        this.header = new ByteWriter()
                .u8(SealedLayout.VERSION)
                .u8(to.kem().code())
                .fixed(to.recipientId(), RecipientKey.ID_BYTES)
                .fixed(context.getEncapsulation(), to.kem().encBytes())
                .toBytes();
        this.key = Hpke.exportKey(context);
        this.cipher = AesGcm.sealing(key);
    }

    /** The stream's first bytes; {@link SealedLayout#headerBytes} many. */
    public byte[] header() {
        return header.clone();
    }

    /**
     * Seals piece k, the next one.
     *
     * @param k from 0
     * @param last whether no other follows
     * @param sealed has the length of the piece and 16 bytes more
     * @throws IllegalStateException when k isn't next, or the last has been sealed
     */
    public void seal(long k, boolean last, MemorySegment piece, MemorySegment sealed) {
        if (k != next || ended) {
            throw new IllegalStateException(
                    "piece is " + k + ", must be " + (ended ? "none: the last was sealed" : next));
        }
        Pieces.requireLengths(piece, sealed);
        next++;
        ended = last;
        cipher.seal(Pieces.nonce(k), Pieces.associatedData(last), piece, sealed.asByteBuffer());
    }

    @Override
    public void close() {
        ended = true;
        cipher.close();
        key.close();
    }
}
