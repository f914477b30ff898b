package dev.interlock.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What coalitions know from each pass, about the unknowns that more than one pass has: m and the dealing above all. What
 * only one pass has (its blinds, its K) is eliminated there once, which loses nothing: no other pass can cancel it.
 */
final class Views {
    /** A span of forms in the shared unknowns, reduced: equal if the span is. */
    record Knowledge(List<byte[]> basis, String text) {
        static Knowledge of(List<byte[]> basis) {
            String text = basis.stream().map(HexFormat.of()::formatHex).collect(Collectors.joining(" "));
            return new Knowledge(basis, text);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Knowledge that && text.equals(that.text);
        }

        @Override
        public int hashCode() {
            return text.hashCode();
        }
    }

    /** m is the last. */
    private final List<Unknown> shared;

    /** A pass is itself alone: two may look the same. */
    private final IdentityHashMap<Pass, View> views = new IdentityHashMap<>();

    Views(List<Pass> passes, Unknown m) {
        Map<Unknown, Integer> occurs = new HashMap<>();
        for (Pass pass : passes) {
            unknowns(pass).forEach(unknown -> occurs.merge(unknown, 1, Integer::sum));
        }
        shared = Stream.concat(
                        occurs.keySet().stream()
                                .filter(unknown -> occurs.getOrDefault(unknown, 0) > 1 && !unknown.equals(m))
                                .sorted(),
                        Stream.of(m))
                .toList();
        passes.forEach(pass -> views.put(pass, new View(pass)));
    }

    private static Set<Unknown> unknowns(Pass pass) {
        return pass.observations().stream()
                .flatMap(one -> one.form().coefficients().keySet().stream())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** What a set of parties knows from one pass alone. */
    Knowledge of(Pass pass, int coalition) {
        return Objects.requireNonNull(views.get(pass)).of(coalition);
    }

    /** Whether m follows from all of it together. */
    boolean reveal(List<Knowledge> known) {
        Matrix sum = new Matrix(shared.size());
        for (Knowledge one : known) {
            for (byte[] row : one.basis()) {
                var _ = sum.add(row);
            }
        }
        return sum.hasLast();
    }

    /** One pass, with its own unknowns before the shared ones. */
    private final class View {
        private final int own;
        private final int width;
        private final int parties;
        private final Map<Party, List<byte[]>> rows = new HashMap<>();
        private final Map<Integer, Knowledge> known = new HashMap<>();

        View(Pass pass) {
            List<Unknown> columns = new ArrayList<>(unknowns(pass));
            columns.removeAll(shared);
            own = columns.size();
            columns.addAll(shared);
            width = columns.size();
            int mask = 0;
            for (Observation one : pass.observations()) {
                rows.computeIfAbsent(one.party(), _ -> new ArrayList<>()).add(Certificate.row(one.form(), columns));
                mask |= one.party().mask();
            }
            parties = mask;
        }

        Knowledge of(int coalition) {
            return known.computeIfAbsent(coalition & parties, this::eliminate);
        }

        private Knowledge eliminate(int coalition) {
            Matrix span = new Matrix(width);
            rows.forEach((party, seen) -> {
                if (party.isIn(coalition)) {
                    seen.forEach(row -> {
                        var _ = span.add(row);
                    });
                }
            });
            return Knowledge.of(span.from(own));
        }
    }
}
