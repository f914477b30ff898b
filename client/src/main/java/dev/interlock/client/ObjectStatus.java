package dev.interlock.client;

import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import java.util.List;
import java.util.Map;

/**
 * An object, as all its providers describe it.
 *
 * @param token of the newest generation that counts, checked under its certificate
 * @param states by provider, in words
 * @param signatures how many providers have signed u_m, all checked
 * @param waiting by provider that was missing at the write and hasn't got its share yet, at whom it waits; empty once none is
 * @param undecided generations that are prepared somewhere, and count only once a certificate is shown
 */
public record ObjectStatus(
        Token token,
        Map<String, String> states,
        int committed,
        int destroyed,
        int signatures,
        Map<String, List<String>> waiting,
        List<Undecided> undecided) {
    /**
     * A generation of which no provider showed a certificate.
     *
     * @param generation H(w)
     * @param at the providers that have it prepared, as they say
     */
    public record Undecided(StatementHash generation, long number, List<String> at) {}
}
