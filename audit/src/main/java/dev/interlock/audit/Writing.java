package dev.interlock.audit;

import static dev.interlock.audit.FormSpace.FORMS;

import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.field.ReferenceKernel;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.ValueCheck;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.WriteCheck;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** How the victim makes a generation, step by step: the client's part of SPEC §8, of a put, a renewal, and the end of a move. */
final class Writing {
    private final Cast cast;
    private final Script script;
    private final Reading reading;
    private final Nesting nested;

    Writing(Cast cast, Script script, Reading reading) {
        this.cast = cast;
        this.script = script;
        this.reading = reading;
        this.nested = new Nesting(cast, script, this);
    }

    /** A plan that depends on what was script.found; the same in the same world. */
    interface Planned {
        Write.Plan fresh(World w);

        /** Whether what is made is checked by value. */
        default boolean byValue() {
            return false;
        }

        byte[] key(World w);
    }

    Write.Plan plan(World w, String run, Planned planned) {
        Write.Plan plan = cast.once("plan of " + run, () -> planned.fresh(w), planned.key(w));
        cast.role(plan.id(), run);
        return plan;
    }

    void put(boolean attested) {
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
            public boolean byValue() {
                return !attested && cast.scheme().blinded();
            }

            @Override
            public byte[] key(World w) {
                return new byte[0];
            }
        };
        make(cast.ring, "put", planned);
    }

    void renew(String run, boolean ofZero) {
        reading.lookup(run + "'s lookup", cast.ring);
        String lookup = script.found;
        Planned planned = new Planned() {
            @Override
            public Write.Plan fresh(World w) {
                Token before = reading.newest(w, lookup).token();
                return Renewal.plan(cast.ring, before, cast.victim(run), ofZero, before.number() + 1);
            }

            @Override
            public byte[] key(World w) {
                return reading.newest(w, lookup).encode();
            }
        };
        make(cast.ring, run, planned);
    }

    void make(RingDescriptor ring, String run, Planned planned) {
        List<ShareIndex> path = cast.path(ring);
        for (ShareIndex x : path) {
            script.step(
                    script.at(run, Point.Phase.ORDER, x),
                    "orders " + run + " at " + cast.name(x),
                    w -> Script.within(w, run, () -> {
                        Write.Plan plan = plan(w, run, planned);
                        w.order(x, plan.session().order(cast.name(x)), cast.victimsAt(cast.name(x)));
                    }),
                    _ -> script.refusals(run, cast.name(x)));
        }
        for (String dealer : cast.dealers()) {
            script.step(
                    new Point(run, Point.Phase.DEAL, dealer),
                    "asks " + dealer + " to deal for " + run,
                    w -> deal(w, run, planned, dealer),
                    w -> dealings(w, run, planned, dealer));
        }
        script.step(
                script.at(run, Point.Phase.STREAM),
                "streams " + run,
                w -> Script.within(w, run, () -> enter(w, run, plan(w, run, planned))));
        script.pass(run, w -> plan(w, run, planned).id(), 2 * path.size());
        for (ShareIndex x : path) {
            script.step(
                    script.at(run, Point.Phase.ROOT, x),
                    "asks " + cast.name(x) + " for the root of its sum in " + run,
                    w -> Script.within(w, run, () -> sum(w, run, planned, x)),
                    w -> script.refusals(run, cast.name(x)));
        }
        for (ShareIndex x : path) {
            script.step(
                    script.at(run, Point.Phase.TOKEN, x),
                    "sends u_m of " + run + " to " + cast.name(x),
                    w -> Script.within(w, run, () -> sign(w, run, planned, x)),
                    w -> cast.scheme().blinded() ? signatures(w, run, planned, x) : script.refusals(run, cast.name(x)));
        }
        if (!cast.scheme().blinded()) {
            nested.nest(path, run, planned);
        }
        script.step(
                script.at(run, Point.Phase.CHAIN),
                "checks the signatures of " + run,
                w -> Script.within(w, run, () -> chain(w, run, planned)),
                w -> cast.scheme().blinded() ? List.of() : nested.handedBack(w, run, path));
        for (ShareIndex x : planned.byValue() ? List.<ShareIndex>of() : path) {
            script.step(
                    script.at(run, Point.Phase.CHECK, x),
                    "reveals ρ of " + run + " to " + cast.name(x),
                    w -> Script.within(w, run, () -> check(w, run, planned, x)),
                    w -> answers(w, run, planned, x));
        }
        script.step(
                script.at(run, Point.Phase.CERTIFY),
                "certifies " + run,
                w -> Script.within(w, run, () -> certify(w, run, planned)));
        for (ShareIndex x : path) {
            script.step(
                    script.at(run, Point.Phase.COMMIT, x),
                    "shows " + cast.name(x) + " the certificate of " + run,
                    w -> commit(w, run, x),
                    _ -> cast.corrupt.contains(x)
                            ? List.of(new Script.Move(
                                    Sent.to(Sent.Kind.UNCONFIRMED, cast.name(x), run),
                                    cast.name(x) + " doesn't confirm",
                                    w -> heard(w, run)))
                            : List.of());
        }
        script.step(script.at(run, Point.Phase.END), "ends " + run, w -> {
            end(w, path, run, planned);
            cast.missing().ifPresent(w.victim.exempt::add);
        });
    }

    private void deal(World w, String run, Planned planned, String dealer) {
        Victim.Run here = w.victim.run(run);
        Script.within(w, run, () -> {
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
    private List<Script.Move> dealings(World w, String run, Planned planned, String dealer) {
        if (!cast.corruptDealers.contains(dealer) || w.victim.run(run).failed != null) {
            return List.of();
        }
        List<Script.Move> moves = new ArrayList<>(script.refusals(run, dealer));
        Map<String, List<Form>> polynomials = new LinkedHashMap<>();
        Form zero = new Form();
        List<Form> known = new ArrayList<>();
        for (int k = 0; k < cast.t(); k++) {
            known.add(script.tamper(dealer + "'s a" + k));
        }
        polynomials.put("deals zeros", known.stream().map(_ -> zero).toList());
        List<Form> ofZero = new ArrayList<>(known);
        ofZero.set(0, zero);
        polynomials.put("deals shares of zero", ofZero);
        polynomials.forEach((words, coefficients) -> moves.add(new Script.Move(
                Sent.to(Sent.Kind.DEALS, dealer, run, words),
                dealer + " " + words,
                next -> Script.within(next, run, () -> {
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

    private void sum(World w, String run, Planned planned, ShareIndex x) {
        Write.Plan plan = plan(w, run, planned);
        if (!plan.summed()) {
            return;
        }
        Dealt sum = w.keeper(x).root(plan.id(), cast.victimsAt(cast.name(x)));
        Write.checkSum(plan, plan.ring().provider(x), sum);
        w.victim.run(run).sums.put(x, sum);
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
            here.token = Write.token(plan, MerkleRoot.over(script.manifest()), dealt, claims(plan), 0)
                    .encode();
        }
        return new TokenMessage(here.token, script.manifest());
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
        w.keeper(x)
                .values(id, cast.victimsAt(cast.name(x)))
                .ifPresent(values -> w.victim.run(run).values.put(x, values));
        if (w.isCorrupt(x)) {
            w.known
                    .participations
                    .computeIfAbsent(id, _ -> new LinkedHashMap<>())
                    .put(x, signed);
        }
    }

    /** A corrupt home takes part with another ciphertext. */
    private List<Script.Move> signatures(World w, String run, Planned planned, ShareIndex x) {
        List<Script.Move> moves = new ArrayList<>(script.refusals(run, cast.name(x)));
        if (cast.corrupt.contains(x) && w.victim.run(run).failed == null) {
            moves.add(new Script.Move(
                    Sent.to(Sent.Kind.SIGNS, cast.name(x), run),
                    cast.name(x) + " signs for another ciphertext",
                    next -> {
                        Script.within(next, run, () -> sign(next, run, planned, x));
                        Victim.Run here = next.victim.run(run);
                        Participation honest = here.signed.get(x);
                        byte[] token = here.token;
                        if (honest != null
                                && token != null
                                && honest.ciphertextRoot().isPresent()) {
                            StatementHash id = plan(next, run, planned).id();
                            byte[] root = cast.ciphertextRoot(id, x, script.tamper("another ciphertext"));
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
            moves.addAll(otherValues(w, run, planned, x));
        }
        return moves;
    }

    /** A corrupt provider's signature beside something else than what it stored. */
    private List<Script.Move> otherValues(World w, String run, Planned planned, ShareIndex x) {
        if (!planned.byValue()) {
            return List.of();
        }
        String who = cast.name(x);
        Form e = script.tamper(run + " at " + who);
        List<Script.Move> moves = new ArrayList<>();
        moves.add(otherValue(
                who + " answers with another share",
                run,
                planned,
                x,
                honest -> new Keeper.Values(sum(honest.share(), e), honest.ciphertext())));
        moves.add(otherValue(
                who + " answers with another ciphertext",
                run,
                planned,
                x,
                honest -> new Keeper.Values(
                        honest.share(), honest.ciphertext() == null ? null : sum(honest.ciphertext(), e))));
        for (Observation seen : w.known.seen.subList(Math.max(0, w.known.seen.size() - 3), w.known.seen.size())) {
            moves.add(otherValue(
                    who + " answers with " + seen.what() + " as its ciphertext",
                    run,
                    planned,
                    x,
                    honest -> new Keeper.Values(honest.share(), honest.ciphertext() == null ? null : seen.form())));
        }
        return moves;
    }

    private Script.Move otherValue(
            String words, String run, Planned planned, ShareIndex x, UnaryOperator<Keeper.Values> lie) {
        return new Script.Move(
                Sent.to(Sent.Kind.ANSWERS, cast.name(x), run),
                words,
                w -> Script.within(w, run, () -> {
                    sign(w, run, planned, x);
                    w.victim.run(run).values.computeIfPresent(x, (_, honest) -> lie.apply(honest));
                }));
    }

    private static Form sum(Form a, Form b) {
        Form sum = a.copy();
        FORMS.add(sum, b);
        return sum;
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
    private List<Script.Move> answers(World w, String run, Planned planned, ShareIndex x) {
        List<Script.Move> moves = new ArrayList<>(script.refusals(run, cast.name(x)));
        if (!cast.corrupt.contains(x) || w.victim.run(run).failed != null) {
            return moves;
        }
        String who = cast.name(x);
        Form e = script.tamper(run + " at " + who);
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

    private Script.Move lie(String words, String run, Planned planned, ShareIndex x, Lie lie) {
        return new Script.Move(
                Sent.to(Sent.Kind.ANSWERS, cast.name(x), run),
                words,
                w -> Script.within(w, run, () -> {
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
        SignatureChain chain = chainOf(w, run, plan);
        if (planned.byValue()) {
            checkValues(plan, chain, here);
        } else {
            try (WriteCheck check = writeCheck(run, plan)) {
                byte[] _ = check.reveal();
                check.verify(plan, here.answers);
            }
        }
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

    private void checkValues(Write.Plan plan, SignatureChain chain, Victim.Run here) {
        Map<ShareIndex, ValueCheck.Stored> stored = new LinkedHashMap<>();
        here.values.forEach((x, values) -> stored.put(
                x,
                new ValueCheck.Stored(
                        MemorySegment.ofArray(cast.record(values.share())),
                        MemorySegment.ofArray(
                                values.ciphertext() == null ? new byte[0] : cast.bytes(values.ciphertext())))));
        try (ValueCheck check = new ValueCheck(plan, new ReferenceKernel())) {
            check.sending(MemorySegment.ofArray(cast.bytes(cast.m())));
            List<ValueCheck.Unbound> unbound = check.unbound(chain, stored);
            if (!unbound.isEmpty()) {
                throw check.found(unbound);
            }
            check.verify(stored).ifPresent(changed -> {
                throw changed;
            });
        }
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
}
