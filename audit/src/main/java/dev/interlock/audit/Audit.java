package dev.interlock.audit;

import dev.interlock.core.sharing.Threshold;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Finds the smallest coalitions that learn m. */
public final class Audit {
    /** Of how many coalitions the one that is told in fewest words is taken. */
    private static final int EXPLAINED = 16;

    private final Scenario scenario;
    private final FormRing ring;
    private final Choices choices;
    /** By read, then by the place of S among the choices' sets; those that a choice has. In each generation one. */
    private final List<Map<Integer, List<Pass>>> reads = new ArrayList<>();
    /** What happens whatever the choice is. */
    private final List<Pass> always = new ArrayList<>();

    private final Views views;

    private Audit(Scenario scenario, Faults faults) {
        this.scenario = scenario;
        ring = new FormRing(scenario, faults);
        choices = Choices.of(scenario, scenario.scheme().readers(new Threshold(scenario.t(), scenario.n())));
        for (int read = 0; read < scenario.reads().count(); read++) {
            Map<Integer, List<Pass>> passes = new HashMap<>();
            for (int[] choice : choices.choices()) {
                int number = read + 1;
                passes.computeIfAbsent(
                        choice[read],
                        s -> generations()
                                .map(of -> ring.read(of, number, choices.sets().get(s)))
                                .toList());
            }
            reads.add(passes);
        }
        always.add(ring.write);
        always.addAll(ring.renewals);
        if (scenario.repairs()) {
            generations().forEach(of -> always.addAll(repairs(of)));
        }
        views = new Views(Stream.concat(Stream.of(ring.key), all()).toList(), ring.m);
    }

    public static Finding run(Scenario scenario) {
        return run(scenario, Faults.NONE);
    }

    static Finding run(Scenario scenario, Faults faults) {
        return new Audit(scenario, faults).find();
    }

    private Finding find() {
        for (int size = firstSize(); size <= scenario.n(); size++) {
            Optional<int[]> choice = revealing(size);
            if (choice.isPresent()) {
                return finding(size, choice.get());
            }
        }
        return new Finding(
                scenario,
                OptionalInt.empty(),
                List.of(),
                List.of(),
                Optional.empty(),
                choices.choices().size(),
                choices.total(),
                irregular(all()));
    }

    private Stream<Integer> generations() {
        return IntStream.rangeClosed(1, scenario.generations()).boxed();
    }

    /** All passes of all choices. */
    private Stream<Pass> all() {
        return Stream.concat(
                always.stream(),
                reads.stream().flatMap(passes -> passes.values().stream()).flatMap(List::stream));
    }

    /** Every provider by every t others: who sees all of them sees any. */
    private List<Pass> repairs(int of) {
        List<Pass> passes = new ArrayList<>();
        for (int k = 1; k <= scenario.n(); k++) {
            int repaired = k;
            for (int set = 0; set < 1 << scenario.n(); set++) {
                int chosen = set;
                List<Integer> s = IntStream.rangeClosed(1, scenario.n())
                        .filter(x -> (chosen >> (x - 1) & 1) == 1)
                        .boxed()
                        .toList();
                if (s.size() == scenario.t() && !s.contains(repaired)) {
                    passes.add(ring.repair(of, passes.size() + 1, s, repaired));
                }
            }
        }
        return passes;
    }

    /** A larger coalition knows no less: if none of t−1 learns m, none of fewer does. */
    private int firstSize() {
        return revealing(scenario.t() - 1).isEmpty() ? scenario.t() : 1;
    }

    /** A choice of S with which some coalition of this size learns m. */
    private Optional<int[]> revealing(int size) {
        return coalitions(size).map(this::revealingTo).flatMap(Optional::stream).findFirst();
    }

