package dev.interlock.app;

import dev.interlock.core.field.FieldKernels;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeLock;
import dev.interlock.node.StoreProblems;
import dev.interlock.node.UserList;
import dev.interlock.node.dealer.DealerNode;
import dev.interlock.node.dealer.Noise;
import dev.interlock.node.login.Tickets;
import dev.interlock.node.provider.ProviderNode;
import dev.interlock.node.store.StoreException;
import dev.interlock.node.store.StoreMigration;
import dev.interlock.node.store.Stores;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.file.FileProblem;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
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

    /** What a copy takes of a disk and a network that serve a provider. */
    private static final int MEGABYTES = 32;

    private static final int MOST_MEGABYTES = 100_000;

    private final Role role;

    @Parameters(paramLabel = "DIR", arity = "0..1", description = "the node's folder")
    private @Nullable Path dir;

    @Option(
            names = "--stall",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "how long another node may be silent (default: ${DEFAULT-VALUE})")
    private double stall;

    @Option(
            names = "--noise",
            paramLabel = "FILE",
            description =
                    "for dealing: another noise source beside the kernel and the processor's timing, as /dev/hwrng;"
                            + " may be given again")
    private List<Path> noise = List.of();

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "where to listen, where that isn't the address at which others reach it: behind NAT, in a"
                    + " container; 0.0.0.0:PORT or [::]:PORT for all addresses (default: what `init --listen` said, or the"
                    + " card's address)")
    private @Nullable String listen;

    @Option(
            names = "--standby",
            description =
                    "where another process runs this node, or as many as may, wait until one has ended, however it did,"
                            + " and go on in its place")
    private boolean standby;

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
        if (role != Role.PROVIDER) {
            command.getCommandSpec().removeSubcommand("migrate-store");
        }
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
            @Parameters(paramLabel = "DIR", description = "a new folder") Path folder,
            @Option(names = "--name", paramLabel = "NAME", required = true, description = "its name in the ring")
                    String name,
            @Option(
                            names = "--address",
                            required = true,
                            paramLabel = "HOST:PORT",
                            description = "where others reach it")
                    String address,
            @Option(
                            names = "--listen",
                            paramLabel = "HOST:PORT",
                            description = "where it listens, where that isn't the address at which others reach it")
                    @Nullable
                    String listening) {
        NodeFolder made = NodeFolder.init(folder, role, name, address, new SecureRandom(), Instant.now());
        if (listening != null) {
            made.keepListening(listening);
        }
        System.out.print(new String(made.cardDocument(), StandardCharsets.UTF_8));
        Screen.hint("The card above is in " + folder.resolve("card") + ". It is public: give it to whoever assembles"
                + " the ring. Everything else in " + folder + " stays here.");
        return 0;
    }

    @Command(
            name = "readdress",
            description =
                    "Makes the node's card anew, with another address, for `ring change --moved` or `ring assemble`.")
    int readdress(
            @Parameters(paramLabel = "DIR", description = "the node's folder") Path folder,
            @Option(
                            names = "--address",
                            required = true,
                            paramLabel = "HOST:PORT",
                            description = "where others reach it from now on")
                    String address,
            @Option(
                            names = "--listen",
                            paramLabel = "HOST:PORT",
                            description = "where it listens, where that isn't the address at which others reach it")
                    @Nullable
                    String listening) {
        NodeFolder moved = open(folder).readdress(address);
        if (listening != null) {
            moved.keepListening(listening);
        }
        System.out.print(new String(moved.cardDocument(), StandardCharsets.UTF_8));
        System.err.println("The card above is in " + folder.resolve("card") + ". Once the ring's next descriptor has it"
                + " (`interlock ring change --moved CARD`): `interlock " + role + " join " + folder
                + " RING`, and restart the node.");
        return 0;
    }

    @Command(name = "join", description = "Has the node serve the ring of a descriptor that names it.")
    int join(
            @Parameters(paramLabel = "DIR", description = "the node's folder") Path folder,
            @Parameters(paramLabel = "RING", description = "the descriptor of `interlock ring assemble`")
                    Path descriptor) {
        NodeFolder node = open(folder);
        try {
            RingDescriptor ring = node.join(SmallFile.readDocument(descriptor));
            System.out.println(node.card().name() + " joined the ring " + ring.name() + " (" + ring.id() + "), epoch "
                    + ring.epoch());
            return 0;
        } catch (IOException e) {
            throw new BadInputException("can't read " + FileProblem.at(descriptor, e));
        }
    }

    @Command(name = "allow", description = "Lets a user in. A running node serves it at once.")
    int allow(
            @Parameters(paramLabel = "DIR", description = "the node's folder") Path folder,
            @Parameters(paramLabel = "NAME", description = "what the operator calls the user") String name,
            @Parameters(
                            paramLabel = "LINE",
                            arity = "1..2",
                            description =
                                    "the line for this node of `interlock credential show`: the node's name, and a key")
                    List<String> line) {
        NodeFolder node = open(folder);
        List<String> words = line.stream()
                .flatMap(each -> Stream.of(each.strip().split("\\s+")))
                .toList();
        if (words.size() > 2) {
            throw new BadInputException("one line for one node: its name and a key, not " + words.size() + " words");
        }
        String self = node.card().name();
        if (words.size() == 2 && !words.getFirst().equals(self)) {
            throw new BadInputException("this key is for " + words.getFirst() + ", and " + folder + " is " + self
                    + ": a user has another key for each node, so " + self + " needs the line that begins with "
                    + self);
        }
        if (words.size() == 1) {
            System.err.println("interlock: whether this key is meant for " + self
                    + " isn't known: the whole line of `interlock credential show` would tell");
        }
        node.allow(name, words.getLast());
        System.out.println(self + " serves " + name + " from now on");
        return 0;
    }

    @Command(
            name = "ticket",
            description = "Lets one user be enrolled under a name, within a week: prints the node's line of the tickets"
                    + " that `user create` takes.")
    int ticket(
            @Parameters(paramLabel = "DIR", description = "the node's folder") Path folder,
            @Parameters(paramLabel = "NAME", description = "the name that the user is to have in the ring")
                    String name) {
        NodeFolder node = open(folder);
        System.out.println(node.card().name() + " "
                + new Tickets(node).issue(LoginOptions.name(name), new SecureRandom(), Instant.now()));
        return 0;
    }

    @Command(
            name = "deny",
            description = "Serves a user no longer. What is stored for them stays; a running node follows.")
    int deny(
            @Parameters(paramLabel = "DIR", description = "the node's folder") Path folder,
            @Parameters(paramLabel = "NAME", description = "as `users` lists it; or one key, as ed25519:…")
                    String name) {
        NodeFolder node = open(folder);
        List<UserList.User> removed = new UserList(node).remove(name);
        if (removed.isEmpty()) {
            throw new BadInputException(node.card().name() + " serves nobody of the name or key " + name
                    + "; `interlock " + role + " users " + folder + "` lists whom it serves");
        }
        removed.forEach(user ->
                System.out.println(node.card().name() + " serves " + user.name() + " (" + user.key() + ") no longer"));
        return 0;
    }

    @Command(name = "users", description = "Lists whom the node serves.")
    int users(
            @Parameters(paramLabel = "DIR", description = "the node's folder") Path folder,
            @Option(names = "--json", description = "for programs") boolean json) {
        List<Map<String, String>> rows = new UserList(open(folder))
                .all().stream()
                        .map(user ->
                                Map.of("name", user.name(), "key", user.key().toString()))
                        .toList();
        if (json) {
            System.out.println(Output.json(rows));
        } else {
            rows.forEach(row -> System.out.println(row.get("name") + " " + row.get("key")));
        }
        return 0;
    }

    @Command(
            name = "migrate-store",
            description =
                    "Moves what a provider stores from where it is to other engines, while the provider doesn't run:"
                            + " copies everything, compares every row and opens every blob, then erases the old store. Broken off,"
                            + " it goes on when the command is repeated; until it is done the old store serves. With --ahead it copies"
                            + " sealed blobs, and nothing else, while the provider runs; what is left is then quicker.")
    int migrateStore(
            @Parameters(paramLabel = "DIR", description = "the node's folder") Path folder,
            @Option(
                            names = "--to",
                            paramLabel = "ADDRESS",
                            required = true,
                            description =
                                    "postgresql://HOST/DATABASE?user=NAME&schema=NAME for rows, s3://BUCKET/PREFIX for"
                                            + " blobs, which may be given together; what isn't named comes into the node's folder,"
                                            + " and all of it with `folder`")
                    List<String> to,
            @Option(
                            names = "--ahead",
                            description =
                                    "copies blobs beside the running provider; repeat it until few are new, then stop"
                                            + " the provider and move without it")
                    boolean ahead,
            @Option(
                            names = "--rate",
                            paramLabel = "MB",
                            description = "megabytes a second with --ahead at most; " + MEGABYTES + " unless given")
                    @Nullable
                    Double rate) {
        NodeFolder node = open(folder);
        String name = node.card().name();
        List<String> addresses = to.equals(List.of("folder")) ? List.of() : to;
        String place = addresses.isEmpty() ? folder.toString() : String.join(" and ", addresses);
        if (rate != null && !(ahead && rate > 0 && rate <= MOST_MEGABYTES)) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "--rate is for --ahead, more than 0 and at most " + MOST_MEGABYTES + " megabytes a second");
        }
        try {
            if (ahead) {
                StoreMigration.Ahead done = StoreMigration.ahead(
                        folder,
                        addresses,
                        (long) Math.ceil((rate == null ? MEGABYTES : rate) * 1e6),
                        new SecureRandom(),
                        Clock.systemUTC(),
                        new MigrationLines());
                System.out.printf(
                        Locale.ROOT,
                        "copied %d blobs of %s ahead (%.1f MB); %d were there, %d that are no more were removed%n",
                        done.copied(),
                        name,
                        done.bytes() / 1e6,
                        done.there(),
                        done.removed());
                return 0;
            }
            long begun = System.nanoTime();
            StoreMigration.Moved moved;
            try (NodeLock _ = NodeLock.takeAlone(folder)) {
                moved = StoreMigration.run(
                        folder, addresses, new SecureRandom(), Clock.systemUTC(), new MigrationLines());
            }
            System.out.printf(
                    Locale.ROOT,
                    "the store of %s is in %s; %s stood still for it for %.1f s (%d blobs, %d of them copied)%n",
                    name,
                    place,
                    name,
                    (System.nanoTime() - begun) / 1e9,
                    moved.blobs(),
                    moved.copied());
            return 0;
        } catch (StoreException e) {
            throw StoreProblems.known(name, e);
        }
    }

    /** A line for each step, and for each that takes long another one every ten seconds. */
    private static final class MigrationLines implements StoreMigration.Progress {
        private static final Duration EVERY = Duration.ofSeconds(10);

        private String last = "";
        private long said;

        @Override
        public void at(String what, long count) {
            long now = System.nanoTime();
            if (!what.equals(last)) {
                Screen.hint(what);
            } else if (now - said > EVERY.toNanos()) {
                Screen.hint(what + ": " + count);
            } else {
                return;
            }
            last = what;
            said = now;
        }
    }

    private static boolean deals(NodeFolder folder) {
        String name = folder.card().name();
        return folder.ring().dealers().stream().anyMatch(dealer -> dealer.name().equals(name));
    }

    /** The same as the command, for a caller that has its options already. @return the exit code */
    static int run(Role role, Path folder, double stallSeconds) throws InterruptedException {
        return new NodeCommand(role).run(folder, stallSeconds);
    }

    /** Runs a node until the process is told to end. */
    private int run(Path folder, double stallSeconds) throws InterruptedException {
        NodeFolder seen = open(folder);
        int most = seen.mostProcesses();
        if (standby && most == 1 && NodeLock.isHeld(folder)) {
            Screen.hint(seen.card().name() + " runs in another process; this one waits for its end");
        }
        Deadlines deadlines = Deadlines.stallAfter(Duration.ofMillis((long) (stallSeconds * 1000)));
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        try (NodeLock.Numbered lock = lock(folder, most);
                LogRotation _ = LogRotation.start(seen.asProcess(lock.number()).own(""));
                // What the folder says now, which may be another thing than before a wait.
                Running node = start(
                        (listen == null ? open(folder) : open(folder).listening(listen)).asProcess(lock.number()),
                        deadlines,
                        noise)) {
            // It can't wait for the end of this thread, which itself waits for the hooks to leave the process.
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                told.countDown();
                try {
                    var _ = closed.await(CLOSE_SECONDS, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            if (node.isWell().getAsBoolean()) {
                lock.lock().sayServes();
            }
            told.await();
        } catch (StoreException e) {
            throw StoreProblems.known(seen.card().name(), e);
        } catch (InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            closed.countDown();
        }
        return 0;
    }

    private NodeLock.Numbered lock(Path folder, int most) throws InterruptedException {
        return most > 1
                ? NodeLock.takeNumbered(folder, most, standby)
                : new NodeLock.Numbered(1, standby ? NodeLock.await(folder) : NodeLock.take(folder));
    }

    /** The others go on without this process: nothing of it may leave any more, as if it had been killed. */
    private static void lost() {
        Screen.hint(
                "the other processes of this provider have taken this one for dead: it was silent for too long. Start"
                        + " it again");
        Runtime.getRuntime().halt(1);
    }

    /** A node that serves. */
    private record Running(Runnable end, BooleanSupplier isWell) implements AutoCloseable {
        @Override
        public void close() {
            end.run();
        }
    }

    private static Running start(NodeFolder folder, Deadlines deadlines, List<Path> noise) throws InterruptedException {
        SecureRandom random = new SecureRandom();
        Clock clock = Clock.systemUTC();
        return switch (folder.card().role()) {
            case PROVIDER -> {
                ProviderNode node = new ProviderNode(
                        folder,
                        folder.auditLog(clock),
                        Stores.of(folder.path(), folder.member(NodeCommand::lost), random, clock),
                        FieldKernels.chosen(),
                        random,
                        deadlines,
                        clock);
                if (deals(folder)) {
                    node.deal(FieldKernels.chosen(), Noise.start(noise));
                }
                node.start();
                yield new Running(node::close, node::isWell);
            }
            case DEALER -> {
                DealerNode node = new DealerNode(
                        folder, folder.auditLog(clock), FieldKernels.chosen(), Noise.start(noise), deadlines, clock);
                node.start();
                yield new Running(node::close, node::isWell);
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
