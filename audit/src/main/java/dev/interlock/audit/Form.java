package dev.interlock.audit;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A linear form over GF(2^8) in the unknowns: what one symbol of a stream is made of. Mutable, as a flow is. */
final class Form {
    /** No coefficient is zero. */
    private final SortedMap<Unknown, Integer> coefficients = new TreeMap<>();

    static Form of(Unknown unknown) {
        Form form = new Form();
        form.coefficients.put(unknown, 1);
        return form;
    }

    Form copy() {
        Form copy = new Form();
        copy.coefficients.putAll(coefficients);
        return copy;
    }

    /** Coefficients in 1..255 of those unknowns that occur. */
    SortedMap<Unknown, Integer> coefficients() {
        return Collections.unmodifiableSortedMap(coefficients);
    }

    int coefficient(Unknown unknown) {
        return coefficients.getOrDefault(unknown, 0);
    }

    boolean isZero() {
        return coefficients.isEmpty();
    }

    void addScaled(int coefficient, Form v) {
        // A form may be added to itself.
        for (Map.Entry<Unknown, Integer> term : Map.copyOf(v.coefficients).entrySet()) {
            int sum = coefficient(term.getKey()) ^ Matrix.multiply(coefficient, term.getValue());
            if (sum == 0) {
                coefficients.remove(term.getKey());
            } else {
                coefficients.put(term.getKey(), sum);
            }
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Form that && coefficients.equals(that.coefficients);
    }

    @Override
    public int hashCode() {
        return coefficients.hashCode();
    }

    /** {@code m + 0x1f·a0}; + is XOR. */
    @Override
    public String toString() {
        if (isZero()) {
            return "0";
        }
        return coefficients.entrySet().stream()
                .map(term -> constant(term.getValue()) + term.getKey())
                .collect(Collectors.joining(" + "));
    }

    private static String constant(int coefficient) {
        return coefficient == 1 ? "" : "0x%02x·".formatted(coefficient);
    }
}
