package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Asks providers about one object, as many as it takes. A lookup only looks; {@link CatchingUp} changes what is there. */
final class Lookup extends Findings {
    private final List<Provider> asked;
    private final Witnesses witnesses;
    private final Function<NodeCard, byte[]> question;

    /** Those that weren't asked so far. */
    private final List<Provider> others;

    private final RingClient.Answers<byte[]> answers;

    private Lookup(RingClient client, Witnesses witnesses, List<Provider> asked, List<Provider> first) {
        this(client, witnesses, witnesses::ask, asked, first);
    }

    private Lookup(
            RingClient client,
            Witnesses witnesses,
            Function<NodeCard, byte[]> question,
            List<Provider> asked,
            List<Provider> first) {
        super(client.ring(), witnesses.object());
        this.asked = asked;
        this.witnesses = witnesses;
        this.question = question;
        this.others = new ArrayList<>(asked);
        others.removeAll(first);
        this.answers = client.ask(cards(first), question);
    }

    private static List<NodeCard> cards(List<Provider> providers) {
        return providers.stream().map(Provider::card).toList();
    }

    /** Asks these providers; all answers, or an end of waiting for each. */
    static Lookup complete(RingClient client, ObjectId object, List<Provider> providers) throws InterruptedException {
        Lookup lookup = new Lookup(client, new Witnesses(client, object), providers, providers);
        Duration deadline = longest(client);
        while (lookup.take(client, providers.size(), deadline) > 0) {
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
        Lookup lookup = new Lookup(client, new Witnesses(client, object), providers, first);
        return lookup.enough(client, first);
    }

    /**
     * The same for who asks for what is to be read as well: as many as a read takes are asked, the best first, and the others at
     * once when one of those fails.
     */
    static Lookup opening(RingClient client, List<Provider> providers, SmallOpen small) throws InterruptedException {
        int t = client.ring().threshold().t();
        List<Provider> best = small.ranked(providers).stream().limit(t).toList();
        List<Provider> first = best.size() < t ? providers : best;
        Lookup lookup = new Lookup(client, small.witnesses(), small::ask, providers, first);
        return lookup.enough(client, first);
    }

    private Lookup enough(RingClient client, List<Provider> first) throws InterruptedException {
        // By then t should have answered, whoever else is slow.
        Duration patience = first.stream()
                .map(provider -> client.record().deadline(provider.name()))
                .sorted()
                .limit(client.ring().threshold().t())
                .reduce(Duration.ZERO, (_, later) -> later);
        int t = client.ring().threshold().t();
        while (generations().stream().noneMatch(this::suffices)) {
            boolean reserve = !others.isEmpty();
            int missing = Math.max(1, t - held().size());
            int before = errors().size();
            int taken = take(client, missing, reserve ? patience : longest(client));
            boolean late = taken < missing && errors().size() == before;
            if (reserve && (late || held().size() + answers.outstanding() < t)) {
                askOthers(client);
            } else if (taken == 0) {
                break;
            }
        }
        return this;
    }

    private void askOthers(RingClient client) {
        client.ask(answers, cards(others), question);
        others.clear();
    }

    private static Duration longest(RingClient client) {
        return client.deadlines().answer().plus(client.deadlines().connect());
    }

    /** Takes in what was answered since; asks those, too, that weren't asked, for the next time. */
    void more(RingClient client) throws InterruptedException {
        askOthers(client);
        while (take(client, 1, Duration.ZERO) > 0) {
            // The next.
        }
    }

    /**
     * Takes in what is answered.
     *
     * @param many for so many answers, or one that failed, it waits until the deadline
     * @return how many there were
     */
    private int take(RingClient client, int many, Duration deadline) throws InterruptedException {
        List<RingClient.Answer<byte[]>> came = answers.next(many, deadline);
        for (RingClient.Answer<byte[]> answer : came) {
            NodeCard node = answer.node();
            // One after the other: who says the same as another one is quickly heard.
            switch (RingClient.answer(node, () -> witnesses.heard(node, answer.value()))) {
                case RingClient.Value<Held>(NodeCard _, Held there) -> saysNow(there);
                case RingClient.Failure<Held>(NodeCard _, InterlockException error) -> {
                    if (error instanceof IntegrityException) {
                        client.record().failed(node.name());
                    }
                    failed(node.name(), error);
                }
            }
        }
        return came.size();
    }

    Witnesses witnesses() {
        return witnesses;
    }

    @Override
    boolean wasAsked(Provider provider) {
        return asked.contains(provider);
    }
}
