package dev.interlock.audit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How a coalition learns m: what to multiply with what, so that the sum is m. Anyone can check it by adding up.
 *
 * @param terms none can be left out
 */
public record Certificate(List<Term> terms) {
    /**
     * One thing that one of them saw.
     *
     * @param party who
     * @param factor 1..255
     * @param what in words, to follow the party's name and a verb
     * @param form what it is made of: {@code m + 0x1f·a0}
     */
    public record Term(String party, int factor, String what, String form) {}

    public Certificate {
        terms = List.copyOf(terms);
    }

    /** Empty unless what was seen spans the target; of early observations or of late ones, whichever are fewer. */
    static Optional<Certificate> of(List<Observation> seen, Unknown target) {
        return Stream.of(seen, seen.reversed())
                .flatMap(order -> ofFirst(order, target).stream())
                .min(Comparator.comparingInt(certificate -> certificate.terms().size()));
    }

    private static Optional<Certificate> ofFirst(List<Observation> seen, Unknown target) {
        return combination(seen, target).map(factors -> {
            List<Observation> needed = needed(used(seen, factors), target);
            needed.sort(Comparator.comparingInt(one -> one.party().mask()));
            return of(needed, combination(needed, target).orElseThrow(), target);
        });
    }

    private static Certificate of(List<Observation> needed, int[] factors, Unknown target) {
        Form sum = new Form();
        List<Term> terms = new ArrayList<>();
        for (int i = 0; i < factors.length; i++) {
            Observation one = needed.get(i);
            FormSpace.FORMS.addScaled(sum, factors[i], one.form());
            terms.add(new Term(
                    one.party().name(), factors[i], one.what(), one.form().toString()));
        }
        if (!sum.equals(Form.of(target))) {
            throw new IllegalStateException("the certificate adds up to " + sum + " instead of " + target);
        }
        return new Certificate(terms);
    }

    private static List<Observation> used(List<Observation> seen, int[] factors) {
        return IntStream.range(0, factors.length)
                .filter(i -> factors[i] != 0)
                .mapToObj(seen::get)
                .toList();
    }

    /** None of which can be left out. */
    private static List<Observation> needed(List<Observation> seen, Unknown target) {
        List<Observation> needed = new ArrayList<>(seen);
        for (int i = seen.size() - 1; i >= 0; i--) {
            Observation left = needed.remove(i);
            if (combination(needed, target).isEmpty()) {
                needed.add(i, left);
            }
        }
        return needed;
    }

    private static Optional<int[]> combination(List<Observation> seen, Unknown target) {
        List<Unknown> columns = seen.stream()
                .flatMap(one -> one.form().coefficients().keySet().stream())
                .distinct()
                .toList();
        if (!columns.contains(target)) {
            return Optional.empty();
        }
        List<byte[]> rows = seen.stream().map(one -> row(one.form(), columns)).toList();
        return Matrix.combination(rows, row(Form.of(target), columns));
    }

    static byte[] row(Form form, List<Unknown> columns) {
        byte[] row = new byte[columns.size()];
        for (int i = 0; i < row.length; i++) {
            row[i] = (byte) form.coefficient(columns.get(i));
        }
        return row;
    }
}
