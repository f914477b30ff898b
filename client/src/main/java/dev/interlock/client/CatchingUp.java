package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Catching up: shows providers what they missed of an object, which is the handover to its owner, the newest certificate, and the
 * owner's cancel. Whoever took part in
 * a generation holds it until it learns of its end, so a commit that broke off half-way keeps nobody from reading.
 */
final class CatchingUp {
    private CatchingUp() {}

    /**
     * What a read needs: looks, and where too few have the newest generation that was shown, brings up those that are behind.
     *
     * @return what is there now
     */
    static Lookup enough(RingClient client, ObjectId object, List<Provider> providers) throws InterruptedException {
        return enough(client, Lookup.enough(client, object, providers));
    }

    /** The same of a read that asks for what it is to read as well. */
    static Lookup opening(RingClient client, List<Provider> providers, SmallOpen small) throws InterruptedException {
        return enough(client, Lookup.opening(client, providers, small));
    }

    private static Lookup enough(RingClient client, Lookup lookup) throws InterruptedException {
        if (lookup.newest().filter(lookup::suffices).isEmpty()) {
            bringUp(client, lookup);
        }
        return lookup;
    }

    /** What a change needs: looks at all of them, and brings up all that are behind. */
    static Lookup complete(RingClient client, ObjectId object, List<Provider> providers) throws InterruptedException {
        Lookup lookup = Lookup.complete(client, object, providers);
        bringUp(client, lookup);
        return lookup;
    }

    /** Shows each that is behind what it missed, once. */
    static void bringUp(RingClient client, Lookup lookup) throws InterruptedException {
        HandingOver.bringUp(client, lookup);
        Optional<Certified> newest = lookup.newest();
        if (newest.isPresent()) {
            commit(client, lookup, newest.get());
        }
        Optional<Command.Signed> cancel = lookup.schedule().filter(Lookup::isCancel);
        if (cancel.isPresent()) {
            reopen(client, lookup, cancel.get());
        }
    }

    private static void commit(RingClient client, Lookup lookup, Certified newest) throws InterruptedException {
        for (RingClient.Answer<Held> answer : client.askAll(cards(lookup.behind()), node -> {
            Committing.show(client, node, newest);
            return said(lookup, node).confirmed(newest);
        })) {
            if (answer instanceof RingClient.Value<Held>(NodeCard _, Held now)) {
                lookup.saysNow(now);
            }
        }
    }

    /** The owner took a schedule back, and some weren't reached then. */
    private static void reopen(RingClient client, Lookup lookup, Command.Signed cancel) throws InterruptedException {
        List<Held> closed = lookup.held().values().stream()
                .filter(each -> each.destroyAt().isPresent())
                .toList();
        for (RingClient.Answer<Held> answer : client.askAll(cards(closed), node -> {
            byte[] _ = client.call(
                    node,
                    HttpMethod.POST,
                    "/v1/objects/" + lookup.object() + "/schedule",
                    Operation.SCHEDULE_DESTROY,
                    lookup.object().toString(),
                    client.authorised(cancel, node.name()).encode());
            return said(lookup, node).reopened(cancel);
        })) {
            if (answer instanceof RingClient.Value<Held>(NodeCard _, Held now)) {
                lookup.saysNow(now);
            }
        }
    }

    private static Held said(Lookup lookup, NodeCard node) {
        return Objects.requireNonNull(lookup.held().get(node.name()));
    }

    private static List<NodeCard> cards(List<Held> those) {
        return those.stream().map(each -> each.provider().card()).toList();
    }
}
