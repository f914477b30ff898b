package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeServer;
import dev.interlock.node.UserSink;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.Processes;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoreException;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.SmallRead;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.message.ObjectList;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.request.ClientRequest;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Parts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The objects of one provider from signature to tombstone. It prepares a generation when it takes part in it, and commits it at
 * its certificate, from whomever: nobody's word replaces that, home's neither. What it prepared and heard nothing more of is for
 * {@link Doubts}; when an object is destroyed later, for {@link Schedules}.
 */
final class Objects {
    /** A certificate: a token and its signatures. */
    static final int MAX_CERTIFICATE_BYTES = 1 << 20;
    /** For how long a put that nobody certified is kept. */
    static final Duration FORGET = Duration.ofDays(1);

    private static final int PAGE = 1000;

    private final NodeServer server;
    private final RingDescriptor ring;
    private final Provider self;
    private final Store store;
    private final Sessions sessions;
    private final Carrier carrier;
    private final Doubts doubts;
    private final Schedules schedules;
    private final Titles titles;

    /** The sessions that work on generations. */
    interface Sessions {
        /** The generation is committed: its write is over. */
        void finish(StatementHash generation);

        /** Ends all sessions that make a generation, renew it, or work on it. */
        void end(StatementHash generation);
    }

    /** @param forget for how long a put that nobody certified is kept */
    Objects(NodeServer server, Provider self, Store store, Sessions sessions, Duration forget) {
        this.server = server;
        this.ring = server.ring();
        this.self = self;
        this.store = store;
        this.sessions = sessions;
        this.carrier = new Carrier(server, self, store, this);
        this.doubts = new Doubts(server, self, store, this, forget);
        this.schedules = new Schedules(server, self, store, this);
        this.titles = new Titles(server, self, store, this);
    }

    void route() {
        server.route(HttpMethod.GET, "/v1/objects", this::list)
                .route(HttpMethod.GET, "/v1/objects/{object}", this::info)
                .route(HttpMethod.GET, "/v1/objects/{object}/open", this::open)
                .route(HttpMethod.POST, "/v1/open", this::openAll)
                .route(HttpMethod.GET, "/v1/objects/{object}/manifest", this::manifest)
                .route(HttpMethod.POST, "/v1/objects/{object}/commit", this::commit)
                .route(HttpMethod.POST, "/v1/objects/{object}/settle", this::settle)
                .route(HttpMethod.POST, "/v1/objects/{object}/abandon", this::abandon)
                .route(HttpMethod.DELETE, "/v1/objects/{object}", this::destroy);
        carrier.route();
        doubts.route();
        schedules.route();
        titles.route();
    }

    /** What is done every second, none of it behind another's wait. */
    void timers() {
        Processes processes = store.processes();
        server.everySecond("schedules", processes.ofFirst(schedules::sweep));
        server.everySecond("commands", processes.ofFirst(carrier::sweep));
        server.everySecond("in-doubt", processes.ofFirst(doubts::sweep));
    }

    /** The token of a generation that this user may read now. */
    Token readable(StatementHash id, VerifyingKey user) {
        StoredObject object = certified(id, user);
        store.schedule(object.generation().object())
                .flatMap(Store.Schedule::destroyAt)
                .ifPresent(at -> {
                    throw new RefusedException(name() + ": the object "
                            + object.generation().object() + " is to be destroyed at " + at
                            + " and closed until then");
                });
        return Token.decode(object.token());
    }

    /** To be told before the generation is in the store, or a sweep would take it for one of an earlier run. */
    void preparing(StatementHash id) {
        doubts.preparing(id);
    }

    void forget(StatementHash id, String why) {
        Optional<StoredObject> prepared = store.find(id).filter(object -> object.state() == ObjectState.PREPARED);
        store.forget(id);
        prepared.ifPresent(object -> forgotten(object, why));
    }

    private void forgotten(StoredObject object, String why) {
        Store.Generation generation = object.generation();
        server.audit()
                .record(Entry.of(Event.FORGOTTEN)
                        .object(generation.object())
                        .generation(generation.id())
                        .with("why", why));
        sessions.end(generation.id());
        doubts.settled(generation.id());
    }

    /** The generation, if it is this user's. */
    StoredObject owned(StatementHash id, VerifyingKey user) {
        return requireUser(
                store.find(id)
                        .orElseThrow(
                                () -> new NoSuchObjectException(name() + " has no generation " + id + " of an object")),
                user);
    }

    /** The object's current generation, if it is this user's. */
    StoredObject current(ObjectId object, VerifyingKey user) {
        return requireUser(store.current(object).orElseThrow(() -> none(object)), user);
    }

