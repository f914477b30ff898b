package dev.interlock.audit;

import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Acceptance;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Handover;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.PrivatePart;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What t − 1 providers, a second user, and all dealers but one can send to whoever is honest, made of what they know: sessions,
 * objects, paths, private parts, signatures and certificates of their own and of the victim, under their own keys. A message that
 * names nothing that anybody knows is refused by its decoder, and left out; so are those to somebody corrupt.
 */
final class Injections {
    private static final String SECOND = "the second user";
    static final int EXPIRY_MILLIS = 600_000;

    private final World w;
    private final Cast cast;
    private final List<Script.Move> moves = new ArrayList<>();

    private Injections(World w) {
        this.w = w;
        this.cast = w.cast;
    }

    static List<Script.Move> at(World w) {
        if (w.cast.logsIn()) {
            return LoginInjections.at(w);
        }
        Injections all = new Injections(w);
        all.orders();
        all.sessions();
        all.certificates();
        all.commands();
        all.dealt();
        all.chains();
        all.streams();
        all.parts();
        all.waiting();
        if (w.cast.isSold()) {
            all.moves.addAll(Seller.at(w));
        }
        return all.moves;
    }

    private void move(Sent sent, String words, Consumer<World> act) {
        moves.add(new Script.Move(sent, words, act));
    }

    private static void tries(Runnable message) {
        var _ = World.tries(message);
    }

    // ------------------------------------------------------------------------------------- orders and deal requests

    /**
     * A session of an attacker's making.
     *
     * @param by whose it is
     * @param content what it says that it stores
     * @param how what it does, {@code of} which of the victim's generations
     */
    record Draft(
            RingDescriptor ring, SeedCredential by, Form content, String how, String of, String words, Composed made) {
        VerifyingKey asks(String node) {
            return by.publicKey(ring.id(), node);
        }

        Statement w() {
            return made.w();
        }

        byte[] ownerSignature() {
            return made.ownerSignature();
        }

        Map<String, byte[]> parts() {
            return made.parts();
        }

        SigningKey session() {
            return made.session();
        }

        Order order(String name) {
            return made.order(name);
        }
    }

    private void orders() {
        for (Draft draft : drafts()) {
            move(
                    Sent.to(Sent.Kind.SESSION, "", draft.of(), draft.how()),
                    SECOND + " " + draft.words(),
                    next -> run(next, draft));
            if (draft.w().making().isPresent()) {
                for (String dealer : cast.honestDealers()) {
                    move(
                            Sent.to(Sent.Kind.DEAL, dealer, draft.of(), draft.how()),
                            SECOND + " asks " + dealer + " to deal, and nobody else: it " + draft.words(),
                            next -> tries(() -> next.deal(dealer, draft.order(dealer), cast.secondsAt(dealer))));
                }
            }
            for (ShareIndex x : w.honest()) {
                for (RingDescriptor in : w.ring().epochs()) {
                    if (draft.parts().containsKey(cast.name(x))) {
                        orderAlone(draft, x, in);
                    }
                }
            }
        }
        // The victim's own statements, with a private part of the second user's.
        w.known.orders.forEach((id, orders) -> {
            Order theirs = orders.values().iterator().next();
            Statement statement = Statement.decode(theirs.statement());
            for (Statement.Party party : statement.parties()) {
                if (cast.isCorrupt(party.name())) {
                    continue;
                }
                byte[] part = Composed.part(
                        w.ring().at(statement.epoch()),
                        cast.second,
                        statement,
                        party.name(),
                        Cast.seeded("part of " + id + party.name()));
                Order order = new Order(theirs.statement(), theirs.ownerSignature(), part);
                VerifyingKey asks = cast.secondsAt(party.name());
                boolean deals = cast.dealers().contains(party.name());
                if (deals) {
                    move(
                            Sent.to(Sent.Kind.PASS_ON, party.name(), cast.role(id)),
                            SECOND + " passes the victim's statement on to " + party.name() + " as its own",
                            next -> tries(() -> next.deal(party.name(), order, asks)));
                }
                w.ring()
                        .everProvider(party.name())
                        .ifPresent(provider -> move(
                                Sent.to(Sent.Kind.PASS_ON, party.name(), cast.role(id)),
                                SECOND + " passes the victim's statement on to " + party.name() + " as its own",
                                next -> tries(() -> {
                                    next.order(provider.x(), order, asks);
                                    knows(next, part, party.name());
                                })));
            }
        });
    }

