package dev.interlock.audit;

import static dev.interlock.audit.FormSpace.FORMS;

import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.Direct;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Repair;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.WriteCheck;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What the victim does, one message after the other: the client's part of SPEC §§8 to 10, with the product's own plans and checks.
 * Between two steps attackers may send what they like; where one of them is asked, it may answer something else.
 */
final class Script {
    /** Something that attackers do. */
    record Move(Sent sent, String words, Consumer<World> act) {}

    /** @param answers what somebody corrupt may do instead of it */
    record Step(Point point, String words, Consumer<World> act, Function<World, List<Move>> answers) {}

    final String name;
    final List<Step> steps = new ArrayList<>();
    private final Cast cast;
    /** Where an object is found that is read, renewed, repaired or moved: the last lookup. */
    private String found = "";

    private Script(Cast cast, String name) {
        this.cast = cast;
        this.name = name;
    }

    static final List<String> NAMES = List.of(
            "put and get",
            "replace",
            "refresh",
            "repair",
            "move",
            "destroy",
            "attested put",
            "degraded put",
            "hand over",
            "buy",
            "follow",
            "published put");

    /**
     * Why it can't be played in a ring of this kind; empty if it can.
     *
     * @param dealers how many do nothing but deal, {@code dealing} the providers that deal as well
     */
    static Optional<String> unfit(String name, int n, int t, int dealers, List<String> dealing) {
        return switch (name) {
            case "degraded put" ->
                n < t + 2 || dealers != 1
                        ? Optional.of("a write that somebody misses needs n of at least t + 2, and one dealer")
                        : Optional.empty();
            case "published put" ->
                dealers != 1 ? Optional.of("the published profile has one dealer") : Optional.empty();
            case "follow" ->
                dealing.contains("cc" + n)
                        ? Optional.of("where an object follows the ring, the last provider leaves it, and can't deal")
                        : Optional.empty();
            default -> Optional.empty();
        };
    }

    static Script of(Cast cast, String name) {
        Script script = new Script(cast, name);
        if (name.equals("published put")) {
            cast.isPublished();
        }
        if (name.equals("follow")) {
            cast.changes();
        }
        if (name.equals("degraded put")) {
            cast.misses(cast.honest().getLast());
        }
        script.put(name.equals("attested put"));
        switch (name) {
            case "put and get", "attested put", "published put" -> script.read("get");
            case "follow" -> {
                // Attacks on the put are those of the other scripts.
                script.atOnce("puts an object", _ -> {});
                script.follow();
            }
            case "degraded put" -> {
                script.comeBack();
                script.read("get");
            }
            case "hand over" -> new Sale(cast, script).handOver();
            case "buy" -> new Sale(cast, script).buy();
            case "replace" -> {
                script.renew("replace", false);
                script.read("get");
            }
            case "refresh" -> {
                script.renew("refresh", true);
                script.read("get");
            }
            case "repair" -> script.repair();
            case "move" -> script.move();
            case "destroy" -> script.destroy();
            default -> throw new IllegalArgumentException("no script is called " + name);
        }
        return script;
    }

    // ------------------------------------------------------------------------------------------------------- steps

    /** All that was said so far as one step, during which nobody attacks; then something more. */
    void atOnce(String words, Consumer<World> then) {
        List<Step> all = List.copyOf(steps);
        steps.clear();
        step(at(name, Point.Phase.END), words, w -> {
            all.forEach(each -> each.act().accept(w));
            then.accept(w);
        });
    }

    void step(Point point, String words, Consumer<World> act, Function<World, List<Move>> answers) {
        steps.add(new Step(point, words, act, answers));
    }

    void step(Point point, String words, Consumer<World> act) {
        step(point, words, act, _ -> List.of());
    }

    Point at(String run, Point.Phase phase, ShareIndex x) {
        return new Point(run, phase, cast.name(x));
    }

    static Point at(String run, Point.Phase phase) {
        return new Point(run, phase, "");
    }

    /** A step of a run that ends it where it fails. */
    private static void within(World w, String run, Runnable act) {
        Victim.Run here = w.victim.run(run);
        if (here.failed != null || here.done) {
            return;
        }
        try {
            act.run();
        } catch (InterlockException | BadSignatureException | IllegalArgumentException e) {
            here.failed = String.valueOf(e.getMessage());
            w.blamed(e);
        }
    }

    /** What anybody corrupt can answer to anything. */
    private List<Move> refusals(String run, String who) {
        List<Move> moves = new ArrayList<>();
        if (cast.isCorrupt(who)) {
            moves.add(new Move(
                    Sent.to(Sent.Kind.SILENT, who, run),
                    who + " doesn't answer",
                    w -> within(w, run, () -> {
                        throw new RefusedException(who + " didn't answer");
                    })));
            String honest = cast.name(cast.honest().getFirst());
            moves.add(new Move(
                    Sent.to(Sent.Kind.BLAMES, who, run, honest),
                    who + " answers that " + honest + " is at fault",
                    w -> within(w, run, () -> {
                        throw new Problem(Problem.Kind.INTEGRITY, honest + " sent wrong bytes", who, List.of(honest))
                                .toException(who);
                    })));
        }
        return moves;
    }

    private Form tamper(String what) {
        return Form.of(cast.unknown("e[" + what + "]"));
    }

    private static Form sum(Form a, Form b) {
        Form sum = a.copy();
        FORMS.add(sum, b);
        return sum;
    }

    // ------------------------------------------------------------------------------------------------------- writes

    /** A plan that depends on what was found; the same in the same world. */
    private interface Planned {
        Write.Plan fresh(World w);

        byte[] key(World w);
    }

    private Write.Plan plan(World w, String run, Planned planned) {
        Write.Plan plan = cast.once("plan of " + run, () -> planned.fresh(w), planned.key(w));
        cast.role(plan.id(), run);
        return plan;
    }

    private void put(boolean attested) {
        Planned planned = new Planned() {
            @Override
            public Write.Plan fresh(World w) {
                return Write.plan(
                        cast.ring,
                        cast.scheme(),
                        cast.victim("put"),
                        Cast.LENGTH,
                        cast.path(cast.ring),
                        Optional.empty(),
                        cast.blinding(),
                        attested,
                        Optional.empty());
            }

            @Override
            public byte[] key(World w) {
                return new byte[0];
            }
        };
        make(cast.ring, "put", planned);
    }

