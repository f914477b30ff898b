package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Certificate;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.message.RestoreMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How a provider that was missing at a write gets what it missed, step by step: SPEC §8, a degraded write. */
final class Return {
    private final Cast cast;
    private final Script script;

    Return(Cast cast, Script script) {
        this.cast = cast;
        this.script = script;
    }

    /**
     * The missing one is back, and its custodians bring what waits. Its late signature is left out: it stands behind the
     * certificate, and nothing that is judged here goes by it.
     */
    void comeBack() {
        ShareIndex k = cast.missing().orElseThrow();
        String run = "coming back";
        for (ShareIndex x : Custody.custodians(cast.path(cast.ring), List.of(k), k)) {
            script.step(
                    script.at(run, Point.Phase.COMMAND, x),
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
        if (World.tries(
                () -> w.keeper(k).bring(new RestoreMessage(certificate, script.manifest()), share, custodian))) {
            w.victim.exempt.remove(k);
        }
    }

    /** Of a corrupt custodian, which can't open what it keeps. */
    private List<Script.Move> broughtBy(World w, ShareIndex x, ShareIndex k) {
        String who = cast.name(x);
        List<Script.Move> moves = new ArrayList<>();
        moves.add(new Script.Move(Sent.to(Sent.Kind.WAITING, who, "put", "nothing"), who + " brings nothing", _ -> {}));
        List<Injections.Shown> all = new ArrayList<>(Injections.known(w));
        all.addAll(Injections.forged(w));
        for (Injections.Shown shown : all) {
            Form share = w.keeper(x)
                    .waiting
                    .getOrDefault(shown.certificate().token().id(), Map.of())
                    .getOrDefault(k, new Form());
            String under = ", under " + Injections.words(w, shown.certificate()) + " " + shown.how();
            moves.add(new Script.Move(
                    Sent.to(Sent.Kind.WAITING, who, shown.of(), "another share, " + shown.how()),
                    who + " brings another share" + under,
                    next -> brings(next, k, who, shown.certificate(), script.tamper(who + "'s share"))));
            moves.add(new Script.Move(
                    Sent.to(Sent.Kind.WAITING, who, shown.of(), "the share, " + shown.how()),
                    who + " brings the share" + under,
                    next -> brings(next, k, who, shown.certificate(), share)));
        }
        return moves;
    }
}
