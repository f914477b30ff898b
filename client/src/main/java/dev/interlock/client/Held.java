package dev.interlock.client;

import dev.interlock.core.token.Command;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Title;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.ring.Provider;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What one provider says of an object. Its state is its own word; all else was checked, and counts whoever shows it.
 *
 * @param certified its newest committed generation, or the one that was destroyed
 * @param prepared what is prepared there and not decided: only told of, and counted for numbers
 * @param schedule the owner's newest schedule or cancel there
 * @param handover by which it became this user's there, where it was another's before
 * @param end the owner's command by which it was destroyed there
 * @param receipt of that
 */
record Held(
        Provider provider,
        ObjectState state,
        Optional<Certified> certified,
        List<Statement> prepared,
        Optional<Command.Signed> schedule,
        Optional<Command.Signed> handover,
        Optional<Command.Signed> end,
        Optional<Receipt> receipt) {
    /** Whether it serves a read of its generation. */
    boolean isOpen() {
        return state == ObjectState.COMMITTED
                && certified.isPresent()
                && destroyAt().isEmpty();
    }

    boolean has(Certified generation) {
        return certified.filter(generation::isOf).isPresent();
    }

    /** Whose it is, as far as is known there. */
    Optional<Title> title() {
        return handover.flatMap(Command.Signed::handedOver)
                .or(() -> certified.map(each -> each.token().statement().title()));
    }

    /** When it is to be destroyed there; it is closed until then. */
    Optional<Instant> destroyAt() {
        return state == ObjectState.COMMITTED
                ? schedule.flatMap(signed -> signed.command().at()).map(Instant::ofEpochMilli)
                : Optional.empty();
    }

    /** After it confirmed a certificate. */
    Held confirmed(Certified generation) {
        return new Held(
                provider,
                ObjectState.COMMITTED,
                Optional.of(generation),
                prepared.stream().filter(w -> !w.hash().equals(generation.id())).toList(),
                schedule,
                handover,
                end,
                receipt);
    }

    /** After it took a cancel. */
    Held reopened(Command.Signed cancel) {
        return new Held(provider, state, certified, prepared, Optional.of(cancel), handover, end, receipt);
    }
}
