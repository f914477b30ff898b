package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Destroyed;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.Commands;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The end of objects: every provider erases its share and signs for it, and whoever can't be reached is left a command. */
final class Destroying {
    private final RingClient client;
    private final RingDescriptor ring;

    Destroying(RingClient client) {
        this.client = client;
        this.ring = client.ring();
    }

    /**
     * Ends an object in this ring, for ever.
     *
     * @param at which providers are to erase it; empty for all that have or had a part of it
     */
    Destruction destroy(ObjectId object, List<Provider> at, Consumer<Interlock.Erased> erased)
            throws InterruptedException {
        Lookup lookup = CatchingUp.complete(client, object, ring.everyProvider());
        Certified newest = lookup.newest().orElseThrow(() -> lookup.unreadable("a destroy"));
        List<Provider> providers = at.isEmpty()
                ? ring.everyProvider().stream()
                        .filter(provider -> newest.token().providers().contains(provider.x())
                                || lookup.held().containsKey(provider.name()))
                        .toList()
                : at;
        return new Run(lookup, newest, new Command.DestroyForEver()).run(providers, erased);
    }

    /** Ends what there was of an object up to a generation in its epoch of this ring: it is elsewhere now. */
    Destruction end(Lookup lookup, Certified moved) throws InterruptedException {
        Token u = moved.token();
        return new Run(lookup, moved, new Command.Destroy(u.epoch(), u.number(), u.id()))
                .run(ring.at(u.epoch()).providers(), _ -> {});
    }

    /** One command, carried out. */
    private final class Run {
        private final Lookup lookup;
        private final Certified generation;
        private final Token token;
        private final Command.Signed command;
        private final boolean everywhere;
        private final Map<String, Receipt> receipts = new LinkedHashMap<>();
        private final Map<String, String> failures = new LinkedHashMap<>();

        Run(Lookup lookup, Certified generation, Command.Deed deed) {
            this.lookup = lookup;
            this.generation = generation;
            this.token = generation.token();
            this.command = client.command(lookup.title(), 0, deed);
            this.everywhere = deed instanceof Command.DestroyForEver;
        }

        Destruction run(List<Provider> at, Consumer<Interlock.Erased> erased) throws InterruptedException {
            lookup.held()
                    .forEach((name, held) -> held.receipt()
                            .filter(receipt -> lookup.ended(held) && (receipt.everywhere() || !everywhere))
                            .ifPresent(receipt -> receipts.put(name, receipt)));
            List<NodeCard> nodes = at.stream()
                    .map(Provider::card)
                    .filter(node -> !receipts.containsKey(node.name()))
                    .toList();
            Map<String, List<String>> waiting = lookup.waiting();
            boolean lost = lost();
            List<String> absent =
                    new ArrayList<>(nodes.stream().map(NodeCard::name).toList());
            RingClient.Answers<Receipt> answers = client.ask(nodes, this::destroyAt);
            for (int i = 0; i < nodes.size(); i++) {
                Optional<RingClient.Answer<Receipt>> answer =
                        answers.next(client.deadlines().settle());
                if (answer.isEmpty()) {
                    break;
                }
                switch (answer.get()) {
                    case RingClient.Value<Receipt>(NodeCard node, Receipt receipt) -> {
                        receipts.put(node.name(), receipt);
                        absent.remove(node.name());
                        boolean gone = lost();
                        erased.accept(new Interlock.Erased(node.name(), receipts.size(), gone && !lost));
                        lost = gone;
                    }
                    case RingClient.Failure<Receipt>(NodeCard node, NoSuchObjectException _)
                    when !everywhere ->
                        // Nothing of that generation or before is there, so there's nothing to end.
                        absent.remove(node.name());
                    case RingClient.Failure<Receipt>(NodeCard node, InterlockException error) -> {
                        boolean waits = error instanceof NoSuchObjectException && waiting.containsKey(node.name());
                        failures.put(
                                node.name(),
                                waits
                                        ? node.name()
                                                + " hasn't got it yet; what waits for it elsewhere goes with the object"
                                        : error.explanation());
                        // What is on its way to it now it is to destroy, too.
                        if (!(error instanceof NodeException) && !waits) {
                            absent.remove(node.name());
                        }
                    }
                }
            }
            absent.forEach(name -> failures.putIfAbsent(name, name + " didn't answer"));
            return new Destruction(
                    token.object(),
                    Optional.of(generation.chain()),
                    receipts,
                    failures,
                    leave(absent),
                    token.threshold().n(),
                    Destroyed.unrecoverableSince(token, ofItsProviders()));
        }

        private boolean lost() {
            return Destroyed.unrecoverableSince(token, ofItsProviders()).isPresent();
        }

        private List<Receipt> ofItsProviders() {
            return receipts.values().stream()
                    .filter(receipt -> token.providers().contains(receipt.x()))
                    .toList();
        }

        private Receipt destroyAt(NodeCard node) {
            ObjectId object = token.object();
            byte[] answer = client.call(
                    node,
                    HttpMethod.DELETE,
                    "/v1/objects/" + object,
                    Operation.DESTROY,
                    object.toString(),
                    client.authorised(command, node.name()).encode(),
                    client.deadlines().settle());
            try {
                Receipt receipt = lookup.witnesses()
                        .receipt(
                                Receipt.decode(answer),
                                ring.everProvider(node.name()).orElseThrow(),
                                Optional.of(token));
                // What was erased before keeps the receipt of that time.
                if (!everywhere && !receipt.everywhere() && receipt.epoch() != token.epoch()) {
                    throw new MalformedException("the receipt is for another command");
                }
                return receipt;
            } catch (MalformedException | BadSignatureException e) {
                throw new IntegrityException(
                        node.name() + " gave no receipt that holds: " + e.getMessage(), List.of(node.name()));
            }
        }

        /** Leaves the command for every provider that can't be reached with all that can; who took it, by whom it is for. */
        private Map<String, List<String>> leave(List<String> absent) throws InterruptedException {
            Map<String, List<String>> told = new LinkedHashMap<>();
            if (absent.isEmpty()) {
                return told;
            }
            String object = token.object().toString();
            byte[] commands = new Commands(absent.stream()
                            .map(node -> client.authorised(command, node))
                            .toList())
                    .encode();
            List<NodeCard> reached = ring.everyProvider().stream()
                    .filter(provider -> receipts.containsKey(provider.name()))
                    .map(Provider::card)
                    .toList();
            List<String> took = client
                    .askAll(
                            reached,
                            node -> client.call(
                                    node,
                                    HttpMethod.POST,
                                    "/v1/objects/" + object + "/notices",
                                    Operation.NOTIFY,
                                    object,
                                    commands))
                    .stream()
                    .filter(RingClient.Value.class::isInstance)
                    .map(answer -> answer.node().name())
                    .toList();
            if (!took.isEmpty()) {
                absent.forEach(node -> told.put(node, took));
            }
            return told;
        }
    }
}
