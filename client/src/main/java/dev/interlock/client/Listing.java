package dev.interlock.client;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.ObjectList;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The user's objects, as the providers list them. A listing is their word: nothing of it was checked. */
final class Listing {
    private static final int PAGE = 1000;

    private final RingClient client;
    private final RingDescriptor ring;

    Listing(RingClient client) {
        this.client = client;
        this.ring = client.ring();
    }

    /** Newest first. */
    List<Listed> list() throws InterruptedException {
        Map<String, Map<String, ObjectList.Entry>> found = new LinkedHashMap<>();
        Map<String, InterlockException> failures = new LinkedHashMap<>();
        List<NodeCard> nodes = ring.everyProvider().stream().map(Provider::card).toList();
        for (RingClient.Answer<List<ObjectList.Entry>> answer : client.askAll(nodes, this::listAt)) {
            switch (answer) {
                case RingClient.Value<List<ObjectList.Entry>>(NodeCard node, List<ObjectList.Entry> entries) ->
                    entries.forEach(entry -> found.computeIfAbsent(entry.object(), _ -> new LinkedHashMap<>())
                            .put(node.name(), entry));
                case RingClient.Failure<List<ObjectList.Entry>>(NodeCard node, InterlockException error) ->
                    failures.put(node.name(), error);
            }
        }
        if (failures.size() == nodes.size()) {
            throw nobody(failures);
        }
        return found.values().stream()
                .map(this::listed)
                .sorted(Comparator.comparing(Listed::created).reversed())
                .toList();
    }

    private static InterlockException nobody(Map<String, InterlockException> failures) {
        Map<String, String> why = new LinkedHashMap<>();
        failures.forEach((name, error) -> why.put(name, error.explanation()));
        return failures.values().stream()
                .filter(error -> !(error instanceof NodeException))
                .findFirst()
                .orElseGet(() -> new TooFewProvidersException("a listing", 1, 0, why));
    }

    /** What all of them say of one object. */
    private Listed listed(Map<String, ObjectList.Entry> at) {
        int epoch = at.values().stream().mapToInt(ObjectList.Entry::epoch).max().orElseThrow();
        List<ObjectList.Entry> now =
                at.values().stream().filter(entry -> entry.epoch() == epoch).toList();
        ObjectList.Entry any = now.getFirst();
        return new Listed(
                ObjectId.parse(any.object()),
                any.protocol(),
                any.profile(),
                any.length(),
                Instant.ofEpochMilli(any.createdMillis()),
                now.stream()
                        .flatMap(entry -> instant(entry.destroyMillis()).stream())
                        .min(Instant::compareTo),
                // Whoever knows of more signatures is further on.
                now.stream()
                        .map(ObjectList.Entry::missing)
                        .min(Comparator.comparingInt(List::size))
                        .orElseThrow()
                        .stream()
                        .map(x -> ring.everProvider(new ShareIndex(x)).name())
                        .toList(),
                now.size(),
                epoch,
                at.entrySet().stream()
                        .filter(entry -> entry.getValue().epoch() < epoch)
                        .map(Map.Entry::getKey)
                        .toList());
    }

    private static Optional<Instant> instant(@Nullable Long millis) {
        return Optional.ofNullable(millis).map(Instant::ofEpochMilli);
    }

    private List<ObjectList.Entry> listAt(NodeCard node) {
        List<ObjectList.Entry> all = new ArrayList<>();
        String after = "";
        while (true) {
            String query = after.isEmpty() ? "" : "?after=" + after;
            List<ObjectList.Entry> page = Json.read(
                            "the list of " + node.name(),
                            client.get(node, "/v1/objects" + query, Operation.LIST, after),
                            ObjectList.class)
                    .objects();
            all.addAll(page);
            if (page.size() < PAGE) {
                return all;
            }
            after = page.getLast().object();
        }
    }
}
