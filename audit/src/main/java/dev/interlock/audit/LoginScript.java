package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.login.Believed;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Changes;
import dev.interlock.protocol.login.Enrolment;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RecordHash;
import dev.interlock.protocol.login.UserName;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * How the victim enrols beside the second user, logs in, changes its password and logs in by the new one, message by message: the client's
 * part of SPEC §17. It tries what may be its password; where a change broke off, both.
 */
final class LoginScript {
    private static final byte[] NOTHING = {};
    private static final String LOGIN = "login";

    private final Cast cast;
    private final LoginCast logins;
    private final Script script;
    private final UserName name;

    LoginScript(Cast cast, Script script) {
        this.cast = cast;
        this.logins = cast.logins();
        this.script = script;
        this.name = logins.victim.name();
    }

    void play() {
        script.step(
                script.at("the second user's enrolment", Point.Phase.END),
                "comes, and the second user has enrolled",
                w -> enrolSecond(w.logins()));
        enrol();
        login(LOGIN);
        change();
        login("login again");
    }

    // ---- The second user, in peace ----

    private void enrolSecond(LoginState state) {
        UserName own = logins.second.name();
        LoginRecord.Signed record = logins.record(logins.second, own, 1, LoginCast.FIRST_PASSWORD);
        Enrolment.Made lock = logins.lock(logins.second, own, LoginCast.FIRST_PASSWORD);
        Map<ShareIndex, byte[]> held = new LinkedHashMap<>();
        for (ShareIndex x : cast.all()) {
            String node = logins.node(x);
            held.put(
                    x,
                    state.keeper(x)
                            .prepare(
                                    own,
                                    first(record, logins.ticket(node, own), lock, x),
                                    logins.userAt(logins.second, node)));
        }
        byte[] certified = new CertifiedRecord(record, held).encode();
        cast.all().forEach(x -> state.keeper(x).certified(own, certified));
    }

    /** An enrolment's request to one provider. */
    static byte[] first(LoginRecord.Signed record, String ticket, Enrolment.Made lock, ShareIndex x) {
        return new Messages.Prepare(ticket, record, told(lock, x), NOTHING, Lock.Kind.PASSWORD, NOTHING).encode();
    }

    static Map<Lock.Kind, Messages.Told> told(Enrolment.Made lock, ShareIndex x) {
        return Map.of(
                lock.lock().kind(),
                new Messages.Whole(Cast.present(lock.shares().get(x)).copyToHeap()));
    }

    // ---- Enrolment, and a change ----

    private void enrol() {
        String run = "enrol";
        lookup(run);
        LoginRecord.Signed record = logins.record(logins.victim, name, 1, LoginCast.FIRST_PASSWORD);
        Enrolment.Made lock = logins.lock(logins.victim, name, LoginCast.FIRST_PASSWORD);
        for (ShareIndex x : cast.all()) {
            prepare(run, x, w -> {
                LoginState.Run here = w.logins().run(run);
                requireAll(here);
                if (here.shown.values().stream().anyMatch(Optional::isPresent)) {
                    throw new RefusedException("the name " + name + " is taken");
                }
                here.record = record;
                return first(record, logins.ticket(logins.node(x), name), lock, x);
            });
        }
        agreed(run, state -> state.enrolled = true);
    }

    private void change() {
        String run = "passwd";
        lookup(run);
        Enrolment.Made lock = logins.lock(logins.victim, name, LoginCast.SECOND_PASSWORD);
        for (ShareIndex x : cast.all()) {
            prepare(run, x, w -> {
                LoginState.Run session = w.logins().run(LOGIN);
                LoginState.Run here = w.logins().run(run);
                if (session.opened == null || session.record == null) {
                    throw new RefusedException("there is no session");
                }
                requireAll(here);
                LoginRecord before = session.record.record();
                if (here.record == null) {
                    // Whoever missed the record that counts would refuse what follows it.
                    spread(w, here, Cast.present(session.certified));
                }
                here.record = logins.record(
                        logins.victim,
                        name,
                        Changes.nextVersion(before, here.pending.values().stream()),
                        LoginCast.SECOND_PASSWORD);
                byte[] word = change(session.opened, x, logins.hash(here.record));
                return new Messages.Prepare(
                                "",
                                here.record,
                                told(lock, x),
                                here.shown.getOrDefault(x, Optional.empty()).isPresent()
                                        ? NOTHING
                                        : Cast.present(session.certified).encode(),
                                Lock.Kind.PASSWORD,
                                word)
                        .encode();
            });
        }
        agreed(run, state -> state.changed = true);
    }

