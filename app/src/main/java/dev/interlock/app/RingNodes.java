package dev.interlock.app;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.node.NodeLock;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The nodes of a ring's folder as processes: starts them, and says of each whether it is there. A node counts as up when it
 * answers at its address <em>and</em> is the process that holds the lock of its folder: the nodes of a copied folder have
 * the same addresses, names and keys.
 */
final class RingNodes {
    /** For one that runs already. */
    private static final Duration ANSWER = Duration.ofSeconds(60);
    /** For one that was started here, with many others on a busy machine: one that ends is told at once. */
    private static final Duration START = Duration.ofMinutes(4);
    /**
     * A process that was started here says by itself that it serves; one that takes connections for so long and doesn't is asked how
     * it is.
     */
    private static final Duration ASK = Duration.ofSeconds(2);
    /** For the descriptor of a process that has just ended to be gone. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final State DOWN = new State("down", false, "");

    private RingNodes() {}

    /** What {@code /health} of a node says. */
    record Health(
            String status,
            String reason,
            String node,
            String role,
            String ring,
            int epoch,
            String kernel,
            String instance,
            List<String> usedUp) {}

    /**
     * How a node answers.
     *
     * @param text for people: "up", "down", or what is wrong
     * @param instance of the process that answered; empty where none did
     */
    record State(String text, boolean answers, String instance) {
        /** As it is where the folder is known: what answers must be the process that has its lock. */
        State at(NodeProcess node) {
            return !answers || node.holder().filter(this::isFrom).isPresent()
                    ? this
                    : new State("down: another process, not of this folder, answers at its address", false, instance);
        }

        private boolean isFrom(NodeLock.Holder holder) {
            return holder.instance().equals(instance);
        }
    }

    static State state(Peers peers, NodeCard card) {
        try {
            Health health = Json.read(
                    "the health of " + card.name(),
                    peers.to(card).call(HttpMethod.GET, "/health", Optional.empty(), new byte[0]),
                    Health.class);
            return new State(
                    health.status().equals("up") ? "up" : health.status() + ": " + health.reason(),
                    true,
                    health.instance());
        } catch (NodeException e) {
            return DOWN;
        } catch (InterlockException e) {
            return new State(e.explanation(), false, "");
        } catch (MalformedException e) {
            return new State("answers, and is of another version", true, "");
        }
    }

    /**
     * Starts those that don't run.
     *
     * @return how many were started; all answer when this returns
     * @throws NodeException when one of them doesn't come up: who runs, who doesn't and why
     */
    static int up(RingFolder folder, Duration stall, List<NodeCard> cards) throws InterruptedException {
        return up(folder, stall, cards, _ -> {});
    }

    /** @param answers is told of each as soon as it answers */
    static int up(RingFolder folder, Duration stall, List<NodeCard> cards, Consumer<NodeProcess> answers)
            throws InterruptedException {
        List<NodeProcess> nodes = new ArrayList<>();
        for (NodeCard card : cards) {
            NodeProcess node = new NodeProcess(folder.node(card));
            if (!node.card().equals(card)) {
                throw new BadInputException(folder.node(card) + " isn't the folder of " + card.name()
                        + " as the ring names it: its card is another one");
            }
            nodes.add(node);
        }
        List<Starting> all = new ArrayList<>();
        for (NodeProcess node : nodes) {
            Optional<String> before = node.lastServing();
            all.add(new Starting(
                    node, node.holder().isEmpty() ? Optional.of(node.start(stall)) : Optional.empty(), before));
        }
        try (Asking peers = new Asking()) {
            List<Starting> waiting = new ArrayList<>(all);
            while (true) {
                for (Starting each : List.copyOf(waiting)) {
                    if (each.isOver(peers)) {
                        waiting.remove(each);
                        if (each.failure.isEmpty()) {
                            answers.accept(each.node);
                        }
                    }
                }
                if (waiting.isEmpty()) {
                    break;
                }
                Thread.sleep(50);
            }
        }
        List<String> running = new ArrayList<>();
        Map<String, String> failed = new LinkedHashMap<>();
        all.forEach(each -> each.failure.ifPresentOrElse(
                why -> failed.put(each.node.name(), why), () -> running.add(each.node.name())));
        if (!failed.isEmpty()) {
            throw failure(folder, running, failed);
        }
        return (int) all.stream().filter(each -> each.child.isPresent()).count();
    }

