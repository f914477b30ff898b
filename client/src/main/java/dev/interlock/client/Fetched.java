package dev.interlock.client;

import dev.interlock.core.token.Token;
import java.util.List;
import java.util.Map;

/**
 * A get that succeeded.
 *
 * @param route the providers of S, in the order of the pass
 * @param home who sent the ciphertext
 * @param found what a direct read found out about its providers' shares, by name: the reader's own findings, which nobody else
 *     can check
 * @param detours providers that failed or were late on the way, and how; {@link Interlock#onLie} has the evidence against liars
 */
public record Fetched(
        Token token, List<String> route, String home, Map<String, String> found, Map<String, String> detours) {}
