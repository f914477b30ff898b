package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.Proof;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What there is of one object, in words; nothing is changed by it. */
final class Describing {
    private final RingClient client;
    private final RingDescriptor ring;

    Describing(RingClient client) {
        this.client = client;
        this.ring = client.ring();
    }

    ObjectStatus info(ObjectId object) throws InterruptedException {
        Lookup lookup = Lookup.complete(client, object, ring.providers());
        Certified newest = lookup.newest().orElseThrow(() -> lookup.unreadable("an info"));
        Map<String, String> states = new LinkedHashMap<>();
        for (Provider provider : ring.providers()) {
            states.put(provider.name(), state(lookup, newest, provider));
        }
        Map<String, List<String>> waiting = lookup.waiting();
        waiting.forEach((name, at) -> states.put(
                name,
                lookup.destroyed() > 0
                        ? "missing, and never had its share"
                        : at.isEmpty()
                                ? "missing, and nobody keeps its share: a repair brings it back"
                                : "missing, its share waits at " + String.join(" and ", at)));
        return new ObjectStatus(
                newest.token(),
                states,
                lookup.readable().size(),
                lookup.destroyed(),
                newest.chain().participations().size(),
                waiting,
                lookup.undecided().entrySet().stream()
                        .map(each -> new ObjectStatus.Undecided(
                                each.getKey().hash(), each.getKey().number(), each.getValue()))
                        .toList());
    }

    private static String state(Lookup lookup, Certified newest, Provider provider) {
        Held there = lookup.held().get(provider.name());
        if (there == null) {
            InterlockException error = lookup.errors().get(provider.name());
            return error == null ? "didn't answer" : error.explanation();
        }
        return switch (there.state()) {
            case COMMITTED ->
                there.destroyAt()
                        .map(at -> "to be destroyed at " + at)
                        .orElseGet(() -> there.has(newest)
                                ? "committed"
                                : "committed, generation "
                                        + there.certified()
                                                .orElseThrow()
                                                .token()
                                                .number()
                                        + ": it is behind");
            case PREPARED -> "prepared, not yet told of the commit";
            case DESTROYED ->
                lookup.ended(there)
                        ? "destroyed"
                                + there.receipt()
                                        .map(r -> " at " + Instant.ofEpochMilli(r.destroyedMillis()))
                                        .orElse("")
                        : "says that it destroyed it, and shows no command of its owner that ends this generation";
        };
    }

    Proof proof(ObjectId object) throws InterruptedException {
        Lookup lookup = Lookup.complete(client, object, ring.providers());
        SignatureChain chain = lookup.newest().map(Certified::chain).orElseThrow(() -> lookup.unreadable("a proof"));
        if (!chain.unsigned().isEmpty()) {
            throw new NodeException(
                    ring.provider(chain.unsigned().getFirst()).name(),
                    "there is no proof for " + object + " yet, not everyone has signed: "
                            + Custody.describe(ring, chain));
        }
        return Proof.of(ring, chain);
    }
}
