package dev.interlock.client;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Peer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Blinds that are sent whole: draws the next bytes of every B_i, sends each to its provider alone, and adds up ΣB_i. A
 * read can't hold ΣB_i until the stream comes out; so {@link BlindsAhead} draws only a little ahead of it.
 */
final class FullBlinds implements Blind<MemorySegment> {
    private static final int PIECE_BYTES = 64 << 10;

    private final RingClient client;
    private final List<Line> lines = new ArrayList<>();
    private final List<LinearHash> hashes;
    private final ByteSpace space = new ByteSpace();
    private final PadRandom random;
    private final SecretBytes piece = SecretBytes.allocate(PIECE_BYTES);
    private volatile boolean ended;

    /** One provider's private line. */
    private record Line(Peer peer, Peer.Upload upload) {}

    FullBlinds(RingClient client, StatementHash session, List<NodeCard> providers) {
        this(client, session, providers, List.of());
    }

    /** @param hashes of every B_i, in the providers' order; or none */
    FullBlinds(RingClient client, StatementHash session, List<NodeCard> providers, List<LinearHash> hashes) {
        this.hashes = hashes;
        this.client = client;
        this.random = new PadRandom(client.random());
        for (NodeCard node : providers) {
            Peer peer = client.peer(node);
            lines.add(new Line(
                    peer,
                    peer.upload(
                            "/v1/sessions/" + session + "/blind",
                            client.authorization(node, Operation.BLIND, session.toString(), new byte[0]))));
        }
    }

    @Override
    public void addTo(MemorySegment flow) {
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            for (long done = 0; done < flow.byteSize(); ) {
                MemorySegment part = piece.segment().asSlice(0, Math.min(PIECE_BYTES, flow.byteSize() - done));
                random.fill(part);
                if (!hashes.isEmpty()) {
                    hashes.get(i).update(part);
                }
                space.add(flow.asSlice(done, part.byteSize()), part);
                send(line, part);
                done += part.byteSize();
            }
        }
    }

    private void send(Line line, MemorySegment part) {
        ByteBuf bytes = Http2.BUFFERS.directBuffer((int) part.byteSize(), (int) part.byteSize());
        bytes.writeBytes(part.asByteBuffer());
        try {
            line.upload().send(bytes, client.deadlines().stall());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw line.peer().broken(e);
        }
    }

    /** The orderly end of every blind. */
    void end() {
        ended = true;
        lines.forEach(line -> line.upload().out().end());
    }

    /** Breaks off. */
    void fail(InterlockException why) {
        lines.forEach(line -> line.upload().fail(why));
    }

    @Override
    public void close() {
        if (!ended) {
            lines.forEach(line -> line.upload().out().fail(new IOException("the pass ended early")));
        }
        random.close();
        piece.close();
    }
}
