package dev.interlock.client;

import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.SealedException;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedReader;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Protocol 1: takes m as it was sealed and writes m, each piece once it has opened. */
final class OpeningOutput implements WritableByteChannel {
    private final WritableByteChannel out;
    private final OpeningKey key;
    private final Sealing what;
    private final long plainBytes;
    private final SecretBytes plain;
    private final ByteBuffer header;
    private final ByteBuffer sealed;
    private @Nullable SealedReader reader;
    private int k;
    private boolean open = true;

    /**
     * @param sealedBytes the length of m as sealed
     * @param out stays the caller's to close, and so does the key
     */
    OpeningOutput(WritableByteChannel out, long sealedBytes, OpeningKey key, Sealing what) {
        SealedLayout layout = new SealedLayout(key.recipient().kem());
        this.out = out;
        this.key = key;
        this.what = what;
        this.plainBytes = layout.plainBytes(sealedBytes);
        int piece = SealedLayout.pieceBytes(plainBytes, 0);
        this.plain = SecretBytes.allocate(Math.max(1, piece));
        this.header = ByteBuffer.allocate(layout.headerBytes());
        this.sealed = ByteBuffer.allocateDirect(piece + SealedLayout.TAG_BYTES);
        limit();
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        int length = from.remaining();
        while (from.hasRemaining()) {
            if (header.hasRemaining()) {
                move(from, header);
                continue;
            }
            move(from, sealed);
            if (!sealed.hasRemaining()) {
                openPiece();
            }
        }
        return length;
    }

    private static void move(ByteBuffer from, ByteBuffer to) {
        int length = Math.min(from.remaining(), to.remaining());
        to.put(from.slice(from.position(), length));
        from.position(from.position() + length);
    }

    private void limit() {
        if (k < SealedLayout.pieces(plainBytes)) {
            sealed.clear().limit(SealedLayout.pieceBytes(plainBytes, k) + SealedLayout.TAG_BYTES);
        }
    }

    private void openPiece() throws IOException {
        MemorySegment piece = plain.segment().asSlice(0, SealedLayout.pieceBytes(plainBytes, k));
        try {
            SealedReader opened = reader;
            if (opened == null) {
                opened = new SealedReader(header.array(), key, what);
                reader = opened;
            }
            opened.open(k, k == SealedLayout.pieces(plainBytes) - 1, MemorySegment.ofBuffer(sealed.flip()), piece);
        } catch (SealedException.WrongKey e) {
            throw new BadInputException(e.getMessage() + ": give the private key that belongs to it");
        } catch (SealedException.Broken e) {
            // The chunks were what U committed to, so it was sealed wrongly when it was put.
            throw new IntegrityException(e.getMessage() + "; it was put like this", List.of());
        }
        for (ByteBuffer m = piece.asByteBuffer(); m.hasRemaining(); ) {
            var _ = out.write(m);
        }
        k++;
        limit();
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
        plain.close();
        if (reader != null) {
            reader.close();
        }
    }
}
