package dev.interlock.wire;

import com.linecorp.armeria.client.DnsTimeoutException;
import com.linecorp.armeria.client.SessionProtocolNegotiationException;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.WriteTimeoutException;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpRequestWriter;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.RequestHeadersBuilder;
import com.linecorp.armeria.common.ResponseHeaders;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.request.ClientRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.file.FileProblem;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.resolver.dns.DnsNameResolverException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node, as others speak to it. Every failure comes out as an {@link InterlockException}: what the node said went
 * wrong, or a {@link NodeException} that says why it can't be spoken to.
 */
public final class Peer {
    private static final Logger log = LoggerFactory.getLogger(Peer.class);
    /** How long a broken stream's receiver has to say why. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final NodeCard card;
    private final WebClient client;
    private final Deadlines deadlines;

    /** When something was sent to it for the last time. */
    private volatile long usedNanos;

    Peer(NodeCard card, WebClient client, Deadlines deadlines) {
        this.card = card;
        this.client = client;
        this.deadlines = deadlines;
        this.usedNanos = System.nanoTime() - Peers.IDLE.toNanos();
    }

    public NodeCard card() {
        return card;
    }

    public String name() {
        return card.name();
    }

    /**
     * Has a connection stand by the time that something is to be sent soon, while others still work: one takes some round trips.
     */
    public void prepare() {
        if (System.nanoTime() - usedNanos > Peers.IDLE.toNanos() / 2) {
            // Whether it can be reached is said by what is sent then.
            var _ = used().get("/health").aggregate();
        }
    }

    private WebClient used() {
        usedNanos = System.nanoTime();
        return client;
    }

    /** A small request and its answer's body, within the answer deadline. */
    public byte[] call(HttpMethod method, String path, Optional<String> authorization, byte[] body) {
        return call(method, path, authorization, body, deadlines.answer());
    }

    /** A request and its answer's body, within a deadline of its own. */
    public byte[] call(HttpMethod method, String path, Optional<String> authorization, byte[] body, Duration deadline) {
        return begin(method, path, authorization, body).complete(deadline);
    }

    /**
     * A request whose answer comes only when much else is done; {@link Call#complete} brings it.
     *
     * @param body the caller's again: it may be secret, and wiped while the request is still on its way
     */
    public Call begin(HttpMethod method, String path, Optional<String> authorization, byte[] body) {
        return new Call(used().execute(HttpRequest.of(headers(method, path, authorization), copy(body)))
                .aggregate());
    }

    /** A request whose body is a stream; {@link Upload#complete} brings the answer. */
    public Upload upload(String path, Optional<String> authorization) {
        HttpRequestWriter writer = HttpRequest.streaming(headers(HttpMethod.POST, path, authorization).toBuilder()
                .contentType(MediaType.OCTET_STREAM)
                .build());
        return new Upload(new Outbound(writer), new Call(used().execute(writer).aggregate()));
    }

    /** A request whose answer is a stream; {@link Download#open} brings it. */
    public Download download(String path, Optional<String> authorization) {
        return new Download(new Inbound(used().execute(HttpRequest.of(headers(HttpMethod.GET, path, authorization)))));
    }

    /** The same of a request with a body. */
    public Download download(String path, Optional<String> authorization, byte[] body) {
        return new Download(
                new Inbound(used().execute(HttpRequest.of(headers(HttpMethod.POST, path, authorization), copy(body)))));
    }

    /** Passes a request on as it comes, and its answer back; each piece waits for whoever takes it. */
    public HttpResponse pass(RequestHeaders headers, HttpRequest request) {
        return used().execute(HttpRequest.of(headers, request));
    }

    /** A request for a stream, under way. */
    public final class Download {
        private final Inbound body;
        private final CompletableFuture<ResponseHeaders> begun;

        private Download(Inbound body) {
            this.body = body;
            this.begun = body.begun().copy();
        }

        /** Waits until the stream begins. */
        public Inbound open() {
            return open(deadlines.stall());
        }

