package dev.interlock.protocol.ring;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.Json;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Who is in a ring and how many open an object, for one epoch; signed with the ring's key. Only ever made by the checks
 * of {@link #open} and {@link #assemble}.
 */
public final class RingDescriptor {
    private static final String FORMAT = "interlock ring 1";

    private final String name;
    private final VerifyingKey ringKey;
    private final int epoch;
    private final Threshold threshold;
    private final Set<Profile> profiles;
    private final List<Provider> providers;
    private final List<NodeCard> dealers;

    private RingDescriptor(VerifyingKey ringKey, Text text) {
        check(text.format().equals(FORMAT), "this is no \"" + FORMAT + "\"");
        NodeCard.checkName(text.name());
        check(text.epoch() >= 1, "the epoch " + text.epoch() + " must be at least 1");
        this.name = text.name();
        this.ringKey = ringKey;
        this.epoch = text.epoch();
        this.threshold = orMalformed(
                () -> new Threshold(text.threshold(), text.providers().size()));
        check(!text.profiles().isEmpty(), "the ring must allow at least one profile");
        this.profiles =
                EnumSet.copyOf(text.profiles().stream().map(Profile::parse).toList());
        this.providers = text.providers().stream()
                .map(member -> new Provider(
                        orMalformed(() -> new ShareIndex(member.x())),
                        member.card().checked()))
                .toList();
        this.dealers = text.dealers().stream().map(NodeCard.Text::checked).toList();

        check(!dealers.isEmpty(), "the ring has no dealer");
        providers.forEach(p -> check(p.card().role() == Role.PROVIDER, p.name() + " isn't a provider's card"));
        dealers.forEach(d -> check(d.role() == Role.DEALER, d.name() + " isn't a dealer's card"));
        // An x that came twice would give two providers the same share: one breach would open as two.
        distinct("x-coordinate", providers.stream().map(p -> String.valueOf(p.x().x())));
        distinct("name", nodes().map(NodeCard::name));
        distinct("address", nodes().map(NodeCard::address));
        distinct("TLS pin", nodes().map(NodeCard::tlsPin));
        distinct("sealing key", nodes().flatMap(card -> card.sealing().stream()));
        distinct("signing key", nodes().map(card -> card.key().toString()));
    }

    /**
     * Makes a ring's first descriptor: the providers get x = 1..n in the order of their cards.
     *
     * @throws MalformedException when the cards can't form this ring; the message says why
     */
    public static byte[] assemble(SigningKey ringKey, String name, int t, Set<Profile> profiles, List<NodeCard> cards) {
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
                        .toList());
        RingDescriptor _ = new RingDescriptor(ringKey.verifyingKey(), text);
        return SignedDocument.sign(Purpose.RING_DESCRIPTOR, Json.write(text), ringKey);
    }

    /** @throws MalformedException or BadSignatureException unless it's a whole, signed and sound descriptor */
    public static RingDescriptor open(byte[] document) {
        SignedDocument signed = SignedDocument.open("the ring descriptor", Purpose.RING_DESCRIPTOR, document);
        return new RingDescriptor(signed.signer(), Json.read("the ring descriptor", signed.json(), Text.class));
    }

    public String name() {
        return name;
    }

    public RingId id() {
        return RingId.of(ringKey);
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

    public List<NodeCard> dealers() {
        return dealers;
    }

    /** All nodes: providers, then dealers. */
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
        return dealers.stream()
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

    /** The descriptor's JSON. */
    record Text(
            String format,
            String name,
            int epoch,
            int threshold,
            List<String> profiles,
            List<Member> providers,
            List<NodeCard.Text> dealers) {}

    /** A provider's JSON. */
    record Member(int x, NodeCard.Text card) {}
}
