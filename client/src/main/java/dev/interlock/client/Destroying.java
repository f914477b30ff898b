package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Destroyed;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.Notices;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The end of objects: every provider erases its share and signs for it, and whoever can't be reached is left a notice. */
final class Destroying {
    private final RingClient client;

    Destroying(RingClient client) {
        this.client = client;
    }

    /** @param at which providers are to erase it */
    Destruction destroy(ObjectId object, List<Provider> at, Consumer<Interlock.Erased> erased)
            throws InterruptedException {
        Lookup lookup = Lookup.complete(client, object, client.ring().providers());
        Token token = lookup.token().orElseThrow(() -> lookup.unreadable("a destroy"));
        Map<String, List<String>> waiting = lookup.waiting();
        Map<String, Receipt> receipts = new LinkedHashMap<>();
        lookup.holdings()
                .forEach((name, holding) -> holding.receipt().ifPresent(receipt -> receipts.put(name, receipt)));
        Map<String, String> failures = new LinkedHashMap<>();
        List<NodeCard> nodes = at.stream()
                .map(Provider::card)
                .filter(node -> !receipts.containsKey(node.name()))
                .toList();
        boolean lost = Destroyed.unrecoverableSince(token, receipts.values()).isPresent();
        List<String> absent = new ArrayList<>(nodes.stream().map(NodeCard::name).toList());
        RingClient.Answers<Receipt> answers = client.ask(nodes, node -> destroyAt(node, token.object()));
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
                    boolean gone = Destroyed.unrecoverableSince(token, receipts.values())
                            .isPresent();
                    erased.accept(new Interlock.Erased(node.name(), receipts.size(), gone && !lost));
                    lost = gone;
                }
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
        return new Destruction(
                object,
                lookup.chain(),
                receipts,
                failures,
                notify(token.object(), absent, List.copyOf(receipts.keySet())),
                client.ring().threshold().n(),
                Destroyed.unrecoverableSince(token, receipts.values()));
    }

    /** Leaves a notice for every provider that can't be reached with all that can; who took it, by whom it is for. */
    private Map<String, List<String>> notify(ObjectId object, List<String> absent, List<String> reached)
            throws InterruptedException {
        Map<String, List<String>> told = new LinkedHashMap<>();
        if (absent.isEmpty()) {
            return told;
        }
        byte[] notices = new Notices(
                        absent.stream().map(node -> client.notice(node, object)).toList())
                .encode();
        List<String> took = client
                .askAll(
                        client.ring().providers().stream()
                                .filter(provider -> reached.contains(provider.name()))
                                .map(Provider::card)
                                .toList(),
                        node -> client.call(
                                node,
                                HttpMethod.POST,
                                "/v1/objects/" + object + "/notices",
                                Operation.NOTIFY,
                                object.toString(),
                                notices))
                .stream()
                .filter(RingClient.Value.class::isInstance)
                .map(answer -> answer.node().name())
                .toList();
        if (!took.isEmpty()) {
            absent.forEach(node -> told.put(node, took));
        }
        return told;
    }

    /** One generation's end at one provider. */
    Receipt destroyAt(NodeCard node, ObjectId object) {
        Receipt receipt = Receipt.decode(client.call(
                node,
                HttpMethod.DELETE,
                "/v1/objects/" + object,
                Operation.DESTROY,
                object.toString(),
                new byte[0],
                client.deadlines().settle()));
        receipt.verify(node.key());
        if (!receipt.object().equals(object)) {
            throw new NodeException(node.name(), node.name() + " gave a receipt for another object");
        }
        return receipt;
    }
}