        /** The same within a deadline of its own. */
        public Inbound open(Duration deadline) {
            boolean open = false;
            try {
                ResponseHeaders headers = await(begun, deadline);
                if (!headers.status().equals(HttpStatus.OK)) {
                    throw problem(headers.status(), whole());
                }
                open = true;
                return body;
            } finally {
                if (!open) {
                    body.close();
                }
            }
        }

        private byte[] whole() {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            long end = System.nanoTime() + deadlines.answer().toNanos();
            try {
                for (ByteBuf piece = body.read(left(end)); piece != null; piece = body.read(left(end))) {
                    try {
                        piece.readBytes(all, piece.readableBytes());
                    } finally {
                        piece.release();
                    }
                }
                return all.toByteArray();
            } catch (Inbound.StalledException e) {
                throw late(deadlines.answer());
            } catch (IOException e) {
                throw broken(e);
            } catch (InterruptedException e) {
                throw interrupted();
            }
        }

        private static Duration left(long end) {
            return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
        }

        /** Gives the stream up, where nobody opens it. */
        public void cancel() {
            body.close();
        }

        /** Ends the wait for a stream that won't begin. */
        public void fail(InterlockException why) {
            begun.completeExceptionally(why);
        }
    }

    /** A request under way. */
    public final class Call {
        private final CompletableFuture<AggregatedHttpResponse> response;

        private Call(CompletableFuture<AggregatedHttpResponse> response) {
            this.response = response;
        }

        /** The answer's body. */
        public byte[] complete(Duration deadline) {
            AggregatedHttpResponse answer = await(response, deadline);
            if (answer.status().isSuccess()) {
                return answer.content().array();
            }
            throw problem(answer.status(), answer.content().array());
        }

        /** Whether it has ended, well or not, within this time. */
        public boolean isDone(Duration within) {
            try {
                var _ = Waits.PROCESS.get(response, within);
                return true;
            } catch (TimeoutException e) {
                return false;
            } catch (ExecutionException | CancellationException e) {
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return true;
            }
        }

        /** Throws what went wrong if the call has failed by now. */
        public void check() {
            if (response.isDone()) {
                byte[] _ = complete(Duration.ZERO);
            }
        }

        /** Tells as soon as the call has failed. */
        public void whenFailed(Consumer<InterlockException> task) {
            var _ = response.whenComplete((answer, failure) -> {
                try {
                    check();
                } catch (InterlockException e) {
                    task.accept(e);
                }
            });
        }

        /** Ends the wait for an answer. */
        public void fail(InterlockException why) {
            response.completeExceptionally(why);
        }

        public void cancel() {
            response.cancel(true);
        }
    }

    /** A streamed request under way. */
    public final class Upload {
        private final Outbound out;
        private final Call call;

        private Upload(Outbound out, Call call) {
            this.out = out;
            this.call = call;
        }

        public Outbound out() {
            return out;
        }

        /**
         * Sends a piece and takes over the buffer; waits while the receiver lags.
         *
         * @throws InterlockException that says why the receiver doesn't take it
         */
        public void send(ByteBuf piece, Duration deadline) throws InterruptedException {
            try {
                out.write(piece, deadline);
            } catch (IOException e) {
                throw reason(broken(e));
            }
        }

        /** Breaks off, and ends the wait for an answer. */
        public void fail(InterlockException why) {
            out.fail(why);
            call.fail(why);
        }

        /** The answer's body, once the receiver is done with the whole stream. */
        public byte[] complete(Duration deadline) {
            return call.complete(deadline);
        }

        /** Throws what went wrong if it has failed by now. */
        public void check() {
            call.check();
        }

        /** Why the receiver broke off: what it said, where it said something in time. */
        public InterlockException reason(Throwable otherwise) {
            try {
                byte[] _ = call.complete(LAST_WORDS);
                return new NodeException(name(), describe() + " answered before it had read the whole stream");
            } catch (NodeException e) {
                // Our own cancelled stream says nothing new; the receiver's words do.
                return call.response.isCompletedExceptionally() ? broken(otherwise) : e;
            } catch (InterlockException e) {
                return e;
            }
        }
    }

