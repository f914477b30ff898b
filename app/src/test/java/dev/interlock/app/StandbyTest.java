package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.NodeLock;
import dev.interlock.node.store.Engine;
import dev.interlock.protocol.error.InterlockException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One provider in several processes behind one address: one serves, and the next takes over where it is killed, or told to end. */
@Timeout(240)
final class StandbyTest {
    /** A JVM starts, on a machine that does much else. */
    private static final Duration LIMIT = Duration.ofSeconds(100);

    @TempDir
    private Path dir;

    private final List<Process> processes = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();

    @AfterEach
    void end() {
        over.set(true);
        for (Process each : processes) {
            each.toHandle().destroyForcibly();
            each.onExit().orTimeout(30, TimeUnit.SECONDS).join();
        }
    }

    private Process process(Path node, int port) throws IOException {
        Process started = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "provider",
                        node.toString(),
                        "--standby",
                        "--listen",
                        "127.0.0.1:" + port)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(dir.resolve("log-" + port).toFile())
                .start();
        processes.add(started);
        return started;
    }

    /** Passes connections on to whichever of these ports takes them, as a balancer in front of machines does. */
    private void balance(ServerSocket front, List<Integer> ports) {
        while (!over.get()) {
            try {
                Socket client = front.accept();
                Thread.ofVirtual().start(() -> pass(client, ports));
            } catch (IOException e) {
                return; // it is over
            }
        }
    }

    private static void pass(Socket client, List<Integer> ports) {
        try (client) {
            for (int port : ports) {
                Socket server;
                try {
                    server = new Socket(InetAddress.getLoopbackAddress(), port);
                } catch (IOException e) {
                    continue; // this one doesn't serve
                }
                Thread back = Thread.ofVirtual().start(() -> copy(server, client));
                copy(client, server);
                back.join();
                return;
            }
        } catch (IOException e) {
            // It is closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to;
                InputStream in = from.getInputStream()) {
            in.transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One of them is gone, and the other with it.
        }
    }

    @Test
    void theNextTakesOver() throws Exception {
        int free = TestRing.freePorts(3);
        List<Integer> ports = List.of(free, free + 1, free + 2);
        try (TestRing ring = TestRing.start(
                dir, 2, 3, TestRing.PATIENT, name -> name.equals("cc1") ? Engine.POSTGRES_S3 : Engine.EMBEDDED)) {
            ring.stop("cc1");
            Path node = ring.node("cc1");
            try (ServerSocket front = new ServerSocket(
                    ring.descriptor().provider("cc1").orElseThrow().card().port(),
                    50,
                    InetAddress.getByName("127.0.0.1"))) {
                Thread.ofVirtual().start(() -> balance(front, ports));
                for (int port : ports) {
                    var _ = process(node, port);
                }
                Map<ObjectId, byte[]> put = new ConcurrentHashMap<>();
                Thread writer = Thread.ofVirtual().start(() -> write(ring, put));
                for (int round = 0; round < 2; round++) {
                    int before = put.size();
                    Await.until("puts go on", LIMIT, () -> put.size() >= before + 2);
                    long pid = NodeLock.holder(node)
                            .orElseThrow()
                            .process()
                            .orElseThrow()
                            .pid();
                    Process serving = processes.stream()
                            .filter(each -> each.pid() == pid)
                            .findAny()
                            .orElseThrow();
                    if (round == 0) {
                        serving.toHandle().destroyForcibly();
                    } else {
                        serving.destroy(); // as an operator who starts another version
                    }
                    serving.onExit().orTimeout(60, TimeUnit.SECONDS).join();
                }
                int before = put.size();
                Await.until("puts go on", LIMIT, () -> put.size() >= before + 2);
                over.set(true);
                writer.join();
                // Whatever was acknowledged, by any of the three, is there.
                put.forEach((object, bytes) ->
                        assertThat(ring.get(object, "cc1", "cc2")).isEqualTo(bytes));
            }
            assertThat(processes.stream().filter(Process::isAlive).toList()).hasSize(1);
            Process last = processes.stream().filter(Process::isAlive).findAny().orElseThrow();
            last.destroy();
            last.onExit().orTimeout(60, TimeUnit.SECONDS).join();
            // One chain, by three processes.
            var _ = InProcess.run(
                            "log",
                            "verify",
                            node,
                            "--ring",
                            ring.folder().path().resolve("ring"))
                    .expect(0);
        }
    }

    private void write(TestRing ring, Map<ObjectId, byte[]> put) {
        Interlock user = ring.owner();
        for (int i = 0; !over.get(); i++) {
            byte[] bytes = TestRing.random(i % 2 == 0 ? 100 : 200_000);
            try {
                ObjectId object = TestRing.put(user, bytes).object();
                put.put(object, bytes);
                assertThat(ring.get(object, "cc1", "cc3")).isEqualTo(bytes);
            } catch (InterlockException e) {
                // Its session ended with the process, or nobody serves yet: as who tries again.
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        }
    }
}