    /** At one provider, and nowhere else; where there are several epochs, with a request for any of them. */
    private void orderAlone(Draft draft, ShareIndex x, RingDescriptor in) {
        boolean own = in.epoch() == draft.w().epoch();
        move(
                Sent.to(Sent.Kind.ORDER, cast.name(x), draft.of(), draft.how()),
                SECOND + " orders at " + cast.name(x) + " alone"
                        + (own ? "" : ", with a request for epoch " + in.epoch()) + ": it " + draft.words(),
                next -> tries(() -> {
                    next.order(x, draft.order(cast.name(x)), in.epoch(), cast.secondsAt(cast.name(x)));
                    knows(next, Cast.present(draft.parts().get(cast.name(x))), cast.name(x));
                }));
    }

    /** Own objects, and the victim's as far as their ids, generations and signatures are known. */
    private List<Draft> drafts() {
        List<Draft> drafts = new ArrayList<>();
        w.ring().epochs().forEach(in -> drafts(in, drafts));
        // A generation that is named in several of the victim's sessions gives the same ones again.
        Set<Draft> different = Collections.newSetFromMap(new IdentityHashMap<>());
        return drafts.stream().filter(different::add).toList();
    }

    /** @param in one epoch of the ring */
    private void drafts(RingDescriptor in, List<Draft> drafts) {
        Title own = cast.once(
                "the second user's title",
                () -> Title.of(cast.second.newOwner(Cast.seeded("the second user's object"))));
        List<ShareIndex> all = Cast.all(in);
        List<ShareIndex> homes = cast.homes(in);
        List<String> dealers = cast.dealers();
        Work.Write write =
                new Work.Write(false, all, List.of(), homes, dealers, Optional.empty(), Cast.LENGTH, Optional.empty());
        StatementHash any = StatementHash.of(new byte[32]);
        drafts.add(draft(in, "puts an object of its own", "", "", own, 1, write, Optional.empty()));
        drafts.add(draft(in, "refreshes what it never put", "", "", own, 2, renewal(in, true, any), Optional.empty()));
        for (Map.Entry<StatementHash, Map<String, Order>> each : w.known.orders.entrySet()) {
            Order theirs = each.getValue().values().iterator().next();
            Statement victims = Statement.decode(theirs.statement());
            if (!cast.isVictims(victims.title())) {
                continue;
            }
            Title title = victims.title();
            StatementHash generation = victims.generation();
            long number = victims.number();
            String role = cast.role(each.getKey());
            String of =
                    ": the victim's object (generation " + generation.toString().substring(0, 6) + ")";
            Optional<byte[]> signature =
                    victims.making().isPresent() ? Optional.of(theirs.ownerSignature()) : Optional.empty();
            drafts.add(draft(in, "puts over", role, of, title, number + 1, write, Optional.empty()));
            signature.ifPresent(bytes -> {
                drafts.add(draft(
                        in, "puts over under its old signature", role, of, title, number, write, Optional.of(bytes)));
                drafts.add(draft(
                        in,
                        "has zeros dealt to under its old signature",
                        role,
                        of,
                        title,
                        number,
                        renewal(in, true, generation),
                        Optional.of(bytes)));
            });
            drafts.add(draft(
                    in, "refreshes", role, of, title, number + 1, renewal(in, true, generation), Optional.empty()));
            drafts.add(draft(
                    in,
                    "replaces the pad of",
                    role,
                    of,
                    title,
                    number + 1,
                    renewal(in, false, generation),
                    Optional.empty()));
            for (List<Integer> s : Choices.subsets(all.size(), cast.t())) {
                List<ShareIndex> path = s.stream().map(i -> all.get(i - 1)).toList();
                ShareIndex home = homes.contains(path.getFirst()) ? path.getFirst() : homes.getFirst();
                drafts.add(draft(
                        in,
                        "reads through " + path.stream().map(cast::name).toList(),
                        role,
                        of,
                        title,
                        number,
                        new Work.Read(path, home, Cast.LENGTH, generation),
                        Optional.empty()));
            }
            cast.corrupt.stream()
                    .filter(all::contains)
                    .sorted(Comparator.comparingInt(ShareIndex::x))
                    .limit(1)
                    .forEach(k -> {
                        List<ShareIndex> path = all.stream()
                                .filter(x -> !x.equals(k))
                                .limit(cast.t())
                                .toList();
                        if (path.size() == cast.t()) {
                            drafts.add(draft(
                                    in,
                                    "repairs at " + cast.name(k),
                                    role,
                                    of,
                                    title,
                                    number,
                                    new Work.Repair(
                                            path,
                                            k,
                                            homes.contains(k)
                                                    ? homes.stream()
                                                            .filter(x -> !x.equals(k))
                                                            .findFirst()
                                                    : Optional.empty(),
                                            Cast.LENGTH,
                                            generation),
                                    Optional.empty()));
                        }
                    });
        }
    }

