package dev.interlock.audit;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Direct;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Who plays: a ring, its keys, the victim and the second user, who are the same in every world that is explored; and what bytes a
 * form has, so that the product's own checks run over what stands for the streams.
 */
final class Cast {
    /** m and its 64 random bytes are one unknown here. */
    static final long LENGTH = 1;

    private static final int PAD_BYTES = 65;

    /** In its first epoch. */
    final RingDescriptor ring;
    /** Another ring, for moves: its providers have the same names and other keys. */
    final RingDescriptor elsewhere;

    final Set<ShareIndex> corrupt;
    final Set<String> corruptDealers;
    final SeedCredential victim;
    final SeedCredential second;
    /** To whom the victim hands its object over; honest, too. */
    final SeedCredential heir;

    private final SigningKey ringKey =
            new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, seeded("the ring's key")));
    private final Map<String, SigningKey> keys = new HashMap<>();
    private final Map<String, SigningKey> keysElsewhere = new HashMap<>();
    private final Map<String, Unknown> unknowns = new HashMap<>();
    private final Map<String, byte[]> values = new HashMap<>();
    /** Pure functions of bytes are asked once: a world in a thousand says something new. */
    private final Map<String, Object> asked = new HashMap<>();

    private final Map<String, Boolean> victims = new HashMap<>();
    /** Which of whose operations a session is. */
    private final Map<StatementHash, String> roles = new HashMap<>();

    /** Who can't be reached while the victim writes; nobody as a rule. */
    private Optional<ShareIndex> missing = Optional.empty();
    /** Whether the victim's object becomes another owner's: else no message about that is tried. */
    private boolean handsOver;

    private boolean sold;
    /** Who enrols, where the script is about a login. */
    private Optional<LoginCast> logins = Optional.empty();
    /** The ring in its next epoch, where the script comes so far. */
    private Optional<RingDescriptor> next = Optional.empty();

    private Scheme scheme = new Scheme(3, Profile.BLINDED);

    Cast(Threshold threshold, int dealers, Set<ShareIndex> corrupt, Set<String> corruptDealers) {
        this(threshold, dealers, List.of(), corrupt, corruptDealers);
    }

    /** @param dealing the names of providers that deal as well */
    Cast(Threshold threshold, int dealers, List<String> dealing, Set<ShareIndex> corrupt, Set<String> corruptDealers) {
        this.corrupt = new HashSet<>(corrupt);
        this.corruptDealers = corruptDealers;
        ring = ring(ringKey, "ring", threshold, dealers, dealing, keys);
        SigningKey otherKey = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, seeded("the other ring's key")));
        elsewhere = ring(otherKey, "elsewhere", threshold, 1, List.of(), keysElsewhere);
        victim = new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, seeded("victim")));
        second = new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, seeded("second")));
        heir = new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, seeded("heir")));
    }

    private static RingDescriptor ring(
            SigningKey ringKey,
            String name,
            Threshold threshold,
            int dealers,
            List<String> dealing,
            Map<String, SigningKey> keys) {
        SecureRandom random = seeded(name);
        int n = threshold.n();
        List<NodeCard> cards = new ArrayList<>();
        for (int i = 1; i <= n + dealers; i++) {
            boolean provider = i <= n;
            String node = provider ? "cc" + i : "dealer" + (i - n);
            SigningKey key = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, random));
            keys.put(node, key);
            cards.add(FormRing.card(provider ? Role.PROVIDER : Role.DEALER, node, i, key));
        }
        return RingDescriptor.open(
                RingDescriptor.assemble(ringKey, "audit", threshold.t(), Set.of(Profile.values()), cards, dealing));
    }

    /** Reproducible: the same name, the same bytes, in every world. Nothing that it draws keeps a secret. */
    static SecureRandom seeded(String name) {
        try {
            SecureRandom random = SecureRandom.getInstance("SHA1PRNG");
            random.setSeed(name.getBytes(StandardCharsets.UTF_8));
            return random;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA1PRNG", e);
        }
    }

    void role(StatementHash id, String run) {
        roles.putIfAbsent(id, run);
    }

    String role(StatementHash id) {
        return roles.getOrDefault(id, "");
    }

    Write.Maker victim(String session) {
        return maker(victim, session);
    }

    static Write.Maker maker(SeedCredential by, String session) {
        return new Write.Maker(by, seeded("victim's " + session), Instant.EPOCH);
    }

    VerifyingKey at(SeedCredential by, String node) {
        return by.publicKey(ring.id(), node);
    }

    /** Asked of every session that anybody knows, before every step. */
    boolean isVictims(Title title) {
        OwnerKey owner = title.owner();
        return victims.computeIfAbsent(
                owner.key() + "/" + owner.rootVersion() + "/" + HexFormat.of().formatHex(owner.nonce()),
                _ -> victim.owns(owner));
    }

    /** A user's command for one provider, with both signatures as that user makes them. */
    Command.Authorised authorised(SeedCredential by, Title title, long number, Command.Deed deed, String node) {
        try (SigningKey o =
                by.ownerKey(title.owner().rootVersion(), title.owner().nonce())) {
            Command.Signed signed = Command.Signed.sign(o, new Command(ring.id(), title, number, 0, deed));
            return new Command.Authorised(
                    signed,
                    node,
                    at(by, node),
                    by.signCommand(ring.id(), node, Command.Authorised.message(signed, node)));
        }
    }

    Write.Maker second(String session) {
        return new Write.Maker(second, seeded("second's " + session), Instant.EPOCH);
    }

    int t() {
        return ring.threshold().t();
    }

    Scheme scheme() {
        return scheme;
    }

    /** As the paper prints it. */
    void isPublished() {
        scheme = new Scheme(3, Profile.PUBLISHED);
    }

    /** Whether fewer than t learn nothing: not of what is published, as the passive audit says; nor of what they sell. */
    boolean isSecret() {
        return scheme.blinded() && !sold;
    }

    Blinding blinding() {
        return scheme.blinded() ? Blinding.EXPANDED : Blinding.NONE;
    }

    /** The ring goes on to a second epoch: its last provider leaves, and another one comes; corrupt as the one that left. */
    void changes() {
        int n = ring.threshold().n();
        int dealers = (int) ring.nodes().count() - n;
        String leaves = "cc" + n;
        String comes = "cc" + (n + 1);
        SigningKey key = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, seeded("who comes")));
        keys.put(comes, key);
        NodeCard card = FormRing.card(Role.PROVIDER, comes, n + dealers + 1, key);
        RingDescriptor changed =
                RingDescriptor.open(ring.next(ringKey, t(), Set.of(leaves), List.of(card), Optional.empty()));
        if (corrupt.contains(x(ring, leaves))) {
            corrupt.add(x(changed, comes));
        }
        next = Optional.of(changed);
    }

    private static ShareIndex x(RingDescriptor ring, String name) {
        return ring.provider(name).map(Provider::x).orElseThrow();
    }

    /** In its last epoch. */
    RingDescriptor latest() {
        return next.orElse(ring);
    }

    /** Who is or was in the ring, in any epoch. */
    List<ShareIndex> all() {
        return Stream.concat(
                        ring.providers().stream(),
                        latest().providers().stream()
                                .filter(each -> !ring.providers().contains(each)))
                .map(Provider::x)
                .toList();
    }

    static List<ShareIndex> all(RingDescriptor ring) {
        return ring.providers().stream().map(Provider::x).toList();
    }

    void misses(ShareIndex x) {
        missing = Optional.of(x);
    }

    Optional<ShareIndex> missing() {
        return missing;
    }

    void handsOver() {
        handsOver = true;
    }

    /** The victim is one of the attackers, and who buys its object is who may be harmed. */
    void sells() {
        handsOver = true;
        sold = true;
    }

    void isAboutLogins() {
        logins = Optional.of(new LoginCast(this));
    }

    boolean logsIn() {
        return logins.isPresent();
    }

    LoginCast logins() {
        return logins.orElseThrow();
    }

    boolean isSold() {
        return sold;
    }

    boolean isHandedOver() {
        return handsOver;
    }

    /** The victim's, when it writes. */
    List<ShareIndex> path(RingDescriptor ring) {
        return all(ring).stream().filter(x -> !missing.equals(Optional.of(x))).toList();
    }

    /** Of a generation that is written in this order. */
    List<ShareIndex> homes(RingDescriptor ring) {
        return all(ring).subList(0, scheme.homes(ring.threshold()));
    }

    /** Of those that are in the ring at first. */
    List<ShareIndex> honest() {
        return all(ring).stream().filter(x -> !corrupt.contains(x)).toList();
    }

    List<String> dealers() {
        return ring.dealers().stream().map(NodeCard::name).toList();
    }

    List<String> honestDealers() {
        return dealers().stream().filter(name -> !corruptDealers.contains(name)).toList();
    }

    boolean isCorrupt(String node) {
        return corruptDealers.contains(node) || corrupt.stream().anyMatch(x -> name(x).equals(node));
    }

    String name(ShareIndex x) {
        return latest().everProvider(x).name();
    }

    SigningKey key(String node) {
        return present(keys.get(node));
    }

    SigningKey keyElsewhere(String node) {
        return present(keysElsewhere.get(node));
    }

    VerifyingKey victimsAt(String node) {
        return victim.publicKey(ring.id(), node);
    }

    VerifyingKey heirsAt(String node) {
        return heir.publicKey(ring.id(), node);
    }

    /** Whom a node lets in. */
    boolean isServed(VerifyingKey key, String node) {
        return key.equals(victimsAt(node)) || key.equals(secondsAt(node)) || key.equals(heirsAt(node));
    }

    VerifyingKey secondsAt(String node) {
        return second.publicKey(ring.id(), node);
    }

    // ------------------------------------------------------------------------------------------------ unknowns, bytes

    /** The same symbol, the same unknown, in every world. */
    Unknown unknown(String symbol) {
        return unknowns.computeIfAbsent(symbol, _ -> new Unknown(unknowns.size(), symbol));
    }

    Form m() {
        return Form.of(unknown("m"));
    }

    /** What grows from a seed. */
    Form expanded(byte[] seed) {
        return Form.of(unknown("B" + HexFormat.of().formatHex(seed, 0, 4)));
    }

    /** What the product's checks see where a form passes: each unknown has random bytes, and a form is their sum. */
    byte[] bytes(Form form) {
        byte[] sum = new byte[PAD_BYTES];
        form.coefficients().forEach((unknown, factor) -> {
            byte[] value = values.computeIfAbsent(unknown.symbol(), Cast::value);
            for (int i = 0; i < sum.length; i++) {
                sum[i] ^= (byte) Matrix.multiply(factor, value[i] & 0xFF);
            }
        });
        return sum;
    }

    private static byte[] value(String symbol) {
        byte[] value = new byte[PAD_BYTES];
        seeded("the value of " + symbol).nextBytes(value);
        return value;
    }

    byte[] shareRoot(StatementHash w, ShareIndex x, Form share) {
        return share(w, x, share).root();
    }

    /** Salts are zeros: what they hide from is unbounded computing, which no form has. */
    MerkleRoot share(StatementHash w, ShareIndex x, Form share) {
        return new MerkleRoot()
                .add(Write.shareLeaf(
                        w,
                        x,
                        0,
                        MemorySegment.ofArray(new byte[Leaves.SALT_BYTES]),
                        MemorySegment.ofArray(bytes(share))));
    }

    /** A share as it is stored and given, behind its salt. */
    byte[] record(Form share) {
        byte[] record = new byte[Leaves.SALT_BYTES + PAD_BYTES];
        System.arraycopy(bytes(share), 0, record, Leaves.SALT_BYTES, PAD_BYTES);
        return record;
    }

    byte[] ciphertextRoot(StatementHash w, ShareIndex x, Form c) {
        return new MerkleRoot()
                .add(Direct.leaf(w, Holding.Part.CIPHERTEXT, x, 0, MemorySegment.ofArray(bytes(c))))
                .root();
    }

    byte[] manifest(Form p) {
        return Write.chunkLeaf(0, MemorySegment.ofArray(bytes(p)));
    }

    byte[] hash(byte[] rho, Form form) {
        return hash(rho, bytes(form));
    }

    byte[] noSalts(byte[] rho) {
        return hash(rho, new byte[Leaves.SALT_BYTES]);
    }

    private static byte[] hash(byte[] rho, byte[] bytes) {
        try (LinearHash hash = new LinearHash(rho.clone())) {
            hash.update(MemorySegment.ofArray(bytes));
            return hash.digest();
        }
    }

    // ------------------------------------------------------------------------------------------- what is asked once

    /** The value, or the exception, of a pure function of what the key names. */
    <T> T once(String what, Supplier<T> function, byte[]... of) {
        StringBuilder key = new StringBuilder(what);
        for (byte[] each : of) {
            key.append('/')
                    .append(HexFormat.of()
                            .formatHex(Sha256.labelled("audit").update(each).digest()));
        }
        // Not computeIfAbsent: one function may ask another.
        Object value = asked.get(key.toString());
        if (value == null) {
            try {
                value = Optional.ofNullable(function.get());
            } catch (RuntimeException e) {
                value = e;
            }
            asked.put(key.toString(), value);
        }
        if (value instanceof RuntimeException e) {
            throw e;
        }
        @SuppressWarnings("unchecked") // the key names the function
        T known = ((Optional<T>) value).orElseThrow();
        return known;
    }

    /** The same of a check. */
    void holds(String what, Runnable check, byte[]... of) {
        var _ = once(
                what,
                () -> {
                    check.run();
                    return true;
                },
                of);
    }

    /** Step 1 at CC_x: the product's own acceptance. */
    Session accept(RingDescriptor ring, ShareIndex x, Order order, VerifyingKey asks) {
        return once(
                "order to " + x.x() + place(ring),
                () -> Session.accept(ring, x, copy(order), asks, Instant.EPOCH),
                order.encode(),
                asks.bytes());
    }

    /** Step 2 at a dealer. */
    Write.Deal acceptDeal(RingDescriptor ring, String dealer, Order order, VerifyingKey asks) {
        return once(
                "deal by " + dealer + place(ring),
                () -> Write.acceptDeal(ring, dealer, copy(order), asks, Instant.EPOCH),
                order.encode(),
                asks.bytes());
    }

    /** A descriptor, for what is asked once: one epoch, by those who know so many. */
    static String place(RingDescriptor ring) {
        return " in " + ring.epoch() + " of " + ring.epochs().size();
    }

    /** Whoever accepts an order wipes it. */
    private static Order copy(Order order) {
        return Order.decode(order.encode());
    }

    /** All sets of so many providers. */
    static List<Set<ShareIndex>> sets(int n, int size) {
        return Choices.subsets(n, size).stream()
                .map(set -> Set.copyOf(set.stream().map(ShareIndex::new).toList()))
                .toList();
    }

    /** The other dealers' names, where there are several: all but one may be corrupt. */
    static Set<String> allButOne(int dealers) {
        return dealers == 1
                ? Set.of()
                : Set.copyOf(
                        IntStream.range(1, dealers).mapToObj(i -> "dealer" + i).toList());
    }

    static <T> T present(@org.jspecify.annotations.Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("it isn't there");
        }
        return value;
    }
}
