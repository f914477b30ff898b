package dev.interlock.audit;

import dev.interlock.core.commitment.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Goes through all that attackers can do in one script, up to so many messages: at every step everything that they can send is
 * tried; what is refused changes nothing and is left; what is let in is followed to the end. Two ways to the same state are one.
 */
final class Explorer {
    private final Cast cast;
    private final Script script;
    /** States by how much was left to do in them. */
    private final List<Set<String>> seen = new ArrayList<>();

    private final List<Attack> attacks = new ArrayList<>();
    private final Set<Attack.Kind> found = new HashSet<>();
    private final int most;
    private long tried;
    private long accepted;
    private long ends;

    /** @param most as many messages of the attackers as this */
    Explorer(Cast cast, Script script, int most) {
        this.cast = cast;
        this.script = script;
        this.most = most;
        for (int left = 0; left <= most; left++) {
            seen.add(new HashSet<>());
        }
    }

    /** Every kind of harm once, in as few messages as it takes. */
    List<Attack> attacks() {
        for (int depth = 0; depth <= most; depth++) {
            seen.forEach(Set::clear);
            tried = 0;
            accepted = 0;
            ends = 0;
            follow(new World(cast), depth);
            if (!attacks.isEmpty()) {
                break;
            }
        }
        return attacks;
    }

    long tried() {
        return tried;
    }

    long accepted() {
        return accepted;
    }

    long ends() {
        return ends;
    }

    private void follow(World w, int left) {
        while (w.step < script.steps.size()) {
            if (!seen.get(left).add(print(w))) {
                return;
            }
            Script.Step step = script.steps.get(w.step);
            if (left > 0) {
                int before = w.changes();
                for (Script.Move move : Injections.at(w)) {
                    World next = w.copy();
                    move.act().accept(next);
                    tried++;
                    if (next.changes() != before) {
                        accepted++;
                        next.told.add(new Attack.Step(
                                move.words() + ", before the victim " + step.words(), step.point(), move.sent()));
                        follow(next, left - 1);
                    }
                }
                for (Script.Move move : step.answers().apply(w)) {
                    World next = w.copy();
                    move.act().accept(next);
                    tried++;
                    accepted++;
                    next.told.add(new Attack.Step(
                            move.words() + ", where the victim " + step.words(), step.point(), move.sent()));
                    next.step++;
                    follow(next, left - 1);
                }
            }
            step.act().accept(w);
            w.step++;
        }
        ends++;
        w.judge();
        if (w.told.isEmpty() && w.harm.isEmpty() && !w.failures().isEmpty()) {
            throw new IllegalStateException("with nobody attacking, " + script.name + " fails: " + w.failures());
        }
        if (!w.harm.isEmpty() && w.harm.stream().anyMatch(each -> found.add(each.kind()))) {
            Set<String> corrupt = new TreeSet<>(cast.corruptDealers);
            cast.corrupt.forEach(x -> corrupt.add(cast.name(x)));
            attacks.add(new Attack(script.name, corrupt, w.told, w.harm));
        }
    }

    private static String print(World w) {
        byte[] hash = Sha256.labelled("audit")
                .update((w.step + w.print()).getBytes(StandardCharsets.UTF_8))
                .digest();
        return HexFormat.of().formatHex(hash, 0, 16);
    }
}
