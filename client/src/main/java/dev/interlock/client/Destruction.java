package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
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
 * @param told by provider that couldn't be reached, who brings it the owner's command when it returns
 * @param providers n
 * @param unrecoverableSince when so many had erased what they had that nobody can open the object any more, by their
 *     clocks and if their receipts are true; empty when it can still be opened
 */
public record Destruction(
        ObjectId object,
        Optional<SignatureChain> chain,
        Map<String, Receipt> receipts,
        Map<String, String> failures,
        Map<String, List<String>> told,
        int providers,
        Optional<Instant> unrecoverableSince) {
    /** How many of the object's providers haven't signed that they erased it; the object is destroyed when this is 0. */
    public int missing() {
        long there = chain.map(signed -> Token.decode(signed.token()).providers().stream()
                        .filter(x -> receipts.values().stream()
                                .anyMatch(receipt -> receipt.x().equals(x)))
                        .count())
                .orElse((long) receipts.size());
        return (int) Math.max(0, providers - there);
    }

    /** The receipts for the object's last generation, for whoever wants to check them later without asking anyone. */
    public Destroyed proof() {
        SignatureChain signed = chain.orElseThrow();
        Token u = Token.decode(signed.token());
        return new Destroyed(
                signed,
                receipts.values().stream()
                        .filter(receipt -> receipt.generation().equals(u.id()) && receipt.epoch() == u.epoch())
                        .toList());
    }
}
