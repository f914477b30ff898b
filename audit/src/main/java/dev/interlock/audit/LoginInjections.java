package dev.interlock.audit;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Enrolment;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RecordHash;
import dev.interlock.protocol.login.RootLine;
import dev.interlock.protocol.login.UserName;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What t − 1 providers and a second user who is enrolled can send about the victim's login to whoever is honest: records of their own
 * making under either name, the victim's own ones again, certificates with whatever signatures there are, guesses, successes, a new root,
 * and what only a login's user may ask for.
 */
final class LoginInjections {
    private static final String SECOND = "the second user";
    private static final byte[] NOTHING = {};

    private final LoginState state;
    private final LoginCast logins;
    private final UserName name;
    private final List<Script.Move> moves = new ArrayList<>();

    private LoginInjections(World w) {
        this.state = w.logins();
        this.logins = state.logins;
        this.name = logins.victim.name();
    }

    static List<Script.Move> at(World w) {
        w.logins().learn();
        LoginInjections all = new LoginInjections(w);
        all.records();
        all.certified();
        for (LoginKeeper keeper : w.logins().honest()) {
            all.guesses(keeper);
            all.successes(keeper);
            all.roots(keeper);
            all.asUser(keeper);
        }
        return all.moves;
    }

    private void move(Sent.Kind kind, String at, String how, String words, Consumer<World> act) {
        moves.add(new Script.Move(Sent.to(kind, at, "login", how), words, act));
    }

    private static void tries(Runnable message) {
        boolean _ = World.tries(message);
    }

    // ---- Records ----

    /**
     * A record of an attacker's making.
     *
     * @param under which name
     * @param lock of which they know all shares; empty where it is told of none
     */
    private record Draft(
            String how,
            String words,
            UserName under,
            LoginRecord.Signed record,
            Optional<Enrolment.Made> lock,
            byte[] before) {}

    private static List<Draft> drafts(LoginState state) {
        LoginCast logins = state.logins;
        UserName name = logins.victim.name();
        UserName own = logins.second.name();
        Enrolment.Made squatting = logins.lock(logins.second, name, LoginCast.FIRST_PASSWORD);
        List<Draft> drafts = new ArrayList<>();
        drafts.add(new Draft(
                "of its own root",
                "its own root under the victim's name, sealed by the victim's password",
                name,
                logins.record(logins.second, name, 1, LoginCast.FIRST_PASSWORD),
                Optional.of(squatting),
                NOTHING));
        drafts.add(new Draft(
                "of its own, again",
                "its own record under the victim's name",
                name,
                logins.record(logins.second, own, 1, LoginCast.FIRST_PASSWORD),
                Optional.of(logins.lock(logins.second, own, LoginCast.FIRST_PASSWORD)),
                NOTHING));
        Optional<CertifiedRecord> latest = latest(state);
        long version =
                latest.map(CertifiedRecord::record).map(LoginRecord::version).orElse(1L) + 1;
        byte[] before = latest.map(CertifiedRecord::encode).orElse(NOTHING);
        RootLine victims = RootLine.first(logins.ring.id(), logins.victim.next());
        drafts.add(forged(
                logins,
                "in the victim's name",
                "a change of the victim's record, signed by itself",
                logins.identity(logins.victim),
                version,
                latest.map(each -> each.record().line()).orElse(victims),
                squatting,
                before));
        drafts.add(forged(
                logins,
                "after the victim's root",
                "its own root as the one that follows the victim's",
                logins.identity(logins.second),
                version,
                logins.following(),
                squatting,
                before));
        // The victim's lock in a record of the second user's own.
        state.records.values().stream()
                .flatMap(each -> each.record().lock(Lock.Kind.PASSWORD).stream())
                .findFirst()
                .ifPresent(lock -> drafts.add(new Draft(
                        "with the victim's lock",
                        "a record of its own with the victim's lock",
                        own,
                        logins.signed(new LoginRecord(
                                logins.ring.id(),
                                logins.ring.epoch(),
                                own,
                                logins.identity(logins.second),
                                2,
                                RootLine.first(logins.ring.id(), logins.second.next()),
                                List.of(lock))),
                        Optional.of(squatting),
                        NOTHING)));
        for (LoginRecord.Signed each : state.records.values()) {
            String which = which(logins, each);
            drafts.add(new Draft(
                    "the victim's " + which,
                    "the victim's record of its " + which,
                    name,
                    each,
                    Optional.empty(),
                    before));
            drafts.add(new Draft(
                    "the victim's " + which + ", as its own",
                    "the victim's record of its " + which + " under its own name",
                    own,
                    each,
                    Optional.empty(),
                    NOTHING));
        }
        return drafts;
    }

