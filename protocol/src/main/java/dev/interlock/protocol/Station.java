package dev.interlock.protocol;

import dev.interlock.core.sharing.ShareIndex;

/**
 * One provider's part in one pass: where its input comes from, what it does to it, and where the output goes.
 *
 * @param place position on the route, from 0
 * @param layered puts its layer and its blind on the stream: the hop of DESIGN §4
 * @param stored keeps what it received as the object's ciphertext
 */
public record Station(int place, ShareIndex provider, Source source, boolean layered, boolean stored, Sink sink) {
    /** Where a station's input comes from. */
    public sealed interface Source {}

    /** Where a station's output goes. */
    public sealed interface Sink {}

    /** The user, over a private channel. */
    public record User() implements Source, Sink {}

    /** The ciphertext that the provider holds as a home. */
    public record Ciphertext() implements Source {}

    /** The neighbour on the route, over a private channel. */
    public record Neighbour(ShareIndex provider) implements Source, Sink {}

    /** The pass ends here. */
    public record End() implements Sink {}
}
