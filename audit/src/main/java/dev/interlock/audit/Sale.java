package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How an object becomes another owner's, step by step: SPEC §10, hand over. Whoever gives it away may be honest, or not. */
final class Sale {
    private static final String LOOKUP = "heir's lookup";

    private final Cast cast;
    private final Script script;
    private final Reading reading;

    Sale(Cast cast, Script script, Reading reading) {
        this.cast = cast;
        this.script = script;
        this.reading = reading;
    }

    /**
     * The object becomes an heir's, who then asks all for it. A read of theirs is left out: it is one like any other, by the user
     * whom the providers now have it for.
     */
    void handOver() {
        cast.handsOver();
        tellAll("hands its object over at ");
        lookup("has handed it over, and the heir asks ");
    }

    /**
     * The same from an owner who is one of the attackers; the heir is who may be harmed. Once all that are honest show it to them as
     * theirs they have it, and read it.
     */
    void buy() {
        cast.sells();
        script.atOnce("(one of the attackers) puts an object, and keeps the certificate of a refresh back", w -> {
            Victim.Run put = w.victim.run("put");
            w.known
                    .participations
                    .computeIfAbsent(Token.decode(Cast.present(put.token)).id(), _ -> new LinkedHashMap<>())
                    .putAll(put.signed);
            Seller.keepsBack(w);
        });
        tellAll("(its seller) hands it over at ");
        for (ShareIndex x : cast.all()) {
            script.step(
                    script.at("buy", Point.Phase.COMMAND, x),
                    "(the heir) brings " + cast.name(x) + " the handover that others keep",
                    w -> brings(w, x));
        }
        lookup("(the heir) asks ");
        script.step(
                script.at("buy", Point.Phase.END),
                "(the heir) has it, if all show it",
                w -> bought(w).ifPresent(u -> w.victim.bought = u));
        reading.through("heir's get", LOOKUP, cast.heir);
    }

    private void tellAll(String words) {
        for (ShareIndex x : cast.all()) {
            script.step(
                    script.at("hand over", Point.Phase.COMMAND, x),
                    words + cast.name(x),
                    w -> told(w, x).ifPresent(command -> {
                        var _ = World.tries(() ->
                                w.keeper(x).handOver(command, w.victim.certificate(), cast.victimsAt(cast.name(x))));
                    }),
                    _ -> cast.corrupt.contains(x) || cast.isSold()
                            ? List.of(new Script.Move(
                                    Sent.to(Sent.Kind.SILENT, cast.name(x), "hand over"),
                                    cast.isSold()
                                            ? cast.name(x) + " isn't told of it"
                                            : cast.name(x) + " doesn't take it",
                                    w -> told(w, x)))
                            : List.of());
        }
    }

    /** The handover for one provider; who is corrupt keeps it. */
    private Optional<Command.Authorised> told(World w, ShareIndex x) {
        Optional<Command.Authorised> command = w.victim.acknowledged().map(u -> handingOver(cast, u, cast.name(x)));
        command.filter(_ -> w.isCorrupt(x) || cast.isSold())
                .ifPresent(each -> w.known.commands.put(cast.name(x), each));
        return command;
    }

    /** Who was told keeps what all others are told, too. */
    private void brings(World w, ShareIndex x) {
        w.victim
                .acknowledged()
                .filter(u -> w.keepers.values().stream().anyMatch(keeper -> keeper.handed.containsKey(u.object())))
                .ifPresent(u -> {
                    Command.Authorised command = handingOver(cast, u, cast.name(x));
                    var _ = World.tries(
                            () -> w.keeper(x).handOver(command, w.victim.certificate(), cast.heirsAt(cast.name(x))));
                });
    }

