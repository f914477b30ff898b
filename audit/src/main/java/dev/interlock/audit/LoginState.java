package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RecordHash;
import dev.interlock.protocol.login.UserName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Of one world what has to do with logins: what providers keep of them, what the victim's client knows, what the attackers saw. */
final class LoginState {
    /** Versions go up by one. So far up nobody gets in a life. */
    private static final long OUT_OF_REACH = 1L << 40;

    final LoginCast logins;
    private final Map<ShareIndex, LoginKeeper> keepers = new TreeMap<>(Comparator.comparingInt(ShareIndex::x));
    private final Map<String, Run> runs = new TreeMap<>();
    /** Whether the victim was told that it is enrolled, and that its first password is dead. */
    boolean enrolled;

    boolean changed;

    /** Records that the attackers know, also those that count nowhere yet. */
    final Map<RecordHash, LoginRecord.Signed> records = new LinkedHashMap<>();
    /** Those that counted anywhere: each provider shows them to anybody. */
    final Map<RecordHash, CertifiedRecord> certified = new LinkedHashMap<>();
    /** What the victim signed for a corrupt provider of its logins. */
    final Set<String> successes = new LinkedHashSet<>();
    /** Tickets for the victim's name, at corrupt nodes. */
    final Set<String> tickets = new TreeSet<>();
    /** How many guesses at the victim's password each honest provider has answered. */
    final Map<String, Integer> answered = new TreeMap<>();
    /** Where the victim's device has logged in. */
    final Set<String> knownAt = new TreeSet<>();

    LoginState(LoginCast logins) {
        this.logins = logins;
        logins.ring.providers().forEach(each -> keepers.put(each.x(), new LoginKeeper(logins, each.x())));
    }

    private LoginState(LoginCast logins, LoginState of) {
        this.logins = logins;
        of.keepers.forEach((x, keeper) -> keepers.put(x, keeper.copy()));
        of.runs.forEach((name, run) -> runs.put(name, run.copy()));
        enrolled = of.enrolled;
        changed = of.changed;
        records.putAll(of.records);
        certified.putAll(of.certified);
        successes.addAll(of.successes);
        tickets.addAll(of.tickets);
        answered.putAll(of.answered);
        knownAt.addAll(of.knownAt);
    }

    LoginState copy() {
        return new LoginState(logins, this);
    }

    void print(StringBuilder into) {
        keepers.values().forEach(keeper -> keeper.print(into));
        runs.forEach((name, run) -> {
            into.append('!').append(name);
            run.print(into);
        });
        into.append(enrolled)
                .append(changed)
                .append(records.keySet())
                .append(certified.keySet())
                .append(successes)
                .append(tickets)
                .append(answered);
    }

    /** Grows with everything that a message changes. */
    int changes() {
        int changes = answered.values().stream().mapToInt(Integer::intValue).sum();
        for (LoginKeeper keeper : keepers.values()) {
            changes += keeper.changes;
        }
        return changes;
    }

    LoginKeeper keeper(ShareIndex x) {
        return Cast.present(keepers.get(x));
    }

    List<LoginKeeper> honest() {
        return keepers.values().stream()
                .filter(keeper -> !logins.cast.corrupt.contains(keeper.x))
                .toList();
    }

    Run run(String name) {
        return runs.computeIfAbsent(name, _ -> new Run());
    }

    static String nonce(byte[] nonce) {
        return HexFormat.of().formatHex(nonce);
    }

    /** What the victim's client knows during one of its operations. */
    static final class Run {
        final Map<ShareIndex, Optional<CertifiedRecord>> shown = new LinkedHashMap<>();
        final Map<ShareIndex, LoginRecord> pending = new LinkedHashMap<>();
        final Map<ShareIndex, String> absent = new LinkedHashMap<>();
        final Map<ShareIndex, byte[]> held = new LinkedHashMap<>();
        final Set<ShareIndex> asked = new LinkedHashSet<>();
        /** Right answers to the password that is tried, and to which requests. */
        final Map<ShareIndex, byte[]> answers = new LinkedHashMap<>();

        final Map<ShareIndex, byte[]> nonces = new HashMap<>();

        /** At a login what is believed; at a change what is made. */
        LoginRecord.@Nullable Signed record;

        @Nullable
        CertifiedRecord certified;

        LoginAttempt.@Nullable Opened opened;

        Run copy() {
            Run copy = new Run();
            copy.shown.putAll(shown);
            copy.pending.putAll(pending);
            copy.absent.putAll(absent);
            copy.held.putAll(held);
            copy.asked.addAll(asked);
            copy.answers.putAll(answers);
            copy.nonces.putAll(nonces);
            copy.record = record;
            copy.certified = certified;
            copy.opened = opened;
            return copy;
        }

        void print(StringBuilder into) {
            shown.forEach((x, each) -> into.append(x.x())
                    .append(each.map(record -> record.record().hash()).map(RecordHash::toString)));
            pending.forEach(
                    (x, each) -> into.append(x.x()).append(each.version()).append(each.identity()));
            into.append(absent.keySet()).append(asked).append(opened != null);
            held.forEach((x, each) -> into.append(x.x()).append(Arrays.hashCode(each)));
            answers.forEach((x, each) -> into.append(x.x()).append(Arrays.hashCode(each)));
            into.append(nonces.keySet()).append(record == null ? 0 : Arrays.hashCode(record.signature()));
        }

