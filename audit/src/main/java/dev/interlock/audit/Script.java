package dev.interlock.audit;

import static dev.interlock.audit.FormSpace.FORMS;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Repair;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.message.RestoreMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What the victim does, one message after the other: the client's part of SPEC §§8 to 10 and 17, with the product's own plans and checks.
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
    String found = "";

    private final Reading reading;
    private final Writing writing;

    private Script(Cast cast, String name) {
        this.cast = cast;
        this.name = name;
        this.reading = new Reading(cast, this);
        this.writing = new Writing(cast, this, reading);
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
            "published put",
            "login");

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
        if (name.equals("login")) {
            cast.isAboutLogins();
            new LoginScript(cast, script).play();
            return script;
        }
        script.writing.put(name.equals("attested put"));
        switch (name) {
            case "put and get", "attested put", "published put" -> script.reading.read("get");
            case "follow" -> {
                // Attacks on the put are those of the other scripts.
                script.atOnce("puts an object", _ -> {});
                new Following(cast, script, script.reading, script.writing).follow();
            }
            case "degraded put" -> {
                new Return(cast, script).comeBack();
                script.reading.read("get");
            }
            case "hand over" -> new Sale(cast, script, script.reading).handOver();
            case "buy" -> new Sale(cast, script, script.reading).buy();
            case "replace" -> {
                script.writing.renew("replace", false);
                script.reading.read("get");
            }
            case "refresh" -> {
                script.writing.renew("refresh", true);
                script.reading.read("get");
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

    Point at(String run, Point.Phase phase) {
        return new Point(run, phase, "");
    }

    /** A step of a run that ends it where it fails. */
    static void within(World w, String run, Runnable act) {
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
    List<Move> refusals(String run, String who) {
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

    Form tamper(String what) {
        return Form.of(cast.unknown("e[" + what + "]"));
    }

    private static Form sum(Form a, Form b) {
        Form sum = a.copy();
        FORMS.add(sum, b);
        return sum;
    }

    // ------------------------------------------------------------------------------------------------------ passes
    void pass(String run, Function<World, StatementHash> session, int places) {
        for (int place = 0; place < places; place++) {
            passAt(run, session, place);
        }
    }

    void passAt(String run, Function<World, StatementHash> session, int place) {
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

    byte[] manifest() {
        return cast.manifest(cast.m());
    }

    // -------------------------------------------------------------------------------------------- repair, move, end

    private void repair() {
        String run = "repair";
        ShareIndex lost = cast.honest().getLast();
        step(at(run, Point.Phase.LOOKUP), cast.name(lost) + " loses its disk", w -> {
            w.victim.exempt.add(lost);
            w.keeper(lost).loseAll();
        });
        reading.lookup(run + "'s lookup", cast.ring);
        String lookup = found;
        Function<World, Repair.Plan> plan = w -> {
            Token u = reading.newest(w, lookup).token();
            Repair.Plan repair = cast.once(
                    "plan of repair",
                    () -> repairPlan(w, lookup, u, lost),
                    reading.newest(w, lookup).encode());
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
                                    new RestoreMessage(reading.newest(w, lookup), manifest()),
                                    cast.victimsAt(cast.name(lost)));
                    w.victim.exempt.remove(lost);
                }));
        reading.read("get");
    }

    private Repair.Plan repairPlan(World w, String lookup, Token u, ShareIndex lost) {
        List<ShareIndex> s = new ArrayList<>();
        List<ShareIndex> holders = reading.holders(w, lookup, u);
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
        reading.lookup("the lookup elsewhere", cast.elsewhere);
        String there = found;
        step(at("move", Point.Phase.COMMAND), "ends the object here if it is elsewhere", w -> {
            if (w.victim.run(there).shown.isEmpty()) {
                return;
            }
            w.victim.acknowledged().ifPresent(u -> command(w, u, new Command.Destroy(u.epoch(), u.number(), u.id())));
        });
        reading.read("get");
    }

    private void destroy() {
        step(
                at("destroy", Point.Phase.COMMAND),
                "destroys the object",
                w -> w.victim.acknowledged().ifPresent(u -> command(w, u, new Command.DestroyForEver())));
        reading.lookup("the lookup after that", cast.ring);
    }

    private void command(World w, Token u, Command.Deed deed) {
        for (ShareIndex x : cast.all()) {
            Command.Authorised command = told(w, u, deed, x);
            var _ = World.tries(() -> w.keeper(x).destroy(command, cast.victimsAt(cast.name(x))));
        }
    }

    /** The command for one provider; who is corrupt keeps it. */
    Command.Authorised told(World w, Token u, Command.Deed deed, ShareIndex x) {
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
