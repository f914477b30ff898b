package dev.interlock.protocol.ring;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Json;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who is in a ring and how many open an object, for one epoch; signed with the ring's key. Only ever made by the checks
 * of {@link #open}, {@link #assemble} and {@link #next}.
 *
 * <p>A ring changes by epochs: the next descriptor says who is in it from now on, and who was in those before, for as long as
 * objects are left there. {@link #at} gives any of them.
 */
public final class RingDescriptor {
    private static final String FORMAT = "interlock ring 1";
    /** So that no descriptor grows without end. */
    private static final int MAX_EARLIER = 32;

    private final String name;
    private final VerifyingKey ringKey;
    private final RingId id;
    private final int epoch;
    private final Threshold threshold;
    private final Set<Profile> profiles;
    private final List<Provider> providers;
    /** Nodes that do nothing else. */
    private final List<NodeCard> dealers;
    /** Providers that deal as well. */
    private final List<String> dealing;
    /** All epochs of the ring that are known here, this one too, the same map in each of them. */
    private final NavigableMap<Integer, RingDescriptor> epochs;
    /** Of all epochs, once they are all known and somebody asks. */
    private volatile @Nullable List<Provider> everyProvider;

    private RingDescriptor(VerifyingKey ringKey, Text text) {
        check(text.format().equals(FORMAT), "this is no \"" + FORMAT + "\"");
        NodeCard.checkName(text.name());
        check(text.epoch() >= 1, "the epoch " + text.epoch() + " must be at least 1");
        this.name = text.name();
        this.ringKey = ringKey;
        this.id = RingId.of(ringKey);
        this.epoch = text.epoch();
        this.threshold = orMalformed(
                () -> new Threshold(text.threshold(), text.providers().size()));
        check(!text.profiles().isEmpty(), "the ring must allow at least one profile");
        this.profiles =
                EnumSet.copyOf(text.profiles().stream().map(Profile::parse).toList());
        this.providers = text.providers().stream().map(Member::checked).toList();
        this.dealers = text.dealers().stream().map(NodeCard.Text::checked).toList();
        this.dealing = List.copyOf(text.dealing());
        this.epochs = new TreeMap<>(Map.of(epoch, this));
        checkNodes();
        History history = text.history();
        if (history != null) {
            addEarlier(history);
        }
    }

    /** One of the epochs before. */
    private RingDescriptor(RingDescriptor current, Earlier earlier, List<Provider> providers, List<NodeCard> dealers) {
        this.name = current.name;
        this.ringKey = current.ringKey;
        this.id = current.id;
        this.profiles = current.profiles;
        this.epochs = current.epochs;
        this.epoch = earlier.epoch();
        this.providers = providers;
        this.dealers = dealers;
        this.dealing = List.copyOf(earlier.dealing());
        this.threshold = orMalformed(() -> new Threshold(earlier.threshold(), providers.size()));
        checkNodes();
    }

    private void checkNodes() {
        checkDealing();
        providers.forEach(p -> check(p.card().role() == Role.PROVIDER, p.name() + " isn't a provider's card"));
        dealers.forEach(d -> check(d.role() == Role.DEALER, d.name() + " isn't a dealer's card"));
        // An x that came twice would give two providers the same share: one breach would open as two.
        distinct("x-coordinate", providers.stream().map(p -> String.valueOf(p.x().x())));
        distinct("name", nodes().map(NodeCard::name));
        distinct("address", nodes().map(card -> HostName.canonical(card.host()) + ":" + card.port()));
        distinctKeys(providers, dealers);
    }

    private static void distinctKeys(List<Provider> providers, List<NodeCard> dealers) {
        Supplier<Stream<NodeCard>> nodes =
                () -> Stream.concat(providers.stream().map(Provider::card), dealers.stream());
        distinct("name", nodes.get().map(NodeCard::name));
        distinct("TLS pin", nodes.get().map(NodeCard::tlsPin));
        distinct("sealing key", nodes.get().flatMap(card -> card.sealing().stream()));
        distinct("signing key", nodes.get().map(card -> card.key().toString()));
    }

    /**
     * Whoever is in two epochs is the same there: one name, one key, one x; and no other ever gets these. A node that moved
     * is found at its new address whatever the epoch.
     */
    private void addEarlier(History history) {
        List<Provider> everProviders = new ArrayList<>(providers);
        history.providers().stream().map(Member::checked).forEach(everProviders::add);
        List<NodeCard> everDealers = new ArrayList<>(dealers);
        history.dealers().stream().map(NodeCard.Text::checked).forEach(everDealers::add);
        // As if all of them were in one ring: a share of an old x and one of a new x never are the same.
        distinct("x-coordinate", everProviders.stream().map(p -> String.valueOf(p.x().x())));
        distinctKeys(everProviders, everDealers);
        check(
                !history.epochs().isEmpty() && history.epochs().size() <= MAX_EARLIER,
                "it must name 1 to " + MAX_EARLIER + " earlier epochs, or no history");
        Set<String> seen = new HashSet<>();
        for (Earlier earlier : history.epochs()) {
            check(
                    earlier.epoch() >= 1 && earlier.epoch() < epoch && !epochs.containsKey(earlier.epoch()),
                    "the epoch " + earlier.epoch() + " isn't one before " + epoch + ", or is there twice");
            List<Provider> providersThen = earlier.providers().stream()
                    .map(member -> named(everProviders, Provider::name, member, "provider"))
                    .toList();
            List<NodeCard> dealersThen = earlier.dealers().stream()
                    .map(dealer -> named(everDealers, NodeCard::name, dealer, "dealer"))
                    .toList();
            epochs.put(earlier.epoch(), new RingDescriptor(this, earlier, providersThen, dealersThen));
            seen.addAll(earlier.providers());
            seen.addAll(earlier.dealers());
        }
        Stream.concat(
                        history.providers().stream().map(member -> member.card().name()),
                        history.dealers().stream().map(NodeCard.Text::name))
                .forEach(former -> check(seen.contains(former), former + " was in no earlier epoch"));
    }

    private static <T> T named(List<T> all, Function<T, String> nameOf, String wanted, String role) {
        return all.stream()
                .filter(each -> nameOf.apply(each).equals(wanted))
                .findFirst()
                .orElseThrow(() -> new MalformedException("the ring descriptor isn't sound: an earlier epoch names "
                        + wanted + ", no " + role + " has it"));
    }

    private void checkDealing() {
        check(new HashSet<>(dealing).size() == dealing.size(), "a provider is named twice among those that deal");
        dealing.forEach(
                dealer -> check(provider(dealer).isPresent(), dealer + " is to deal and isn't a provider of it"));
        check(!dealers.isEmpty() || !dealing.isEmpty(), "the ring has no dealer");
        check(
                dealers.size() + dealing.size() <= Work.MAX_DEALERS,
                "the ring has more than " + Work.MAX_DEALERS + " dealers");
        // All who made a pad know it together; fewer than t providers must not.
        check(
                !dealers.isEmpty() || dealing.size() >= threshold.t(),
                "where providers alone deal, at least t = " + threshold.t() + " of them must: " + dealing.size()
                        + " together would know every pad");
    }

    /** As {@link #assemble(SigningKey, String, int, Set, List, List)}, with no provider that deals. */
    public static byte[] assemble(SigningKey ringKey, String name, int t, Set<Profile> profiles, List<NodeCard> cards) {
        return assemble(ringKey, name, t, profiles, cards, List.of());
    }

    /**
     * Makes a ring's first descriptor: the providers get x = 1..n in the order of their cards.
     *
     * @param dealing the names of providers that deal as well
     * @throws MalformedException when the cards can't form this ring; the message says why
     */
    public static byte[] assemble(
            SigningKey ringKey, String name, int t, Set<Profile> profiles, List<NodeCard> cards, List<String> dealing) {
        List<Member> members = new ArrayList<>();
        cards.stream()
                .filter(card -> card.role() == Role.PROVIDER)
                .forEach(card -> members.add(new Member(members.size() + 1, card.text())));
        Text text = new Text(
                FORMAT,
                name,
                1,
                t,
                profiles.stream().map(Profile::text).toList(),
                members,
                cards.stream()
                        .filter(card -> card.role() == Role.DEALER)
                        .map(NodeCard::text)
                        .toList(),
                dealing,
                null);
        return signed(ringKey, text);
    }

    /**
     * Makes the descriptor of a ring's next epoch. Whoever is new gets the next x that nobody ever had.
     *
     * @param t of the next epoch
     * @param retired names of those that leave
     * @param cards of those that come, and new ones of those that have another address from now on
     * @param deal the names of providers that deal as well; empty for those that did and stay
     * @throws MalformedException when this ring can't be; the message says why
     */
    public byte[] next(SigningKey key, int t, Set<String> retired, List<NodeCard> cards, Optional<List<String>> deal) {
        check(epoch == epochs.lastKey(), "a ring goes on from its last epoch, " + epochs.lastKey());
        check(key.verifyingKey().equals(ringKey), "the key isn't that of the ring " + name);
        for (String leaving : retired) {
            check(node(leaving).isPresent(), "the ring " + name + " has no node " + leaving + " that could leave it");
        }
        List<NodeCard> moved = cards.stream()
                .filter(card -> isHere(card) && !retired.contains(card.name()))
                .toList();
        List<NodeCard> added =
                cards.stream().filter(card -> !moved.contains(card)).toList();
        for (NodeCard coming : added) {
            check(
                    everyNode().noneMatch(card -> card.name().equals(coming.name())),
                    "the ring has or had a node with the same name " + coming.name()
                            + ", and nobody else ever gets it");
        }
        int last = epochs.values().stream()
                .flatMap(each -> each.providers.stream())
                .mapToInt(p -> p.x().x())
                .max()
                .orElse(0);
        List<Member> members = new ArrayList<>(providers.stream()
                .filter(p -> !retired.contains(p.name()))
                .map(p -> new Provider(p.x(), latest(p.card(), moved)))
                .map(Member::of)
                .toList());
        List<NodeCard.Text> pure = new ArrayList<>(dealers.stream()
                .filter(dealer -> !retired.contains(dealer.name()))
                .map(dealer -> latest(dealer, moved).text())
                .toList());
        for (NodeCard card : added) {
            if (card.role() == Role.PROVIDER) {
                last++;
                members.add(new Member(last, card.text()));
            } else {
                pure.add(card.text());
            }
        }
        Set<String> staying = Stream.concat(
                        members.stream().map(member -> member.card().name()),
                        pure.stream().map(NodeCard.Text::name))
                .collect(Collectors.toSet());
        History history = new History(
                epochs.values().stream().map(Earlier::of).toList(),
                epochs.values().stream()
                        .flatMap(each -> each.providers.stream())
                        .distinct()
                        .filter(p -> !staying.contains(p.name()))
                        .map(Member::of)
                        .toList(),
                epochs.values().stream()
                        .flatMap(each -> each.dealers.stream())
                        .distinct()
                        .filter(dealer -> !staying.contains(dealer.name()))
                        .map(NodeCard::text)
                        .toList());
        Text text = new Text(
                FORMAT,
                name,
                epoch + 1,
                t,
                profiles.stream().map(Profile::text).toList(),
                members,
                pure,
                deal.orElseGet(() -> dealing.stream()
                        .filter(dealer -> !retired.contains(dealer))
                        .toList()),
                history);
        return signed(key, text);
    }

    private boolean isHere(NodeCard card) {
        return node(card.name()).filter(card::isSameNode).isPresent();
    }

    private static NodeCard latest(NodeCard card, List<NodeCard> moved) {
        return moved.stream().filter(card::isSameNode).findFirst().orElse(card);
    }

    private static byte[] signed(SigningKey key, Text text) {
        RingDescriptor _ = new RingDescriptor(key.verifyingKey(), text);
        return SignedDocument.sign(Purpose.RING_DESCRIPTOR, Json.write(text), key);
    }

    /** @throws MalformedException or BadSignatureException unless it's a whole, signed and sound descriptor */
    public static RingDescriptor open(byte[] document) {
        SignedDocument signed = SignedDocument.open("the ring descriptor", Purpose.RING_DESCRIPTOR, document);
        return new RingDescriptor(signed.signer(), Json.read("the ring descriptor", signed.json(), Text.class));
    }

    /** Whether this is the ring as it is now, as far as its descriptor knows. */
    public boolean isCurrent() {
        return epoch == epochs.lastKey();
    }

    /** All epochs that are known here, this one too, the oldest first. */
    public List<RingDescriptor> epochs() {
        return List.copyOf(epochs.values());
    }

    /** Whether this ring goes on from that one, or is it: it says the same of that epoch, but for where nodes are now. */
    public boolean continues(RingDescriptor before) {
        RingDescriptor then = epochs.get(before.epoch);
        return id().equals(before.id())
                && then != null
                && then.threshold.equals(before.threshold)
                && areSame(
                        then.providers,
                        before.providers,
                        (a, b) -> a.x().equals(b.x()) && a.card().isSameNode(b.card()))
                && areSame(then.dealers, before.dealers, NodeCard::isSameNode)
                && then.dealing.equals(before.dealing);
    }

    private static <T> boolean areSame(List<T> now, List<T> then, BiPredicate<T, T> same) {
        return now.size() == then.size()
                && IntStream.range(0, now.size()).allMatch(i -> same.test(now.get(i), then.get(i)));
    }

    /** Whether the descriptor says who was in the ring in this epoch. */
    public boolean knows(int other) {
        return epochs.containsKey(other);
    }

    /** @throws MalformedException when the descriptor doesn't say who was in the ring then */
    public RingDescriptor at(int other) {
        RingDescriptor found = epochs.get(other);
        if (found == null) {
            throw new MalformedException(
                    "this is of epoch " + other + " of the ring " + name + ", and its descriptor knows "
                            + (epochs.size() == 1 ? "epoch " : "epochs ")
                            + epochs.keySet().stream().map(String::valueOf).collect(Collectors.joining(", "))
                            + (other > epochs.lastKey() ? ": get the ring's new descriptor" : ""));
        }
        return found;
    }

    /** The ring as it was when this object was written there; itself where it's an object of another ring. */
    public RingDescriptor of(Token u) {
        return u.ring().equals(id()) ? at(u.epoch()) : this;
    }

    /** All nodes of all epochs, each once, those of this one first. */
    public Stream<NodeCard> everyNode() {
        return Stream.concat(Stream.of(this), epochs.values().stream())
                .flatMap(RingDescriptor::nodes)
                .distinct();
    }

    /** Who has or had this x-coordinate in any epoch: it's never anyone else's. @throws MalformedException for nobody's */
    public Provider everProvider(ShareIndex x) {
        return everyProvider().stream()
                .filter(p -> p.x().equals(x))
                .findFirst()
                .orElseThrow(
                        () -> new MalformedException("the ring " + name + " never had a provider with x = " + x.x()));
    }

    /** The provider of this name in any epoch: it's never anyone else's. */
    public Optional<Provider> everProvider(String nodeName) {
        return everyProvider().stream().filter(p -> p.name().equals(nodeName)).findFirst();
    }

    /** All providers of all epochs, each once, those of this one first. */
    public List<Provider> everyProvider() {
        List<Provider> every = everyProvider;
        if (every == null) {
            every = Stream.concat(Stream.of(this), epochs.values().stream())
                    .flatMap(each -> each.providers.stream())
                    .distinct()
                    .toList();
            everyProvider = every;
        }
        return every;
    }

    public String name() {
        return name;
    }

    public RingId id() {
        return id;
    }

    public VerifyingKey ringKey() {
        return ringKey;
    }

    public int epoch() {
        return epoch;
    }

    public Threshold threshold() {
        return threshold;
    }

    public boolean allows(Profile profile) {
        return profiles.contains(profile);
    }

    /** In the order of the descriptor. */
    public List<Provider> providers() {
        return providers;
    }

    /** All that deal: the dealers, then the providers that deal as well, in the order of the descriptor. */
    public List<NodeCard> dealers() {
        return Stream.concat(
                        dealers.stream(),
                        dealing.stream()
                                .map(dealer -> provider(dealer).orElseThrow().card()))
                .toList();
    }

    /** Whether a provider deals as well. */
    public boolean deals(Provider provider) {
        return dealing.contains(provider.name());
    }

    /** Whether nobody deals but providers: then no fewer than t of them ever know a pad, and nobody else does. */
    public boolean dealtByProviders() {
        return dealers.isEmpty();
    }

    /** All nodes: providers, then nodes that only deal. */
    public Stream<NodeCard> nodes() {
        return Stream.concat(providers.stream().map(Provider::card), dealers.stream());
    }

    public Optional<NodeCard> node(String nodeName) {
        return nodes().filter(card -> card.name().equals(nodeName)).findFirst();
    }

    public Optional<Provider> provider(String nodeName) {
        return providers.stream().filter(p -> p.name().equals(nodeName)).findFirst();
    }

    /** @throws MalformedException when the ring has no such provider */
    public Provider provider(ShareIndex x) {
        return provider(x.x());
    }

    /** @throws MalformedException when the ring has no provider with this x-coordinate, whatever number it is */
    public Provider provider(int x) {
        return providers.stream()
                .filter(p -> p.x().x() == x)
                .findFirst()
                .orElseThrow(() -> new MalformedException("the ring " + name + " has no provider with x = " + x));
    }

    /** @throws MalformedException when the ring has no such dealer */
    public NodeCard dealer(String nodeName) {
        return dealers().stream()
                .filter(d -> d.name().equals(nodeName))
                .findFirst()
                .orElseThrow(() -> new MalformedException("the ring " + name + " has no dealer " + nodeName));
    }

    /** The signing keys of the providers, for {@link dev.interlock.core.token.SignatureChain}. */
    public Function<ShareIndex, VerifyingKey> keys() {
        return x -> provider(x).card().key();
    }

    private static void distinct(String what, Stream<String> values) {
        Set<String> seen = new HashSet<>();
        values.forEach(value -> check(seen.add(value), "two nodes of the ring have the same " + what + " " + value));
    }

    private static <T> T orMalformed(Supplier<T> part) {
        try {
            return part.get();
        } catch (IllegalArgumentException e) {
            throw new MalformedException(String.valueOf(e.getMessage()));
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new MalformedException("the ring descriptor isn't sound: " + otherwise);
        }
    }

    /**
     * The descriptor's JSON.
     *
     * @param history null where there are no earlier epochs
     */
    record Text(
            String format,
            String name,
            int epoch,
            int threshold,
            List<String> profiles,
            List<Member> providers,
            List<NodeCard.Text> dealers,
            List<String> dealing,
            @JsonSetter(nulls = Nulls.SET) @Nullable History history) {}

    /** A provider's JSON. */
    record Member(int x, NodeCard.Text card) {
        static Member of(Provider provider) {
            return new Member(provider.x().x(), provider.card().text());
        }

        Provider checked() {
            return new Provider(orMalformed(() -> new ShareIndex(x)), card.checked());
        }
    }

    /**
     * The JSON of the epochs before.
     *
     * @param providers that were in one of them and aren't in the ring any more
     * @param dealers the same
     */
    record History(List<Earlier> epochs, List<Member> providers, List<NodeCard.Text> dealers) {}

    /** An earlier epoch's JSON: who was in it, by name. */
    record Earlier(int epoch, int threshold, List<String> providers, List<String> dealers, List<String> dealing) {
        static Earlier of(RingDescriptor ring) {
            return new Earlier(
                    ring.epoch,
                    ring.threshold.t(),
                    ring.providers.stream().map(Provider::name).toList(),
                    ring.dealers.stream().map(NodeCard::name).toList(),
                    ring.dealing);
        }
    }
}
