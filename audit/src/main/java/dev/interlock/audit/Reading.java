package dev.interlock.audit;

import static dev.interlock.audit.FormSpace.FORMS;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Direct;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** How the victim asks for an object, and reads it, step by step: the client's part of SPEC §9. */
final class Reading {
    private final Cast cast;
    private final Script script;

    Reading(Cast cast, Script script) {
        this.cast = cast;
        this.script = script;
    }

    /** U asks all; of what they show it believes what is certified and its own. */
    void lookup(String run, RingDescriptor ring) {
        script.found = run;
        for (ShareIndex x : ring.everyProvider().stream().map(Provider::x).toList()) {
            script.step(
                    script.at(run, Point.Phase.LOOKUP, x),
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
    private List<Script.Move> shows(World w, String run, RingDescriptor ring, ShareIndex x) {
        List<Script.Move> moves = new ArrayList<>(script.refusals(run, cast.name(x)));
        List<Injections.Shown> different = new ArrayList<>(Injections.known(w));
        different.addAll(Injections.forged(w));
        different.forEach(each -> {
            byte[] encoded = each.certificate().encode();
            moves.add(new Script.Move(
                    Sent.to(Sent.Kind.SHOWS, cast.name(x), each.of(), each.how()),
                    cast.name(x) + " shows " + Injections.words(w, each.certificate()) + " in " + run,
                    next -> show(next, run, ring, x, encoded)));
        });
        if (ring == cast.elsewhere) {
            Injections.elsewhere(w)
                    .forEach(certificate -> moves.add(new Script.Move(
                            Sent.to(Sent.Kind.ELSEWHERE, cast.name(x), ""),
                            cast.name(x) + " there shows an object of the second user in " + run,
                            next -> show(next, run, ring, x, certificate.encode()))));
        }
        Injections.commands(w, cast.name(x))
                .forEach((words, command) -> moves.add(new Script.Move(
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
    Certificate newest(World w, String lookup) {
        return w.victim.run(lookup).shown.values().stream()
                .map(Certificate::decode)
                .max((a, b) ->
                        a.token().id().equals(b.token().id()) ? 0 : Victim.isLater(a.token(), b.token()) ? 1 : -1)
                .orElseThrow(() -> new RefusedException("nobody shows a generation"));
    }

    List<ShareIndex> holders(World w, String lookup, Token u) {
        return w.victim.run(lookup).shown.entrySet().stream()
                .filter(each -> Certificate.decode(each.getValue()).token().id().equals(u.id()))
                .map(Map.Entry::getKey)
                .toList();
    }

    void read(String run) {
        lookup(run + "'s lookup", cast.latest());
        through(run, script.found, cast.victim);
    }

    /** A read of what a lookup script.found newest. */
    void through(String run, String lookup, SeedCredential by) {
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
            script.step(
                    script.at(run, Point.Phase.ORDER, x),
                    "orders " + run + " at " + cast.name(x),
                    w -> Script.within(w, run, () -> {
                        Read.Plan read = plan.apply(w);
                        if (read.path().contains(x) || read.home().equals(x)) {
                            w.order(x, read.session().order(cast.name(x)), cast.at(by, cast.name(x)));
                        }
                    }),
                    _ -> script.refusals(run, cast.name(x)));
        }
        if (cast.scheme().readThroughUser()) {
            script.passAt(run, w -> plan.apply(w).id(), 0);
            script.step(
                    script.at(run, Point.Phase.STREAM),
                    "sends back what home sent in " + run,
                    w -> Script.within(w, run, () -> reenter(w, run, plan.apply(w))));
        }
        script.pass(run, w -> plan.apply(w).id(), cast.t() + 1);
        script.step(
                script.at(run, Point.Phase.END),
                "opens what came in " + run,
                w -> Script.within(w, run, () -> open(w, run, plan.apply(w))));
        for (ShareIndex x : cast.all()) {
            script.step(
                    script.at(run, Point.Phase.READ, x),
                    "reads directly from " + cast.name(x),
                    w -> Script.within(w, run + " directly", () -> direct(w, lookup, x, by)));
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
        Read.checkChunk(plan, script.manifest(), 0, MemorySegment.ofArray(cast.bytes(p)));
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
}
