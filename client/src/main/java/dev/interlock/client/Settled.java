package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import java.util.List;
import java.util.Map;

/** What became of one generation of an object that was left undecided. */
public sealed interface Settled {
    ObjectId object();

    /** The generation. */
    StatementHash generation();

    /**
     * A provider knew its certificate: it counts, and was shown to all that took part.
     *
     * @param confirmed who committed it
     * @param failures by provider, why it didn't
     * @param acknowledged whether all confirmed it, or enough did and the rest can't be reached
     */
    record Committed(
            ObjectId object,
            StatementHash generation,
            List<String> confirmed,
            Map<String, String> failures,
            boolean acknowledged)
            implements Settled {}

    /**
     * No provider knew a certificate, and none confirms one any more: it is forgotten.
     *
     * @param forgotten who took that in
     */
    record Abandoned(ObjectId object, StatementHash generation, List<String> forgotten) implements Settled {}

    /**
     * It can't be decided before the others are reached.
     *
     * @param failures by provider, why it said nothing
     */
    record Open(ObjectId object, StatementHash generation, Map<String, String> failures) implements Settled {}
}