    private Work.Renewal renewal(RingDescriptor in, boolean ofZero, StatementHash from) {
        return new Work.Renewal(ofZero, Cast.all(in), cast.homes(in), cast.dealers(), Cast.LENGTH, from);
    }

    /** @param signature somebody else's, where it isn't signed as well as the second user can */
    private Draft draft(
            RingDescriptor in,
            String how,
            String role,
            String of,
            Title title,
            long number,
            Work work,
            Optional<byte[]> signature) {
        String words = how + of + (in.isCurrent() ? "" : ", in epoch " + in.epoch());
        Draft draft = cast.once(
                "draft " + words + number + Cast.place(in),
                () -> new Draft(
                        in,
                        cast.second,
                        new Form(),
                        how,
                        role,
                        words,
                        Composed.of(
                                in,
                                cast.second,
                                cast.scheme(),
                                title,
                                number,
                                EXPIRY_MILLIS,
                                work,
                                signature,
                                Cast.seeded("session of " + words))),
                signature.orElse(new byte[0]),
                title.object().bytes());
        cast.role(draft.w().hash(), "second: " + how);
        return draft;
    }

    /** Who made a private part knows the blinds in it. */
    private static void knows(World next, byte[] part, String name) {
        byte[] seeds = PrivatePart.decode(part).seeds();
        for (int i = 0; i + 32 <= seeds.length; i += 32) {
            next.known.see(
                    "a blind of its own making for " + name, next.cast.expanded(Arrays.copyOfRange(seeds, i, i + 32)));
        }
    }

    /** A whole session of the second user's, as far as everybody lets it. */
    private static void run(World next, Draft draft) {
        StatementHash id = draft.w().hash();
        make(next, draft).ifPresent(certificate -> {
            for (ShareIndex x : Cast.all(draft.ring())) {
                String name = next.cast.name(x);
                tries(() -> next.keeper(x).commit(id, certificate));
                tries(() -> next.learn(
                        "its own share at " + name, next.keeper(x).part(id, Holding.Part.SHARE, draft.asks(name))));
            }
        });
    }

    /** The same, until it could be committed: the certificate, where something is made. */
    static Optional<Certificate> make(World next, Draft draft) {
        Cast cast = next.cast;
        StatementHash id = draft.w().hash();
        draft.parts()
                .keySet()
                .forEach(name -> draft.ring()
                        .provider(name)
                        .ifPresent(provider -> tries(() -> {
                            next.order(provider.x(), draft.order(name), draft.asks(name));
                            knows(next, Cast.present(draft.parts().get(name)), name);
                        })));
        Map<String, Dealt> dealt = new LinkedHashMap<>();
        if (draft.w().making().isPresent()) {
            cast.dealers()
                    .forEach(dealer -> tries(() -> dealt.put(
                            dealer,
                            next.deal(dealer, draft.order(dealer), draft.asks(dealer))
                                    .dealt())));
        }
        for (Station station : next.stations(id)) {
            if (station.source() instanceof Station.User) {
                tries(() -> next.arrive(
                        station.provider(),
                        id,
                        station.place(),
                        new Form(),
                        Optional.empty(),
                        draft.asks(cast.name(station.provider()))));
            }
            next.pass(id, station.place(), Optional.empty())
                    .ifPresent(out -> next.known.see("what came out of its session", out));
        }
        return draft.w().making().flatMap(_ -> sign(next, draft, id, dealt));
    }

    private static Optional<Certificate> sign(World next, Draft draft, StatementHash id, Map<String, Dealt> dealt) {
        Cast cast = next.cast;
        Optional<Dealt> all = dealt(next, draft, id, dealt);
        if (all.isEmpty()) {
            return Optional.empty();
        }
        byte[] manifest = cast.manifest(draft.content());
        List<Certificate> made = new ArrayList<>();
        tries(() -> {
            byte[] token = new Token(draft.w(), id, MerkleRoot.over(manifest), all.get(), List.of(), 0).encode();
            SignatureChain chain = SignatureChain.start(token);
            for (ShareIndex x : Cast.all(draft.ring())) {
                chain = next.signs(x, id, new TokenMessage(token, manifest), chain, draft.asks(cast.name(x)));
            }
            Certificate certificate = Certificate.sign(draft.session(), draft.ownerSignature(), chain);
            next.learn(certificate);
            made.add(certificate);
        });
        return made.stream().findFirst();
    }

