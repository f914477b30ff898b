package dev.interlock.audit;

import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Changes;
import dev.interlock.protocol.login.DealtShare;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RecordHash;
import dev.interlock.protocol.login.UserName;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What one provider keeps of logins and answers about them, as SPEC §17 has it. What the product has as acceptance code decides here, too:
 * decoders with their signatures, changes of a record, the limit of guesses, an answer. What that leaves to a node (tickets, what counts,
 * whose it is, once) is refused here. A refusal changes nothing. Time stands still, and keys aren't shared anew.
 */
final class LoginKeeper {
    private static final int MOST_PREPARED = 4;
    private static final int MOST_DEVICES = 16;

    private final LoginCast logins;
    final ShareIndex x;
    private final Map<String, Login> names = new TreeMap<>();
    /** Whom this node serves. */
    private final Set<VerifyingKey> users = new HashSet<>();
    /** Grows with every change. */
    int changes;

    LoginKeeper(LoginCast logins, ShareIndex x) {
        this.logins = logins;
        this.x = x;
    }

    LoginKeeper copy() {
        LoginKeeper copy = new LoginKeeper(logins, x);
        names.forEach((name, login) -> copy.names.put(name, login.copy()));
        copy.users.addAll(users);
        copy.changes = changes;
        return copy;
    }

    /**
     * A record that this provider has signed for.
     *
     * @param user who left it here
     * @param ticket by which; empty at a change
     * @param shares 32 bytes each
     * @param certified once it counts
     */
    record Held(
            RecordHash hash,
            LoginRecord.Signed signed,
            VerifyingKey user,
            String ticket,
            Map<Lock.Kind, byte[]> shares,
            Optional<CertifiedRecord> certified) {
        LoginRecord record() {
            return signed.record();
        }
    }

    /** @param device empty for those that aren't known */
    private record Guess(String nonce, Optional<VerifyingKey> device, boolean givenBack) {}

    private static final class Login {
        private Optional<Held> counts = Optional.empty();
        private final List<Held> prepared = new ArrayList<>();
        private final Set<RecordHash> dropped = new TreeSet<>();
        private final List<Guess> guesses = new ArrayList<>();
        private final List<VerifyingKey> devices = new ArrayList<>();
        private boolean dealt;

        Login copy() {
            Login copy = new Login();
            copy.counts = counts;
            copy.prepared.addAll(prepared);
            copy.dropped.addAll(dropped);
            copy.guesses.addAll(guesses);
            copy.devices.addAll(devices);
            copy.dealt = dealt;
            return copy;
        }

        Optional<Held> holds(RecordHash hash) {
            return Stream.concat(counts.stream(), prepared.stream())
                    .filter(each -> each.hash().equals(hash))
                    .findFirst();
        }
    }

    String name() {
        return logins.node(x);
    }

    /** All that a later message could depend on. */
    void print(StringBuilder into) {
        into.append(name());
        names.forEach((name, login) -> {
            into.append('@').append(name);
            login.counts.ifPresent(held -> into.append(held.hash())
                    .append(held.user())
                    .append(held.shares().keySet()));
            login.prepared.forEach(held ->
                    into.append('+').append(held.hash()).append(held.shares().keySet()));
            into.append(login.dropped)
                    .append(login.guesses)
                    .append(login.devices)
                    .append(login.dealt);
        });
        into.append(users.stream().map(VerifyingKey::toString).sorted().toList());
    }

    private RefusedException refuse(String why) {
        return new RefusedException(name() + " " + why);
    }

    private Login login(UserName name) {
        return names.computeIfAbsent(name.text(), _ -> new Login());
    }

    Optional<Held> counts(UserName name) {
        return login(name).counts;
    }

    /** What counts and what doesn't yet, with shares or without. */
    List<Held> all(UserName name) {
        return Stream.concat(login(name).counts.stream(), login(name).prepared.stream())
                .toList();
    }

    boolean knows(UserName name, VerifyingKey device) {
        return login(name).devices.contains(device);
    }

    /** How many guesses a limit has to answer for: none that was given back. */
    long counted(UserName name, VerifyingKey device) {
        return login(name).guesses.stream()
                .filter(each -> !each.givenBack() && each.device().equals(Optional.of(device)))
                .count();
    }

    private Held requireCounts(UserName name, RecordHash hash) {
        Held counts = login(name).counts.orElseThrow(() -> refuse("knows no user " + name));
        if (!counts.hash().equals(hash)) {
            throw refuse("has another record of the login of " + name);
        }
        return counts;
    }

