package dev.interlock.audit;

import static dev.interlock.audit.FormSpace.FORMS;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.Dealing;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.PlannedSession;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Repair;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A ring in memory through which linear forms pass: one write, renewals of its object, its move into another ring, any reads
 * and repairs of each generation, with everything that each party sees. It holds no rule of the protocols: plans, orders, sessions, routes and
 * steps are the real ones; only what a provider or a user does between them (receive, keep, pass on) is here.
 */
final class FormRing {
    private static final String DEALER = "dealer1";
    private static final long LENGTH = 1;

    /** Each provider in each generation. */
    final List<Party> providers;
    /** Each dealer that does nothing else, in each generation that it dealt for. */
    final List<Party> dealers;
    /** Whoever holds the user's key, whether or not the scheme has one. */
    final Party user;

    final Unknown m;
    final Pass write;
    final List<Pass> renewals = new ArrayList<>();
    /** The reads of the ring that the object leaves, then the write into the next one; none unless it moves. */
    final List<Pass> move = new ArrayList<>();
    /** What the user's key adds; empty where there is none. */
    final Pass key;

    private final SigningKey dealerKey;
    private final Write.Maker maker;
    private final Dealers dealing;
    /** By generation. */
    private final List<Seats> seats = new ArrayList<>();

    private final Scheme scheme;
    private final Blinding blinding;
    private final Faults faults;
    private final SecureRandom random;

    private int drawn;
    /** What stands for an expanded blind, by its seed: a seed that comes twice gives the same blind twice. */
    private final Map<String, Unknown> expanded = new HashMap<>();

    private final List<Generation> generations = new ArrayList<>();

    /** b_U of protocol 2. */
    private final Form userPad;
    /** m as sealed, and the sealed shares, in protocol 1: to everyone without the private key, random and new. */
    private final Form sealedMessage;

    private final Map<ShareIndex, Form> sealedShares = new TreeMap<>(Comparator.comparingInt(ShareIndex::x));