    private byte[] change(LoginAttempt.Opened opened, ShareIndex x, RecordHash next) {
        String node = logins.node(x);
        try (SigningKey key = opened.secrets().loginKey(node)) {
            return key.sign(Purpose.LOGIN_CHANGE, Messages.changeMessage(logins.ring.id(), node, next));
        }
    }

    private void requireAll(LoginState.Run here) {
        if (!here.absent.isEmpty()) {
            throw new TooFewProvidersException(
                    "the login of " + name, cast.all().size(), here.shown.size(), here.silent(logins));
        }
    }

    private void prepare(String run, ShareIndex x, Function<World, byte[]> message) {
        String node = logins.node(x);
        script.step(
                script.at(run, Point.Phase.PREPARE, x),
                "has " + node + " hold its record in " + run,
                w -> Script.within(
                        w,
                        run,
                        () -> holds(
                                w,
                                run,
                                x,
                                w.logins()
                                        .keeper(x)
                                        .prepare(name, message.apply(w), logins.userAt(logins.victim, node)))),
                w -> w.isCorrupt(x) ? holding(run, x, message) : List.of());
    }

    /** What a provider says to it: its signature, or the victim goes no further. */
    private void holds(World w, String run, ShareIndex x, byte[] answer) {
        LoginState.Run here = w.logins().run(run);
        String node = logins.node(x);
        RecordHash hash = logins.hash(Cast.present(here.record));
        try {
            cast.holds(
                    "held at " + node,
                    () -> logins.provider(x)
                            .card()
                            .key()
                            .verify(
                                    Purpose.LOGIN_HELD,
                                    CertifiedRecord.heldMessage(logins.ring.id(), node, hash),
                                    answer),
                    hash.bytes(),
                    answer);
        } catch (BadSignatureException e) {
            throw new IntegrityException(
                    node + " says that it holds the login of " + name + ", and didn't sign it", List.of(node));
        }
        here.held.put(x, answer);
    }

    /** What a corrupt one does when it is to hold a record; it has read the request by then. */
    private List<Script.Move> holding(String run, ShareIndex x, Function<World, byte[]> message) {
        String who = logins.node(x);
        List<Script.Move> moves = new ArrayList<>();
        Consumer<World> reads = w -> Script.within(w, run, () -> {
            byte[] _ = w.logins().keeper(x).prepare(name, message.apply(w), logins.userAt(logins.victim, who));
        });
        Consumer<World> silent = w -> Script.within(w, run, () -> {
            throw new RefusedException(who + " didn't answer");
        });
        moves.add(move(Sent.Kind.SILENT, who, run, "", who + " doesn't answer", reads.andThen(silent)));
        moves.add(move(
                Sent.Kind.SIGNS,
                who,
                run,
                "for another record",
                who + " signs for another record",
                reads.andThen(w -> Script.within(
                        w, run, () -> holds(w, run, x, w.logins().keeper(x).signs(logins.hash(squatter())))))));
        moves.add(move(
                Sent.Kind.SIGNS,
                who,
                run,
                "complains",
                who + " answers that somebody dealt it a wrong part",
                reads.andThen(w -> Script.within(
                        w,
                        run,
                        () -> holds(w, run, x, Messages.misdealt(cast.honest().getFirst()))))));
        moves.add(move(
                Sent.Kind.SIGNS,
                who,
                run,
                "a certificate instead",
                who + " doesn't answer, and shows the others a certificate of the attackers' making",
                reads.andThen(w -> {
                            LoginState state = w.logins();
                            Optional.ofNullable(state.run(run).record).ifPresent(record -> {
                                byte[] forged = LoginInjections.certificate(state, name, record);
                                state.honest().forEach(keeper -> World.tries(() -> keeper.certified(name, forged)));
                            });
                        })
                        .andThen(silent)));
        return moves;
    }

    private LoginRecord.Signed squatter() {
        return logins.record(logins.second, name, 1, LoginCast.FIRST_PASSWORD);
    }

