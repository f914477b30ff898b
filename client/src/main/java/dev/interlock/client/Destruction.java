package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.protocol.Destroyed;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a destroy came to.
 *
 * @param chain of the object's token, where a provider still has it
 * @param receipts by provider, each checked; those of an earlier destroy among them
 * @param failures by provider, why it didn't erase its share
 * @param told by provider that couldn't be reached, who brings it the owner's notice when it returns
 * @param unrecoverableSince when so many had erased what they had that nobody can open the object any more, by their
 *     clocks; empty when it can still be opened
 */
public record Destruction(
        ObjectId object,
        Optional<SignatureChain> chain,
        Map<String, Receipt> receipts,
        Map<String, String> failures,
        Map<String, List<String>> told,
        int providers,
        Optional<Instant> unrecoverableSince) {
    /** The receipts, for whoever wants to check them later without asking anyone. */
    public Destroyed proof() {
        return new Destroyed(chain.orElseThrow(), List.copyOf(receipts.values()));
    }
}
