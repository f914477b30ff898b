package dev.interlock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpRequestWriter;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.Server;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams of one connection, one of whose readers doesn't read. */
@Timeout(240)
@Tag("long")
final class BackPressureTest {
    private static final Duration PATIENT = Duration.ofSeconds(30);
    private static final Duration SOON = Duration.ofMillis(500);
    private static final int PIECE_BYTES = Http2.pieceBytes(Long.MAX_VALUE);
    /**
     * What a sender's and a receiver's end may hold while the window doesn't grow: an outbound's window, the stream's, and what is
     * asked for ahead.
     */
    private static final long HELD_BYTES = 2L * (1 << 20) + Http2.STREAM_WINDOW_BYTES + 8L * PIECE_BYTES;

    /** What is taken whatever the reader does: where less is stalled, the machine is only slow. */
    private static final long TAKEN_BYTES = (1 << 19) + Http2.STREAM_WINDOW_BYTES;

    private static final int GROWTH_BYTES = 3 << 20;

    /** Taken when the connection opens, with a test's first request. */
    private StreamWindows windows = new StreamWindows(GROWTH_BYTES);

    private final BlockingQueue<Inbound> arrived = new LinkedBlockingQueue<>();
    private Server server;
    private ClientFactory factory;
    private WebClient client;

    @BeforeEach
    void start() {
        server = Server.builder()
                .http(new InetSocketAddress("127.0.0.1", 0))
                .http2InitialConnectionWindowSize(Http2.CONNECTION_WINDOW_BYTES)
                .http2InitialStreamWindowSize(Http2.STREAM_WINDOW_BYTES)
                .http2MaxFrameSize(Http2.MAX_FRAME_BYTES)
                .childChannelOption(ChannelOption.ALLOCATOR, Http2.BUFFERS)
                .childChannelPipelineCustomizer(pipeline -> pipeline.addFirst(windows.watcher()))
                .requestTimeout(Duration.ZERO)
                .maxRequestLength(0)
                .gracefulShutdownTimeout(Duration.ZERO, Duration.ofSeconds(1))
                .service("/left", (context, request) -> {
                    arrived.add(new Inbound(request));
                    return HttpResponse.of(new CompletableFuture<HttpResponse>());
                })
                .service("/read", (context, request) -> {
                    CompletableFuture<HttpResponse> answer = new CompletableFuture<>();
                    var _ = Thread.ofVirtual().start(() -> {
                        try (Inbound in = new Inbound(request)) {
                            answer.complete(HttpResponse.of(String.valueOf(readAll(in))));
                        } catch (Exception e) {
                            answer.completeExceptionally(e);
                        }
                    });
                    return HttpResponse.of(answer);
                })
                .build();
        server.start().join();
        factory = ClientFactory.builder()
                .workerGroup(1)
                .http2InitialConnectionWindowSize(Http2.CONNECTION_WINDOW_BYTES)
                .http2InitialStreamWindowSize(Http2.STREAM_WINDOW_BYTES)
                .http2MaxFrameSize(Http2.MAX_FRAME_BYTES)
                .channelOption(ChannelOption.ALLOCATOR, Http2.BUFFERS)
                .useHttp2Preface(true)
                .build();
        client = WebClient.builder("h2c://127.0.0.1:" + server.activeLocalPort())
                .factory(factory)
                .responseTimeoutMillis(0)
                .writeTimeoutMillis(0)
                .build();
    }

    @AfterEach
    void stop() {
        arrived.forEach(Inbound::close);
        factory.close();
        server.close();
    }

    @Test
    void aReaderThatStalledFillsNoMemory() throws Exception {
        // What is asked for ahead looks like a reader that keeps up, where the sender is slow.
        windows = new StreamWindows(0);
        Outbound out = begin("/left").out();
        assertThat(sendUntilStalled(out)).isBetween((long) Http2.STREAM_WINDOW_BYTES, HELD_BYTES);
        out.fail(new IllegalStateException("given up"));
    }

    /** A stream whose reader keeps up has a larger window; where the reader stalls then, no more than that is held. */
    @Test
    void aReaderThatKeptUpAndStallsFillsWhatTheProcessAllows() throws Exception {
        Outbound out = begin("/left").out();
        out.write(piece(), PATIENT);
        try (Inbound in = arrived.take()) {
            long end = System.nanoTime() + PATIENT.toNanos();
            while (windows.left() == GROWTH_BYTES && System.nanoTime() < end) {
                in.read(PATIENT).release();
                out.write(piece(), PATIENT);
            }
            // To twice what it was, once or to four times it.
            assertThat(windows.left())
                    .isIn(GROWTH_BYTES - 3L * Http2.STREAM_WINDOW_BYTES, GROWTH_BYTES - 1L * Http2.STREAM_WINDOW_BYTES);
            // A reader that is behind has the small window again.
            long most = HELD_BYTES + GROWTH_BYTES;
            assertThat(sendUntilStalled(out, most, BackPressureTest::piece, () -> windows.left() == GROWTH_BYTES))
                    .isLessThanOrEqualTo(most);
            assertThat(windows.left()).isEqualTo(GROWTH_BYTES);
        }
        out.fail(new IllegalStateException("given up"));
    }

