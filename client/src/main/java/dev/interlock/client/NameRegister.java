package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.MalformedException;
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
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Entries of one user's names at all providers (SPEC §16): one is read from so many that whatever was written is among what they
 * show, and what they show is written back before it is used.
 */
final class NameRegister {
    private static final byte[] NO_BODY = {};
    /** Of one range, more than anybody has: who claims more is lying. */
    private static final int MOST_STATES = 5_000_000;
    /** So often a change is made anew because somebody else made one meanwhile. */
    static final int TRIES = 16;

    private static final int PAUSE_MILLIS = 20;

    private final RingClient client;
    private final RingDescriptor ring;
    private final NameKeys keys;
    private final NameQuorum quorum;
    private final List<NodeCard> present;

    NameRegister(RingClient client, NameKeys keys) {
        this.client = client;
        this.ring = client.ring();
        this.keys = keys;
        this.quorum = NameQuorum.of(ring.threshold());
        this.present = ring.providers().stream().map(Provider::card).toList();
    }

    /**
     * What was read.
     *
     * @param settled whether as many hold it as it takes for every later reading to show it, or something later
     */
    record Read(NameReading reading, boolean settled) {
        Optional<NameReading.Latest> latest() {
            return reading.latest();
        }
    }

    /**
     * What stands, from the quickest that are enough; waits for no others longer than is usual for them, so it may not be settled.
     *
     * @throws TooFewProvidersException where fewer answer than a reading takes
     */
    Read read(NameTag tag) throws InterruptedException {
        return read(tag, _ -> true);
    }

    /** The same, and waits for all where it takes them to have it settled. */
    Read settle(NameTag tag) throws InterruptedException {
        return read(
                tag,
                shown -> inRing(reading(shown, tag).holders()).size() >= quorum.write()
                        || reading(shown, tag).latest().isEmpty());
    }

    private Read read(NameTag tag, Predicate<Map<String, Map<NameTag, NameEntry>>> enough) throws InterruptedException {
        List<NameTag> tags = ring.epochs().size() > 1 ? List.of(tag, keys.carriedTag()) : List.of(tag);
        Answered<Map<NameTag, NameEntry>> answered = gather(
                everyone(),
                node -> find(node, tags),
                found -> shortage(found, tags).isEmpty() && enough.test(found));
        Map<String, Map<NameTag, NameEntry>> shown = answered.values();
        shortage(shown, tags).ifPresent(shortage -> {
            throw tooFew(shortage, shown, tags, answered.failures());
        });
        NameReading reading = reading(shown, tag);
        if (reading.latest().isEmpty()) {
            return new Read(reading, true);
        }
        Set<String> holders = inRing(reading.holders());
        List<NodeCard> behind = present.stream()
                .filter(node -> reading.behind().contains(node.name()))
                .toList();
        if (!behind.isEmpty() && holders.size() < quorum.write()) {
            NameEntry back = keys.signed(reading.latest().get().entry());
            Answered<List<NameEntry>> told = gather(
                    behind,
                    node -> set(node, List.of(back)),
                    confirmed -> holders.size() + confirmed.size() >= quorum.write());
            holders.addAll(told.values().keySet());
        }
        return new Read(reading, holders.size() >= quorum.write());
    }

    private Set<String> inRing(List<String> names) {
        Set<String> in = new HashSet<>(names);
        in.retainAll(present.stream().map(NodeCard::name).toList());
        return in;
    }

    private NameReading reading(Map<String, Map<NameTag, NameEntry>> shown, NameTag tag) {
        Map<String, Optional<NameEntry>> entries = new LinkedHashMap<>();
        shown.forEach((node, found) -> entries.put(node, Optional.ofNullable(found.get(tag))));
        return NameReading.of(tag, entries, keys::open);
    }

    /** Of those that showed nothing but what is the owner's. */
    private Optional<NameQuorum.Shortage> shortage(Map<String, Map<NameTag, NameEntry>> shown, List<NameTag> tags) {
        return NameQuorum.shortage(ring, sound(shown, tags), carried(shown));
    }

