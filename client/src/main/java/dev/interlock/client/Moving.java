package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.ObjectState;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * The resharing of SPEC §10: objects go into another ring, with other providers, other t and n, under the ids that they have.
 *
 * <p>One pass of the old ring takes the old layers off and leaves P under the read's blinds; U checks each chunk against u_m,
 * puts the write's blinds on, and one pass of the new ring puts the new layers on. The rings never speak with each other, and
 * need not know of each other. What is put there names the certified generation
 * that it continues. The old ring destroys what it has only after enough of the new one's providers have committed: until then it
 * opens the object, from then on the new one does, and in between both do.
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

    /** Into another ring. */
    Renewed move(ObjectId object) throws InterruptedException {
        try {
            // The source's certificate, and whether one that continues it is at the destination.
            Lookup here = CatchingUp.complete(old, object, old.ring().providers());
            Lookup there = CatchingUp.complete(next, object, next.ring().everyProvider());
            Optional<Certified> moved = moved(here, there);
            if (moved.isPresent() && (here.newest().isEmpty() || here.lost())) {
                return new Renewed.LeftAlone(
                        object, "it is in the ring " + next.ring().name() + " already");
            }
            Certified source = here.newest().orElseThrow(() -> here.unreadable("a move"));
            if (moved.isPresent()) {
                // An earlier move came so far: what is left is the end.
                Token u = moved.get().token();
                Committing.commit(next, u, moved.get().certificate(), "the move");
                return leave(here, source, u);
            }
            Optional<Renewed> unmoved = unmoved(object, here, source.token());
            if (unmoved.isEmpty() && !next.owns(here.title())) {
                throw new BadInputException("the object " + object + " stays its owner's where it moves, and the"
                        + " credential for the ring \"" + next.ring().name() + "\" is another one than here: have its"
                        + " nodes let this one in, and use it there");
            }
            return unmoved.isPresent()
                    ? unmoved.get()
                    : leave(
                            here,
                            source,
                            carry(source.token(), here.title(), Math.max(here.nextNumber(), there.nextNumber())));
        } catch (InterlockException e) {
            return new Renewed.Failed(object, e);
        }
    }

    /** Whether an object is there, by its certificate, and nobody needs what there may be of it here: nobody's mere word decides that. */
    boolean hasMoved(ObjectId object) throws InterruptedException {
        Lookup there = Lookup.complete(next, object, next.ring().everyProvider());
        if (there.newest().isEmpty()) {
            return false;
        }
        Lookup here = Lookup.complete(old, object, old.ring().providers());
        return moved(here, there).isPresent() && (here.newest().isEmpty() || here.lost());
    }

    /** What is at the destination and continues what is here: itself, or by way of others that came after it under the same owner. */
    private static Optional<Certified> moved(Lookup here, Lookup there) {
        return there.newest()
                .filter(found -> there.held().values().stream()
                        .anyMatch(each -> each.state() == ObjectState.COMMITTED && each.has(found)))
                .filter(found -> here.token()
                        .map(source -> continues(found.token(), source))
                        .orElse(true));
    }

    private static boolean continues(Token u, Token source) {
        return u.making().continues().equals(Optional.of(source.id())) || u.number() > source.number();
    }

    /** The same where the next ring is this one in a later epoch, and many providers are in both. */
    Renewed follow(ObjectId object) throws InterruptedException {
        try {
            Lookup found = CatchingUp.complete(next, object, next.ring().everyProvider());
            Certified newest = found.newest().orElseThrow(() -> found.unreadable("a move"));
            int epoch = next.ring().epoch();
            if (newest.token().epoch() == epoch) {
                return left(found, newest.token()).isEmpty()
                        ? new Renewed.LeftAlone(object, "it is of the ring's epoch " + epoch + " already")
                        : endHere(found, newest);
            }
            Optional<Renewed> unmoved = unmoved(object, found, newest.token());
            if (unmoved.isPresent()) {
                return unmoved.get();
            }
            Token moved = carry(newest.token(), found.title(), found.nextNumber());
            end(found, newest, moved);
            return new Renewed.Done(moved.object(), moved.number());
        } catch (InterlockException e) {
            return new Renewed.Failed(object, e);
        }
    }

    /** What there still is of earlier epochs, the newest generation of each. */
    private static List<Certified> left(Lookup lookup, Token moved) {
        Map<Integer, Certified> left = new LinkedHashMap<>();
        lookup.generations().stream()
                .filter(each -> each.token().epoch() < moved.epoch())
                .filter(each -> lookup.held().values().stream()
                        .anyMatch(held -> held.state() == ObjectState.COMMITTED && held.has(each)))
                .forEach(each -> left.putIfAbsent(each.token().epoch(), each));
        return List.copyOf(left.values());
    }

    /** An earlier one came so far that only the end of what was left behind is missing. */
    private Renewed endHere(Lookup found, Certified moved) throws InterruptedException {
        Token u = moved.token();
        Committing.commit(next, u, moved.certificate(), "the move");
        for (Certified each : left(found, u)) {
            end(found, each, u);
        }
        return new Renewed.Done(u.object(), u.number());
    }

    /** Ends the source, which nobody needs any more; those that stay and those that left. */
    private void end(Lookup found, Certified source, Token moved) throws InterruptedException {
        Destruction end = new Destroying(next).end(found, source);
        for (Map.Entry<String, String> each : end.failures().entrySet()) {
            if (end.told().containsKey(each.getKey())) {
                // Others bring it the owner's command.
                continue;
            }
            throw new NodeException(
                    each.getKey(),
                    "it is of epoch " + moved.epoch() + " now, but " + each.getKey()
                            + " didn't erase what it had of it in epoch "
                            + source.token().epoch() + ": "
                            + each.getValue());
        }
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

    /** P ⊕ ΣB_i of the old ring's read becomes P ⊕ ΣB_i of the new ring's write. */
    private Token carry(Token before, Title title, long number) throws InterruptedException {
        PutOptions options = new PutOptions(
                before.scheme(),
                before.scheme().blinded() ? Blinding.EXPANDED : Blinding.NONE,
                Optional.empty(),
                Optional.empty(),
                false,
                0);
        MovePipe pipe = new MovePipe();
        Future<Fetched> get = old.beside(() -> get(before.object(), pipe));
        try (ReadableByteChannel in = pipe.from()) {
            return Putting.continuing(next, in, before, title, number, options);
        } catch (IOException e) {
            throw cause(get, e);
        } catch (InterlockException e) {
            throw get.isDone() ? cause(get, e) : e;
        } finally {
            get.cancel(true);
        }
    }

    private Fetched get(ObjectId object, MovePipe pipe) throws IOException, InterruptedException {
        try (WritableByteChannel out = pipe.to()) {
            return Getting.get(old, object, old.ring().providers(), GetOptions.DEFAULT, out, _ -> {}, _ -> {});
        } catch (IOException | RuntimeException e) {
            pipe.fail(e);
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

    /** It is in the new ring, acknowledged, and ends in the old one. */
    private Renewed leave(Lookup here, Certified source, Token moved) throws InterruptedException {
        Destruction end = new Destroying(old).end(here, source);
        if (end.unrecoverableSince().isEmpty()) {
            int n = source.token().threshold().n();
            throw new TooFewProvidersException(
                    "it is in the ring " + next.ring().name() + ", but its end in the ring "
                            + old.ring().name(),
                    n - source.token().threshold().t() + 1,
                    end.receipts().size(),
                    end.failures());
        }
        return new Renewed.Done(moved.object(), moved.number());
    }
}