    private static String which(LoginCast logins, LoginRecord.Signed record) {
        return logins.password(logins.hash(record))
                        .filter(LoginCast.FIRST_PASSWORD::equals)
                        .isPresent()
                ? "first password"
                : "second password";
    }

    private static Draft forged(
            LoginCast logins,
            String how,
            String words,
            VerifyingKey identity,
            long version,
            RootLine line,
            Enrolment.Made lock,
            byte[] before) {
        LoginRecord record = new LoginRecord(
                logins.ring.id(),
                logins.ring.epoch(),
                logins.victim.name(),
                identity,
                version,
                line,
                List.of(lock.lock()));
        return new Draft(how, words, logins.victim.name(), logins.signed(record), Optional.of(lock), before);
    }

    /** Records that would leave no version after them, in the victim's name and in the second user's own. */
    static List<LoginRecord.Signed> last(LoginState state) {
        LoginCast logins = state.logins;
        Enrolment.Made lock = logins.lock(logins.second, logins.victim.name(), LoginCast.FIRST_PASSWORD);
        RootLine line = RootLine.first(logins.ring.id(), logins.victim.next());
        return Stream.of(logins.victim, logins.second)
                .map(by -> forged(logins, "", "", logins.identity(by), Long.MAX_VALUE - 1, line, lock, NOTHING)
                        .record())
                .toList();
    }

    private static Optional<CertifiedRecord> latest(LoginState state) {
        return state.certified.values().stream().reduce((a, b) -> b.record().isLaterThan(a.record()) ? b : a);
    }

    /** The request for one provider, with a word for the change by the second user's own key. */
    private byte[] body(Draft draft, String ticket, LoginKeeper keeper) {
        return new Messages.Prepare(
                        ticket,
                        draft.record(),
                        draft.lock()
                                .map(lock -> LoginScript.told(lock, keeper.x))
                                .orElse(Map.of()),
                        draft.before(),
                        Lock.Kind.PASSWORD,
                        word(keeper, logins.hash(draft.record())))
                .encode();
    }

    /** For a change, by the second user's own key: it has none that opens the victim's lock. */
    private byte[] word(LoginKeeper keeper, RecordHash next) {
        return logins.cast.once(
                "the second user's word at " + keeper.name(),
                () -> {
                    try (SigningKey key = logins.second.root().identity(logins.ring.id())) {
                        return key.sign(
                                Purpose.LOGIN_CHANGE, Messages.changeMessage(logins.ring.id(), keeper.name(), next));
                    }
                },
                next.bytes());
    }

    private void records() {
        for (Draft draft : drafts(state)) {
            Map<String, Map<String, String>> tickets = new LinkedHashMap<>();
            // By node: the second user's own, one for the victim at a corrupt node, none.
            Map<String, String> own = new LinkedHashMap<>();
            state.honest()
                    .forEach(keeper -> own.put(keeper.name(), logins.ticket(keeper.name(), logins.second.name())));
            tickets.put("by its own ticket", own);
            state.tickets.stream().findFirst().ifPresent(ticket -> {
                Map<String, String> same = new LinkedHashMap<>();
                state.honest().forEach(keeper -> same.put(keeper.name(), ticket));
                tickets.put("by a corrupt node's ticket", same);
            });
            tickets.forEach((by, each) -> {
                for (LoginKeeper keeper : state.honest()) {
                    byte[] body = body(draft, each.getOrDefault(keeper.name(), ""), keeper);
                    move(
                            Sent.Kind.RECORD,
                            keeper.name(),
                            draft.how() + ", " + by,
                            SECOND + " leaves " + draft.words() + " with " + keeper.name() + " alone, " + by,
                            next -> tries(() -> leave(next, draft, keeper.x, body)));
                }
                move(
                        Sent.Kind.RECORD,
                        "",
                        draft.how() + ", " + by,
                        SECOND + " leaves " + draft.words() + " with all, " + by
                                + ", and shows them what certificate comes of it",
                        next -> {
                            next.logins()
                                    .honest()
                                    .forEach(keeper -> tries(() -> leave(
                                            next,
                                            draft,
                                            keeper.x,
                                            body(draft, each.getOrDefault(keeper.name(), ""), keeper))));
                            byte[] certificate = certificate(next.logins(), draft.under(), draft.record());
                            next.logins()
                                    .honest()
                                    .forEach(keeper -> tries(() -> keeper.certified(draft.under(), certificate)));
                        });
            });
        }
    }

    private void leave(World next, Draft draft, ShareIndex x, byte[] body) {
        LoginKeeper keeper = next.logins().keeper(x);
        byte[] _ = keeper.prepare(draft.under(), body, logins.userAt(logins.second, keeper.name()));
    }

    // ---- Certificates ----

    /** @param words to follow "shows" */
    record Shown(String how, String words, byte[] bytes) {}

