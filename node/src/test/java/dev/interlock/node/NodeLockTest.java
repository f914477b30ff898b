package dev.interlock.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process is known by the lock that it holds, never by a number alone. */
@Timeout(240)
final class NodeLockTest {
    @TempDir
    Path folder;

    /** What only another process can do: hold a lock, say so, and wait to be ended. */
    public static void main(String[] args) throws Exception {
        try (NodeLock _ = NodeLock.take(Path.of(args[0]))) {
            System.out.println("held");
            int _ = System.in.read();
        }
    }

    private Process holding() throws IOException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        NodeLockTest.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(child.inputReader().lines().anyMatch("held"::equals)).isTrue();
        return child;
    }

    @Test
    void theHolderIsNamedWhileItHolds() throws Exception {
        assertThat(NodeLock.holder(folder)).isEmpty();
        Process child = holding();
        try {
            NodeLock.Holder holder = NodeLock.holder(folder).orElseThrow();
            assertThat(holder.process())
                    .hasValueSatisfying(p -> assertThat(p.pid()).isEqualTo(child.pid()));
            assertThat(holder.instance()).matches("[0-9a-f]{16}").isNotEqualTo(NodeLock.instance());
            assertThat(folder.resolve("pid")).hasContent(child.pid() + "\n");
        } finally {
            child.getOutputStream().close();
            assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(NodeLock.holder(folder)).isEmpty();
        assertThat(folder.resolve("pid")).doesNotExist();
    }

    /** As {@code ring up} does, until the nodes that it started answer. */
    @Test
    void whoOnlyAsksKeepsNobodyFromTakingIt() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong asked = new AtomicLong();
        Thread asking = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                boolean _ = NodeLock.isHeld(folder);
                asked.incrementAndGet();
            }
        });
        try {
            while (asked.get() < 2000) {
                NodeLock.take(folder).close();
            }
        } finally {
            over.set(true);
            asking.join();
        }
    }

    @Test
    void whoServedBeforeSaysNothingOfWhoStarts() throws Exception {
        assertThat(NodeLock.lastServing(folder)).isEmpty();
        try (NodeLock lock = NodeLock.take(folder)) {
            assertThat(NodeLock.lastServing(folder)).isEmpty();
            lock.sayServes();
            assertThat(NodeLock.lastServing(folder)).contains(NodeLock.instance());
        }
        // As a process leaves it that was killed: it's known by nobody holding the lock.
        assertThat(NodeLock.lastServing(folder)).contains(NodeLock.instance());
        assertThat(NodeLock.holder(folder)).isEmpty();
        Process child = holding();
        try {
            assertThat(NodeLock.lastServing(folder)).isEmpty();
            assertThat(NodeLock.holder(folder)).isPresent();
        } finally {
            child.getOutputStream().close();
            assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aNumberThatIsSomebodyElsesIsNotBelieved() throws Exception {
        Process child = holding();
        try {
            // As a restored backup or a copy over the folder leaves it: this very process, which doesn't hold the lock.
            String other = String.format("%-20d %s\n", ProcessHandle.current().pid(), "0".repeat(16));
            Files.writeString(folder.resolve("lock"), other);
            NodeLock.Holder holder = NodeLock.holder(folder).orElseThrow();
            assertThat(holder.process()).isEmpty();
        } finally {
            child.getOutputStream().close();
            assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
