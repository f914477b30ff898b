package dev.interlock.node;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.util.TimeoutMode;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.prometheus.PrometheusExpositionService;
import dev.interlock.core.encoding.ForeignText;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.random.NoiseException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.node.admission.Allowances;
import dev.interlock.node.admission.Bodies;
import dev.interlock.node.admission.Connections;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.store.StoreException;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.request.Channel;
import dev.interlock.protocol.request.ClientRequest;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Peers;
import dev.interlock.wire.StreamWindows;
import dev.interlock.wire.Tls;
import dev.interlock.wire.TlsIdentity;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOption;
import io.netty.util.AttributeKey;
import java.net.BindException;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What dealer and provider have in common: one port with mutual TLS, health and metrics, handlers that may block on
 * virtual threads of their own, and errors that come out as {@link Problem}s.
 */
public final class NodeServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NodeServer.class);
    private static final Duration SWEEP = Duration.ofSeconds(1);
    /** A connection without a request is closed after so long, whatever its client pings. */
    private static final Duration IDLE = Duration.ofSeconds(30);

    private static final int MAX_PATH_CHARS = 200;
    private static final AttributeKey<Boolean> STREAMING = AttributeKey.valueOf(NodeServer.class, "STREAMING");
    /** What is being answered when the node ends has this long to come to its end. */
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(3);

    private final NodeCard card;
    private final RingDescriptor ring;
    private final SigningKey key;
    private final AuditLog audit;
    private final Gate gate;
    private final Peers peers;
    private final Deadlines deadlines;
    private final Clock clock;
    private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Timers timers = new Timers(meters, threads);
    private final Allowances allowances;
    private final Connections connections = new Connections();
    private final Bodies bodies;
    private final Descriptors descriptors;
    private final ListenAddress listen;
    private final Optional<ListenAddress> metrics;
    private final HeldFiles held;
    private final ServerBuilder builder;
    private final Map<String, Map<HttpMethod, Handler>> handlers = new LinkedHashMap<>();
    private volatile Supplier<Optional<String>> failing = Optional::empty;
    private volatile Runnable serving = () -> {};
    private Optional<Server> server = Optional.empty();

    /** A request's handler. It may block, and throw what it likes. */
    @FunctionalInterface
    public interface Handler {
        HttpResponse handle(ServiceRequestContext context, HttpRequest request) throws Exception;
    }

    /** @param audit closed with this server */
    public NodeServer(NodeFolder folder, AuditLog audit, Deadlines deadlines, Clock clock) {
        this.card = folder.card();
        this.ring = folder.ring();
        this.key = folder.signingKey();
        this.deadlines = deadlines;
        this.clock = clock;
        this.audit = audit;
        this.allowances = Allowances.read(card.name(), folder.path(), folder.mostProcesses());
        this.allowances.register(meters);
        this.connections.register(meters);
        this.bodies =
                new Bodies(card.name(), allowances.of(Allowances.Kind.BODIES), deadlines.answer(), deadlines.settle());
        this.gate = new Gate(ring, folder, audit, allowances, clock);
        TlsIdentity tls = folder.tls();
        this.peers = new Peers(Optional.of(tls), deadlines);
        this.descriptors = new Descriptors(card.name());
        this.listen = folder.listen();
        this.metrics = folder.metrics();
        this.held = new HeldFiles(
                card.name(),
                Stream.of(AuditLog.FILE, "lock", "store/store.db")
                        .map(each -> each.startsWith("store") ? folder.path().resolve(each) : folder.own(each))
                        .toList());
        this.builder = Server.builder()
                .bossGroupFactory(Acceptors::new)
                .tls(tls.keyPair())
                .tlsCustomizer(context -> Tls.server(context, ring))
                .http2InitialConnectionWindowSize(Http2.CONNECTION_WINDOW_BYTES)
                .http2InitialStreamWindowSize(Http2.STREAM_WINDOW_BYTES)
                .http2MaxFrameSize(Http2.MAX_FRAME_BYTES)
                .http2MaxStreamsPerConnection(Http2.MAX_STREAMS)
                .http2MaxHeaderListSize(Http2.MAX_HEADER_BYTES)
                .http2MaxResetFramesPerWindow(Http2.MAX_RESETS, Http2.RESET_WINDOW_SECONDS)
                .http1MaxInitialLineLength(Http2.MAX_HEADER_BYTES)
                .http1MaxHeaderSize(Http2.MAX_HEADER_BYTES)
                .maxNumConnections(Math.min(Connections.MAX_CONNECTIONS, descriptors.connections()))
                .idleTimeout(IDLE, false)
                .childChannelPipelineCustomizer(pipeline -> {
                    connections.guard(pipeline);
                    StreamWindows.watch(pipeline);
                })
                .childChannelOption(ChannelOption.ALLOCATOR, Http2.BUFFERS)
                // Streams have deadlines of their own, for the next byte and not for the last.
                .requestTimeout(Duration.ZERO)
                .maxRequestLength(0)
                .errorHandler(new Refusals())
                .meterRegistry(meters)
                .gracefulShutdownTimeout(Duration.ofMillis(100), LAST_ANSWERS)
                .service("/metrics", metrics())
                .service("/health", (context, request) -> HttpResponse.of(HttpStatus.OK, MediaType.JSON, health()))
                .service(
                        "/log/head",
                        (context, request) -> HttpResponse.of(
                                HttpStatus.OK,
                                MediaType.PLAIN_TEXT_UTF_8,
                                audit.head()
                                        .map(head -> head.line().text() + "\n")
                                        .orElse("")));
    }

    /**
     * What {@code /health} says.
     *
     * @param usedUp allowances of which nothing is left for anybody now
     */
    record Health(
            String status,
            String reason,
            String node,
            String role,
            String ring,
            int epoch,
            String kernel,
            String instance,
            List<String> usedUp) {}

    /** Exact lengths and times of what users do are for this machine alone. */
    private HttpService metrics() {
        HttpService all = PrometheusExpositionService.of(meters.getPrometheusRegistry());
        return (context, request) -> {
            if (metrics.isEmpty() ? context.remoteAddress().getAddress().isLoopbackAddress() : isForMetrics(context)) {
                return all.serve(context, request);
            }
            return refusal(card.name() + " gives its metrics "
                    + (metrics.isEmpty()
                            ? "to its own machine alone, by the loopback address"
                            : "on a listener of their own, which its operator knows"));
        };
    }

    private boolean isForMetrics(ServiceRequestContext context) {
        return metrics.filter(
                        address -> address.port() == context.localAddress().getPort())
                .isPresent();
    }

    /** Their listener has nothing else. */
    private void listenForMetrics(ListenAddress address) {
        address.onThisMachine(card.name()).forEach(builder::http);
        builder.decorator((service, context, request) ->
                isForMetrics(context) && !context.path().equals("/metrics")
                        ? HttpResponse.of(HttpStatus.NOT_FOUND)
                        : service.serve(context, request));
    }

    private HttpResponse refusal(String message) {
        Problem problem = new Problem(Problem.Kind.REFUSED, message, card.name(), List.of());
        return HttpResponse.of(HttpStatus.valueOf(problem.kind().status()), MediaType.JSON, Json.write(problem));
    }

    private Optional<String> problem() {
        return failing.get()
                .or(this::notServing)
                .or(audit::failure)
                .or(held::problem)
                .or(descriptors::problem)
                .or(timers::alarm);
    }

    /** Whether it listens where its card says, and {@code /health} has nothing to complain of. */
    public boolean isWell() {
        return server.isPresent()
                && listen.text().equals(card.address())
                && problem().isEmpty();
    }

    private byte[] health() {
        Optional<String> reason = problem();
        return Json.write(new Health(
                reason.isPresent() ? "failing" : "up",
                reason.orElse(""),
                card.name(),
                card.role().toString(),
                ring.id().toString(),
                ring.epoch(),
                FieldKernels.chosen().name(),
                NodeLock.instance(),
                allowances.usedUp()));
    }

    public NodeServer route(HttpMethod method, String path, Handler handler) {
        handlers.computeIfAbsent(path, _ -> new EnumMap<>(HttpMethod.class)).put(method, handler);
        return this;
    }

    /** One service a path: with a route for each method, every request would first fail the other methods' routes. */
    private Handler anyMethod(Map<HttpMethod, Handler> ofMethod) {
        return (context, request) -> {
            Handler handler = ofMethod.get(context.method());
            if (handler == null) {
                throw new BadInputException(card.name() + " doesn't serve " + context.method() + " here, only "
                        + ofMethod.keySet().stream().map(HttpMethod::name).collect(Collectors.joining(", ")));
            }
            return handler.handle(context, request);
        };
    }

    private Optional<String> notServing() {
        try {
            serving.run();
            return Optional.empty();
        } catch (RuntimeException e) {
            return Optional.of(String.valueOf(known(e).getMessage()));
        }
    }

    /** Has every request be refused while this throws. */
    public void serving(Runnable check) {
        serving = check;
    }

    /** Has {@code /health} say "failing" and why while this gives a reason. */
    public void failing(Supplier<Optional<String>> reason) {
        failing = reason;
    }

    /**
     * Runs about every second until the node closes, on a thread of its own.
     *
     * @param name in the metrics
     */
    public void everySecond(String name, Runnable task) {
        every(SWEEP, name, task);
    }

    /** Runs again and again, with that pause, until the node closes, on a thread of its own. */
    public void every(Duration pause, String name, Runnable task) {
        timers.every(pause, name, task);
    }

    /** @throws BadInputException when the address can't be listened on */
    public void start() {
        route(HttpMethod.POST, "/v1/channels", this::channel);
        handlers.forEach((path, ofMethod) -> builder.service(path, service(anyMethod(ofMethod))));
        listen.onThisMachine(card.name()).forEach(builder::https);
        metrics.ifPresent(this::listenForMetrics);
        // On a full disk, too: there are objects to be destroyed.
        audit.record(Entry.of(Event.STARTED).with("ring", ring.id()).with("epoch", ring.epoch()));
        audit.sign();
        Server started = builder.build();
        try {
            started.start().join();
        } catch (CompletionException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            String message = card.name() + " can't listen on " + listen.text() + ": " + why.getMessage();
            if (why instanceof BindException) {
                throw new BadInputException(
                        message + ". Another program may have this port: stop that, or give the node another address",
                        new Advice.OtherAddress());
            }
            throw new BadInputException(message);
        }
        server = Optional.of(started);
        everySecond("nonces", gate::sweep);
        everySecond("audit-log", audit::tick);
        everySecond("held-files", held::check);
        everySecond("descriptors", () -> descriptors.check(started::numConnections));
        log.info(
                "{} {} serves the ring {} ({}), epoch {}, on {}; field kernel: {} ({})",
                card.role(),
                card.name(),
                ring.name(),
                ring.id(),
                ring.epoch(),
                listen.text().equals(card.address())
                        ? card.address()
                        : card.address() + ", listens on " + listen.text(),
                FieldKernels.chosen().name(),
                FieldKernels.reason());
    }

    /** U's signed request for a channel; what it asks after that needs no signature. */
    private HttpResponse channel(ServiceRequestContext context, HttpRequest request) throws InterruptedException {
        UserRequest asked = admit(context, request, Operation.CHANNEL, Optional.of(""), Channel.KEY_BYTES);
        return bytes(gate.openChannel(key, asked.key(), asked.body()));
    }

    /** What the server refuses before a handler sees it is said as a {@link Problem}, too. */
    private final class Refusals implements ServerErrorHandler {
        @Override
        public @Nullable HttpResponse onServiceException(ServiceRequestContext context, Throwable cause) {
            return null;
        }

        @Override
        public AggregatedHttpResponse renderStatus(
                @Nullable ServiceRequestContext context,
                ServiceConfig config,
                @Nullable RequestHeaders headers,
                HttpStatus status,
                @Nullable String description,
                @Nullable Throwable cause) {
            Problem.Kind kind = status.isClientError() ? Problem.Kind.BAD_INPUT : Problem.Kind.NODE_FAILED;
            String message = card.name() + " can't serve the request: " + status;
            return AggregatedHttpResponse.of(
                    status, MediaType.JSON, Json.write(new Problem(kind, message, card.name(), List.of())));
        }
    }

    private HttpService service(Handler handler) {
        return (context, request) -> {
            CompletableFuture<HttpResponse> response = new CompletableFuture<>();
            var _ = threads.submit(() -> {
                try {
                    serving.run();
                    HttpResponse answer = handler.handle(context, request);
                    boolean small = !(answer instanceof HttpResponseWriter) && !context.hasAttr(STREAMING);
                    // Both in the connection's own thread, which is woken once.
                    context.eventLoop().execute(() -> {
                        if (small) {
                            // A stream has a deadline for each piece; whoever doesn't take a small answer loses it.
                            context.setRequestTimeout(TimeoutMode.SET_FROM_NOW, deadlines.stall());
                        }
                        response.complete(answer);
                    });
                } catch (Throwable e) {
                    Problem problem = problem(context, e);
                    HttpResponse answer = HttpResponse.of(
                            HttpStatus.valueOf(problem.kind().status()), MediaType.JSON, Json.write(problem));
                    // Whoever is still sending learns at once that nobody reads; not before the answer is on its way,
                    // since a stream that is reset takes its answer along.
                    var _ = answer.whenComplete().whenComplete((_, _) -> request.abort());
                    response.complete(answer);
                }
            });
            return HttpResponse.of(response);
        };
    }

    private Problem problem(ServiceRequestContext context, Throwable e) {
        InterlockException known = known(e);
        if (gate.refused(context, known)) {
            log.info(
                    "{} {}: {}",
                    context.method(),
                    ForeignText.line(context.path(), MAX_PATH_CHARS),
                    known.getMessage());
        }
        return Problem.of(card.name(), known);
    }

    /** What a failure here is called elsewhere. */
    public InterlockException known(Throwable e) {
        return switch (e) {
            case InterlockException known -> known;
            case MalformedException malformed ->
                new BadInputException(card.name() + " can't use the request: " + malformed.getMessage());
            case BadSignatureException bad -> new RefusedException(card.name() + " refuses: " + bad.getMessage());
            case IllegalArgumentException illegal ->
                new BadInputException(card.name() + " can't use the request: " + illegal.getMessage());
            case NoiseException noise ->
                new NodeException(
                        card.name(),
                        card.name() + " deals nothing: its " + noise.getMessage()
                                + ". Its operator has to mend or replace what gives that noise, and restart it");
            case StoreException store -> StoreProblems.known(card.name(), store);
            case ExecutionException wrapped when wrapped.getCause() != null -> known(wrapped.getCause());
            case CompletionException wrapped when wrapped.getCause() != null -> known(wrapped.getCause());
            case TimeoutException late ->
                new NodeException(card.name(), card.name() + " waited in vain for another party of the session");
            case InterruptedException _ -> new NodeException(card.name(), card.name() + " is stopping");
            default -> {
                if (audit.mayTellFailure()) {
                    log.error("an unforeseen failure", e);
                }
                yield new NodeException(card.name(), card.name() + " failed; its log says why");
            }
        };
    }

    /**
     * A user's request that was let in.
     *
     * @param body as long as the request's operation allows, at most
     */
    public record UserRequest(ClientRequest signed, byte[] body) {
        public VerifyingKey key() {
            return signed.key();
        }
    }

    /**
     * Admits a user's request, and only then reads its body.
     *
     * @param subject as in the path; empty where the body has it, and the caller compares it
     * @throws RefusedException that says which rule failed
     * @throws BadInputException when the body is longer than this request's may be
     */
    public UserRequest admit(
            ServiceRequestContext context,
            HttpRequest request,
            Operation operation,
            Optional<String> subject,
            int maxBytes)
            throws InterruptedException {
        ClientRequest signed = gate.enter(context, operation, subject);
        byte[] body = body(context, request, signed.key().toString(), maxBytes);
        signed.requireBody(body);
        gate.admitted(context, signed);
        return new UserRequest(signed, body);
    }

    /**
     * Admits a request that anybody may make, signed by a key that needn't be a user's, and only then reads its body.
     *
     * @param subject as in the path
     */
    public StrangerRequest admitStranger(
            ServiceRequestContext context, HttpRequest request, Operation operation, String subject, int maxBytes)
            throws InterruptedException {
        String holder = gate.admitStranger(context);
        SignedRequest signed = gate.enterStranger(context, operation, subject);
        byte[] body = body(context, request, holder, maxBytes);
        signed.requireBody(body);
        return new StrangerRequest(signed, body);
    }

    /**
     * A signed request of somebody who needn't be a user.
     *
     * @param body as long as the request's operation allows, at most
     */
    public record StrangerRequest(SignedRequest signed, byte[] body) {
        public VerifyingKey key() {
            return signed.key();
        }
    }

    /** Admits a request that anybody may make and nobody signs, and reads its body. */
    public byte[] admitAnybody(ServiceRequestContext context, HttpRequest request, int maxBytes)
            throws InterruptedException {
        return body(context, request, gate.admitStranger(context), maxBytes);
    }

    /** The body of a request of a node that was let in. @throws BadInputException when it's longer than it may be */
    public byte[] body(ServiceRequestContext context, HttpRequest request, NodeCard from, int maxBytes)
            throws InterruptedException {
        return body(context, request, from.name(), maxBytes);
    }

    private byte[] body(ServiceRequestContext context, HttpRequest request, String holder, int maxBytes)
            throws InterruptedException {
        Bodies.Body body = bodies.read(holder, request, maxBytes);
        Gate.whenDone(context, body.lease());
        return body.bytes();
    }

    public static HttpResponse json(Object value) {
        return whole(MediaType.JSON, HttpData.wrap(Json.write(value)));
    }

    public static HttpResponse bytes(byte[] value) {
        return whole(MediaType.OCTET_STREAM, HttpData.wrap(value));
    }

    /** A body that is zeroed once the network has it. */
    public static HttpResponse secret(ByteBuf value) {
        return whole(MediaType.OCTET_STREAM, HttpData.wrap(value));
    }

    /** The body says itself that it is the end, which would otherwise be a frame and a flush of its own. */
    private static HttpResponse whole(MediaType type, HttpData body) {
        return HttpResponse.of(HttpStatus.OK, type, body.withEndOfStream());
    }

    /**
     * An answer that may be long: it counts as a body of this user's until it is gone.
     *
     * @param atMost about how many bytes it has
     */
    public HttpResponse bytes(ServiceRequestContext context, VerifyingKey user, int atMost, Supplier<byte[]> answer) {
        Gate.whenDone(context, allowances.of(Allowances.Kind.BODIES).take(user.toString(), atMost));
        return bytes(answer.get());
    }

    /** The answer may be a stream for long, with deadlines of its own. */
    public static void streaming(ServiceRequestContext context) {
        context.setAttr(STREAMING, true);
    }

    public static HttpResponse done() {
        return json(new Done("done"));
    }

    private record Done(String status) {}

    public NodeCard card() {
        return card;
    }

    public RingDescriptor ring() {
        return ring;
    }

    public SigningKey key() {
        return key;
    }

    public Allowances allowances() {
        return allowances;
    }

    public Gate gate() {
        return gate;
    }

    public AuditLog audit() {
        return audit;
    }

    public Peers peers() {
        return peers;
    }

    public Deadlines deadlines() {
        return deadlines;
    }

    public Clock clock() {
        return clock;
    }

    public PrometheusMeterRegistry meters() {
        return meters;
    }

    /** Virtual threads, for work that outlives its request. */
    public ExecutorService threads() {
        return threads;
    }

    @Override
    public void close() {
        timers.close();
        server.ifPresent(Server::close);
        threads.shutdownNow();
        gate.close();
        peers.close();
        if (server.isPresent()) {
            audit.record(Entry.of(Event.STOPPED));
            audit.sign();
        }
        audit.close();
        key.close();
    }
}
