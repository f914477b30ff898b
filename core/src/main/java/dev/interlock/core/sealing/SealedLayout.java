package dev.interlock.core.sealing;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.sharing.ChunkLayout;

/**
 * Where the parts of sealed streams lie, in bytes from 0.
 *
 * <pre>
 * header   1 ‖ kem (1) ‖ recipient id (16) ‖ enc
 * message  header ‖ pieces; each of 1 MiB but the last, an empty message has an empty one
 * share    header ‖ share leaves (32 each) ‖ pieces; piece k is salt_k ‖ share chunk k
 * waiting  header ‖ pieces, those of a share
 * </pre>
 *
 * A piece is sealed in 16 bytes more.
 */
public record SealedLayout(Kem kem) {
    /** The message in every piece but the last. */
    public static final int PIECE_BYTES = 1 << 20;

    /** What a piece is longer by when sealed. */
    public static final int TAG_BYTES = AesGcm.TAG_BYTES;

    static final int VERSION = 1;
    /** A header up to the recipient's id. */
    static final int PREFIX_BYTES = 2 + RecipientKey.ID_BYTES;

    private static final int SEALED_PIECE_BYTES = PIECE_BYTES + TAG_BYTES;

    public int headerBytes() {
        return PREFIX_BYTES + kem.encBytes();
    }

    /**
     * The length of a sealed message.
     *
     * @param plainBytes the length of the message
     * @throws IllegalArgumentException if it is negative, or the sealed message were longer than an object may be
     */
    public long messageBytes(long plainBytes) {
        if (plainBytes < 0 || plainBytes > ChunkLayout.MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "a message of " + plainBytes + " bytes, must be 0 to " + ChunkLayout.MAX_LENGTH);
        }
        long sealed = headerBytes() + plainBytes + (long) pieces(plainBytes) * TAG_BYTES;
        if (sealed > ChunkLayout.MAX_LENGTH) {
            throw new IllegalArgumentException("a message of " + plainBytes + " bytes is " + sealed
                    + " when sealed, must be at most " + ChunkLayout.MAX_LENGTH);
        }
        return sealed;
    }

    /**
     * The length of the message in a sealed one.
     *
     * @throws MalformedException when no message has this length when sealed
     */
    public long plainBytes(long messageBytes) {
        if (messageBytes >= headerBytes() + TAG_BYTES && messageBytes <= ChunkLayout.MAX_LENGTH) {
            long body = messageBytes - headerBytes();
            long plain = body - Math.ceilDiv(body, SEALED_PIECE_BYTES) * TAG_BYTES;
            if (messageBytes(plain) == messageBytes) {
                return plain;
            }
        }
        throw new MalformedException("no message sealed to a key " + kem.label() + " has " + messageBytes + " bytes");
    }

    /** How many pieces a message of this length has, at least 1. */
    public static int pieces(long plainBytes) {
        return (int) Math.max(1, Math.ceilDiv(plainBytes, PIECE_BYTES));
    }

    /** The length of piece k of a message of this length. */
    public static int pieceBytes(long plainBytes, int k) {
        if (k < 0 || k >= pieces(plainBytes)) {
            throw new IndexOutOfBoundsException("piece is " + k + ", must be in 0.." + (pieces(plainBytes) - 1));
        }
        return (int) Math.min(PIECE_BYTES, plainBytes - (long) k * PIECE_BYTES);
    }

    /** The length of a sealed share of an object that is cut like this. */
    public long shareBytes(ChunkLayout object) {
        return headerBytes()
                + leavesBytes(object)
                + object.padTotal()
                + (long) object.count() * (Leaves.SALT_BYTES + TAG_BYTES);
    }

    /** The length of a share that waits for its provider: the same without leaves, since whoever seals it streams it. */
    public long waitingBytes(ChunkLayout object) {
        return shareBytes(object) - leavesBytes(object);
    }

    /** The length of the share leaves behind the header of a sealed share. */
    public static int leavesBytes(ChunkLayout object) {
        return object.count() * Sha256.BYTES;
    }

    /** The length of piece k of a share: the salt and the share chunk. */
    public static int sharePieceBytes(ChunkLayout object, int k) {
        return Leaves.SALT_BYTES + object.padLength(k);
    }
}