    /** All have signed: the first is told alone, then the others. */
    private void agreed(String run, Consumer<LoginState> done) {
        for (ShareIndex x : cast.all()) {
            script.step(
                    script.at(run, Point.Phase.CERTIFY, x),
                    "shows " + logins.node(x) + " the certificate of " + run,
                    w -> Script.within(w, run, () -> {
                        LoginState.Run here = w.logins().run(run);
                        if (here.held.size() < cast.all().size()) {
                            throw new RefusedException("not all hold it");
                        }
                        here.certified = new CertifiedRecord(Cast.present(here.record), here.held);
                        w.logins().keeper(x).certified(name, here.certified.encode());
                        here.asked.add(x);
                        if (here.asked.size() == cast.all().size()) {
                            done.accept(w.logins());
                        }
                    }));
        }
    }

    private void spread(World w, LoginState.Run here, CertifiedRecord certified) {
        here.shown.forEach((x, shown) -> {
            if (!shown.equals(Optional.of(certified))) {
                boolean _ = World.tries(() -> w.logins().keeper(x).certified(name, certified.encode()));
            }
        });
    }

    // ---- What is shown ----

    private void lookup(String run) {
        for (ShareIndex x : cast.all()) {
            script.step(
                    script.at(run, Point.Phase.LOOKUP, x),
                    "asks " + logins.node(x) + " for its record in " + run,
                    w -> shown(w, run, x, w.logins().keeper(x).shown(name)),
                    w -> w.isCorrupt(x) ? shows(w, run, x) : List.of());
        }
    }

    private void shown(World w, String run, ShareIndex x, byte[] answer) {
        LoginState.Run here = w.logins().run(run);
        String node = logins.node(x);
        try {
            Messages.Shown shown = w.logins().shown(answer);
            here.shown.put(x, shown.certified());
            shown.pending().ifPresent(each -> here.pending.put(x, each.record()));
        } catch (IllegalArgumentException | BadSignatureException e) {
            here.absent.put(x, String.valueOf(e.getMessage()));
            w.blamed(new IntegrityException(node + " gives a record that doesn't hold", List.of(node)));
        }
    }

    private List<Script.Move> shows(World w, String run, ShareIndex x) {
        LoginState state = w.logins();
        String who = logins.node(x);
        List<Script.Move> moves = new ArrayList<>();
        moves.add(move(
                Sent.Kind.SILENT,
                who,
                run,
                "",
                who + " doesn't answer",
                next -> next.logins().run(run).absent.put(x, "doesn't answer")));
        moves.add(shows(who, run, x, "none", "knows nobody by this name", Messages.Shown.encode(NOTHING, NOTHING)));
        byte[] counts = state.keeper(x)
                .counts(name)
                .flatMap(LoginKeeper.Held::certified)
                .map(CertifiedRecord::encode)
                .orElse(NOTHING);
        for (LoginRecord.Signed last : LoginInjections.last(state)) {
            boolean victims = last.record().identity().equals(logins.identity(logins.victim));
            moves.add(shows(
                    who,
                    run,
                    x,
                    "the last version" + (victims ? ", as the victim's" : ""),
                    "shows a record of the last version but one, " + (victims ? "as the victim's" : "of its own root"),
                    Messages.Shown.encode(counts, last.encode())));
        }
        for (LoginInjections.Shown each : LoginInjections.certificates(state)) {
            moves.add(shows(
                    who, run, x, each.how(), "shows " + each.words(), Messages.Shown.encode(each.bytes(), NOTHING)));
        }
        state.keeper(x)
                .counts(logins.second.name())
                .flatMap(LoginKeeper.Held::certified)
                .ifPresent(own -> moves.add(shows(
                        who,
                        run,
                        x,
                        "the second user's",
                        "shows the second user's record as the victim's",
                        Messages.Shown.encode(own.encode(), NOTHING))));
        return moves;
    }

    private Script.Move shows(String who, String run, ShareIndex x, String how, String words, byte[] answer) {
        return move(Sent.Kind.SHOWS, who, run, how, who + " " + words, next -> shown(next, run, x, answer));
    }

    private static Script.Move move(
            Sent.Kind kind, String who, String run, String how, String words, Consumer<World> act) {
        return new Script.Move(Sent.to(kind, who, run, how), words, act);
    }

    // ---- Logging in ----