    FormRing(Scenario scenario, Faults faults) {
        this.scheme = scenario.scheme();
        this.blinding = scenario.blinding();
        this.dealing = scenario.dealers();
        this.faults = faults;
        random = Cast.seeded("audit " + scenario.seed());
        dealerKey = newKey();
        maker = new Write.Maker(
                new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, random)), random, Instant.EPOCH);
        seat(scenario);
        providers = seats.stream().flatMap(Seats::parties).toList();
        dealers = IntStream.rangeClosed(1, scenario.generations())
                .boxed()
                .flatMap(generation -> IntStream.range(0, dealing.alone()).mapToObj(i -> dealer(i, generation)))
                .toList();
        user = new Party("the user's key", 1 << (providers.size() + dealers.size()));
        m = draw("m");
        userPad = Form.of(draw("bU"));
        sealedMessage = Form.of(draw("e"));
        seats.getFirst().all().forEach(x -> sealedShares.put(x, Form.of(draw("e" + x.x()))));
        write = write();
        key = key();
        scenario.renewals().forEach(kind -> renewals.add(renew(kind)));
        scenario.next().ifPresent(_ -> move());
    }

    /** The providers of each generation: of the same ring until the object moves. */
    private void seat(Scenario scenario) {
        int before = 0;
        for (int generation = 1; generation <= scenario.generations(); generation++) {
            Threshold threshold = scenario.ring(generation);
            boolean entered = scenario.next().isPresent() && generation == scenario.generations();
            RingDescriptor ring = generation == 1 || entered ? ring(threshold) : seats.getFirst().ring;
            seats.add(new Seats(
                    ring,
                    scenario.next().isEmpty() ? "" : entered ? "B." : "A.",
                    scenario.renewals().isEmpty() ? "" : "/" + generation,
                    before));
            before += threshold.n();
        }
    }

    private RingDescriptor ring(Threshold threshold) {
        int n = threshold.n();
        List<NodeCard> cards = new ArrayList<>();
        for (int i = 1; i <= n; i++) {
            cards.add(card(Role.PROVIDER, "cc" + i, i, newKey()));
        }
        cards.add(card(Role.DEALER, DEALER, n + 1, dealerKey));
        return RingDescriptor.open(
                RingDescriptor.assemble(newKey(), "audit", threshold.t(), Set.of(Profile.values()), cards));
    }

    static NodeCard card(Role role, String name, int i, SigningKey key) {
        Optional<String> sealing =
                role == Role.PROVIDER ? Optional.of("x25519:" + "%064x".formatted(i)) : Optional.empty();
        return NodeCard.of(role, name, name + ".example:443", "%064x".formatted(i), key.verifyingKey(), sealing);
    }

    private SigningKey newKey() {
        return new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, random));
    }

    private Unknown draw(String symbol) {
        return new Unknown(drawn++, symbol);
    }

    /**
     * The providers of one generation, as places in coalitions.
     *
     * @param prefix of their names, where there are two rings
     * @param suffix of their parties' names, where there are several generations in a ring
     * @param first how many places there are before them
     */
    private record Seats(RingDescriptor ring, String prefix, String suffix, int first) {
        /** x = 1..n. */
        List<ShareIndex> all() {
            return ring.providers().stream().map(Provider::x).toList();
        }

        String name(ShareIndex x) {
            return prefix + ring.provider(x).name();
        }

        String names(List<ShareIndex> path) {
            return path.stream().map(this::name).collect(Collectors.joining(", "));
        }

        Stream<Party> parties() {
            return all().stream().map(x -> party(x, this));
        }

        /** Whoever is in CC_x in this generation and in another one, which may be the same. */
        Party party(ShareIndex x, Seats later) {
            String both = equals(later) ? "" : later.suffix.replace('/', '+');
            return new Party(name(x) + suffix + both, mask(x) | later.mask(x));
        }

        private int mask(ShareIndex x) {
            return 1 << (first + all().indexOf(x));
        }
    }

    private Seats seats(int generation) {
        return seats.get(generation - 1);
    }

    /** The i-th of those that only deal, from 0, when a generation is dealt for. */
    private Party dealer(int i, int generation) {
        Seats there = seats(generation);
        int place = providers.size() + (generation - 1) * dealing.alone() + i;
        return new Party(there.prefix + dealing.names().get(i) + there.suffix, 1 << place);
    }

    /** What the providers hold of one generation of the object. */
    private static final class Generation {
        final int number;
        final Seats seats;
        final Map<ShareIndex, Form> shares = new HashMap<>();
        /** What each home keeps: the ciphertext under no index, and sealed shares by whose they are. */
        final Map<ShareIndex, Map<Optional<ShareIndex>, Form>> kept = new HashMap<>();

        private @Nullable Token token;

        Generation(int number, Seats seats) {
            this.number = number;
            this.seats = seats;
        }

        RingDescriptor ring() {
            return seats.ring;
        }

        /** u_m, once it's written. */
        Token token() {
            return present(token, "no token yet");
        }

        Form share(ShareIndex x) {
            return present(shares.get(x), "no share for x = " + x.x());
        }

        Form ciphertext(ShareIndex home) {
            return kept(home, Optional.empty());
        }

        Form kept(ShareIndex home, Optional<ShareIndex> sealed) {
            Map<Optional<ShareIndex>, Form> there = present(kept.get(home), "nothing kept at x = " + home.x());
            return present(there.get(sealed), "nothing kept at x = " + home.x() + " for " + sealed);
        }

        void keep(ShareIndex home, Optional<ShareIndex> sealed, Form form) {
            kept.computeIfAbsent(home, _ -> new HashMap<>()).put(sealed, form.copy());
        }
    }

    // ----------------------------------------------------------------------------------------------------- the write

    private Pass write() {
        Generation first = new Generation(1, seats(1));
        try (Write.Plan plan = plan(first, 0, Optional.empty())) {
            Log log = new Log("the write", "w", 1, 1);
            write(plan, 0, message(), first, log);
            return log.pass();
        }
    }

    /** @param pass for faults */
    private Write.Plan plan(Generation generation, int pass, Optional<Token> before) {
        Optional<RecipientKey> recipient = scheme.sealed() ? Optional.of(recipient()) : Optional.empty();
        List<ShareIndex> path = generation.seats.all();
        return Write.plan(
                generation.ring(),
                scheme,
                maker,
                LENGTH,
                path,
                recipient,
                blinding,
                faults.seeds(pass, Write.blindSeeds(path, blinding, random)),
                false,
                before);
    }

    private RecipientKey recipient() {
        try (OpeningKey opening = OpeningKey.generate(Kem.X25519, random)) {
            return opening.recipient();
        }
    }

    /**
     * Makes a generation of what the user has.
     *
     * @param number of the pass, for faults
     * @param p P; in the end what the user sends
     */
    private void write(Write.Plan plan, int number, Form p, Generation first, Log log) {
        // 1. U →p every CC_i: signed request for this session: object, S, place in S, next hop, operation, seed of B_i.
        Sessions sessions = new Sessions(number, first, first, log);
        plan.path().forEach(x -> sessions.accept(x, plan.session()));

        // 2. U →p each dealer: deal for this object.  dealer →p CC_i: f(x_i), for all i.
        Dealt dealt = deal(plan, first, log);

        // 3. U →p CC_1: P ⊕ ΣB_i  (protocol 2: ⊕ b_U).  Published 2 and 3: P ⊕ λ(x_U)·f(x_U).
        List<Blind<Form>> masks = sessions.blinds(plan.path(), plan.blindSeeds());
        if (scheme.paddedByUser()) {
            masks.add(Blind.of(FORMS, userPad));
        }
        if (scheme.dealtToUser()) {
            masks.add(userLayer(first, plan.userLambda()));
        }
        Write.enter(p, masks);

        // 4. Each hop → next; CC_n →p CC_1: P ⊕ a0 (⊕ b_U), which CC_1 stores.
        sessions.pass(p, UnaryOperator.identity());

        // 5. u_m: only a read's plan needs it here.
        first.token = Write.token(plan, new byte[Sha256.BYTES], dealt, List.of(), 0);
        generations.add(first);
    }

    /** P. */
    private Form message() {
        return scheme.sealed() ? sealedMessage.copy() : Form.of(m);
    }

    /** All dealers deal; CC_i adds up what it's given. */
    private Dealt deal(Write.Plan plan, Generation to, Log log) {
        Order request = Order.decode(plan.session().order(DEALER).encode());
        VerifyingKey asking = maker.credential().publicKey(to.ring().id(), DEALER);
        Write.Deal deal = faults.dealt(Write.acceptDeal(to.ring(), DEALER, request, asking, maker.now()));
        for (int i = 0; i < dealing.count(); i++) {
            deal(i, deal, to, log);
        }
        List<ShareRoot> roots = Token.points(scheme, plan.making().providers()).stream()
                .map(x -> new ShareRoot(x, new byte[Sha256.BYTES]))
                .toList();
        return plan.summed()
                ? new Dealt(
                        true,
                        roots,
                        roots.stream()
                                .map(root -> Dealt.signSum(dealerKey, plan.id(), root))
                                .toList())
                : Dealt.sign(dealerKey, plan.id(), roots);
    }

    /** One dealer: a_0..a_{t−1} uniform, but a_0 = 0 in a dealing of zero; a share to every point of the request. */
    private void deal(int number, Write.Deal deal, Generation to, Log log) {
        String dealer = dealing.names().get(number);
        String which = dealing.count() == 1 ? "" : "[" + dealer + "]";
        String later = to.number == 1 ? "" : "." + to.number;
        int t = to.ring().threshold().t();
        int before = drawn;
        List<Form> coefficients = faults.coefficients(
                dealer,
                to.number,
                IntStream.range(0, t)
                        .mapToObj(k -> k == 0 && deal.ofZero() ? new Form() : Form.of(draw("a" + k + which + later)))
                        .toList());
        checkPolynomial(
                coefficients,
                t,
                before,
                dealing.count() == 1 ? "the dealer's polynomial" : "the polynomial of " + dealer,
                log);
        for (int k = 0; k < coefficients.size(); k++) {
            Party knows = number < dealing.alone()
                    ? dealer(number, to.number)
                    : log.party(new ShareIndex(dealing.providers().get(number - dealing.alone())));
            log.saw(knows, "a" + k + " of what it dealt in " + log.name, coefficients.get(k));
        }

        List<Form> dealt = deal.points().stream().map(x -> new Form()).toList();
        int[] xs = deal.points().stream().mapToInt(ShareIndex::x).toArray();
        Dealing.shares(FORMS, coefficients, xs, dealt);
        String from = dealing.count() == 1 ? "" : " from " + dealer;
        for (int i = 0; i < xs.length; i++) {
            ShareIndex x = deal.points().get(i);
            to.shares.merge(x, dealt.get(i), FormRing::sum);
            if (deal.path().contains(x)) {
                log.saw(x, (deal.ofZero() ? "its share of zero" : "its share") + from, dealt.get(i));
                for (ShareIndex other : faults.shareAlsoTo(x)) {
                    log.saw(other, "the share of " + log.name(x) + from, dealt.get(i));
                    log.irregular(log.name(other) + " got the share of " + log.name(x) + from + " too");
                }
            }
        }
    }

    private static void checkPolynomial(List<Form> coefficients, int t, int before, String whose, Log log) {
        if (coefficients.size() != t) {
            log.irregular(whose + " has " + coefficients.size() + " coefficients, t = " + t + " are due");
        }
        coefficients.stream()
                .flatMap(form -> form.coefficients().keySet().stream())
                .filter(unknown -> unknown.index() < before)
                .forEach(unknown -> log.irregular(whose + " in " + log.name + " has " + unknown + ", used before"));
    }

    private Blind<Form> userLayer(Generation generation, int lambda) {
        Form share = generation.share(userPoint());
        return Hop.layer(FORMS, lambda, flow -> share);
    }

    private ShareIndex userPoint() {
        return scheme.user(seats.getFirst().all()).orElseThrow();
    }

    /** What the user keeps between the write and a read. */
    private Pass key() {
        Log log = new Log("the user's key", "", 1, 1);
        if (scheme.paddedByUser()) {
            log.saw(user, "the user's pad b_U", userPad);
        } else if (scheme.readWithUser()) {
            log.saw(user, "the user's share", generations.getFirst().share(userPoint()));
        } else if (scheme.sealed()) {
            // Who can open it knows what is sealed whenever it knows the sealed, and the other way round.
            log.saw(user, "what opens the message", sum(sealedMessage, Form.of(m)));
            seats.getFirst().all().forEach(x -> log.saw(user, "what opens the share of " + log.name(x), opening(x)));
        }
        return log.pass();
    }

    private Form opening(ShareIndex x) {
        return sum(
                present(sealedShares.get(x), "no sealed share"),
                generations.getFirst().share(x));
    }

    private static Form sum(Form a, Form b) {
        Form sum = a.copy();
        FORMS.add(sum, b);
        return sum;
    }

    // ------------------------------------------------------------------------------------------------------ the read

    /**
     * What everyone sees of one read.
     *
     * @param of the generation that is read, from 1
     * @param number from 1: names what the read draws
     * @param s the x_i of S
     */
    Pass read(int of, int number, List<Integer> s) {
        Generation generation = generations.get(of - 1);
        Log log = log("read ", number, String.valueOf(number), generation);
        List<ShareIndex> path = s.stream().map(ShareIndex::new).toList();
        read(generation, number, path, log);
        return log.pass();
    }

    /** What the user has in the end. */
    private Form read(Generation generation, int number, List<ShareIndex> path, Log log) {
        Form p = scheme.sealed() ? openSealed(generation, path) : readRing(generation, number, path, log);
        if (!p.equals(Form.of(m))) {
            log.broken(log.name + " gave " + p + " instead of m");
        }
        return p;
    }

    private Form readRing(Generation generation, int number, List<ShareIndex> s, Log log) {
        Token token = generation.token();
        try (Read.Plan plan = Read.plan(
                generation.ring(),
                token,
                maker,
                s,
                faults.home(token.home()),
                blinding,
                faults.seeds(number, Write.blindSeeds(s, blinding, random)))) {
            // 1. U →p each CC_i in S: signed request as in the write, with fresh B_i.
            Sessions sessions = new Sessions(number, generation, generation, log);
            Stream.concat(plan.path().stream(), Stream.of(plan.home()))
                    .distinct()
                    .forEach(x -> sessions.accept(x, plan.session()));

            // 2. home → first of S: c = P ⊕ a0, and each hop → next.
            //    Published 3: home →p U: c;  U →p first of S: c ⊕ K, with a fresh K.
            Blind<Form> k = scheme.readThroughUser() ? Blind.of(FORMS, Form.of(draw("K." + log.mark))) : Blind.none();
            Form out = sessions.pass(new Form(), c -> {
                Read.reenter(c, k);
                return c;
            });

            // 3. U takes off what is its own.
            List<Blind<Form>> masks = sessions.blinds(plan.path(), plan.blindSeeds());
            masks.add(k);
            if (scheme.paddedByUser()) {
                masks.add(Blind.of(FORMS, userPad));
            }
            if (scheme.readWithUser()) {
                masks.add(userLayer(generation, plan.userLambda()));
            }
            Read.leave(out, masks);
            return out;
        }
    }

    // ---------------------------------------------------------------------------------------------------- the repair

    /**
     * What everyone sees of one repair.
     *
     * @param of the generation that is repaired, from 1
     * @param number from 1: names what the repair draws
     * @param s the x_i of S
     * @param k the x of the provider that gets its share back
     */
    Pass repair(int of, int number, List<Integer> s, int k) {
        Generation generation = generations.get(of - 1);
        Token token = generation.token();
        Log log = log("repair ", number, "repair" + number, generation);
        ShareIndex repaired = new ShareIndex(k);
        List<ShareIndex> path = s.stream().map(ShareIndex::new).toList();
        Optional<ShareIndex> home = token.homes().stream()
                .filter(x -> token.homes().contains(repaired) && !x.equals(repaired))
                .findFirst();
        try (Repair.Plan plan = Repair.plan(generation.ring(), token, maker, path, repaired, home)) {
            // 1. U →p every CC_i in S, CC_k, home: signed request, with the seeds of CC_i's pairs.
            Sessions sessions = new Sessions(-number, generation, generation, log);
            plan.parties().forEach(x -> sessions.accept(x, plan.session()));
            // 2. 0 → first of S, each hop → next, last →p CC_k: f(x_k).  home →p CC_k: c.
            sessions.pass(new Form(), UnaryOperator.identity());
        }
        return log.pass();
    }

    /** Protocol 1: U fetches c and sealed shares from home, opens them, removes the pad, opens P. */
    private Form openSealed(Generation generation, List<ShareIndex> s) {
        ShareIndex home = generation.token().home();
        Form c = generation.ciphertext(home).copy();
        for (ShareIndex x : s) {
            Form share = sum(generation.kept(home, Optional.of(x)), opening(x));
            Read.removeLayer(FORMS, s, x, share, c);
        }
        return sum(c, sum(sealedMessage, Form.of(m)));
    }

    // --------------------------------------------------------------------------------------------------- the renewal

    /** Makes the next generation, and tells what everyone sees of that. */
    private Pass renew(Work.Kind kind) {
        Generation before = generations.getLast();
        Generation after = new Generation(before.number + 1, seats(before.number + 1));
        boolean replaces = kind == Work.Kind.REPLACE;
        Log log = new Log(
                (replaces ? "the replacement for generation " : "the refresh for generation ") + after.number,
                "w" + after.number,
                before.number,
                after.number);
        try (Write.Plan plan = Renewal.plan(
                before.ring(), before.token(), maker, !replaces, before.token().number() + 1)) {
            // 1. U →p every CC_i: signed request, with the seeds of CC_i's pairs where the pad is replaced.
            Sessions sessions = new Sessions(0, before, after, log);
            plan.path().forEach(x -> sessions.accept(x, plan.session()));
            // 2. U →p each dealer: deal, or deal zero.  dealer →p CC_i: f'(x_i), or δ(x_i), for all i.
            Dealt dealt = deal(plan, after, log);
            if (replaces) {
                // 4. home's c = P ⊕ a0 enters, each hop → next; CC_n →p CC_1: P ⊕ a0', which the homes store.
                sessions.pass(new Form(), UnaryOperator.identity());
            } else {
                // 4. CC_i keeps f(x_i) ⊕ δ(x_i) alone, and the homes keep c.
                sessions.close();
                after.shares.forEach((x, delta) -> refresh(before, delta, x, log));
                plan.homes().forEach(x -> after.keep(x, Optional.empty(), before.ciphertext(x)));
            }
            after.token = Write.token(plan, new byte[Sha256.BYTES], dealt, List.of(), 0);
            Renewal.checkToken(before.token(), after.token());
            holds(after, log);
        }
        generations.add(after);
        return log.pass();
    }

    private void refresh(Generation before, Form delta, ShareIndex x, Log log) {
        if (faults.keepSummands()) {
            Party later = there(x, before.number + 1);
            log.saw(
                    later,
                    "its share of generation " + before.number,
                    before.share(x).copy());
            log.saw(later, "its share of zero", delta.copy());
            log.irregular(log.name(x) + " kept what it had to add up in " + log.name);
        }
        Renewal.add(FORMS, delta, before.share(x));
    }

    /** Who wasn't there when a generation came to be still finds what is stored. */
    private void holds(Generation generation, Log log) {
        for (ShareIndex x : generation.seats.all()) {
            Party later = there(x, generation.number);
            log.saw(later, "its share of generation " + generation.number, generation.share(x));
            if (generation.token().homes().contains(x)) {
                log.saw(later, "the ciphertext of generation " + generation.number, generation.ciphertext(x));
            }
        }
    }

    /** Whoever is in CC_x in this generation, whether or not it was there before. */
    private Party there(ShareIndex x, int generation) {
        return seats(generation).party(x, seats(generation));
    }

    // ------------------------------------------------------------------------------------------------------ the move

    /**
     * The object goes into the next ring: U reads it, and writes there what it read. Every S is tried for the read, as if
     * all attempts but the last broke off before the write.
     */
    private void move() {
        Generation before = generations.getLast();
        Generation after = new Generation(before.number + 1, seats(before.number + 1));
        int t = before.ring().threshold().t();
        Form p = new Form();
        for (List<Integer> s : Choices.subsets(before.seats.all().size(), t)) {
            List<ShareIndex> path = s.stream().map(ShareIndex::new).toList();
            Log log = new Log(
                    "the move's read through " + before.seats.names(path),
                    "move" + (move.size() + 1),
                    before.number,
                    before.number);
            p = read(before, Faults.LEAVING, path, log);
            move.add(log.pass());
        }
        try (Write.Plan plan = plan(after, Faults.ENTERING, Optional.of(before.token()))) {
            Log log = new Log("the move's write", "w" + after.number, after.number, after.number);
            write(plan, Faults.ENTERING, p, after, log);
            move.add(log.pass());
        }
    }

    // ---------------------------------------------------------------------------------------- one pass, as providers

    /** The providers' side of one pass. */
    private final class Sessions {
        private final int read;
        private final Generation before;
        private final Generation after;
        private final Log log;
        private final Map<ShareIndex, Session> sessions = new LinkedHashMap<>();
        /** Blinds that are sent whole. */
        private final Map<ShareIndex, Unknown> whole = new HashMap<>();

        /**
         * @param read its number; 0 for the write and renewals, below 0 for repairs
         * @param before whose ciphertext begins the pass, where one does, and whose layers a replacement takes off
         * @param after whose layers the pass adds, and what of it is stored; in all but renewals the same
         */
        Sessions(int read, Generation before, Generation after, Log log) {
            this.read = read;
            this.before = before;
            this.after = after;
            this.log = log;
        }

        void accept(ShareIndex x, PlannedSession planned) {
            String name = after.ring().provider(x).name();
            Order order = Order.decode(planned.order(name).encode());
            VerifyingKey asking = maker.credential().publicKey(after.ring().id(), name);
            Session session = Session.accept(after.ring(), x, order, asking, maker.now());
            sessions.put(x, session);
            if (session.renews()) {
                Renewal.checkOrder(session, before.token());
            }
            if (session.blinding() == Blinding.PAIRED) {
                pairs(session).forEach((other, pair) -> {
                    log.saw(x, "the blind that it shares with " + log.name(other) + " in " + log.name, Form.of(pair));
                    for (ShareIndex third : faults.pairAlsoTo(x, other, session)) {
                        log.saw(
                                third,
                                "the blind of " + log.name(x) + " and " + log.name(other) + " in " + log.name,
                                Form.of(pair));
                        log.irregular(log.name(third) + " got the blind of " + log.name(x) + " and " + log.name(other)
                                + " in " + log.name + " too");
                    }
                });
            } else if (session.blinding() != Blinding.NONE) {
                Unknown blind = unknown(x, session.blindSeed());
                if (!blind.symbol().equals(symbol(x))) {
                    log.irregular("the blind of " + log.name(x) + " in " + log.name + " is " + blind + ", used before");
                }
                log.saw(x, "its blind in " + log.name, Form.of(blind));
                for (ShareIndex other : faults.blindAlsoTo(read, x)) {
                    log.saw(other, "the blind of " + log.name(x) + " in " + log.name, Form.of(blind));
                    log.irregular(log.name(other) + " got the blind of " + log.name(x) + " in " + log.name + " too");
                }
            }
        }

        /** What each shares with every other one of S and, in a repair, CC_k. */
        private Map<ShareIndex, Unknown> pairs(Session session) {
            Map<ShareIndex, Unknown> pairs = new LinkedHashMap<>();
            List<ShareIndex> others = Stream.concat(
                            session.path().stream(),
                            session.statement().work() instanceof Work.Repair repair
                                    ? Stream.of(repair.repaired())
                                    : Stream.of())
                    .filter(x -> !x.equals(session.self()))
                    .toList();
            for (int i = 0; i < others.size(); i++) {
                ShareIndex other = others.get(i);
                int low = Math.min(session.self().x(), other.x());
                int high = Math.max(session.self().x(), other.x());
                if (faults.paired(session.self(), other, session)) {
                    pairs.put(
                            other,
                            expanded.computeIfAbsent(
                                    HexFormat.of()
                                            .formatHex(
                                                    session.blindSeeds().get(i).copyToHeap()),
                                    _ -> draw("B" + low + "," + high + "." + log.mark)));
                }
            }
            if (pairs.size() < others.size()) {
                log.irregular(log.name(session.self()) + " shares a blind with " + pairs.size() + " of " + others.size()
                        + " others in " + log.name);
            }
            return pairs;
        }

        private String symbol(ShareIndex x) {
            return "B" + x.x() + "." + log.mark;
        }

        private Unknown unknown(ShareIndex x, Optional<SecretBytes> seed) {
            return seed.map(secret -> expanded.computeIfAbsent(
                            HexFormat.of().formatHex(secret.copyToHeap()), _ -> draw(symbol(x))))
                    .orElseGet(() -> whole.computeIfAbsent(x, _ -> draw(symbol(x))));
        }

        /** All B_i of the path, as U adds or removes them. */
        List<Blind<Form>> blinds(List<ShareIndex> path, Map<ShareIndex, SecretBytes> seeds) {
            List<Blind<Form>> blinds = new ArrayList<>();
            if (scheme.blinded()) {
                path.forEach(x -> blinds.add(blind(x, Optional.ofNullable(seeds.get(x)))));
            }
            return blinds;
        }

        /**
         * Every station of every provider, in the order of the route.
         *
         * @param entering what U sends in first
         * @param through what U makes of what it's given and has to send in again
         * @return what U is given in the end
         */
        Form pass(Form entering, UnaryOperator<Form> through) {
            List<Station> stations = sessions.values().stream()
                    .flatMap(session -> session.stations().stream())
                    .sorted(Comparator.comparingInt(Station::place))
                    .toList();
            Form flow = entering;
            Form given = new Form();
            for (Station station : stations) {
                Session session = present(sessions.get(station.provider()), "no session");
                flow = switch (station.source()) {
                    case Station.User() -> station.place() == 0 ? flow : through.apply(given.copy());
                    case Station.Ciphertext() ->
                        before.ciphertext(station.provider()).copy();
                    case Station.Zeros() -> new Form();
                    case Station.SealedShare() ->
                        present(sealedShares.get(station.provider()), "no sealed share")
                                .copy();
                    case Station.Neighbour(ShareIndex _) -> flow;
                };
                log.saw(station.provider(), arrives(station), flow.copy());
                if (station.layered()) {
                    Write.hop(FORMS, flow, session, after.share(station.provider()), blind(session));
                    if (session.kind() == Work.Kind.REPLACE) {
                        Renewal.takeOff(FORMS, flow, session, before.share(station.provider()));
                    }
                    log.saw(station.provider(), leaves(station), flow.copy());
                }
                if (station.cargo() instanceof Station.Share && station.stored()) {
                    Repair.receive(flow, blind(session));
                    if (!flow.equals(after.share(station.provider()))) {
                        log.broken(log.name + " gave " + log.name(station.provider()) + " " + flow
                                + " instead of its share");
                    }
                } else if (station.stored()) {
                    after.keep(station.provider(), station.sealed(), flow);
                }
                if (station.sink() instanceof Station.User) {
                    given = flow.copy();
                }
            }
            close();
            return given;
        }

        void close() {
            sessions.values().forEach(Session::close);
        }

        private Blind<Form> blind(Session session) {
            if (session.blinding() == Blinding.NONE) {
                return Blind.none();
            }
            if (session.blinding() == Blinding.PAIRED) {
                return Blind.sum(pairs(session).values().stream()
                        .map(pair -> Blind.of(FORMS, Form.of(pair)))
                        .toList());
            }
            Blind<Form> blind = blind(session.self(), session.blindSeed());
            Form added = new Form();
            blind.addTo(added);
            if (added.isZero()) {
                log.irregular("the hop of " + log.name(session.self()) + " in " + log.name + " had no blind");
            }
            return blind;
        }

        private Blind<Form> blind(ShareIndex x, Optional<SecretBytes> seed) {
            return faults.blind(read, x, Blind.of(FORMS, Form.of(unknown(x, seed))));
        }

        private String arrives(Station station) {
            String what = what(station);
            String then = station.stored() ? " and stored" : "";
            return switch (station.source()) {
                case Station.User() -> what + " it received from the user in " + log.name + then;
                case Station.Ciphertext() -> "the ciphertext, from its store, in " + log.name;
                case Station.Zeros() -> "the zeros that " + log.name + " begins with";
                case Station.SealedShare() -> "its own share as sealed";
                case Station.Neighbour(ShareIndex from) ->
                    what + " it received from " + log.name(from) + " in " + log.name + then;
            };
        }

        private String leaves(Station station) {
            String to = switch (station.sink()) {
                case Station.User() -> "the user";
                case Station.Neighbour(ShareIndex next) -> log.name(next);
                case Station.Homes(List<ShareIndex> homes) ->
                    homes.stream().map(log::name).collect(Collectors.joining(", "));
                case Station.End() -> "nobody";
            };
            return what(station) + " it sent to " + to + " in " + log.name;
        }

        private String what(Station station) {
            return station.sealed()
                    .map(of -> "the sealed share of " + log.name(of) + " that")
                    .orElse("what");
        }
    }

    private static <T> T present(@Nullable T value, String otherwise) {
        if (value == null) {
            throw new IllegalStateException(otherwise);
        }
        return value;
    }

    private Log log(String what, int number, String mark, Generation of) {
        String later = of.number == 1 ? "" : " of generation " + of.number;
        return new Log(what + number + later, mark + (of.number == 1 ? "" : "." + of.number), of.number, of.number);
    }

    /** Takes down what the parties see of one pass. */
    private final class Log {
        private final String name;
        /** Ends the symbols of what the pass draws. */
        private final String mark;

        private final int from;
        private final int to;
        private final List<Observation> observations = new ArrayList<>();
        private final List<String> irregular = new ArrayList<>();

        /**
         * @param from a provider is in the coalition in this generation
         * @param to and in this one, if it sees the pass
         */
        Log(String name, String mark, int from, int to) {
            this.name = name;
            this.mark = mark;
            this.from = from;
            this.to = to;
        }

        String name(ShareIndex x) {
            return seats(to).name(x);
        }

        /** Whoever is in CC_x and sees the pass. */
        Party party(ShareIndex x) {
            return seats(from).party(x, seats(to));
        }

        void saw(ShareIndex x, String what, Form form) {
            saw(party(x), what, form);
        }

        void saw(Party party, String what, Form form) {
            observations.add(new Observation(party, what, form));
        }

        void irregular(String what) {
            irregular.add(what);
        }

        /** The protocol doesn't do what it's for, which only a planted fault may bring about. */
        void broken(String what) {
            if (faults.equals(Faults.NONE)) {
                throw new IllegalStateException(what);
            }
            irregular.add(what);
        }

        Pass pass() {
            return new Pass(name, observations, irregular);
        }
    }
}
