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
    /** Of each ring that the object is in. */
    private final List<Readings> readings = new ArrayList<>();
    /** What happens whatever the choice is. */
    private final List<Pass> always = new ArrayList<>();

    private final Views views;

    private Audit(Scenario scenario, Faults faults) {
        this.scenario = scenario;
        ring = new FormRing(scenario, faults);
        List<Integer> first = generations()
                .filter(of -> scenario.next().isEmpty() || of < scenario.generations())
                .toList();
        readings.add(readings(first));
        scenario.next().ifPresent(_ -> readings.add(readings(List.of(scenario.generations()))));
        always.add(ring.write);
        always.addAll(ring.renewals);
        always.addAll(ring.move);
        if (scenario.repairs()) {
            generations().forEach(of -> always.addAll(repairs(of)));
        }
        views = new Views(Stream.concat(Stream.of(ring.key), all()).toList(), ring.m);
    }

    /** What providers alone learn. */
    public static Finding run(Scenario scenario) {
        return run(scenario, Faults.NONE);
    }

    static Finding run(Scenario scenario, Faults faults) {
        return new Audit(scenario, faults).find(Corrupt.NOBODY);
    }

    /**
     * What providers learn with up to so many of the dealers in their hands, and, if the object moved, with up to t of the ring
     * that it left: for each number of these the fewest of the last ring. Nobody in anyone's hands comes first.
     *
     * @param dealers at most as many as do nothing else
     */
    public static List<Finding> all(Scenario scenario, int dealers) {
        return all(scenario, dealers, Faults.NONE);
    }

    static List<Finding> all(Scenario scenario, int dealers, Faults faults) {
        Audit audit = new Audit(scenario, faults);
        List<Finding> findings = new ArrayList<>();
        for (int some = 0; some <= dealers; some++) {
            for (int before = 0; before <= (scenario.next().isPresent() ? scenario.t() : 0); before++) {
                findings.add(audit.find(new Corrupt(some, before)));
            }
        }
        return findings;
    }

    /**
     * The reads of one ring.
     *
     * @param reads by read, then by the place of S among the choices' sets; those that a choice has. In each generation one
     */
    private record Readings(Choices choices, List<Map<Integer, List<Pass>>> reads) {
        /** The passes of one choice. */
        Stream<Pass> passes(int[] choice) {
            return IntStream.range(0, choice.length)
                    .boxed()
                    .flatMap(read -> Optional.ofNullable(reads.get(read).get(choice[read])).stream())
                    .flatMap(List::stream);
        }

        Stream<Pass> all() {
            return reads.stream().flatMap(passes -> passes.values().stream()).flatMap(List::stream);
        }
    }

    private Readings readings(List<Integer> generations) {
        Threshold threshold = scenario.ring(generations.getFirst());
        Choices choices = Choices.of(threshold.n(), scenario.reads(), threshold.t(), scenario.seed());
        List<Map<Integer, List<Pass>>> reads = new ArrayList<>();
        for (int read = 0; read < scenario.reads().count(); read++) {
            Map<Integer, List<Pass>> passes = new HashMap<>();
            for (int[] choice : choices.choices()) {
                int number = read + 1;
                passes.computeIfAbsent(
                        choice[read],
                        s -> generations.stream()
                                .map(of -> ring.read(of, number, choices.sets().get(s)))
                                .toList());
            }
            reads.add(passes);
        }
        return new Readings(choices, reads);
    }

    private Finding find(Corrupt corrupt) {
        for (int size = firstSize(corrupt); size <= scenario.last().n(); size++) {
            Optional<List<int[]>> choice = revealing(corrupt, size);
            if (choice.isPresent()) {
                return finding(corrupt, size, choice.get());
            }
        }
        return new Finding(
                scenario,
                corrupt,
                OptionalInt.empty(),
                List.of(),
                List.of(),
                Optional.empty(),
                tried(),
                total(),
                irregular(all()));
    }

    private int tried() {
        return readings.stream().mapToInt(one -> one.choices().choices().size()).reduce(1, Math::multiplyExact);
    }

    private double total() {
        return readings.stream().mapToDouble(one -> one.choices().total()).reduce(1, (a, b) -> a * b);
    }

    private Stream<Integer> generations() {
        return IntStream.rangeClosed(1, scenario.generations()).boxed();
    }

    /** All passes of all choices. */
    private Stream<Pass> all() {
        return Stream.concat(always.stream(), readings.stream().flatMap(Readings::all));
    }

    /** Every provider by every t others: who sees all of them sees any. */
    private List<Pass> repairs(int of) {
        Threshold threshold = scenario.ring(of);
        List<Pass> passes = new ArrayList<>();
        for (int k = 1; k <= threshold.n(); k++) {
            for (List<Integer> s : Choices.subsets(threshold.n(), threshold.t())) {
                if (!s.contains(k)) {
                    passes.add(ring.repair(of, passes.size() + 1, s, k));
                }
            }
        }
        return passes;
    }

    /** A larger coalition knows no less: if none of t−1 learns m, none of fewer does. */
    private int firstSize(Corrupt corrupt) {
        int t = scenario.last().t();
        return revealing(corrupt, t - 1).isEmpty() ? t : 0;
    }

    /** A choice of S, in each ring, with which some coalition of this size learns m. */
    private Optional<List<int[]>> revealing(Corrupt corrupt, int size) {
        return coalitions(corrupt, size)
                .map(this::revealingTo)
                .flatMap(Optional::stream)
                .findFirst();
    }

    private Optional<List<int[]>> revealingTo(int coalition) {
        List<List<int[]>> choices = List.of(List.of());
        for (Readings one : readings) {
            List<int[]> distinct = distinct(one, coalition);
            choices = choices.stream()
                    .flatMap(begun -> distinct.stream()
                            .map(choice -> Stream.concat(begun.stream(), Stream.of(choice))
                                    .toList()))
                    .toList();
        }
        return choices.stream().filter(choice -> reveals(coalition, choice)).findFirst();
    }

    /** Most S tell a coalition the same: of those choices one each. */
    private List<int[]> distinct(Readings one, int coalition) {
        Map<List<Views.Knowledge>, Integer> kinds = new HashMap<>();
        List<Map<Integer, Integer>> kindOf = new ArrayList<>();
        for (Map<Integer, List<Pass>> passes : one.reads()) {
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
        List<int[]> distinct = new ArrayList<>();
        for (int[] choice : one.choices().choices()) {
            List<Integer> kind = new ArrayList<>();
            for (int read = 0; read < choice.length; read++) {
                kind.add(kindOf.get(read).getOrDefault(choice[read], -1));
            }
            if (tried.add(kind)) {
                distinct.add(choice);
            }
        }
        return distinct;
    }

    private boolean reveals(int coalition, List<int[]> choice) {
        return views.reveal(
                passes(choice).map(pass -> views.of(pass, coalition)).toList());
    }

    /** The passes of one choice. */
    private Stream<Pass> passes(List<int[]> choice) {
        Stream<Pass> read = IntStream.range(0, readings.size())
                .boxed()
                .flatMap(i -> readings.get(i).passes(choice.get(i)));
        return Stream.of(always.stream(), scenario.userKey() ? Stream.of(ring.key) : Stream.<Pass>of(), read)
                .flatMap(passes -> passes);
    }

    /**
     * The providers, or the dealers, of one generation.
     *
     * @param first the place of the first one in a coalition
     * @param of how many there are
     * @param most how many of them a coalition may have
     */
    private record Some(int first, int of, int most) {
        int among(int coalition) {
            return Integer.bitCount((coalition >> first) & ((1 << of) - 1));
        }
    }

    private List<Some> groups(Corrupt corrupt, int size) {
        List<Some> groups = new ArrayList<>();
        int first = 0;
        for (int generation = 1; generation <= scenario.generations(); generation++) {
            int n = scenario.ring(generation).n();
            boolean left = scenario.next().isPresent() && generation < scenario.generations();
            groups.add(new Some(first, n, Math.min(n, left ? corrupt.before() : size)));
            first += n;
        }
        int alone = scenario.dealers().alone();
        for (int generation = 1; generation <= scenario.generations(); generation++) {
            groups.add(new Some(first, alone, corrupt.dealers()));
            first += alone;
        }
        return groups;
    }

    /** As many as there may be of each group, in every way, with the user's key where it's in the coalition's hands. */
    private Stream<Integer> coalitions(Corrupt corrupt, int size) {
        Stream<Integer> coalitions = Stream.of(key());
        for (Some group : groups(corrupt, size)) {
            coalitions = coalitions.flatMap(
                    begun -> sets(group.of(), group.most()).map(set -> begun | set << group.first()));
        }
        return coalitions;
    }

    private int key() {
        return scenario.userKey() ? ring.user.mask() : 0;
    }

    /** In ascending order, as numbers. */
    private static Stream<Integer> sets(int of, int size) {
        int first = (1 << size) - 1;
        return Stream.iterate(first, set -> set < 1 << of, set -> set == 0 ? 1 << of : following(set));
    }

    /** The next number with as many bits. */
    private static int following(int set) {
        int lowest = set & -set;
        int carried = set + lowest;
        return carried | ((set ^ carried) / lowest) >> 2;
    }

    /** Of those with at most so many in each group, the ones that learn m with the fewest in all. */
    private List<Integer> smallest(Corrupt corrupt, int size, List<int[]> choice) {
        List<Some> groups = groups(corrupt, size);
        int of = ring.providers.size() + (corrupt.dealers() == 0 ? 0 : ring.dealers.size());
        for (int members = size; ; members++) {
            List<Integer> found = sets(of, members)
                    .filter(set -> groups.stream().allMatch(group -> group.among(set) <= group.most()))
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

    private Finding finding(Corrupt corrupt, int size, List<int[]> choice) {
        List<Integer> found = smallest(corrupt, size, choice);
        Explained explained = found.stream()
                .limit(EXPLAINED)
                .flatMap(coalition -> explain(coalition, choice).stream())
                .min(Comparator.comparingInt(one -> one.certificate().terms().size()))
                .orElseThrow();
        return new Finding(
                scenario,
                corrupt,
                OptionalInt.of(size),
                Stream.concat(
                                Stream.of(explained.coalition()),
                                found.stream().filter(coalition -> coalition != explained.coalition()))
                        .map(this::names)
                        .toList(),
                IntStream.range(0, readings.size())
                        .boxed()
                        .flatMap(i -> readings.get(i).choices().setsOf(choice.get(i)).stream())
                        .toList(),
                Optional.of(explained.certificate()),
                tried(),
                total(),
                irregular(passes(choice)));
    }

    private record Explained(int coalition, Certificate certificate) {}

    private Optional<Explained> explain(int coalition, List<int[]> choice) {
        List<Observation> seen = passes(choice)
                .flatMap(pass -> pass.observations().stream())
                .filter(one -> one.party().isIn(coalition))
                .toList();
        return Certificate.of(seen, ring.m).map(certificate -> new Explained(coalition, certificate));
    }

    private List<String> names(int coalition) {
        return Stream.concat(ring.providers.stream(), ring.dealers.stream())
                .filter(party -> party.isIn(coalition))
                .map(Party::name)
                .toList();
    }

    private static List<String> irregular(Stream<Pass> passes) {
        return passes.flatMap(pass -> pass.irregular().stream()).distinct().toList();
    }
}