    private void renew(String run, boolean ofZero) {
        lookup(run + "'s lookup", cast.ring);
        String lookup = found;
        Planned planned = new Planned() {
            @Override
            public Write.Plan fresh(World w) {
                Token before = newest(w, lookup).token();
                return Renewal.plan(cast.ring, before, cast.victim(run), ofZero, before.number() + 1);
            }

            @Override
            public byte[] key(World w) {
                return newest(w, lookup).encode();
            }
        };
        make(cast.ring, run, planned);
    }

    private void make(RingDescriptor ring, String run, Planned planned) {
        List<ShareIndex> path = cast.path(ring);
        for (ShareIndex x : path) {
            step(
                    at(run, Point.Phase.ORDER, x),
                    "orders " + run + " at " + cast.name(x),
                    w -> within(w, run, () -> {
                        Write.Plan plan = plan(w, run, planned);
                        w.order(x, plan.session().order(cast.name(x)), cast.victimsAt(cast.name(x)));
                    }),
                    _ -> refusals(run, cast.name(x)));
        }
        for (String dealer : cast.dealers()) {
            step(
                    new Point(run, Point.Phase.DEAL, dealer),
                    "asks " + dealer + " to deal for " + run,
                    w -> deal(w, run, planned, dealer),
                    w -> dealings(w, run, planned, dealer));
        }
        step(
                at(run, Point.Phase.STREAM),
                "streams " + run,
                w -> within(w, run, () -> enter(w, run, plan(w, run, planned))));
        pass(run, w -> plan(w, run, planned).id(), 2 * path.size());
        for (ShareIndex x : path) {
            step(
                    at(run, Point.Phase.ROOT, x),
                    "asks " + cast.name(x) + " for the root of its sum in " + run,
                    w -> within(w, run, () -> sum(w, run, planned, x)),
                    w -> refusals(run, cast.name(x)));
        }
        for (ShareIndex x : path) {
            step(
                    at(run, Point.Phase.TOKEN, x),
                    "sends u_m of " + run + " to " + cast.name(x),
                    w -> within(w, run, () -> sign(w, run, planned, x)),
                    w -> cast.scheme().blinded() ? signatures(w, run, planned, x) : refusals(run, cast.name(x)));
        }
        if (!cast.scheme().blinded()) {
            nest(path, run, planned);
        }
        step(
                at(run, Point.Phase.CHAIN),
                "checks the signatures of " + run,
                w -> within(w, run, () -> chain(w, run, planned)),
                w -> cast.scheme().blinded() ? List.of() : handedBack(w, run, path));
        for (ShareIndex x : path) {
            step(
                    at(run, Point.Phase.CHECK, x),
                    "reveals ρ of " + run + " to " + cast.name(x),
                    w -> within(w, run, () -> check(w, run, planned, x)),
                    w -> answers(w, run, planned, x));
        }
        step(at(run, Point.Phase.CERTIFY), "certifies " + run, w -> within(w, run, () -> certify(w, run, planned)));
        for (ShareIndex x : path) {
            step(
                    at(run, Point.Phase.COMMIT, x),
                    "shows " + cast.name(x) + " the certificate of " + run,
                    w -> commit(w, run, x),
                    _ -> cast.corrupt.contains(x)
                            ? List.of(new Move(
                                    Sent.to(Sent.Kind.UNCONFIRMED, cast.name(x), run),
                                    cast.name(x) + " doesn't confirm",
                                    w -> heard(w, run)))
                            : List.of());
        }
        step(at(run, Point.Phase.END), "ends " + run, w -> {
            end(w, path, run, planned);
            cast.missing().ifPresent(w.victim.exempt::add);
        });
    }

    private void deal(World w, String run, Planned planned, String dealer) {
        Victim.Run here = w.victim.run(run);
        within(w, run, () -> {
            Write.Plan plan = plan(w, run, planned);
            try {
                dealt(here, dealer, w.deal(dealer, plan.session().order(dealer), cast.victimsAt(dealer)));
            } catch (InterlockException | BadSignatureException | IllegalArgumentException e) {
                // The stream is on its way already: what the dealer says comes beside it.
                here.dealFailed = String.valueOf(e.getMessage());
                w.blamed(e);
            }
        });
    }

    private static void dealt(Victim.Run here, String dealer, Desk.Outcome outcome) {
        here.dealt.put(dealer, outcome.dealt());
        outcome.own().ifPresent(own -> here.own = own);
    }

    /** A corrupt dealer's polynomials. */
    private List<Move> dealings(World w, String run, Planned planned, String dealer) {
        if (!cast.corruptDealers.contains(dealer) || w.victim.run(run).failed != null) {
            return List.of();
        }
        List<Move> moves = new ArrayList<>(refusals(run, dealer));
        Map<String, List<Form>> polynomials = new LinkedHashMap<>();
        Form zero = new Form();
        List<Form> known = new ArrayList<>();
        for (int k = 0; k < cast.t(); k++) {
            known.add(tamper(dealer + "'s a" + k));
        }
        polynomials.put("deals zeros", known.stream().map(_ -> zero).toList());
        List<Form> ofZero = new ArrayList<>(known);
        ofZero.set(0, zero);
        polynomials.put("deals shares of zero", ofZero);
        polynomials.forEach((words, coefficients) -> moves.add(new Move(
                Sent.to(Sent.Kind.DEALS, dealer, run, words),
                dealer + " " + words,
                next -> within(next, run, () -> {
                    Write.Plan plan = plan(next, run, planned);
                    dealt(
                            next.victim.run(run),
                            dealer,
                            next.deliver(
                                    dealer,
                                    next.desk(dealer)
                                            .deal(
                                                    plan.session().order(dealer),
                                                    plan.statement().epoch(),
                                                    cast.victimsAt(dealer),
                                                    coefficients)));
                }))));
        return moves;
    }

    private void enter(World w, String run, Write.Plan plan) {
        if (plan.renews()) {
            return;
        }
        Form p = cast.m();
        List<Blind<Form>> masks = new ArrayList<>(plan.blindSeeds().values().stream()
                .map(seed -> Blind.of(FORMS, cast.expanded(Keeper.bytes(seed))))
                .toList());
        if (plan.scheme().dealtToUser()) {
            Form own = w.victim.run(run).own;
            if (own == null) {
                throw new RefusedException("the dealer sent no share of the user's own");
            }
            masks.add(Hop.layer(FORMS, plan.userLambda(), _ -> own));
        }
        Write.enter(p, masks);
        ShareIndex first = plan.path().getFirst();
        w.arrive(first, plan.id(), 0, p, Optional.empty(), cast.victimsAt(cast.name(first)));
    }

