package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The signatures of the published profile, each behind the one before: SPEC §8, step 5. */
final class Nesting {
    private final Cast cast;
    private final Script script;
    private final Writing writing;

    Nesting(Cast cast, Script script, Writing writing) {
        this.cast = cast;
        this.script = script;
        this.writing = writing;
    }

    /** Published: each signs behind those before it, and hands all of it on; what the last has goes back to U the same way. */
    void nest(List<ShareIndex> path, String run, Writing.Planned planned) {
        for (int place = 0; place < path.size(); place++) {
            ShareIndex x = path.get(place);
            Optional<ShareIndex> from = place == 0 ? Optional.empty() : Optional.of(path.get(place - 1));
            script.step(
                    script.at(run, Point.Phase.CHAIN, x),
                    "waits for " + cast.name(x) + " to sign u_m of " + run,
                    w -> Script.within(w, run, () -> {
                        StatementHash id = writing.plan(w, run, planned).id();
                        handOn(w, run, x, w.keeper(x).sign(id, begun(w, run), from));
                    }),
                    w -> nested(w, run, planned, x, from));
        }
    }

    private static SignatureChain begun(World w, String run) {
        Victim.Run here = w.victim.run(run);
        byte[] chain = here.chain;
        return chain == null ? SignatureChain.start(Cast.present(here.token)) : SignatureChain.decode(chain);
    }

    /** Who is corrupt has seen it then. */
    private void handOn(World w, String run, ShareIndex x, SignatureChain chain) {
        w.victim.run(run).chain = chain.encode();
        if (w.isCorrupt(x)) {
            Token u = Token.decode(chain.token());
            Map<ShareIndex, Participation> known =
                    w.known.participations.computeIfAbsent(u.id(), _ -> new LinkedHashMap<>());
            for (int place = 0; place < chain.participations().size(); place++) {
                known.putIfAbsent(
                        u.providers().get(place), chain.participations().get(place));
            }
        }
    }

    /** What somebody corrupt hands on instead. */
    private List<Script.Move> nested(
            World w, String run, Writing.Planned planned, ShareIndex x, Optional<ShareIndex> from) {
        List<Script.Move> moves = new ArrayList<>(script.refusals(run, cast.name(x)));
        if (!cast.corrupt.contains(x) || w.victim.run(run).failed != null || w.victim.run(run).token == null) {
            return moves;
        }
        Function<World, SignatureChain> signed =
                next -> next.keeper(x).sign(writing.plan(next, run, planned).id(), begun(next, run), from);
        moves.add(new Script.Move(
                Sent.to(Sent.Kind.SIGNS, cast.name(x), run),
                cast.name(x) + " signs for another ciphertext",
                next -> Script.within(next, run, () -> {
                    SignatureChain chain = signed.apply(next);
                    Participation own = chain.participations().getLast();
                    StatementHash id = writing.plan(next, run, planned).id();
                    Optional<byte[]> root = own.ciphertextRoot()
                            .map(_ -> cast.ciphertextRoot(id, x, script.tamper("another ciphertext")));
                    SignatureChain before = without(chain, x);
                    handOn(next, run, x, before.with(before.participate(x, root, cast.key(cast.name(x)))));
                })));
        from.filter(before -> !cast.corrupt.contains(before))
                .ifPresent(before -> moves.add(new Script.Move(
                        Sent.to(Sent.Kind.CHAIN, cast.name(x), run, "changed"),
                        cast.name(x) + " changes the signature of " + cast.name(before) + " and hands it on",
                        next -> Script.within(next, run, () -> {
                            SignatureChain chain = signed.apply(next);
                            handOn(
                                    next,
                                    run,
                                    x,
                                    changed(chain, chain.participations().size() - 2));
                        }))));
        return moves;
    }

    /** All but the last signature. */
    private static SignatureChain without(SignatureChain chain, ShareIndex last) {
        Token u = Token.decode(chain.token());
        return new SignatureChain(
                chain.token(), chain.participations().subList(0, u.providers().indexOf(last)));
    }

    private static SignatureChain changed(SignatureChain chain, int place) {
        List<Participation> changed = new ArrayList<>(chain.participations());
        changed.set(
                place, new Participation(changed.get(place).ciphertextRoot(), new byte[SigningKey.SIGNATURE_BYTES]));
        return new SignatureChain(chain.token(), changed);
    }

    /** On its way back to U whoever is corrupt can change what others signed. */
    List<Script.Move> handedBack(World w, String run, List<ShareIndex> path) {
        Victim.Run here = w.victim.run(run);
        byte[] whole = here.chain;
        if (here.failed != null || whole == null || path.stream().noneMatch(cast.corrupt::contains)) {
            return List.of();
        }
        SignatureChain chain = SignatureChain.decode(whole);
        String who = path.stream()
                .filter(cast.corrupt::contains)
                .map(cast::name)
                .findFirst()
                .orElseThrow();
        List<Script.Move> moves = new ArrayList<>();
        for (int i = 0; i < chain.participations().size(); i++) {
            int place = i;
            if (!cast.corrupt.contains(path.get(place))) {
                moves.add(new Script.Move(
                        Sent.to(Sent.Kind.CHAIN, who, run, "back"),
                        who + " hands back another signature than that of " + cast.name(path.get(place)),
                        next -> next.victim.run(run).chain =
                                changed(chain, place).encode()));
            }
        }
        return moves;
    }
}
