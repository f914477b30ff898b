package dev.interlock.node.dealer;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.PadDealer;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeServer;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.message.DealReply;
import dev.interlock.protocol.message.DealRequest;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peer;
import io.micrometer.core.instrument.Counter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The dealer: on a user's word it draws a pad, sends each provider its share, signs the roots, and forgets. */
public final class DealerNode implements AutoCloseable {
    private static final int MAX_REQUEST_BYTES = 16 << 10;
    private static final int TILE_BYTES = 64 << 10;

    private final NodeServer server;
    private final RingDescriptor ring;
    private final SecureRandom random;
    private final Deadlines deadlines;
    private final Counter dealt;

    /** @param random seeds every dealing's own generator */
    public DealerNode(NodeFolder folder, SecureRandom random, Deadlines deadlines, Clock clock) {
        if (folder.card().role() != Role.DEALER) {
            throw new BadInputException(
                    folder.path() + " is the folder of a " + folder.card().role());
        }
        this.server = new NodeServer(folder, deadlines, clock);
        this.ring = server.ring();
        this.random = random;
        this.deadlines = deadlines;
        this.dealt = Counter.builder("interlock.dealt.bytes")
                .description("bytes of pad dealt, each shared to all providers")
                .register(server.meters());
    }

    public void start() {
        server.route(HttpMethod.POST, "/v1/deals", this::deal);
        server.start();
    }

    /** Step 2 of a write: U →p dealer, dealer →p CC_i for all i. */
    private HttpResponse deal(ServiceRequestContext context, HttpRequest request) throws Exception {
        byte[] body = server.body(context, request, MAX_REQUEST_BYTES);
        DealRequest asked = Json.read("the deal request", body, DealRequest.class);
        var _ = server.gate().admit(context, Operation.DEAL, asked.session(), body);
        return NodeServer.json(DealReply.of(deal(Write.acceptDeal(ring, asked))));
    }

    private Dealt deal(Write.Deal deal) throws InterruptedException {
        List<Receiver> receivers = new ArrayList<>();
        try (PadRandom source = new PadRandom(random);
                PadDealer pads = new PadDealer(
                        ring.threshold(),
                        deal.path().stream().mapToInt(ShareIndex::x).toArray(),
                        FieldKernels.chosen(),
                        source)) {
            for (ShareIndex x : deal.path()) {
                receivers.add(new Receiver(deal, x));
            }
            ChunkLayout layout = deal.layout();
            for (int k = 0; k < layout.count(); k++) {
                for (Receiver receiver : receivers) {
                    receiver.beginChunk(k, source);
                }
                for (int done = 0; done < layout.padLength(k); done += TILE_BYTES) {
                    int length = Math.min(TILE_BYTES, layout.padLength(k) - done);
                    List<MemorySegment> tiles = new ArrayList<>();
                    for (Receiver receiver : receivers) {
                        tiles.add(receiver.nextTile(length));
                    }
                    // f(x_i) = Σ a_k x_i^k, for these bytes of every share.
                    pads.next(length, tiles);
                    for (Receiver receiver : receivers) {
                        receiver.sendTile();
                    }
                    dealt.increment(length);
                }
                receivers.forEach(Receiver::endChunk);
            }
            List<ShareRoot> roots = new ArrayList<>();
            for (Receiver receiver : receivers) {
                roots.add(receiver.sendRoot(server));
            }
            for (Receiver receiver : receivers) {
                receiver.complete();
            }
            return new Dealt(server.card().name(), roots);
        } catch (RuntimeException e) {
            receivers.forEach(receiver -> receiver.fail(e));
            throw e;
        } finally {
            receivers.forEach(Receiver::close);
        }
    }

    /** One provider's end of a dealing. */
    private final class Receiver implements AutoCloseable {
        private final Write.Deal deal;
        private final ShareIndex x;
        private final Peer peer;
        private final Peer.Upload upload;
        private final WipedBuffers buffers = new WipedBuffers(TILE_BYTES);
        private final MerkleRoot root = new MerkleRoot();
        private ByteBuf tile = Unpooled.EMPTY_BUFFER;
        private Leaves leaf;

        Receiver(Write.Deal deal, ShareIndex x) {
            this.deal = deal;
            this.x = x;
            this.leaf = Leaves.ofShare(deal.object(), x.x(), 0);
            this.peer = server.peers().to(ring.provider(x).card());
            this.upload = peer.upload("/v1/sessions/" + deal.session() + "/shares", Optional.empty());
        }

        /** The chunk's salt goes before it; this provider alone knows it. */
        void beginChunk(int k, PadRandom source) throws InterruptedException {
            leaf = Leaves.ofShare(deal.object(), x.x(), k);
            MemorySegment salt = nextTile(Leaves.SALT_BYTES);
            source.fill(salt);
            sendTile();
        }

        MemorySegment nextTile(int length) {
            tile = buffers.take(length);
            return MemorySegment.ofBuffer(tile.nioBuffer(0, length));
        }

        void sendTile() throws InterruptedException {
            leaf.update(MemorySegment.ofBuffer(tile.nioBuffer()));
            send(tile);
        }

        void endChunk() {
            root.add(leaf.leaf());
        }

        ShareRoot sendRoot(NodeServer signer) throws InterruptedException {
            ShareRoot signed = ShareRoot.sign(
                    signer.key(),
                    ring.id(),
                    ring.epoch(),
                    deal.object(),
                    x,
                    deal.layout().length(),
                    root.root());
            send(Unpooled.wrappedBuffer(signed.root(), signed.signature()));
            upload.out().end();
            return signed;
        }

        private void send(ByteBuf bytes) throws InterruptedException {
            try {
                upload.out().write(bytes, deadlines.stall());
            } catch (IOException e) {
                throw upload.reason(peer.broken(e));
            }
        }

        void complete() {
            byte[] _ = upload.complete(deadlines.settle());
        }

        void fail(Throwable cause) {
            upload.out().fail(cause);
        }

        @Override
        public void close() {
            buffers.close();
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
