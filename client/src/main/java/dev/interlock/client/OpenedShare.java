package dev.interlock.client;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedReader;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.wire.Peer;
import dev.interlock.wire.RecordReader;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Protocol 1: one sealed share on its way from home, opened and checked a chunk at a time. */
final class OpenedShare implements AutoCloseable {
    private final Token token;
    private final Provider home;
    private final ShareIndex x;
    private final byte[] leaves;
    private final RecordReader in;
    private final Peer peer;
    private final SealedReader reader;

    private OpenedShare(
            Token token, Provider home, ShareIndex x, byte[] leaves, RecordReader in, Peer peer, SealedReader reader) {
        this.token = token;
        this.home = home;
        this.x = x;
        this.leaves = leaves;
        this.in = in;
        this.peer = peer;
        this.reader = reader;
    }

    /** Room for one piece, sealed and opened; all shares of a read take turns with it. */
    record Room(SecretBytes sealed, SecretBytes opened) implements AutoCloseable {
        static Room of(ChunkLayout layout) {
            int piece = SealedLayout.sharePieceBytes(layout, 0);
            return new Room(SecretBytes.allocate((long) piece + SealedLayout.TAG_BYTES), SecretBytes.allocate(piece));
        }

        @Override
        public void close() {
            sealed.close();
            opened.close();
        }
    }

    /**
     * Reads the header and the leaves, and checks them.
     *
     * @param in closed with this, and when this throws
     * @throws dev.interlock.core.sealing.SealedException when it isn't sealed to this key
     * @throws dev.interlock.protocol.error.IntegrityException unless the leaves are those under the root in u_m
     */
    static OpenedShare begin(Token token, Provider home, ShareIndex x, OpeningKey key, RecordReader in, Peer peer)
            throws InterruptedException {
        try {
            byte[] header = new byte[new SealedLayout(key.recipient().kem()).headerBytes()];
            fill(in, header, peer, token, home, x);
            SealedReader reader = new SealedReader(header, key, Sealing.ofShare(token.ring(), token.id(), x));
            try {
                byte[] leaves = new byte[SealedLayout.leavesBytes(token.layout())];
                fill(in, leaves, peer, token, home, x);
                Read.checkShareLeaves(token, home.name(), x, leaves);
                return new OpenedShare(token, home, x, leaves, in, peer, reader);
            } catch (RuntimeException e) {
                reader.close();
                throw e;
            }
        } catch (RuntimeException e) {
            in.close();
            throw e;
        }
    }

    private static void fill(RecordReader in, byte[] to, Peer peer, Token token, Provider home, ShareIndex x)
            throws InterruptedException {
        fill(in, MemorySegment.ofArray(to), peer, token, home, x);
    }

    private static void fill(RecordReader in, MemorySegment to, Peer peer, Token token, Provider home, ShareIndex x)
            throws InterruptedException {
        try {
            in.fill(to);
        } catch (EOFException e) {
            throw Read.damagedShare(token, home.name(), x, "it is too short");
        } catch (IOException e) {
            throw peer.broken(e);
        }
    }

    ShareIndex x() {
        return x;
    }

    /** f(x)'s part of chunk k, checked, in the room; chunks are asked for in order. */
    MemorySegment chunk(int k, Room room) throws InterruptedException {
        ChunkLayout layout = token.layout();
        MemorySegment piece = room.opened().segment().asSlice(0, SealedLayout.sharePieceBytes(layout, k));
        MemorySegment from = room.sealed().segment().asSlice(0, piece.byteSize() + SealedLayout.TAG_BYTES);
        fill(in, from, peer, token, home, x);
        reader.open(k, k == layout.count() - 1, from, piece);
        MemorySegment share = piece.asSlice(Leaves.SALT_BYTES);
        Read.checkShareChunk(token, home.name(), x, leaves, k, piece.asSlice(0, Leaves.SALT_BYTES), share);
        return share;
    }

    @Override
    public void close() {
        in.close();
        reader.close();
    }
}
