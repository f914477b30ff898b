package dev.interlock.client;

import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.protocol.Blinding;
import java.util.List;
import java.util.Optional;

/**
 * How an object is got.
 *
 * @param from the names of the providers to use; empty for those with the best record
 * @param blinding where this read's blinds come from, in the blinded profile: expanded or full
 * @param privateKey for an object of protocol 1; stays the caller's to close
 * @param userKey for an object of protocol 2
 * @param way which way the bytes come, in protocols 2 and 3
 */
public record GetOptions(
        List<String> from, Blinding blinding, Optional<OpeningKey> privateKey, Optional<UserKeyFile> userKey, Way way) {
    /** Which way the bytes come. */
    public enum Way {
        /** Through the ring; directly where that fails. */
        AUTO,
        /** Through the ring, by the paper: the user sees no share. */
        RING,
        /** Shares and ciphertext from their providers, each chunk checked against its root. */
        DIRECT
    }

    /** The providers with the best record, and no key. */
    public static final GetOptions DEFAULT =
            new GetOptions(List.of(), Blinding.EXPANDED, Optional.empty(), Optional.empty(), Way.AUTO);

    public GetOptions {
        from = List.copyOf(from);
    }
}
