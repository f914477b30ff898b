package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeServer;
import dev.interlock.node.PeerWork;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.CommitMessage;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.message.ObjectList;
import dev.interlock.protocol.message.Outcome;
import dev.interlock.protocol.message.Schedule;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The objects of one provider from signature to tombstone. A write's two phases end here: each provider prepares when it
 * signs the chain, U's commit at home decides, and whoever missed it asks home. Home's word is binding both ways: what it
 * forgot can't be committed any more.
 */
final class Objects {
    private static final Logger log = LoggerFactory.getLogger(Objects.class);
    /** A chain: a token and its signatures. */
    static final int MAX_CHAIN_BYTES = 1 << 20;

    private static final int PAGE = 1000;
    private static final int MAX_SCHEDULE_BYTES = 256;
    private static final Duration LONGEST_SCHEDULE = Duration.ofDays(366);

    private final NodeServer server;
    private final RingDescriptor ring;
    private final Provider self;
    private final Store store;
    private final Sessions sessions;
    private final Carrier carrier;
    private final PeerWork<ShareIndex, StoredObject> asking;
    /** How long home waits for U's commit after it signed: for the rest of the chain, and then for U. */
    private final Duration decide;
    /** How long the others wait before they ask home. */
    private final Duration ask;
    /** When this run of the process began to prepare an object; those of an earlier run are decided at once. */
    private final ConcurrentMap<ObjectId, Long> preparedNanos = new ConcurrentHashMap<>();

    /** What this run of the process signed; only to spare it verifying the same signatures again. */
    private final ConcurrentMap<ObjectId, SignatureChain> signed = new ConcurrentHashMap<>();

    private final ConcurrentMap<ObjectId, Long> askedNanos = new ConcurrentHashMap<>();

    /** The sessions that work on objects. */
    interface Sessions {
        /** The object is committed: its write is over. */
        void finish(ObjectId object);

        /** Ends an object's sessions: its write, or its reads too. */
        void end(ObjectId object, boolean readsToo);
    }

    Objects(NodeServer server, Provider self, Store store, Sessions sessions) {
        this.server = server;
        this.ring = server.ring();
        this.self = self;
        this.store = store;
        this.sessions = sessions;
        this.decide = server.deadlines().settle().plus(server.deadlines().answer());
        this.ask = server.deadlines().answer();
        this.carrier = new Carrier(server, self, store, this);
        this.asking = new PeerWork<>(server.threads());
    }

    void route() {
        server.route(HttpMethod.GET, "/v1/objects", this::list)
                .route(HttpMethod.GET, "/v1/objects/{object}", this::info)
                .route(HttpMethod.GET, "/v1/objects/{object}/manifest", this::manifest)
                .route(HttpMethod.POST, "/v1/objects/{object}/commit", this::commit)
                .route(HttpMethod.GET, "/v1/objects/{object}/outcome", this::outcome)
                .route(HttpMethod.DELETE, "/v1/objects/{object}", this::destroy)
                .route(HttpMethod.POST, "/v1/objects/{object}/schedule", this::schedule)
                .route(HttpMethod.DELETE, "/v1/objects/{object}/schedule", this::cancel);
        carrier.route();
    }

    /** The token of an object that this user may read now. */
    Token readable(ObjectId id, VerifyingKey user) {
        StoredObject object = committed(id, user);
        if (object.destroyAt().isPresent()) {
            throw new RefusedException(name() + ": the object " + id + " is to be destroyed at "
                    + object.destroyAt().get() + " and closed until then");
        }
        return Token.decode(object.token());
    }

    /** To be told before the object is in the store, or a sweep would take it for one of an earlier run. */
    void preparing(ObjectId id) {
        preparedNanos.put(id, System.nanoTime());
    }

    void signed(ObjectId id, SignatureChain chain) {
        signed.put(id, chain);
    }

    /** U, who alone could commit it, gives a prepared object up. */
    void giveUp(ObjectId id) {
        if (store.find(id)
                .filter(object -> object.state() == ObjectState.PREPARED)
                .isPresent()) {
            forget(id, "abandoned");
        }
        settled(id);
    }

    void forget(ObjectId id, String why) {
        store.forget(id);
        server.audit().record(Entry.of(Event.FORGOTTEN).object(id).with("why", why));
    }

    StoredObject owned(ObjectId id, VerifyingKey user) {
        StoredObject object = store.find(id).orElseThrow(() -> none(id));
        if (!Arrays.equals(object.owner(), user.bytes())) {
            throw new RefusedException(name() + ": the object " + id + " belongs to another user");
        }
        return object;
    }

