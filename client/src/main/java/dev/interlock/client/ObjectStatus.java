package dev.interlock.client;

import dev.interlock.core.token.Token;
import java.util.List;
import java.util.Map;

/**
 * An object, as all its providers describe it.
 *
 * @param states by provider, in words
 * @param signatures how many providers have signed u_m, all checked
 * @param waiting by provider that was missing at the write and hasn't got its share yet, at whom it waits; empty once none is
 */
public record ObjectStatus(
        Token token,
        Map<String, String> states,
        int committed,
        int destroyed,
        int signatures,
        Map<String, List<String>> waiting) {}