    private void login(String run) {
        lookup(run);
        script.step(
                script.at(run, Point.Phase.READ),
                "chooses what to believe in " + run,
                w -> Script.within(w, run, () -> believe(w, run)));
        List<String> passwords = run.equals(LOGIN)
                ? List.of(LoginCast.FIRST_PASSWORD)
                : List.of(LoginCast.SECOND_PASSWORD, LoginCast.FIRST_PASSWORD);
        for (String password : passwords) {
            for (ShareIndex x : cast.all()) {
                script.step(
                        script.at(run, Point.Phase.EVALUATE, x),
                        "asks " + logins.node(x) + " to evaluate its password in " + run,
                        w -> Script.within(w, run, () -> evaluate(w, run, password, x, Optional.empty())),
                        w -> w.isCorrupt(x) && isTrying(w, run, x) ? answers(w, run, password, x) : List.of());
            }
            script.step(
                    script.at(run, Point.Phase.OPEN),
                    "opens its root in " + run,
                    w -> Script.within(w, run, () -> open(w, run, password, password.equals(passwords.getLast()))));
        }
        for (ShareIndex x : cast.all()) {
            script.step(
                    script.at(run, Point.Phase.SUCCESS, x),
                    "tells " + logins.node(x) + " that it succeeded in " + run,
                    w -> Script.within(w, run, () -> succeed(w, run, x)));
        }
    }

    /** SPEC §17, login, step 1. */
    private void believe(World w, String run) {
        LoginState.Run here = w.logins().run(run);
        Believed believed;
        try {
            believed = Believed.choose(name, cast.t(), here.given(logins), here.silent(logins));
        } catch (NoSuchObjectException e) {
            if (w.logins().enrolled) {
                w.harm(Attack.Kind.MISLED, "the victim is told that nobody has its name");
            }
            throw e;
        }
        for (CertifiedRecord record : believed.records()) {
            here.asked.clear();
            here.shown.forEach((x, shown) -> {
                boolean has = shown.equals(Optional.of(record))
                        || (shown.filter(other -> other.record().isLaterThan(record.record()))
                                        .isEmpty()
                                && World.tries(() -> w.logins().keeper(x).certified(name, record.encode())));
                if (has) {
                    here.asked.add(x);
                }
            });
            if (here.asked.size() >= cast.t()) {
                here.record = record.signed();
                here.certified = record;
                return;
            }
        }
        throw new RefusedException("too few have a record that is believed");
    }

    private static boolean isTrying(World w, String run, ShareIndex x) {
        LoginState.Run here = w.logins().run(run);
        return here.record != null && here.opened == null && here.asked.contains(x);
    }

    /** Steps 2 and 3. */
    private void evaluate(World w, String run, String password, ShareIndex x, Optional<byte[]> instead) {
        if (!isTrying(w, run, x)) {
            return;
        }
        LoginState.Run here = w.logins().run(run);
        LoginRecord.Signed record = Cast.present(here.record);
        String node = logins.node(x);
        VerifyingKey device = logins.deviceAt(logins.victim, node);
        String of = run + "'s " + password;
        byte[] nonce = new byte[Messages.NONCE_BYTES];
        Cast.seeded("nonce of " + of + " to " + node).nextBytes(nonce);
        byte[] answer;
        try {
            answer = instead.isPresent()
                    ? instead.get()
                    : w.logins()
                            .keeper(x)
                            .evaluate(name, logins.question(of, record, password), device, LoginState.nonce(nonce));
        } catch (RefusedException e) {
            if (e.rule() == RefusedException.Rule.LOCKED_OUT
                    && !w.isCorrupt(x)
                    && w.logins().keeper(x).knows(name, device)) {
                w.harm(Attack.Kind.GUESSED, "others' guesses lock the victim's known device out at " + node);
            }
            return;
        }
        boolean right = cast.once(
                "is right: " + of + " of " + node,
                () -> {
                    try (LoginAttempt attempt = logins.attempt(of, record, password)) {
                        return attempt.accept(x, answer);
                    }
                },
                record.signature(),
                answer);
        if (right) {
            here.answers.put(x, answer);
            here.nonces.put(x, nonce);
        } else {
            w.blamed(new IntegrityException(node + " answered something that isn't so", List.of(node)));
        }
    }