    /**
     * A record with all signatures that there are: each that holds it signs once more for whoever sends it, the corrupt ones sign for
     * everything, and for the rest one of them does.
     */
    static byte[] certificate(LoginState state, UserName name, LoginRecord.Signed record) {
        LoginCast logins = state.logins;
        RecordHash hash = logins.hash(record);
        Map<ShareIndex, byte[]> held = new LinkedHashMap<>();
        logins.cast.all().forEach(x -> {
            LoginKeeper keeper = state.keeper(x);
            boolean signs = logins.cast.corrupt.contains(x)
                    || keeper.all(name).stream().anyMatch(each -> each.hash().equals(hash));
            held.put(x, signs ? keeper.signs(hash) : logins.held(logins.node(anyCorrupt(logins)), hash, keeper.name()));
        });
        return new CertifiedRecord(record, held).encode();
    }

    private static ShareIndex anyCorrupt(LoginCast logins) {
        return logins.cast.all().stream()
                .filter(logins.cast.corrupt::contains)
                .findFirst()
                .orElseThrow();
    }

    /** All records of the victim's name that attackers have or make, as if they counted. */
    static List<Shown> certificates(LoginState state) {
        state.learn();
        UserName name = state.logins.victim.name();
        List<Shown> all = new ArrayList<>();
        for (Draft draft : drafts(state)) {
            if (draft.under().equals(name)) {
                all.add(new Shown(
                        draft.how() + ", made up",
                        draft.words() + " under what signatures there are",
                        certificate(state, name, draft.record())));
            }
        }
        state.certified.forEach((hash, each) -> all.add(new Shown(
                "the victim's " + which(state.logins, each.signed()) + ", as it counts",
                "the victim's record of its " + which(state.logins, each.signed()) + " as it counts",
                each.encode())));
        state.records
                .values()
                .forEach(each -> all.add(new Shown(
                        "the victim's " + which(state.logins, each) + ", bare",
                        "the victim's record of its " + which(state.logins, each)
                                + " under the corrupt ones' signatures alone",
                        bare(state, each))));
        return all;
    }

    private static byte[] bare(LoginState state, LoginRecord.Signed record) {
        RecordHash hash = state.logins.hash(record);
        Map<ShareIndex, byte[]> held = new LinkedHashMap<>();
        state.logins.cast.all().stream()
                .filter(state.logins.cast.corrupt::contains)
                .forEach(x -> held.put(x, state.keeper(x).signs(hash)));
        return new CertifiedRecord(record, held).encode();
    }

    private void certified() {
        for (Shown shown : certificates(state)) {
            for (LoginKeeper keeper : state.honest()) {
                for (UserName under : List.of(name, logins.second.name())) {
                    move(
                            Sent.Kind.CERTIFIED,
                            keeper.name(),
                            shown.how() + " of " + under,
                            "somebody shows " + keeper.name() + " " + shown.words() + ", as " + under + "'s",
                            next -> tries(() -> next.logins().keeper(keeper.x).certified(under, shown.bytes())));
                }
            }
        }
    }

    // ---- Guesses ----

    /** What a share answers to a question, with a proof for it. */
    static byte[] answer(LoginCast logins, byte[] share, byte[] question) {
        return logins.cast.once(
                "another answer",
                () -> {
                    try (Scalar secret = Scalar.decode(share.clone());
                            Scalar proof = Scalar.random(Cast.seeded("another proof's"))) {
                        return LoginAttempt.answer(
                                secret,
                                Voprf.publicKey(secret),
                                Messages.Evaluate.decode(question).blinded(),
                                proof);
                    }
                },
                share,
                question);
    }

    private void guesses(LoginKeeper keeper) {
        for (LoginRecord.Signed record : state.records.values()) {
            String under = "the record of its " + which(logins, record);
            for (boolean claims : new boolean[] {false, true}) {
                move(
                        Sent.Kind.GUESS,
                        keeper.name(),
                        which(logins, record) + (claims ? ", each claimed to succeed" : ""),
                        SECOND + " tries passwords of the victim at " + keeper.name() + ", under " + under
                                + (claims ? ", and claims success of each" : ""),
                        next -> guess(next, keeper.x, record, claims));
            }
        }
    }

    private void guess(World next, ShareIndex x, LoginRecord.Signed record, boolean claims) {
        LoginState there = next.logins();
        LoginKeeper keeper = there.keeper(x);
        VerifyingKey device = logins.deviceAt(logins.second, keeper.name());
        for (String guess : LoginCast.guesses()) {
            byte[] nonce = new byte[Messages.NONCE_BYTES];
            Cast.seeded("nonce " + next.step + " of " + guess + " at " + keeper.name())
                    .nextBytes(nonce);
            tries(() -> {
                byte[] _ = keeper.evaluate(
                        name, logins.question("the attackers'", record, guess), device, LoginState.nonce(nonce));
                there.answered.merge(keeper.name(), 1, Integer::sum);
                if (claims) {
                    keeper.success(name, success(keeper.name(), record, nonce, device));
                }
            });
        }
    }

