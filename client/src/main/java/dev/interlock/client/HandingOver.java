package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Handover;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Acceptances;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.Commands;
import dev.interlock.protocol.message.HandoverMessage;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes objects another owner's (SPEC §10): the owner's word for it, and for each provider the word of the user's key there. Every
 * provider keeps what the others are to be told, so that the next owner's commands bring it to those that weren't reached.
 */
final class HandingOver {
    private final RingClient client;
    private final RingDescriptor ring;

    HandingOver(RingClient client) {
        this.client = client;
        this.ring = client.ring();
    }

    HandedOver handOver(ObjectId object, Acceptances acceptances) throws InterruptedException {
        acceptances.verify(ring, object);
        Lookup lookup = CatchingUp.complete(client, object, ring.everyProvider());
        if (lookup.destroyed() > 0 || !lookup.scheduled().isEmpty()) {
            throw new RefusedException("the object " + object + " was destroyed or is to be, and goes to nobody");
        }
        if (!lookup.undecided().isEmpty()) {
            // What the owner before certified later would count for nothing.
            throw new RefusedException(
                    "something about the object " + object + " is undecided, which its next owner couldn't settle",
                    new Advice.Settle(object.toString()));
        }
        Certified newest = lookup.newest().orElseThrow(() -> lookup.unreadable("a handover"));
        Title title = lookup.title();
        if (acceptances.to().equals(title.owner())) {
            throw new BadInputException("the object " + object + " is theirs already");
        }
        if (!title.hasRoom()) {
            throw new RefusedException(
                    "the object " + object + " was handed over " + Title.MOST_HANDOVERS
                            + " times, and can't be once more",
                    new Advice.WriteAnew(object.toString()));
        }
        return handOver(object, title, newest, acceptances);
    }

    /**
     * Makes an object the user's own by the newest version of their root secret.
     *
     * @return empty where there is nothing to do: it is so already, or was destroyed, or is to be, or was handed over so often that it
     *     stays the user's own by an earlier version
     */
    Optional<HandedOver> toNewestRoot(ObjectId object, int rootVersion) throws InterruptedException {
        Lookup lookup = CatchingUp.complete(client, object, ring.everyProvider());
        if (lookup.destroyed() > 0 || !lookup.scheduled().isEmpty()) {
            return Optional.empty();
        }
        Certified newest = lookup.newest().orElseThrow(() -> lookup.unreadable("a handover"));
        Title title = lookup.title();
        if (title.owner().rootVersion() == rootVersion && client.owns(title)) {
            return Optional.empty();
        }
        if (!client.owns(title)) {
            throw new RefusedException("the object " + object + " isn't this user's any more");
        }
        if (!title.hasRoom()) {
            return Optional.empty();
        }
        if (!lookup.undecided().isEmpty()) {
            throw new RefusedException(
                    "something about the object " + object + " is undecided", new Advice.Settle(object.toString()));
        }
        return Optional.of(handOver(object, title, newest, client.accept(object)));
    }

    private HandedOver handOver(ObjectId object, Title title, Certified newest, Acceptances acceptances)
            throws InterruptedException {
        byte[] message =
                new HandoverMessage(newest.certificate(), commands(title, newest.token(), acceptances)).encode();
        List<String> at = new ArrayList<>();
        Map<String, InterlockException> failures = new LinkedHashMap<>();
        List<NodeCard> nodes = holders(newest).stream().map(Provider::card).toList();
        for (RingClient.Answer<Boolean> answer : client.askAll(nodes, node -> tell(client, node, object, message))) {
            switch (answer) {
                case RingClient.Value<Boolean>(NodeCard node, Boolean _) -> at.add(node.name());
                case RingClient.Failure<Boolean>(NodeCard node, InterlockException error) ->
                    failures.put(node.name(), error);
            }
        }
        Map<String, String> why = new LinkedHashMap<>();
        failures.forEach((name, error) -> why.put(name, error.explanation()));
        int needed = Write.quorum(nodes.size(), newest.token().threshold().t());
        if (at.size() < needed) {
            throw new TooFewProvidersException("a handover", needed, at.size(), why);
        }
        return new HandedOver(object, at, why);
    }

    private List<Provider> holders(Certified newest) {
        return ring.everyProvider().stream()
                .filter(provider -> newest.token().providers().contains(provider.x()))
                .toList();
    }

    /** One for each provider that the acceptance names. */
    private Commands commands(Title title, Token u, Acceptances acceptances) {
        Handover handover = client.handOver(title, acceptances.to());
        return new Commands(acceptances.providers().stream()
                .map(acceptance -> client.authorised(
                        client.command(
                                title, 0, new Command.HandOver(handover, u.epoch(), u.number(), u.id(), acceptance)),
                        acceptance.node()))
                .toList());
    }

    /** Twice is once. */
    private static boolean tell(RingClient client, NodeCard node, ObjectId object, byte[] message) {
        byte[] _ = client.call(
                node,
                HttpMethod.POST,
                "/v1/objects/" + object + "/title",
                Operation.HAND_OVER,
                object.toString(),
                message,
                client.deadlines().settle());
        return true;
    }

    /** What the providers that know the newest title were told, in order, for those that weren't. */
    static void bringUp(RingClient client, Lookup lookup) throws InterruptedException {
        List<NodeCard> behind = lookup.behindInTitle();
        if (behind.isEmpty()) {
            return;
        }
        List<NodeCard> knowing = knowing(lookup);
        for (RingClient.Answer<Held> answer : client.askAll(behind, node -> {
            bringUp(client, node, lookup.object(), knowing);
            return lookup.witnesses().heard(node, lookup.witnesses().ask(node));
        })) {
            switch (answer) {
                case RingClient.Value<Held>(NodeCard _, Held now) -> lookup.saysNow(now);
                case RingClient.Failure<Held>(NodeCard node, InterlockException error) ->
                    lookup.failed(node.name(), error);
            }
        }
    }

    private static List<NodeCard> knowing(Lookup lookup) {
        Optional<Title> newest = Optional.of(lookup.title());
        return lookup.held().values().stream()
                .filter(each ->
                        each.handover().flatMap(Command.Signed::handedOver).equals(newest))
                .map(each -> each.provider().card())
                .toList();
    }

    /** What one of them keeps may be of no use to another: a seller told it so, or it is a liar. */
    private static void bringUp(RingClient client, NodeCard node, ObjectId object, List<NodeCard> knowing) {
        InterlockException refused = null;
        for (NodeCard knows : knowing) {
            List<byte[]> told;
            try {
                told = told(client, knows, object);
            } catch (InterlockException | MalformedException e) {
                // Another one knows it, too.
                continue;
            }
            try {
                told.forEach(message -> tell(client, node, object, message));
                return;
            } catch (NodeException e) {
                throw e;
            } catch (InterlockException e) {
                refused = e;
            }
        }
        if (refused != null) {
            throw refused;
        }
    }

    private static List<byte[]> told(RingClient client, NodeCard knows, ObjectId object) {
        return decode(client.get(knows, "/v1/objects/" + object + "/title", Operation.TITLE, object.toString()));
    }

    private static List<byte[]> decode(byte[] answer) {
        ByteReader in = new ByteReader("the handovers", answer);
        List<byte[]> told = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            told.add(in.bytes());
        }
        in.end();
        return told;
    }
}
