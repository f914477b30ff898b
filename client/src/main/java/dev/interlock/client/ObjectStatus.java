package dev.interlock.client;

import dev.interlock.core.token.Token;
import java.util.Map;

/**
 * An object, as all its providers describe it.
 *
 * @param states by provider, in words
 */
public record ObjectStatus(Token token, Map<String, String> states, int committed, int destroyed) {}
