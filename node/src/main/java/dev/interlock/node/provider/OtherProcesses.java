package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.NodeServer;
import dev.interlock.node.admission.Allowance;
import dev.interlock.node.admission.Allowances;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.log.Head;
import dev.interlock.node.store.Processes;
import dev.interlock.node.store.Processes.Other;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.request.ClientRequest;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Peer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the processes of a provider ask each other, over TLS with the provider's own certificate at both ends. A session lives in the
 * process that took its order; what comes for it elsewhere is passed on to there, admitted, so that nobody outside needs to know which
 * that is, nor believes anybody about it.
 */
final class OtherProcesses implements Processes.Calls {
    private static final Logger log = LoggerFactory.getLogger(OtherProcesses.class);
    /** Of what needs only memory. */
    private static final Duration CALL = Duration.ofSeconds(5);

    private static final Duration BIND = Duration.ofSeconds(20);
    private static final int MAX_GENERATIONS = 4096;
    private static final int MAX_BODY_BYTES = MAX_GENERATIONS * StatementHash.BYTES;
    private static final String HERE = "here";
    private static final String ENDED = "ended";
    private static final String UNKNOWN = "unknown";

    private final NodeServer server;
    private final NodeCard self;
    private final Store store;
    private final Processes processes;
    private final SessionTable sessions;
    private final Objects.Sessions local;
    /** The last head that was noted of each other's log. */
    private final Map<Integer, String> bound = new HashMap<>();

    /** @param local ends sessions of this process */
    OtherProcesses(NodeServer server, Store store, SessionTable sessions, Objects.Sessions local) {
        this.server = server;
        this.self = server.card();
        this.store = store;
        this.processes = store.processes();
        this.sessions = sessions;
        this.local = local;
    }

    void route() {
        if (processes.isAlone()) {
            return;
        }
        server.serving(processes::requireServing);
        server.gate().once(store::burn);
        server.route(HttpMethod.POST, "/v1/processes/end", this::endHere)
                .route(HttpMethod.POST, "/v1/processes/finish", this::finishHere)
                .route(HttpMethod.POST, "/v1/processes/keys", this::forgetKeysHere)
                .route(HttpMethod.GET, "/v1/processes/sessions/{session}", this::isSessionHere);
        server.every(BIND, "bind-logs", this::bindLogs);
    }

    /** The last step before this process serves. */
    void begin() {
        processes.reachBy(this);
    }

    // ---- To others ----

    private Peer peer(Other other) {
        try {
            return server.peers().to(self.movedTo(other.address()));
        } catch (MalformedException e) {
            throw new NodeException(self.name(), self.name() + " can't reach its process " + other.number());
        }
    }

    @Override
    public void end(Other process, List<StatementHash> generations) {
        for (int from = 0; from < generations.size(); from += MAX_GENERATIONS) {
            List<StatementHash> some = generations.subList(from, Math.min(generations.size(), from + MAX_GENERATIONS));
            byte[] _ = peer(process).call(HttpMethod.POST, "/v1/processes/end", Optional.empty(), encode(some), CALL);
        }
    }

    @Override
    public void letGo(Other process, long epoch) {
        byte[] _ = peer(process)
                .call(
                        HttpMethod.POST,
                        "/v1/processes/keys",
                        Optional.empty(),
                        new ByteWriter().u64(epoch).toBytes(),
                        CALL);
    }

    /** Its session, wherever it is, has nothing more to do. Where that isn't heard it ends by itself, later. */
    void finished(StatementHash generation) {
        if (processes.isAlone()) {
            return;
        }
        for (Other other : processes.others()) {
            Peer.Call call = peer(other)
                    .begin(HttpMethod.POST, "/v1/processes/finish", Optional.empty(), encode(List.of(generation)));
            call.whenFailed(why -> log.debug("process {}: {}", other.number(), why.getMessage()));
        }
    }

    private static byte[] encode(List<StatementHash> generations) {
        ByteWriter out = new ByteWriter();
        generations.forEach(each -> out.fixed(each.bytes(), StatementHash.BYTES));
        return out.toBytes();
    }

    // ---- From others ----

    private byte[] body(ServiceRequestContext context, HttpRequest request) throws InterruptedException {
        server.gate().admitProcess(context);
        return server.body(context, request, self, MAX_BODY_BYTES);
    }

    private static List<StatementHash> decode(byte[] body) {
        ByteReader in = new ByteReader("a list of generations", body);
        List<StatementHash> generations = new ArrayList<>();
        for (int i = 0; i < body.length / StatementHash.BYTES; i++) {
            generations.add(StatementHash.of(in.fixed(StatementHash.BYTES)));
        }
        in.end();
        return generations;
    }

    private HttpResponse endHere(ServiceRequestContext context, HttpRequest request) throws Exception {
        List<StatementHash> generations = decode(body(context, request));
        store.endHere(generations);
        generations.forEach(local::end);
        return NodeServer.done();
    }

    private HttpResponse finishHere(ServiceRequestContext context, HttpRequest request) throws Exception {
        decode(body(context, request)).forEach(local::finish);
        return NodeServer.done();
    }

    private HttpResponse forgetKeysHere(ServiceRequestContext context, HttpRequest request) throws Exception {
        ByteReader in = new ByteReader("an epoch", body(context, request));
        store.forgetKeysBefore(in.u64());
        in.end();
        return NodeServer.done();
    }

