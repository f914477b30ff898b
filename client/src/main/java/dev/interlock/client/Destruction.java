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
 * @param unrecoverableAt n−t+1: with so many receipts nobody can open the object any more
 * @param unrecoverableSince when that line was crossed, by the providers' clocks
 */
public record Destruction(
        ObjectId object,
        Optional<Token> token,
        Map<String, Receipt> receipts,
        Map<String, String> failures,
        int providers,
        int unrecoverableAt,
        Optional<Instant> unrecoverableSince) {}