    private void pass(String run, Function<World, StatementHash> session, int places) {
        for (int place = 0; place < places; place++) {
            passAt(run, session, place);
        }
    }

    private void passAt(String run, Function<World, StatementHash> session, int place) {
        step(
                at(run, Point.Phase.HOP),
                "the hop at place " + place + " of " + run,
                w -> within(w, run, () -> hop(w, run, session.apply(w), place, Optional.empty())),
                w -> {
                    if (w.victim.run(run).failed != null || w.victim.run(run).done) {
                        return List.of();
                    }
                    StatementHash id = session.apply(w);
                    Optional<ShareIndex> corrupt = w.stations(id).stream()
                            .filter(station -> station.place() == place && w.isCorrupt(station.provider()))
                            .map(station -> station.provider())
                            .findFirst();
                    return corrupt.map(x -> hops(w, run, id, place, cast.name(x)))
                            .orElse(List.of());
                });
    }

    private void hop(World w, String run, StatementHash id, int place, Optional<Form> instead) {
        w.pass(id, place, instead).ifPresent(out -> w.victim.run(run).out = out);
    }

    /** What leaves a corrupt hop. */
    private List<Move> hops(World w, String run, StatementHash id, int place, String who) {
        List<Move> moves = new ArrayList<>();
        moves.add(new Move(
                Sent.to(Sent.Kind.HOP, who, run, "adds"),
                who + " adds something to the stream of " + run + " at place " + place,
                next -> {
                    World honest = next.copy();
                    hop(honest, run, id, place, Optional.empty());
                    Form left = honest.keepers.values().stream()
                            .flatMap(keeper -> Optional.ofNullable(keeper.sessions.get(id)).stream())
                            .flatMap(live -> Optional.ofNullable(live.left.get(place)).stream())
                            .findFirst()
                            .orElse(new Form());
                    within(next, run, () -> hop(next, run, id, place, Optional.of(sum(left, tamper(run + place)))));
                    // What it stores itself is its own affair.
                }));
        moves.add(new Move(
                Sent.to(Sent.Kind.HOP, who, run, "zeros"),
                who + " sends zeros instead of the stream of " + run + " at place " + place,
                next -> within(next, run, () -> hop(next, run, id, place, Optional.of(new Form())))));
        List<Observation> seen = w.known.seen;
        if (!seen.isEmpty()) {
            Observation last = seen.getLast();
            moves.add(new Move(
                    Sent.to(Sent.Kind.HOP, who, run, "again"),
                    who + " sends " + last.what() + " once more, at place " + place,
                    next -> within(next, run, () -> hop(next, run, id, place, Optional.of(last.form())))));
        }
        return moves;
    }

    private void sum(World w, String run, Planned planned, ShareIndex x) {
        Write.Plan plan = plan(w, run, planned);
        if (!plan.summed()) {
            return;
        }
        Dealt sum = w.keeper(x).root(plan.id(), cast.victimsAt(cast.name(x)));
        Write.checkSum(plan, plan.ring().provider(x), sum);
        w.victim.run(run).sums.put(x, sum);
    }

    private byte[] manifest() {
        return cast.manifest(cast.m());
    }

    private TokenMessage message(World w, String run, Planned planned) {
        Write.Plan plan = plan(w, run, planned);
        Victim.Run here = w.victim.run(run);
        if (here.dealFailed != null) {
            throw new RefusedException(here.dealFailed);
        }
        if (here.token == null) {
            Dealt dealt;
            if (plan.summed()) {
                List<ShareRoot> roots = new ArrayList<>();
                List<byte[]> signatures = new ArrayList<>();
                for (ShareIndex x : plan.path()) {
                    Dealt sum = Cast.present(here.sums.get(x));
                    roots.add(sum.roots().getFirst());
                    signatures.add(sum.signatures().getFirst());
                }
                dealt = new Dealt(true, roots, signatures);
            } else {
                String dealer = cast.dealers().getFirst();
                dealt = here.dealt.get(dealer);
                if (dealt == null) {
                    throw new RefusedException(dealer + " dealt nothing");
                }
                Write.checkDealt(plan, dealer, dealt);
            }
            here.token = Write.token(plan, MerkleRoot.over(manifest()), dealt, claims(plan), 0)
                    .encode();
        }
        return new TokenMessage(here.token, manifest());
    }

    /** The owner's word for those that are missing. */
    private List<Claim> claims(Write.Plan plan) {
        return cast.missing().stream()
                .map(x -> new Claim(
                        x,
                        cast.victimsAt(cast.name(x)),
                        cast.victim.signClaim(cast.ring.id(), cast.name(x), Claim.message(plan.id(), x))))
                .toList();
    }

    private void sign(World w, String run, Planned planned, ShareIndex x) {
        TokenMessage message = message(w, run, planned);
        StatementHash id = plan(w, run, planned).id();
        if (w.isCorrupt(x)) {
            w.known.tokens.put(id, message.token());
        }
        if (!cast.scheme().blinded()) {
            w.keeper(x).token(id, message, cast.victimsAt(cast.name(x)));
            return;
        }
        Participation signed = w.signs(
                        x, id, message, SignatureChain.start(message.token()), cast.victimsAt(cast.name(x)))
                .participations()
                .getLast();
        w.victim.run(run).signed.put(x, signed);
        if (w.isCorrupt(x)) {
            w.known
                    .participations
                    .computeIfAbsent(id, _ -> new LinkedHashMap<>())
                    .put(x, signed);
        }
    }

    /** A corrupt home takes part with another ciphertext. */
    private List<Move> signatures(World w, String run, Planned planned, ShareIndex x) {
        List<Move> moves = new ArrayList<>(refusals(run, cast.name(x)));
        if (cast.corrupt.contains(x) && w.victim.run(run).failed == null) {
            moves.add(new Move(
                    Sent.to(Sent.Kind.SIGNS, cast.name(x), run),
                    cast.name(x) + " signs for another ciphertext",
                    next -> {
                        within(next, run, () -> sign(next, run, planned, x));
                        Victim.Run here = next.victim.run(run);
                        Participation honest = here.signed.get(x);
                        byte[] token = here.token;
                        if (honest != null
                                && token != null
                                && honest.ciphertextRoot().isPresent()) {
                            StatementHash id = plan(next, run, planned).id();
                            byte[] root = cast.ciphertextRoot(id, x, tamper("another ciphertext"));
                            here.signed.put(
                                    x,
                                    cast.once(
                                            "another participation",
                                            () -> SignatureChain.start(token)
                                                    .participate(x, Optional.of(root), cast.key(cast.name(x))),
                                            token,
                                            root));
                        }
                    }));
        }
        return moves;
    }

