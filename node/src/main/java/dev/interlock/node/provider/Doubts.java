package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeServer;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoreException;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Outcome;
import dev.interlock.protocol.message.Outcome.Known;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this provider took part in and heard no end of. It asks the others, and believes what they show: a certificate, an
 * abandonment. What continues another generation is kept until then, never forgotten by time. A first put is forgotten after a day,
 * when n − t others said that they know no certificate of it, and so never confirm one; this provider says so first.
 */
final class Doubts {
    private static final Logger log = LoggerFactory.getLogger(Doubts.class);
    private static final int MAX_STATEMENT_BYTES = 64 << 10;
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

    private final NodeServer server;
    private final RingDescriptor ring;
    private final Provider self;
    private final Store store;
    private final Objects objects;
    private final Duration forget;
    /** When this run of the process began to prepare a generation, or when it is to ask next. */
    private final ConcurrentMap<StatementHash, Next> next = new ConcurrentHashMap<>();

    private final AtomicBoolean sweeping = new AtomicBoolean();

    /**
     * When the others are asked next.
     *
     * @param pause doubled each time
     */
    private record Next(long nanos, Duration pause) {
        static Next after(Duration pause) {
            return new Next(System.nanoTime() + pause.toNanos(), pause);
        }

        boolean isDue() {
            return nanos - System.nanoTime() <= 0;
        }
    }

    Doubts(NodeServer server, Provider self, Store store, Objects objects, Duration forget) {
        this.server = server;
        this.ring = server.ring();
        this.self = self;
        this.store = store;
        this.objects = objects;
        this.forget = forget;
    }

    void route() {
        server.route(HttpMethod.GET, "/v1/objects/{object}/outcome", this::outcome)
                .route(HttpMethod.POST, "/v1/objects/{object}/forget", this::forget);
    }

    /** Its write is under way: U has a while to certify it. */
    void preparing(StatementHash id) {
        next.put(id, Next.after(server.deadlines().answer()));
    }

    void settled(StatementHash id) {
        next.remove(id);
    }

    // ---- What another provider asks ----

    private HttpResponse outcome(ServiceRequestContext context, HttpRequest request) {
        NodeCard from = requireProvider(context);
        StatementHash id = Objects.generation(context);
        // Who left the ring has no business with what came later.
        store.find(id)
                .map(object -> Token.decode(object.token()).epoch())
                .ifPresent(epoch -> server.gate().requireIn(ring.at(epoch), from));
        return NodeServer.json(known(id));
    }

    /** The same for one that is about to forget a put: who knows no end of it says with its answer that it confirms none. */
    private HttpResponse forget(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeCard from = requireProvider(context);
        StatementHash id = Objects.generation(context);
        byte[] w = server.body(context, request, from, MAX_STATEMENT_BYTES);
        Statement statement = Statement.decode(w);
        server.gate().requireIn(ring.at(statement.epoch()), from);
        Instant expires = Instant.ofEpochMilli(statement.expiryMillis());
        if (!Statement.hash(w).equals(id)
                || !isFirst(statement)
                || server.clock().instant().isBefore(expires)) {
            throw new RefusedException(self.name() + ": no put that could be forgotten by now");
        }
        Outcome known = known(id);
        boolean open = known.known() == Known.PREPARED || known.known() == Known.UNKNOWN;
        if (known.known() == Known.UNKNOWN && expires.isBefore(store.floor())) {
            return NodeServer.json(new Outcome(Known.CANNOT_TELL, null));
        }
        if (open && !store.deny(id, expires)) {
            return NodeServer.json(known(id));
        }
        return NodeServer.json(open ? new Outcome(Known.UNKNOWN, null) : known);
    }

    private NodeCard requireProvider(ServiceRequestContext context) {
        NodeCard from = server.gate().admitNode(context);
        if (from.role() != Role.PROVIDER) {
            throw new RefusedException(self.name() + " answers this only to providers");
        }
        return from;
    }

    private Outcome known(StatementHash id) {
        Optional<StoredObject> object = store.find(id);
        if (object.filter(each -> each.certificate().length > 0).isPresent()
                && object.get().state() != ObjectState.DESTROYED) {
            return new Outcome(Known.COMMITTED, object.get().certificate());
        }
        return switch (object.map(StoredObject::state).orElse(null)) {
            case DESTROYED ->
                new Outcome(Known.DESTROYED, object.orElseThrow().command().orElse(null));
            case PREPARED -> new Outcome(Known.PREPARED, null);
            // Replaced before it was certified here.
            case COMMITTED, REPLACED -> new Outcome(Known.UNKNOWN, null);
            case null ->
                store.abandonment(id)
                        .map(proof -> new Outcome(Known.ABANDONED, proof))
                        .orElse(new Outcome(Known.UNKNOWN, null));
        };
    }

    // ---- What this provider asks ----

