package dev.interlock.client;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.protocol.Passage;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Peer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Step 3 of a put: U →p CC_1: P ⊕ ΣB_i, and what else the scheme has U put on. */
final class PadStream {
    private final RingClient client;
    private final Write.Plan plan;
    private final StoredCheck check;
    private final PutOptions options;
    private final LongConsumer progress;

    PadStream(RingClient client, Write.Plan plan, StoredCheck check, PutOptions options, LongConsumer progress) {
        this.client = client;
        this.plan = plan;
        this.check = check;
        this.options = options;
        this.progress = progress;
    }

    /**
     * P on its way, and its leaves.
     *
     * @param userShare as it came, where the user is dealt one
     */
    record Sent(byte[] manifest, Peer.Upload upload, Duration deadline, Optional<UserShare> userShare) {
        /** Returns when step 4 is done: c is durable at every home. */
        void complete() {
            byte[] _ = upload.complete(deadline);
        }

        /** Throws what went wrong with the stream, if it has failed by now. */
        void check() {
            upload.check();
        }
    }

    /** Reads m, and sends it chunk by chunk. */
    Sent send(ReadableByteChannel in, List<NodeCard> route, Orders orders, Dealings deal)
            throws IOException, InterruptedException {
        ChunkLayout layout = plan.layout();
        Peer.Upload upload = client.upload(plan.id(), Passage.stations(plan).getFirst());
        // Without everybody's order and the dealer's shares no hop moves: nobody needs to wait for it.
        orders.whenRefused(upload::fail);
        deal.whenFailed(upload::fail);
        byte[] manifest = new byte[layout.count() * Sha256.BYTES];
        try (WriteMasks masks = WriteMasks.begin(client, plan, route, options, check.blindHashes());
                SecretBytes buffer = SecretBytes.allocate(layout.padLength(0));
                SecretBytes r = SecretBytes.random(Keystream.SEED_BYTES, client.random());
                Keystream randomizers = new Keystream(r.segment())) {
            deal.whenFailed(masks::fail);
            for (int k = 0; k < layout.count(); k++) {
                MemorySegment chunk = buffer.segment().asSlice(0, layout.padLength(k));
                randomizers.fill(chunk.asSlice(0, ChunkLayout.RANDOMIZER_BYTES));
                readFully(in, chunk.asSlice(ChunkLayout.RANDOMIZER_BYTES).asByteBuffer());
                System.arraycopy(Write.chunkLeaf(k, chunk), 0, manifest, k * Sha256.BYTES, Sha256.BYTES);
                deal.check();
                send(upload, chunk, masks);
                progress.accept(layout.dataLength(k));
            }
            requireEnd(in, layout.length());
            masks.end();
            upload.out().end();
            return new Sent(manifest, upload, client.deadlines().settle(), masks.userShare());
        } catch (UncheckedIOException e) {
            upload.out().fail(e);
            throw e.getCause();
        } catch (IOException | RuntimeException e) {
            upload.out().fail(e);
            throw e;
        }
    }

    /** Masks a chunk and sends it, piece by piece: a hop needs its full blind no sooner than its stream. */
    private void send(Peer.Upload upload, MemorySegment chunk, WriteMasks masks) throws InterruptedException {
        int length;
        for (long done = 0; done < chunk.byteSize(); done += length) {
            length = Http2.pieceBytes(chunk.byteSize() - done);
            MemorySegment part = chunk.asSlice(done, length);
            Write.enter(part, masks.stored());
            check.sending(part);
            Write.enter(part, masks.passing());
            ByteBuf piece = Http2.BUFFERS.directBuffer(length, length);
            piece.writeBytes(part.asByteBuffer());
            upload.send(piece, client.deadlines().stall());
        }
    }

    static void readFully(ReadableByteChannel in, ByteBuffer to) throws IOException {
        while (to.hasRemaining()) {
            if (in.read(to) < 0) {
                throw new BadInputException("the input ended " + to.remaining()
                        + " bytes or more before the length that it had when the put began; nothing was stored");
            }
        }
    }

    static void requireEnd(ReadableByteChannel in, long length) throws IOException {
        if (in.read(ByteBuffer.allocate(1)) > 0) {
            throw new BadInputException("the input is longer than the " + length
                    + " bytes that it had when the put began; nothing was stored");
        }
    }
}