    private static Optional<Dealt> dealt(World next, Draft draft, StatementHash id, Map<String, Dealt> dealt) {
        boolean summed = draft.w().work().kind() == Work.Kind.REFRESH
                || next.cast.dealers().size() > 1;
        if (!summed) {
            return dealt.values().stream().findFirst();
        }
        List<ShareRoot> roots = new ArrayList<>();
        List<byte[]> signatures = new ArrayList<>();
        boolean whole = World.tries(() -> Cast.all(draft.ring()).forEach(x -> {
            Dealt sum = next.keeper(x).root(id, draft.asks(next.cast.name(x)));
            roots.add(sum.roots().getFirst());
            signatures.add(sum.signatures().getFirst());
        }));
        return whole ? Optional.of(new Dealt(true, roots, signatures)) : Optional.empty();
    }

    // ------------------------------------------------------------------------ the second user in the victim's sessions

    private void sessions() {
        for (StatementHash id : w.known.orders.keySet()) {
            for (ShareIndex x : w.honest()) {
                String name = cast.name(x);
                VerifyingKey asks = cast.secondsAt(name);
                Keeper.Live live = w.keeper(x).sessions.get(id);
                if (live == null) {
                    continue;
                }
                String in = " in a session that it knows, at " + name;
                byte[] token = w.known.tokens.get(id);
                if (token != null) {
                    move(
                            Sent.to(Sent.Kind.TOKEN, name, cast.role(id)),
                            SECOND + " sends u_m" + in,
                            next -> tries(() -> {
                                next.known
                                        .participations
                                        .computeIfAbsent(id, _ -> new LinkedHashMap<>())
                                        .put(
                                                x,
                                                next.signs(
                                                                x,
                                                                id,
                                                                new TokenMessage(token, cast.manifest(cast.m())),
                                                                SignatureChain.start(token),
                                                                asks)
                                                        .participations()
                                                        .getLast());
                                next.keeper(x).values(id, asks).ifPresent(values -> {
                                    next.known.see("the share of " + name, values.share());
                                    if (values.ciphertext() != null) {
                                        next.known.see("the ciphertext of " + name, values.ciphertext());
                                    }
                                });
                            }));
                }
                for (Station station : live.session.stations()) {
                    if (station.source() instanceof Station.User) {
                        move(
                                Sent.to(Sent.Kind.STREAM, name, cast.role(id), String.valueOf(station.place())),
                                SECOND + " streams zeros" + in,
                                next -> tries(
                                        () -> next.arrive(x, id, station.place(), new Form(), Optional.empty(), asks)));
                    }
                }
                byte[] rho = w.known.rhos.getOrDefault(id, new byte[32]);
                move(
                        Sent.to(Sent.Kind.CHECK, name, cast.role(id)),
                        SECOND + " reveals a ρ" + in,
                        next -> tries(() -> next.keeper(x).check(id, rho, asks)));
                move(
                        Sent.to(Sent.Kind.GIVE_UP, name, cast.role(id)),
                        SECOND + " gives it up" + in,
                        next -> tries(() -> next.keeper(x).giveUp(id, asks)));
                if (live.session.isRepaired()) {
                    for (Shown shown : known(w)) {
                        move(
                                Sent.to(Sent.Kind.RESTORE, name, shown.of()),
                                SECOND + " gives " + words(w, shown.certificate()) + in,
                                next -> tries(() -> next.keeper(x)
                                        .restore(
                                                id,
                                                new RestoreMessage(shown.certificate(), cast.manifest(cast.m())),
                                                asks)));
                    }
                }
                for (Holding.Part part : List.of(Holding.Part.SHARE, Holding.Part.CIPHERTEXT)) {
                    move(
                            Sent.to(Sent.Kind.FETCH, name, cast.role(id), part.text()),
                            SECOND + " fetches the " + part.text() + in,
                            next -> tries(() -> next.learn(
                                    "the " + part.text() + " of " + name,
                                    next.keeper(x).partOfSession(id, part, asks))));
                }
            }
        }
    }

    // ---------------------------------------------------------------------------------- certificates and abandonments