    private Set<String> sound(Map<String, Map<NameTag, NameEntry>> shown, List<NameTag> tags) {
        Set<String> sound = new HashSet<>(shown.keySet());
        tags.forEach(tag -> reading(shown, tag).wrong().forEach(sound::remove));
        return sound;
    }

    private int carried(Map<String, Map<NameTag, NameEntry>> shown) {
        return carried(reading(shown, keys.carriedTag()).latest().map(NameReading.Latest::content));
    }

    static int carried(Optional<NameContent> content) {
        return content.filter(NameContent.Carried.class::isInstance)
                .map(NameContent.Carried.class::cast)
                .map(NameContent.Carried::epoch)
                .orElse(0);
    }

    private TooFewProvidersException tooFew(
            NameQuorum.Shortage shortage,
            Map<String, Map<NameTag, NameEntry>> shown,
            List<NameTag> tags,
            Map<String, InterlockException> failures) {
        Map<String, String> why = new LinkedHashMap<>();
        failures.forEach((name, error) -> why.put(name, error.explanation()));
        Set<String> sound = sound(shown, tags);
        shown.keySet().stream()
                .filter(name -> !sound.contains(name))
                .forEach(name -> why.put(name, "it shows an entry that you never made"));
        return tooFew(shortage, why);
    }

    TooFewProvidersException tooFew(NameQuorum.Shortage shortage, Map<String, String> why) {
        Map<String, String> absent = new LinkedHashMap<>(why);
        absent.keySet()
                .retainAll(ring.at(shortage.epoch()).providers().stream()
                        .map(Provider::name)
                        .toList());
        return new TooFewProvidersException(
                "reading a name" + (ring.epochs().size() > 1 ? " in epoch " + shortage.epoch() : ""),
                shortage.needed(),
                shortage.available(),
                absent);
    }

    /**
     * How a write went.
     *
     * @param confirmed who holds it, or something later
     * @param others what somebody else set meanwhile, the latest first
     */
    record Written(
            NameReading.Latest own,
            List<String> confirmed,
            Map<String, InterlockException> failures,
            List<NameReading.Latest> others) {}

    /** @param before the state that it continues; empty where there was none */
    Written write(NameContent content, Optional<NameHead> before) throws InterruptedException {
        long number = before.map(NameHead::number).orElse(0L) + 1;
        NameEntry entry =
                keys.seal(content, number, before.map(NameHead::hash).orElseGet(NameEntry::nothing), client.random());
        NameReading.Latest own = new NameReading.Latest(entry, entry.head(), content);
        Answered<List<NameEntry>> told =
                gather(present, node -> set(node, List.of(entry)), confirmed -> confirmed.size() >= quorum.write());
        List<NameReading.Latest> others = told.values().values().stream()
                .flatMap(List::stream)
                .filter(other -> other.tag().equals(entry.tag()) && other.number() >= number - 1)
                .flatMap(other ->
                        keys.open(other).stream().map(opened -> new NameReading.Latest(other, other.head(), opened)))
                .filter(other -> !other.head().equals(own.head())
                        && !Optional.of(other.head()).equals(before))
                .distinct()
                .sorted((a, b) -> a.head().equals(b.head()) ? 0 : a.head().isLaterThan(b.head()) ? -1 : 1)
                .toList();
        return new Written(own, List.copyOf(told.values().keySet()), told.failures(), others);
    }

    /**
     * How a change ended.
     *
     * @param written what this client wrote last
     * @param top what counts of all that was set at the same time
     * @param content what that says
     */
    record Changed<C extends NameContent>(Written written, NameReading.Latest top, C content) {}

    /**
     * Writes a change, and again with what others set meanwhile, until what counts has all of it. Of several that were set at once one
     * counts; who set it hears of the rest from somebody honest, as those do who come too late.
     *
     * @param before the state that it continues; empty where there was none
     * @param says what an entry says
     * @param merged the first with what the second changed
     * @param same whether two say the same
     * @return empty where others were quicker {@value #TRIES} times
     */
    <C extends NameContent> Optional<Changed<C>> change(
            C change,
            Optional<NameHead> before,
            Function<NameReading.Latest, C> says,
            BinaryOperator<C> merged,
            BiPredicate<C, C> same)
            throws InterruptedException {
        C after = change;
        Optional<NameHead> base = before;
        for (int tries = 0; tries < TRIES; tries++) {
            Written written = write(after, base);
            Met<C> met = met(written, true, says, merged);
            if (same.test(met.all(), met.counts())) {
                // Nobody set anything else, or whoever did has taken this in.
                return Optional.of(new Changed<>(written, met.top(), met.counts()));
            }
            after = met.all();
            base = Optional.of(met.top().head());
            pause(tries);
        }
        return Optional.empty();
    }

