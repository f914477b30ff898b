package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.random.DealerRandom;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedWriter;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeServer;
import dev.interlock.node.UserSink;
import dev.interlock.node.admission.Allowance;
import dev.interlock.node.admission.Allowances;
import dev.interlock.node.admission.Leases;
import dev.interlock.node.dealer.DealerService;
import dev.interlock.node.dealer.DealtOnce;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.login.Logins;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Processes;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Direct;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Repair;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.ShareHash;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.request.ClientRequest;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Inbound;
import dev.interlock.wire.Parts;
import dev.interlock.wire.Peer;
import dev.interlock.wire.RecordReader;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One provider, CC_i: serves sessions, which are the passes of writes and reads, and hands the objects' life to {@link
 * Objects}. The steps are those of {@link Write} and {@link dev.interlock.protocol.Read}; here they meet the network and
 * the disk.
 */
public final class ProviderNode implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ProviderNode.class);
    private static final int MAX_ORDER_BYTES = 128 << 10;
    private static final int MAX_TOKEN_BYTES = Objects.MAX_CERTIFICATE_BYTES + PendingObject.MAX_MANIFEST_BYTES;

    private final NodeServer server;
    private final RingDescriptor ring;
    private final Provider self;
    private final Store store;
    private final SecureRandom random;
    private final Objects objects;
    private final Deliveries deliveries;
    private final Logins logins;
    private final Deadlines deadlines;
    private final Clock clock;
    private final ByteSpace space;
    private final SessionTable sessions;
    private final OtherProcesses others;
    private final DealtOnce dealtOnce;
    private final Counter hopped;
    private final Counter dealt;

    /**
     * @param audit closed with the node, as the store is
     * @param kernel puts its layers on
     * @param random for what it seals in protocol 1
     */
    public ProviderNode(
            NodeFolder folder,
            AuditLog audit,
            Store store,
            FieldKernel kernel,
            SecureRandom random,
            Deadlines deadlines,
            Clock clock) {
        if (folder.card().role() != Role.PROVIDER) {
            throw new BadInputException(
                    folder.path() + " is the folder of a " + folder.card().role());
        }
        this.server = new NodeServer(folder, audit, deadlines, clock);
        this.ring = server.ring();
        this.self = ring.provider(folder.card().name())
                .orElseThrow(() -> new BadInputException(
                        "the ring doesn't name " + folder.card().name()));
        this.store = store;
        this.space = new ByteSpace(kernel);
        this.random = random;
        this.deadlines = deadlines;
        this.clock = clock;
        this.dealtOnce = DealtOnce.open(folder.own("dealt"), (w, expires) -> store.burn(dealt(w), expires));
        this.sessions = new SessionTable(self.name());
        SessionsOfObjects local = new SessionsOfObjects();
        this.others = new OtherProcesses(server, store, sessions, local);
        this.objects = new Objects(server, self, store, new SessionsOfAll(local), Objects.FORGET);
        this.logins = new Logins(server, folder, self, store, random, GuessLimit.STANDARD);
        this.deliveries = new Deliveries(server, self, store, objects, folder.openingKey());
        this.hopped = Counter.builder("interlock.hop.bytes")
                .description("bytes that passed this provider's stations")
                .register(server.meters());
        this.dealt = Counter.builder("interlock.share.bytes")
                .description("bytes of shares received from dealers")
                .register(server.meters());
        FunctionCounter.builder("interlock.store.transactions", store, Store::transactions)
                .description("durable transactions of the store; what comes together shares one")
                .register(server.meters());
        server.meters().gauge("interlock.sessions", sessions, SessionTable::size);
        server.allowances()
                .of(Allowances.Kind.OBJECTS)
                .standing(holder -> usage(holder).objects());
        server.allowances()
                .of(Allowances.Kind.DISK)
                .standing(holder -> usage(holder).bytes());
    }

    /**
     * Has this provider deal as well, as its ring's descriptor says; before {@link #start}.
     *
     * @param kernel makes shares of what is drawn
     * @param dealing seeds every dealing's own generator; when it fails, this provider deals nothing more
     */
    public void deal(FieldKernel kernel, DealerRandom dealing) {
        new DealerService(server, kernel, dealing, dealtOnce).route();
    }

    public void start() {
        Duration soon = deadlines.answer();
        Duration now = Duration.ZERO;
        server.route(HttpMethod.POST, "/v1/sessions", this::order)
                .route(HttpMethod.POST, "/v1/sessions/{session}/shares", ofNode(soon, this::shares))
                .route(HttpMethod.POST, "/v1/sessions/{session}/waiting/{x}", ofNode(soon, this::waiting))
                .route(HttpMethod.POST, "/v1/sessions/{session}/blind", ofUser(Operation.BLIND, soon, this::blind))
                .route(
                        HttpMethod.POST,
                        "/v1/sessions/{session}/stations/{place}",
                        others.ofSession(OtherProcesses.Asks.EITHER, Operation.STREAM, soon, this::streamIn))
                .route(
                        HttpMethod.GET,
                        "/v1/sessions/{session}/stations/{place}",
                        ofUser(Operation.STREAM, soon, this::streamOut))
                .route(HttpMethod.POST, "/v1/sessions/{session}/token", ofUser(Operation.TOKEN, now, this::token))
                .route(HttpMethod.POST, "/v1/sessions/{session}/chain", ofNode(now, this::chain))
                .route(HttpMethod.POST, "/v1/sessions/{session}/check", ofUser(Operation.CHECK, now, this::check))
                .route(HttpMethod.POST, "/v1/sessions/{session}/restore", ofUser(Operation.RESTORE, now, this::restore))
                .route(HttpMethod.GET, "/v1/sessions/{session}/root", ofUser(Operation.ROOT, now, this::root))
                .route(HttpMethod.GET, "/v1/sessions/{session}", ofUser(Operation.REPORT, now, this::report))
                .route(
                        HttpMethod.GET,
                        "/v1/sessions/{session}/parts/{part}",
                        ofUser(Operation.SESSION_PART, now, this::partOfSession))
                .route(
                        HttpMethod.GET,
                        "/v1/sessions/{session}/received/{place}",
                        ofUser(Operation.SESSION_PART, now, this::received))
                .route(HttpMethod.DELETE, "/v1/sessions/{session}", ofUser(Operation.ABANDON, now, this::abandon))
                .route(HttpMethod.GET, "/v1/objects/{object}/ciphertext", this::ciphertext)
                .route(HttpMethod.GET, "/v1/objects/{object}/sealed/{x}", this::sealedShare)
                .route(HttpMethod.GET, "/v1/objects/{object}/parts/{part}", this::part);
        others.route();
        objects.route();
        new Names(server, self, store.names()).route();
        deliveries.route();
        logins.route();
        server.everySecond("sessions", this::sweep);
        Processes processes = store.processes();
        server.everySecond("burns", processes.ofFirst(() -> store.pruneBurns(clock.instant())));
        objects.timers();
        server.everySecond("deliveries", processes.ofFirst(deliveries::sweep));
        others.begin();
        server.start();
    }

    /** See {@link NodeServer#isWell}. */
    public boolean isWell() {
        return server.isWell();
    }

    private NodeServer.Handler ofUser(Operation operation, Duration wait, NodeServer.Handler handler) {
        return others.ofSession(OtherProcesses.Asks.USER, operation, wait, handler);
    }

    /** @param handler of what another node asks about a session; no user's operation */
    private NodeServer.Handler ofNode(Duration wait, NodeServer.Handler handler) {
        return others.ofSession(OtherProcesses.Asks.NODE, Operation.STREAM, wait, handler);
    }

    // ---- Step 1 of a write and of a read ----

    private HttpResponse order(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.ORDER, Optional.empty(), MAX_ORDER_BYTES);
        ClientRequest signed = asked.signed();
        Order order = Order.decode(asked.body());
        StatementHash id = Statement.hash(order.statement());
        signed.requireSubject(id.toString());
        // Throws for one that this user may not ask for: then others' waits are none of its business.
        Session session = Session.accept(ring.at(signed.epoch()), self.x(), order, signed.key(), clock.instant());
        LiveSession live = null;
        Leases taken = new Leases();
        try {
            if (session.isWrite() && !session.ring().isCurrent()) {
                throw new RefusedException(
                        RefusedException.Rule.OTHER_EPOCH,
                        name() + ": the ring is in epoch " + ring.epoch() + ", and nothing new goes into epoch "
                                + session.ring().epoch() + ": get the ring's new descriptor");
            }
            if (session.isWrite()) {
                objects.titles().requireCurrent(session.statement());
            }
            take(taken, signed.key().toString(), session);
            live = switch (session.statement().work()) {
                case Work.Write _ -> LiveSession.write(name(), session, store);
                case Work.Renewal _ -> openForRenewal(session);
                case Work.Read _ -> openForReading(session);
                case Work.Repair _ ->
                    session.isRepaired() ? LiveSession.repaired(name(), session, store) : openForRepairing(session);
            };
            // Once, durably, before anyone is let in, so before anything is signed or leaves. A read leaves no mark:
            // one order
            // repeated adds the same constant.
            if (session.isWrite()
                    && !store.burn(id, Instant.ofEpochMilli(session.statement().expiryMillis()))) {
                throw new RefusedException(
                        name() + ": the session " + id + " was used before; a retry is a new session");
            }
            server.audit()
                    .append(Entry.of(Event.ORDERED)
                            .with("kind", session.kind().name().toLowerCase(Locale.ROOT))
                            .session(id)
                            .object(session.object())
                            .user(signed.key()));
            sessions.add(live, taken);
        } catch (RuntimeException e) {
            taken.close();
            sessions.refused(id, signed.key());
            if (live != null) {
                live.close();
            } else {
                session.close();
            }
            throw e;
        }
        for (Station station : session.stations()) {
            begin(live, station);
            switch (station.sink()) {
                case Station.Neighbour(ShareIndex next) -> peer(next).prepare();
                case Station.Homes(List<ShareIndex> homes) ->
                    homes.forEach(home -> peer(home).prepare());
                case Station.User _, Station.End _ -> {}
            }
        }
        if (session.kind() == Work.Kind.REFRESH) {
            keepCiphertext(live);
        }
        return NodeServer.done();
    }

    /** A mark of its own for what this provider deals to, beside the one for what it stores. */
    private static StatementHash dealt(StatementHash w) {
        return StatementHash.of(
                Sha256.labelled("interlock/v1/dealt").update(w.bytes()).digest());
    }

    private Store.Usage usage(Optional<String> holder) {
        return store.usage(holder.map(key -> VerifyingKey.parse(key).bytes()));
    }

    /** All that a session may need before it has ended. */
    private void take(Leases taken, String holder, Session session) {
        Allowances allowances = server.allowances();
        Session.Needs needs = session.needs();
        taken.take(allowances.of(Allowances.Kind.SESSIONS), holder, 1);
        taken.take(allowances.of(Allowances.Kind.OBJECTS), holder, needs.stored() > 0 ? 1 : 0);
        taken.take(allowances.of(Allowances.Kind.DISK), holder, needs.stored());
        boolean inFiles = session.layout().padTotal() > PendingObject.MAX_ROW_BYTES;
        taken.take(allowances.of(Allowances.Kind.FILES), holder, inFiles ? needs.blobs() : 0);
    }

    /** What begins here, with nothing from outside: home → first of S: c = P ⊕ a0; in a repair zeros. */
    private void begin(LiveSession live, Station station) {
        switch (station.source()) {
            case Station.Ciphertext _ -> runAside(live, station, () -> new Pass.StoredSource(live.source(), name()));
            case Station.Zeros _ ->
                runAside(live, station, () -> new Pass.ZeroSource(name(), live.streamBytes(station)));
            case Station.User _, Station.Neighbour _, Station.SealedShare _ -> {}
        }
    }

    private LiveSession openForRenewal(Session session) {
        Token before = objects.readable(session.renewed().orElseThrow(), session.asks());
        Renewal.checkOrder(session, before);
        return LiveSession.renewed(name(), session, before, store);
    }

    /** Refresh: the ciphertext stays what it is, and goes into the new generation as it is. */
    private void keepCiphertext(LiveSession live) {
        Session session = live.session();
        if (!session.isHome()) {
            live.copied(null);
            return;
        }
        Future<?> _ = server.threads().submit(() -> {
            try {
                MerkleRoot root = new MerkleRoot();
                live.eachRecord(live.ciphertextBefore(), chunk -> {
                    root.add(Direct.leaf(session.id(), Part.CIPHERTEXT, self.x(), root.count(), chunk));
                    live.ciphertext().append(chunk);
                });
                live.ciphertext().finish();
                live.copied(root.root());
            } catch (Exception e) {
                log.info("session {}: {}", session.id(), fail(live, e).getMessage());
            }
        });
    }

    private LiveSession openForRepairing(Session session) {
        Repair.checkOrder(session, objects.readable(session.generation(), session.asks()));
        return LiveSession.using(name(), session, store);
    }

    private LiveSession openForReading(Session session) {
        Read.checkOrder(session, objects.readable(session.generation(), session.asks()));
        return LiveSession.using(name(), session, store);
    }

    // ---- Step 2 of a write: dealer →p CC_i: f(x_i), salt, signed share root ----

    private HttpResponse shares(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeCard dealer = server.gate().admitNode(context);
        LiveSession live = awaited(context, dealer.name());
        Session session = live.session();
        requireDealer(session, dealer);
        if (session.summed()) {
            return shareOfSum(live, dealer, request);
        }
        if (!live.beginShares()) {
            throw new RefusedException(name() + ": the share of this session is there or under way already");
        }
        try (RecordReader in = new RecordReader(new Inbound(request), deadlines.stall());
                ShareFeed.Arrival arrival = live.feed().arrival()) {
            byte[] leaves = new byte[session.scheme().sealed() ? SealedLayout.leavesBytes(session.layout()) : 0];
            MerkleRoot root = new MerkleRoot();
            for (int k = 0; k < session.layout().count(); k++) {
                MemorySegment r = arrival.room(k, deadlines.stall());
                byte[] leaf = nextRecord(live, in, k, r);
                root.add(leaf);
                arrival.append(k, r);
                if (session.scheme().sealed()) {
                    System.arraycopy(leaf, 0, leaves, k * Sha256.BYTES, Sha256.BYTES);
                }
            }
            shareArrived(live, commitments(session, in, root, dealer), leaves);
            return NodeServer.done();
        } catch (Exception e) {
            throw fail(live, streamFailure(dealer.name(), e));
        }
    }

    private void requireDealer(Session session, NodeCard dealer) {
        if (!session.isWrite() || !session.dealers().contains(dealer.name())) {
            throw new RefusedException(name() + ": " + dealer.name() + " isn't the dealer of this session");
        }
    }

    /** The same where the share is a sum: each stream is checked against its dealer's root, and they meet chunk by chunk. */
    private HttpResponse shareOfSum(LiveSession live, NodeCard dealer, HttpRequest request) throws Exception {
        Session session = live.session();
        Confluence confluence = live.confluence(space);
        try (Confluence.Tributary tributary = confluence.enter(dealer.name())) {
            try (RecordReader in = new RecordReader(new Inbound(request), deadlines.stall());
                    SecretBytes buffer = SecretBytes.allocate(live.share().recordBytes(0))) {
                MerkleRoot root = new MerkleRoot();
                for (int k = 0; k < session.layout().count(); k++) {
                    MemorySegment r = buffer.segment().asSlice(0, live.share().recordBytes(k));
                    root.add(nextRecord(live, in, k, r));
                    tributary.add(r, deadlines.stall());
                }
                Dealt _ = commitments(session, in, root, dealer);
                if (tributary.verified()) {
                    // No dealer knows this share, so this provider signs for it.
                    Dealt sum = Write.signSum(session, confluence.root(), server.key());
                    shareArrived(live, sum, confluence.leaves());
                }
                return NodeServer.done();
            } catch (Exception e) {
                throw fail(live, streamFailure(dealer.name(), e));
            }
        }
    }

    /** The next chunk of a dealer's stream behind its salt, and its leaf. */
    private byte[] nextRecord(LiveSession live, RecordReader in, int k, MemorySegment record)
            throws IOException, InterruptedException {
        in.fill(record);
        dealt.increment((double) record.byteSize());
        live.moved();
        return Write.shareLeaf(
                live.session().id(),
                self.x(),
                k,
                record.asSlice(0, Leaves.SALT_BYTES),
                record.asSlice(Leaves.SALT_BYTES));
    }

    /** The end of a dealer's stream: the roots of all shares, which it signed for this session; what came has its own. */
    private Dealt commitments(Session session, RecordReader in, MerkleRoot root, NodeCard dealer)
            throws IOException, InterruptedException {
        int points =
                Token.points(session.scheme(), session.making().providers()).size();
        try (SecretBytes end = SecretBytes.allocate(Dealt.dealtBytes(points))) {
            in.fill(end.segment());
            if (!in.atEnd()) {
                throw new IOException("it is too long");
            }
            Dealt claimed = Dealt.decode(dealer.name(), end.copyToHeap());
            Write.checkShare(session, root, dealer.name(), claimed);
            return claimed;
        }
    }

    private void shareArrived(LiveSession live, Dealt root, byte[] leaves) {
        boolean sealed = live.session().scheme().sealed();
        if (!sealed) {
            live.share().finish();
        }
        live.feed().finished();
        live.shareArrived().complete(root);
        if (sealed) {
            sendSealed(live, leaves);
        }
    }

    /** The root of what this provider's share has become, for u_m. */
    private HttpResponse root(ServiceRequestContext context, HttpRequest request) throws Exception {
        ClientRequest signed = admit(context, Operation.ROOT);
        LiveSession live = live(context);
        own(signed, live);
        Session _ = requireWrite(live);
        try {
            if (!live.session().summed()) {
                throw new RefusedException(
                        name() + ": the shares of this session are their dealer's, who signed for them");
            }
            return NodeServer.bytes(share(live).encode());
        } catch (Exception e) {
            throw fail(live, e);
        }
    }

    /** dealer →p custodian: the share of a provider that is missing, sealed to it. */
    private HttpResponse waiting(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeCard dealer = server.gate().admitNode(context);
        ShareIndex of = ring.everProvider(new ShareIndex(Integer.parseInt(String.valueOf(context.pathParam("x")))))
                .x();
        LiveSession live = awaited(context, dealer.name());
        Session session = live.session();
        requireDealer(session, dealer);
        Blob blob = live.beginWaiting(of);
        try (RecordReader in = new RecordReader(new Inbound(request), deadlines.stall());
                SecretBytes buffer = SecretBytes.allocate(blob.recordBytes(0))) {
            long total = LiveSession.waitingBytes(session.ring(), of, session.layout());
            int length;
            for (long done = 0; done < total; done += length) {
                length = blob.recordBytes(blob.records());
                MemorySegment record = buffer.segment().asSlice(0, length);
                in.fill(record);
                blob.append(record);
                live.moved();
            }
            if (!in.atEnd()) {
                throw new IOException("it is too long");
            }
            blob.finish();
            live.waits(of);
            return NodeServer.done();
        } catch (Exception e) {
            throw fail(live, streamFailure(dealer.name(), e));
        }
    }

    /** Protocol 1: CC_i seals f(x_i) under k_U, sends it to home and erases its own copy (it's transient from the start). */
    private void sendSealed(LiveSession live, byte[] leaves) {
        Session session = live.session();
        Station first = session.ownSealedShare().orElseThrow();
        runAside(
                live,
                first,
                () -> new SealedShareSource(
                        name(),
                        session.layout(),
                        leaves,
                        live.share(),
                        new SealedWriter(
                                session.recipient().orElseThrow(),
                                Sealing.ofShare(ring.id(), session.id(), self.x()),
                                random)));
    }

    // ---- Steps 3 and 4 of a write, 2 and 3 of a read: the pass ----

    /** A station's input: from U, or from the neighbour before (CC_{i−1} → CC_i). */
    private HttpResponse streamIn(ServiceRequestContext context, HttpRequest request) throws Exception {
        // Who it is comes first: nobody else may wait here.
        boolean user = context.request().headers().contains(ClientRequest.HEADER);
        Optional<ClientRequest> signed = user ? Optional.of(admit(context, Operation.STREAM)) : Optional.empty();
        Optional<NodeCard> sender =
                user ? Optional.empty() : Optional.of(server.gate().admitNode(context));
        LiveSession live = awaited(
                context,
                signed.map(each -> each.key().toString())
                        .orElseGet(() -> sender.orElseThrow().name()));
        Station station = station(context, live);
        String from = switch (station.source()) {
            case Station.User _ -> {
                own(signed.orElseThrow(() -> notFrom("a node")), live);
                yield "the user";
            }
            case Station.Neighbour(ShareIndex before) -> {
                NodeCard node = sender.orElseThrow(() -> notFrom("a user"));
                if (!ring.everProvider(before).card().equals(node)) {
                    throw new RefusedException(name() + ": " + node.name() + " isn't the hop before " + name()
                            + " in session " + live.session().id());
                }
                yield node.name();
            }
            case Station.Ciphertext own -> throw noInput();
            case Station.SealedShare own -> throw noInput();
            case Station.Zeros own -> throw noInput();
        };
        run(live, station, new Pass.StreamSource(new Inbound(request), from, deadlines.stall()));
        return NodeServer.done();
    }

    private RefusedException notFrom(String whom) {
        return new RefusedException(name() + ": this station of the session takes no stream from " + whom);
    }

    private RefusedException noInput() {
        return new RefusedException(name() + ": this station of the session takes no stream from outside");
    }

    private Station station(ServiceRequestContext context, LiveSession live) {
        int place = Integer.parseInt(String.valueOf(context.pathParam("place")));
        return live.session().stations().stream()
                .filter(each -> each.place() == place)
                .findFirst()
                .orElseThrow(() -> new BadInputException(name() + " has no station at place " + place));
    }

    /** U →p CC_i: B_i, whole. The answer comes when the hop has used it up. */
    private HttpResponse blind(ServiceRequestContext context, HttpRequest request) throws Exception {
        LiveSession live = awaited(context, Operation.BLIND);
        try (RecordReader in = new RecordReader(new Inbound(request), deadlines.stall())) {
            if (live.session().blinding() != Blinding.FULL || !live.fullBlind().complete(in)) {
                live.failure().ifPresent(why -> {
                    throw why;
                });
                throw new RefusedException(name() + ": this session takes no blind from its user here");
            }
            live.passed().get();
            if (!in.atEnd()) {
                throw new RefusedException(name() + ": the blind is longer than the stream that it's for");
            }
        }
        return NodeServer.done();
    }

    /** Runs a station whose input is this provider's own. */
    private void runAside(LiveSession live, Station station, Supplier<Pass.Source> source) {
        Future<?> _ = server.threads().submit(() -> {
            try {
                run(live, station, source.get());
            } catch (Exception e) {
                log.info("session {}: {}", live.session().id(), fail(live, e).getMessage());
            }
        });
    }

    /** A station's output to U: last →p U: P ⊕ ΣB_i; published 3, also home →p U: c. */
    private HttpResponse streamOut(ServiceRequestContext context, HttpRequest request) throws Exception {
        LiveSession live = awaited(context, Operation.STREAM);
        if (!(station(context, live).sink() instanceof Station.User)) {
            throw new RefusedException(name() + ": this station of the session has no stream for its user");
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
        Pass pass = new Pass(live, station, space, deadlines.stall());
        Pass.Sink sink = null;
        try {
            pass.begin();
            SignedPassage signed =
                    new SignedPassage(live, station, live.session().ring(), server.key());
            sink = signed.signing(sink(live, station));
            pass.run(signed.checking(source), sink);
            hopped.increment((double) live.streamBytes(station));
            live.handedOn(station);
            sink.settle();
            live.stationDone(station);
            if (!live.isStoring() && live.passed().isDone()) {
                // All of this provider's stations are through: its part is done.
                drop(live);
            }
        } catch (Exception e) {
            source.close();
            InterlockException known = failed(live, station, e);
            // Only now that it is on record: whoever sees the stream break asks at once for the reason.
            if (sink != null) {
                sink.fail(known);
            }
            throw known;
        }
    }

    /**
     * A station failed, or one behind it did. Who has prepared by then has done its part: it only tells its sender. Whoever failed
     * behind signs nothing, so nothing is certified; and one that only says that it failed spoils nothing.
     */
    private InterlockException failed(LiveSession live, Station station, Exception e) {
        if (!live.isPrepared()) {
            return fail(live, e);
        }
        InterlockException known = server.known(e);
        live.progress(station).fail(name(), known);
        return known;
    }

    private Pass.Sink sink(LiveSession live, Station station) throws Exception {
        return switch (station.sink()) {
            case Station.Neighbour(ShareIndex next) -> neighbour(live, next, station.place() + 1);
            case Station.Homes(List<ShareIndex> homes) ->
                new Pass.HomesSink(IntStream.range(0, homes.size())
                        .mapToObj(i -> neighbour(live, homes.get(i), station.place() + 1 + i))
                        .toList());
            case Station.User user ->
                new Pass.UserStreamSink(
                        live.userSink().get(deadlines.stall().toMillis(), TimeUnit.MILLISECONDS), deadlines.stall());
            case Station.End end -> new Pass.EndSink();
        };
    }

    private Pass.Sink neighbour(LiveSession live, ShareIndex next, int place) {
        return new Pass.NeighbourSink(
                peer(next),
                "/v1/sessions/" + live.session().id() + "/stations/" + place,
                deadlines.stall(),
                deadlines.settle());
    }

    // ---- Step 5 of a write: u_m, and the signatures over it ----

    /**
     * U → CC_i: u_m and the manifest. Once it has them durably CC_i takes part; in the published profile CC_1 begins the chain and
     * answers with its end.
     */
    private HttpResponse token(ServiceRequestContext context, HttpRequest request) throws Exception {
        byte[] body = sessionBody(context, request, Operation.TOKEN, MAX_TOKEN_BYTES);
        LiveSession live = live(context);
        Session session = requireWrite(live);
        try {
            TokenMessage message = TokenMessage.decode(body);
            prepare(live, message);
            SignatureChain unsigned = SignatureChain.start(message.token());
            if (session.scheme().blinded()) {
                byte[] participation = participate(live, unsigned).encode();
                return session.isCheckedByValue()
                        ? NodeServer.secret(withValues(live, participation))
                        : NodeServer.bytes(participation);
            }
            return session.path().getFirst().equals(self.x()) ? signBehind(live, unsigned) : NodeServer.done();
        } catch (Exception e) {
            throw fail(live, e);
        }
    }

    /** The participation, and what it is for as it is stored here: each a single chunk. U gets it once, after the signature. */
    private static ByteBuf withValues(LiveSession live, byte[] participation) {
        var _ = live.beginCheck();
        try (SecretBytes share = Blob.record(live.share(), 0);
                SecretBytes ciphertext =
                        live.session().isHome() ? Blob.record(live.ciphertext(), 0) : SecretBytes.allocate(0)) {
            return Parts.join(List.of(MemorySegment.ofArray(participation), share.segment(), ciphertext.segment()));
        }
    }

    /** Published: CC_{i−1} → CC_i: the chain so far. */
    private HttpResponse chain(ServiceRequestContext context, HttpRequest request) throws Exception {
        LiveSession live = live(context);
        NodeCard from = server.gate().admitNode(context);
        Session session = requireWrite(live);
        int place = session.path().indexOf(self.x());
        if (session.scheme().blinded()
                || place < 1
                || !ring.everProvider(session.path().get(place - 1)).card().equals(from)) {
            throw new RefusedException(name() + ": " + from.name() + " isn't before " + name() + " in this chain");
        }
        byte[] body = server.body(context, request, from, Objects.MAX_CERTIFICATE_BYTES);
        try {
            SignatureChain before = SignatureChain.decode(body);
            before.verify(session.ring().keys());
            return signBehind(live, before);
        } catch (Exception e) {
            throw fail(live, e);
        }
    }

    private Session requireWrite(LiveSession live) {
        if (!live.session().isWrite()) {
            throw new RefusedException(name() + ": only a write has a chain and a check");
        }
        return live.session();
    }

    /** CC_i makes durable what it is about to sign for: its share, checked against its root, and u_m. */
    private void prepare(LiveSession live, TokenMessage message) throws Exception {
        Session session = live.session();
        Dealt own = share(live);
        settled(live, live.handedOn(), "the pass");
        settled(live, live.waitingArrived(), session.dealers().getFirst());
        synchronized (live) {
            if (live.isPrepared()) {
                throw new RefusedException(name() + " was given a token for this session before");
            }
            Token u = Write.checkToken(session, own, message);
            live.tokenBefore().ifPresent(before -> Renewal.checkToken(before, u));
            objects.preparing(session.id());
            live.pending().prepare(message.token(), message.manifest());
            live.markPrepared();
        }
        server.audit().append(Entry.of(Event.STORED).object(session.object()).session(session.id()));
        for (ShareIndex x : session.custody()) {
            server.audit()
                    .append(Entry.of(Event.CUSTODY)
                            .object(session.object())
                            .session(session.id())
                            .with("for", ring.everProvider(x).name()));
        }
        live.prepared().complete(message);
    }

    /** Signs u_m, once: only what it vouches for survives a crash by now. */
    private Participation participate(LiveSession live, SignatureChain before) throws Exception {
        TokenMessage accepted = settled(live, live.prepared(), "the user's token");
        if (!live.beginSigning()) {
            throw new RefusedException(name() + " signed for this session before");
        }
        if (!Arrays.equals(before.token(), accepted.token())) {
            throw new BadInputException(name() + ": the chain is over another token than the one that the user sent");
        }
        Optional<byte[]> ciphertext = live.session().isHome() ? Optional.of(live.ciphertextRoot()) : Optional.empty();
        return before.participate(self.x(), ciphertext, server.key());
    }

    /** Published: puts σ_i behind those before it and has the rest of the path put theirs. */
    private HttpResponse signBehind(LiveSession live, SignatureChain before) throws Exception {
        Session session = live.session();
        SignatureChain chain = before.with(participate(live, before));
        int place = session.path().indexOf(self.x());
        if (place == session.path().size() - 1) {
            return NodeServer.bytes(chain.encode());
        }
        return NodeServer.bytes(peer(session.path().get(place + 1))
                .call(
                        HttpMethod.POST,
                        "/v1/sessions/" + session.id() + "/chain",
                        Optional.empty(),
                        chain.encode(),
                        deadlines.settle()));
    }

    // ---- Step 6 of a write: the check of SPEC §8, before anyone certifies ----

    /** U reveals ρ; CC_i, which signed, answers with H_ρ of what it stored. */
    private HttpResponse check(ServiceRequestContext context, HttpRequest request) throws Exception {
        byte[] seed = sessionBody(context, request, Operation.CHECK, LinearHash.SEED_BYTES);
        LiveSession live = live(context);
        Session session = requireWrite(live);
        if (seed.length != LinearHash.SEED_BYTES) {
            throw new BadInputException(
                    name() + ": ρ has " + LinearHash.SEED_BYTES + " bytes, these are " + seed.length);
        }
        if (!live.beginCheck()) {
            // Each answer is 16 bytes of what fewer than t may not release.
            throw new RefusedException(
                    name()
                            + " answers one check of this session, after it has signed; that of a small put with its signature");
        }
        try {
            ShareHash.Digest stored = shareHash(live, live.share(), seed);
            CheckAnswer.Before before = session.renews() ? before(live, seed) : null;
            byte[] ciphertext = session.isHome() ? ciphertextHash(live, live.ciphertext(), seed) : null;
            return NodeServer.json(new CheckAnswer(stored.share(), stored.salts(), ciphertext, before));
        } catch (Exception e) {
            throw fail(live, e);
        }
    }

    /** H_ρ of the generation before, which the new one must open to as well. */
    private static CheckAnswer.Before before(LiveSession live, byte[] seed) {
        return new CheckAnswer.Before(
                shareHash(live, live.shareBefore(), seed).share(),
                live.session().isHome() ? ciphertextHash(live, live.ciphertextBefore(), seed) : null);
    }

    private static ShareHash.Digest shareHash(LiveSession live, Blob share, byte[] seed) {
        try (ShareHash hash = new ShareHash(seed)) {
            live.eachRecord(share, hash::update);
            return hash.digest();
        }
    }

    private static byte[] ciphertextHash(LiveSession live, Blob ciphertext, byte[] seed) {
        try (LinearHash hash = new LinearHash(seed)) {
            live.eachRecord(ciphertext, hash::update);
            return hash.digest();
        }
    }

    /** What binds somebody to this provider's share, once that is there whole. */
    private Dealt share(LiveSession live) throws Exception {
        while (true) {
            try {
                return live.shareArrived().get(deadlines.stall().toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (live.idleNanos() >= deadlines.stall().toNanos()) {
                    throw live.shareMissing("waited in vain for it before signing");
                }
            }
        }
    }

    /** Waits for as long as anything moves. */
    private <T> T settled(LiveSession live, CompletableFuture<T> future, String whom) throws Exception {
        while (true) {
            try {
                return future.get(deadlines.stall().toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (live.idleNanos() >= deadlines.stall().toNanos()) {
                    throw new NodeException(name(), name() + " waited in vain for " + whom + " before signing");
                }
            }
        }
    }

    // ---- Protocol 1's read: U fetches c and t of the sealed shares from home ----

    private HttpResponse ciphertext(ServiceRequestContext context, HttpRequest request) throws Exception {
        return sealedParts(context, "", BlobKind.CIPHERTEXT);
    }

    private HttpResponse sealedShare(ServiceRequestContext context, HttpRequest request) throws Exception {
        String x = String.valueOf(context.pathParam("x"));
        return sealedParts(context, "/" + x, BlobKind.sealedShare(Integer.parseInt(x)));
    }

    private HttpResponse sealedParts(ServiceRequestContext context, String part, BlobKind kind) throws Exception {
        StatementHash id = Objects.generation(context);
        Token token = objects.readable(
                id, server.gate().admit(context, Operation.FETCH, id + part).key());
        if (!token.scheme().sealed()) {
            // What isn't sealed is released only by passes that t providers take part in.
            throw new RefusedException(name() + ": only protocol 1 fetches from home");
        }
        Blob blob = store.open(id, kind);
        UserSink sink = new UserSink();
        Future<?> _ = server.threads().submit(() -> {
            try (blob;
                    Pass.Source source = new Pass.StoredSource(blob, name())) {
                for (ByteBuf piece = source.next(); piece != null; piece = source.next()) {
                    sink.write(piece, deadlines.stall());
                }
                sink.end();
            } catch (IOException e) {
                sink.fail(new RefusedException(name() + ": the user stopped taking " + kind));
            } catch (Exception e) {
                sink.fail(server.known(e));
            }
        });
        return sink.response().get(deadlines.stall().toMillis(), TimeUnit.MILLISECONDS);
    }

    // ---- The direct read: CC_i gives out what it holds itself, and signs for every chunk ----

    private HttpResponse part(ServiceRequestContext context, HttpRequest request) throws Exception {
        StatementHash id = Objects.generation(context);
        Part part = Part.parse(String.valueOf(context.pathParam("part")));
        int from = from(context);
        // Each provider decides by itself, and fewer than t shares tell nothing.
        Token token = objects.readable(
                id,
                server.gate()
                        .admit(context, Operation.PART, id + "/" + part.text() + "/" + from)
                        .key());
        if (token.scheme().sealed()) {
            throw new RefusedException(name() + ": protocol 1 keeps its shares sealed, at their homes");
        }
        Blob blob = store.open(id, Objects.kind(part));
        return give(id, part, from, blob, blob::close);
    }

    /** The same of an object that isn't committed and whose check failed: its user finds out who is at fault. */
    private HttpResponse partOfSession(ServiceRequestContext context, HttpRequest request) throws Exception {
        StatementHash id = session(context);
        Part part = Part.parse(String.valueOf(context.pathParam("part")));
        int from = from(context);
        ClientRequest signed =
                server.gate().admit(context, Operation.SESSION_PART, id + "/" + part.text() + "/" + from);
        LiveSession live = live(context);
        own(signed, live);
        Session session = requireWrite(live);
        if (!live.isChecked()) {
            throw new RefusedException(name() + " gives nothing of this session out before its check");
        }
        if (part == Part.CIPHERTEXT && !session.isHome()) {
            throw new BadInputException(name() + " is no home of " + session.object());
        }
        return give(session.id(), part, from, part == Part.SHARE ? live.share() : live.ciphertext(), () -> {});
    }

    /** An attested write whose check failed: what a station received, under the signature of the one before. */
    private HttpResponse received(ServiceRequestContext context, HttpRequest request) throws Exception {
        StatementHash id = session(context);
        String place = String.valueOf(context.pathParam("place"));
        ClientRequest signed = server.gate().admit(context, Operation.SESSION_PART, id + "/received/" + place);
        LiveSession live = live(context);
        own(signed, live);
        if (!live.isChecked()) {
            throw new RefusedException(name() + " gives nothing of this session out before its check");
        }
        SignedPassage.Received received = live.receivedAt(Integer.parseInt(place))
                .orElseThrow(
                        () -> new BadInputException(name() + " keeps nothing that was signed for at place " + place));
        UserSink sink = new UserSink();
        Future<?> _ = server.threads().submit(() -> {
            try {
                received.show(sink, deadlines.stall());
            } catch (IOException e) {
                sink.fail(new RefusedException(name() + ": the user stopped taking what was received"));
            } catch (Exception e) {
                sink.fail(server.known(e));
            }
        });
        return sink.response().get(deadlines.settle().toMillis(), TimeUnit.MILLISECONDS);
    }

    private static int from(ServiceRequestContext context) {
        String from = context.queryParam("from");
        try {
            return from == null ? 0 : Integer.parseUnsignedInt(from);
        } catch (NumberFormatException e) {
            throw new BadInputException("from is the number of a chunk, not \"" + from + "\"");
        }
    }

    private HttpResponse give(StatementHash id, Part part, int from, Blob blob, Runnable done) throws Exception {
        UserSink sink = new UserSink();
        Future<?> _ = server.threads().submit(() -> {
            try (SecretBytes buffer = SecretBytes.allocate(blob.recordBytes(0))) {
                give(id, part, from, blob, buffer, sink);
            } catch (IOException e) {
                sink.fail(new RefusedException(name() + ": the user stopped taking the " + part.text()));
            } catch (Exception e) {
                sink.fail(server.known(e));
            } finally {
                done.run();
            }
        });
        return sink.response().get(deadlines.settle().toMillis(), TimeUnit.MILLISECONDS);
    }

    private void give(StatementHash id, Part part, int from, Blob blob, SecretBytes buffer, UserSink sink)
            throws IOException, InterruptedException {
        byte[] leaves = new byte[blob.records() * Sha256.BYTES];
        for (int k = 0; k < blob.records(); k++) {
            System.arraycopy(leaf(id, part, blob, k, buffer), 0, leaves, k * Sha256.BYTES, Sha256.BYTES);
        }
        Holding whole = holding(id, part, Holding.WHOLE, MerkleRoot.over(leaves));
        sink.write(Unpooled.wrappedBuffer(leaves, whole.signature()), deadlines.stall());
        for (int k = from; k < blob.records(); k++) {
            Holding chunk = holding(id, part, k, leaf(id, part, blob, k, buffer));
            MemorySegment record = buffer.segment().asSlice(0, blob.recordBytes(k));
            int length;
            for (long done = 0; done < record.byteSize(); done += length) {
                length = Http2.pieceBytes(record.byteSize() - done);
                ByteBuf piece = Http2.BUFFERS.directBuffer(length, length);
                piece.writeBytes(record.asSlice(done, length).asByteBuffer());
                sink.write(piece, deadlines.stall());
            }
            sink.write(Unpooled.wrappedBuffer(chunk.signature()), deadlines.stall());
        }
        sink.end();
    }

    /** Reads chunk k into the buffer. */
    private byte[] leaf(StatementHash id, Part part, Blob blob, int k, SecretBytes buffer) {
        MemorySegment record = buffer.segment().asSlice(0, blob.recordBytes(k));
        blob.read(k, record);
        return Direct.leaf(id, part, self.x(), k, record);
    }

    private Holding holding(StatementHash id, Part part, int chunk, byte[] hash) {
        return Holding.sign(server.key(), ring.id(), id, part, self.x(), chunk, hash);
    }

    // ---- The repair's end: CC_k keeps what it got back ----

    /** U →p CC_k: what every provider keeps beside its share. The answer comes when the object is here again, durably. */
    private HttpResponse restore(ServiceRequestContext context, HttpRequest request) throws Exception {
        byte[] body = sessionBody(context, request, Operation.RESTORE, MAX_TOKEN_BYTES);
        LiveSession live = live(context);
        Session session = live.session();
        if (!session.isRepaired()) {
            throw new RefusedException(name() + ": this session repairs nothing here");
        }
        try {
            RestoreMessage message = RestoreMessage.decode(body);
            settled(live, live.passed(), "the helpers' pass");
            Repair.checkRestored(
                    session.ring(),
                    session,
                    live.shareRoot(),
                    session.isHome() ? Optional.of(live.ciphertextRoot()) : Optional.empty(),
                    message);
            synchronized (live) {
                if (live.isPrepared()) {
                    throw new RefusedException(name() + " was given what to keep for this session before");
                }
                objects.preparing(session.generation());
                live.pending().prepare(message.certificate().chain().token(), message.manifest());
                live.markPrepared();
                server.audit()
                        .append(Entry.of(Event.STORED).object(session.object()).session(session.id()));
                objects.restored(session.generation(), message.certificate());
            }
            drop(live);
            return NodeServer.done();
        } catch (Exception e) {
            throw fail(live, e);
        }
    }

    // ---- A session's life ----

    private HttpResponse report(ServiceRequestContext context, HttpRequest request) {
        LiveSession live = live(context);
        own(admit(context, Operation.REPORT), live);
        return NodeServer.json(live.report());
    }

    /**
     * U gives a session up. What was prepared in it is forgotten only where the session key says so, which then certifies nothing:
     * somebody else's word, or U's own before, is none.
     */
    private HttpResponse abandon(ServiceRequestContext context, HttpRequest request) throws Exception {
        StatementHash id = session(context);
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.ABANDON, Optional.of(id.toString()), MAX_ORDER_BYTES);
        ClientRequest signed = asked.signed();
        byte[] body = asked.body();
        RefusedException why = new RefusedException("the user gave up session " + id);
        // Its order may have been refused, and others wait for it here.
        sessions.giveUp(id, signed.key(), why);
        Optional<LiveSession> live = sessions.find(id);
        live.ifPresent(each -> own(signed, each));
        if (body.length > 0) {
            objects.abandon(id, Abandonment.decode(body), signed.key());
        } else if (live.filter(LiveSession::isPrepared).isPresent()) {
            throw new RefusedException(
                    name() + ": what was prepared in session " + id + " is given up by its session key alone");
        }
        LiveSession ended = live.orElseThrow(() -> new RefusedException(name() + " has no session " + id));
        fail(ended, why);
        drop(ended);
        return NodeServer.done();
    }

    private static StatementHash session(ServiceRequestContext context) {
        return StatementHash.parse(String.valueOf(context.pathParam("session")));
    }

    private LiveSession live(ServiceRequestContext context) {
        return sessions.get(session(context));
    }

    /** The session, which may be ordered only in a moment. */
    private LiveSession awaited(ServiceRequestContext context, String holder) throws InterruptedException {
        Optional<LiveSession> there = sessions.find(session(context));
        if (there.isPresent()) {
            return there.get();
        }
        try (Allowance.Lease _ = server.allowances().of(Allowances.Kind.WAITS).take(holder, 1)) {
            return sessions.await(session(context), deadlines.answer());
        }
    }

    /** The same for its user. */
    private LiveSession awaited(ServiceRequestContext context, Operation operation) throws InterruptedException {
        ClientRequest signed = admit(context, operation);
        LiveSession live = awaited(context, signed.key().toString());
        own(signed, live);
        return live;
    }

    private ClientRequest admit(ServiceRequestContext context, Operation operation) {
        return server.gate().admit(context, operation, session(context).toString());
    }

    /** The body of a request about a session, of its user. */
    private byte[] sessionBody(ServiceRequestContext context, HttpRequest request, Operation operation, int maxBytes)
            throws InterruptedException {
        NodeServer.UserRequest asked = server.admit(
                context, request, operation, Optional.of(session(context).toString()), maxBytes);
        own(asked.signed(), live(context));
        return asked.body();
    }

    private void own(ClientRequest request, LiveSession live) {
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
        sessions.remove(live);
        live.close();
    }

    private final class SessionsOfObjects implements Objects.Sessions {
        @Override
        public void finish(StatementHash generation) {
            sessions.of(generation).stream().filter(LiveSession::isPrepared).forEach(ProviderNode.this::drop);
        }

        @Override
        public void end(StatementHash generation) {
            for (LiveSession live : sessions.of(generation)) {
                fail(
                        live,
                        new RefusedException(name() + ": the generation " + generation + " of "
                                + live.session().object() + " ended while the session ran"));
                drop(live);
            }
        }
    }

    /** The same where the session may run in another process. Who ends a generation in the store has ended it in all of them. */
    private final class SessionsOfAll implements Objects.Sessions {
        private final Objects.Sessions local;

        SessionsOfAll(Objects.Sessions local) {
            this.local = local;
        }

        @Override
        public void finish(StatementHash generation) {
            if (sessions.of(generation).isEmpty()) {
                others.finished(generation);
            }
            local.finish(generation);
        }

        @Override
        public void end(StatementHash generation) {
            local.end(generation);
        }
    }

    private void sweep() {
        long limit = deadlines.settle().plus(deadlines.stall()).toNanos();
        // Whoever waits for the beginning of a session waits no longer than this.
        long unbegun = deadlines.stall().plus(deadlines.answer()).toNanos();
        for (LiveSession live : sessions.all()) {
            if (live.idleNanos() > (live.hasMoved() ? limit : unbegun)) {
                fail(
                        live,
                        new NodeException(
                                name(), "the session " + live.session().id() + " was given up: nothing moved"));
                drop(live);
            }
        }
    }

    private Peer peer(ShareIndex x) {
        return server.peers().to(ring.everProvider(x).card());
    }

    private String name() {
        return self.name();
    }

    @Override
    public void close() {
        server.close();
        sessions.all().forEach(this::drop);
        deliveries.close();
        logins.close();
        dealtOnce.close();
        store.close();
    }
}
