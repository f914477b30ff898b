package dev.interlock.client;

import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.WriteCheck;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** U's side of {@link Renewal}, over the network: a new pad or new shares for one object after the other. */
final class Renewing {
    private final RingClient client;
    private final RingDescriptor ring;
    private final boolean ofZero;

    /** @param ofZero a refresh; else a replacement of the pad */
    Renewing(RingClient client, boolean ofZero) {
        this.client = client;
        this.ring = client.ring();
        this.ofZero = ofZero;
    }

    Renewed renew(ObjectId object) throws InterruptedException {
        try {
            return renew(object, CatchingUp.complete(client, object, ring.providers()));
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
        Certified newest = lookup.newest().orElseThrow(() -> lookup.unreadable(what()));
        Token before = newest.token();
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
        requireAll(lookup, newest);
        try (Write.Plan plan = Renewal.plan(ring, before, lookup.title(), client.maker(), ofZero, lookup.nextNumber());
                WriteCheck check = new WriteCheck(client.random())) {
            return run(plan, check);
        }
    }

    /** As a write, it needs them all. */
    private void requireAll(Lookup lookup, Certified newest) {
        Map<String, String> absent = new LinkedHashMap<>();
        List<Provider> holders =
                lookup.holders(newest).stream().map(Held::provider).toList();
        for (Provider provider : ring.providers()) {
            if (!holders.contains(provider)) {
                InterlockException error = lookup.errors().get(provider.name());
                absent.put(provider.name(), error == null ? "doesn't hold it as the others do" : error.explanation());
            }
        }
        if (!absent.isEmpty()) {
            int n = ring.threshold().n();
            throw new TooFewProvidersException(what(), n, n - absent.size(), absent);
        }
    }

    private String what() {
        return ofZero ? "a refresh" : "a replacement";
    }

    /** The write of one new generation. */
    private Renewed run(Write.Plan plan, WriteCheck check) throws InterruptedException {
        WriteSteps steps = new WriteSteps(client, plan);
        Token before = plan.before().orElseThrow();
        Optional<Dealings> deal = Optional.empty();
        try {
            byte[] manifest = Manifests.of(client, before, ring.provider(before.home()));
            // Step 1, home first: of two commands at once, the one that it lets in goes on.
            byte[] _ = Orders.send(client, steps.route().getFirst(), plan.session());
            for (RingClient.Answer<byte[]> answer : client.askAll(
                    steps.route().subList(1, steps.route().size()),
                    node -> Orders.send(client, node, plan.session()))) {
                var _ = answer.value();
            }
            // Step 2.  Steps 3 and 4 run by themselves, behind the shares.
            Dealings dealings = steps.askDealers();
            deal = Optional.of(dealings);
            Dealt dealt = steps.dealt(dealings, client.deadlines().settle().plus(RingClient.passTime(plan.layout())));
            // Step 5.
            Token token = Write.token(plan, before.commitment(), dealt, List.of(), before.createdMillis());
            SignatureChain chain = steps.sign(token, manifest, () -> {});
            // Step 6.
            if (!steps.ofOneCiphertext(chain) && steps.wrongSigner(chain).isEmpty()) {
                throw new IntegrityException(
                        "the renewal of " + token.object()
                                + " failed its check: its homes don't have the same ciphertext."
                                + " The object stays as it was",
                        List.of(),
                        new Advice.ReadDirect(token.object().toString()));
            }
            steps.checkChain(token, chain);
            check.verify(plan, steps.check(check.reveal()));
            steps.commit(token, chain);
            return new Renewed.Done(token.object(), token.number());
        } catch (InterlockException e) {
            throw plan.session().isCertified() ? e : steps.abandon(e, deal);
        } finally {
            deal.ifPresent(Dealings::close);
        }
    }
}