    private byte[] success(String node, LoginRecord.Signed record, byte[] nonce, VerifyingKey device) {
        try (SigningKey key = logins.second.root().identity(logins.ring.id())) {
            return Messages.Success.sign(
                            key, logins.ring.id(), node, name, logins.hash(record), Lock.Kind.PASSWORD, nonce, device)
                    .encode();
        }
    }

    /** What the victim signed of its logins for a corrupt one, at somebody honest. */
    private void successes(LoginKeeper keeper) {
        int number = 1;
        for (String success : state.successes) {
            move(
                    Sent.Kind.SUCCESS,
                    keeper.name(),
                    "the victim's " + number,
                    "somebody tells " + keeper.name() + " of a login what the victim told a corrupt provider (" + number
                            + ")",
                    next -> tries(() -> next.logins()
                            .keeper(keeper.x)
                            .success(name, HexFormat.of().parseHex(success))));
            number++;
        }
    }

    // ---- A new root, and what is a user's to ask for ----

    private void roots(LoginKeeper keeper) {
        VerifyingKey asks = logins.userAt(logins.second, keeper.name());
        for (Shown shown : certificates(state)) {
            move(
                    Sent.Kind.SUCCEED,
                    keeper.name(),
                    shown.how(),
                    SECOND + " tells " + keeper.name() + " that its key follows the victim's, by " + shown.words(),
                    next -> tries(() -> next.logins().keeper(keeper.x).succeed(name, succession(keeper, shown), asks)));
        }
    }

    private Messages.Succession succession(LoginKeeper keeper, Shown shown) {
        return logins.cast.once(
                "succession at " + keeper.name(),
                () -> {
                    LoginRecord.Signed record =
                            LoginRecord.Signed.decode(new ByteReader("a record", shown.bytes()).bytes());
                    byte[] message = Messages.Succession.message(
                            logins.ring.id(),
                            keeper.name(),
                            record.record().hash(),
                            logins.userAt(logins.second, keeper.name()));
                    try (SigningKey identity = logins.second.root().identity(logins.ring.id())) {
                        return new Messages.Succession(
                                shown.bytes(),
                                List.of(new Messages.Succession.Before(
                                        logins.userAt(logins.victim, keeper.name()),
                                        logins.second.user().signSuccession(logins.ring.id(), keeper.name(), message))),
                                identity.sign(Purpose.LOGIN_SUCCESSION, message));
                    }
                },
                shown.bytes());
    }

    private void asUser(LoginKeeper keeper) {
        VerifyingKey asks = logins.userAt(logins.second, keeper.name());
        keeper.counts(name)
                .ifPresent(counts -> move(
                        Sent.Kind.DEAL_LOGIN,
                        keeper.name(),
                        "",
                        SECOND + " has " + keeper.name() + " deal its share of the victim's key",
                        next -> tries(() -> next.logins().keeper(keeper.x).deal(name, counts.hash(), asks))));
        leaving(keeper)
                .ifPresent(message -> move(
                        Sent.Kind.LEAVE,
                        keeper.name(),
                        "",
                        SECOND + " tells " + keeper.name() + " that the victim's login has left it",
                        next -> tries(() -> next.logins().keeper(keeper.x).leave(name, message, asks))));
        move(
                Sent.Kind.FORGET,
                keeper.name(),
                "",
                SECOND + " has " + keeper.name() + " forget the victim's device",
                next -> tries(() -> next.logins()
                        .keeper(keeper.x)
                        .forget(name, logins.deviceAt(logins.victim, keeper.name()), asks)));
    }

    /** A record in which this provider has no part, as the next one of the victim's. */
    private Optional<byte[]> leaving(LoginKeeper keeper) {
        return latest(state).map(CertifiedRecord::record).map(before -> {
            Lock lock =
                    logins.lock(logins.second, name, LoginCast.FIRST_PASSWORD).lock();
            Map<ShareIndex, Lock.Keys> keys = new LinkedHashMap<>(lock.keys());
            keys.remove(keeper.x);
            LoginRecord record = new LoginRecord(
                    before.ring(),
                    before.epoch(),
                    name,
                    before.identity(),
                    before.version() + 1,
                    before.line(),
                    List.of(new Lock(
                            lock.kind(), Math.min(lock.t(), keys.size()), lock.stretching(), keys, lock.sealed())));
            LoginRecord.Signed signed = logins.signed(record);
            return new Messages.Leave(signed, Lock.Kind.PASSWORD, word(keeper, logins.hash(signed))).encode();
        });
    }
}
