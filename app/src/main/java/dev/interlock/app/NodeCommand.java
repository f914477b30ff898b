package dev.interlock.app;

import dev.interlock.core.field.FieldKernels;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeLock;
import dev.interlock.node.dealer.DealerNode;
import dev.interlock.node.dealer.Noise;
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
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock provider …} and {@code interlock dealer …}: one node, by its operator. */
@Command(mixinStandardHelpOptions = true)
final class NodeCommand implements Callable<Integer> {
    /** How long a node that is told to end has for what it is at. */
    static final int CLOSE_SECONDS = 10;

    private final Role role;

    @Parameters(paramLabel = "DIR", arity = "0..1", description = "the node's folder")
    private @Nullable Path dir;

    @Option(
            names = "--stall",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "longest silence of another node (default: ${DEFAULT-VALUE})")
    private double stall;

    @Option(
            names = "--noise",
            paramLabel = "FILE",
            description =
                    "for dealing: another noise source beside the kernel and the processor's timing, as /dev/hwrng;"
                            + " may be given again")
    private List<Path> noise = List.of();

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    private NodeCommand(Role role) {
        this.role = role;
    }

    /** The command for nodes of this role, under its name. */
    static CommandLine of(Role role) {
        CommandLine command = new CommandLine(new NodeCommand(role));
        command.getCommandSpec()
                .name(role.toString())
                .usageMessage()
                .description("Runs one " + role + " in the foreground, or prepares its folder.");
        return command;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (dir == null) {
            throw new CommandLine.ParameterException(spec.commandLine(), "which folder?");
        }
        if (!noise.isEmpty() && !deals(open(dir))) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--noise is for those that deal, and this provider doesn't in its ring");
        }
        return run(dir, stall);
    }

    @Command(name = "init", description = "Makes a node's keys in a new folder and prints its public card.")
    int init(
            @Parameters(paramLabel = "DIR") Path folder,
            @Option(names = "--name", required = true, description = "its name in the ring") String name,
            @Option(
                            names = "--address",
                            required = true,
                            paramLabel = "HOST:PORT",
                            description = "where others reach it")
                    String address) {
        NodeFolder made = NodeFolder.init(folder, role, name, address, new SecureRandom(), Instant.now());
        System.out.print(new String(made.cardDocument(), StandardCharsets.UTF_8));
        System.err.println(
                "The card above is in " + folder.resolve("card") + ". It is public: give it to whoever assembles"
                        + " the ring. Everything else in " + folder + " stays here.");
        return 0;
    }

    @Command(name = "join", description = "Has the node serve the ring of a descriptor that names it.")
    int join(
            @Parameters(paramLabel = "DIR") Path folder,
            @Parameters(paramLabel = "RING", description = "the descriptor of `interlock ring assemble`")
                    Path descriptor) {
        NodeFolder node = open(folder);
        try {
            RingDescriptor ring = node.join(Files.readAllBytes(descriptor));
            System.out.println(node.card().name() + " joined the ring " + ring.name() + " (" + ring.id() + "), epoch "
                    + ring.epoch());
            return 0;
        } catch (IOException e) {
            throw new BadInputException(
                    "can't read " + descriptor + ": " + e.getClass().getSimpleName());
        }
    }

    @Command(name = "allow", description = "Lets a user in.")
    int allow(
            @Parameters(paramLabel = "DIR") Path folder,
            @Parameters(paramLabel = "NAME", description = "what the operator calls the user") String name,
            @Parameters(paramLabel = "KEY", description = "the line for this node of `interlock credential show`")
                    String key) {
        NodeFolder node = open(folder);
        node.allow(name, key);
        System.out.println(node.card().name() + " serves " + name + " from now on");
        return 0;
    }

    private static boolean deals(NodeFolder folder) {
        return folder.ring().dealers().contains(folder.card());
    }

    /** Runs a node until the process is told to end. */
    private int run(Path folder, double stallSeconds) throws InterruptedException {
        NodeFolder node = open(folder);
        Deadlines deadlines = Deadlines.stallAfter(Duration.ofMillis((long) (stallSeconds * 1000)));
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        try (NodeLock _ = NodeLock.take(folder);
                LogRotation _ = LogRotation.start(folder);
                AutoCloseable _ = start(node, deadlines, noise)) {
            // It can't wait for the end of this thread, which itself waits for the hooks to leave the process.
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                told.countDown();
                try {
                    var _ = closed.await(CLOSE_SECONDS, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            told.await();
        } catch (InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            closed.countDown();
        }
        return 0;
    }

    static AutoCloseable start(NodeFolder folder, Deadlines deadlines, List<Path> noise) throws InterruptedException {
        SecureRandom random = new SecureRandom();
        Clock clock = Clock.systemUTC();
        return switch (folder.card().role()) {
            case PROVIDER -> {
                ProviderNode node = new ProviderNode(
                        folder,
                        folder.auditLog(clock),
                        SqliteStore.open(folder.path().resolve("store"), random, clock),
                        FieldKernels.chosen(),
                        random,
                        deadlines,
                        clock);
                if (deals(folder)) {
                    node.deal(FieldKernels.chosen(), Noise.start(noise));
                }
                node.start();
                yield node;
            }
            case DEALER -> {
                DealerNode node = new DealerNode(
                        folder, folder.auditLog(clock), FieldKernels.chosen(), Noise.start(noise), deadlines, clock);
                node.start();
                yield node;
            }
        };
    }

    private NodeFolder open(Path dir) {
        NodeFolder folder = NodeFolder.open(dir);
        if (folder.card().role() != role) {
            throw new BadInputException(dir + " is the folder of a "
                    + folder.card().role() + ": use `interlock " + folder.card().role() + "`");
        }
        return folder;
    }
}