    private void requireOwn(UserName name, VerifyingKey asks) {
        if (login(name).counts.filter(held -> held.user().equals(asks)).isEmpty()) {
            throw refuse("keeps this login for another user");
        }
    }

    // ---- Records ----

    byte[] shown(UserName name) {
        Login here = login(name);
        byte[] none = {};
        Optional<Held> pending = here.prepared.stream()
                .filter(each -> here.counts.isPresent()
                        && each.record().version() > here.counts.get().record().version())
                .max(Comparator.comparingLong(each -> each.record().version()));
        return Messages.Shown.encode(
                here.counts
                        .flatMap(Held::certified)
                        .map(CertifiedRecord::encode)
                        .orElse(none),
                pending.map(each -> each.signed().encode()).orElse(none));
    }

    /** A record to hold: its signature that this provider does. */
    byte[] prepare(UserName name, byte[] body, VerifyingKey asks) {
        Messages.Prepare prepare = logins.cast.once("prepare", () -> Messages.Prepare.decode(body), body);
        RecordHash hash = logins.hash(prepare.record());
        if (login(name).holds(hash).isEmpty()) {
            keep(name, prepare, hash, asks);
        }
        return logins.held(name(), hash, name());
    }

    private void keep(UserName name, Messages.Prepare prepare, RecordHash hash, VerifyingKey asks) {
        Login here = login(name);
        LoginRecord record = prepare.record().record();
        if (!record.ring().equals(logins.ring.id()) || !record.name().equals(name)) {
            throw refuse("was given a record of another ring or name");
        }
        if (record.epoch() != logins.ring.epoch()) {
            throw refuse("was given a record of another epoch");
        }
        Optional<LoginRecord> before = before(name, prepare, record, asks);
        String ticket = "";
        List<Held> gone = new ArrayList<>();
        if (before.isEmpty()) {
            requireTicket(name, prepare, record);
            ticket = prepare.ticket();
            List<Held> same = here.prepared.stream()
                    .filter(each -> each.ticket().equals(prepare.ticket()))
                    .toList();
            here.prepared.stream().filter(each -> !same.contains(each)).forEach(gone::add);
            oldest(same).forEach(gone::add);
        } else {
            requireChange(before.get(), prepare, hash);
            oldest(here.prepared).forEach(gone::add);
        }
        Map<Lock.Kind, byte[]> shares = new EnumMap<>(Lock.Kind.class);
        for (Lock lock : record.locks()) {
            share(lock, prepare, before, here.counts).ifPresent(share -> shares.put(lock.kind(), share));
        }
        here.prepared.removeAll(gone);
        gone.forEach(each -> here.dropped.add(each.hash()));
        here.prepared.add(new Held(hash, prepare.record(), asks, ticket, shares, Optional.empty()));
        changes++;
    }

    private static Stream<Held> oldest(List<Held> prepared) {
        return prepared.stream().limit(Math.max(0, prepared.size() - MOST_PREPARED + 1));
    }

    private void requireTicket(UserName name, Messages.Prepare prepare, LoginRecord record) {
        if (!prepare.ticket().equals(logins.ticket(name(), name))) {
            throw refuse("was shown no ticket of its operator's for " + name);
        }
        if (record.version() != 1 || record.line().version() != 1) {
            throw refuse("was given a first record that isn't version 1, of a first root");
        }
        if (login(name).prepared.stream().anyMatch(each -> !each.ticket().equals(prepare.ticket()))) {
            throw refuse("enrols somebody else as " + name + " just now");
        }
    }

    private void requireChange(LoginRecord before, Messages.Prepare prepare, RecordHash hash) {
        List<LoginRecord> held =
                login(before.name()).prepared.stream().map(Held::record).toList();
        ByteArrayOutputStream of = new ByteArrayOutputStream();
        of.writeBytes(before.encode());
        of.writeBytes(hash.bytes());
        held.forEach(each -> of.writeBytes(each.encode()));
        of.writeBytes(prepare.change());
        logins.cast.holds(
                "change at " + name(),
                () -> new Changes(logins.ring.id(), name(), x)
                        .require(before, prepare.record().record(), held, prepare.by(), prepare.change()),
                of.toByteArray());
    }

