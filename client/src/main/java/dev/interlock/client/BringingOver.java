package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.names.NameEntry;
import dev.interlock.protocol.names.NameKeys;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * Brings what was made under earlier versions of a user's root secret over to the newest (SPEC §17): names first, without which a user
 * finds nothing, then each object by a handover to oneself. Whatever breaks off is done again, and what is done is passed over.
 */
final class BringingOver {
    private static final int AT_ONCE = 8;
    private static final byte[] NOTHING = NameEntry.nothing();

    private final RingClient client;

    BringingOver(RingClient client) {
        this.client = client;
    }

    /** @param since the oldest version of which something may be left */
    BroughtOver bringOver(int since, Consumer<ObjectId> done) throws InterruptedException {
        int names = names(since);
        List<ObjectId> objects = new ArrayList<>();
        Map<ObjectId, String> untold = new LinkedHashMap<>();
        Map<ObjectId, String> left = new LinkedHashMap<>();
        List<ObjectId> all =
                new Listing(client).list().stream().map(Listed::object).toList();
        HandingOver handing = new HandingOver(client);
        for (int from = 0; from < all.size(); from += AT_ONCE) {
            List<ObjectId> some = all.subList(from, Math.min(all.size(), from + AT_ONCE));
            List<Attempt<Optional<HandedOver>>> attempts = Batch.run(some.stream()
                    .<Callable<Optional<HandedOver>>>map(
                            object -> () -> handing.toNewestRoot(object, client.rootVersion()))
                    .toList());
            for (int i = 0; i < some.size(); i++) {
                ObjectId object = some.get(i);
                switch (attempts.get(i)) {
                    case Attempt.Done<Optional<HandedOver>>(Optional<HandedOver> handed) -> {
                        handed.ifPresent(each -> {
                            objects.add(object);
                            if (!each.failures().isEmpty()) {
                                untold.put(object, said(each.failures()));
                            }
                        });
                    }
                    case Attempt.Failed<Optional<HandedOver>>(Exception error) ->
                        left.put(
                                object,
                                error instanceof InterlockException known
                                        ? known.explanation()
                                        : String.valueOf(error));
                }
                done.accept(object);
            }
        }
        return new BroughtOver(names, objects, untold, left);
    }

    private static String said(Map<String, String> failures) {
        List<String> each = new ArrayList<>();
        failures.forEach((node, why) -> each.add(node + ": " + why));
        return String.join("; ", each);
    }

    /**
     * Names of earlier versions, each as the latest of them has it, under the keys of the newest: where that has the name in any state,
     * that one came after.
     */
    private int names(int since) throws InterruptedException {
        int newest = client.rootVersion();
        Map<Name, NameContent.Versions> before = new LinkedHashMap<>();
        for (int version = newest - 1; version >= since; version--) {
            try (NameKeys keys = client.nameKeys(version)) {
                for (NameContent.Versions each : all(keys)) {
                    before.putIfAbsent(each.name(), each);
                }
            }
        }
        before.values().removeIf(each -> each.versions().isEmpty());
        if (before.isEmpty()) {
            return 0;
        }
        try (NameKeys keys = client.nameKeys(newest)) {
            NameRegister register = new NameRegister(client, keys);
            Set<Name> there = new HashSet<>();
            all(keys).forEach(each -> there.add(each.name()));
            before.keySet().removeAll(there);
            List<NameEntry> entries = before.values().stream()
                    .map(each -> keys.seal(each, 1, NOTHING, client.random()))
                    .toList();
            NameRegister.Answered<List<NameEntry>> told = register.gather(
                    register.present(),
                    node -> register.set(node, entries),
                    confirmed -> confirmed.size() >= register.quorum().write());
            if (told.values().size() < register.quorum().write()) {
                Map<String, String> why = new TreeMap<>();
                told.failures().forEach((node, error) -> why.put(node, error.explanation()));
                throw new TooFewProvidersException(
                        "bringing names over to the new root secret",
                        register.quorum().write(),
                        told.values().size(),
                        why);
            }
            return entries.size();
        }
    }

    /** Those that were removed, too. */
    private List<NameContent.Versions> all(NameKeys keys) throws InterruptedException {
        List<NameContent.Versions> all = new ArrayList<>();
        Map<String, String> _ = new NameListing(client, new NameRegister(client, keys), keys, false).list(all::add);
        return all;
    }
}
