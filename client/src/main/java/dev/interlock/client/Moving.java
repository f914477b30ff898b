package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.ring.NodeCard;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * The resharing of DESIGN §9: objects go into another ring, with other providers, other t and n, under the ids that they have.
 *
 * <p>One pass of the old ring takes the old layers off and leaves P under the read's blinds; U checks each chunk against u_m,
 * puts the write's blinds on, and one pass of the new ring puts the new layers on. The rings never speak with each other, and
 * need not know of each other. The old ring destroys what it has only after the new one has committed: until then it opens
 * the object, from then on the new one does, and in between both do.
 */
final class Moving {
    private final RingClient old;
    private final RingClient next;

    /**
     * @param old to the ring, or the epoch, that the objects leave
     * @param next to where they go
     */
    Moving(RingClient old, RingClient next) {
        this.old = old;
        this.next = next;
    }

    Renewed move(ObjectId object) throws InterruptedException {
        try {
            Optional<Token> there = there(object);
            Lookup here = Lookup.complete(old, object, old.ring().providers());
            if (there.isPresent()) {
                // An earlier move came so far.
                return here.token().isEmpty() || here.lost()
                        ? new Renewed.LeftAlone(
                                object, "it is in the ring " + next.ring().name() + " already")
                        : leave(there.get());
            }
            Token before = here.token().orElseThrow(() -> here.unreadable("a move"));
            Optional<Renewed> unmoved = unmoved(object, here, before);
            return unmoved.isPresent() ? unmoved.get() : leave(carry(before));
        } catch (InterlockException e) {
            return new Renewed.Failed(object, e);
        }
    }

    /** The same where the next ring is this one in a later epoch, and many providers are in both. */
    Renewed follow(ObjectId object) throws InterruptedException {
        try {
            // Whoever missed that it was moved makes up for it here.
            Lookup there = Lookup.complete(next, object, next.ring().everyProvider());
            Token before = there.token().orElseThrow(() -> there.unreadable("a move"));
            int epoch = next.ring().epoch();
            if (before.epoch() == epoch) {
                Map<NodeCard, ObjectId> left = left(there, before);
                return left.isEmpty()
                        ? new Renewed.LeftAlone(object, "it is of the ring's epoch " + epoch + " already")
                        : end(before, left);
            }
            Optional<Renewed> unmoved = unmoved(object, there, before);
            if (unmoved.isPresent()) {
                return unmoved.get();
            }
            Token moved = carry(before);
            return end(moved, left(there, moved));
        } catch (InterlockException e) {
            return new Renewed.Failed(object, e);
        }
    }

    /** What providers that left the ring still have, by what id. */
    private static Map<NodeCard, ObjectId> left(Lookup lookup, Token moved) {
        Map<NodeCard, ObjectId> left = new LinkedHashMap<>();
        lookup.holdings().values().stream()
                .filter(holding -> holding.state() == ObjectState.COMMITTED
                        && holding.token().generation() < moved.generation()
                        && !moved.providers().contains(holding.provider().x()))
                .forEach(holding ->
                        left.put(holding.provider().card(), holding.token().object()));
        return left;
    }

    /** The others ended what they had when they committed. */
    private Renewed end(Token moved, Map<NodeCard, ObjectId> left) throws InterruptedException {
        Destroying destroying = new Destroying(next);
        for (RingClient.Answer<Receipt> answer : next.askAll(
                List.copyOf(left.keySet()),
                node -> destroying.destroyAt(node, Objects.requireNonNull(left.get(node))))) {
            if (answer instanceof RingClient.Failure<Receipt>(NodeCard node, InterlockException error)) {
                throw new NodeException(
                        node.name(),
                        "it is of epoch " + moved.epoch() + " now, but " + node.name()
                                + ", which left the ring, didn't erase what it had of it: " + error.explanation());
            }
        }
        return new Renewed.Done(moved.origin(), moved.generation());
    }

    /** Why an object stays where it is, if it does. */
    private static Optional<Renewed> unmoved(ObjectId object, Lookup here, Token before) {
        if (here.destroyed() > 0) {
            return Optional.of(
                    new Renewed.LeftAlone(object, "its owner had it destroyed, at " + here.destroyed() + " providers"));
        }
        if (!here.scheduled().isEmpty()) {
            return Optional.of(new Renewed.LeftAlone(
                    object, "it is to be destroyed", new Advice.CancelDestroy(object.toString())));
        }
        if (before.scheme().protocol() != 3) {
            return Optional.of(new Renewed.LeftAlone(
                    object, "its user keeps a key that is for where it is", new Advice.WriteAnew(object.toString())));
        }
        return Optional.empty();
    }

    /** The token under which the new ring has it, if it has. */
    private Optional<Token> there(ObjectId object) throws InterruptedException {
        Lookup lookup = Lookup.complete(next, object, next.ring().providers());
        return lookup.holdings().values().stream()
                .filter(holding -> holding.state() == ObjectState.COMMITTED)
                .map(Lookup.Holding::token)
                .findFirst();
    }

    /** P ⊕ ΣB_i of the old ring's read becomes P ⊕ ΣB_i of the new ring's write. */
    private Token carry(Token before) throws InterruptedException {
        PutOptions options = new PutOptions(
                before.scheme(),
                before.scheme().blinded() ? Blinding.EXPANDED : Blinding.NONE,
                Optional.empty(),
                Optional.empty(),
                false,
                0);
        Handover handover = new Handover();
        Future<Fetched> get = old.beside(() -> get(before.origin(), handover));
        try (ReadableByteChannel in = handover.from()) {
            return Putting.continuing(next, in, before, options);
        } catch (IOException e) {
            throw cause(get, e);
        } catch (InterlockException e) {
            throw get.isDone() ? cause(get, e) : e;
        } finally {
            get.cancel(true);
        }
    }

    private Fetched get(ObjectId object, Handover handover) throws IOException, InterruptedException {
        try (WritableByteChannel out = handover.to()) {
            return Getting.get(old, object, old.ring().providers(), GetOptions.DEFAULT, out, _ -> {}, _ -> {});
        } catch (IOException | RuntimeException e) {
            handover.fail(e);
            throw e;
        }
    }

    /** Where the read failed, that is why the write did. */
    private RuntimeException cause(Future<Fetched> get, Exception write) throws InterruptedException {
        try {
            var _ = get.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InterlockException known) {
                return known;
            }
        }
        return write instanceof RuntimeException known
                ? known
                : new NodeException(
                        next.ring().providers().getFirst().name(), "the move broke off: " + write.getMessage());
    }

    /** It is in the new ring, and ends in the old one. */
    private Renewed leave(Token moved) throws InterruptedException {
        Destruction end = new Destroying(old).destroy(moved.origin(), old.ring().providers(), _ -> {});
        if (end.unrecoverableSince().isEmpty()) {
            int n = old.ring().threshold().n();
            throw new TooFewProvidersException(
                    "it is in the ring " + next.ring().name() + ", but its end in the ring "
                            + old.ring().name(),
                    n - old.ring().threshold().t() + 1,
                    end.receipts().size(),
                    end.failures());
        }
        return new Renewed.Done(moved.origin(), moved.generation());
    }
}
