package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks providers about one object, as many as it takes. A lookup only looks; {@link CatchingUp} changes what is there. */
final class Lookup extends Findings {
    private final List<Provider> asked;
    private final Witnesses witnesses;

    /** Those that weren't asked so far. */
    private final List<Provider> others;

    private final RingClient.Answers<Held> answers;

    private Lookup(RingClient client, ObjectId object, List<Provider> asked, List<Provider> first) {
        super(client.ring(), object);
        this.asked = asked;
        this.witnesses = new Witnesses(client, object);
        this.others = new ArrayList<>(asked);
        others.removeAll(first);
        this.answers = client.ask(cards(first), witnesses::ask);
    }

    private static List<NodeCard> cards(List<Provider> providers) {
        return providers.stream().map(Provider::card).toList();
    }

    /** Asks these providers; all answers, or an end of waiting for each. */
    static Lookup complete(RingClient client, ObjectId object, List<Provider> providers) throws InterruptedException {
        Lookup lookup = new Lookup(client, object, providers, providers);
        Duration deadline = longest(client);
        while (lookup.take(client, deadline)) {
            // The next.
        }
        return lookup;
    }

    /**
     * Asks those of these providers that the record speaks for, and the others too when those are late or not enough; returns
     * once as many as a read takes have answered with one and the same generation.
     */
    static Lookup enough(RingClient client, ObjectId object, List<Provider> providers) throws InterruptedException {
        ProviderRecord record = client.record();
        List<Provider> first = providers.stream()
                .filter(provider -> record.worthAsking(provider.name()))
                .toList();
        Lookup lookup = new Lookup(client, object, providers, first);
        // By then t should have answered, whoever else is slow.
        Duration patience = first.stream()
                .map(provider -> record.deadline(provider.name()))
                .sorted()
                .limit(client.ring().threshold().t())
                .reduce(Duration.ZERO, (_, later) -> later);
        while (lookup.generations().stream().noneMatch(lookup::suffices)) {
            boolean reserve = !lookup.others.isEmpty();
            if (!lookup.take(client, reserve ? patience : longest(client))) {
                if (!reserve) {
                    break;
                }
                lookup.askOthers(client);
            }
        }
        return lookup;
    }

    private void askOthers(RingClient client) {
        client.ask(answers, cards(others), witnesses::ask);
        others.clear();
    }

    private static Duration longest(RingClient client) {
        return client.deadlines().answer().plus(client.deadlines().connect());
    }

    /** Takes in what was answered since; asks those, too, that weren't asked, for the next time. */
    void more(RingClient client) throws InterruptedException {
        askOthers(client);
        while (take(client, Duration.ZERO)) {
            // The next.
        }
    }

    /** @return whether there was another answer within the deadline */
    private boolean take(RingClient client, Duration deadline) throws InterruptedException {
        Optional<RingClient.Answer<Held>> answer = answers.next(deadline);
        switch (answer.orElse(null)) {
            case null -> {}
            case RingClient.Value<Held>(NodeCard node, Held there) -> saysNow(there);
            case RingClient.Failure<Held>(NodeCard node, InterlockException error) -> {
                if (error instanceof IntegrityException) {
                    client.record().failed(node.name());
                }
                failed(node.name(), error);
            }
        }
        return answer.isPresent();
    }

    Witnesses witnesses() {
        return witnesses;
    }

    @Override
    boolean wasAsked(Provider provider) {
        return asked.contains(provider);
    }
}
