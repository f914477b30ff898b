package dev.interlock.client;

import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.WriteCheck;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.CommitMessage;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** U's side of {@link Renewal}, over the network: a new pad or new shares for one object after the other. */
final class Renewing {
    private final RingClient client;
    private final RingDescriptor ring;
    private final Order.Kind kind;

    /** @param kind {@link Order.Kind#REPLACE} or {@link Order.Kind#REFRESH} */
    Renewing(RingClient client, Order.Kind kind) {
        this.client = client;
        this.ring = client.ring();
        this.kind = kind;
    }

    Renewed renew(ObjectId object) throws InterruptedException {
        try {
            return renew(object, Lookup.complete(client, object, ring.providers()));
        } catch (InterlockException e) {
            return new Renewed.Failed(object, e);
        }
    }

    private Renewed renew(ObjectId object, Lookup lookup) throws InterruptedException {
        if (lookup.destroyed() > 0) {
            return new Renewed.LeftAlone(object, "its owner had it destroyed, at " + lookup.destroyed() + " providers");
        }
        if (!lookup.scheduled().isEmpty()) {
            return new Renewed.LeftAlone(object, "it is to be destroyed", new Advice.CancelDestroy(object.toString()));
        }
        Token before = lookup.token().orElseThrow(() -> lookup.unreadable(what()));
        if (!ring.isCurrent()) {
            return new Renewed.LeftAlone(
                    object, "it is of the ring's epoch " + before.epoch(), new Advice.Follow(object.toString()));
        }
        if (before.scheme().sealed() || !before.scheme().blinded()) {
            return new Renewed.LeftAlone(
                    object,
                    "only protocols 2 and 3 of the blinded profile can be renewed",
                    new Advice.WriteAnew(object.toString()));
        }
        Map<String, String> absent = new LinkedHashMap<>();
        for (Provider provider : ring.providers()) {
            if (lookup.readable().stream()
                    .noneMatch(holding -> holding.provider().equals(provider))) {
                InterlockException error = lookup.errors().get(provider.name());
                absent.put(provider.name(), error == null ? "doesn't hold it as the others do" : error.explanation());
            }
        }
        if (!absent.isEmpty()) {
            // As a write, it needs them all.
            int n = ring.threshold().n();
            throw new TooFewProvidersException(what(), n, n - absent.size(), absent);
        }
        ObjectId fresh = ObjectId.random(client.random());
        try (Write.Plan plan = Renewal.plan(ring, before, kind, fresh, client.random());
                WriteCheck check = new WriteCheck(client.random())) {
            return new Run(plan, check).run();
        }
    }

    private String what() {
        return kind == Order.Kind.REPLACE ? "a replacement" : "a refresh";
    }

    /** The write of one new generation. */
    private final class Run {
        private final Write.Plan plan;
        private final WriteCheck check;
        private final WriteSteps steps;

        Run(Write.Plan plan, WriteCheck check) {
            this.plan = plan;
            this.check = check;
            this.steps = new WriteSteps(client, plan);
        }

        Renewed run() throws InterruptedException {
            Dealings deal = null;
            try {
                Token before = plan.before().orElseThrow();
                byte[] manifest = Lookup.manifest(client, before, ring.provider(before.home()));
                // Step 1, home first: of two commands at once, the one that it lets in goes on.
                byte[] _ = steps.order(steps.route().getFirst());
                for (RingClient.Answer<byte[]> answer :
                        client.askAll(steps.route().subList(1, steps.route().size()), steps::order)) {
                    var _ = answer.value();
                }
                // Step 2.  Steps 3 and 4 run by themselves, behind the shares.
                deal = steps.askDealers();
                Dealt dealt = steps.dealt(deal, client.deadlines().settle().plus(RingClient.passTime(plan.layout())));
                Token token = Write.token(plan, before.commitment(), dealt, List.of(), before.createdMillis());
                SignatureChain chain = steps.sign(token, manifest, () -> {});
                List<Holding> holdings = check.verify(plan, steps.check(check.reveal()));
                steps.commit(token, new CommitMessage(chain, holdings));
                return new Renewed.Done(token.origin(), token.generation());
            } catch (WriteSteps.CommitUnknownException e) {
                throw e.error();
            } catch (InterlockException e) {
                if (deal != null) {
                    throw steps.abandon(e, deal);
                }
                InterlockException telling = Diagnosis.of(client, steps.route(), plan.session(), e);
                steps.abandon();
                throw telling;
            } finally {
                if (deal != null) {
                    deal.cancel();
                }
            }
        }
    }
}