    /** Longer with each try, and another one for each of those that try at once. */
    void pause(int tries) throws InterruptedException {
        Thread.sleep(client.random().nextInt(PAUSE_MILLIS << Math.min(tries, 5)));
    }

    /**
     * What was set at the same time.
     *
     * @param top the latest
     * @param counts what that says
     * @param all the same with what the others changed
     */
    record Met<C extends NameContent>(NameReading.Latest top, C counts, C all) {}

    /** @param own whether what was written itself is to be taken in, where it isn't the latest */
    <C extends NameContent> Met<C> met(
            Written written, boolean own, Function<NameReading.Latest, C> says, BinaryOperator<C> merged) {
        NameReading.Latest top = written.others().stream()
                .findFirst()
                .filter(other -> other.head().isLaterThan(written.own().head()))
                .orElse(written.own());
        List<NameReading.Latest> shown = new ArrayList<>(written.others());
        shown.add(written.own());
        C counts = says.apply(top);
        C all = counts;
        for (NameReading.Latest each : shown) {
            // Whoever continues a state has what it says, and may have changed it since.
            boolean isContinued = shown.stream()
                    .anyMatch(one ->
                            Arrays.equals(one.entry().before(), each.head().hash()));
            boolean isLeftOut = each.equals(written.own()) && !own;
            all = each.equals(top) || isContinued || isLeftOut ? all : merged.apply(all, says.apply(each));
        }
        return new Met<>(top, counts, all);
    }

    /** Whether what was written is settled: as many hold it as every later reading meets. */
    boolean isSettled(Written written) {
        return written.confirmed().size() >= quorum.write();
    }

    NameQuorum quorum() {
        return quorum;
    }

    /** All that ever were in the ring. */
    List<NodeCard> everyone() {
        return ring.everyProvider().stream().map(Provider::card).toList();
    }

    List<NodeCard> present() {
        return present;
    }

    /** By name. */
    record Answered<T>(Map<String, T> values, Map<String, InterlockException> failures) {}

    /** Asks all of them, and waits for enough; then for no one longer than is usual for them. */
    <T> Answered<T> gather(List<NodeCard> nodes, Function<NodeCard, T> question, Predicate<Map<String, T>> enough)
            throws InterruptedException {
        RingClient.Answers<T> answers = client.ask(nodes, node -> client.watched(node, () -> question.apply(node)));
        Map<String, T> values = new LinkedHashMap<>();
        Map<String, InterlockException> failures = new LinkedHashMap<>();
        long begun = System.nanoTime();
        Duration usual = nodes.stream()
                .filter(node -> client.record().worthAsking(node.name()))
                .map(node -> client.record().deadline(node.name()))
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
        while (values.size() + failures.size() < nodes.size()) {
            // Every question has a deadline of its own, so this ends.
            Duration left = enough.test(values)
                    ? usual.minusNanos(System.nanoTime() - begun)
                    : client.deadlines().answer().multipliedBy(2);
            Optional<RingClient.Answer<T>> next = answers.next(left.isNegative() ? Duration.ZERO : left);
            if (next.isEmpty()) {
                break;
            }
            switch (next.get()) {
                case RingClient.Value<T>(NodeCard node, T value) -> values.put(node.name(), value);
                case RingClient.Failure<T>(NodeCard node, InterlockException error) -> failures.put(node.name(), error);
            }
        }
        return new Answered<>(values, failures);
    }

