package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.message.CheckAnswer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the victim's client knows in one world. */
final class Victim {
    /** One of its operations. */
    static final class Run {
        @Nullable
        String failed;

        @Nullable
        String dealFailed;

        final Map<String, Dealt> dealt = new TreeMap<>();
        final Map<ShareIndex, Dealt> sums = new TreeMap<>(Comparator.comparingInt(ShareIndex::x));
        final Map<ShareIndex, Participation> signed = new TreeMap<>(Comparator.comparingInt(ShareIndex::x));
        final Map<ShareIndex, CheckAnswer> answers = new LinkedHashMap<>();
        /** Of a put that is checked by value. */
        final Map<ShareIndex, Keeper.Values> values = new TreeMap<>(Comparator.comparingInt(ShareIndex::x));

        final Map<ShareIndex, byte[]> shown = new TreeMap<>(Comparator.comparingInt(ShareIndex::x));
        final List<ShareIndex> confirmed = new ArrayList<>();
        byte @Nullable [] token;
        byte @Nullable [] certificate;
        /** In the published profile the signatures as they come back. */
        byte @Nullable [] chain;

        @Nullable
        Form out;

        /** In the published profile the user's own share of its write, and what it sends back into the ring of its read. */
        @Nullable
        Form own;

        /** Whether what came out was what had been put. */
        boolean opened;

        boolean done;

        Run copy() {
            Run copy = new Run();
            copy.failed = failed;
            copy.dealFailed = dealFailed;
            copy.dealt.putAll(dealt);
            copy.sums.putAll(sums);
            copy.signed.putAll(signed);
            copy.answers.putAll(answers);
            copy.values.putAll(values);
            copy.shown.putAll(shown);
            copy.confirmed.addAll(confirmed);
            copy.token = token;
            copy.certificate = certificate;
            copy.chain = chain;
            copy.out = out;
            copy.own = own;
            copy.opened = opened;
            copy.done = done;
            return copy;
        }

        void print(StringBuilder into) {
            into.append(failed != null)
                    .append(dealFailed != null)
                    .append(dealt.size())
                    .append(signed.keySet())
                    .append(answers.keySet())
                    .append(values)
                    .append(confirmed)
                    .append(out)
                    .append(own)
                    .append(opened)
                    .append(done)
                    .append(token == null ? 0 : Arrays.hashCode(token))
                    .append(chain == null ? 0 : Arrays.hashCode(chain));
            signed.values().forEach(each -> into.append(Arrays.hashCode(each.signature())));
            shown.forEach((x, each) -> into.append(x.x()).append(Arrays.hashCode(each)));
            answers.values().forEach(each -> into.append(Arrays.hashCode(each.share())));
        }
    }

    private final Map<String, Run> runs = new TreeMap<>();
    /** H(w) of all generations that it certified. */
    final Set<String> certified = new TreeSet<>();
    /** What an heir has by now that bought it; empty where nobody buys. */
    @Nullable
    Token bought;
    /** Its commands that end something. */
    final List<Command> commands = new ArrayList<>();
    /** Whose loss is nobody's doing. */
    final Set<ShareIndex> exempt = new HashSet<>();

    private byte @Nullable [] acknowledged;

    Victim copy() {
        Victim copy = new Victim();
        runs.forEach((name, run) -> copy.runs.put(name, run.copy()));
        copy.certified.addAll(certified);
        copy.commands.addAll(commands);
        copy.exempt.addAll(exempt);
        copy.acknowledged = acknowledged;
        copy.bought = bought;
        return copy;
    }

    void print(StringBuilder into) {
        runs.forEach((name, run) -> {
            into.append('!').append(name);
            run.print(into);
        });
        into.append(certified).append(commands.size()).append(exempt).append(bought != null);
    }

    /** Which of its operations failed. */
    List<String> failures() {
        List<String> failures = new ArrayList<>();
        runs.forEach((name, run) -> {
            if (run.failed != null) {
                failures.add(name + ": " + run.failed);
            }
        });
        return failures;
    }

    Run run(String name) {
        return runs.computeIfAbsent(name, _ -> new Run());
    }

    void acknowledge(byte[] token) {
        acknowledged = token;
    }

    Optional<Token> acknowledged() {
        return Optional.ofNullable(acknowledged).map(Token::decode);
    }

    /** Of what it put. */
    dev.interlock.core.token.Certificate certificate() {
        return dev.interlock.core.token.Certificate.decode(Cast.present(run("put").certificate));
    }

    Optional<ObjectId> object() {
        return runs.values().stream()
                .filter(run -> run.token != null)
                .map(run -> Token.decode(Cast.present(run.token)).object())
                .findFirst();
    }

    /** Whether one of its commands ends this generation. */
    boolean ends(Token u) {
        return commands.stream().anyMatch(command -> covers(command, u.statement(), u.id()));
    }

    /** Whether it wants the object to be gone, and not only elsewhere. */
    boolean wantsItGone() {
        return commands.stream().anyMatch(command -> command.deed() instanceof Command.DestroyForEver);
    }

    /** What SPEC §3 has a command end, written down once more: the product's own rule is among those that are tried. */
    static boolean covers(Command command, Statement w, StatementHash id) {
        return command.object().equals(w.object())
                && switch (command.deed()) {
                    case Command.DestroyForEver _ -> true;
                    case Command.Destroy(int epoch, long highest, StatementHash generation) ->
                        w.epoch() == epoch
                                && (w.number() < highest || (w.number() == highest && id.compareTo(generation) <= 0));
                    case Command.Schedule _, Command.Cancel _, Command.Settle _, Command.HandOver _ -> false;
                };
    }

    /** In a later epoch, or later in the same one. */
    static boolean isLater(Token a, Token b) {
        return a.epoch() != b.epoch() ? a.epoch() > b.epoch() : a.isLaterThan(b);
    }
}
