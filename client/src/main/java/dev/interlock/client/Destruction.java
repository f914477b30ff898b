package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.Token;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What a destroy came to.
 *
 * @param receipts by provider, each checked; those of an earlier destroy among them
 * @param failures by provider, why it didn't erase its share
 * @param unrecoverableSince when so many had erased what they had that nobody can open the object any more, by their
 *     clocks; empty when it can still be opened
 */
public record Destruction(
        ObjectId object,
        Optional<Token> token,
        Map<String, Receipt> receipts,
        Map<String, String> failures,
        int providers,
        Optional<Instant> unrecoverableSince) {}
