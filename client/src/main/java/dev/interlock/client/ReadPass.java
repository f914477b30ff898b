package dev.interlock.client;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Peer;
import dev.interlock.wire.RecordReader;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One pass of a read through the ring, under way: gives out chunk after chunk, each checked. One thread at a time takes them;
 * any may close it meanwhile.
 */
final class ReadPass implements AutoCloseable {
    private static final int PIECE_BYTES = 64 << 10;

    private final RingClient client;
    private final RingDescriptor ring;
    private final GetOptions options;
    private final Read.Plan plan;
    private final List<NodeCard> route;
    private final Peer last;
    private final Orders orders;
    private final Peer.Download download;
    private final CompletableFuture<RingClient.Answer<byte[]>> askedManifest;
    private @Nullable Stream stream;
    private int next;
    private volatile int received;
    /** Bytes of the chunk that is under way. */
    private volatile long came;

    private boolean busy;
    private boolean closed;

    /** What comes in, and what is taken off it. */
    private record Stream(ReadMasks masks, SecretBytes buffer, RecordReader in, byte[] manifest)
            implements AutoCloseable {
        @Override
        public void close() {
            in.close();
            buffer.close();
            masks.close();
        }
    }

    private ReadPass(RingClient client, GetOptions options, Read.Plan plan, Function<Provider, byte[]> manifest) {
        this.client = client;
        this.ring = client.ring();
        this.options = options;
        this.plan = plan;
        this.route = plan.route().stations().stream()
                .map(station -> ring.provider(station.provider()).card())
                .distinct()
                .toList();
        this.last = client.peer(ring.provider(plan.route().last().provider()).card());
        // Step 1.  U →p each CC_i in S, and home: signed request, with fresh B_i.
        this.orders = Orders.send(client, route, plan.session());
        // Step 3.  last →p U: P ⊕ ΣB_i (⊕ b_U).  Asked for beside step 1: it begins when all orders are there.
        this.download = client.download(plan.id(), plan.route().last());
        orders.whenRefused(download::fail);
        Provider home = ring.provider(plan.home());
        // A single chunk's leaf is checked against u_m itself.
        this.askedManifest = plan.layout().count() == 1
                ? CompletableFuture.completedFuture(new RingClient.Value<>(home.card(), new byte[0]))
                : client.ask(home.card(), _ -> manifest.apply(home));
    }

    /**
     * Sends the orders, and asks for what comes out.
     *
     * @param plan taken over
     * @param manifest of the object, from a home
     */
    static ReadPass begin(RingClient client, GetOptions options, Read.Plan plan, Function<Provider, byte[]> manifest) {
        return new ReadPass(client, options, plan, manifest);
    }

    /**
     * P_k of the next k, checked against u_m's commitment; until the next is asked for.
     *
     * @throws InterlockException the most telling one there is, if the pass broke off
     */
    MemorySegment chunk() throws IOException, InterruptedException {
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("the pass was closed");
            }
            busy = true;
        }
        try {
            MemorySegment chunk = read(next++);
            received = next;
            return chunk;
        } catch (InterlockException e) {
            if (isClosed()) {
                throw e;
            }
            // An order that wasn't taken is why the stream doesn't come.
            InterlockException first =
                    orders.refusals().values().stream().findFirst().orElse(e);
            throw Diagnosis.of(client, route, plan.id(), first);
        } finally {
            done();
        }
    }

    private MemorySegment read(int k) throws IOException, InterruptedException {
        Stream from = stream;
        if (from == null) {
            from = open();
            stream = from;
        }
        MemorySegment chunk = from.buffer.segment().asSlice(0, plan.layout().padLength(k));
        // Piece by piece: full blinds are sent only as far ahead as their sums are used up here.
        for (long done = 0; done < chunk.byteSize(); done += PIECE_BYTES) {
            MemorySegment piece = chunk.asSlice(done, Math.min(PIECE_BYTES, chunk.byteSize() - done));
            try {
                fill(from.in, piece, last);
            } catch (InterlockException e) {
                // What went in at the other end may have broken off first.
                from.masks.check();
                throw e;
            }
            came = done + piece.byteSize();
            Read.leave(piece, from.masks.all());
        }
        Read.checkChunk(plan, from.manifest, k, chunk);
        return chunk;
    }

    private Stream open() throws IOException, InterruptedException {
        ChunkLayout layout = plan.layout();
        ReadMasks masks = ReadMasks.begin(client, plan, options);
        SecretBytes buffer = SecretBytes.allocate(layout.padLength(0));
        try {
            RecordReader in =
                    new RecordReader(download.open(), client.deadlines().stall());
            try {
                return new Stream(
                        masks, buffer, in, RingClient.answer(askedManifest).value());
            } catch (InterruptedException | RuntimeException e) {
                in.close();
                throw e;
            }
        } catch (InterruptedException | RuntimeException e) {
            buffer.close();
            masks.close();
            throw e;
        }
    }

    static void fill(RecordReader in, MemorySegment chunk, Peer from) throws InterruptedException {
        try {
            in.fill(chunk);
        } catch (EOFException e) {
            throw new IntegrityException(
                    from.name() + " ended the stream early; only whole, checked chunks were released", List.of());
        } catch (IOException e) {
            throw from.broken(e);
        }
    }

    /** How much of the chunk that is under way is here, in bytes. */
    long progress() {
        return came;
    }

    /** Who hasn't taken its order yet. */
    List<String> silent() {
        return orders.pending();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void done() {
        busy = false;
        if (closed) {
            release();
        }
    }

    /** A chunk that is under way ends by itself, and then gives back what is held. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (received < plan.layout().count()) {
            abandon();
        }
        if (!busy) {
            release();
        }
    }

    private void release() {
        if (stream != null) {
            stream.close();
            stream = null;
        }
        download.cancel();
        // Not before: an order that is still being written has its seed from here.
        orders.whenAllAnswered(plan::close);
    }

    private void abandon() {
        for (NodeCard node : route) {
            // After its order, or there would be nothing to end yet.
            orders.whenAnswered(
                    node,
                    () -> client.aside(() -> {
                        try {
                            byte[] _ = client.watched(
                                    node, () -> Orders.abandon(client, node, plan.session(), new byte[0]));
                        } catch (InterlockException e) {
                            // It ends the session by itself when nothing moves.
                        }
                    }));
        }
    }
}