    private static HttpData copy(byte[] body) {
        return body.length == 0
                ? HttpData.empty()
                : HttpData.wrap(new WipedBuffer(body.length).setBytes(0, body).writerIndex(body.length));
    }

    private RequestHeaders headers(HttpMethod method, String path, Optional<String> authorization) {
        RequestHeadersBuilder headers = RequestHeaders.builder(method, path);
        authorization.ifPresent(value -> headers.set(ClientRequest.HEADER, value));
        return headers.build();
    }

    private InterlockException problem(HttpStatus status, byte[] body) {
        try {
            return Json.read("the answer of " + name(), body, Problem.class).toException(name());
        } catch (MalformedException e) {
            return new NodeException(name(), describe() + " answered " + status.code() + " without saying why");
        }
    }

    private <T> T await(CompletableFuture<T> future, Duration deadline) {
        try {
            return Waits.PROCESS.get(future, deadline);
        } catch (TimeoutException e) {
            future.cancel(true);
            throw late(deadline);
        } catch (ExecutionException e) {
            throw broken(e);
        } catch (CancellationException e) {
            throw new NodeException(name(), describe() + " isn't waited for any more");
        } catch (InterruptedException e) {
            future.cancel(true);
            throw interrupted();
        }
    }

    private NodeException late(Duration deadline) {
        return new NodeException(name(), describe() + " didn't answer within " + deadline.toMillis() / 1000.0 + " s");
    }

    private NodeException interrupted() {
        Thread.currentThread().interrupt();
        return new NodeException(name(), "interrupted while waiting for " + describe());
    }

    /** An I/O failure on the channel to this node, in words for its operator's users. */
    public InterlockException broken(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case InterlockException known -> {
                    return known;
                }
                case PinnedTrust.WrongPinException wrong -> {
                    return new RefusedException(
                            describe() + " isn't trusted: " + wrong.getMessage() + ". Nothing was sent to it");
                }
                case PinnedTrust.UnknownEndException unknown -> {
                    return new NodeException(name(), describe() + " can't be reached: " + unknown.getMessage());
                }
                case UnknownHostException _ -> {
                    return new NodeException(
                            name(),
                            describe() + " can't be reached: its name wasn't found by this machine's look-up of names");
                }
                case DnsNameResolverException _, DnsTimeoutException _ -> {
                    return new NodeException(
                            name(), describe() + " can't be reached: the look-up of its name failed on this machine");
                }
                case ConnectTimeoutException _, SslHandshakeTimeoutException _ -> {
                    return hangs();
                }
                case SessionProtocolNegotiationException negotiation
                when negotiation.getCause() == null -> {
                    return hangs();
                }
                case WriteTimeoutException _ -> {
                    return new NodeException(name(), describe() + " doesn't take what is sent to it");
                }
                case NoRouteToHostException _ -> {
                    return new NodeException(name(), describe() + " can't be reached: no route to it");
                }
                case ConnectException refused -> {
                    return new NodeException(
                            name(),
                            describe() + " can't be reached: "
                                    + (String.valueOf(refused.getMessage()).contains("unreachable")
                                            ? "no route to its network"
                                            : "connection refused"));
                }
                case Inbound.StalledException stalled -> {
                    return new NodeException(name(), describe() + " stalled: " + stalled.getMessage());
                }
                default -> {}
            }
        }
        if (FileProblem.isOutOfDescriptors(failure)) {
            return new NodeException(
                    name(),
                    describe() + " can't be reached: this process has as many files and connections open as it may"
                            + " (ulimit -n)");
        }
        log.info("{} broke off the connection", describe(), failure);
        NodeException broken = new NodeException(name(), describe() + " broke off the connection");
        var _ = broken.initCause(failure);
        return broken;
    }

    private NodeException hangs() {
        return new NodeException(name(), describe() + " can't be reached: it doesn't answer the connection, or hangs");
    }

    private String describe() {
        return name() + " (" + card.address() + ")";
    }
}
