package dev.interlock.client;

import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.names.NameEntry;
import dev.interlock.protocol.names.NameHead;
import dev.interlock.protocol.names.NameKeys;
import dev.interlock.protocol.names.NameMessages;
import dev.interlock.protocol.names.NameQuorum;
import dev.interlock.protocol.names.NameReading;
import dev.interlock.protocol.names.NameTag;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All of a user's names (SPEC §16), page by page: one provider gives the entries, the others say which states they have, and
 * whatever of theirs is later is fetched and written back.
 */
final class NameListing {
    private final RingClient client;
    private final RingDescriptor ring;
    private final NameRegister register;
    private final NameKeys keys;
    /** Why those that don't answer, or lie, aren't asked any more. */
    private final Map<String, String> lost = new LinkedHashMap<>();

    private final Set<String> present;
    private final boolean all;

    /** @param all whether every provider that can be reached is waited for, and not only as many as it takes */
    NameListing(RingClient client, NameRegister register, NameKeys keys, boolean all) {
        this.client = client;
        this.ring = client.ring();
        this.register = register;
        this.keys = keys;
        this.all = all;
        this.present =
                new HashSet<>(register.present().stream().map(NodeCard::name).toList());
    }

    /**
     * Names in no order, each once, those that were removed as well.
     *
     * @return who didn't answer, or lied, and why
     * @throws TooFewProvidersException where fewer answer than it takes; what was given out until then stands
     */
    Map<String, String> list(Consumer<NameContent.Versions> each) throws InterruptedException {
        int carried = ring.epochs().size() > 1
                ? NameRegister.carried(register.read(keys.carriedTag()).latest().map(NameReading.Latest::content))
                : 0;
        Optional<NameTag> after = Optional.empty();
        List<NodeCard> sources = new ArrayList<>(client
                .record()
                .ranked(ring.everyProvider().stream()
                        .filter(provider -> present.contains(provider.name()))
                        .toList())
                .stream()
                .map(Provider::card)
                .toList());
        NodeCard source = sources.removeFirst();
        Future<List<NameEntry>> coming = ahead(source, after);
        try (NameKeys.Opener opener = keys.opener()) {
            while (true) {
                Optional<List<NameEntry>> entries = came(source, coming);
                Optional<NameTag> last = entries.filter(some -> !some.isEmpty())
                        .map(some -> some.getLast().tag());
                if (last.isPresent()) {
                    // The next page comes while this one is opened and compared.
                    coming = ahead(source, last);
                }
                Optional<Page> page = page(source, entries, after, opener);
                if (page.isEmpty()) {
                    // Another one goes on from here.
                    coming.cancel(true);
                    requireEnough(
                            ring.everyProvider().stream()
                                    .map(Provider::name)
                                    .filter(name -> !lost.containsKey(name))
                                    .collect(Collectors.toSet()),
                            carried);
                    source = sources.removeFirst();
                    coming = ahead(source, after);
                    continue;
                }
                merge(page.get(), source, after, last, carried, opener).values().forEach(latest -> {
                    if (latest.content() instanceof NameContent.Versions versions) {
                        each.accept(versions);
                    }
                });
                if (last.isEmpty()) {
                    return lost;
                }
                after = last;
            }
        }
    }

    private Future<List<NameEntry>> ahead(NodeCard source, Optional<NameTag> after) {
        return client.beside(() -> client.watched(source, () -> register.list(source, after)));
    }

    /** Empty where the source can't be used any further. */
    private Optional<List<NameEntry>> came(NodeCard source, Future<List<NameEntry>> coming)
            throws InterruptedException {
        try {
            return Optional.of(coming.get());
        } catch (ExecutionException e) {
            lost.put(source.name(), why(e.getCause()));
            return Optional.empty();
        }
    }

    /**
     * What the source gave.
     *
     * @param heads of all that it gave, also of what is of another key than the owner's: that is nobody's name
     */
    private record Page(Map<NameTag, NameReading.Latest> entries, List<NameHead> heads) {}

    /** Empty where the source can't be used any further. */
    private Optional<Page> page(
            NodeCard source, Optional<List<NameEntry>> came, Optional<NameTag> after, NameKeys.Opener opener) {
        if (came.isEmpty()) {
            return Optional.empty();
        }
        Map<NameTag, NameReading.Latest> entries = new LinkedHashMap<>();
        List<NameHead> heads = new ArrayList<>();
        Optional<NameTag> before = after;
        for (NameEntry entry : came.get()) {
            if (before.isPresent() && entry.tag().compareTo(before.get()) <= 0) {
                lost.put(source.name(), "it lists names in no order");
                return Optional.empty();
            }
            NameHead head = entry.head();
            heads.add(head);
            before = Optional.of(entry.tag());
            if (!entry.key().equals(keys.owner())) {
                continue;
            }
            Optional<NameContent> content = opener.open(entry);
            if (content.isEmpty()) {
                lost.put(source.name(), "it shows an entry that you never made");
                return Optional.empty();
            }
            entries.put(entry.tag(), new NameReading.Latest(entry, head, content.get()));
        }
        return Optional.of(new Page(entries, heads));
    }

    private static String why(@Nullable Throwable cause) {
        return cause instanceof InterlockException known ? known.explanation() : String.valueOf(cause);
    }

    private void requireEnough(Set<String> answered, int carried) {
        NameQuorum.shortage(ring, answered, carried).ifPresent(shortage -> {
            throw register.tooFew(shortage, lost);
        });
    }

