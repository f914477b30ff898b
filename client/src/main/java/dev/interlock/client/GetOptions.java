package dev.interlock.client;

import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.protocol.Blinding;
import java.util.List;
import java.util.Optional;

/**
 * How an object is got.
 *
 * @param from the names of the providers to use; empty for the quickest
 * @param blinding where this read's blinds come from, in the blinded profile: expanded or full
 * @param privateKey for an object of protocol 1; stays the caller's to close
 * @param userKey for an object of protocol 2
 */
public record GetOptions(
        List<String> from, Blinding blinding, Optional<OpeningKey> privateKey, Optional<UserKeyFile> userKey) {

    /** The quickest providers, and no key. */
    public static final GetOptions DEFAULT =
            new GetOptions(List.of(), Blinding.EXPANDED, Optional.empty(), Optional.empty());

    public GetOptions {
        from = List.copyOf(from);
    }
}