    private StoredObject ofOrigin(ObjectId origin, VerifyingKey user) {
        ObjectId current = store.current(origin).orElseThrow(() -> none(origin)).id();
        return owned(current, user);
    }

    private NoSuchObjectException none(ObjectId id) {
        return new NoSuchObjectException(name() + " has no object " + id);
    }

    // ---- Step 6 of a write ----

    private HttpResponse commit(ServiceRequestContext context, HttpRequest request) throws Exception {
        ObjectId id = id(context);
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.COMMIT, Optional.of(id.toString()), MAX_CHAIN_BYTES);
        StoredObject object = owned(id, asked.key());
        commit(object, CommitMessage.decode(asked.body()));
        sessions.finish(id);
        return NodeServer.done();
    }

    private void commit(StoredObject object, CommitMessage message) {
        SignatureChain prepared = SignatureChain.start(object.token());
        Write.checkCommit(
                ring.of(Token.decode(object.token())), signed.getOrDefault(object.id(), prepared), message.chain());
        Optional<StoredObject> before = store.current(object.origin())
                .filter(current ->
                        current.state() == ObjectState.COMMITTED && current.generation() < object.generation());
        store.commit(object.id(), message.encode(), isUnfinished(message));
        if (object.state() == ObjectState.PREPARED) {
            server.audit().record(Entry.of(Event.COMMITTED).object(object.id()));
        }
        before.ifPresent(replaced -> {
            server.audit().record(Entry.of(Event.REPLACED).object(replaced.id()).with("by", object.id()));
            sessions.end(replaced.id(), true);
        });
        settled(object.id());
    }

    /** Whether the chain still lacks the signatures of providers that were missing at the write. */
    private static boolean isUnfinished(CommitMessage message) {
        return !message.chain().unsigned().isEmpty();
    }

    /** A repair or a delivery brought the object here: its commit was decided long ago. */
    void restored(ObjectId id, CommitMessage commit) {
        store.commit(id, commit.encode(), isUnfinished(commit));
        server.audit().record(Entry.of(Event.COMMITTED).object(id));
        settled(id);
    }

    /** Home answers a provider that never heard U's commit. */
    private HttpResponse outcome(ServiceRequestContext context, HttpRequest request) {
        NodeCard from = server.gate().admitNode(context);
        if (from.role() != Role.PROVIDER) {
            throw new RefusedException(name() + " answers this only to providers");
        }
        Optional<StoredObject> object = store.find(id(context));
        server.gate()
                .requireIn(
                        object.map(each -> ring.of(Token.decode(each.token()))).orElse(ring), from);
        Outcome outcome = switch (object.map(StoredObject::state).orElse(null)) {
            case COMMITTED, REPLACED ->
                new Outcome(Outcome.Decision.COMMITTED, object.orElseThrow().chain());
            case DESTROYED -> new Outcome(Outcome.Decision.DESTROYED, null);
            case PREPARED -> new Outcome(Outcome.Decision.UNDECIDED, null);
            case null -> new Outcome(Outcome.Decision.UNKNOWN, null);
        };
        return NodeServer.json(outcome);
    }

    /** What is done every second, none of it behind another's wait. */
    void timers() {
        server.everySecond("destroy", this::eraseDue);
        server.everySecond("notices", carrier::sweep);
        server.everySecond("in-doubt", this::decideInDoubt);
    }

    /** Decides, or has home decide, what was prepared and not committed in time. */
    private void decideInDoubt() {
        List<ObjectId> inDoubt = store.inDoubt();
        Map<ShareIndex, List<StoredObject>> byHome = new HashMap<>();
        for (ObjectId id : inDoubt) {
            store.find(id)
                    .filter(object -> object.state() == ObjectState.PREPARED)
                    .filter(object -> age(id).compareTo(isHome(object) ? decide : ask) > 0)
                    .filter(object -> since(askedNanos.get(id)).compareTo(ask) > 0)
                    .ifPresent(object -> byHome.computeIfAbsent(home(object), _ -> new ArrayList<>())
                            .add(object));
        }
        asking.begin(byHome, object -> {
            askedNanos.put(object.id(), System.nanoTime());
            return settle(object);
        });
        askedNanos.keySet().retainAll(inDoubt);
        // Those that were never prepared after all.
        preparedNanos.keySet().removeIf(id -> !inDoubt.contains(id) && age(id).compareTo(decide) > 0);
        signed.keySet().retainAll(preparedNanos.keySet());
    }

    private void settled(ObjectId id) {
        preparedNanos.remove(id);
        signed.remove(id);
    }

    private Duration age(ObjectId id) {
        return since(preparedNanos.get(id));
    }

    private static Duration since(@Nullable Long nanos) {
        return nanos == null ? Duration.ofDays(1) : Duration.ofNanos(System.nanoTime() - nanos);
    }

    private boolean isHome(StoredObject object) {
        return home(object).equals(self.x());
    }

    private static ShareIndex home(StoredObject object) {
        return Token.decode(object.token()).home();
    }

    /** @return false when its home doesn't answer */
    private boolean settle(StoredObject object) {
        ObjectId id = object.id();
        if (isHome(object)) {
            if (age(id).compareTo(decide) > 0) {
                log.info("object {}: its user never committed it; it vanishes", id);
                forget(id, "uncommitted");
                sessions.end(id, true);
            }
            return true;
        }
        Provider home = ring.everProvider(Token.decode(object.token()).home());
        try {
            Outcome outcome = Json.read(
                    "the outcome",
                    server.peers()
                            .to(home.card())
                            .call(HttpMethod.GET, "/v1/objects/" + id + "/outcome", Optional.empty(), new byte[0]),
                    Outcome.class);
            switch (outcome.decision()) {
                case COMMITTED -> {
                    byte[] chain = outcome.chain();
                    if (chain != null) {
                        commit(object, CommitMessage.decode(chain));
                        log.info("object {}: committed, as its home {} says", id, home.name());
                    }
                }
                case UNKNOWN, DESTROYED -> {
                    log.info("object {}: its home {} doesn't have it; it vanishes here", id, home.name());
                    forget(id, "home");
                    settled(id);
                }
                case UNDECIDED -> {}
            }
            return true;
        } catch (NodeException e) {
            log.info("object {}: in doubt until its home answers: {}", id, e.getMessage());
            return false;
        } catch (InterlockException e) {
            log.info("object {}: in doubt until its home answers: {}", id, e.getMessage());
            return true;
        }
    }

    // ---- What users ask of objects ----

    private HttpResponse list(ServiceRequestContext context, HttpRequest request) {
        Optional<ObjectId> after =
                Optional.ofNullable(context.queryParam("after")).map(ObjectId::parse);
        VerifyingKey user = server.gate()
                .admit(context, Operation.LIST, after.map(ObjectId::toString).orElse(""))
                .key();
        Optional<ObjectId> last =
                after.map(origin -> store.current(origin).map(StoredObject::id).orElse(origin));
        return NodeServer.json(new ObjectList(store.list(user.bytes(), last, PAGE).stream()
                .map(object -> {
                    Token token = Token.decode(object.token());
                    return new ObjectList.Entry(
                            object.origin().toString(),
                            token.scheme().protocol(),
                            token.scheme().profile().text(),
                            token.length(),
                            token.createdMillis(),
                            token.epoch(),
                            CommitMessage.decode(object.chain()).chain().unsigned().stream()
                                    .map(ShareIndex::x)
                                    .toList(),
                            object.destroyAt().map(Instant::toEpochMilli).orElse(null));
                })
                .toList()));
    }

    private HttpResponse info(ServiceRequestContext context, HttpRequest request) {
        ObjectId id = id(context);
        VerifyingKey user =
                server.gate().admit(context, Operation.INFO, id.toString()).key();
        // Whoever asks knows the first generation's id alone.
        StoredObject object = ofOrigin(id, user);
        if (object.state() == ObjectState.PREPARED) {
            settle(object);
            object = ofOrigin(id, user);
        }
        return NodeServer.json(new ObjectInfo(
                object.id().toString(),
                switch (object.state()) {
                    case PREPARED -> dev.interlock.protocol.message.ObjectState.PREPARED;
                    case COMMITTED -> dev.interlock.protocol.message.ObjectState.COMMITTED;
                    case DESTROYED -> dev.interlock.protocol.message.ObjectState.DESTROYED;
                    case REPLACED -> throw new IllegalStateException(object.id() + " doesn't count any more");
                },
                object.chain(),
                object.state() == ObjectState.COMMITTED
                        ? object.destroyAt().map(Instant::toEpochMilli).orElse(null)
                        : null,
                object.receipt().orElse(null)));
    }

    private HttpResponse manifest(ServiceRequestContext context, HttpRequest request) {
        ObjectId id = id(context);
        VerifyingKey user =
                server.gate().admit(context, Operation.MANIFEST, id.toString()).key();
        Token _ = readable(id, user);
        return NodeServer.bytes(store.manifest(id));
    }

    /** Erases this provider's share; the key first, then the bytes. The answer is the signed receipt. */
    private HttpResponse destroy(ServiceRequestContext context, HttpRequest request) {
        ObjectId id = id(context);
        VerifyingKey user =
                server.gate().admit(context, Operation.DESTROY, id.toString()).key();
        return NodeServer.bytes(erase(owned(id, user)));
    }

    /** For ever, every generation of it; the receipt, or that of the first time. */
    byte[] erase(StoredObject asked) {
        StoredObject object = asked.state() == ObjectState.REPLACED
                ? store.current(asked.origin()).orElseThrow(() -> none(asked.origin()))
                : asked;
        ObjectId id = object.id();
        if (object.state() != ObjectState.DESTROYED) {
            byte[] root = Token.decode(object.token()).dealt().rootOf(self.x()).root();
            Receipt receipt = Receipt.sign(
                    server.key(), ring.id(), id, self.x(), root, server.clock().millis());
            sessions.end(id, true);
            store.destroy(id, receipt.encode());
            // A session that began in between has no key to open the share with; it ends all the same.
            sessions.end(id, true);
        }
        byte[] receipt = store.find(id)
                .flatMap(StoredObject::receipt)
                .orElseThrow(() -> new NodeException(name(), "the destruction of " + id + " left no receipt"));
        server.audit()
                .recordDurably(Entry.of(Event.DESTROYED)
                        .object(id)
                        .time("erased", Receipt.decode(receipt).destroyedMillis()));
        return receipt;
    }

    // ---- Destroying in two steps ----

    private HttpResponse schedule(ServiceRequestContext context, HttpRequest request) throws Exception {
        ObjectId id = id(context);
        NodeServer.UserRequest asked = server.admit(
                context, request, Operation.SCHEDULE_DESTROY, Optional.of(id.toString()), MAX_SCHEDULE_BYTES);
        Instant wanted = Instant.ofEpochMilli(
                Json.read("the schedule", asked.body(), Schedule.class).destroyMillis());
        Instant now = server.clock().instant();
        if (wanted.isBefore(now) || wanted.isAfter(now.plus(LONGEST_SCHEDULE))) {
            throw new BadInputException(name() + ": an object may be destroyed up to " + LONGEST_SCHEDULE.toDays()
                    + " days from now, not at " + wanted + " (here it is " + now + ")");
        }
        StoredObject object = committed(id, asked.key());
        Instant at =
                object.destroyAt().filter(before -> before.isBefore(wanted)).orElse(wanted);
        store.schedule(id, Optional.of(at));
        sessions.end(id, true);
        server.audit().record(Entry.of(Event.SCHEDULED).object(id).time("erase", at.toEpochMilli()));
        return NodeServer.json(new Schedule(at.toEpochMilli()));
    }

    private HttpResponse cancel(ServiceRequestContext context, HttpRequest request) {
        ObjectId id = id(context);
        VerifyingKey user = server.gate()
                .admit(context, Operation.CANCEL_DESTROY, id.toString())
                .key();
        if (committed(id, user).destroyAt().isPresent()) {
            store.schedule(id, Optional.empty());
            server.audit().record(Entry.of(Event.CANCELLED).object(id));
        }
        return NodeServer.done();
    }

    private StoredObject committed(ObjectId id, VerifyingKey user) {
        StoredObject object = owned(id, user);
        if (object.state() == ObjectState.PREPARED) {
            // U may have heard of the commit before this provider did.
            settle(object);
            object = owned(id, user);
        }
        return switch (object.state()) {
            case COMMITTED -> object;
            case DESTROYED -> throw new DestroyedException(name() + ": the object " + id + " was destroyed");
            case PREPARED ->
                throw new NodeException(name(), name() + " hasn't heard yet whether " + id + " was committed");
            case REPLACED ->
                throw new NodeException(name(), name() + " has a later generation of " + object.origin() + " by now");
        };
    }

    /** Destroys what it is time for. */
    private void eraseDue() {
        for (ObjectId id : store.due(server.clock().instant())) {
            store.find(id)
                    .filter(object -> object.state() == ObjectState.COMMITTED)
                    .ifPresent(object -> {
                        byte[] _ = erase(object);
                    });
        }
    }

    private static ObjectId id(ServiceRequestContext context) {
        return ObjectId.parse(String.valueOf(context.pathParam("object")));
    }

    private String name() {
        return self.name();
    }
}