    /** What a provider has under these tags. */
    Map<NameTag, NameEntry> find(NodeCard node, List<NameTag> tags) {
        Map<NameTag, NameEntry> found = new LinkedHashMap<>();
        List<NameTag> left = tags;
        while (!left.isEmpty()) {
            List<NameTag> now = left.subList(0, Math.min(left.size(), NameMessages.PAGE));
            NameMessages.Found page = understood(
                    node,
                    () -> NameMessages.Found.decode(client.call(
                            node,
                            HttpMethod.POST,
                            "/v1/names/find",
                            Operation.FIND_NAMES,
                            "",
                            NameMessages.ofTags(now))));
            if (page.looked() < 1 || page.looked() > now.size()) {
                throw new NodeException(
                        node.name(),
                        node.name() + " looked up " + page.looked() + " of " + now.size()
                                + " names that it was asked for");
            }
            page.entries().forEach(entry -> found.put(entry.tag(), entry));
            left = left.subList(page.looked(), left.size());
        }
        return found;
    }

    /** Has a provider keep these. @return what it had that somebody else set meanwhile */
    List<NameEntry> set(NodeCard node, List<NameEntry> entries) {
        List<NameEntry> others = new ArrayList<>();
        int from = 0;
        while (from < entries.size()) {
            int to = from;
            for (int bytes = 0; to < entries.size() && to - from < NameMessages.PAGE; to++) {
                bytes += entries.get(to).encode().length + Integer.BYTES;
                if (to > from && bytes > NameMessages.MAX_BYTES - 64) {
                    break;
                }
            }
            byte[] body = new NameMessages.Set(ring.epoch(), entries.subList(from, to)).encode();
            others.addAll(understood(
                    node,
                    () -> NameMessages.entries(
                            client.call(node, HttpMethod.POST, "/v1/names", Operation.SET_NAMES, "", body))));
            from = to;
        }
        return others;
    }

    /** A page of a provider's entries, from behind a tag on; empty behind the last. */
    List<NameEntry> list(NodeCard node, Optional<NameTag> after) {
        String from = after.map(NameTag::toString).orElse("");
        return understood(
                node,
                () -> NameMessages.entries(client.call(
                        node, HttpMethod.GET, "/v1/names?after=" + from, Operation.LIST_NAMES, from, NO_BODY)));
    }

    /** The states of all of a provider's entries behind one tag and up to another. */
    List<NameHead> states(NodeCard node, Optional<NameTag> after, Optional<NameTag> upTo) {
        List<NameHead> all = new ArrayList<>();
        String from = after.map(NameTag::toString).orElse("");
        String to = upTo.map(NameTag::toString).orElse("");
        while (true) {
            String now = from;
            List<NameHead> page = understood(
                    node,
                    () -> NameMessages.states(client.call(
                            node,
                            HttpMethod.GET,
                            "/v1/names/states?after=" + now + "&up-to=" + to,
                            Operation.LIST_NAMES,
                            "states/" + now + "/" + to,
                            NO_BODY)));
            boolean inRange = page.isEmpty()
                    || ((now.isEmpty() || page.getFirst().tag().toString().compareTo(now) > 0)
                            && (to.isEmpty() || page.getLast().tag().toString().compareTo(to) <= 0));
            if (!inRange) {
                throw new NodeException(node.name(), node.name() + " lists names that it wasn't asked for");
            }
            all.addAll(page);
            if (all.size() > MOST_STATES) {
                throw new NodeException(node.name(), node.name() + " lists more than " + MOST_STATES + " names");
            }
            if (page.size() < NameMessages.PAGE) {
                return all;
            }
            from = page.getLast().tag().toString();
        }
    }

    /** What says whether a provider has just these states. */
    NameMessages.Digest digest(NodeCard node, Optional<NameTag> after, Optional<NameTag> upTo) {
        String from = after.map(NameTag::toString).orElse("");
        String to = upTo.map(NameTag::toString).orElse("");
        return understood(
                node,
                () -> NameMessages.Digest.decode(client.call(
                        node,
                        HttpMethod.GET,
                        "/v1/names/digest?after=" + from + "&up-to=" + to,
                        Operation.LIST_NAMES,
                        "digest/" + from + "/" + to,
                        NO_BODY)));
    }

    private static <T> T understood(NodeCard node, Supplier<T> answer) {
        try {
            return answer.get();
        } catch (MalformedException e) {
            throw new NodeException(node.name(), node.name() + " gave an answer that can't be read: " + e.getMessage());
        }
    }
}