    private NoSuchObjectException none(ObjectId object) {
        return new NoSuchObjectException(name() + " has no object " + object);
    }

    private StoredObject requireUser(StoredObject object, VerifyingKey user) {
        if (!Arrays.equals(object.user(), user.bytes())) {
            throw new RefusedException(
                    name() + ": the object " + object.generation().object() + " belongs to another user");
        }
        return object;
    }

    private StoredObject certified(StatementHash id, VerifyingKey user) {
        StoredObject object = owned(id, user);
        if (object.state() == ObjectState.PREPARED && object.certificate().length == 0) {
            // U may have heard of the certificate before this provider did.
            doubts.ask(object);
            object = owned(id, user);
        }
        ObjectId of = object.generation().object();
        return switch (object.state()) {
            case COMMITTED -> object;
            case DESTROYED -> throw new DestroyedException(name() + ": the object " + of + " was destroyed");
            case PREPARED -> {
                if (object.certificate().length > 0) {
                    yield object;
                }
                throw new NodeException(name(), name() + " was shown no certificate of this generation of " + of);
            }
            case REPLACED -> throw new NodeException(name(), name() + " has a later generation of " + of + " by now");
        };
    }

    // ---- Step 6 of a write ----

    /** U, or whoever has it → CC_i: the certificate. The answer says that it is committed here, durably. */
    private HttpResponse commit(ServiceRequestContext context, HttpRequest request) throws Exception {
        StatementHash id = generation(context);
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.COMMIT, Optional.of(id.toString()), MAX_CERTIFICATE_BYTES);
        commit(owned(id, asked.key()), Certificate.decode(asked.body()));
        sessions.finish(id);
        return NodeServer.done();
    }

    /**
     * Commits what is prepared here, and ends what is earlier, at a certificate that holds.
     *
     * @throws RefusedException where this provider said that it confirms none: it keeps the certificate and serves the generation
     */
    void commit(StoredObject object, Certificate certificate) {
        StatementHash id = object.generation().id();
        Write.checkCertificate(ring.at(object.generation().epoch()), object.token(), certificate);
        titles.requireHandedOver(Token.decode(object.token()));
        try {
            for (StatementHash replaced : store.commit(id, certificate.encode(), isUnfinished(certificate))) {
                server.audit()
                        .record(Entry.of(Event.REPLACED)
                                .object(object.generation().object())
                                .generation(replaced)
                                .with("by", id));
                sessions.end(replaced);
                doubts.settled(replaced);
            }
        } catch (StoreException.Denied denied) {
            store.show(id, certificate.encode());
            throw denied;
        }
        if (object.state() == ObjectState.PREPARED) {
            server.audit()
                    .record(Entry.of(Event.COMMITTED)
                            .object(object.generation().object())
                            .generation(id));
        }
        doubts.settled(id);
    }

    /** Whether the chain still lacks the signatures of providers that were missing at the write. */
    private static boolean isUnfinished(Certificate certificate) {
        return !certificate.chain().unsigned().isEmpty();
    }

    /** A repair or a delivery brought the generation here: it was certified long ago. */
    void restored(StatementHash id, Certificate certificate) {
        titles.requireHandedOver(certificate.token());
        List<StatementHash> replaced = store.commit(id, certificate.encode(), isUnfinished(certificate));
        replaced.forEach(sessions::end);
        server.audit()
                .record(Entry.of(Event.COMMITTED)
                        .object(certificate.token().object())
                        .generation(id));
        doubts.settled(id);
    }

    // ---- The other end of a write ----

    /** At its session's word that nothing will certify it, or at that of all providers, what was prepared is forgotten. */
    void abandon(StatementHash id, Abandonment abandonment, VerifyingKey user) {
        StoredObject object =
                store.find(id).map(found -> requireUser(found, user)).orElse(null);
        if (object == null) {
            // Nothing was signed for: there is nothing to give up.
            return;
        }
        abandon(object, abandonment);
    }

    /** @throws BadSignatureException or MalformedException where it doesn't hold */
    void abandon(StoredObject object, Abandonment abandonment) {
        Statement w = Token.decode(object.token()).statement();
        abandonment.verify(w, ring.at(w.epoch()).keys());
        if (object.state() != ObjectState.PREPARED) {
            return;
        }
        store.abandon(object.generation().id(), abandonment.encode(), Instant.ofEpochMilli(w.expiryMillis()));
        forgotten(object, "abandoned");
    }

    private HttpResponse abandon(ServiceRequestContext context, HttpRequest request) throws Exception {
        StatementHash id = generation(context);
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.ABANDON, Optional.of(id.toString()), MAX_CERTIFICATE_BYTES);
        abandon(id, Abandonment.decode(asked.body()), asked.key());
        return NodeServer.done();
    }

    /**
     * The owner's way out of doubt: a provider that knows no certificate notes durably that it confirms none, and signs that; who
     * knows one shows it. All n words are an abandonment.
     */
    private HttpResponse settle(ServiceRequestContext context, HttpRequest request) throws Exception {
        StatementHash id = generation(context);
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.SETTLE, Optional.of(id.toString()), MAX_CERTIFICATE_BYTES);
        ClientRequest signed = asked.signed();
        ByteReader in = new ByteReader("the request to settle", asked.body());
        Command.Authorised command = Command.Authorised.decode(in.bytes());
        byte[] w = in.bytes();
        in.end();
        Statement statement = Statement.decode(w);
        requireCommand(command, signed.key(), titles.title(statement.object()).orElse(statement.title()));
        if (!Statement.hash(w).equals(id) || !command.command().deed().equals(new Command.Settle(id))) {
            throw new BadInputException(name() + ": the command is about another generation");
        }
        Optional<StoredObject> here = store.find(id).map(object -> requireUser(object, signed.key()));
        byte[] certificate = here.map(StoredObject::certificate).orElse(new byte[0]);
        Instant expires = server.clock().instant().plus(Session.LONGEST);
        if (certificate.length > 0 || !store.deny(id, expires)) {
            byte[] shown = store.find(id).map(StoredObject::certificate).orElse(certificate);
            return NodeServer.bytes(new ByteWriter().u8(1).bytes(shown).toBytes());
        }
        here.ifPresent(object -> sessions.end(id));
        Abandonment.Word word = Abandonment.Word.sign(server.key(), id, self.x());
        return NodeServer.bytes(new ByteWriter().u8(0).bytes(word.encode()).toBytes());
    }

    // ---- What users ask of objects ----

    private HttpResponse list(ServiceRequestContext context, HttpRequest request) {
        Optional<ObjectId> after =
                Optional.ofNullable(context.queryParam("after")).map(ObjectId::parse);
        VerifyingKey user = server.gate()
                .admit(context, Operation.LIST, after.map(ObjectId::toString).orElse(""))
                .key();
        Optional<StatementHash> last = after.map(object ->
                store.current(object).map(current -> current.generation().id()).orElseThrow(() -> none(object)));
        return NodeServer.json(new ObjectList(store.list(user.bytes(), last, PAGE).stream()
                .map(object -> {
                    Token token = Token.decode(object.token());
                    return new ObjectList.Entry(
                            token.object().toString(),
                            token.scheme().protocol(),
                            token.scheme().profile().text(),
                            token.length(),
                            token.createdMillis(),
                            token.epoch(),
                            Certificate.decode(object.certificate()).chain().unsigned().stream()
                                    .map(ShareIndex::x)
                                    .toList(),
                            store.schedule(token.object())
                                    .flatMap(Store.Schedule::destroyAt)
                                    .map(Instant::toEpochMilli)
                                    .orElse(null));
                })
                .toList()));
    }

    private HttpResponse info(ServiceRequestContext context, HttpRequest request) {
        ObjectId id = id(context);
        VerifyingKey user =
                server.gate().admit(context, Operation.INFO, id.toString()).key();
        return NodeServer.json(said(decided(id, user)));
    }

    /** The read of a small object in one round trip: what info says, and all that is here of the object. */
    private HttpResponse open(ServiceRequestContext context, HttpRequest request) {
        ObjectId id = id(context);
        VerifyingKey user =
                server.gate().admit(context, Operation.OPEN, id.toString()).key();
        return NodeServer.secret(opened(decided(id, user)));
    }

    /** The same of many, one after the other; what can't be told of one of them leaves the others alone. */
    private HttpResponse openAll(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeServer.UserRequest asked = server.admit(
                context, request, Operation.OPEN_ALL, Optional.of(""), SmallRead.MAX_AT_ONCE * ObjectId.BYTES);
        List<ObjectId> ids = ids(asked.body());
        UserSink sink = new UserSink();
        Future<?> _ = server.threads().submit(() -> {
            try {
                for (ObjectId id : ids) {
                    sink.write(openedOf(id, asked.key()), server.deadlines().stall());
                }
                sink.end();
            } catch (IOException e) {
                sink.fail(new RefusedException(name() + ": the user stopped taking what was to be opened"));
            } catch (Exception e) {
                sink.fail(server.known(e));
            }
        });
        return sink.response().get(server.deadlines().settle().toMillis(), TimeUnit.MILLISECONDS);
    }

    private List<ObjectId> ids(byte[] body) {
        if (body.length == 0 || body.length % ObjectId.BYTES != 0) {
            throw new BadInputException(
                    name() + " opens 1 to " + SmallRead.MAX_AT_ONCE + " objects at once, each named by "
                            + ObjectId.BYTES + " bytes; these are " + body.length + " bytes");
        }
        List<ObjectId> ids = new ArrayList<>();
        for (int at = 0; at < body.length; at += ObjectId.BYTES) {
            ids.add(ObjectId.of(Arrays.copyOfRange(body, at, at + ObjectId.BYTES)));
        }
        return ids;
    }

    /** An error, or nothing of it and all that is here. Nobody is asked about what is undecided: who wants it asks for it alone. */
    private ByteBuf openedOf(ObjectId id, VerifyingKey user) {
        server.audit()
                .append(Entry.of(Event.AUTHORISED)
                        .with("op", Operation.OPEN_ALL)
                        .object(id)
                        .user(user));
        try {
            // Each counts as a request.
            server.allowances().rate().take(user.toString());
            ByteBuf opened = opened(standing(id, user));
            return Unpooled.wrappedBuffer(Parts.join(List.of(MemorySegment.ofArray(new byte[0]))), opened);
        } catch (InterlockException | StoreException e) {
            return Parts.join(List.of(MemorySegment.ofArray(Json.write(Problem.of(name(), server.known(e))))));
        }
    }

    private ByteBuf opened(Store.Standing standing) {
        StoredObject object = standing.current();
        ObjectInfo said = said(standing);
        boolean open =
                said.state() == dev.interlock.protocol.message.ObjectState.COMMITTED && said.destroyMillis() == null;
        Set<Part> given = open ? given(Token.decode(object.token())) : Set.of();
        try (SecretBytes share = part(object, given, Part.SHARE);
                SecretBytes ciphertext = part(object, given, Part.CIPHERTEXT)) {
            return Parts.join(List.of(MemorySegment.ofArray(Json.write(said)), share.segment(), ciphertext.segment()));
        }
    }

    private Set<Part> given(Token u) {
        return SmallRead.isFor(u) ? SmallRead.partsOf(u, self.x()) : Set.of();
    }

    /** What is here of a part, whole; nothing where it isn't given, or can't be read: who asks further is told why. */
    private SecretBytes part(StoredObject object, Set<Part> given, Part part) {
        if (!given.contains(part)) {
            return SecretBytes.allocate(0);
        }
        try (Blob blob = store.open(object.generation().id(), kind(part))) {
            return Blob.record(blob, 0);
        } catch (StoreException e) {
            return SecretBytes.allocate(0);
        }
    }

    static BlobKind kind(Part part) {
        return part == Part.SHARE ? BlobKind.SHARE : BlobKind.CIPHERTEXT;
    }

    /** What is to be said of the object, after asking the others where nothing is known of its current generation's end. */
    private Store.Standing decided(ObjectId id, VerifyingKey user) {
        Store.Standing standing = standing(id, user);
        StoredObject object = standing.current();
        if (object.state() == ObjectState.PREPARED && object.certificate().length == 0) {
            doubts.ask(object);
            return standing(id, user);
        }
        return standing;
    }

    /** What is to be said of the object, if it is this user's. */
    private Store.Standing standing(ObjectId id, VerifyingKey user) {
        Store.Standing standing = store.standing(id).orElseThrow(() -> none(id));
        StoredObject _ = requireUser(standing.current(), user);
        return standing;
    }

    private ObjectInfo said(Store.Standing standing) {
        StoredObject object = standing.current();
        ObjectId id = object.generation().object();
        Optional<Store.Schedule> schedule = standing.schedule();
        return new ObjectInfo(
                switch (object.state()) {
                    case PREPARED ->
                        object.certificate().length > 0
                                ? dev.interlock.protocol.message.ObjectState.COMMITTED
                                : dev.interlock.protocol.message.ObjectState.PREPARED;
                    case COMMITTED -> dev.interlock.protocol.message.ObjectState.COMMITTED;
                    case DESTROYED -> dev.interlock.protocol.message.ObjectState.DESTROYED;
                    case REPLACED -> throw new IllegalStateException(id + " has been superseded");
                },
                object.certificate().length > 0 ? object.certificate() : null,
                standing.prepared().stream()
                        .filter(prepared -> prepared.certificate().length == 0)
                        .map(prepared ->
                                Token.decode(prepared.token()).statement().encode())
                        .toList(),
                schedule.map(Store.Schedule::command).orElse(null),
                standing.handover().orElse(null),
                object.state() == ObjectState.DESTROYED
                        ? null
                        : schedule.flatMap(Store.Schedule::destroyAt)
                                .map(Instant::toEpochMilli)
                                .orElse(null),
                object.command().orElse(null),
                object.receipt().orElse(null));
    }

    private HttpResponse manifest(ServiceRequestContext context, HttpRequest request) {
        StatementHash id = generation(context);
        VerifyingKey user =
                server.gate().admit(context, Operation.MANIFEST, id.toString()).key();
        Token _ = readable(id, user);
        return NodeServer.bytes(store.manifest(id));
    }

    // ---- The end of objects ----

    /** Erases this provider's share; the key first, then the bytes. The answer is the signed receipt. */
    private HttpResponse destroy(ServiceRequestContext context, HttpRequest request) throws Exception {
        ObjectId id = id(context);
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.DESTROY, Optional.of(id.toString()), Command.MAX_BYTES);
        Command.Authorised command = Command.Authorised.decode(asked.body());
        if (!command.command().object().equals(id)) {
            throw new BadInputException(name() + ": the command is about another object");
        }
        return NodeServer.bytes(destroy(command, asked.key()));
    }

    /**
     * Obeys a destroy statement that O signed and the user's key at this provider, which is served.
     *
     * @return the receipt, or that of the first time
     */
    byte[] destroy(Command.Authorised command, VerifyingKey user) {
        ObjectId id = command.command().object();
        Store.Scope scope = new Store.Scope(
                id,
                switch (command.command().deed()) {
                    case Command.DestroyForEver _ -> Optional.empty();
                    case Command.Destroy(int epoch, long highest, StatementHash generation) ->
                        Optional.of(new Store.Generation(generation, id, epoch, highest, false));
                    case Command.Schedule _, Command.Cancel _, Command.Settle _, Command.HandOver _ ->
                        throw new BadInputException(name() + ": the command destroys nothing");
                });
        StoredObject latest = requireUser(
                store.latest(scope)
                        .orElseThrow(() -> new NoSuchObjectException(
                                name() + " has nothing of the object " + id + " that this destroys")),
                user);
        requireCommand(command, user, titles.title(id).orElseThrow());
        return erase(latest, scope, command.signed());
    }

    /** Both signatures, for this provider, ring, user and owner. */
    void requireCommand(Command.Authorised command, VerifyingKey user, Title title) {
        try {
            command.verify();
        } catch (BadSignatureException e) {
            throw new RefusedException(Rule.OWNER, name() + ": a signature under the command doesn't hold");
        }
        if (!command.node().equals(name())) {
            throw new RefusedException(Rule.OTHER_NODE, name() + ": the command is for " + command.node());
        }
        if (!command.command().ring().equals(ring.id())) {
            throw new RefusedException(Rule.OTHER_RING, name() + ": the command is for another ring");
        }
        if (!command.key().equals(user)) {
            throw new RefusedException(Rule.OTHER_ASKER, name() + ": the command is another user's");
        }
        if (!command.command().title().equals(title)) {
            throw titles.other(title, command.command().title());
        }
    }

    /** The receipt, or that of the first time. */
    byte[] erase(StoredObject object, Store.Scope scope, Command.Signed command) {
        StatementHash id = object.generation().id();
        Receipt receipt = Receipt.sign(
                server.key(),
                Token.decode(object.token()),
                scope.upTo().isEmpty(),
                self.x(),
                server.clock().millis());
        sessions.end(id);
        store.destroy(id, scope, command.encode(), receipt.encode());
        // A session that began in between has no key to open the share with; it ends all the same.
        sessions.end(id);
        byte[] given = store.find(id)
                .flatMap(StoredObject::receipt)
                .orElseThrow(() -> new NodeException(name(), "the destruction of " + id + " left no receipt"));
        server.audit()
                .recordDurably(Entry.of(Event.DESTROYED)
                        .object(scope.object())
                        .generation(id)
                        .time("erased", Receipt.decode(given).destroyedMillis()));
        return given;
    }

    Titles titles() {
        return titles;
    }

    Sessions sessions() {
        return sessions;
    }

    private static ObjectId id(ServiceRequestContext context) {
        return ObjectId.parse(String.valueOf(context.pathParam("object")));
    }

    /** H(w) of a generation, in the path. */
    static StatementHash generation(ServiceRequestContext context) {
        return StatementHash.parse(String.valueOf(context.pathParam("object")));
    }

    private String name() {
        return self.name();
    }
}
