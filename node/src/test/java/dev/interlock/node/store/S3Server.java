package dev.interlock.node.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import software.amazon.awssdk.services.s3.S3Client;

/** An S3 server that others wrote, s3proxy over a folder, in a process of its own that ends with this one. */
final class S3Server {
    private static final String BUCKET = "interlock";

    private final int port;
    private final Path folder;
    private Process process;

    private S3Server(int port, Path folder) throws IOException {
        this.port = port;
        this.folder = folder;
        this.process = process();
    }

    static S3Server start() {
        // Its port may be gone again before it listens.
        for (int attempt = 1; ; attempt++) {
            try {
                return start(freePort());
            } catch (IOException e) {
                if (attempt == 5) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private static S3Server start(int port) throws IOException {
        Path folder = Files.createTempDirectory("interlock-s3");
        Files.writeString(
                folder.resolve("s3proxy.conf"), """
            s3proxy.endpoint=http://127.0.0.1:%d
            s3proxy.authorization=aws-v2-or-v4
            s3proxy.identity=interlock
            s3proxy.credential=not-a-secret
            jclouds.provider=filesystem-nio2
            jclouds.identity=unused
            jclouds.credential=unused
            jclouds.filesystem.basedir=%s
            """.formatted(port, Files.createDirectory(folder.resolve("data"))));
        Files.writeString(
                folder.resolve(S3Address.CREDENTIALS_FILE),
                "[default]\naws_access_key_id = interlock\naws_secret_access_key = not-a-secret\n");
        S3Server server = new S3Server(port, folder);
        Runtime.getRuntime().addShutdownHook(new Thread(server::remove));
        try (S3Client client =
                S3Address.parse(URI.create(server.address("")), folder).client()) {
            client.createBucket(bucket -> bucket.bucket(BUCKET));
        }
        return server;
    }

    /** Ends the process, and leaves nothing of it. */
    private void remove() {
        try (Stream<Path> files = Files.walk(folder)) {
            stop();
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // It is in the folder for what is temporary.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Process process() throws IOException {
        Process started = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        System.getProperty("interlock.s3proxy"),
                        "--properties",
                        folder.resolve("s3proxy.conf").toString()))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        awaitPort(started, port, folder.resolve("log"));
        return started;
    }

    /** Ends the process; what it has stays. */
    void stop() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Starts it again. */
    void run() throws IOException {
        process = process();
    }

    /** @param prefix of names, without / at its end */
    String address(String prefix) {
        return "s3://" + BUCKET + "/" + prefix + "?pathstyle=true&endpoint=http://127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    Path credentials() {
        return folder.resolve(S3Address.CREDENTIALS_FILE);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitPort(Process process, int port, Path log) throws IOException {
        while (true) {
            try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return;
            } catch (IOException e) {
                if (!process.isAlive()) {
                    throw new IOException("the S3 server ended: " + Files.readString(log), e);
                }
                Thread.onSpinWait();
            }
        }
    }
}
