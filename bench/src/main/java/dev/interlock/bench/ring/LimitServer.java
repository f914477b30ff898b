package dev.interlock.bench.ring;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.Server;
import dev.interlock.node.NodeFolder;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Tls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/**
 * The other end of the bare channels, a process of its own: a node's server with nothing behind it, whose {@code /ask} answers with the
 * first bytes of the question; and the other end of {@link BareTls}.
 */
final class LimitServer {
    static final int ANSWER_BYTES = 200;

    private LimitServer() {}

    /** The process. */
    static final class Child implements AutoCloseable {
        private final Process process;
        private final int port;
        private final int barePort;
        private final Runnable atExit;

        private Child(Process process, int port, int barePort, Runnable atExit) {
            this.process = process;
            this.port = port;
            this.barePort = barePort;
            this.atExit = atExit;
        }

        /** Of HTTPS. */
        int port() {
            return port;
        }

        /** Of TLS alone. */
        int barePort() {
            return barePort;
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
        String ports = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))
                .readLine();
        if (ports == null) {
            stop.run();
            AtExit.forget(stop);
            throw new IOException("the bare HTTPS server didn't start");
        }
        String[] both = ports.split(" ", -1);
        return new Child(process, Integer.parseInt(both[0]), Integer.parseInt(both[1]), stop);
    }

    /** Prints its ports, and ends when its standard input does: with the bench, however that ends. */
    static void main(String[] args) throws IOException, InterruptedException {
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
                .service("/ask", (context, request) -> HttpResponse.of(answer(request)))
                .build();
        server.start().join();
        System.out.println(server.activeLocalPort() + " " + BareTls.serve(folder));
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
}
