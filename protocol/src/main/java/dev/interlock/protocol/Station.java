package dev.interlock.protocol;

import dev.interlock.core.sharing.ShareIndex;
import java.util.Optional;

/**
 * One provider's part in one pass: where its input comes from, what it does to it, and where the output goes.
 *
 * @param place names the station within its session; the next one on the same route has the next place
 * @param layered puts its layer and its blind on the stream: the hop of DESIGN §4
 * @param stored keeps what passes: the object's ciphertext, or a sealed share of it
 * @param sealed whose sealed share passes here (protocol 1); empty for the object's own stream
 */
public record Station(
        int place,
        ShareIndex provider,
        Source source,
        boolean layered,
        boolean stored,
        Sink sink,
        Optional<ShareIndex> sealed) {
    /** Where a station's input comes from. */
    public sealed interface Source {}

    /** Where a station's output goes. */
    public sealed interface Sink {}

    /** The user, over a private channel. */
    public record User() implements Source, Sink {}

    /** The ciphertext that the provider holds as a home. */
    public record Ciphertext() implements Source {}

    /** The provider's own share, sealed to the user's public key as it goes. */
    public record SealedShare() implements Source {}

    /** The neighbour on the route, over a private channel. */
    public record Neighbour(ShareIndex provider) implements Source, Sink {}

    /** The pass ends here. */
    public record End() implements Sink {}
}