    /** Whether a session is here, as soon as it is, within the time that is asked for. */
    private HttpResponse isSessionHere(ServiceRequestContext context, HttpRequest request) throws Exception {
        server.gate().admitProcess(context);
        StatementHash id = StatementHash.parse(String.valueOf(context.pathParam("session")));
        Duration wait = Duration.ofMillis(Math.clamp(
                Long.parseLong(String.valueOf(context.queryParam("wait"))),
                0,
                server.deadlines().answer().toMillis()));
        // Who asked may have its answer from another one.
        Thread waiting = Thread.currentThread();
        var _ = context.whenRequestCancelled().thenRun(waiting::interrupt);
        String found = isHere(id, wait) ? HERE : sessions.hasEnded(id) ? ENDED : UNKNOWN;
        return NodeServer.bytes(found.getBytes(StandardCharsets.US_ASCII));
    }

    private boolean isHere(StatementHash id, Duration wait) throws InterruptedException {
        try {
            return sessions.find(id).isPresent()
                    || (!wait.isZero()
                            && sessions.await(id, wait).session().id().equals(id));
        } catch (InterlockException e) {
            return false;
        }
    }

    // ---- Sessions elsewhere ----

    /** Who asks about a session, and what. */
    enum Asks {
        USER,
        NODE,
        /** One of both. */
        EITHER
    }

    /**
     * A handler of requests about a session, where it lives.
     *
     * @param operation of a user's request
     * @param wait for how long one may wait for the session's order
     * @param handler runs in the process that has the session; in this one, too, where none has it, to say so
     */
    NodeServer.Handler ofSession(Asks asks, Operation operation, Duration wait, NodeServer.Handler handler) {
        if (processes.isAlone()) {
            return handler;
        }
        return (context, request) -> {
            StatementHash id = StatementHash.parse(String.valueOf(context.pathParam("session")));
            if (server.gate().isPassed(context) || sessions.find(id).isPresent()) {
                return handler.handle(context, request);
            }
            boolean user = asks == Asks.USER
                    || (asks == Asks.EITHER && context.request().headers().contains(ClientRequest.HEADER));
            String holder = user
                    ? server.gate()
                            .enter(context, operation, Optional.empty())
                            .key()
                            .toString()
                    : server.gate().admitNode(context).name();
            Optional<Other> where;
            try (Allowance.Lease _ =
                    server.allowances().of(Allowances.Kind.WAITS).take(holder, 1)) {
                where = find(id, wait);
            }
            if (where.isPresent()) {
                return pass(context, request, where.get());
            }
            if (!wait.isZero()) {
                // It was waited for, here, too.
                LiveSession _ = sessions.get(id);
            }
            return handler.handle(context, request);
        };
    }

    private HttpResponse pass(ServiceRequestContext context, HttpRequest request, Other to) {
        NodeServer.streaming(context);
        return peer(to).pass(server.gate().passingOn(context), request).recover(failure -> {
            Problem problem = Problem.of(
                    self.name(),
                    new NodeException(
                            self.name(), self.name() + " lost the session, which ran in another process: " + failure));
            return HttpResponse.of(HttpStatus.valueOf(problem.kind().status()), MediaType.JSON, Json.write(problem));
        });
    }

    /** Where a session is, of the other processes, or will be within this time; empty where it is here, or nowhere. */
    private Optional<Other> find(StatementHash id, Duration wait) throws InterruptedException {
        List<Other> others = processes.others();
        CompletableFuture<Optional<Other>> found = new CompletableFuture<>();
        AtomicInteger left = new AtomicInteger(others.size() + 1);
        List<Peer.Call> calls = new ArrayList<>();
        for (Other other : others) {
            Peer.Call call = peer(other)
                    .begin(
                            HttpMethod.GET,
                            "/v1/processes/sessions/" + id + "?wait=" + wait.toMillis(),
                            Optional.empty(),
                            new byte[0]);
            calls.add(call);
            Future<?> _ = server.threads().submit(() -> {
                String answer = UNKNOWN;
                try {
                    answer = new String(call.complete(wait.plus(CALL)), StandardCharsets.US_ASCII);
                } catch (InterlockException e) {
                    log.debug("process {}: {}", other.number(), e.getMessage());
                }
                if (answer.equals(HERE)) {
                    found.complete(Optional.of(other));
                } else if (answer.equals(ENDED) || left.decrementAndGet() == 0) {
                    found.complete(Optional.empty());
                }
            });
        }
        Future<?> here = server.threads().submit(() -> {
            try {
                if (isHere(id, wait) || left.decrementAndGet() == 0) {
                    found.complete(Optional.empty());
                }
            } catch (InterruptedException e) {
                // It is known by now.
            }
        });
        try {
            return found.get(wait.plus(CALL).plus(CALL).toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return Optional.empty();
        } finally {
            here.cancel(true);
            calls.forEach(Peer.Call::cancel);
        }
    }

    // ---- Logs ----

    /** Notes how far the others' logs are: what was cut off one of them is missing to all. */
    private void bindLogs() {
        for (Other other : processes.others()) {
            try {
                String text = new String(
                        peer(other).call(HttpMethod.GET, "/log/head", Optional.empty(), new byte[0], CALL),
                        StandardCharsets.UTF_8);
                if (text.isBlank() || text.equals(bound.put(other.number(), text))) {
                    continue;
                }
                Head head = Head.parse(text);
                head.verify(self.key());
                server.audit()
                        .record(Entry.of(Event.BOUND)
                                .with("process", other.number())
                                .with("entry", head.line().sequence())
                                .with(
                                        "hash",
                                        HexFormat.of().formatHex(head.line().hash())));
            } catch (InterlockException | MalformedException e) {
                log.info("the log of process {} isn't bound: {}", other.number(), e.getMessage());
            }
        }
    }
}