        Map<String, Optional<CertifiedRecord>> given(LoginCast logins) {
            Map<String, Optional<CertifiedRecord>> given = new LinkedHashMap<>();
            shown.forEach((x, each) -> given.put(logins.node(x), each));
            return given;
        }

        Map<String, String> silent(LoginCast logins) {
            return absent.entrySet().stream()
                    .collect(Collectors.toMap(each -> logins.node(each.getKey()), Map.Entry::getValue));
        }
    }

    /** What corrupt providers were sent they have; what counts anywhere everybody has. */
    void learn() {
        for (LoginKeeper keeper : keepers.values()) {
            boolean corrupt = logins.cast.corrupt.contains(keeper.x);
            for (LoginKeeper.Held held : keeper.all(logins.victim.name())) {
                if (corrupt || held.certified().isPresent()) {
                    records.putIfAbsent(held.hash(), held.signed());
                }
                held.certified().ifPresent(each -> certified.putIfAbsent(held.hash(), each));
                if (corrupt && !held.ticket().isEmpty()) {
                    tickets.add(held.ticket());
                }
            }
        }
    }

    // ----------------------------------------------------------------------------------------------------- the verdict

    /**
     * What is looked at in the end.
     *
     * @param harm told what there is
     */
    void judge(BiConsumer<Attack.Kind, String> harm) {
        UserName name = logins.victim.name();
        Map<RecordHash, Integer> opening = new LinkedHashMap<>();
        for (LoginKeeper keeper : honest()) {
            keeper.counts(name).ifPresent(counts -> {
                if (logins.password(counts.hash()).isEmpty()) {
                    harm.accept(Attack.Kind.MISLED, keeper.name() + " counts a record that the victim never made");
                }
                if (!counts.user().equals(logins.userAt(logins.victim, keeper.name()))) {
                    harm.accept(Attack.Kind.MISLED, keeper.name() + " has the victim's login as another user's");
                }
                if (counts.record().version() > OUT_OF_REACH) {
                    harm.accept(
                            Attack.Kind.LOST,
                            keeper.name() + " counts the last version that there is: the password can't be changed"
                                    + " any more");
                }
                opening.putIfAbsent(counts.hash(), 0);
            });
            int answers = answered.getOrDefault(keeper.name(), 0);
            if (answers > LoginCast.LIMIT.most()) {
                harm.accept(
                        Attack.Kind.GUESSED,
                        keeper.name() + " answered " + answers + " guesses at the victim's password, and may answer "
                                + LoginCast.LIMIT.most());
            }
        }
        if (changed) {
            honest().stream()
                    .filter(keeper -> keeper.all(name).stream()
                            .anyMatch(held -> !held.shares().isEmpty()
                                    && logins.password(held.hash())
                                            .filter(LoginCast.FIRST_PASSWORD::equals)
                                            .isPresent()))
                    .forEach(keeper -> harm.accept(
                            Attack.Kind.REVIVED,
                            keeper.name() + " has its share of the password that was said to be dead"));
        }
        if (enrolled) {
            opening.replaceAll((hash, _) -> (int) honest().stream()
                    .filter(keeper -> keeper.all(name).stream()
                            .anyMatch(held ->
                                    held.hash().equals(hash) && held.shares().containsKey(Lock.Kind.PASSWORD)))
                    .count());
            // Where there are fewer honest ones than it takes, the others can refuse each login as it is.
            int needed = Math.min(logins.cast.t(), honest().size());
            boolean opens = opening.entrySet().stream()
                    .anyMatch(each -> each.getValue() >= needed
                            && logins.password(each.getKey()).isPresent());
            if (!opens) {
                harm.accept(Attack.Kind.LOST, "no password opens the victim's login any more");
            }
        }
        knownDevices(name, harm);
    }

    /** Who has logged in at a provider stays known there until its user says otherwise, and isn't locked out by others' guesses. */
    private void knownDevices(UserName name, BiConsumer<Attack.Kind, String> harm) {
        for (LoginKeeper keeper : honest()) {
            VerifyingKey device = logins.deviceAt(logins.victim, keeper.name());
            if (knownAt.contains(keeper.name()) && !keeper.knows(name, device)) {
                harm.accept(
                        Attack.Kind.MISLED, keeper.name() + " forgot the victim's device without the victim's word");
            }
            if (keeper.knows(name, logins.deviceAt(logins.second, keeper.name()))) {
                harm.accept(Attack.Kind.MISLED, keeper.name() + " takes the second user's device for the victim's");
            }
        }
    }

    /** What went wrong for the victim where nobody attacks. */
    List<String> failures() {
        List<String> failures = new ArrayList<>();
        if (!enrolled) {
            failures.add("it isn't enrolled");
        }
        if (!changed) {
            failures.add("its password isn't changed");
        }
        runs.forEach((name, run) -> {
            if (name.startsWith("login") && run.opened == null) {
                failures.add(name + ": nothing opened");
            }
        });
        return failures;
    }

    /** Of what one provider shows. */
    Messages.Shown shown(byte[] answer) {
        return logins.cast.once(
                "shown", () -> Messages.Shown.decode(logins.ring, logins.victim.name(), answer), answer);
    }
}
