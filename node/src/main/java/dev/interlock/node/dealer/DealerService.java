package dev.interlock.node.dealer;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.random.DealerRandom;
import dev.interlock.core.random.NoiseException;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedWriter;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.PadDealer;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.NodeServer;
import dev.interlock.node.UserSink;
import dev.interlock.node.admission.Allowance;
import dev.interlock.node.admission.Allowances;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.ClientRequest;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Peer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Dealing: on a user's word it draws a pad, sends each provider its share, signs the roots, and forgets. A node that does
 * nothing else is a {@link DealerNode}; a provider may deal as well, beside what it does, and then deals to itself as to any other.
 */
public final class DealerService {
    private static final int MAX_REQUEST_BYTES = 128 << 10;
    /** The longest piece of a share, its chunk's salt before it. */
    private static final int MAX_PIECE_BYTES = Http2.MAX_FRAME_BYTES;
    /** How soon a source that broke is found while nobody deals. */
    private static final Duration RESEED = Duration.ofSeconds(10);

    private final NodeServer server;
    private final RingDescriptor ring;
    private final FieldKernel kernel;
    private final DealerRandom random;
    private final DealtOnce dealtOnce;
    private final Deadlines deadlines;
    private final Counter dealt;
    /** Where a dealing and the user who fetches its own share of it meet. */
    private final ConcurrentMap<UserShare, CompletableFuture<UserSink>> userShares = new ConcurrentHashMap<>();

    /**
     * @param server the node's; not yet started
     * @param kernel makes shares of what is drawn
     * @param random seeds every dealing's own generator; when it fails, this node deals nothing more
     * @param dealtOnce what was dealt to
     */
    public DealerService(NodeServer server, FieldKernel kernel, DealerRandom random, DealtOnce dealtOnce) {
        this.server = server;
        this.ring = server.ring();
        this.kernel = kernel;
        this.random = random;
        this.dealtOnce = dealtOnce;
        this.deadlines = server.deadlines();
        this.dealt = Counter.builder("interlock.dealt.bytes")
                .description("bytes of pad dealt, each shared to all providers")
                .register(server.meters());
        random.sources()
                .forEach(source -> Gauge.builder("interlock.noise.failing", () -> failing(source) ? 1 : 0)
                        .description("1 once this noise source has failed a test: nothing is dealt any more")
                        .tag("source", source)
                        .register(server.meters()));
        server.failing(() -> random.failure().map(NoiseException::getMessage));
    }

    private boolean failing(String source) {
        return random.failure()
                .map(NoiseException::source)
                .filter(source::equals)
                .isPresent();
    }

    /** Has the server serve it, from its start on. */
    public void route() {
        server.route(HttpMethod.POST, "/v1/deals", this::deal)
                .route(HttpMethod.GET, "/v1/deals/{session}/share", this::userShare);
        server.every(RESEED, "reseed", this::reseed);
    }

