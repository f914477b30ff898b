package dev.interlock.client;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Why an object can't be read with what was found. */
final class Unreadable {
    private final Findings found;
    private final RingDescriptor ring;

    Unreadable(Findings found) {
        this.found = found;
        this.ring = found.ring();
    }

    /** @param operation for the message: "a get" */
    InterlockException because(String operation) {
        int t = ring.threshold().t();
        if (found.lost()) {
            return new DestroyedException("the object " + found.object() + " was destroyed at " + found.destroyed()
                    + " of " + ring.threshold().n() + " providers; what is left is too little for anybody to open it");
        }
        for (InterlockException error : found.errors().values()) {
            if (error instanceof IntegrityException) {
                return error;
            }
        }
        if (found.closed()) {
            Map<String, Instant> scheduled = found.scheduled();
            return new RefusedException(
                    "the object " + found.object() + " is to be destroyed at "
                            + scheduled.values().stream()
                                    .min(Instant::compareTo)
                                    .orElseThrow() + " by "
                            + String.join(", ", scheduled.keySet()) + " and closed until then",
                    new Advice.CancelDestroy(found.object().toString()));
        }
        boolean nobodyHasIt = found.held().isEmpty();
        for (InterlockException error : found.errors().values()) {
            if (nobodyHasIt && (error instanceof RefusedException || error instanceof BadInputException)) {
                return error;
            }
        }
        long denials = found.errors().values().stream()
                .filter(NoSuchObjectException.class::isInstance)
                .count();
        // Fewer than t don't answer: an object that they had alone couldn't be opened.
        if (nobodyHasIt && denials > ring.threshold().n() - t) {
            return new NoSuchObjectException(
                    "there's no object " + found.object() + " in the ring \"" + ring.name() + "\"",
                    new Advice.ListObjects());
        }
        Map<String, String> absent = new LinkedHashMap<>();
        List<Held> readable = found.readable();
        for (Provider provider : ring.providers()) {
            if (readable.stream().noneMatch(each -> each.provider().equals(provider))) {
                absent.put(provider.name(), why(provider));
            }
        }
        return tooFew(operation, readable, absent);
    }

    private String why(Provider provider) {
        Held there = found.held().get(provider.name());
        InterlockException error = found.errors().get(provider.name());
        if (there != null) {
            if (found.ended(there)) {
                return "destroyed its share";
            }
            if (there.destroyAt().isPresent()) {
                return "is to destroy it at " + there.destroyAt().get();
            }
            return switch (there.state()) {
                case PREPARED -> "prepared it, and was never shown that it was committed: to be settled";
                case DESTROYED -> "says that it destroyed it, and shows no command of its owner";
                case COMMITTED -> "has another generation of it";
            };
        }
        if (error instanceof NoSuchObjectException && found.waiting().containsKey(provider.name())) {
            return "was missing at the put and hasn't got its share yet";
        }
        if (!found.wasAsked(provider)) {
            return "isn't among those that were to be asked";
        }
        return error == null ? "didn't answer" : error.explanation();
    }

    /** As {@link Findings#tooFew}. */
    TooFewProvidersException tooFew(String operation, List<Held> usable, Map<String, String> absent) {
        Optional<Token> u = found.token();
        int readers = u.map(Token::threshold).orElse(ring.threshold()).t();
        if (u.isPresent() && (u.get().scheme().sealed() || usable.size() >= readers)) {
            List<ShareIndex> homes = u.get().homes();
            String names = homes.stream().map(found::name).collect(Collectors.joining(" or "));
            int left = (int) usable.stream()
                    .filter(each -> homes.contains(each.provider().x()))
                    .count();
            return new TooFewProvidersException(
                    operation + " from a home of the object (" + names + ")", 1, left, absent);
        }
        return new TooFewProvidersException(operation, readers, usable.size(), absent);
    }
}
