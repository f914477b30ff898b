package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.RefusedException;
import java.util.List;
import java.util.Optional;

/** How an object follows its ring into the next epoch, step by step: SPEC §10, move. */
final class Following {
    private final Cast cast;
    private final Script script;
    private final Reading reading;
    private final Writing writing;

    Following(Cast cast, Script script, Reading reading, Writing writing) {
        this.cast = cast;
        this.script = script;
        this.reading = reading;
        this.writing = writing;
    }

    /** Into the ring's next epoch: a read of the old one, a write into the new one, and the end of what is left. */
    void follow() {
        script.step(
                script.at("the ring", Point.Phase.COMMAND),
                "has the ring's next descriptor, as all that are in it now",
                World::change);
        reading.lookup("follow's lookup", cast.latest());
        String lookup = script.found;
        reading.through("follow's read", lookup, cast.victim);
        Writing.Planned planned = new Writing.Planned() {
            @Override
            public Write.Plan fresh(World w) {
                Token before = reading.newest(w, lookup).token();
                requireEarlier(before);
                if (!w.victim.run("follow's read").opened) {
                    throw new RefusedException("the read of the old epoch failed");
                }
                return Write.continuing(
                        cast.latest(),
                        cast.victim("follow"),
                        cast.path(cast.latest()),
                        cast.blinding(),
                        before,
                        before.statement().title(),
                        before.number() + 1);
            }

            @Override
            public boolean byValue() {
                return cast.scheme().blinded();
            }

            @Override
            public byte[] key(World w) {
                return reading.newest(w, lookup).encode();
            }
        };
        writing.make(cast.latest(), "follow", planned);
        for (ShareIndex x : Cast.all(cast.ring)) {
            script.step(
                    script.at("follow", Point.Phase.COMMAND, x),
                    "ends what " + cast.name(x) + " has of the old epoch",
                    w -> endOfEpoch(w, lookup, x),
                    _ -> cast.corrupt.contains(x)
                            ? List.of(new Script.Move(
                                    Sent.to(Sent.Kind.SILENT, cast.name(x), "follow"),
                                    cast.name(x) + " keeps it",
                                    w -> told(w, lookup, x)))
                            : List.of());
        }
        reading.read("get");
    }

    private void requireEarlier(Token before) {
        if (before.epoch() == cast.latest().epoch()) {
            throw new RefusedException("it is of this epoch already");
        }
    }

    /** Only an object that is in the new epoch, and acknowledged there, ends in the old one. */
    private void requireThere(World w, String lookup) {
        boolean there = w.victim
                        .acknowledged()
                        .filter(u -> u.epoch() == cast.latest().epoch())
                        .isPresent()
                || reading.newest(w, lookup).token().epoch() == cast.latest().epoch();
        if (!there) {
            throw new RefusedException("it isn't acknowledged in the ring's new epoch");
        }
    }

    /** The owner's command for one provider, where it comes to that. */
    private Optional<Command.Authorised> told(World w, String lookup, ShareIndex x) {
        try {
            requireThere(w, lookup);
        } catch (RefusedException e) {
            return Optional.empty();
        }
        return w.victim.run("put").token == null
                ? Optional.empty()
                : Optional.of(Token.decode(Cast.present(w.victim.run("put").token)))
                        .map(u -> script.told(w, u, new Command.Destroy(u.epoch(), u.number(), u.id()), x));
    }

    private void endOfEpoch(World w, String lookup, ShareIndex x) {
        told(w, lookup, x).ifPresent(command -> {
            var _ = World.tries(() -> w.keeper(x).destroy(command, cast.victimsAt(cast.name(x))));
        });
    }
}