    private void reseed() {
        try {
            random.reseed();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Step 2 of a write: U →p dealer, dealer →p CC_i for all i. */
    private HttpResponse deal(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeServer.UserRequest admitted =
                server.admit(context, request, Operation.DEAL, Optional.empty(), MAX_REQUEST_BYTES);
        ClientRequest signed = admitted.signed();
        Order order = Order.decode(admitted.body());
        signed.requireSubject(Statement.hash(order.statement()).toString());
        if (signed.epoch() != ring.epoch()) {
            throw new RefusedException(
                    RefusedException.Rule.OTHER_EPOCH,
                    server.card().name() + ": the ring is in epoch " + ring.epoch()
                            + ", and nothing is dealt for epoch " + signed.epoch() + ": get the ring's new descriptor");
        }
        Write.Deal deal = Write.acceptDeal(
                ring, server.card().name(), order, signed.key(), server.clock().instant());
        Dealt dealing;
        try (Allowance.Lease _ = server.allowances()
                .of(Allowances.Kind.DEALINGS)
                .take(signed.key().toString(), 1)) {
            // Once for each w, durably, before the first byte leaves: two dealings of one w would be two pads under one
            // name.
            if (!dealtOnce.take(deal.id(), deal.expires(), server.clock().instant())) {
                throw new RefusedException(server.card().name() + " dealt to the session " + deal.id()
                        + " before; a retry is a new session");
            }
            dealing = deal(deal);
        }
        server.audit()
                .record(Entry.of(Event.DEALT)
                        .session(deal.id())
                        .object(deal.object())
                        .user(signed.key()));
        return NodeServer.bytes(dealing.encode());
    }

    /** Published 2 and 3: f(x_U) →p U, while the shares go to the providers. */
    private HttpResponse userShare(ServiceRequestContext context, HttpRequest request) throws Exception {
        String session = String.valueOf(context.pathParam("session"));
        VerifyingKey user =
                server.gate().admit(context, Operation.SHARE, session).key();
        UserShare key = new UserShare(StatementHash.parse(session), user);
        UserSink sink = new UserSink();
        // Either end of this meeting may come first.
        CompletableFuture<UserSink> meeting = userShares.computeIfAbsent(key, _ -> new CompletableFuture<>());
        if (!meeting.complete(sink)) {
            throw new RefusedException(
                    server.card().name() + ": the share of this session was fetched before, or isn't dealt any more");
        }
        try {
            return sink.response().get(deadlines.stall().toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            userShares.remove(key, meeting);
        }
    }

    private Dealt deal(Write.Deal deal) throws Exception {
        List<Receiver> receivers = new ArrayList<>();
        try (PadRandom source = random.forDealing(ring.id(), server.card().name(), deal.id());
                PadDealer pads = new PadDealer(
                        new Threshold(ring.threshold().t(), deal.points().size()),
                        deal.points().stream().mapToInt(ShareIndex::x).toArray(),
                        kernel,
                        source)) {
            for (ShareIndex x : deal.path()) {
                receivers.add(new ProviderReceiver(deal, x));
            }
            for (ShareIndex x : deal.missing()) {
                receivers.add(new WaitingReceiver(deal, x, source));
            }
            if (deal.user().isPresent()) {
                receivers.add(new UserReceiver(deal, deal.user().get(), meet(new UserShare(deal.id(), deal.asks()))));
            }
            ChunkLayout layout = deal.layout();
            for (int k = 0; k < layout.count(); k++) {
                List<MemorySegment> salts = new ArrayList<>();
                for (Receiver receiver : receivers) {
                    salts.add(receiver.beginChunk(k));
                }
                // Salts are shares, too: fewer than t providers know nothing of another one's, and t can restore it.
                pads.next(Leaves.SALT_BYTES, salts);
                int length;
                for (int done = 0; done < layout.padLength(k); done += length) {
                    length = Http2.pieceBytes(layout.padLength(k) - done);
                    List<MemorySegment> tiles = new ArrayList<>();
                    for (Receiver receiver : receivers) {
                        tiles.add(receiver.nextTile(length));
                    }
                    // Nothing of this dealing is of use without the signed roots at its end.
                    random.check();
                    // f(x_i) = Σ a_k x_i^k, for these bytes of every share; δ(x_i) the same, with a_0 = 0.
                    if (deal.ofZero()) {
                        pads.nextOfZero(length, tiles);
                    } else {
                        pads.next(length, tiles);
                    }
                    for (Receiver receiver : receivers) {
                        receiver.sendTile();
                    }
                    dealt.increment(length);
                }
                for (Receiver receiver : receivers) {
                    receiver.endChunk();
                }
            }
            random.check();
            // One signature over H(w) and all roots: none of them fits another session, or another provider.
            Dealt dealing = Dealt.sign(
                    server.key(),
                    deal.id(),
                    receivers.stream().map(Receiver::root).toList());
            for (Receiver receiver : receivers) {
                receiver.end(dealing);
            }
            receivers.forEach(Receiver::complete);
            return dealing;
        } catch (Exception e) {
            receivers.forEach(receiver -> receiver.fail(server.known(e)));
            throw e;
        } finally {
            receivers.forEach(Receiver::close);
        }
    }

    private UserSink meet(UserShare key) throws Exception {
        CompletableFuture<UserSink> meeting = userShares.computeIfAbsent(key, _ -> new CompletableFuture<>());
        try {
            return meeting.get(deadlines.stall().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            meeting.completeExceptionally(e);
            throw new RefusedException(server.card().name() + ": the user didn't fetch its share of the dealing");
        } finally {
            userShares.remove(key, meeting);
        }
    }

    /** Whose share of which dealing. */
    private record UserShare(StatementHash session, VerifyingKey user) {}

    /** One point's end of a dealing. */
    private abstract static class Receiver implements AutoCloseable {
        private final WipedBuffers buffers = new WipedBuffers(MAX_PIECE_BYTES);
        private ByteBuf tile = Unpooled.EMPTY_BUFFER;

        /** Room for the salt of chunk k. */
        abstract MemorySegment beginChunk(int k);

        MemorySegment nextTile(int length) {
            tile = buffers.take(length);
            return MemorySegment.ofBuffer(tile.nioBuffer(0, length));
        }

        /** For whoever takes over its reference. */
        final ByteBuf takeTile() {
            ByteBuf taken = tile;
            tile = Unpooled.EMPTY_BUFFER;
            return taken;
        }

        abstract void sendTile() throws InterruptedException;

        abstract void endChunk() throws InterruptedException;

        /** The root of the share, once all of it was sent. */
        abstract ShareRoot root();

        /** The orderly end. */
        abstract void end(Dealt dealing) throws InterruptedException;

        abstract void complete();

        abstract void fail(InterlockException cause);

        @Override
        public void close() {
            // One that an earlier receiver's failure left unsent.
            takeTile().release();
            buffers.close();
        }
    }

    /** A stream of chunks, each behind its salt, with the leaves over them. */
    private abstract static class SaltedReceiver extends Receiver {
        private final Write.Deal deal;
        private final ShareIndex x;
        private final MerkleRoot root = new MerkleRoot();
        private Leaves leaf;
        /** What stands before the next tile in its piece: the chunk's salt, or nothing. */
        private final SecretBytes salt = SecretBytes.allocate(Leaves.SALT_BYTES);

        private boolean begun;

        SaltedReceiver(Write.Deal deal, ShareIndex x) {
            this.deal = deal;
            this.x = x;
            this.leaf = Leaves.ofShare(deal.id(), x.x(), 0);
        }

        /** The chunk's salt goes before it; its receiver alone knows it. */
        @Override
        MemorySegment beginChunk(int k) {
            leaf = Leaves.ofShare(deal.id(), x.x(), k);
            begun = true;
            return salt.segment();
        }

        @Override
        MemorySegment nextTile(int length) {
            if (!begun) {
                return super.nextTile(length);
            }
            begun = false;
            MemorySegment piece = super.nextTile(Leaves.SALT_BYTES + length);
            piece.copyFrom(salt.segment());
            return piece.asSlice(Leaves.SALT_BYTES);
        }

        @Override
        void sendTile() throws InterruptedException {
            ByteBuf tile = takeTile();
            leaf.update(MemorySegment.ofBuffer(tile.nioBuffer()));
            send(tile);
        }

        /** Takes the piece over. */
        abstract void send(ByteBuf piece) throws InterruptedException;

        @Override
        void endChunk() {
            root.add(leaf.leaf());
        }

        @Override
        ShareRoot root() {
            return new ShareRoot(x, root.root());
        }

        @Override
        public void close() {
            salt.close();
            super.close();
        }
    }

    /** U's point. */
    private final class UserReceiver extends SaltedReceiver {
        private final UserSink sink;

        UserReceiver(Write.Deal deal, ShareIndex x, UserSink sink) {
            super(deal, x);
            this.sink = sink;
        }

        @Override
        void send(ByteBuf piece) throws InterruptedException {
            try {
                sink.write(piece, deadlines.stall());
            } catch (IOException e) {
                throw new RefusedException(server.card().name() + ": the user stopped taking its share");
            }
        }

        /** U hears of the root with the others, in the answer to its request. */
        @Override
        void end(Dealt dealing) {
            sink.end();
        }

        @Override
        void complete() {}

        @Override
        void fail(InterlockException cause) {
            sink.fail(cause);
        }
    }

    /** A provider's: behind its share the commitments to all, signed. */
    private final class ProviderReceiver extends SaltedReceiver {
        private final Peer.Upload upload;
        private boolean ended;

        ProviderReceiver(Write.Deal deal, ShareIndex x) {
            super(deal, x);
            Peer peer = server.peers().to(ring.provider(x).card());
            this.upload = peer.upload("/v1/sessions/" + deal.id() + "/shares", Optional.empty());
        }

        @Override
        void end(Dealt dealing) throws InterruptedException {
            send(Unpooled.wrappedBuffer(dealing.encode()));
            upload.out().end();
            ended = true;
        }

        @Override
        void send(ByteBuf bytes) throws InterruptedException {
            upload.send(bytes, deadlines.stall());
        }

        @Override
        void complete() {
            byte[] _ = upload.complete(deadlines.settle());
        }

        @Override
        void fail(InterlockException cause) {
            if (!ended) {
                upload.out().drop(cause);
            }
        }
    }

    /** A missing provider's: the same, sealed to it piece by piece, to the two that keep it until it is back. */
    private final class WaitingReceiver extends Receiver {
        private final Write.Deal deal;
        private final ShareIndex x;
        private final List<Peer.Upload> uploads;
        private final SealedWriter seal;
        private final MerkleRoot root = new MerkleRoot();
        /** A chunk behind its salt. */
        private final SecretBytes piece;

        private boolean begun;
        private int k;
        private long filled;

        WaitingReceiver(Write.Deal deal, ShareIndex x, PadRandom source) {
            this.deal = deal;
            this.x = x;
            this.seal = new SealedWriter(
                    ring.provider(x).card().recipient(), Sealing.ofShare(ring.id(), deal.id(), x), new Drawn(source));
            this.piece = SecretBytes.allocate(SealedLayout.sharePieceBytes(deal.layout(), 0));
            this.uploads = Custody.custodians(deal.path(), deal.missing(), x).stream()
                    .map(custodian -> server.peers()
                            .to(ring.provider(custodian).card())
                            .upload("/v1/sessions/" + deal.id() + "/waiting/" + x.x(), Optional.empty()))
                    .toList();
        }

        @Override
        MemorySegment beginChunk(int chunk) {
            k = chunk;
            filled = Leaves.SALT_BYTES;
            return piece.segment().asSlice(0, Leaves.SALT_BYTES);
        }

        @Override
        MemorySegment nextTile(int length) {
            MemorySegment tile = piece.segment().asSlice(filled, length);
            filled += length;
            return tile;
        }

        @Override
        void sendTile() {}

        @Override
        void endChunk() throws InterruptedException {
            MemorySegment whole = piece.segment().asSlice(0, filled);
            root.add(Write.shareLeaf(
                    deal.id(), x, k, whole.asSlice(0, Leaves.SALT_BYTES), whole.asSlice(Leaves.SALT_BYTES)));
            byte[] sealed = new byte[(int) filled + SealedLayout.TAG_BYTES];
            seal.seal(k, k == deal.layout().count() - 1, whole, MemorySegment.ofArray(sealed));
            if (!begun) {
                begun = true;
                send(seal.header());
            }
            send(sealed);
        }

        private void send(byte[] bytes) throws InterruptedException {
            int length;
            for (int done = 0; done < bytes.length; done += length) {
                length = Http2.pieceBytes(bytes.length - done);
                for (Peer.Upload upload : uploads) {
                    upload.send(Unpooled.wrappedBuffer(bytes, done, length), deadlines.stall());
                }
            }
        }

        @Override
        ShareRoot root() {
            return new ShareRoot(x, root.root());
        }

        @Override
        void end(Dealt dealing) {
            uploads.forEach(upload -> upload.out().end());
        }

        @Override
        void complete() {
            uploads.forEach(upload -> {
                byte[] _ = upload.complete(deadlines.settle());
            });
        }

        @Override
        void fail(InterlockException cause) {
            uploads.forEach(upload -> upload.out().drop(cause));
        }

        @Override
        public void close() {
            piece.close();
            seal.close();
            super.close();
        }
    }

    /** A dealing's own randomness, for the seals as for the shares. */
    private static final class Drawn extends SecureRandom {
        private static final long serialVersionUID = 1L;

        private final transient PadRandom source;

        Drawn(PadRandom source) {
            this.source = source;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            source.fill(MemorySegment.ofArray(bytes));
        }
    }
}