    /** The page's entries, or what others show that is later. */
    private Map<NameTag, NameReading.Latest> merge(
            Page page,
            NodeCard source,
            Optional<NameTag> after,
            Optional<NameTag> upTo,
            int carried,
            NameKeys.Opener opener)
            throws InterruptedException {
        List<NodeCard> others = client.record().ranked(ring.everyProvider()).stream()
                .map(Provider::card)
                .filter(node -> !node.equals(source) && !lost.containsKey(node.name()))
                .toList();
        NameMessages.Digest digest = NameMessages.Digest.of(page.heads());
        Map<String, List<NameHead>> states = new HashMap<>();
        Map<NameTag, NameReading.Latest> merged = new LinkedHashMap<>(page.entries());
        // As many as it takes; the others only where these don't answer, or lie.
        List<NodeCard> left = others;
        while (!left.isEmpty()) {
            int now = all ? left.size() : enough(with(source, states.keySet()), left, carried);
            if (now == 0) {
                break;
            }
            Set<String> before = with(source, states.keySet());
            NameRegister.Answered<List<NameHead>> answered = register.gather(
                    left.subList(0, now),
                    node -> register.digest(node, after, upTo).equals(digest)
                            ? page.heads()
                            : register.states(node, after, upTo),
                    found -> !all && isEnough(before, found.keySet(), carried));
            answered.failures().forEach((name, error) -> lost.put(name, error.explanation()));
            Map<String, List<NameHead>> sound = new HashMap<>(answered.values());
            fetch(sound, page.heads(), merged, opener);
            states.putAll(sound);
            left = left.subList(now, left.size());
        }
        requireEnough(with(source, states.keySet()), carried);
        writeBack(source, page, states, merged);
        return merged;
    }

    /** How many more it takes beside some, of these from the first on. */
    private int enough(Set<String> answered, List<NodeCard> more, int carried) {
        for (int count = 0; count < more.size(); count++) {
            Set<String> names =
                    more.subList(0, count).stream().map(NodeCard::name).collect(Collectors.toSet());
            if (isEnough(answered, names, carried)) {
                return count;
            }
        }
        return more.size();
    }

    private boolean isEnough(Set<String> some, Set<String> more, int carried) {
        Set<String> both = new HashSet<>(some);
        both.addAll(more);
        return NameQuorum.shortage(ring, both, carried).isEmpty();
    }

    private static Set<String> with(NodeCard source, Set<String> others) {
        Set<String> all = new HashSet<>(others);
        all.add(source.name());
        return all;
    }

    /** Gets what somebody shows that is later; who shows a state without an entry for it is lost. */
    private void fetch(
            Map<String, List<NameHead>> states,
            List<NameHead> known,
            Map<NameTag, NameReading.Latest> merged,
            NameKeys.Opener opener)
            throws InterruptedException {
        for (Map.Entry<String, List<NameHead>> each : List.copyOf(states.entrySet())) {
            String node = each.getKey();
            if (each.getValue().equals(known)) {
                continue;
            }
            List<NameTag> later = each.getValue().stream()
                    .filter(state -> isLater(state, merged.get(state.tag())))
                    .map(NameHead::tag)
                    .toList();
            if (later.isEmpty()) {
                continue;
            }
            NodeCard card = ring.everProvider(node).orElseThrow().card();
            try {
                Map<NameTag, NameEntry> found = register.find(card, later);
                for (NameTag tag : later) {
                    Optional<NameEntry> entry = Optional.ofNullable(found.get(tag));
                    if (entry.filter(one -> !one.key().equals(keys.owner())).isPresent()) {
                        continue;
                    }
                    Optional<NameReading.Latest> latest = entry.flatMap(
                            one -> opener.open(one).map(content -> new NameReading.Latest(one, one.head(), content)));
                    if (latest.isEmpty()) {
                        throw new NodeException(node, "it shows an entry that you never made");
                    }
                    if (isLater(latest.get().head(), merged.get(tag))) {
                        merged.put(tag, latest.get());
                    }
                }
            } catch (InterlockException e) {
                lost.put(node, e.explanation());
                states.remove(node);
            }
        }
    }

    private static boolean isLater(NameHead state, NameReading.@Nullable Latest known) {
        return known == null || state.isLaterThan(known.head());
    }

    /** Tells those of the present epoch that are behind. */
    private void writeBack(
            NodeCard source, Page page, Map<String, List<NameHead>> states, Map<NameTag, NameReading.Latest> merged)
            throws InterruptedException {
        Map<String, List<NameEntry>> behind = new LinkedHashMap<>();
        missing(source.name(), page.heads(), merged, behind);
        states.forEach((node, heads) -> missing(node, heads, merged, behind));
        behind.keySet().retainAll(present);
        List<CompletableFuture<RingClient.Answer<Integer>>> told = new ArrayList<>();
        behind.forEach((node, entries) -> told.add(client.ask(
                ring.everProvider(node).orElseThrow().card(),
                card -> register.set(card, entries.stream().map(keys::signed).toList())
                        .size())));
        for (CompletableFuture<RingClient.Answer<Integer>> each : told) {
            if (RingClient.answer(each)
                    instanceof RingClient.Failure<Integer>(NodeCard node, InterlockException error)) {
                lost.put(node.name(), error.explanation());
            }
        }
    }

    private static void missing(
            String node,
            List<NameHead> has,
            Map<NameTag, NameReading.Latest> merged,
            Map<String, List<NameEntry>> behind) {
        // Mostly nobody is.
        if (has.equals(merged.values().stream().map(NameReading.Latest::head).toList())) {
            return;
        }
        Map<NameTag, NameHead> heads = new HashMap<>();
        has.forEach(state -> heads.put(state.tag(), state));
        List<NameEntry> entries = merged.values().stream()
                .filter(latest ->
                        !Optional.ofNullable(heads.get(latest.head().tag())).equals(Optional.of(latest.head())))
                .map(NameReading.Latest::entry)
                .toList();
        if (!entries.isEmpty()) {
            behind.put(node, entries);
        }
    }
}
