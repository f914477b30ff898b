package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Profile;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.login.Tickets;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock ring …}: a ring on one machine, and the descriptor of any ring. */
@Command(
        name = "ring",
        description = "Makes a ring, starts and stops one on this machine, shows its state.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class RingCommand implements Runnable {
    /** With a node that `status` asks: a machine under load is no failure. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "which one? `interlock ring --help` lists them");
    }

    @Command(
            name = "create",
            description = "Makes keys, certificates, descriptor and a folder a node, on this machine.")
    int create(
            @Parameters(paramLabel = "DIR", description = "a new folder") Path dir,
            @Option(
                            names = "-n",
                            paramLabel = "N",
                            defaultValue = "5",
                            description = "how many providers (default: ${DEFAULT-VALUE})")
                    int n,
            @Option(
                            names = "-t",
                            paramLabel = "T",
                            defaultValue = "3",
                            description = "how many open an object (default: ${DEFAULT-VALUE})")
                    int t,
            @Option(
                            names = "--dealers",
                            defaultValue = "1",
                            paramLabel = "COUNT|NAMES",
                            description =
                                    "how many dealers (default: ${DEFAULT-VALUE}), or which providers deal instead,"
                                            + " as cc1,cc2,cc3: at least t of them")
                    String dealers,
            @Option(
                            names = "--name",
                            paramLabel = "NAME",
                            defaultValue = "ring",
                            description = "the ring's name (default: ${DEFAULT-VALUE})")
                    String name,
            @Option(
                            names = "--allow-published",
                            description = "let users choose the published profile too, which leaks: for study")
                    boolean allowPublished,
            @Option(
                            names = "--base-port",
                            paramLabel = "PORT",
                            defaultValue = "0",
                            description = "first of the nodes' ports (default: ports that are free now)")
                    int basePort,
            @Option(
                            names = "--credential",
                            paramLabel = "FILE",
                            description =
                                    "a credential that you have, for objects that are to move here (default: a new one)")
                    @Nullable
                    Path credential) {
        if (credential != null) {
            // Before anything is made.
            CredentialFile.read(credential).close();
        }
        boolean counted = dealers.matches("-?[0-9]{1,4}");
        RingFolder folder = RingFolder.create(
                dir,
                name,
                t,
                n,
                counted ? Integer.parseInt(dealers) : 0,
                counted ? List.of() : names(dealers),
                basePort,
                profiles(allowPublished));
        if (credential != null) {
            RingFolder _ = folder.takeCredential(credential);
        }
        System.out.println("ring " + folder.descriptor().id() + ": any " + t + " of " + n
                + " providers open an object, " + (t - 1) + " learn nothing");
        tellDealers(folder.descriptor());
        Screen.hint("Start it:  interlock ring up " + dir);
        Screen.hint("Use it:    export INTERLOCK_RING=" + dir.toAbsolutePath());
        return 0;
    }

    private static List<String> names(String commas) {
        return commas.isEmpty() ? List.of() : List.of(commas.split(",", -1));
    }

    /** On whom all rests, where that isn't one dealer. */
    private static void tellDealers(RingDescriptor ring) {
        List<String> dealers = ring.dealers().stream().map(NodeCard::name).toList();
        if (dealers.size() == 1) {
            return;
        }
        System.out.println("dealers: " + String.join(", ", dealers) + "; the pads are the sums of what they all deal");
        if (ring.dealtByProviders()) {
            System.out.println("There's no trusted third party left: fewer than "
                    + ring.threshold().t() + " providers never know a pad");
        }
    }

    private static Set<Profile> profiles(boolean allowPublished) {
        return allowPublished ? EnumSet.allOf(Profile.class) : Set.of(Profile.BLINDED);
    }

    @Command(
            name = "ticket",
            description =
                    "Lets one user be enrolled under a name, within a week: prints the tickets of all nodes of a ring"
                            + " that is a folder of this machine.")
    int ticket(
            @Parameters(paramLabel = "DIR", description = "the ring's folder") Path dir,
            @Parameters(paramLabel = "NAME", description = "the name that the user is to have in the ring")
                    String name) {
        for (Path node : RingFolder.open(dir).nodes()) {
            NodeFolder folder = NodeFolder.open(node);
            System.out.println(folder.card().name() + " "
                    + new Tickets(folder).issue(LoginOptions.name(name), new SecureRandom(), Instant.now()));
        }
        return 0;
    }

    @Command(name = "assemble", description = "Makes a ring's signed descriptor from the cards of its nodes.")
    int assemble(
            @Parameters(paramLabel = "CARD", arity = "1..*", description = "the card files of all nodes")
                    List<Path> cards,
            @Option(names = "-t", paramLabel = "T", required = true, description = "how many providers open an object")
                    int t,
            @Option(
                            names = "--allow-published",
                            description = "let users choose the published profile too, which leaks: for study")
                    boolean allowPublished,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FILE",
                            defaultValue = "ring",
                            description = "the descriptor's file (default: ${DEFAULT-VALUE})")
                    Path output,
            @Option(
                            names = "--key",
                            paramLabel = "FILE",
                            defaultValue = "ring.key",
                            description = "a new file for the ring's secret signing key (default: ${DEFAULT-VALUE})")
                    Path key,
            @Option(
                            names = "--dealing",
                            paramLabel = "NAMES",
                            defaultValue = "",
                            description =
                                    "providers that deal as well, as cc1,cc2,cc3; at least t of them where there's"
                                            + " no dealer's card")
                    String dealing,
            @Option(
                            names = "--name",
                            paramLabel = "NAME",
                            defaultValue = "ring",
                            description = "the ring's name (default: ${DEFAULT-VALUE})")
                    String name)
            throws IOException {
        List<NodeCard> opened = cards(cards);
        for (Path file : List.of(output, key)) {
            if (Files.exists(file)) {
                throw new BadInputException(file + " exists; it isn't overwritten");
            }
        }
        byte[] descriptor =
                RingFolder.assemble(key, name, t, profiles(allowPublished), opened, names(dealing), new SecureRandom());
        DurableFile.writeNew(output, DurableFile.Access.EVERYONE, descriptor);
        RingDescriptor ring = RingDescriptor.open(descriptor);
        System.out.println("ring " + ring.id() + ": any " + t + " of "
                + ring.threshold().n() + " providers, descriptor in " + output);
        tellDealers(ring);
        System.err.println("interlock: " + key
                + " is the ring's secret key: whoever has it decides who is in the ring's next epochs; whoever loses it can"
                + " never change the ring again. Keep it offline, and a copy of it.");
        Screen.hint("Every node's operator now runs:  interlock provider join DIR " + output + "   (or: dealer join)");
        return 0;
    }

    @Command(
            name = "add",
            description = {
                "Has a new provider join a ring on this machine: the ring's next epoch. Running nodes are restarted, one by one;",
                "`interlock follow --all` then brings the objects into it."
            })
    int add(
            @Parameters(paramLabel = "DIR", description = "the folder of `ring create`") Path dir,
            @Parameters(paramLabel = "NAME", arity = "0..1", description = "the new one's (default: the next ccI)")
                    @Nullable
                    String name,
            @Option(
                            names = "-t",
                            paramLabel = "T",
                            description = "how many open an object from now on (default: as before)")
                    @Nullable
                    Integer t)
            throws InterruptedException {
        RingFolder folder = RingFolder.open(dir);
        return change(folder, t, List.of(name == null ? nextName(folder.descriptor()) : name), Set.of());
    }

    @Command(
            name = "replace",
            description = {
                "Has a new provider take another one's place in a ring on this machine: the ring's next epoch. What the old one",
                "has stays there, and serves, until `interlock follow --all` has brought the objects into the new epoch."
            })
    int replace(
            @Parameters(paramLabel = "DIR", description = "the folder of `ring create`") Path dir,
            @Parameters(paramLabel = "OLD", description = "the provider that leaves") String old,
            @Parameters(paramLabel = "NAME", arity = "0..1", description = "the new one's (default: the next ccI)")
                    @Nullable
                    String name)
            throws InterruptedException {
        RingFolder folder = RingFolder.open(dir);
        RingDescriptor ring = folder.descriptor();
        return change(folder, null, List.of(name == null ? nextName(ring) : name), Set.of(leaving(ring, old)));
    }

    @Command(
            name = "retire",
            description = {
                "Has a provider leave a ring on this machine: the ring's next epoch. What it has stays there, and serves, until",
                "`interlock follow --all` has brought the objects into the new epoch; then it can be switched off."
            })
    int retire(
            @Parameters(paramLabel = "DIR", description = "the folder of `ring create`") Path dir,
            @Parameters(paramLabel = "NAME", description = "the provider that leaves") String name,
            @Option(
                            names = "-t",
                            paramLabel = "T",
                            description = "how many open an object from now on (default: as before)")
                    @Nullable
                    Integer t)
            throws InterruptedException {
        RingFolder folder = RingFolder.open(dir);
        return change(folder, t, List.of(), Set.of(leaving(folder.descriptor(), name)));
    }

    private static String leaving(RingDescriptor ring, String name) {
        return ring.provider(name)
                .orElseThrow(() -> new BadInputException("the ring " + ring.name() + " has no provider " + name
                        + "; it has "
                        + ring.providers().stream().map(Provider::name).collect(Collectors.joining(", "))))
                .name();
    }

    private static String nextName(RingDescriptor ring) {
        int next = ring.everyProvider().stream()
                        .mapToInt(provider -> provider.x().x())
                        .max()
                        .orElse(0)
                + 1;
        return "cc" + next;
    }

    @Command(
            name = "move",
            description = {
                "Gives a node of a ring on this machine another port: the ring's next epoch. Running nodes are restarted, one by",
                "one. Objects stay where they are."
            })
    int move(
            @Parameters(paramLabel = "DIR", description = "the folder of `ring create`") Path dir,
            @Parameters(paramLabel = "NAME", description = "the node") String name,
            @Option(
                            names = "--port",
                            paramLabel = "PORT",
                            defaultValue = "0",
                            description = "the new port (default: one that is free now)")
                    int port)
            throws InterruptedException {
        RingFolder folder = RingFolder.open(dir);
        try (RingFolder.Turn _ = folder.awaitTurn()) {
            RingDescriptor next = folder.move(name, port);
            System.out.println("ring " + next.id() + ", epoch " + next.epoch() + ": " + name + " is at "
                    + next.node(name).orElseThrow().address());
            if (restart(folder, next) == 0) {
                System.err.println("Start it:           interlock ring up " + folder.path());
            }
            return 0;
        }
    }

    /** One after the other: t providers are there at any time. @return how many ran */
    private static int restart(RingFolder folder, RingDescriptor ring) throws InterruptedException {
        int restarted = 0;
        for (NodeCard card : ring.nodes().toList()) {
            NodeProcess node = new NodeProcess(folder.node(card));
            if (NodeProcess.stop(List.of(node)) > 0) {
                restarted += RingNodes.up(folder, Duration.ofSeconds(20), List.of(card));
                System.err.println(card.name() + " restarted");
            }
        }
        return restarted;
    }

    private static int change(RingFolder folder, @Nullable Integer t, List<String> adding, Set<String> retiring)
            throws InterruptedException {
        RingDescriptor before = folder.descriptor();
        RingDescriptor next = folder.change(t == null ? before.threshold().t() : t, adding, retiring, 0);
        System.out.println("ring " + next.id() + ", epoch " + next.epoch() + ": any "
                + next.threshold().t() + " of " + next.threshold().n() + " providers open an object ("
                + next.providers().stream().map(Provider::name).collect(Collectors.joining(", ")) + ")");
        int restarted = restart(folder, next);
        if (restarted > 0) {
            up(folder, Duration.ofSeconds(20));
            System.out.println(Output.count(restarted, "running node") + " restarted, one by one"
                    + (adding.isEmpty() ? "" : "; " + String.join(", ", adding) + " started"));
        } else {
            Screen.hint("Start it:           interlock ring up " + folder.path());
        }
        Screen.hint("Move the objects:   interlock follow --all");
        retiring.forEach(name -> Screen.hint(
                "Then it may go:     kill $(cat " + folder.path().resolve(name).resolve("pid") + "), and the folder "
                        + folder.path().resolve(name)));
        return 0;
    }

    @Command(
            name = "change",
            description = {
                "Makes the signed descriptor of a ring's next epoch, for operators on many machines: each `join`s it and restarts;",
                "then the users `interlock follow --all`."
            })
    int change(
            @Parameters(paramLabel = "RING", description = "the descriptor as it is") Path current,
            @Option(
                            names = "--key",
                            paramLabel = "FILE",
                            required = true,
                            description = "the file with the ring's secret key")
                    Path key,
            @Option(names = "--add", paramLabel = "CARD", description = "the card of a node that comes")
                    List<Path> cards,
            @Option(
                            names = "--moved",
                            paramLabel = "CARD",
                            description = "the new card of a node that has another address")
                    List<Path> moved,
            @Option(names = "--retire", paramLabel = "NAME", description = "a node that leaves") List<String> retired,
            @Option(
                            names = "--dealing",
                            split = ",",
                            paramLabel = "NAMES",
                            description = "the providers that deal as well (default: those that did and stay)")
                    @Nullable
                    List<String> dealing,
            @Option(
                            names = "-t",
                            paramLabel = "T",
                            description = "how many open an object from now on (default: as before)")
                    @Nullable
                    Integer t,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FILE",
                            required = true,
                            description = "a new file for the descriptor")
                    Path output)
            throws IOException {
        if (Files.exists(output)) {
            throw new BadInputException(output + " exists; it isn't overwritten");
        }
        RingDescriptor ring = RingOptions.read(current);
        byte[] descriptor;
        try (SigningKey secret = RingFolder.ringKey(SecretFile.check(key, "the ring's key"))) {
            descriptor = ring.next(
                    secret,
                    t == null ? ring.threshold().t() : t,
                    Set.copyOf(retired == null ? List.of() : retired),
                    cards(Stream.of(cards, moved)
                            .filter(Objects::nonNull)
                            .flatMap(List::stream)
                            .toList()),
                    Optional.ofNullable(dealing));
        }
        DurableFile.writeNew(output, DurableFile.Access.EVERYONE, descriptor);
        RingDescriptor next = RingDescriptor.open(descriptor);
        System.out.println("ring " + next.id() + ", epoch " + next.epoch() + ": any "
                + next.threshold().t() + " of " + next.threshold().n() + " providers, descriptor in " + output);
        Screen.hint("Every node's operator now runs:  interlock provider join DIR " + output
                + "   (or: dealer join), and restarts the node");
        return 0;
    }

    private static List<NodeCard> cards(List<Path> files) throws IOException {
        List<NodeCard> opened = new ArrayList<>();
        for (Path card : files) {
            try {
                opened.add(NodeCard.open(SmallFile.readDocument(card)));
            } catch (RuntimeException e) {
                throw new BadInputException(card + ": " + e.getMessage());
            }
        }
        return opened;
    }

    @Command(name = "up", description = "Starts the nodes of a ring on this machine that don't run.")
    int up(
            @Parameters(paramLabel = "DIR", description = "the folder of `ring create`") Path dir,
            @Option(
                            names = "--stall",
                            paramLabel = "SECONDS",
                            defaultValue = "20",
                            description = "how long another node may be silent (default: ${DEFAULT-VALUE})")
                    double stall)
            throws InterruptedException {
        RingFolder folder = RingFolder.open(dir);
        try (RingFolder.Turn _ = folder.awaitTurn()) {
            folder.join();
            int started = up(folder, Duration.ofMillis((long) (stall * 1000)));
            System.out.println(
                    started == 0
                            ? "all nodes of " + dir + " ran already"
                            : Output.count(started, "node") + " of " + dir + " started; all answer");
            return 0;
        }
    }

    /** @return how many were started; all answer when this returns */
    static int up(RingFolder folder, Duration stall) throws InterruptedException {
        return up(folder, stall, _ -> {});
    }

    /** @param answers is told of each node as soon as it answers */
    static int up(RingFolder folder, Duration stall, Consumer<NodeProcess> answers) throws InterruptedException {
        return RingNodes.up(
                folder,
                stall,
                folder.descriptor()
                        .everyNode()
                        .filter(card -> folder.nodes().contains(folder.node(card)))
                        .toList(),
                answers);
    }

    @Command(
            name = "down",
            description = "Stops the nodes of a ring on this machine, and the standbys that wait for them.")
    int down(@Parameters(paramLabel = "DIR", description = "the folder of `ring create`") Path dir)
            throws InterruptedException {
        RingFolder folder = RingFolder.open(dir);
        try (RingFolder.Turn _ = folder.awaitTurn()) {
            System.out.println(Output.count(down(folder), "node") + " of " + dir + " stopped");
            return 0;
        }
    }

    static int down(RingFolder folder) {
        return NodeProcess.stop(folder.nodes().stream().map(NodeProcess::new).toList());
    }

    private static String role(RingDescriptor ring, NodeCard card) {
        return ring.provider(card.name()).filter(ring::deals).isPresent()
                ? card.role() + ", dealer"
                : card.role().toString();
    }

    @Command(name = "status", description = "Shows which nodes of a ring answer. Exit code 3 when fewer than t do.")
    int status(
            @Parameters(paramLabel = "DIR", description = "a ring's folder, or its descriptor") Path dir,
            @Option(names = "--json", description = "for programs") boolean json)
            throws InterruptedException {
        RingDescriptor ring = Files.isDirectory(dir) ? RingFolder.open(dir).descriptor() : RingOptions.read(dir);
        List<NodeCard> cards = ring.everyNode()
                .filter(card -> isIn(ring, card) || Files.isDirectory(dir.resolve(card.name())))
                .toList();
        List<Map<String, Object>> rows = new ArrayList<>();
        int up = 0;
        for (Map.Entry<NodeCard, RingNodes.State> each : states(cards).entrySet()) {
            NodeCard card = each.getKey();
            boolean here = Files.isDirectory(dir) && Files.isDirectory(dir.resolve(card.name()));
            RingNodes.State state =
                    here ? each.getValue().at(new NodeProcess(dir.resolve(card.name()))) : each.getValue();
            boolean left = !isIn(ring, card);
            up += card.role() == Role.PROVIDER && !left && state.answers() ? 1 : 0;
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("node", card.name());
            row.put("role", role(ring, card) + (left ? ", left the ring" : ""));
            row.put("address", card.address());
            row.put("state", state.text());
            if (Files.isDirectory(dir)) {
                row.put(
                        "pid",
                        new NodeProcess(dir.resolve(card.name()))
                                .running()
                                .map(process -> String.valueOf(process.pid()))
                                .orElse("-"));
            }
            rows.add(row);
        }
        if (json) {
            System.out.println(Output.json(Map.of(
                    "ring", ring.id().toString(), "threshold", ring.threshold().t(), "nodes", rows)));
        } else {
            Output.table(rows);
        }
        boolean enough = up >= ring.threshold().t();
        if (!enough) {
            System.err.println("interlock: " + (up == 1 ? "1 provider answers" : up + " providers answer") + "; "
                    + ring.threshold().t() + " are needed to open anything");
        }
        return enough ? 0 : Main.TOO_FEW;
    }

    private static boolean isIn(RingDescriptor ring, NodeCard card) {
        return ring.node(card.name()).isPresent();
    }

    /** Of all nodes at once: those that are silent cost the wait for one. */
    private static Map<NodeCard, RingNodes.State> states(List<NodeCard> cards) throws InterruptedException {
        Map<NodeCard, RingNodes.State> states = new LinkedHashMap<>();
        try (Peers peers = new Peers(Optional.empty(), Deadlines.stallAfter(PATIENCE));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<RingNodes.State>> asked = cards.stream()
                    .map(card -> threads.submit(() -> RingNodes.state(peers, card)))
                    .toList();
            for (int i = 0; i < cards.size(); i++) {
                states.put(cards.get(i), asked.get(i).get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return states;
    }
}