    @Test
    void whatAStreamHadIsThereForTheNext() throws Exception {
        for (int i = 0; i < 2; i++) {
            Streaming quick = begin("/read");
            long end = System.nanoTime() + PATIENT.toNanos();
            long least = windows.left();
            while (least == GROWTH_BYTES && System.nanoTime() < end) {
                quick.out().write(piece(), PATIENT);
                least = windows.left();
            }
            assertThat(least).isLessThan(GROWTH_BYTES);
            quick.out().end();
            assertThat(quick.answer().get(30, TimeUnit.SECONDS).status().code()).isEqualTo(200);
            while (windows.left() < GROWTH_BYTES && System.nanoTime() < end) {
                Thread.sleep(10);
            }
            assertThat(windows.left()).isEqualTo(GROWTH_BYTES);
        }
    }

    @Test
    void aSlowReaderHoldsUpNobodyElse() throws Exception {
        Outbound slow = begin("/left").out();
        long sent = sendUntilStalled(slow);
        Streaming quick = begin("/read");
        long bytes = 2L * Http2.CONNECTION_WINDOW_BYTES;
        for (long done = 0; done < bytes; done += PIECE_BYTES) {
            quick.out().write(piece(), PATIENT);
        }
        quick.out().end();
        assertThat(quick.answer().get(30, TimeUnit.SECONDS).contentUtf8()).isEqualTo(String.valueOf(bytes));
        // The slow one gets all of its own, too.
        slow.end();
        try (Inbound in = arrived.take()) {
            assertThat(readAll(in)).isEqualTo(sent);
        }
    }

    /** A dealer whose receiver stands still forgets the share all the same. */
    @Test
    void whatNobodyTookIsWipedWhenItIsDropped() throws Exception {
        windows = new StreamWindows(0);
        Outbound out = begin("/left").out();
        AtomicInteger held = new AtomicInteger();
        Supplier<ByteBuf> pieces = () -> {
            held.incrementAndGet();
            return new WipedBuffer(PIECE_BYTES, _ -> held.decrementAndGet()).writeZero(PIECE_BYTES);
        };
        long sent = sendUntilStalled(out, HELD_BYTES, pieces, () -> held.get() > 0);
        assertThat(sent).isLessThanOrEqualTo(HELD_BYTES);
        assertThat(held.get()).isPositive();
        out.drop(new IllegalStateException("given up"));
        long end = System.nanoTime() + PATIENT.toNanos();
        while (held.get() > 0 && System.nanoTime() < end) {
            Thread.sleep(10);
        }
        assertThat(held.get()).isZero();
    }

    private record Streaming(Outbound out, CompletableFuture<AggregatedHttpResponse> answer) {}

    private Streaming begin(String path) {
        HttpRequestWriter writer = HttpRequest.streaming(RequestHeaders.of(HttpMethod.POST, path));
        return new Streaming(new Outbound(writer), client.execute(writer).aggregate());
    }

    /** The bytes that were taken until nothing moved, all of which are still to be read somewhere. */
    private static long sendUntilStalled(Outbound out) throws Exception {
        return sendUntilStalled(out, HELD_BYTES, BackPressureTest::piece, () -> true);
    }

    private static long sendUntilStalled(Outbound out, long most, Supplier<ByteBuf> pieces, BooleanSupplier seen)
            throws Exception {
        long sent = 0;
        while (sent <= most) {
            sent += PIECE_BYTES;
            try {
                out.write(pieces.get(), SOON);
            } catch (Inbound.StalledException e) {
                if (sent >= TAKEN_BYTES && seen.getAsBoolean()) {
                    break;
                }
            }
        }
        return sent;
    }

    private static ByteBuf piece() {
        return Http2.BUFFERS.directBuffer(PIECE_BYTES, PIECE_BYTES).writeZero(PIECE_BYTES);
    }

    private static long readAll(Inbound in) throws Exception {
        long read = 0;
        for (ByteBuf piece = in.read(PATIENT); piece != null; piece = in.read(PATIENT)) {
            read += piece.readableBytes();
            piece.release();
        }
        return read;
    }
}
