package dev.interlock.protocol;

import dev.interlock.core.sharing.ShareIndex;
import java.util.List;
import java.util.Optional;

/**
 * One provider's part in one pass: where its input comes from, what it does to it, and where the output goes.
 *
 * @param place names the station within its session; the next ones on the same route have the next places
 * @param layered puts its layer and its blind on the stream: the hop of SPEC §4
 * @param stored keeps what passes: the object's ciphertext, a sealed share of it, or the provider's own share
 * @param cargo what passes here
 */
public record Station(
        int place, ShareIndex provider, Source source, boolean layered, boolean stored, Sink sink, Cargo cargo) {
    /** What a stream is made of, and what of it is kept. */
    public sealed interface Cargo {}

    /** P under masks and layers: all of them make it the object's ciphertext. */
    public record Flow() implements Cargo {}

    /** One provider's share, sealed to the user's public key (protocol 1). */
    public record Sealed(ShareIndex of) implements Cargo {}

    /** Sums of layers of shares, each chunk behind its salt: all of them make it a share again. */
    public record Share() implements Cargo {}

    /** Whose sealed share passes here; empty for everything else. */
    public Optional<ShareIndex> sealed() {
        return cargo instanceof Sealed(ShareIndex of) ? Optional.of(of) : Optional.empty();
    }

    /** Where a station's input comes from. */
    public sealed interface Source {}

    /** Where a station's output goes. */
    public sealed interface Sink {}

    /** The user, over a private channel. */
    public record User() implements Source, Sink {}

    /** The ciphertext that the provider holds as a home. */
    public record Ciphertext() implements Source {}

    /** Zeros, as many as the stream has bytes: the pass begins here and carries nothing but layers. */
    public record Zeros() implements Source {}

    /** The provider's own share, sealed to the user's public key as it goes. */
    public record SealedShare() implements Source {}

    /** The neighbour on the route, over a private channel. */
    public record Neighbour(ShareIndex provider) implements Source, Sink {}

    /** Homes of a small put, all at once; the first at the next place, the others at those after it. */
    public record Homes(List<ShareIndex> providers) implements Sink {
        public Homes {
            providers = List.copyOf(providers);
        }
    }

    /** The pass ends here. */
    public record End() implements Sink {}
}