    /** The channels to nodes, made for the first that must be asked: the libraries below are half of a short command. */
    private static final class Asking implements AutoCloseable {
        private Optional<Peers> peers = Optional.empty();

        State state(NodeCard card) {
            Peers made = peers.orElseGet(() -> new Peers(Optional.empty(), Deadlines.stallAfter(CONNECT)));
            peers = Optional.of(made);
            return RingNodes.state(made, card);
        }

        @Override
        public void close() {
            peers.ifPresent(Peers::close);
        }
    }

    /** A node that is on its way up. */
    private static final class Starting {
        private final NodeProcess node;
        private final Optional<Process> child;
        /** Who had said before the child was started that it serves. */
        private final Optional<String> before;

        private final Duration patience;
        private final long end;
        /** Of one that says nothing by itself: when it is looked at next, and whether it took connections then. */
        private long look;

        private boolean listened;
        /** As it was when it was asked last. */
        private State state = DOWN;

        private long childEnded;
        /** Why it isn't there, once that is sure. */
        private Optional<String> failure = Optional.empty();

        Starting(NodeProcess node, Optional<Process> child, Optional<String> before) {
            this.node = node;
            this.child = child;
            this.before = before;
            this.patience = child.isPresent() ? START : ANSWER;
            this.end = System.nanoTime() + patience.toNanos();
            this.look = System.nanoTime() + ASK.toNanos();
        }

        /** Whether it answers, or is given up. */
        boolean isOver(Asking peers) {
            if (child.filter(this::saysThatItServes).isPresent() && listens()) {
                return true;
            }
            ask(peers);
            if (state.answers()) {
                if (!state.text().equals("up")) {
                    System.err.println("interlock: " + node.name() + " runs, and is " + state.text());
                }
                return true;
            }
            if (child.isPresent() && !child.get().isAlive()) {
                childEnded = childEnded == 0 ? System.nanoTime() : childEnded;
                // It may have found that somebody else had just started the node.
                if (node.holder().isEmpty() && System.nanoTime() - childEnded > GRACE.toNanos()) {
                    failure = Optional.of(node.lastWords());
                }
            }
            if (failure.isEmpty() && System.nanoTime() > end) {
                failure = Optional.of(
                        "it doesn't answer after " + patience.toSeconds() + " s, its state is " + state.text());
            }
            return failure.isPresent();
        }

        /**
         * Whether the process that was started here holds the node's lock and says that it serves, at the node's address and with
         * nothing to complain of: the same that it would answer.
         */
        private boolean saysThatItServes(Process process) {
            Optional<String> serving = node.lastServing();
            return serving.isPresent()
                    && !serving.equals(before)
                    && node.holder()
                            .filter(holder -> holder.instance().equals(serving.get()))
                            .flatMap(NodeLock.Holder::process)
                            .filter(process.toHandle()::equals)
                            .isPresent();
        }

        /** How it is, of one that ran already, or that somebody else has just started, or that doesn't say it by itself. */
        private void ask(Asking peers) {
            boolean mayTell = child.filter(Process::isAlive).isPresent();
            if (mayTell && System.nanoTime() - look < 0) {
                return;
            }
            look = System.nanoTime() + ASK.toNanos();
            boolean did = listened;
            listened = listens();
            if (!listened) {
                state = DOWN;
            } else if (did || !mayTell) {
                state = peers.state(node.card()).at(node);
            }
        }

        /**
         * Whether anybody takes connections at its address. To ask where nobody does takes a hundred times the processor, which those
         * who start need.
         */
        private boolean listens() {
            InetSocketAddress at =
                    new InetSocketAddress(node.card().host(), node.card().port());
            try (Socket socket = new Socket()) {
                socket.connect(at, (int) CONNECT.toMillis());
                return true;
            } catch (IOException e) {
                return false;
            }
        }
    }

    private static NodeException failure(RingFolder folder, List<String> running, Map<String, String> failed) {
        StringBuilder text = new StringBuilder();
        failed.forEach((name, why) ->
                text.append(name).append(" doesn't run: ").append(why).append(". "));
        text.append(
                running.isEmpty()
                        ? "No other node of " + folder.path() + " runs"
                        : String.join(", ", running) + (running.size() == 1 ? " runs" : " run")
                                + " all the same; `interlock ring down " + folder.path() + "` stops them");
        return new NodeException(failed.keySet().iterator().next(), text.toString());
    }
}