    /** Published: each signs behind those before it, and hands all of it on; what the last has goes back to U the same way. */
    private void nest(List<ShareIndex> path, String run, Planned planned) {
        for (int place = 0; place < path.size(); place++) {
            ShareIndex x = path.get(place);
            Optional<ShareIndex> from = place == 0 ? Optional.empty() : Optional.of(path.get(place - 1));
            step(
                    at(run, Point.Phase.CHAIN, x),
                    "waits for " + cast.name(x) + " to sign u_m of " + run,
                    w -> within(w, run, () -> {
                        StatementHash id = plan(w, run, planned).id();
                        handOn(w, run, x, w.keeper(x).sign(id, begun(w, run), from));
                    }),
                    w -> nested(w, run, planned, x, from));
        }
    }

    private static SignatureChain begun(World w, String run) {
        Victim.Run here = w.victim.run(run);
        byte[] chain = here.chain;
        return chain == null ? SignatureChain.start(Cast.present(here.token)) : SignatureChain.decode(chain);
    }

    /** Who is corrupt has seen it then. */
    private void handOn(World w, String run, ShareIndex x, SignatureChain chain) {
        w.victim.run(run).chain = chain.encode();
        if (w.isCorrupt(x)) {
            Token u = Token.decode(chain.token());
            Map<ShareIndex, Participation> known =
                    w.known.participations.computeIfAbsent(u.id(), _ -> new LinkedHashMap<>());
            for (int place = 0; place < chain.participations().size(); place++) {
                known.putIfAbsent(
                        u.providers().get(place), chain.participations().get(place));
            }
        }
    }

    /** What somebody corrupt hands on instead. */
    private List<Move> nested(World w, String run, Planned planned, ShareIndex x, Optional<ShareIndex> from) {
        List<Move> moves = new ArrayList<>(refusals(run, cast.name(x)));
        if (!cast.corrupt.contains(x) || w.victim.run(run).failed != null || w.victim.run(run).token == null) {
            return moves;
        }
        Function<World, SignatureChain> signed =
                next -> next.keeper(x).sign(plan(next, run, planned).id(), begun(next, run), from);
        moves.add(new Move(
                Sent.to(Sent.Kind.SIGNS, cast.name(x), run),
                cast.name(x) + " signs for another ciphertext",
                next -> within(next, run, () -> {
                    SignatureChain chain = signed.apply(next);
                    Participation own = chain.participations().getLast();
                    StatementHash id = plan(next, run, planned).id();
                    Optional<byte[]> root =
                            own.ciphertextRoot().map(_ -> cast.ciphertextRoot(id, x, tamper("another ciphertext")));
                    SignatureChain before = without(chain, x);
                    handOn(next, run, x, before.with(before.participate(x, root, cast.key(cast.name(x)))));
                })));
        moves.add(new Move(
                Sent.to(Sent.Kind.CHAIN, cast.name(x), run, "alone"),
                cast.name(x) + " hands its own signature on, and none of those before it",
                next -> within(next, run, () -> {
                    SignatureChain chain = signed.apply(next);
                    SignatureChain start = SignatureChain.start(chain.token());
                    Optional<byte[]> root = chain.participations().getLast().ciphertextRoot();
                    handOn(next, run, x, start.with(start.participate(x, root, cast.key(cast.name(x)))));
                })));
        from.filter(before -> !cast.corrupt.contains(before))
                .ifPresent(before -> moves.add(new Move(
                        Sent.to(Sent.Kind.CHAIN, cast.name(x), run, "changed"),
                        cast.name(x) + " changes the signature of " + cast.name(before) + " and hands it on",
                        next -> within(next, run, () -> {
                            SignatureChain chain = signed.apply(next);
                            handOn(
                                    next,
                                    run,
                                    x,
                                    changed(chain, chain.participations().size() - 2));
                        }))));
        return moves;
    }

    /** All but the last signature. */
    private static SignatureChain without(SignatureChain chain, ShareIndex last) {
        Token u = Token.decode(chain.token());
        return new SignatureChain(
                chain.token(), chain.participations().subList(0, u.providers().indexOf(last)));
    }

    private static SignatureChain changed(SignatureChain chain, int place) {
        List<Participation> changed = new ArrayList<>(chain.participations());
        changed.set(
                place, new Participation(changed.get(place).ciphertextRoot(), new byte[SigningKey.SIGNATURE_BYTES]));
        return new SignatureChain(chain.token(), changed);
    }

    /** On its way back to U whoever is corrupt can change what others signed. */
    private List<Move> handedBack(World w, String run, List<ShareIndex> path) {
        Victim.Run here = w.victim.run(run);
        byte[] whole = here.chain;
        if (here.failed != null || whole == null || path.stream().noneMatch(cast.corrupt::contains)) {
            return List.of();
        }
        SignatureChain chain = SignatureChain.decode(whole);
        String who = path.stream()
                .filter(cast.corrupt::contains)
                .map(cast::name)
                .findFirst()
                .orElseThrow();
        List<Move> moves = new ArrayList<>();
        for (int i = 0; i < chain.participations().size(); i++) {
            int place = i;
            if (!cast.corrupt.contains(path.get(place))) {
                moves.add(new Move(
                        Sent.to(Sent.Kind.CHAIN, who, run, "back"),
                        who + " hands back another signature than that of " + cast.name(path.get(place)),
                        next -> next.victim.run(run).chain =
                                changed(chain, place).encode()));
            }
        }
        return moves;
    }

    private SignatureChain chainOf(World w, String run, Write.Plan plan) {
        Victim.Run here = w.victim.run(run);
        if (!cast.scheme().blinded()) {
            return SignatureChain.decode(Cast.present(here.chain));
        }
        SignatureChain chain = SignatureChain.start(Cast.present(here.token));
        for (ShareIndex x : plan.path()) {
            chain = chain.with(Cast.present(here.signed.get(x)));
        }
        return chain;
    }

    private void chain(World w, String run, Planned planned) {
        Write.Plan plan = plan(w, run, planned);
        SignatureChain chain = chainOf(w, run, plan);
        cast.holds(
                "chain",
                () -> Write.checkChain(plan, Cast.present(w.victim.run(run).token), chain),
                chain.encode(),
                plan.id().bytes());
    }