    private void certificates() {
        List<Shown> all = new ArrayList<>(known(w));
        all.addAll(forged(w));
        for (Shown shown : all) {
            Certificate certificate = shown.certificate();
            String words = words(w, certificate);
            for (ShareIndex x : w.honest()) {
                for (StatementHash generation : w.keeper(x).stored.keySet()) {
                    move(
                            new Sent(
                                    Sent.Kind.CERTIFICATE,
                                    cast.name(x),
                                    shown.of(),
                                    shown.how(),
                                    cast.role(generation)),
                            "somebody shows " + cast.name(x) + " " + words + " for generation "
                                    + generation.toString().substring(0, 6),
                            next -> tries(() -> next.keeper(x).commit(generation, certificate)));
                }
            }
        }
        for (StatementHash id : w.known.orders.keySet()) {
            Abandonment abandonment = cast.once(
                    "the second user's abandonment",
                    () -> {
                        try (SigningKey key = cast.second.ownerKey(1, new byte[32])) {
                            return Abandonment.sign(key, id);
                        }
                    },
                    id.bytes());
            for (ShareIndex x : w.honest()) {
                for (VerifyingKey asks : List.of(cast.secondsAt(cast.name(x)))) {
                    move(
                            Sent.to(Sent.Kind.ABANDON, cast.name(x), cast.role(id)),
                            SECOND + " abandons generation " + id.toString().substring(0, 6) + " at " + cast.name(x),
                            next -> tries(() -> next.keeper(x).abandon(id, abandonment, asks)));
                }
                move(
                        Sent.to(Sent.Kind.ABANDON, cast.name(x), cast.role(id), "shown"),
                        "somebody corrupt shows " + cast.name(x) + " an abandonment of generation "
                                + id.toString().substring(0, 6),
                        next -> tries(() -> next.keeper(x).abandon(id, abandonment)));
            }
        }
    }

    /** A certificate in words. */
    static String words(World w, Certificate certificate) {
        boolean own = w.victim.certified.contains(certificate.token().id().toString());
        return (own ? "the certificate" : "a certificate of the attackers' making") + " of "
                + certificate.token().id().toString().substring(0, 6);
    }

    /**
     * Something to show as a certificate.
     *
     * @param of whose generation's
     * @param how "whole" for one that holds
     */
    record Shown(String of, String how, Certificate certificate) {}

    static List<Shown> known(World w) {
        return w.known.certificates.values().stream()
                .map(each -> new Shown(w.cast.role(each.token().id()), "whole", each))
                .toList();
    }

    /** Of each u_m that they know: with the session key's signature by another key, and signatures that nobody made. */
    static List<Shown> forged(World w) {
        List<Shown> forged = new ArrayList<>();
        w.known.tokens.forEach((id, token) -> {
            Token u = Token.decode(token);
            Map<ShareIndex, Participation> known = w.known.participations.getOrDefault(id, Map.of());
            byte[] root = w.cast.ciphertextRoot(id, new ShareIndex(1), Form.of(w.cast.unknown("another ciphertext")));
            SignatureChain made = SignatureChain.start(token);
            for (ShareIndex x : u.present()) {
                Participation own = known.get(x);
                made = made.with(
                        own != null
                                ? own
                                : new Participation(
                                        u.homes().contains(x) ? Optional.of(root) : Optional.empty(),
                                        new byte[SigningKey.SIGNATURE_BYTES]));
            }
            byte[] ownerSignature = Optional.ofNullable(w.known.orders.get(id))
                    .map(orders -> orders.values().iterator().next().ownerSignature())
                    .filter(bytes -> bytes.length > 0)
                    .orElse(new byte[SigningKey.SIGNATURE_BYTES]);
            SignatureChain chain = made;
            Certificate signed = w.cast.once(
                    "forged",
                    () -> {
                        try (SigningKey key = w.cast.second.ownerKey(1, new byte[32])) {
                            return Certificate.sign(key, ownerSignature, chain);
                        }
                    },
                    chain.encode());
            forged.add(new Shown(w.cast.role(id), "signed by another key", signed));
        });
        // Generations of the victim's object that nobody wrote.
        for (Draft draft : new Injections(w).drafts()) {
            Statement made = draft.w();
            if (made.making().isEmpty() || made.work().kind() == Work.Kind.REFRESH || !w.cast.isVictims(made.title())) {
                continue;
            }
            forged.add(new Shown(
                    draft.of(),
                    "of what nobody wrote: " + draft.how(),
                    w.cast.once("made up", () -> madeUp(w.cast, draft), made.encode(), draft.ownerSignature())));
        }
        // Signatures that hold, with some of what they cover taken away.
        w.known.certificates.values().stream()
                .filter(each -> w.victim.certified.contains(each.token().id().toString()))
                .forEach(good -> {
                    SignatureChain stripped = SignatureChain.start(good.chain().token());
                    byte[] root = w.cast.ciphertextRoot(
                            good.token().id(), new ShareIndex(1), Form.of(w.cast.unknown("another ciphertext")));
                    for (Participation each : good.chain().participations()) {
                        stripped = stripped.with(
                                new Participation(each.ciphertextRoot().map(_ -> root), each.signature()));
                    }
                    forged.add(new Shown(
                            w.cast.role(good.token().id()),
                            "with another ciphertext's root",
                            new Certificate(good.ownerSignature(), stripped, good.signature())));
                });
        return forged;
    }