    private Optional<LoginRecord> before(
            UserName name, Messages.Prepare prepare, LoginRecord record, VerifyingKey asks) {
        Optional<Held> counts = login(name).counts;
        if (counts.isPresent()) {
            boolean succeeds = record.succeeds(counts.get().record());
            if (!succeeds && !counts.get().user().equals(asks)) {
                throw refuse("has another user by this name");
            }
            return counts.map(Held::record);
        }
        if (prepare.before().length == 0) {
            return Optional.empty();
        }
        LoginRecord before = logins.certified(name, prepare.before()).record();
        if (!users.contains(asks)) {
            throw refuse("doesn't serve this user");
        }
        return Optional.of(before);
    }

    private Optional<byte[]> share(
            Lock lock, Messages.Prepare prepare, Optional<LoginRecord> before, Optional<Held> counts) {
        return switch (prepare.told().get(lock.kind())) {
            case null -> {
                if (!before.flatMap(each -> each.lock(lock.kind())).equals(Optional.of(lock))) {
                    throw refuse("was told no share of a lock that is new");
                }
                yield counts.flatMap(held -> Optional.ofNullable(held.shares().get(lock.kind())));
            }
            case Messages.Whole(byte[] told) -> {
                requireCommitted(lock, told);
                yield Optional.of(told);
            }
            case Messages.Parts _ -> throw refuse("is told of parts, which nobody deals here");
        };
    }

    private void requireCommitted(Lock lock, byte[] told) {
        Lock.Keys own = lock.keys().get(x);
        boolean committed = own != null
                && logins.cast.once(
                        "share",
                        () -> {
                            lock.requireConsistent();
                            try (Scalar share = Scalar.decode(told.clone())) {
                                return Voprf.publicKey(share).equals(own.share());
                            }
                        },
                        told,
                        own.share().encode());
        if (!committed) {
            throw refuse("was told another share than the one that is committed to");
        }
    }

    /** A record that counts, as anybody shows it. */
    void certified(UserName name, byte[] bytes) {
        take(name, logins.certified(name, bytes));
    }

    private void take(UserName name, CertifiedRecord certified) {
        Login here = login(name);
        LoginRecord record = certified.record();
        RecordHash hash = logins.hash(certified.signed());
        if (here.counts.isPresent()) {
            LoginRecord known = here.counts.get().record();
            if (known.succeeds(record)) {
                return;
            }
            if (!known.identity().equals(record.identity()) && !record.succeeds(known)) {
                throw refuse("has another user by this name");
            }
            if (!record.isLaterThan(known)) {
                return;
            }
        }
        Optional<Held> mine =
                here.prepared.stream().filter(each -> each.hash().equals(hash)).findFirst();
        if (mine.isEmpty() && (here.counts.isEmpty() || here.dropped.contains(hash))) {
            throw refuse("doesn't hold this record");
        }
        boolean first = here.counts.isEmpty();
        VerifyingKey user = mine.or(() -> here.counts).orElseThrow().user();
        here.counts
                .filter(each -> !each.record().identity().equals(record.identity()))
                .ifPresent(each -> {
                    users.remove(each.user());
                    here.devices.clear();
                });
        here.prepared.removeIf(each -> each.hash().equals(hash) || first || Changes.ends(record, each.record()));
        here.dropped.clear();
        here.counts = Optional.of(new Held(
                hash,
                certified.signed(),
                user,
                mine.map(Held::ticket).orElse(""),
                mine.map(Held::shares).orElse(Map.of()),
                Optional.of(certified)));
        users.add(user);
        changes++;
    }

    /** A root that followed another, and by which key its user goes. */
    void succeed(UserName name, Messages.Succession succession, VerifyingKey asks) {
        CertifiedRecord record = succession.verify(logins.ring, name(), name, asks);
        take(name, record);
        Held counts = requireCounts(name, logins.hash(record.signed()));
        List<VerifyingKey> before = succession.before().stream()
                .map(Messages.Succession.Before::key)
                .toList();
        if (!counts.user().equals(asks) && !before.contains(counts.user())) {
            throw refuse("has another user by this name");
        }
        before.forEach(users::remove);
        users.add(asks);
        login(name).counts = Optional.of(
                new Held(counts.hash(), counts.signed(), asks, counts.ticket(), counts.shares(), counts.certified()));
        changes++;
    }

    // ---- Logging in ----