    /** Beside what else is to be done every second: others may be slow. */
    void sweep() {
        if (sweeping.compareAndSet(false, true)) {
            var _ = server.threads().submit(() -> {
                try {
                    askSome();
                } catch (RuntimeException e) {
                    log.error("asking for the end of writes failed", e);
                } finally {
                    sweeping.set(false);
                }
            });
        }
    }

    private void askSome() {
        List<StatementHash> inDoubt = store.inDoubt();
        next.entrySet().removeIf(each -> each.getValue().isDue() && !inDoubt.contains(each.getKey()));
        for (StatementHash id : inDoubt) {
            // What an earlier run prepared is asked for at once.
            if (next.getOrDefault(id, Next.after(Duration.ZERO)).isDue()) {
                store.find(id)
                        .filter(object -> object.state() == ObjectState.PREPARED)
                        .ifPresent(this::settle);
            }
        }
    }

    private void settle(StoredObject object) {
        StatementHash id = object.generation().id();
        Duration pause =
                next.getOrDefault(id, Next.after(server.deadlines().answer())).pause();
        if (!ask(object) && !forgetPut(object)) {
            Duration longer = pause.multipliedBy(2);
            next.put(id, Next.after(longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE));
        }
    }

    /**
     * Asks the others for the end of a write, and takes what they can show.
     *
     * @return whether it is known now
     */
    boolean ask(StoredObject object) {
        StatementHash id = object.generation().id();
        for (Answer answer : askAll(object, HttpMethod.GET, "outcome", new byte[0])) {
            byte[] proof = answer.outcome().proof();
            if (proof == null) {
                continue;
            }
            try {
                switch (answer.outcome().known()) {
                    case COMMITTED -> {
                        objects.commit(object, Certificate.decode(proof));
                        objects.sessions().finish(id);
                        log.info(
                                "object {}: committed, {} showed its certificate",
                                object.generation().object(),
                                answer.from());
                        return true;
                    }
                    case ABANDONED -> {
                        objects.abandon(object, Abandonment.decode(proof));
                        return true;
                    }
                    case DESTROYED, PREPARED, UNKNOWN, CANNOT_TELL -> {}
                }
            } catch (MalformedException | BadSignatureException | StoreException e) {
                log.info(
                        "object {}: what {} showed doesn't hold: {}",
                        object.generation().object(),
                        answer.from(),
                        e.getMessage());
            }
        }
        return false;
    }

    /** @return whether it was forgotten */
    private boolean forgetPut(StoredObject object) {
        Store.Generation generation = object.generation();
        Statement w = Token.decode(object.token()).statement();
        Instant now = server.clock().instant();
        if (generation.continues()
                || now.isBefore(object.prepared().plus(forget))
                || now.isBefore(Instant.ofEpochMilli(w.expiryMillis()))
                || !store.deny(generation.id(), Instant.ofEpochMilli(w.expiryMillis()))) {
            return false;
        }
        List<Answer> answers = askAll(object, HttpMethod.POST, "forget", w.encode());
        long none = answers.stream()
                .filter(answer -> answer.outcome().known() == Known.UNKNOWN
                        || answer.outcome().known() == Known.ABANDONED)
                .count();
        boolean shown = answers.stream().anyMatch(answer -> answer.outcome().known() == Known.COMMITTED);
        if (shown || none < w.threshold().n() - w.threshold().t()) {
            return false;
        }
        log.info("object {}: nobody certified it; it is forgotten", generation.object());
        objects.forget(generation.id(), "uncertified");
        return true;
    }

    private static boolean isFirst(Statement statement) {
        return statement.making().filter(making -> making.continues().isEmpty()).isPresent();
    }

    private record Answer(String from, Outcome outcome) {}

    /** All other providers of the generation at once; whoever can't be asked is left out. */
    private List<Answer> askAll(StoredObject object, HttpMethod method, String what, byte[] body) {
        StatementHash id = object.generation().id();
        List<Future<Optional<Answer>>> asked = Token.decode(object.token()).providers().stream()
                .filter(x -> !x.equals(self.x()))
                .map(x -> server.threads().submit(() -> ask(x, method, "/v1/objects/" + id + "/" + what, body)))
                .toList();
        return asked.stream().flatMap(each -> take(each).stream()).toList();
    }

    private Optional<Answer> ask(ShareIndex x, HttpMethod method, String path, byte[] body) {
        Provider other = ring.everProvider(x);
        try {
            return Optional.of(new Answer(
                    other.name(),
                    Json.read(
                            "the outcome",
                            server.peers().to(other.card()).call(method, path, Optional.empty(), body),
                            Outcome.class)));
        } catch (InterlockException | MalformedException e) {
            return Optional.empty();
        }
    }

    private static Optional<Answer> take(Future<Optional<Answer>> answer) {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException e) {
            return Optional.empty();
        }
    }
}
