package dev.interlock.client;

import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedWriter;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.SecretBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.security.SecureRandom;

/** Protocol 1: m as it is sealed to the user's public key, read piece by piece. */
final class SealingInput implements ReadableByteChannel {
    private final ReadableByteChannel in;
    private final long plainBytes;
    private final SealedWriter writer;
    private final SecretBytes plain;
    private final ByteBuffer sealed;
    private ByteBuffer rest;
    private int k;
    private boolean open = true;

    /** @param in stays the caller's to close */
    SealingInput(ReadableByteChannel in, long plainBytes, RecipientKey recipient, Sealing what, SecureRandom random) {
        this.in = in;
        this.plainBytes = plainBytes;
        this.writer = new SealedWriter(recipient, what, random);
        int piece = SealedLayout.pieceBytes(plainBytes, 0);
        this.plain = SecretBytes.allocate(Math.max(1, piece));
        this.sealed = ByteBuffer.allocateDirect(piece + SealedLayout.TAG_BYTES);
        this.rest = ByteBuffer.wrap(writer.header());
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        if (!rest.hasRemaining() && !sealNext()) {
            return -1;
        }
        int length = Math.min(rest.remaining(), to.remaining());
        to.put(rest.slice(rest.position(), length));
        rest.position(rest.position() + length);
        return length;
    }

    private boolean sealNext() throws IOException {
        if (k == SealedLayout.pieces(plainBytes)) {
            return false;
        }
        MemorySegment piece = plain.segment().asSlice(0, SealedLayout.pieceBytes(plainBytes, k));
        PadStream.readFully(in, piece.asByteBuffer());
        boolean last = k == SealedLayout.pieces(plainBytes) - 1;
        if (last) {
            PadStream.requireEnd(in, plainBytes);
        }
        sealed.clear().limit((int) piece.byteSize() + SealedLayout.TAG_BYTES);
        writer.seal(k, last, piece, MemorySegment.ofBuffer(sealed));
        k++;
        rest = sealed;
        return true;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
        plain.close();
        writer.close();
    }
}
