package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Acceptance;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Handover;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an owner can send who sells its object and is one of the attackers, beside what others can: it has all keys that it had, and
 * signs what it likes with them, before the sale and after.
 */
final class Seller {
    private final World w;
    private final Cast cast;
    private final Token u;
    private final List<Script.Move> moves = new ArrayList<>();

    private Seller(World w, Token u) {
        this.w = w;
        this.cast = w.cast;
        this.u = u;
    }

    static List<Script.Move> at(World w) {
        return w.victim
                .acknowledged()
                .map(u -> {
                    Seller seller = new Seller(w, u);
                    seller.renewal();
                    seller.commands();
                    return seller.moves;
                })
                .orElse(List.of());
    }

    /** A later generation before the sale: all take part in it, and its certificate stays with the seller. */
    static void keepsBack(World w) {
        w.victim.acknowledged().ifPresent(u -> Injections.make(w, new Seller(w, u).draft("refreshes", true)));
    }

    /** One more, at any time. */
    private void renewal() {
        String how = "replaces the pad of";
        Injections.Draft draft = draft(how, false);
        moves.add(new Script.Move(
                Sent.to(Sent.Kind.SESSION, "", "put", how),
                "the seller " + how + " its object, and keeps the certificate back",
                next -> Injections.make(next, draft)));
    }

    private Injections.Draft draft(String how, boolean ofZero) {
        Injections.Draft draft = cast.once(
                "seller's draft " + how,
                () -> new Injections.Draft(
                        w.ring(),
                        cast.victim,
                        cast.m(),
                        how,
                        "put",
                        how,
                        Composed.of(
                                w.ring(),
                                cast.victim,
                                cast.scheme(),
                                u.statement().title(),
                                u.number() + 1,
                                Injections.EXPIRY_MILLIS,
                                new Work.Renewal(
                                        ofZero,
                                        Cast.all(w.ring()),
                                        cast.homes(w.ring()),
                                        cast.dealers(),
                                        Cast.LENGTH,
                                        u.id()),
                                Optional.empty(),
                                Cast.seeded("seller's session: " + how))),
                u.id().bytes());
        cast.role(draft.w().hash(), "seller: " + how);
        return draft;
    }

    private void commands() {
        for (ShareIndex x : w.honest()) {
            String name = cast.name(x);
            deeds(name).forEach((words, deed) -> {
                Command.Authorised command = cast.once(
                        "seller's command for " + name + words,
                        () -> cast.authorised(cast.victim, u.statement().title(), 7, deed.deed(), name),
                        u.id().bytes());
                moves.add(new Script.Move(
                        Sent.to(
                                deed.deed() instanceof Command.HandOver ? Sent.Kind.HAND_OVER : Sent.Kind.DESTROY,
                                name,
                                "put",
                                words),
                        "the seller " + words + " at " + name,
                        next -> {
                            var _ = World.tries(() -> {
                                if (deed.deed() instanceof Command.HandOver) {
                                    next.keeper(x).handOver(command, deed.brings(), cast.victimsAt(name));
                                } else {
                                    next.keeper(x).destroy(command, cast.victimsAt(name));
                                }
                            });
                        }));
            });
        }
    }

    /** @param brings the certificate beside a handover */
    private record Telling(Command.Deed deed, Certificate brings) {}

    private Map<String, Telling> deeds(String node) {
        Map<String, Telling> deeds = new LinkedHashMap<>();
        Certificate put = w.victim.certificate();
        deeds.put("destroys it for ever", new Telling(new Command.DestroyForEver(), put));
        deeds.put("destroys what it sold", new Telling(new Command.Destroy(u.epoch(), u.number(), u.id()), put));
        deeds.put("sells it to the second user", new Telling(handOver(u.number(), u.id(), false, node), put));
        for (Certificate certificate : w.known.certificates.values()) {
            Token later = certificate.token();
            if (later.object().equals(u.object()) && later.isLaterThan(u)) {
                String generation = later.id().toString().substring(0, 6);
                Command.HandOver handOver = handOver(later.number(), later.id(), true, node);
                deeds.put("hands it over with generation " + generation, new Telling(handOver, certificate));
                deeds.put(
                        "hands it over with generation " + generation + ", and shows the certificate of what was put",
                        new Telling(handOver, put));
            }
        }
        return deeds;
    }

    private Command.HandOver handOver(long highest, StatementHash generation, boolean toHeir, String node) {
        var to = toHeir ? cast.heir : cast.second;
        Title title = u.statement().title();
        OwnerKey next = to.nextOwner(u.object());
        Acceptance acceptance = cast.once(
                "acceptance at " + node + toHeir,
                () -> to.accept(cast.ring.id(), u.object(), next, node),
                u.id().bytes());
        Handover handover = cast.once(
                "seller's handover " + toHeir,
                () -> {
                    try (SigningKey o = cast.victim.ownerKey(
                            title.owner().rootVersion(), title.owner().nonce())) {
                        return title.handOver(o, next);
                    }
                },
                u.id().bytes());
        return new Command.HandOver(handover, u.epoch(), highest, generation, acceptance);
    }
}
