package dev.interlock.core.sealing;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.CipherKey;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;

/**
 * Opens the pieces of one stream that was sealed to a public key, in any order. A piece opens only as the one that it
 * was sealed as, of this object and share; who knows from {@link SealedLayout} which is the last, and opens it as that,
 * knows that none is missing. One thread.
 */
public final class SealedReader implements AutoCloseable {
    private final Sealing what;
    private final CipherKey key;
    private final AesGcm cipher;

    /**
     * @param header the stream's first bytes, {@link SealedLayout#headerBytes} many
     * @param with stays the caller's
     * @throws SealedException.WrongKey when the stream is sealed to another key
     * @throws SealedException.Broken when this is no header of what is expected
     */
    public SealedReader(byte[] header, OpeningKey with, Sealing what) {
        this.what = what;
        byte[] enc = enc(header, with.recipient(), what);
        try {
            this.key = Hpke.exportKey(Hpke.receiver(with, enc, what.info()));
        } catch (IllegalStateException e) { // a point of low order
            throw new SealedException.Broken(what, "its header agrees on no key", e);
        }
        this.cipher = AesGcm.opening(key);
    }

    /**
     * Opens piece k.
     *
     * @param k from 0
     * @param last whether it must be the last
     * @param piece has the length of what is sealed less 16 bytes
     * @throws SealedException.Broken when this isn't what was sealed as piece k; the segment is zero then
     */
    public void open(long k, boolean last, MemorySegment sealed, MemorySegment piece) {
        Pieces.requireLengths(piece, sealed);
        try {
            cipher.open(Pieces.nonce(k), Pieces.associatedData(last), sealed.asByteBuffer(), piece);
        } catch (AEADBadTagException e) {
            throw new SealedException.Broken(
                    what, "piece " + k + (last ? ", the last," : "") + " isn't what was sealed", e);
        }
    }

    @Override
    public void close() {
        cipher.close();
        key.close();
    }

    private static byte[] enc(byte[] header, RecipientKey recipient, Sealing what) {
        if (header.length < SealedLayout.PREFIX_BYTES) {
            throw new SealedException.Broken(
                    what,
                    "its header has " + header.length + " bytes, must have at least " + SealedLayout.PREFIX_BYTES,
                    null);
        }
        if (header[0] != SealedLayout.VERSION) {
            throw new SealedException.Broken(
                    what, "it is of version " + header[0] + ", must be " + SealedLayout.VERSION, null);
        }
        // Before the rest: the header of another kind of key has another length.
        byte[] id = Arrays.copyOfRange(header, 2, SealedLayout.PREFIX_BYTES);
        if (!Arrays.equals(id, recipient.recipientId())) {
            throw new SealedException.WrongKey(what, id, recipient.recipientId());
        }
        if (kem(header[1] & 0xFF, what) != recipient.kem()) {
            throw new SealedException.Broken(what, "its header names another kind of key than its recipient's", null);
        }
        int expected = new SealedLayout(recipient.kem()).headerBytes();
        if (header.length != expected) {
            throw new SealedException.Broken(
                    what, "its header has " + header.length + " bytes, must have " + expected, null);
        }
        return Arrays.copyOfRange(header, SealedLayout.PREFIX_BYTES, expected);
    }

    private static Kem kem(int code, Sealing what) {
        try {
            return Kem.of(code);
        } catch (MalformedException e) {
            throw new SealedException.Broken(what, String.valueOf(e.getMessage()), e);
        }
    }
}
