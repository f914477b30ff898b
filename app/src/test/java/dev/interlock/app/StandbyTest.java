package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.NodeLock;
import dev.interlock.node.store.Engine;
import dev.interlock.protocol.error.InterlockException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One provider in several processes behind one address: one serves, and the next takes over where it is killed. */
@Timeout(240)
@Tag("long")
final class StandbyTest {
    /** A JVM starts, on a machine that does much else. */
    private static final Duration LIMIT = Duration.ofSeconds(100);

    @TempDir
    private Path dir;

    private final List<ProviderProcess> processes = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();

    @AfterEach
    void end() {
        over.set(true);
        processes.forEach(ProviderProcess::close);
    }

    private ProviderProcess process(Path node, int port) throws IOException {
        ProviderProcess started = new ProviderProcess(node, port, dir.resolve("log-" + port), "--standby");
        processes.add(started);
        return started;
    }

    @Test
    void theNextTakesOver() throws Exception {
        int free = TestRing.freePorts(2);
        List<Integer> ports = List.of(free, free + 1);
        try (TestRing ring = TestRing.start(
                dir, 2, 3, TestRing.PATIENT, name -> name.equals("cc1") ? Engine.POSTGRES_S3 : Engine.EMBEDDED)) {
            ring.stop("cc1");
            Path node = ring.node("cc1");
            int address = ring.descriptor().provider("cc1").orElseThrow().card().port();
            try (Balancer _ = new Balancer(address, ports)) {
                for (int port : ports) {
                    var _ = process(node, port);
                }
                Map<ObjectId, byte[]> put = new ConcurrentHashMap<>();
                Thread writer = Thread.ofVirtual().start(() -> write(ring, put));
                Await.until("puts go on", LIMIT, () -> put.size() >= 2);
                long pid = NodeLock.holder(node)
                        .orElseThrow()
                        .process()
                        .orElseThrow()
                        .pid();
                processes.stream()
                        .filter(each -> each.pid() == pid)
                        .findAny()
                        .orElseThrow()
                        .kill();
                int before = put.size();
                Await.until("puts go on", LIMIT, () -> put.size() >= before + 2);
                over.set(true);
                writer.join();
                // Whatever was acknowledged, by any of them, is there.
                put.forEach((object, bytes) ->
                        assertThat(ring.get(object, "cc1", "cc2")).isEqualTo(bytes));
            }
            assertThat(processes.stream().filter(ProviderProcess::isAlive).toList())
                    .hasSize(1);
            processes.stream()
                    .filter(ProviderProcess::isAlive)
                    .findAny()
                    .orElseThrow()
                    .stop();
            // One chain, by two processes.
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
