package dev.interlock.audit;

import java.util.List;
import java.util.OptionalInt;

/** Through which providers an object is read. */
public sealed interface Reads {
    /** How many reads there are. */
    int count();

    /** These, one after another: each S as the x_i of its providers, in the order of the pass. */
    record Exactly(List<List<Integer>> sets) implements Reads {
        public Exactly {
            sets = sets.stream().map(List::copyOf).toList();
        }

        @Override
        public int count() {
            return sets.size();
        }
    }

    /**
     * Whatever S serves a coalition best, each with its members in ascending order.
     *
     * @param size how many providers each S has; by default t
     * @param different whether no S may come twice
     */
    record Worst(int count, OptionalInt size, boolean different) implements Reads {}

    static Reads exactly(List<List<Integer>> sets) {
        return new Exactly(sets);
    }

    static Reads worst(int count) {
        return new Worst(count, OptionalInt.empty(), false);
    }
}
