package dev.interlock.app;

import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeLock;
import dev.interlock.node.dealer.DealerNode;
import dev.interlock.node.provider.ProviderNode;
import dev.interlock.node.store.SqliteStore;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;

/** What {@code interlock provider} and {@code interlock dealer} have in common. */
final class NodeCommands {
    private NodeCommands() {}

    static int init(Role role, Path dir, String name, String address) {
        NodeFolder folder = NodeFolder.init(dir, role, name, address, new SecureRandom(), Instant.now());
        System.out.print(new String(folder.cardDocument(), StandardCharsets.UTF_8));
        System.err.println(
                "The card above is in " + dir.resolve("card") + ". It is public: give it to whoever assembles"
                        + " the ring. Everything else in " + dir + " stays here.");
        return 0;
    }

    static int join(Role role, Path dir, Path descriptor) {
        NodeFolder folder = open(role, dir);
        try {
            RingDescriptor ring = folder.join(Files.readAllBytes(descriptor));
            System.out.println(folder.card().name() + " joined the ring " + ring.name() + " (" + ring.id() + "), epoch "
                    + ring.epoch());
            return 0;
        } catch (IOException e) {
            throw new BadInputException(
                    "can't read " + descriptor + ": " + e.getClass().getSimpleName());
        }
    }

    static int allow(Role role, Path dir, String name, String key) {
        NodeFolder folder = open(role, dir);
        folder.allow(name, key);
        System.out.println(folder.card().name() + " serves " + name + " from now on");
        return 0;
    }

    /** Runs a node until the process is told to end. */
    static int run(Role role, Path dir, double stallSeconds) throws InterruptedException {
        NodeFolder folder = open(role, dir);
        Deadlines deadlines = Deadlines.stallAfter(Duration.ofMillis((long) (stallSeconds * 1000)));
        CountDownLatch ended = new CountDownLatch(1);
        try (NodeLock _ = NodeLock.take(dir);
                AutoCloseable _ = start(folder, deadlines)) {
            Thread main = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                ended.countDown();
                try {
                    main.join(Duration.ofSeconds(10));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            ended.await();
            return 0;
        } catch (InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    static AutoCloseable start(NodeFolder folder, Deadlines deadlines) {
        SecureRandom random = new SecureRandom();
        Clock clock = Clock.systemUTC();
        return switch (folder.card().role()) {
            case PROVIDER -> {
                ProviderNode node = new ProviderNode(
                        folder,
                        SqliteStore.open(folder.path().resolve("store"), random, clock),
                        random,
                        deadlines,
                        clock);
                node.start();
                yield node;
            }
            case DEALER -> {
                DealerNode node = new DealerNode(folder, random, deadlines, clock);
                node.start();
                yield node;
            }
        };
    }

    private static NodeFolder open(Role role, Path dir) {
        NodeFolder folder = NodeFolder.open(dir);
        if (folder.card().role() != role) {
            throw new BadInputException(dir + " is the folder of a "
                    + folder.card().role() + ": use `interlock " + folder.card().role() + "`");
        }
        return folder;
    }
}