    /** @param nonce of the request, which the device signed */
    byte[] evaluate(UserName name, byte[] body, VerifyingKey device, String nonce) {
        Messages.Evaluate question = logins.cast.once("evaluate", () -> Messages.Evaluate.decode(body), body);
        Held counts = requireCounts(name, question.record());
        if (!users.contains(counts.user())) {
            throw refuse("doesn't serve this user any more");
        }
        Lock lock = counts.record().lock(question.kind()).orElseThrow(() -> refuse("has no such lock"));
        Lock.Keys own = Cast.present(lock.keys().get(x));
        byte[] share = counts.shares().get(question.kind());
        if (share == null) {
            throw refuse("has no share of this lock");
        }
        count(name, device, nonce);
        return logins.cast.once(
                "answer",
                () -> {
                    try (Scalar secret = Scalar.decode(share.clone());
                            Scalar proof = Scalar.random(Cast.seeded("a proof's"))) {
                        return LoginAttempt.answer(secret, own.share(), question.blinded(), proof);
                    }
                },
                share,
                body);
    }

    private void count(UserName name, VerifyingKey asks, String nonce) {
        Login here = login(name);
        if (here.guesses.stream().anyMatch(each -> each.nonce().equals(nonce))) {
            throw refuse("was asked this before");
        }
        Optional<VerifyingKey> device = Optional.of(asks).filter(here.devices::contains);
        List<Long> counted = here.guesses.stream()
                .filter(each -> !each.givenBack() && each.device().equals(device))
                .map(_ -> 0L)
                .toList();
        if (LoginCast.LIMIT.decide(counted, 0) instanceof GuessLimit.Refused(Duration left)) {
            throw RefusedException.lockedOut(name() + " answers no more guesses for " + name, left);
        }
        here.guesses.add(new Guess(nonce, device, false));
        changes++;
    }

    void success(UserName name, byte[] body) {
        Messages.Success success = logins.cast.once("success", () -> Messages.Success.decode(body), body);
        Held counts = requireCounts(name, success.record());
        VerifyingKey key = counts.record()
                .lock(success.kind())
                .flatMap(lock -> lock.loginKey(x))
                .orElseThrow(() -> refuse("knows no key of this lock"));
        logins.cast.holds(
                "success at " + name() + " for " + name,
                () -> success.verify(key, logins.ring.id(), name(), name),
                body,
                key.bytes());
        Login here = login(name);
        String nonce = LoginState.nonce(success.nonce());
        Optional<Guess> mine = here.guesses.stream()
                .filter(each -> each.nonce().equals(nonce) && !each.givenBack())
                .findFirst();
        if (mine.isEmpty()) {
            throw refuse("counts no such guess, or gave it back before");
        }
        here.guesses.set(
                here.guesses.indexOf(mine.get()), new Guess(nonce, mine.get().device(), true));
        here.devices.remove(success.device());
        here.devices.add(success.device());
        if (here.devices.size() > MOST_DEVICES) {
            here.devices.removeFirst();
        }
        changes++;
    }

    // ---- What only its user may ask for ----

    void deal(UserName name, RecordHash hash, VerifyingKey asks) {
        requireOwn(name, asks);
        Held counts = requireCounts(name, hash);
        byte[] share = Cast.present(counts.shares().get(Lock.Kind.PASSWORD));
        var _ = logins.cast.once(
                "deal",
                () -> {
                    try (Scalar secret = Scalar.decode(share.clone())) {
                        return DealtShare.deal(
                                logins.ring, name, hash, Lock.Kind.PASSWORD, x, secret, Cast.seeded("dealing"));
                    }
                },
                share);
        login(name).dealt = true;
        changes++;
    }

    void leave(UserName name, byte[] body, VerifyingKey asks) {
        requireOwn(name, asks);
        Messages.Leave leave = logins.cast.once("leave", () -> Messages.Leave.decode(body), body);
        LoginRecord record = leave.record().record();
        if (!record.name().equals(name)
                || record.locks().stream().anyMatch(lock -> lock.keys().containsKey(x))) {
            throw refuse("has a part in the login that it would leave");
        }
        Login here = login(name);
        Held counts = here.counts.orElseThrow(() -> refuse("knows no user " + name));
        new Changes(logins.ring.id(), name(), x)
                .require(counts.record(), record, List.of(), leave.by(), leave.change());
        here.counts = Optional.of(
                new Held(counts.hash(), counts.signed(), counts.user(), counts.ticket(), Map.of(), counts.certified()));
        changes++;
    }

    void forget(UserName name, VerifyingKey device, VerifyingKey asks) {
        requireOwn(name, asks);
        if (login(name).devices.remove(device)) {
            changes++;
        }
    }

    /** A corrupt one signs for whatever helps. */
    byte[] signs(RecordHash record) {
        return logins.held(name(), record, name());
    }
}
