package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import java.util.List;
import java.util.Map;

/**
 * An object is another owner's now, at enough providers that no other owner's word counts any more.
 *
 * @param at the providers that know it
 * @param failures why the others don't yet; the next owner's commands tell them
 */
public record HandedOver(ObjectId object, List<String> at, Map<String, String> failures) {}
