package dev.interlock.client;

import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.names.Name;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What became of names whose objects moved into another ring.
 *
 * @param names that stand for those objects there now, and here no more
 * @param left why others stand for them here still; repeating it goes on
 * @param wrong providers of the ring that the objects left which didn't answer, or lied, and why
 * @param wrongThere providers of the ring that they are in which showed what the user never made
 */
public record NamesMoved(
        List<Name> names, Map<Name, InterlockException> left, Map<String, String> wrong, Set<String> wrongThere) {}
