package dev.interlock.core.sharing;

import dev.interlock.core.field.Gf256;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Which values aren't on a polynomial of degree below t that the others lie on: the decoding of Reed–Solomon codes by Berlekamp
 * and Welch, SPEC §9. Values are public: hashes of shares, not shares.
 *
 * <p>Shares are such a code's words, column by column. Of m values up to ⌊(m − t)/2⌋ wrong ones are found.
 */
public final class ReedSolomon {
    private ReedSolomon() {}

    /**
     * @param points the x_i, m of them, distinct, each in 1..254
     * @param values what stands there, in the order of the points, all of one length; column by column one word
     * @return the places of those that are off in any column; empty where more are than can be told
     * @throws IllegalArgumentException if there are fewer than t points, one is out of range or stands twice, or lengths differ
     */
    public static Optional<BitSet> errors(int[] points, List<byte[]> values, int t) {
        Dealing.checkCount("values", values.size(), points.length);
        ShareIndex.checkDistinct(points);
        if (t < 1 || points.length < t) {
            throw new IllegalArgumentException(points.length + " points for a polynomial of degree below " + t);
        }
        int columns = values.getFirst().length;
        if (values.stream().anyMatch(value -> value.length != columns)) {
            throw new IllegalArgumentException("values of different lengths");
        }
        int most = (points.length - t) / 2;
        BitSet errors = new BitSet();
        int[] word = new int[points.length];
        for (int column = 0; column < columns; column++) {
            for (int i = 0; i < word.length; i++) {
                word[i] = values.get(i)[column] & 0xFF;
            }
            Optional<BitSet> off = errors(points, word, t, most);
            if (off.isEmpty()) {
                return Optional.empty();
            }
            errors.or(off.get());
        }
        return errors.cardinality() <= most ? Optional.of(errors) : Optional.empty();
    }

    /** Of one word: with E zero at the errors and N = f·E, N(x_i) = y_i·E(x_i) everywhere. */
    private static Optional<BitSet> errors(int[] points, int[] word, int t, int most) {
        int numerator = t + most;
        int unknowns = numerator + most + 1;
        List<int[]> equations = new ArrayList<>();
        for (int i = 0; i < points.length; i++) {
            int[] equation = new int[unknowns];
            int power = 1;
            for (int k = 0; k < numerator; k++) {
                equation[k] = power;
                if (k <= most) {
                    equation[numerator + k] = Gf256.multiply(word[i], power);
                }
                power = Gf256.multiply(power, points[i]);
            }
            equations.add(equation);
        }
        Optional<int[]> solution = kernel(equations, unknowns);
        if (solution.isEmpty()) {
            return Optional.empty();
        }
        int[] n = new int[numerator];
        int[] e = new int[most + 1];
        System.arraycopy(solution.get(), 0, n, 0, numerator);
        System.arraycopy(solution.get(), numerator, e, 0, most + 1);
        Optional<int[]> f = quotient(n, e, t);
        if (f.isEmpty()) {
            return Optional.empty();
        }
        BitSet errors = new BitSet();
        for (int i = 0; i < points.length; i++) {
            errors.set(i, at(f.get(), points[i]) != word[i]);
        }
        return errors.cardinality() <= most ? Optional.of(errors) : Optional.empty();
    }

    /** A solution other than zero of equations = 0. */
    private static Optional<int[]> kernel(List<int[]> equations, int unknowns) {
        int[] pivots = new int[unknowns];
        int rank = 0;
        int free = -1;
        for (int column = 0; column < unknowns; column++) {
            pivots[column] = -1;
            int found = -1;
            for (int row = rank; row < equations.size() && found < 0; row++) {
                found = equations.get(row)[column] != 0 ? row : -1;
            }
            if (found < 0) {
                free = free < 0 ? column : free;
                continue;
            }
            int[] pivot = equations.get(found);
            equations.set(found, equations.get(rank));
            equations.set(rank, pivot);
            scale(pivot, Gf256.invert(pivot[column]));
            for (int row = 0; row < equations.size(); row++) {
                if (row != rank) {
                    addScaled(equations.get(row), equations.get(row)[column], pivot);
                }
            }
            pivots[column] = rank++;
        }
        if (free < 0) {
            return Optional.empty();
        }
        int[] solution = new int[unknowns];
        solution[free] = 1;
        for (int column = 0; column < unknowns; column++) {
            if (pivots[column] >= 0) {
                // Minus is plus.
                solution[column] = equations.get(pivots[column])[free];
            }
        }
        return Optional.of(solution);
    }

    private static void scale(int[] row, int by) {
        for (int i = 0; i < row.length; i++) {
            row[i] = Gf256.multiply(row[i], by);
        }
    }

    private static void addScaled(int[] row, int by, int[] other) {
        if (by == 0) {
            return;
        }
        for (int i = 0; i < row.length; i++) {
            row[i] ^= Gf256.multiply(by, other[i]);
        }
    }

    /** n / e, where that leaves nothing and has a degree below t. */
    private static Optional<int[]> quotient(int[] n, int[] e, int t) {
        int degree = degree(e);
        if (degree < 0) {
            return Optional.empty();
        }
        int[] rest = n.clone();
        int[] quotient = new int[Math.max(t, n.length)];
        int lead = Gf256.invert(e[degree]);
        for (int k = degree(rest); k >= degree; k = degree(rest)) {
            int factor = Gf256.multiply(rest[k], lead);
            quotient[k - degree] = factor;
            for (int j = 0; j <= degree; j++) {
                rest[k - degree + j] ^= Gf256.multiply(factor, e[j]);
            }
        }
        return degree(rest) < 0 && degree(quotient) < t ? Optional.of(quotient) : Optional.empty();
    }

    private static int degree(int[] polynomial) {
        int degree = polynomial.length - 1;
        while (degree >= 0 && polynomial[degree] == 0) {
            degree--;
        }
        return degree;
    }

    private static int at(int[] polynomial, int x) {
        int value = 0;
        for (int k = polynomial.length - 1; k >= 0; k--) {
            value = Gf256.multiply(value, x) ^ polynomial[k];
        }
        return value;
    }
}
