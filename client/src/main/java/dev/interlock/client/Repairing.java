package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Repair;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** U's side of {@link Repair}, over the network: gives one provider back what it lost of one object after the other. */
final class Repairing {
    /** With wrong bytes of nobody knows whom, other helpers are tried; so many sets at the most. */
    private static final int MAX_TRIES = 32;

    private final RingClient client;
    private final RingDescriptor ring;
    private final Provider repaired;

    Repairing(RingClient client, Provider repaired) {
        this.client = client;
        this.ring = client.ring();
        this.repaired = repaired;
    }

    Repaired repair(ObjectId object) throws InterruptedException {
        try {
            return repair(object, CatchingUp.complete(client, object, ring.providers()));
        } catch (InterlockException e) {
            return new Repaired.Failed(object, e);
        }
    }

    private Repaired repair(ObjectId object, Lookup lookup) throws InterruptedException {
        if (lookup.destroyed() > 0) {
            // Rule 4 of SPEC §11: destroyed stays destroyed, also where a tombstone was lost.
            return new Repaired.LeftAlone(
                    object, "its owner had it destroyed, at " + lookup.destroyed() + " providers");
        }
        if (!lookup.scheduled().isEmpty()) {
            return new Repaired.LeftAlone(object, "it is to be destroyed", new Advice.CancelDestroy(object.toString()));
        }
        Optional<Certified> newest = lookup.newest();
        Held there = lookup.held().get(repaired.name());
        if (there != null && newest.filter(there::has).isPresent()) {
            return new Repaired.Present(object);
        }
        InterlockException error = lookup.errors().get(repaired.name());
        // One that was restored from a backup may have an earlier generation, or have it prepared only.
        if (there == null && !(error instanceof NoSuchObjectException)) {
            throw error == null ? new NodeException(repaired.name(), repaired.name() + " didn't answer") : error;
        }
        Certified generation = newest.orElseThrow(() -> lookup.unreadable("a repair"));
        if (generation.token().scheme().sealed()) {
            return new Repaired.LeftAlone(
                    object, "it was put by protocol 1, whose sealed shares no pass repairs: get it and put it again");
        }
        if (!generation.token().providers().contains(repaired.x())) {
            return new Repaired.LeftAlone(object, repaired.name() + " never had a share of it");
        }
        return repair(lookup, generation);
    }

    private Repaired repair(Lookup lookup, Certified generation) throws InterruptedException {
        Token token = generation.token();
        List<Held> holders = lookup.holders(generation);
        int t = token.threshold().t();
        Map<String, String> avoided = new LinkedHashMap<>();
        lookup.errors().forEach((name, error) -> {
            if (!name.equals(repaired.name())) {
                avoided.put(name, error.explanation());
            }
        });
        Optional<byte[]> manifest = Optional.empty();
        IntegrityException wrong = null;
        int[] chosen = first(t, holders.size());
        for (int tries = 0; tries < MAX_TRIES && chosen.length > 0; chosen = next(chosen, holders.size())) {
            List<Provider> s = Arrays.stream(chosen)
                    .mapToObj(i -> holders.get(i).provider())
                    .toList();
            Optional<Provider> home = home(token, holders, avoided);
            if (s.stream().anyMatch(helper -> avoided.containsKey(helper.name()))) {
                continue;
            }
            if (home.isEmpty() && token.homes().contains(repaired.x())) {
                break;
            }
            tries++;
            try {
                if (manifest.isEmpty()) {
                    manifest = Optional.of(
                            Manifests.of(client, token, holders.get(chosen[0]).provider()));
                }
                pass(token, s, home, new RestoreMessage(generation.certificate(), manifest.get()));
                return new Repaired.Restored(
                        token.object(), s.stream().map(Provider::name).toList(), avoided);
            } catch (IntegrityException e) {
                // It may be one of many: others are tried.
                e.culprits().forEach(name -> avoided.put(name, e.explanation()));
                wrong = e;
            } catch (NodeException e) {
                if (e.node().equals(repaired.name())) {
                    throw e;
                }
                avoided.put(e.node(), e.explanation());
            }
        }
        if (wrong != null) {
            throw wrong;
        }
        List<Held> usable = holders.stream()
                .filter(each -> !avoided.containsKey(each.provider().name()))
                .toList();
        throw lookup.tooFew("a repair", usable, avoided);
    }

    /** Another home, where the repaired provider is one. */
    private Optional<Provider> home(Token token, List<Held> holders, Map<String, String> avoided) {
        if (!token.homes().contains(repaired.x())) {
            return Optional.empty();
        }
        return holders.stream()
                .map(Held::provider)
                .filter(provider -> token.homes().contains(provider.x()) && !avoided.containsKey(provider.name()))
                .findFirst();
    }

    /** The first t of n; none where there aren't as many. */
    private static int[] first(int t, int n) {
        int[] first = new int[t <= n ? t : 0];
        Arrays.setAll(first, i -> i);
        return first;
    }

    /** The next as many of n, in the order of a dictionary; none after the last. */
    private static int[] next(int[] chosen, int n) {
        int[] next = chosen.clone();
        for (int i = next.length - 1; i >= 0; i--) {
            if (next[i] < n - next.length + i) {
                int from = next[i] + 1 - i;
                for (int j = i; j < next.length; j++) {
                    next[j] = from + j;
                }
                return next;
            }
        }
        return new int[0];
    }

    private void pass(Token token, List<Provider> s, Optional<Provider> home, RestoreMessage message)
            throws InterruptedException {
        List<ShareIndex> path = s.stream().map(Provider::x).toList();
        try (Repair.Plan plan = Repair.plan(ring, token, client.maker(), path, repaired.x(), home.map(Provider::x))) {
            List<NodeCard> nodes =
                    plan.parties().stream().map(x -> ring.provider(x).card()).toList();
            try {
                // Step 1.  U →p every CC_i in S, CC_k, home: signed request, seeds of the pairs.  Step 2 runs by
                // itself.
                for (RingClient.Answer<byte[]> answer :
                        client.askAll(nodes, node -> Orders.send(client, node, plan.session()))) {
                    var _ = answer.value();
                }
                // Step 3.  U →p CC_k: what every provider keeps.
                restore(plan, message);
            } catch (InterlockException e) {
                InterlockException telling = Diagnosis.of(client, nodes, plan.id(), e);
                client.askAll(
                        nodes,
                        node -> Orders.abandon(client, node, plan.session(), Orders.abandonment(plan.session())));
                throw telling;
            }
        }
    }

    private void restore(Repair.Plan plan, RestoreMessage message) {
        String session = plan.id().toString();
        byte[] _ = client.call(
                repaired.card(),
                HttpMethod.POST,
                "/v1/sessions/" + session + "/restore",
                Operation.RESTORE,
                session,
                message.encode(),
                client.deadlines()
                        .settle()
                        .plus(RingClient.passTime(plan.token().layout())));
    }
}
