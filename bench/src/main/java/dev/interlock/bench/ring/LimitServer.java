package dev.interlock.bench.ring;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import com.linecorp.armeria.server.Server;
import dev.interlock.node.NodeFolder;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Tls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The other end of the bare channels, a process of its own: the settings of a node's server, with nothing behind it. {@code
 * /pipe} counts what comes and drops it, {@code /ask} answers with the first bytes of the question.
 */
final class LimitServer {
    static final int ANSWER_BYTES = 200;
    private static final int AHEAD = 4;

    private LimitServer() {}

    /** The process. */
    static final class Child implements AutoCloseable {
        private final Process process;
        private final int port;
        private final Runnable atExit;

        private Child(Process process, int port, Runnable atExit) {
            this.process = process;
            this.port = port;
            this.atExit = atExit;
        }

        int port() {
            return port;
        }

        long pid() {
            return process.pid();
        }

        @Override
        public void close() {
            AtExit.forget(atExit);
            atExit.run();
        }
    }

    /** @param folder of a node that lends its certificate */
    static Child start(Path folder) throws IOException {
        AtExit.requireRunning();
        // With the flags of a node's process.
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LimitServer.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runnable stop = process::destroyForcibly;
        AtExit.register(stop);
        String port = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))
                .readLine();
        if (port == null) {
            stop.run();
            AtExit.forget(stop);
            throw new IOException("the bare HTTPS server didn't start");
        }
        return new Child(process, Integer.parseInt(port), stop);
    }

    /** Prints its port, and ends when its standard input does: with the bench, however that ends. */
    static void main(String[] args) throws IOException {
        NodeFolder folder = NodeFolder.open(Path.of(args[0]));
        Server server = Server.builder()
                .https(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .tls(folder.tls().keyPair())
                .tlsCustomizer(tls -> Tls.server(tls, folder.ring()))
                .http2InitialConnectionWindowSize(Http2.CONNECTION_WINDOW_BYTES)
                .http2InitialStreamWindowSize(Http2.STREAM_WINDOW_BYTES)
                .http2MaxFrameSize(Http2.MAX_FRAME_BYTES)
                .requestTimeout(Duration.ZERO)
                .maxRequestLength(0)
                .service("/pipe", (context, request) -> HttpResponse.of(count(request)))
                .service("/ask", (context, request) -> HttpResponse.of(answer(request)))
                .build();
        server.start().join();
        System.out.println(server.activeLocalPort());
        System.in.transferTo(System.out);
        server.stop().join();
    }

    private static CompletableFuture<HttpResponse> answer(HttpRequest request) {
        return request.aggregate()
                .thenApply(whole -> bytes(Arrays.copyOf(whole.content().array(), ANSWER_BYTES)));
    }

    private static HttpResponse bytes(byte[] bytes) {
        return HttpResponse.of(HttpStatus.OK, MediaType.OCTET_STREAM, HttpData.wrap(bytes));
    }

    private static CompletableFuture<HttpResponse> count(HttpRequest request) {
        CompletableFuture<HttpResponse> response = new CompletableFuture<>();
        request.subscribe(new Counter(response), SubscriptionOption.WITH_POOLED_OBJECTS);
        return response;
    }

    private static final class Counter implements Subscriber<HttpObject> {
        private final CompletableFuture<HttpResponse> response;
        private long bytes;
        private @Nullable Subscription subscription;

        Counter(CompletableFuture<HttpResponse> response) {
            this.response = response;
        }

        @Override
        public void onSubscribe(Subscription s) {
            subscription = s;
            s.request(AHEAD);
        }

        @Override
        public void onNext(HttpObject object) {
            if (object instanceof HttpData data) {
                bytes += data.length();
                data.close();
            }
            Subscription current = subscription;
            if (current != null) {
                current.request(1);
            }
        }

        @Override
        public void onError(Throwable cause) {
            response.completeExceptionally(cause);
        }

        @Override
        public void onComplete() {
            response.complete(
                    bytes(ByteBuffer.allocate(Long.BYTES).putLong(bytes).array()));
        }
    }
}
