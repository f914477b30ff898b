package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.Profile;
import dev.interlock.node.NodeLock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A ring that is stopped while other processes wait for its nodes' end. */
@Timeout(240)
@Tag("long")
final class RingDownTest {
    @TempDir
    private Path dir;

    private final List<ProviderProcess> processes = new ArrayList<>();

    @AfterEach
    void end() {
        processes.forEach(ProviderProcess::close);
    }

    private ProviderProcess process(Path node, int port) throws IOException {
        ProviderProcess started = new ProviderProcess(node, port, dir.resolve("log-" + processes.size()), "--standby");
        processes.add(started);
        return started;
    }

    @Test
    void whoWaitsIsEndedFirst() throws Exception {
        int port = TestRing.freePorts(4);
        RingFolder ring = RingFolder.create(dir.resolve("ring"), "test", 2, 3, 1, port, EnumSet.of(Profile.BLINDED));
        Path node = ring.path().resolve("cc1");
        ProviderProcess serving = process(node, port);
        Await.until(
                "the first serves",
                () -> NodeLock.holder(node).flatMap(NodeLock.Holder::process).isPresent());
        ProviderProcess waiting = process(node, port);
        Await.until("the second waits", () -> waiting.log().contains("this one waits for its end"));
        Cli.Result down = InProcess.run("ring", "down", ring.path());

        assertThat(down.expect(0).text()).contains("1 node of");
        assertThat(serving.isAlive()).isFalse();
        assertThat(waiting.isAlive()).isFalse();
        assertThat(NodeLock.isHeld(node)).isFalse();
    }
}