    private void lookup(String words) {
        for (ShareIndex x : cast.all()) {
            script.step(
                    script.at(LOOKUP, Point.Phase.LOOKUP, x),
                    words + cast.name(x),
                    w -> w.victim
                            .object()
                            .ifPresent(object -> w.keeper(x)
                                    .current(object, cast.heirsAt(cast.name(x)))
                                    .ifPresent(here -> shownToHeir(
                                            w,
                                            x,
                                            Cast.present(here.certificate),
                                            Optional.ofNullable(
                                                    w.keeper(x).handed.get(object))))),
                    w -> cast.corrupt.contains(x) ? shownToHeirBy(w, x) : List.of());
        }
    }

    /** As a put is acknowledged: by all, while none but those on the other side keep silent. */
    private Optional<Token> bought(World w) {
        Map<ShareIndex, byte[]> shown = w.victim.run(LOOKUP).shown;
        List<Token> honest = w.honest().stream()
                .flatMap(x -> Optional.ofNullable(shown.get(x)).stream())
                .map(bytes -> Certificate.decode(bytes).token())
                .toList();
        boolean all = honest.size() == w.honest().size()
                && honest.stream().map(Token::id).distinct().count() == 1;
        return all ? Optional.of(honest.getFirst()) : Optional.empty();
    }

    /** @param u the generation that goes with it */
    static Command.Authorised handingOver(Cast cast, Token u, String node) {
        return cast.once(
                "handover to " + node,
                () -> {
                    Title title = u.statement().title();
                    try (SigningKey o = cast.victim.ownerKey(
                            title.owner().rootVersion(), title.owner().nonce())) {
                        OwnerKey to = cast.heir.nextOwner(u.object());
                        Command.HandOver deed = new Command.HandOver(
                                title.handOver(o, to),
                                u.epoch(),
                                u.number(),
                                u.id(),
                                cast.heir.accept(cast.ring.id(), u.object(), to, node));
                        return cast.authorised(cast.victim, title, 0, deed, node);
                    }
                },
                u.id().bytes());
    }

    /** As the next owner's client goes by what it is shown: SPEC §10, hand over. */
    private void shownToHeir(World w, ShareIndex x, byte[] certificate, Optional<Command.Signed> handover) {
        w.victim.object().ifPresent(object -> {
            try {
                Token u = Read.checkCertificate(cast.ring, object, Certificate.decode(certificate), cast.name(x));
                handover.ifPresent(Command.Signed::verify);
                Title title = handover.flatMap(Command.Signed::handedOver)
                        .filter(last -> last.continues(u.statement().title()))
                        .orElse(u.statement().title());
                if (!cast.heir.owns(title.owner())) {
                    throw new RefusedException("it is another owner's");
                }
                if (handover.filter(signed -> signed.command().leavesOut(u)).isPresent()) {
                    throw new RefusedException("it wasn't handed over with the object");
                }
                w.victim.run(LOOKUP).shown.put(x, certificate);
                // What its seller certified, it chose to.
                if (!cast.isSold() && !w.victim.certified.contains(u.id().toString())) {
                    w.harm(
                            Attack.Kind.MISLED,
                            "the heir believes in a generation that its owner never certified, shown by "
                                    + cast.name(x));
                }
            } catch (InterlockException | BadSignatureException | IllegalArgumentException e) {
                w.blamed(e);
            }
        });
    }

    private List<Script.Move> shownToHeirBy(World w, ShareIndex x) {
        List<Script.Move> moves = new ArrayList<>();
        List<Injections.Shown> all = new ArrayList<>(Injections.known(w));
        all.addAll(Injections.forged(w));
        Optional<Command.Signed> handover =
                Optional.ofNullable(w.known.commands.get(cast.name(x))).map(Command.Authorised::signed);
        for (Injections.Shown shown : all) {
            moves.add(new Script.Move(
                    Sent.to(Sent.Kind.TITLE, cast.name(x), shown.of(), shown.how()),
                    cast.name(x) + " shows the heir " + Injections.words(w, shown.certificate()) + " " + shown.how(),
                    next -> shownToHeir(next, x, shown.certificate().encode(), handover)));
        }
        return moves;
    }
}