    private static Certificate madeUp(Cast cast, Draft draft) {
        StatementHash id = draft.w().hash();
        Work.Making making = draft.w().making().orElseThrow();
        List<ShareRoot> roots = Token.points(cast.scheme(), making.providers()).stream()
                .map(x -> new ShareRoot(x, cast.shareRoot(id, x, new Form())))
                .toList();
        boolean summed = making.dealers().size() > 1;
        byte[] nobodys = new byte[SigningKey.SIGNATURE_BYTES];
        Dealt dealt = new Dealt(
                summed, roots, summed ? roots.stream().map(_ -> nobodys).toList() : List.of(nobodys));
        byte[] token =
                new Token(draft.w(), id, MerkleRoot.over(cast.manifest(new Form())), dealt, List.of(), 0).encode();
        SignatureChain chain = SignatureChain.start(token);
        for (ShareIndex x : making.providers()) {
            chain = chain.with(new Participation(
                    making.homes().contains(x) ? Optional.of(cast.ciphertextRoot(id, x, new Form())) : Optional.empty(),
                    nobodys));
        }
        return Certificate.sign(draft.session(), draft.ownerSignature(), chain);
    }

    /** The second user's object in another ring, put there as anybody may. */
    static List<Certificate> elsewhere(World w) {
        Cast cast = w.cast;
        return List.of(cast.once("the second user's object elsewhere", () -> {
            RingDescriptor there = cast.elsewhere;
            try (Write.Plan plan = Write.plan(
                    there,
                    cast.scheme(),
                    cast.second("elsewhere"),
                    Cast.LENGTH,
                    Cast.all(there),
                    Optional.empty(),
                    Blinding.EXPANDED,
                    false,
                    Optional.empty())) {
                List<ShareRoot> roots = Cast.all(there).stream()
                        .map(x -> new ShareRoot(x, cast.shareRoot(plan.id(), x, new Form())))
                        .toList();
                Dealt dealt = Dealt.sign(cast.keyElsewhere(plan.dealers().getFirst()), plan.id(), roots);
                byte[] token = Write.token(plan, MerkleRoot.over(cast.manifest(new Form())), dealt, List.of(), 0)
                        .encode();
                SignatureChain chain = SignatureChain.start(token);
                for (ShareIndex x : plan.path()) {
                    Optional<byte[]> root = plan.homes().contains(x)
                            ? Optional.of(cast.ciphertextRoot(plan.id(), x, new Form()))
                            : Optional.empty();
                    chain = chain.with(chain.participate(x, root, cast.keyElsewhere(cast.name(x))));
                }
                return plan.session().certify(chain);
            }
        }));
    }

    // ------------------------------------------------------------------------------------------------------ commands

    private void commands() {
        for (ShareIndex x : w.honest()) {
            String name = cast.name(x);
            commands(w, name).forEach((words, command) -> {
                move(
                        Sent.to(Sent.Kind.DESTROY, name, ""),
                        SECOND + " has the object destroyed at " + name + ", " + words,
                        next -> tries(() -> next.keeper(x).destroy(command, cast.secondsAt(name))));
            });
            if (cast.isHandedOver()) {
                handovers(x);
            }
            w.known.commands.forEach((of, command) -> move(
                    Sent.to(Sent.Kind.BRING, name, "", of),
                    "somebody brings " + name + " the owner's command for " + of,
                    next -> tries(() -> next.keeper(x).destroy(command, command.key()))));
            for (Map.Entry<StatementHash, Map<String, Order>> each : w.known.orders.entrySet()) {
                Statement statement = Statement.decode(
                        each.getValue().values().iterator().next().statement());
                if (statement.making().isEmpty() || !w.keeper(x).stored.containsKey(each.getKey())) {
                    continue;
                }
                Command.Authorised command =
                        authorised(cast, statement.title(), new Command.Settle(each.getKey()), name);
                move(
                        Sent.to(Sent.Kind.SETTLE, name, cast.role(each.getKey())),
                        SECOND + " has generation " + each.getKey().toString().substring(0, 6) + " settled at " + name,
                        next -> tries(() -> next.keeper(x).settle(command, statement, cast.secondsAt(name))));
            }
        }
    }