    private Optional<int[]> revealingTo(int coalition) {
        // Most S tell a coalition the same: only choices that tell it something else are looked at.
        Map<List<Views.Knowledge>, Integer> kinds = new HashMap<>();
        List<Map<Integer, Integer>> kindOf = new ArrayList<>();
        for (Map<Integer, List<Pass>> passes : reads) {
            Map<Integer, Integer> kind = new HashMap<>();
            passes.forEach((s, ofEach) -> kind.put(
                    s,
                    kinds.computeIfAbsent(
                            ofEach.stream()
                                    .map(pass -> views.of(pass, coalition))
                                    .toList(),
                            _ -> kinds.size())));
            kindOf.add(kind);
        }
        Set<List<Integer>> tried = new HashSet<>();
        for (int[] choice : choices.choices()) {
            List<Integer> kind = new ArrayList<>();
            for (int read = 0; read < choice.length; read++) {
                kind.add(kindOf.get(read).getOrDefault(choice[read], -1));
            }
            if (tried.add(kind) && reveals(coalition, choice)) {
                return Optional.of(choice);
            }
        }
        return Optional.empty();
    }

    private boolean reveals(int coalition, int[] choice) {
        return views.reveal(
                passes(choice).map(pass -> views.of(pass, coalition)).toList());
    }

    /** The passes of one choice. */
    private Stream<Pass> passes(int[] choice) {
        Stream.Builder<Pass> passes = Stream.builder();
        always.forEach(passes);
        if (scenario.userKey()) {
            passes.add(ring.key);
        }
        for (int read = 0; read < choice.length; read++) {
            Optional.ofNullable(reads.get(read).get(choice[read])).ifPresent(ofEach -> ofEach.forEach(passes));
        }
        return passes.build();
    }

    /** So many providers in each generation, in every way, with the user's key where it's in the coalition's hands. */
    private Stream<Integer> coalitions(int size) {
        Stream<Integer> coalitions = Stream.of(key());
        for (int generation = 0; generation < scenario.generations(); generation++) {
            int shift = generation * scenario.n();
            coalitions = coalitions.flatMap(begun -> sets(scenario.n(), size).map(set -> begun | set << shift));
        }
        return coalitions;
    }

    private int key() {
        return scenario.userKey() ? ring.user.mask() : 0;
    }

    private static Stream<Integer> sets(int of, int size) {
        return Stream.iterate(0, set -> set < 1 << of, set -> set + 1).filter(set -> Integer.bitCount(set) == size);
    }

    /** Of those with at most so many providers in each generation, the ones that learn m with the fewest in all. */
    private List<Integer> smallest(int size, int[] choice) {
        int everyone = (1 << scenario.n()) - 1;
        for (int members = size; ; members++) {
            List<Integer> found = sets(ring.providers.size(), members)
                    .filter(set -> IntStream.range(0, scenario.generations())
                            .allMatch(g -> Integer.bitCount((set >> (g * scenario.n())) & everyone) <= size))
                    .map(set -> set | key())
                    .filter(coalition -> reveals(coalition, choice))
                    // cc1 is the lowest bit: those with cc1 first, then with cc2, as in a dictionary.
                    .sorted((a, b) -> Integer.compareUnsigned(Integer.reverse(b), Integer.reverse(a)))
                    .toList();
            if (!found.isEmpty()) {
                return found;
            }
        }
    }

    private Finding finding(int size, int[] choice) {
        List<Integer> found = smallest(size, choice);
        Explained explained = found.stream()
                .limit(EXPLAINED)
                .flatMap(coalition -> explain(coalition, choice).stream())
                .min(Comparator.comparingInt(one -> one.certificate().terms().size()))
                .orElseThrow();
        return new Finding(
                scenario,
                OptionalInt.of(size),
                Stream.concat(
                                Stream.of(explained.coalition()),
                                found.stream().filter(coalition -> coalition != explained.coalition()))
                        .map(this::names)
                        .toList(),
                choices.setsOf(choice),
                Optional.of(explained.certificate()),
                choices.choices().size(),
                choices.total(),
                irregular(passes(choice)));
    }

    private record Explained(int coalition, Certificate certificate) {}

    private Optional<Explained> explain(int coalition, int[] choice) {
        List<Observation> seen = passes(choice)
                .flatMap(pass -> pass.observations().stream())
                .filter(one -> one.party().isIn(coalition))
                .toList();
        return Certificate.of(seen, ring.m).map(certificate -> new Explained(coalition, certificate));
    }

    private List<String> names(int coalition) {
        return ring.providers.stream()
                .filter(party -> party.isIn(coalition))
                .map(Party::name)
                .toList();
    }

    private static List<String> irregular(Stream<Pass> passes) {
        return passes.flatMap(pass -> pass.irregular().stream()).distinct().toList();
    }
}
