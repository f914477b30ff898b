package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.SessionId;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeServer;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.ChainMessage;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Inbound;
import dev.interlock.wire.Peer;
import dev.interlock.wire.RecordReader;
import io.micrometer.core.instrument.Counter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One provider, CC_i: serves sessions, which are the passes of writes and reads, and hands the objects' life to {@link
 * Objects}. The steps are those of {@link Write} and {@link dev.interlock.protocol.Read}; here they meet the network and
 * the disk.
 */
public final class ProviderNode implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ProviderNode.class);
    private static final int MAX_ORDER_BYTES = 64 << 10;
    private static final int MAX_CHAIN_BYTES = 33 << 20;
    private static final int MAX_SESSIONS = 4096;
    /** Longer than any order's signature is accepted, so that a burn outlives every replay. */
    private static final Duration BURN_LIFETIME =
            SignedRequest.LIFETIME.plus(SignedRequest.CLOCK_SKEW).multipliedBy(2);

    private final NodeServer server;
    private final RingDescriptor ring;
    private final Provider self;
    private final Store store;
    private final Objects objects;
    private final Deadlines deadlines;
    private final Clock clock;
    private final ByteSpace space = new ByteSpace(FieldKernels.chosen());
    private final ConcurrentMap<SessionId, LiveSession> sessions = new ConcurrentHashMap<>();
    private final Counter hopped;
    private final Counter dealt;

    public ProviderNode(NodeFolder folder, Store store, Deadlines deadlines, Clock clock) {
        if (folder.card().role() != Role.PROVIDER) {
            throw new BadInputException(
                    folder.path() + " is the folder of a " + folder.card().role());
        }
        this.server = new NodeServer(folder, deadlines, clock);
        this.ring = server.ring();
        this.self = ring.provider(folder.card().name())
                .orElseThrow(() -> new BadInputException(
                        "the ring doesn't name " + folder.card().name()));
        this.store = store;
        this.deadlines = deadlines;
        this.clock = clock;
        this.objects = new Objects(server, self, store, this::endSessions);
        this.hopped = Counter.builder("interlock.hop.bytes")
                .description("bytes that passed this provider's stations")
                .register(server.meters());
        this.dealt = Counter.builder("interlock.share.bytes")
                .description("bytes of shares received from dealers")
                .register(server.meters());
        server.meters().gauge("interlock.sessions", sessions, ConcurrentMap::size);
    }

    public void start() {
        server.route(HttpMethod.POST, "/v1/sessions", this::order)
                .route(HttpMethod.POST, "/v1/sessions/{session}/shares", this::shares)
                .route(HttpMethod.POST, "/v1/sessions/{session}/stream", this::streamIn)
                .route(HttpMethod.GET, "/v1/sessions/{session}/stream", this::streamOut)
                .route(HttpMethod.POST, "/v1/sessions/{session}/hops/{place}", this::hop)
                .route(HttpMethod.POST, "/v1/sessions/{session}/token", this::token)
                .route(HttpMethod.POST, "/v1/sessions/{session}/chain", this::chain)
                .route(HttpMethod.GET, "/v1/sessions/{session}", this::report)
                .route(HttpMethod.DELETE, "/v1/sessions/{session}", this::abandon);
        objects.route();
        server.everySecond(this::sweep);
        server.start();
    }

    // ---- Step 1 of a write and of a read ----

    private HttpResponse order(ServiceRequestContext context, HttpRequest request) throws Exception {
        byte[] body = server.body(context, request, MAX_ORDER_BYTES);
        Order order = Json.read("the order", body, Order.class);
        SignedRequest signed = server.gate().admit(context, Operation.ORDER, order.session(), body);
        Session session = Session.accept(ring, self.x(), order);
        LiveSession live = null;
        try {
            if (sessions.size() >= MAX_SESSIONS) {
                throw new NodeException(
                        name(), name() + " serves " + MAX_SESSIONS + " sessions already; ask again later");
            }
            live = session.kind() == Order.Kind.WRITE
                    ? LiveSession.write(name(), session, signed.key(), store)
                    : openForReading(session, signed);
            if (sessions.putIfAbsent(session.id(), live) != null) {
                throw new RefusedException(name() + ": the session " + session.id() + " was used before");
            }
        } catch (RuntimeException e) {
            if (live != null) {
                live.close();
            } else {
                session.close();
            }
            throw e;
        }
        Station first = session.route().first();
        if (first.source() instanceof Station.Ciphertext && first.provider().equals(self.x())) {
            sendCiphertext(live, first);
        }
        return NodeServer.done();
    }

    private LiveSession openForReading(Session session, SignedRequest signed) {
        Token token = objects.readable(session.object(), signed.key());
        if (token.length() != session.layout().length()
                || !token.providers().containsAll(session.path())
                || !token.homes().containsAll(session.homes())) {
            throw new BadInputException(name() + ": the order doesn't fit the token of " + session.object());
        }
        return LiveSession.read(name(), session, signed.key(), store);
    }

    // ---- Step 2 of a write: dealer →p CC_i: f(x_i), salt, signed share root ----

    private HttpResponse shares(ServiceRequestContext context, HttpRequest request) throws Exception {
        LiveSession live = live(context);
        NodeCard dealer = server.gate().admitNode(context);
        Session session = live.session();
        if (!session.dealer().equals(Optional.of(dealer.name()))) {
            throw new RefusedException(name() + ": " + dealer.name() + " isn't the dealer of this session");
        }
        if (!live.isWrite() || !live.beginShares()) {
            throw new RefusedException(name() + ": the share of this session is there or under way already");
        }
        try (RecordReader in = new RecordReader(new Inbound(request), deadlines.stall());
                SecretBytes record = SecretBytes.allocate(
                        Leaves.SALT_BYTES + (long) session.layout().padLength(0));
                SecretBytes statement = SecretBytes.allocate(Sha256.BYTES + SigningKey.SIGNATURE_BYTES)) {
            MerkleRoot root = new MerkleRoot();
            ChunkLayout layout = session.layout();
            for (int k = 0; k < layout.count(); k++) {
                MemorySegment r = record.segment().asSlice(0, Leaves.SALT_BYTES + (long) layout.padLength(k));
                in.fill(r);
                live.feed().append(r);
                root.add(Write.shareLeaf(
                        session.object(), self.x(), k, r.asSlice(0, Leaves.SALT_BYTES), r.asSlice(Leaves.SALT_BYTES)));
                dealt.increment((double) r.byteSize());
                live.moved();
            }
            in.fill(statement.segment());
            if (!in.atEnd()) {
                throw new IOException("it is too long");
            }
            byte[] said = statement.copyToHeap();
            ShareRoot claimed = new ShareRoot(
                    self.x(), Arrays.copyOf(said, Sha256.BYTES), Arrays.copyOfRange(said, Sha256.BYTES, said.length));
            Write.checkShare(ring, session, root, dealer.name(), claimed);
            live.share().finish();
            live.feed().finished();
            live.shareArrived().complete(claimed);
            return NodeServer.done();
        } catch (Exception e) {
            throw fail(live, streamFailure(dealer.name(), e));
        }
    }

    // ---- Steps 3 and 4 of a write, 2 and 3 of a read: the pass ----

    /** U →p CC_1: P ⊕ ΣB_i. */
    private HttpResponse streamIn(ServiceRequestContext context, HttpRequest request) throws Exception {
        LiveSession live = live(context);
        owner(context, live, Operation.STREAM);
        Station first = live.session().route().first();
        if (!(first.source() instanceof Station.User) || !first.provider().equals(self.x())) {
            throw new RefusedException(name() + ": this session takes no stream from its user here");
        }
        run(live, first, new Pass.StreamSource(new Inbound(request), "the user", deadlines.stall()));
        return NodeServer.done();
    }

    /** CC_{i−1} → CC_i. */
    private HttpResponse hop(ServiceRequestContext context, HttpRequest request) throws Exception {
        LiveSession live = live(context);
        NodeCard from = server.gate().admitNode(context);
        int place = Integer.parseInt(String.valueOf(context.pathParam("place")));
        Station station = live.session().stations().stream()
                .filter(each -> each.place() == place)
                .findFirst()
                .orElseThrow(() -> new BadInputException(name() + " has no station at place " + place));
        if (!(station.source() instanceof Station.Neighbour(ShareIndex before))
                || !ring.provider(before).card().equals(from)) {
            throw new RefusedException(name() + ": " + from.name() + " isn't the hop before " + name() + " in session "
                    + live.session().id());
        }
        run(live, station, new Pass.StreamSource(new Inbound(request), from.name(), deadlines.stall()));
        return NodeServer.done();
    }

    /** home → first of S: c = P ⊕ a0. */
    private void sendCiphertext(LiveSession live, Station station) {
        Future<?> _ = server.threads().submit(() -> {
            try {
                run(
                        live,
                        station,
                        new Pass.CiphertextSource(
                                live.ciphertext(), live.session().layout().count(), name()));
            } catch (Exception e) {
                log.info("session {}: {}", live.session().id(), e.getMessage());
            }
        });
    }

    /** last →p U: P ⊕ ΣB_i. */
    private HttpResponse streamOut(ServiceRequestContext context, HttpRequest request) throws Exception {
        LiveSession live = live(context);
        owner(context, live, Operation.STREAM);
        Station last = live.session().route().last();
        if (!(last.sink() instanceof Station.User) || !last.provider().equals(self.x())) {
            throw new RefusedException(name() + ": this session has no stream for its user here");
        }
        UserSink sink = new UserSink();
        if (!live.userSink().complete(sink)) {
            // Either fetched before, or the session failed before it was fetched; then this says why.
            live.userSink().join();
            throw new RefusedException(name() + ": the stream of this session was fetched before");
        }
        return sink.response().get(deadlines.stall().toMillis(), TimeUnit.MILLISECONDS);
    }

    private void run(LiveSession live, Station station, Pass.Source source) throws Exception {
        Pass pass = new Pass(live, station, this::burn, space, deadlines.stall());
        Pass.Sink sink = null;
        try {
            pass.begin();
            sink = sink(live, station);
            pass.run(source, sink);
            hopped.increment((double) live.session().layout().padTotal());
            if (!live.isWrite()) {
                // A read's provider has one station: its part is done.
                drop(live);
            }
        } catch (Exception e) {
            source.close();
            InterlockException known = fail(live, e);
            // Only now that it is on record: whoever sees the stream break asks at once for the reason.
            if (sink != null) {
                sink.fail(known);
            }
            throw known;
        }
    }

    private Pass.Sink sink(LiveSession live, Station station) throws Exception {
        return switch (station.sink()) {
            case Station.Neighbour(ShareIndex next) ->
                new Pass.NeighbourSink(
                        peer(next),
                        "/v1/sessions/" + live.session().id() + "/hops/" + (station.place() + 1),
                        deadlines.stall(),
                        deadlines.settle());
            case Station.User user ->
                new Pass.UserStreamSink(
                        live.userSink().get(deadlines.stall().toMillis(), TimeUnit.MILLISECONDS), deadlines.stall());
            case Station.End end -> new Pass.EndSink();
        };
    }

    private boolean burn(Session session, Station station) {
        return store.burn(session.id().bytes(), station.place(), clock.instant().plus(BURN_LIFETIME));
    }

    // ---- Step 5 of a write: the signature chain ----

    /** U → CC_1: u_m. The answer is the chain with everybody's signature. */
    private HttpResponse token(ServiceRequestContext context, HttpRequest request) throws Exception {
        LiveSession live = live(context);
        byte[] body = server.body(context, request, MAX_CHAIN_BYTES);
        own(server.gate().admit(context, Operation.TOKEN, live.session().id().toString(), body), live);
        if (!live.session().path().getFirst().equals(self.x())) {
            throw new RefusedException(name() + ": the chain of this session begins elsewhere");
        }
        return signed(live, body);
    }

    /** CC_{i−1} → CC_i: u_m and the chain so far. */
    private HttpResponse chain(ServiceRequestContext context, HttpRequest request) throws Exception {
        LiveSession live = live(context);
        NodeCard from = server.gate().admitNode(context);
        List<ShareIndex> path = live.session().path();
        int place = path.indexOf(self.x());
        if (place < 1 || !ring.provider(path.get(place - 1)).card().equals(from)) {
            throw new RefusedException(name() + ": " + from.name() + " isn't before " + name() + " in this chain");
        }
        return signed(live, server.body(context, request, MAX_CHAIN_BYTES));
    }

    private HttpResponse signed(LiveSession live, byte[] body) {
        Session session = live.session();
        if (!live.isWrite()) {
            throw new RefusedException(name() + ": a read has no chain");
        }
        try {
            ChainMessage message = ChainMessage.decode(body);
            // CC_i stores its share durably and checks it against its root before it signs.
            ShareRoot root = settled(live.shareArrived(), session.dealer().orElse("the dealer"));
            settled(live.passed(), "the pass");
            SignatureChain chain;
            synchronized (live) {
                if (live.isPrepared()) {
                    throw new RefusedException(name() + " signed for this session before");
                }
                chain = Write.sign(ring, session, root, message, server.key());
                objects.preparing(session.object());
                // The signature leaves only once what it vouches for survives a crash.
                live.pending().prepare(chain.token(), chain.encode(), message.manifest());
                live.markPrepared();
            }
            int place = session.path().indexOf(self.x());
            if (place == session.path().size() - 1) {
                return NodeServer.bytes(chain.encode());
            }
            return NodeServer.bytes(peer(session.path().get(place + 1))
                    .call(
                            HttpMethod.POST,
                            "/v1/sessions/" + session.id() + "/chain",
                            Optional.empty(),
                            new ChainMessage(chain, message.manifest()).encode(),
                            deadlines.settle()));
        } catch (Exception e) {
            throw fail(live, e);
        }
    }

    private <T> T settled(CompletableFuture<T> future, String whom) throws Exception {
        try {
            return future.get(deadlines.stall().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new NodeException(name(), name() + " waited in vain for " + whom + " before signing");
        }
    }

    // ---- A session's life ----

    private HttpResponse report(ServiceRequestContext context, HttpRequest request) {
        LiveSession live = live(context);
        owner(context, live, Operation.REPORT);
        return NodeServer.json(live.report());
    }

    private HttpResponse abandon(ServiceRequestContext context, HttpRequest request) {
        LiveSession live = live(context);
        owner(context, live, Operation.ABANDON);
        if (live.isPrepared()) {
            objects.giveUp(live.session().object());
        }
        fail(
                live,
                new RefusedException(
                        "the user gave up session " + live.session().id()));
        drop(live);
        return NodeServer.done();
    }

    private LiveSession live(ServiceRequestContext context) {
        SessionId id = SessionId.parse(String.valueOf(context.pathParam("session")));
        LiveSession live = sessions.get(id);
        if (live == null) {
            throw new RefusedException(name() + " has no session " + id + ", or has ended it");
        }
        return live;
    }

    private void owner(ServiceRequestContext context, LiveSession live, Operation operation) {
        own(server.gate().admit(context, operation, live.session().id().toString(), new byte[0]), live);
    }

    private void own(SignedRequest request, LiveSession live) {
        if (!request.key().equals(live.user())) {
            throw new RefusedException(name() + ": this session is another user's");
        }
    }

    /** Ends the session's work and gives its pending object up; it stays for a while, to say what went wrong. */
    private InterlockException fail(LiveSession live, Throwable e) {
        // What comes after a session's first failure only follows from it.
        InterlockException known = live.failure().orElseGet(() -> server.known(e));
        live.fail(known);
        live.close();
        return known;
    }

    private static Exception streamFailure(String from, Exception e) {
        return e instanceof IOException
                ? e instanceof Inbound.StalledException
                        ? new NodeException(from, from + " stalled: " + e.getMessage())
                        : new NodeException(from, "the stream from " + from + " broke off: " + e.getMessage())
                : e;
    }

    private void drop(LiveSession live) {
        sessions.remove(live.session().id(), live);
        live.close();
    }

    private void endSessions(ObjectId object, boolean readsToo) {
        for (LiveSession live : sessions.values()) {
            if (live.session().object().equals(object) && (readsToo || live.isWrite())) {
                fail(live, new RefusedException(name() + ": the object " + object + " ended while the session ran"));
                drop(live);
            }
        }
    }

    private void sweep() {
        long limit = deadlines.settle().plus(deadlines.stall()).toNanos();
        for (LiveSession live : sessions.values()) {
            if (live.idleNanos() > limit) {
                fail(
                        live,
                        new NodeException(
                                name(), "the session " + live.session().id() + " was given up: nothing moved"));
                drop(live);
            }
        }
        store.pruneBurns(clock.instant());
        objects.sweep();
    }

    private Peer peer(ShareIndex x) {
        return server.peers().to(ring.provider(x).card());
    }

    private String name() {
        return self.name();
    }

    @Override
    public void close() {
        server.close();
        sessions.values().forEach(this::drop);
        store.close();
    }
}