    /** The object becomes the second user's, if anybody believes it. */
    private void handovers(ShareIndex x) {
        String name = cast.name(x);
        w.victim.acknowledged().ifPresent(u -> {
            Title title = u.statement().title();
            OwnerKey to = cast.second.nextOwner(u.object());
            Acceptance acceptance = cast.once(
                    "second's acceptance at " + name,
                    () -> cast.second.accept(cast.ring.id(), u.object(), to, name),
                    u.id().bytes());
            Handover own;
            try (SigningKey key = cast.second.ownerKey(
                    title.owner().rootVersion(), title.owner().nonce())) {
                own = title.handOver(key, to);
            }
            Map<String, Handover> handovers = new LinkedHashMap<>();
            handovers.put("signed by itself", own);
            w.known.commands.values().stream()
                    .map(each -> each.command().deed())
                    .filter(Command.HandOver.class::isInstance)
                    .map(deed -> ((Command.HandOver) deed).handover())
                    .findFirst()
                    .ifPresent(theirs -> handovers.put("with the owner's signature for the heir", theirs));
            handovers.forEach((how, handover) -> {
                Command.Authorised command = authorised(
                        cast, title, new Command.HandOver(handover, u.epoch(), u.number(), u.id(), acceptance), name);
                move(
                        Sent.to(Sent.Kind.HAND_OVER, name, "put", how),
                        SECOND + " has the object handed over to itself at " + name + ", " + how,
                        next -> tries(
                                () -> next.keeper(x).handOver(command, w.victim.certificate(), cast.secondsAt(name))));
            });
        });
        w.known.commands.forEach((of, command) -> move(
                Sent.to(Sent.Kind.HAND_OVER, name, "put", "the owner's for " + of),
                "somebody brings " + name + " the handover for " + of,
                next -> tries(() -> next.keeper(x).handOver(command, w.victim.certificate(), cast.secondsAt(name)))));
    }

    /** Commands about the victim's object, signed as well as the second user can. */
    static Map<String, Command.Authorised> commands(World w, String node) {
        Map<String, Command.Authorised> commands = new LinkedHashMap<>();
        w.known.orders.values().stream()
                .map(orders ->
                        Statement.decode(orders.values().iterator().next().statement()))
                .filter(statement -> w.cast.isVictims(statement.title()))
                .map(Statement::title)
                .distinct()
                .forEach(title -> commands.put(
                        "by a command of its own making",
                        authorised(w.cast, title, new Command.DestroyForEver(), node)));
        return commands;
    }

    private static Command.Authorised authorised(Cast cast, Title title, Command.Deed deed, String node) {
        return cast.once(
                "second's command for " + node + deed,
                () -> cast.authorised(cast.second, title, 9, deed, node),
                title.object().bytes());
    }

    // ----------------------------------------------------------------- corrupt dealers, corrupt neighbours, and parts

    /** A corrupt dealer deals once more, something else, or where nobody asked; and so does somebody who deals nothing. */
    private void dealt() {
        Set<String> dealers = new TreeSet<>(cast.corruptDealers);
        w.keepers.keySet().stream()
                .filter(w::isCorrupt)
                .limit(1)
                .map(cast::name)
                .forEach(dealers::add);
        for (String dealer : dealers) {
            for (ShareIndex x : w.honest()) {
                w.keeper(x).sessions.forEach((id, live) -> {
                    if (!live.session.isWrite()) {
                        return;
                    }
                    Form share = Form.of(cast.unknown("e[" + dealer + "]"));
                    List<ShareRoot> roots = Token.points(
                                    cast.scheme(), live.session.making().providers())
                            .stream()
                            .map(each -> new ShareRoot(each, cast.shareRoot(id, each, share)))
                            .toList();
                    Dealt signed =
                            cast.once("dealt by " + dealer, () -> Dealt.sign(cast.key(dealer), id, roots), id.bytes());
                    move(
                            Sent.to(Sent.Kind.DEALT, cast.name(x), cast.role(id), dealer),
                            dealer + " deals " + cast.name(x) + " a share of its own making",
                            next -> tries(() -> {
                                next.keeper(x).share(id, dealer, share, signed);
                                next.known.see("what " + dealer + " made up", share);
                            }));
                });
            }
        }
    }

