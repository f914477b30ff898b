package dev.interlock.audit;

import dev.interlock.protocol.error.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Which S the reads of a scenario may have: every choice, or a sample where there are too many.
 *
 * @param sets the S that occur
 * @param choices for each read the place of its S in {@code sets}, ascending: no order of reads tells more than another
 * @param total how many choices there are
 */
record Choices(List<List<Integer>> sets, List<int[]> choices, double total) {
    /** Halved with every provider more: for n = 7 more than there are in any case with three reads. */
    private static final int MOST = 1_000_000;

    /**
     * @param t how many providers an S has, if {@code reads} doesn't say
     * @param seed of the sample
     */
    static Choices of(int n, Reads reads, int t, long seed) {
        return switch (reads) {
            case Reads.Exactly(List<List<Integer>> sets) ->
                new Choices(sets, List.of(IntStream.range(0, sets.size()).toArray()), 1);
            case Reads.Worst worst -> {
                List<List<Integer>> sets = subsets(n, worst.size().orElse(t));
                int step = worst.different() ? 1 : 0;
                double total = count(sets.size() + (1 - step) * (worst.count() - 1), worst.count());
                if (total == 0) {
                    throw new BadInputException("there are only " + sets.size() + " different S, " + worst.count()
                            + " reads must not have more");
                }
                int most = MOST >> n;
                List<int[]> choices = new ArrayList<>();
                if (total <= most) {
                    all(sets.size(), step, new int[worst.count()], 0, choices);
                } else {
                    Random random = new Random(seed);
                    for (int i = 0; i < most; i++) {
                        choices.add(sample(random, sets.size(), worst));
                    }
                }
                yield new Choices(sets, choices, total);
            }
        };
    }

    private static int[] sample(Random random, int sets, Reads.Worst worst) {
        IntStream drawn = random.ints(0, sets);
        return (worst.different() ? drawn.distinct() : drawn)
                .limit(worst.count())
                .sorted()
                .toArray();
    }

    /** Of 1..n, each ascending, as in a dictionary. */
    static List<List<Integer>> subsets(int n, int size) {
        List<List<Integer>> subsets = new ArrayList<>();
        subsets(n, size, List.of(), subsets);
        return subsets;
    }

    private static void subsets(int n, int size, List<Integer> begun, List<List<Integer>> into) {
        if (begun.size() == size) {
            into.add(begun);
            return;
        }
        for (int x = begun.isEmpty() ? 1 : begun.getLast() + 1; x <= n; x++) {
            List<Integer> longer = new ArrayList<>(begun);
            longer.add(x);
            subsets(n, size, longer, into);
        }
    }

    private static void all(int sets, int step, int[] begun, int read, List<int[]> into) {
        if (read == begun.length) {
            into.add(begun.clone());
            return;
        }
        for (int i = read == 0 ? 0 : begun[read - 1] + step; i < sets; i++) {
            begun[read] = i;
            all(sets, step, begun, read + 1, into);
        }
    }

    /** n over k. */
    private static double count(int n, int k) {
        double count = 1;
        for (int i = 1; i <= k; i++) {
            count = count * (n - k + i) / i;
        }
        return Math.max(0, count);
    }

    /** The S of one choice. */
    List<List<Integer>> setsOf(int[] choice) {
        return Arrays.stream(choice).mapToObj(sets::get).toList();
    }
}