    private List<Script.Move> answers(World w, String run, String password, ShareIndex x) {
        String who = logins.node(x);
        LoginState.Run here = w.logins().run(run);
        LoginRecord.Signed record = Cast.present(here.record);
        byte[] question = logins.question(run + "'s " + password, record, password);
        List<Script.Move> moves = new ArrayList<>();
        moves.add(move(Sent.Kind.SILENT, who, run, "", who + " doesn't answer", _ -> {}));
        Map<String, byte[]> shares = new LinkedHashMap<>();
        // Of its own making, as it was before, another's: whatever isn't what the record commits to here.
        shares.put(
                "a share of the second user's key",
                Cast.present(logins.lock(logins.second, name, LoginCast.FIRST_PASSWORD)
                                .shares()
                                .get(x))
                        .copyToHeap());
        shares.put(
                "a share of the victim's other password",
                Cast.present(logins.lock(
                                        logins.victim,
                                        name,
                                        logins.password(logins.hash(record))
                                                        .filter(LoginCast.FIRST_PASSWORD::equals)
                                                        .isPresent()
                                                ? LoginCast.SECOND_PASSWORD
                                                : LoginCast.FIRST_PASSWORD)
                                .shares()
                                .get(x))
                        .copyToHeap());
        shares.forEach((how, share) -> moves.add(move(
                Sent.Kind.ANSWERS,
                who,
                run,
                how,
                who + " answers by " + how,
                next -> Script.within(
                        next,
                        run,
                        () -> evaluate(
                                next,
                                run,
                                password,
                                x,
                                Optional.of(LoginInjections.answer(logins, share, question)))))));
        here.answers.forEach((from, answer) -> moves.add(move(
                Sent.Kind.ANSWERS,
                who,
                run,
                "another's answer",
                who + " gives what " + logins.node(from) + " answered",
                next -> Script.within(next, run, () -> evaluate(next, run, password, x, Optional.of(answer))))));
        return moves;
    }

    /** Step 4. */
    private void open(World w, String run, String password, boolean last) {
        LoginState.Run here = w.logins().run(run);
        if (here.record == null || here.opened != null) {
            return;
        }
        LoginRecord.Signed record = here.record;
        Optional<String> opening = logins.password(logins.hash(record));
        if (here.answers.size() < cast.t()) {
            throw new RefusedException("too few have answered");
        }
        ByteArrayOutputStream of = new ByteArrayOutputStream();
        here.answers.forEach((x, answer) -> {
            of.write(x.x());
            of.writeBytes(answer);
        });
        Optional<LoginAttempt.Opened> opened = cast.once(
                "opens " + run + password,
                () -> {
                    try (LoginAttempt attempt = logins.attempt(run + "'s " + password, record, password)) {
                        here.answers.forEach(attempt::accept);
                        return attempt.open();
                    }
                },
                record.signature(),
                of.toByteArray());
        if (opened.isPresent()) {
            here.opened = opened.get();
            if (opening.isEmpty()) {
                w.harm(Attack.Kind.MISLED, "the victim's login opens another's root, which it takes for its own");
            }
            return;
        }
        if (opening.filter(password::equals).isPresent()) {
            w.harm(Attack.Kind.MISLED, "the victim's right password is said to be wrong");
        }
        here.answers.clear();
        here.nonces.clear();
        if (last) {
            throw new RefusedException("the password is wrong");
        }
    }

    /** Step 5. */
    private void succeed(World w, String run, ShareIndex x) {
        LoginState.Run here = w.logins().run(run);
        byte[] nonce = here.nonces.get(x);
        if (here.opened == null || here.record == null || nonce == null) {
            return;
        }
        String node = logins.node(x);
        RecordHash hash = logins.hash(here.record);
        if (logins.password(hash).isEmpty()) {
            w.harm(
                    Attack.Kind.LEAK,
                    "something that a guess can be tested against left the victim's client before its own root had opened");
        }
        try (SigningKey key = here.opened.secrets().loginKey(node)) {
            byte[] success = Messages.Success.sign(
                            key,
                            logins.ring.id(),
                            node,
                            name,
                            hash,
                            Lock.Kind.PASSWORD,
                            nonce,
                            logins.deviceAt(logins.victim, node))
                    .encode();
            if (w.isCorrupt(x)) {
                w.logins().successes.add(HexFormat.of().formatHex(success));
            }
            try {
                w.logins().keeper(x).success(name, success);
                w.logins().knownAt.add(node);
            } catch (InterlockException | BadSignatureException e) {
                // The guess stays counted there, and the device a stranger's.
            }
        }
    }
}