    /** A corrupt provider hands on signatures of its own choice, in the published profile, before its turn or out of it. */
    private void chains() {
        if (cast.scheme().blinded()) {
            return;
        }
        for (ShareIndex x : w.honest()) {
            w.keeper(x).sessions.forEach((id, live) -> {
                byte[] token = w.known.tokens.get(id);
                if (token == null) {
                    return;
                }
                for (ShareIndex from : w.keepers.keySet()) {
                    if (w.isCorrupt(from)) {
                        SignatureChain own = madeUp(token, from);
                        move(
                                Sent.to(Sent.Kind.CHAIN, cast.name(x), cast.role(id), cast.name(from)),
                                cast.name(from) + " hands " + cast.name(x) + " a signature of its own",
                                next -> tries(() -> next.keeper(x).sign(id, own, Optional.of(from))));
                    }
                }
            });
        }
    }

    /** Signatures that nobody made, and a corrupt provider's own behind them. */
    private SignatureChain madeUp(byte[] token, ShareIndex from) {
        Token u = Token.decode(token);
        byte[] root = cast.ciphertextRoot(u.id(), from, Form.of(cast.unknown("another ciphertext")));
        SignatureChain made = SignatureChain.start(token);
        for (ShareIndex x : u.present()) {
            Optional<byte[]> ofHome = u.homes().contains(x) ? Optional.of(root) : Optional.empty();
            if (x.equals(from)) {
                return made.with(made.participate(x, ofHome, cast.key(cast.name(x))));
            }
            made = made.with(new Participation(ofHome, new byte[SigningKey.SIGNATURE_BYTES]));
        }
        return made;
    }

    /** A corrupt provider streams before it is its turn. */
    private void streams() {
        for (ShareIndex x : w.honest()) {
            w.keeper(x).sessions.forEach((id, live) -> {
                for (Station station : live.session.stations()) {
                    if (station.source() instanceof Station.Neighbour(ShareIndex from)
                            && cast.corrupt.contains(from)
                            && !live.arrived.containsKey(station.place())) {
                        Form made = Form.of(cast.unknown("e[early]"));
                        move(
                                Sent.to(
                                        Sent.Kind.EARLY,
                                        cast.name(x),
                                        cast.role(id),
                                        cast.name(from) + " " + station.place()),
                                cast.name(from) + " streams something of its own to " + cast.name(x) + " at place "
                                        + station.place() + ", before its turn",
                                next -> tries(() -> {
                                    next.arrive(
                                            x,
                                            id,
                                            station.place(),
                                            made,
                                            Optional.of(from),
                                            cast.secondsAt(cast.name(x)));
                                    next.known.see("what " + cast.name(from) + " made up", made);
                                }));
                    }
                }
            });
        }
    }

    /** A corrupt provider brings what it says was missed, to whoever was missing, before its time. */
    private void waiting() {
        cast.missing().ifPresent(k -> {
            List<Shown> all = new ArrayList<>(known(w));
            all.addAll(forged(w));
            String who = cast.name(cast.corrupt.stream()
                    .min(Comparator.comparingInt(ShareIndex::x))
                    .orElseThrow());
            for (Shown shown : all) {
                move(
                        Sent.to(Sent.Kind.WAITING, cast.name(k), shown.of(), "another share, " + shown.how()),
                        who + " brings " + cast.name(k) + " a share of its own making under "
                                + words(w, shown.certificate()) + " " + shown.how(),
                        next -> tries(() -> next.keeper(k)
                                .bring(
                                        new RestoreMessage(shown.certificate(), cast.manifest(cast.m())),
                                        Form.of(cast.unknown("e[waiting]")),
                                        who)));
            }
        });
    }

    /** The second user asks for what is stored. */
    private void parts() {
        for (ShareIndex x : w.honest()) {
            String name = cast.name(x);
            for (StatementHash generation : w.keeper(x).stored.keySet()) {
                for (Holding.Part part : List.of(Holding.Part.SHARE, Holding.Part.CIPHERTEXT)) {
                    move(
                            Sent.to(Sent.Kind.PART, name, cast.role(generation), part.text()),
                            SECOND + " reads the " + part.text() + " of "
                                    + generation.toString().substring(0, 6) + " directly from " + name,
                            next -> tries(() -> next.learn(
                                    "the " + part.text() + " of " + name,
                                    next.keeper(x).part(generation, part, cast.secondsAt(name)))));
                }
            }
        }
    }
}
