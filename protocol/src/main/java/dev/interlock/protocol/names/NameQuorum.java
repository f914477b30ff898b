package dev.interlock.protocol.names;

import dev.interlock.core.sharing.Threshold;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How many providers it takes (SPEC §16). Whatever was written has an honest holder in whatever is read: min(n, 2t − 1) and
 * max(t, n − t + 1) meet in at least t, so that fewer than t can't hide, revive or roll back a name.
 */
public record NameQuorum(int write, int read) {
    public static NameQuorum of(Threshold threshold) {
        int t = threshold.t();
        int n = threshold.n();
        return new NameQuorum(Math.min(n, 2 * t - 1), Math.max(t, n - t + 1));
    }

    /**
     * What is missing for a reading to count.
     *
     * @param epoch of the ring, whose providers answered too few
     */
    public record Shortage(int epoch, int needed, int available) {}

    /**
     * Whether enough providers answered: of the newest epoch, and of every earlier one whose names weren't carried on since. A note
     * that they were is the owner's, so that whoever shows it is believed.
     *
     * @param ring of the newest epoch
     * @param answered by name
     * @param carried the highest epoch of which a note was shown; 0 for none
     */
    public static Optional<Shortage> shortage(RingDescriptor ring, Set<String> answered, int carried) {
        List<RingDescriptor> epochs = ring.epochs();
        for (RingDescriptor epoch : epochs.reversed()) {
            if (epoch.epoch() > ring.epoch()) {
                continue;
            }
            int needed = of(epoch.threshold()).read();
            int available = (int) epoch.providers().stream()
                    .map(Provider::name)
                    .filter(answered::contains)
                    .count();
            if (available < needed) {
                return Optional.of(new Shortage(epoch.epoch(), needed, available));
            }
            if (epoch.epoch() <= carried) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }
}