    private WriteCheck writeCheck(String run, Write.Plan plan) {
        WriteCheck check = new WriteCheck(Cast.seeded("ρ of " + run + plan.id()));
        if (!plan.renews()) {
            check.sending(MemorySegment.ofArray(cast.bytes(cast.m())));
        }
        return check;
    }

    private byte[] rho(String run, Write.Plan plan) {
        return cast.once(
                "ρ",
                () -> {
                    try (WriteCheck check = writeCheck(run, plan)) {
                        return check.reveal();
                    }
                },
                plan.id().bytes());
    }

    private void check(World w, String run, Planned planned, ShareIndex x) {
        Write.Plan plan = plan(w, run, planned);
        byte[] rho = rho(run, plan);
        if (w.isCorrupt(x)) {
            w.known.rhos.put(plan.id(), rho);
        }
        w.victim.run(run).answers.put(x, w.keeper(x).check(plan.id(), rho, cast.victimsAt(cast.name(x))));
    }

    /** A corrupt provider's answers about what it stores. */
    private List<Move> answers(World w, String run, Planned planned, ShareIndex x) {
        List<Move> moves = new ArrayList<>(refusals(run, cast.name(x)));
        if (!cast.corrupt.contains(x) || w.victim.run(run).failed != null) {
            return moves;
        }
        String who = cast.name(x);
        Form e = tamper(run + " at " + who);
        moves.add(lie(
                who + " answers for another share",
                run,
                planned,
                x,
                (rho, honest) -> new CheckAnswer(
                        added(honest.share(), cast.hash(rho, e)),
                        honest.salts(),
                        honest.ciphertext(),
                        honest.before())));
        moves.add(lie(
                who + " answers for another ciphertext",
                run,
                planned,
                x,
                (rho, honest) -> new CheckAnswer(
                        honest.share(),
                        honest.salts(),
                        honest.ciphertext() == null
                                ? null
                                : added(Cast.present(honest.ciphertext()), cast.hash(rho, e)),
                        honest.before())));
        for (Observation seen : w.known.seen.subList(Math.max(0, w.known.seen.size() - 3), w.known.seen.size())) {
            moves.add(lie(
                    who + " answers for " + seen.what(),
                    run,
                    planned,
                    x,
                    (rho, honest) -> new CheckAnswer(
                            honest.share(),
                            honest.salts(),
                            honest.ciphertext() == null ? null : cast.hash(rho, seen.form()),
                            honest.before())));
        }
        return moves;
    }

    private interface Lie {
        CheckAnswer of(byte[] rho, CheckAnswer honest);
    }

    private Move lie(String words, String run, Planned planned, ShareIndex x, Lie lie) {
        return new Move(
                Sent.to(Sent.Kind.ANSWERS, cast.name(x), run),
                words,
                w -> within(w, run, () -> {
                    check(w, run, planned, x);
                    Map<ShareIndex, CheckAnswer> answers = w.victim.run(run).answers;
                    byte[] rho = rho(run, plan(w, run, planned));
                    answers.put(x, lie.of(rho, Cast.present(answers.get(x))));
                }));
    }

    private static byte[] added(byte[] a, byte[] b) {
        byte[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] ^= b[i];
        }
        return sum;
    }

    private void certify(World w, String run, Planned planned) {
        Write.Plan plan = plan(w, run, planned);
        Victim.Run here = w.victim.run(run);
        try (WriteCheck check = writeCheck(run, plan)) {
            byte[] _ = check.reveal();
            check.verify(plan, here.answers);
        }
        SignatureChain chain = chainOf(w, run, plan);
        here.certificate = cast.once(
                "certificate",
                () -> {
                    try (Write.Plan fresh = planned.fresh(w)) {
                        return fresh.session().certify(chain).encode();
                    }
                },
                chain.encode());
        w.victim.certified.add(plan.id().toString());
    }

    private void commit(World w, String run, ShareIndex x) {
        Victim.Run here = w.victim.run(run);
        if (here.certificate == null || here.done) {
            return;
        }
        heard(w, run);
        Certificate certificate = Certificate.decode(here.certificate);
        if (World.tries(() -> w.keeper(x).commit(certificate.token().id(), certificate))) {
            here.confirmed.add(x);
        }
    }

    /** Certificates go to all: somebody corrupt has it now. */
    private void heard(World w, String run) {
        byte[] certificate = w.victim.run(run).certificate;
        if (certificate != null) {
            w.learn(Certificate.decode(certificate));
        }
    }

    private void end(World w, List<ShareIndex> path, String run, Planned planned) {
        Victim.Run here = w.victim.run(run);
        if (here.done) {
            return;
        }
        here.done = true;
        byte[] token = here.token;
        if (here.certificate != null && token != null) {
            int n = path.size();
            boolean silent = path.stream().allMatch(x -> here.confirmed.contains(x) || w.isCorrupt(x));
            if (here.confirmed.size() >= Write.quorum(n, cast.t()) && silent) {
                w.victim.acknowledge(token);
            }
            return;
        }
        if (here.failed == null) {
            return;
        }
        Optional<Write.Plan> plan = planned(w, run, planned);
        plan.ifPresent(each -> {
            var abandonment = cast.once(
                    "abandonment of",
                    () -> {
                        try (Write.Plan fresh = planned.fresh(w)) {
                            return fresh.session().abandon();
                        }
                    },
                    each.id().bytes());
            for (ShareIndex x : path) {
                var _ = World.tries(() -> w.keeper(x).abandon(each.id(), abandonment, cast.victimsAt(cast.name(x))));
                var _ = World.tries(() -> w.keeper(x).giveUp(each.id(), cast.victimsAt(cast.name(x))));
            }
        });
    }

    private Optional<Write.Plan> planned(World w, String run, Planned planned) {
        try {
            return Optional.of(plan(w, run, planned));
        } catch (InterlockException | IllegalArgumentException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    // ------------------------------------------------------------------------------------------------------ lookups

    /** U asks all; of what they show it believes what is certified and its own. */
    private void lookup(String run, RingDescriptor ring) {
        found = run;
        for (ShareIndex x : ring.everyProvider().stream().map(Provider::x).toList()) {
            step(
                    at(run, Point.Phase.LOOKUP, x),
                    "asks " + cast.name(x) + " in " + run,
                    w -> {
                        if (ring != cast.elsewhere) {
                            w.victim
                                    .object()
                                    .flatMap(object -> w.keeper(x).current(object, cast.victimsAt(cast.name(x))))
                                    .ifPresent(here -> show(w, run, ring, x, Cast.present(here.certificate)));
                        }
                    },
                    w -> cast.corrupt.contains(x) ? shows(w, run, ring, x) : List.of());
        }
    }

    private void show(World w, String run, RingDescriptor ring, ShareIndex x, byte[] encoded) {
        w.victim.object().ifPresent(object -> {
            Victim.Run here = w.victim.run(run);
            if (here.done) {
                return;
            }
            try {
                Token u = cast.once(
                        "shown by " + cast.name(x) + Cast.place(ring),
                        () -> Read.checkCertificate(ring, object, Certificate.decode(encoded), cast.name(x)),
                        encoded,
                        object.bytes(),
                        ring.id().bytes());
                requireOwn(u);
                here.shown.put(x, encoded);
                if (!w.victim.certified.contains(u.id().toString())) {
                    w.harm(
                            Attack.Kind.MISLED,
                            "the victim believes in a generation that it never certified, shown by " + cast.name(x));
                }
            } catch (InterlockException | BadSignatureException | IllegalArgumentException e) {
                w.blamed(e);
            }
        });
    }

    /** The client compares O with its own derivation, not only the id. */
    private void requireOwn(Token u) {
        if (!cast.victim.owns(u.statement().title().owner())) {
            throw new RefusedException("it is another owner's");
        }
    }

    /** What somebody corrupt shows, of all that they have and can make. */
    private List<Move> shows(World w, String run, RingDescriptor ring, ShareIndex x) {
        List<Move> moves = new ArrayList<>(refusals(run, cast.name(x)));
        List<Injections.Shown> different = new ArrayList<>(Injections.known(w));
        different.addAll(Injections.forged(w));
        different.forEach(each -> {
            byte[] encoded = each.certificate().encode();
            moves.add(new Move(
                    Sent.to(Sent.Kind.SHOWS, cast.name(x), each.of(), each.how()),
                    cast.name(x) + " shows " + Injections.words(w, each.certificate()) + " in " + run,
                    next -> show(next, run, ring, x, encoded)));
        });
        if (ring == cast.elsewhere) {
            Injections.elsewhere(w)
                    .forEach(certificate -> moves.add(new Move(
                            Sent.to(Sent.Kind.ELSEWHERE, cast.name(x), ""),
                            cast.name(x) + " there shows an object of the second user in " + run,
                            next -> show(next, run, ring, x, certificate.encode()))));
        }
        Injections.commands(w, cast.name(x))
                .forEach((words, command) -> moves.add(new Move(
                        Sent.to(Sent.Kind.DESTROYED, cast.name(x), ""),
                        cast.name(x) + " says that the object was destroyed, " + words,
                        next -> {
                            try {
                                cast.holds(
                                        "shown command",
                                        command.signed()::verify,
                                        command.signed().encode());
                                boolean own = next.victim
                                                .object()
                                                .equals(Optional.of(
                                                        command.command().object()))
                                        && cast.victim.owns(
                                                command.command().title().owner());
                                if (own
                                        && next.victim.commands.stream()
                                                .noneMatch(each -> each.equals(command.command()))) {
                                    next.harm(
                                            Attack.Kind.MISLED,
                                            "the victim believes that its object was destroyed, at one provider's word");
                                }
                            } catch (BadSignatureException | MalformedException e) {
                                // Nobody's word.
                            }
                        })));
        return moves;
    }

    /** Of what was shown the newest; whether enough have it is seen when it is used. */
    private Certificate newest(World w, String lookup) {
        return w.victim.run(lookup).shown.values().stream()
                .map(Certificate::decode)
                .max((a, b) ->
                        a.token().id().equals(b.token().id()) ? 0 : Victim.isLater(a.token(), b.token()) ? 1 : -1)
                .orElseThrow(() -> new RefusedException("nobody shows a generation"));
    }

    private List<ShareIndex> holders(World w, String lookup, Token u) {
        return w.victim.run(lookup).shown.entrySet().stream()
                .filter(each -> Certificate.decode(each.getValue()).token().id().equals(u.id()))
                .map(Map.Entry::getKey)
                .toList();
    }

    // --------------------------------------------------------------------------------------------------------- reads

    private void read(String run) {
        lookup(run + "'s lookup", cast.latest());
        pass(run, found, cast.victim);
    }

    /** A read of what a lookup found newest. */
    void pass(String run, String lookup, SeedCredential by) {
        Function<World, Read.Plan> plan = w -> {
            Token u = newest(w, lookup).token();
            Read.Plan read = cast.once(
                    "plan of " + run,
                    () -> readPlan(w, run, lookup, u, by),
                    newest(w, lookup).encode());
            cast.role(read.id(), run);
            return read;
        };
        for (ShareIndex x : cast.all()) {
            step(
                    at(run, Point.Phase.ORDER, x),
                    "orders " + run + " at " + cast.name(x),
                    w -> within(w, run, () -> {
                        Read.Plan read = plan.apply(w);
                        if (read.path().contains(x) || read.home().equals(x)) {
                            w.order(x, read.session().order(cast.name(x)), cast.at(by, cast.name(x)));
                        }
                    }),
                    _ -> refusals(run, cast.name(x)));
        }
        if (cast.scheme().readThroughUser()) {
            passAt(run, w -> plan.apply(w).id(), 0);
            step(
                    at(run, Point.Phase.STREAM),
                    "sends back what home sent in " + run,
                    w -> within(w, run, () -> reenter(w, run, plan.apply(w))));
        }
        pass(run, w -> plan.apply(w).id(), cast.t() + 1);
        step(
                at(run, Point.Phase.END),
                "opens what came in " + run,
                w -> within(w, run, () -> open(w, run, plan.apply(w))));
        for (ShareIndex x : cast.all()) {
            step(
                    at(run, Point.Phase.READ, x),
                    "reads directly from " + cast.name(x),
                    w -> within(w, run + " directly", () -> direct(w, lookup, x, by)));
        }
    }

    /** Home first, then whoever is corrupt: they see most so. */
    private Read.Plan readPlan(World w, String run, String lookup, Token u, SeedCredential by) {
        List<ShareIndex> holders = holders(w, lookup, u);
        ShareIndex home = holders.stream()
                .filter(u.homes()::contains)
                .findFirst()
                .orElseThrow(() -> new RefusedException("no home holds it"));
        List<ShareIndex> s = new ArrayList<>(List.of(home));
        holders.stream().filter(x -> !s.contains(x) && cast.corrupt.contains(x)).forEach(s::add);
        holders.stream().filter(x -> !s.contains(x)).forEach(s::add);
        if (s.size() < cast.t()) {
            throw new RefusedException("too few hold it");
        }
        RingDescriptor then = cast.latest().at(u.epoch());
        return Read.plan(then, u, Cast.maker(by, run), s.subList(0, cast.t()), home, cast.blinding());
    }

    private void open(World w, String run, Read.Plan plan) {
        Form out = w.victim.run(run).out;
        if (out == null) {
            throw new RefusedException("nothing came out");
        }
        List<Blind<Form>> masks = new ArrayList<>(plan.blindSeeds().values().stream()
                .map(seed -> Blind.of(FORMS, cast.expanded(Keeper.bytes(seed))))
                .toList());
        if (plan.scheme().readThroughUser()) {
            masks.add(Blind.of(FORMS, k(plan)));
        }
        Form p = out.copy();
        Read.leave(p, masks);
        Read.checkChunk(plan, manifest(), 0, MemorySegment.ofArray(cast.bytes(p)));
        if (!p.equals(cast.m())) {
            w.harm(Attack.Kind.LOST, "the victim takes " + p + " for what it put");
        }
        w.victim.run(run).opened = true;
    }

    /** K, which lies over what passes the ring in a read of the published profile. */
    private Form k(Read.Plan plan) {
        return Form.of(cast.unknown("K[" + plan.id().toString().substring(0, 6) + "]"));
    }

    private void reenter(World w, String run, Read.Plan plan) {
        Form c = w.victim.run(run).out;
        if (c == null) {
            throw new RefusedException("home sent nothing");
        }
        Form again = c.copy();
        Read.reenter(again, Blind.of(FORMS, k(plan)));
        w.victim.run(run).out = null;
        ShareIndex first = plan.path().getFirst();
        w.arrive(first, plan.id(), 1, again, Optional.empty(), cast.victimsAt(cast.name(first)));
    }

    /** A provider's parts are held against what it is bound to; who gives another one is named. */
    private void direct(World w, String lookup, ShareIndex x, SeedCredential by) {
        Certificate certificate = newest(w, lookup);
        Token u = certificate.token();
        if (w.isCorrupt(x) || !holders(w, lookup, u).contains(x)) {
            return;
        }
        for (Holding.Part part : u.homes().contains(x)
                ? List.of(Holding.Part.SHARE, Holding.Part.CIPHERTEXT)
                : List.of(Holding.Part.SHARE)) {
            Keeper.Given given = w.keeper(x).part(u.id(), part, cast.at(by, cast.name(x)));
            byte[] root = Direct.promise(certificate.chain(), part, x).root();
            if (!Arrays.equals(root, given.holding().hash())) {
                throw new IntegrityException(
                        cast.name(x) + " gave another " + part.text() + " than it is bound to", List.of(cast.name(x)));
            }
        }
    }

    // ------------------------------------------------------------------------------------ what somebody missed, titles

    /**
     * The missing one is back, and its custodians bring what waits. Its late signature is left out: it stands behind the
     * certificate, and nothing that is judged here goes by it.
     */
    private void comeBack() {
        ShareIndex k = cast.missing().orElseThrow();
        String run = "coming back";
        for (ShareIndex x : Custody.custodians(cast.path(cast.ring), List.of(k), k)) {
            step(
                    at(run, Point.Phase.COMMAND, x),
                    "has got " + cast.name(k) + " back, and " + cast.name(x) + " brings it what waits",
                    w -> w.victim.acknowledged().ifPresent(u -> {
                        Keeper custodian = w.keeper(x);
                        Keeper.Stored here = custodian.stored.get(u.id());
                        Form share =
                                custodian.waiting.getOrDefault(u.id(), Map.of()).get(k);
                        if (here != null && share != null && here.certificate != null) {
                            brings(w, k, cast.name(x), Certificate.decode(here.certificate), share);
                        }
                    }),
                    w -> cast.corrupt.contains(x) ? broughtBy(w, x, k) : List.of());
        }
    }

    private void brings(World w, ShareIndex k, String custodian, Certificate certificate, Form share) {
        if (World.tries(() -> w.keeper(k).bring(new RestoreMessage(certificate, manifest()), share, custodian))) {
            w.victim.exempt.remove(k);
        }
    }

    /** Of a corrupt custodian, which can't open what it keeps. */
    private List<Move> broughtBy(World w, ShareIndex x, ShareIndex k) {
        String who = cast.name(x);
        List<Move> moves = new ArrayList<>();
        moves.add(new Move(Sent.to(Sent.Kind.WAITING, who, "put", "nothing"), who + " brings nothing", _ -> {}));
        List<Injections.Shown> all = new ArrayList<>(Injections.known(w));
        all.addAll(Injections.forged(w));
        for (Injections.Shown shown : all) {
            Form share = w.keeper(x)
                    .waiting
                    .getOrDefault(shown.certificate().token().id(), Map.of())
                    .getOrDefault(k, new Form());
            String under = ", under " + Injections.words(w, shown.certificate()) + " " + shown.how();
            moves.add(new Move(
                    Sent.to(Sent.Kind.WAITING, who, shown.of(), "another share, " + shown.how()),
                    who + " brings another share" + under,
                    next -> brings(next, k, who, shown.certificate(), tamper(who + "'s share"))));
            moves.add(new Move(
                    Sent.to(Sent.Kind.WAITING, who, shown.of(), "the share, " + shown.how()),
                    who + " brings the share" + under,
                    next -> brings(next, k, who, shown.certificate(), share)));
        }
        return moves;
    }

    // -------------------------------------------------------------------------------------------- repair, move, end

    private void repair() {
        String run = "repair";
        ShareIndex lost = cast.honest().getLast();
        step(at(run, Point.Phase.LOOKUP), cast.name(lost) + " loses its disk", w -> {
            w.victim.exempt.add(lost);
            w.keeper(lost).loseAll();
        });
        lookup(run + "'s lookup", cast.ring);
        String lookup = found;
        Function<World, Repair.Plan> plan = w -> {
            Token u = newest(w, lookup).token();
            Repair.Plan repair = cast.once(
                    "plan of repair",
                    () -> repairPlan(w, lookup, u, lost),
                    newest(w, lookup).encode());
            cast.role(repair.session().id(), run);
            return repair;
        };
        for (ShareIndex x : cast.all()) {
            step(
                    at(run, Point.Phase.ORDER, x),
                    "orders " + run + " at " + cast.name(x),
                    w -> within(w, run, () -> {
                        Repair.Plan repair = plan.apply(w);
                        if (repair.parties().contains(x)) {
                            w.order(x, repair.session().order(cast.name(x)), cast.victimsAt(cast.name(x)));
                        }
                    }),
                    _ -> refusals(run, cast.name(x)));
        }
        pass(run, w -> plan.apply(w).session().id(), cast.t() + 1);
        // The ciphertext's way from one home to the other.
        passAt(run, w -> plan.apply(w).session().id(), 1000);
        passAt(run, w -> plan.apply(w).session().id(), 1001);
        step(
                at(run, Point.Phase.TOKEN, lost),
                "gives " + cast.name(lost) + " the certificate",
                w -> within(w, run, () -> {
                    w.keeper(lost)
                            .restore(
                                    plan.apply(w).session().id(),
                                    new RestoreMessage(newest(w, lookup), manifest()),
                                    cast.victimsAt(cast.name(lost)));
                    w.victim.exempt.remove(lost);
                }));
        read("get");
    }

    private Repair.Plan repairPlan(World w, String lookup, Token u, ShareIndex lost) {
        List<ShareIndex> s = new ArrayList<>();
        List<ShareIndex> holders = holders(w, lookup, u);
        holders.stream().filter(cast.corrupt::contains).forEach(s::add);
        holders.stream().filter(x -> !s.contains(x) && !x.equals(lost)).forEach(s::add);
        if (s.size() < cast.t()) {
            throw new RefusedException("too few hold it");
        }
        Optional<ShareIndex> home = u.homes().contains(lost)
                ? holders.stream()
                        .filter(x -> !x.equals(lost) && u.homes().contains(x))
                        .findFirst()
                : Optional.empty();
        return Repair.plan(cast.ring, u, cast.victim("repair"), s.subList(0, cast.t()), lost, home);
    }

    /** Is it at the destination already? Then only its end here is left. */
    private void move() {
        lookup("the lookup elsewhere", cast.elsewhere);
        String there = found;
        step(at("move", Point.Phase.COMMAND), "ends the object here if it is elsewhere", w -> {
            if (w.victim.run(there).shown.isEmpty()) {
                return;
            }
            w.victim.acknowledged().ifPresent(u -> command(w, u, new Command.Destroy(u.epoch(), u.number(), u.id())));
        });
        read("get");
    }

    /** Into the ring's next epoch: a read of the old one, a write into the new one, and the end of what is left. */
    private void follow() {
        step(
                at("the ring", Point.Phase.COMMAND),
                "has the ring's next descriptor, as all that are in it now",
                World::change);
        lookup("follow's lookup", cast.latest());
        String lookup = found;
        pass("follow's read", lookup, cast.victim);
        Planned planned = new Planned() {
            @Override
            public Write.Plan fresh(World w) {
                Token before = newest(w, lookup).token();
                requireEarlier(before);
                if (!w.victim.run("follow's read").opened) {
                    throw new RefusedException("the read of the old epoch failed");
                }
                return Write.continuing(
                        cast.latest(),
                        cast.victim("follow"),
                        cast.path(cast.latest()),
                        cast.blinding(),
                        before,
                        before.statement().title(),
                        before.number() + 1);
            }

            @Override
            public byte[] key(World w) {
                return newest(w, lookup).encode();
            }
        };
        make(cast.latest(), "follow", planned);
        for (ShareIndex x : Cast.all(cast.ring)) {
            step(
                    at("follow", Point.Phase.COMMAND, x),
                    "ends what " + cast.name(x) + " has of the old epoch",
                    w -> endOfEpoch(w, lookup, x),
                    _ -> cast.corrupt.contains(x)
                            ? List.of(new Move(
                                    Sent.to(Sent.Kind.SILENT, cast.name(x), "follow"),
                                    cast.name(x) + " keeps it",
                                    w -> told(w, lookup, x)))
                            : List.of());
        }
        read("get");
    }

    private void requireEarlier(Token before) {
        if (before.epoch() == cast.latest().epoch()) {
            throw new RefusedException("it is of this epoch already");
        }
    }

    /** Only an object that is in the new epoch, and acknowledged there, ends in the old one. */
    private void requireThere(World w, String lookup) {
        boolean there = w.victim
                        .acknowledged()
                        .filter(u -> u.epoch() == cast.latest().epoch())
                        .isPresent()
                || newest(w, lookup).token().epoch() == cast.latest().epoch();
        if (!there) {
            throw new RefusedException("it isn't acknowledged in the ring's new epoch");
        }
    }

    /** The owner's command for one provider, where it comes to that. */
    private Optional<Command.Authorised> told(World w, String lookup, ShareIndex x) {
        try {
            requireThere(w, lookup);
        } catch (RefusedException e) {
            return Optional.empty();
        }
        return w.victim.run("put").token == null
                ? Optional.empty()
                : Optional.of(Token.decode(Cast.present(w.victim.run("put").token)))
                        .map(u -> told(w, u, new Command.Destroy(u.epoch(), u.number(), u.id()), x));
    }

    private void endOfEpoch(World w, String lookup, ShareIndex x) {
        told(w, lookup, x).ifPresent(command -> {
            var _ = World.tries(() -> w.keeper(x).destroy(command, cast.victimsAt(cast.name(x))));
        });
    }

    private void destroy() {
        step(
                at("destroy", Point.Phase.COMMAND),
                "destroys the object",
                w -> w.victim.acknowledged().ifPresent(u -> command(w, u, new Command.DestroyForEver())));
        lookup("the lookup after that", cast.ring);
    }

    private void command(World w, Token u, Command.Deed deed) {
        for (ShareIndex x : cast.all()) {
            Command.Authorised command = told(w, u, deed, x);
            var _ = World.tries(() -> w.keeper(x).destroy(command, cast.victimsAt(cast.name(x))));
        }
    }

    /** The command for one provider; who is corrupt keeps it. */
    private Command.Authorised told(World w, Token u, Command.Deed deed, ShareIndex x) {
        Command.Authorised command = cast.once(
                "command to " + cast.name(x),
                () -> cast.authorised(cast.victim, u.statement().title(), 0, deed, cast.name(x)),
                u.id().bytes(),
                deed.toString().getBytes(StandardCharsets.UTF_8));
        if (w.victim.commands.isEmpty()) {
            w.victim.commands.add(command.command());
        }
        if (w.isCorrupt(x)) {
            w.known.commands.put(cast.name(x), command);
        }
        return command;
    }
}
